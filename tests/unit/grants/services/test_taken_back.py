"""An explanation of a bank line and the journal that it posted are taken back together, or neither is."""

from importlib import import_module
from threading import Barrier, BrokenBarrierError

import pytest
from django.db import IntegrityError, connection, transaction

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import ConflictError
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Role
from cwf_portal.sandbox_bank.messages import Entry as BankEntry
from cwf_portal.sandbox_bank.messages import StatementOfDay, write_statement
from grants import services
from grants.domain.ledger import Account, JournalKind, Purse
from grants.models import Correction, Journal, LineClearing, LineGroup, Opinion, Source, StatementLine
from grants.selectors.balances import balances_by_source
from grants.selectors.books import why_not_corrected
from grants.selectors.checks import ledger_identities
from grants.selectors.days import today
from grants.selectors.ledger import held_on
from grants.services.clearing import confirm_clearing, propose_clearing
from grants.services.clearing_checks import Explanation
from grants.services.corrections import agree_correction, ask_correction
from grants.services.posting import Entry, constraint_of, opposite_lines, post_journal
from grants.services.statements import take_statement
from tests.unit.grants.conftest import People, make_people, make_person, make_programme, sealed
from tests.unit.grants.services.test_statements import OURS
from tests.unit.grants.test_races import at_once

Kind = LineClearing.Kind
WRONG = "It was another fund's money."


def make_line(people: People, pence: int = 900) -> StatementLine:
    """A line that nobody knows, on a statement of a fund that waits for its first wave."""
    make_person("checker", Role.PAYMENTS_OFFICER)
    programme = make_programme(people)
    source = Source.objects.get(code="dormant")
    services.announce_wave(
        by=people.director,
        programme=programme,
        source=source,
        title="Wave",
        announced_pence=100,
        expected_on=today(),
        bank_reference="WAVE",
    )
    day = StatementOfDay(1, today(), 0, [BankEntry("B-1", pence, reference="?")])
    take_statement(sequence=1, content=write_statement(day, OURS).encode())
    return StatementLine.objects.get()


def checker() -> User:
    return User.objects.get(email="checker@example.org")


def explained(people: People, line: StatementLine, kind: LineClearing.Kind = Kind.OTHER_INCOME) -> LineClearing:
    said = Explanation(kind, source=Source.objects.get(code="dormant"))
    clearing = propose_clearing(by=checker(), line=line, explanation=said, note="A letter.")
    with sealed():
        return confirm_clearing(by=people.finance_manager, clearing=clearing)


def asked(people: People, clearing: LineClearing) -> Correction:
    assert clearing.journal is not None
    return ask_correction(by=people.finance_manager, journal=clearing.journal, reason=WRONG)


def forced(people: People, journal: Journal) -> Journal:
    """Reverse a journal past the services."""
    entry = Entry(
        JournalKind.REVERSAL,
        f"forced:{journal.pk}",
        opposite_lines(journal),
        today(),
        approver=people.finance_director,
        reverses=journal,
    )
    return post_journal(by=people.director, entry=entry)


def refusal_of(people: People, *, journal: Journal | None = None, status: str = "") -> str:
    """The rule of the database that refuses to reverse a journal, or to give clearings a status; "" if none does."""
    try:
        with acting("system:test", "went past the services"), transaction.atomic(), connection.cursor() as cursor:
            if journal is not None:
                forced(people, journal)
            if status:
                LineClearing.objects.update(status=status)
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    except IntegrityError as error:
        return constraint_of(error)
    return ""


def test_reversing_what_explained_a_line_leaves_the_line_unexplained(people: People) -> None:
    line = make_line(people)
    first = explained(people, line)

    with sealed():
        done = agree_correction(by=people.finance_director, correction=asked(people, first))

    first.refresh_from_db()
    assert (first.status, first.journal) == (Opinion.REVERSED, done.journal)
    assert StatementLine.objects.grouped().get().group == LineGroup.UNEXPLAINED
    assert balances_by_source()[Source.objects.get(code="unidentified").pk] == {
        ("cash", ""): 900,
        ("suspense", ""): -900,
    }
    assert held_on(Account.FREE) == 0
    assert ledger_identities() == []


def test_a_line_whose_explanation_was_taken_back_is_explained_anew(people: People) -> None:
    line = make_line(people)
    first = explained(people, line)
    agree_correction(by=people.finance_director, correction=asked(people, first))

    second = explained(people, line)

    assert second.journal != first.journal
    assert (held_on(Account.FREE), held_on(Account.SUSPENSE)) == (900, 0)
    agree_correction(by=people.finance_director, correction=asked(people, second))
    third = explained(people, line, Kind.INTEREST)
    assert StatementLine.objects.grouped().get().group == LineGroup.BY_HAND
    assert third.journal is not None
    assert third.journal.idempotency_key.endswith(":cleared:3")
    assert ledger_identities() == []


def test_an_explanation_that_posted_more_than_itself_is_never_half_taken_back(people: People) -> None:
    clearing = explained(people, make_line(people), Kind.INTEREST)
    assert clearing.journal is not None

    assert "explained as “Interest”, and that was posted with it" in why_not_corrected(clearing.journal)
    with pytest.raises(ConflictError, match="cannot be reversed"):
        asked(people, clearing)
    assert refusal_of(people, journal=clearing.journal) == "grants_lineclearing_as_posted"
    assert refusal_of(people, journal=clearing.journal, status="reversed") == "grants_lineclearing_status_fits"


def test_the_database_refuses_either_half_alone(people: People) -> None:
    clearing = explained(people, make_line(people))

    assert refusal_of(people, journal=clearing.journal) == "grants_lineclearing_as_posted"
    assert refusal_of(people, status="reversed") == "grants_lineclearing_as_posted"
    assert refusal_of(people, journal=clearing.journal, status="reversed") == ""


def test_what_was_decided_of_a_line_stays_decided(people: People) -> None:
    clearing = explained(people, make_line(people))
    with pytest.raises(IntegrityError), acting("system:test", "tried"), transaction.atomic():
        LineClearing.objects.update(journal=None, status="proposed", decided_by=None, decided_at=None)
    agree_correction(by=people.finance_director, correction=asked(people, clearing))

    assert refusal_of(people, status="confirmed") == "grants_lineclearing_step"


def test_the_daily_checks_name_a_line_that_is_not_explained_as_posted(people: People) -> None:
    """What no service and no rule of the database lets happen."""
    clearing = explained(people, make_line(people))
    assert clearing.journal is not None

    with transaction.atomic():
        forced(people, clearing.journal)
        found = ledger_identities()
        transaction.set_rollback(True)

    assert found == [f"Statement 1, line 1 is “confirmed by two”, its journal {clearing.journal_id} is not."]


def test_explanation_reversed_before_the_two_had_to_agree_is_taken_back_by_the_migration(people: People) -> None:
    """Migration 0017 left those that were reversed before it as they were."""
    clearing = explained(people, make_line(people))
    assert clearing.journal is not None
    forced(people, clearing.journal)
    migration = import_module("grants.migrations.0022_one_plan_a_day")

    with sealed(), connection.cursor() as cursor:
        cursor.execute(migration.TAKEN_BACK)

    clearing.refresh_from_db()
    assert clearing.status == Opinion.REVERSED
    assert StatementLine.objects.grouped().get().group == LineGroup.UNEXPLAINED
    assert ledger_identities() == []


def test_confirming_and_reversing_at_the_same_moment_never_both_stand(committed_db: str) -> None:
    """Two sessions past the services: neither sees the other's row until it has committed its own."""
    people = make_people()
    line = make_line(people)
    said = Explanation(Kind.OTHER_INCOME, source=Source.objects.get(code="dormant"))
    clearing = propose_clearing(by=checker(), line=line, explanation=said, note="A letter.")
    unidentified = Purse(Source.objects.get(code="unidentified").pk)
    lines = unidentified.move(Account.SUSPENSE, Account.CASH, 900)
    entry = Entry(JournalKind.UNKNOWN_CLEARED, "cleared", lines, today(), approver=people.finance_director)
    journal = post_journal(by=people.director, entry=entry)
    both_looked = Barrier(2)

    def look() -> None:
        """Have the deferred rules checked, and commit only when the other has looked too, or waits for us."""
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        try:
            both_looked.wait(timeout=0.5)
        except BrokenBarrierError:
            pass

    def confirm() -> None:
        with acting(people.finance_manager, "confirmed past the services"):
            LineClearing.objects.filter(pk=clearing.pk).update(
                status=Opinion.CONFIRMED, journal=journal, decided_by=people.finance_manager, decided_at=core_now()
            )
            look()

    def undo() -> None:
        with acting(people.director, "reversed past the services"):
            forced(people, journal)
            look()

    results = at_once(confirm, undo)

    errors = [constraint_of(error) for error in results if isinstance(error, IntegrityError)]
    assert errors == ["grants_lineclearing_as_posted"]
    is_confirmed = LineClearing.objects.get().status == Opinion.CONFIRMED
    assert is_confirmed != Journal.objects.filter(reverses=journal).exists()
