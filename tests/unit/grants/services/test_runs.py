"""A run is checked by one person and released by another, within limits that the database holds too."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.db import DatabaseError, IntegrityError, transaction
from django.test import override_settings

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import DomainError, NotAllowedError
from cwf_portal.core.figures_text import day_text
from cwf_portal.core.permissions import Role
from grants import services
from grants.domain.iso20022_pain001 import build_payment_file
from grants.domain.ledger import Account
from grants.domain.limits import Cell, LimitKind
from grants.domain.working_days import england_and_wales
from grants.errors import LimitError, WrongStateError
from grants.models import (
    Hold,
    Payment,
    PaymentFile,
    PaymentRun,
    PaymentStatus,
    RunStatus,
    TrancheStatus,
)
from grants.presenters.payments import remittance_rows
from grants.selectors.checks import ledger_identities
from grants.selectors.days import today
from grants.selectors.ledger import held_on
from grants.selectors.payments import attempts
from grants.services.limits import confirm_limit, propose_limit
from grants.services.runs import check_run, payment_order, release_run, stop_run, withdraw_run
from tests.unit.grants.conftest import make_person, sealed, to_next_noon
from tests.unit.grants.payment_world import World


@pytest.fixture
def run(claimed: World) -> PaymentRun:
    """A run of one payment, to check."""
    return PaymentRun.objects.get()


def set_limits(manager_pence: int, director_pence: int) -> None:
    """Lower limits, by two directors, so that small runs meet them from the next day on."""
    one = make_person("limits-one", Role.FUND_DIRECTOR)
    other = make_person("limits-other", Role.FINANCE_DIRECTOR)
    for role, pence in ((Role.FINANCE_MANAGER, manager_pence), (Role.FINANCE_DIRECTOR, director_pence)):
        said = {"limit_pence": pence, "from_on": today() + timedelta(days=1), "reason": "Smaller runs."}
        change = propose_limit(by=one, cell=Cell(LimitKind.RELEASE, role=role.value), **said)
        confirm_limit(by=other, change=change)
    to_next_noon()


def test_released_run_has_its_file_and_its_money_is_with_the_bank(world: World, run: PaymentRun) -> None:
    with sealed():
        released = world.release(run)

    assert released.status == RunStatus.RELEASED
    assert held_on(Account.INSTRUCTED) == run.total_pence
    assert world.tranche().status == TrancheStatus.INSTRUCTED
    file = PaymentFile.objects.get()
    assert run.payments.get().end_to_end_id.encode() in bytes(file.content)
    assert b"<Nm>Trust 0 + Friends</Nm>" in bytes(file.content)
    assert ledger_identities() == []


def test_checking_and_releasing_again_change_nothing(world: World, run: PaymentRun) -> None:
    world.release(run)

    again = release_run(by=world.releaser, run=run)

    assert again.status == RunStatus.RELEASED
    assert PaymentFile.objects.count() == 1


def test_run_that_nobody_checked_is_not_released(world: World, run: PaymentRun) -> None:
    with pytest.raises(WrongStateError, match="is “to check” now"):
        release_run(by=world.releaser, run=run)


def test_checker_never_releases(world: World, run: PaymentRun) -> None:
    both = make_person("both", Role.PAYMENTS_OFFICER, Role.FINANCE_DIRECTOR)
    check_run(by=both, run=run)

    with pytest.raises(NotAllowedError, match="You checked this run"):
        release_run(by=both, run=run)


def test_who_confirmed_the_bank_details_neither_checks_nor_releases(world: World, run: PaymentRun) -> None:
    check_run(by=world.checker, run=run)

    with pytest.raises(NotAllowedError, match="You confirmed bank details"):
        release_run(by=world.people.finance_manager, run=run)


@pytest.mark.parametrize("role", [Role.RESIDENT, Role.AUDITOR, Role.GRANTS_OFFICER, Role.TREASURER])
def test_others_can_do_nothing_with_a_run(world: World, run: PaymentRun, role: Role) -> None:
    person = make_person("person", role)

    for step in (check_run, release_run, withdraw_run):
        with pytest.raises(NotAllowedError):
            step(by=person, run=run)
    with pytest.raises(NotAllowedError):
        stop_run(by=person, run=run, reason="I do not like it.")


def test_finance_manager_releases_up_to_the_limit(world: World, run: PaymentRun) -> None:
    set_limits(run.total_pence, run.total_pence * 2)
    check_run(by=world.checker, run=run)

    assert release_run(by=make_person("manager", Role.FINANCE_MANAGER), run=run).status == RunStatus.RELEASED


def test_one_penny_above_the_limit_needs_the_next_rank(world: World, run: PaymentRun) -> None:
    set_limits(run.total_pence - 1, run.total_pence)
    check_run(by=world.checker, run=run)

    with pytest.raises(LimitError, match="you may release up to"):
        release_run(by=make_person("manager", Role.FINANCE_MANAGER), run=run)
    with pytest.raises(LimitError, match="you may release up to £0"):
        release_run(by=world.people.director, run=run)
    assert release_run(by=world.releaser, run=run).status == RunStatus.RELEASED


def test_above_every_limit_both_directors_release(world: World, run: PaymentRun) -> None:
    set_limits(1, run.total_pence - 1)
    check_run(by=world.checker, run=run)

    with pytest.raises(LimitError, match="only both directors together"):
        release_run(by=make_person("manager", Role.FINANCE_MANAGER), run=run)
    assert release_run(by=world.releaser, run=run).status == RunStatus.CHECKED
    with pytest.raises(LimitError, match="holds the same post as you"):
        release_run(by=make_person("other", Role.FINANCE_DIRECTOR), run=run)
    released = release_run(by=world.people.director, run=run)

    assert released.status == RunStatus.RELEASED
    assert (released.released_by, released.co_released_by) == (world.releaser, world.people.director)
    assert PaymentFile.objects.count() == 1


def forge(run: PaymentRun, **fields: object) -> None:
    with transaction.atomic(), acting("system:test", "forge a release"):
        PaymentRun.objects.filter(pk=run.pk).update(status=RunStatus.RELEASED, released_at=core_now(), **fields)


def test_database_holds_the_limit_by_itself(world: World, run: PaymentRun) -> None:
    set_limits(run.total_pence - 1, run.total_pence)
    check_run(by=world.checker, run=run)

    for releaser in (make_person("manager", Role.FINANCE_MANAGER), world.people.director, world.people.officer):
        with pytest.raises(IntegrityError, match="above the limit"):
            forge(run, released_by=releaser)


def test_database_wants_two_different_directors(world: World, run: PaymentRun) -> None:
    set_limits(1, run.total_pence - 1)
    check_run(by=world.checker, run=run)
    other = make_person("other", Role.FINANCE_DIRECTOR)

    with pytest.raises(IntegrityError, match="above the limit"):
        forge(run, released_by=world.releaser)
    with pytest.raises(IntegrityError, match="above the limit"):
        forge(run, released_by=world.releaser, co_released_by=other, co_released_at=core_now())
    both = make_person("both", Role.FINANCE_DIRECTOR, Role.FUND_DIRECTOR)
    with pytest.raises(IntegrityError, match="co_releaser_is_third"):
        forge(run, released_by=both, co_released_by=both, co_released_at=core_now())


def test_database_keeps_checker_releaser_and_details_apart(world: World, run: PaymentRun) -> None:
    with pytest.raises(IntegrityError, match="was not checked"):
        forge(run, released_by=world.releaser, checked_by=world.checker, checked_at=core_now())
    check_run(by=world.checker, run=run)
    with pytest.raises(IntegrityError, match="details confirmed by its checker or releaser"):
        forge(run, released_by=world.people.finance_manager)


def test_run_total_and_file_bytes_never_change(world: World, run: PaymentRun) -> None:
    world.release(run)

    for change in (
        lambda: PaymentRun.objects.update(total_pence=1),
        lambda: PaymentFile.objects.update(content=b"other"),
        lambda: PaymentFile.objects.update(sha256="0" * 64),
    ):
        with pytest.raises(IntegrityError, match="never change"), transaction.atomic(), acting("system:test", "tamper"):
            change()


def test_payment_held_since_the_claim_is_left_out_at_release(wide_world: World) -> None:
    wide_world.go_to(max(wide_world.tranche(of=number).process_on for number in range(3)))
    run = wide_world.sweep()
    assert run is not None
    check_run(by=wide_world.checker, run=run)
    held = wide_world.stories[1]
    services.place_hold(by=wide_world.people.officer, agreement=held.agreement, detail="Complaint received.")

    with sealed():
        release_run(by=wide_world.releaser, run=run)

    left_out = Payment.objects.get(tranche__agreement=held.agreement)
    assert left_out.status == PaymentStatus.WITHDRAWN
    assert left_out.end_to_end_id.encode() not in bytes(PaymentFile.objects.get().content)
    assert wide_world.tranche(of=1).status == TrancheStatus.COMMITTED
    assert run.payments.filter(status=PaymentStatus.INSTRUCTED).count() == 2
    assert ledger_identities() == []


def test_run_of_which_everything_is_held_is_not_released(world: World, run: PaymentRun) -> None:
    check_run(by=world.checker, run=run)
    services.place_hold(by=world.people.officer, agreement=world.agreement, detail="Complaint received.")

    with pytest.raises(DomainError, match="Every payment of this run is held"):
        release_run(by=world.releaser, run=run)

    run.refresh_from_db()
    assert run.status == RunStatus.CHECKED


def test_stopped_run_is_withdrawn_by_another_and_its_payments_wait(world: World, run: PaymentRun) -> None:
    stop_run(by=world.checker, run=run, reason="The amount looks wrong.")
    with pytest.raises(NotAllowedError):
        withdraw_run(by=world.checker, run=run)

    with sealed():
        withdrawn = withdraw_run(by=world.releaser, run=run)

    assert withdrawn.status == RunStatus.WITHDRAWN
    assert world.tranche().status == TrancheStatus.COMMITTED
    hold = Hold.objects.open().get()
    assert hold.detail == f"Run {run.pk} was stopped: The amount looks wrong."
    assert world.sweep() is None
    services.lift_hold(by=world.people.officer, hold=hold, reason="The amount was right.")
    assert world.sweep() is not None
    assert Payment.objects.count() == 2
    assert ledger_identities() == []


def test_stopping_needs_a_reason_and_a_run_that_is_not_released(world: World, run: PaymentRun) -> None:
    with pytest.raises(DomainError, match="needs a reason"):
        stop_run(by=world.checker, run=run, reason=" ")
    world.release(run)
    with pytest.raises(WrongStateError, match="is “released” now"):
        stop_run(by=world.checker, run=run, reason="Too late.")


@pytest.mark.parametrize(("bank_format", "working_days"), [("pain001", 1), ("bacs18", 2)])
def test_run_released_late_asks_for_no_day_that_has_passed(
    world: World, run: PaymentRun, bank_format: str, working_days: int
) -> None:
    asked_for = run.payments.get().arrive_on
    late = england_and_wales().shift(asked_for, 5)
    world.go_to(late)
    soonest = england_and_wales().shift(late - timedelta(days=1), 1)

    account = settings.FUND_ACCOUNT | {"service_user_number": "123456"}
    with sealed(), override_settings(BANK_FORMAT=bank_format, FUND_ACCOUNT=account):
        world.release(run)

    payment = run.payments.get()
    assert payment.arrive_on == (soonest if working_days == 1 else england_and_wales().shift(late, 2)) > asked_for
    content = bytes(run.file.content)
    assert asked_for.isoformat().encode() not in content
    run.refresh_from_db()
    again = payment_order(run, attempts(run.payments.all()))
    assert bank_format == "bacs18" or build_payment_file(again).content == content
    assert remittance_rows(payment)[-1] == ("Should arrive by", day_text(payment.arrive_on))
    assert not Payment.objects.unanswered(late).exists()


def test_day_of_arrival_moves_only_as_the_payment_leaves(world: World, run: PaymentRun) -> None:
    later = run.payments.get().arrive_on + timedelta(days=1)
    with pytest.raises(DatabaseError, match="never changes"), acting("system:test", "past the service"):
        run.payments.update(arrive_on=later)
    world.release(run)
    with pytest.raises(DatabaseError, match="never changes"), acting("system:test", "past the service"):
        run.payments.update(arrive_on=later)
