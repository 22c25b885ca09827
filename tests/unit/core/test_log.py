"""Our logs never hold a row that the database refused."""

import logging
import sys

import pytest
from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.http import HttpRequest
from django.test import RequestFactory
from django.utils.module_loading import import_string

from cwf_portal.core.errors import DomainError
from cwf_portal.core.models import OutgoingMessage

pytestmark = pytest.mark.django_db
SECRET = "Mr Canary, 12 Hidden Lane"  # no email address: the check refuses the row
NAME = "core_outgoingmessage_address_fits"


def refused() -> None:
    with transaction.atomic():
        OutgoingMessage.objects.create(to=SECRET, subject="", body="", topic="test")


def written(message: str = "it failed", *arguments: object, request: HttpRequest | None = None) -> str:
    """What the portal's own handler would write of the error being handled."""
    chosen = settings.LOGGING["formatters"]["plain"]
    formatter = import_string(chosen["()"])(chosen["format"])
    record = logging.LogRecord("cwf", logging.ERROR, __file__, 1, message, arguments, sys.exc_info())
    record.request = request
    return formatter.format(record)


def test_row_that_a_check_refused_stays_out_of_the_log_and_its_frames_stand_there() -> None:
    with pytest.raises(IntegrityError) as caught:
        refused()
    assert SECRET in str(caught.value)  # so there is something to leave out

    try:
        raise caught.value
    except IntegrityError:
        text = written()

    assert SECRET not in text
    assert f"IntegrityError 23514 {NAME}" in text
    assert f"CheckViolation 23514 {NAME}" in text
    assert "in refused" in text
    assert text.count("direct cause of the following") == 1


def test_row_stays_out_where_an_error_of_ours_follows_from_it() -> None:
    try:
        try:
            refused()
        except IntegrityError as error:
            raise DomainError("This address is none.") from error
    except DomainError:
        text = written()

    assert SECRET not in text
    assert "DomainError: This address is none." in text


def test_row_stays_out_where_the_message_repeats_the_error() -> None:
    """As Celery's does."""
    try:
        refused()
    except IntegrityError as error:
        text = written("task raised %r: %s", error, error)

    assert SECRET not in text
    assert f"task raised IntegrityError 23514 {NAME}: IntegrityError 23514 {NAME}" in text


def test_value_that_the_database_cannot_read_stays_out() -> None:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT %s::int", [SECRET])
    except Exception:
        text = written()

    assert SECRET not in text
    assert "DataError 22P02" in text


def test_other_errors_are_written_as_ever() -> None:
    try:
        raise ValueError("said in full")
    except ValueError:
        text = written()

    assert text.endswith("ValueError: said in full")
    assert "direct cause" not in text


def sent(**parts: object) -> HttpRequest:
    """A request with a ballot in it, whose view failed."""
    request = RequestFactory().post("/rounds/1/vote/cast/")
    for name, value in parts.items():
        setattr(request, name, value)
    return request


@pytest.mark.parametrize("follows", [False, True])
def test_what_must_not_be_repeated_of_a_form_stays_out_of_every_kind_of_error(follows: bool) -> None:
    try:
        try:
            {}[SECRET]
        except KeyError as error:
            raise (ValueError(f"no project {SECRET}") if follows else error) from error
    except (KeyError, ValueError):
        text = written(request=sent(sensitive_post_parameters="__ALL__", fault_code="a1b2c3d4"))

    assert SECRET not in text
    assert "in test_what_must_not_be_repeated" in text
    assert "\nKeyError\n" in text
    assert ("\nValueError\n" in text) is follows
    assert text.endswith("Fault a1b2c3d4")
