from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import IntegrityError, ProgrammingError, connection, transaction

from cwf_portal.core.clock import (
    ClockError,
    advance_clock,
    bring_clock_to_present,
    can_shift_clock,
    check_time_machine,
    clock_shift,
    core_now,
    start_clock_in_the_past,
)
from cwf_portal.core.models import User

pytestmark = pytest.mark.django_db


def test_core_now_unshifted_is_real_time_in_utc():
    now = core_now()
    assert now.tzinfo == UTC
    assert abs(now - datetime.now(UTC)) < timedelta(seconds=30)


def test_advance_clock_by_a_step_moves_the_clock_of_record():
    before = core_now()
    after = advance_clock(by=timedelta(days=365))
    assert timedelta(days=365) <= after - before < timedelta(days=365, minutes=1)


def test_advance_clock_to_a_moment_lands_on_it():
    target = core_now() + timedelta(days=3)
    assert timedelta(0) <= advance_clock(to=target) - target < timedelta(minutes=1)


def test_advance_clock_backwards_is_refused():
    with pytest.raises(ClockError, match="never goes back"):
        advance_clock(by=timedelta(seconds=-1))


@pytest.mark.parametrize("move", [{}, {"by": timedelta(1), "to": datetime(2030, 1, 1, tzinfo=UTC)}])
def test_advance_clock_without_exactly_one_target_is_refused(move):
    with pytest.raises(ClockError, match="a step or a target"):
        advance_clock(**move)


@pytest.mark.django_db(databases=["default", "reader"])
def test_advance_clock_by_a_role_without_the_switch_is_refused_by_the_database():
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic(using="reader"):
        advance_clock(by=timedelta(1), using="reader")
    assert not can_shift_clock("reader")


def test_time_machine_on_a_movable_clock_needs_demo_or_test(settings):
    check_time_machine()
    settings.TIME_MACHINE = False
    with pytest.raises(ImproperlyConfigured, match="lets the application move its clock"):
        check_time_machine()


def test_rows_are_stamped_with_the_clock_of_record(sample_user):
    advance_clock(by=timedelta(days=1000))
    later = sample_user("later@example.org")
    assert User.objects.get(pk=later.pk).joined_at - core_now() < timedelta(minutes=1)


def test_start_clock_in_the_past_before_any_account_lets_time_pass_from_there(sample_user):
    started = start_clock_in_the_past(by=timedelta(days=1095), using="default")
    sample_user("first@example.org")
    assert timedelta(days=1094) < datetime.now(UTC) - started < timedelta(days=1096)
    bring_clock_to_present()
    assert clock_shift() == timedelta(0)


def test_start_clock_in_the_past_once_somebody_has_an_account_is_refused(sample_user):
    sample_user("first@example.org")
    with pytest.raises(ClockError, match="never goes back"):
        start_clock_in_the_past(by=timedelta(days=1), using="default")


def test_start_clock_in_the_past_with_a_future_is_refused():
    with pytest.raises(ClockError, match="behind us"):
        start_clock_in_the_past(by=timedelta(days=-1), using="default")


def test_bring_clock_to_present_from_the_future_is_refused(sample_user):
    sample_user("first@example.org")
    advance_clock(by=timedelta(days=1))
    with pytest.raises(ClockError, match="never goes back"):
        bring_clock_to_present()


def test_clock_set_back_past_the_service_is_refused_by_the_database(sample_user):
    sample_user("first@example.org")
    with pytest.raises(IntegrityError, match="never goes back"), connection.cursor() as cursor:
        cursor.execute("UPDATE core_clock SET shift = shift - interval '1 second'")
