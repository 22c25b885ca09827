"""Closing a month: two people, for good; what the bank says later is posted in the open month."""

from dataclasses import replace
from datetime import date, timedelta
from queue import Queue
from threading import Event

import pytest
from django.db import IntegrityError, connection, transaction

from cwf_portal.core.errors import ConflictError, DomainError, NotAllowedError
from cwf_portal.core.permissions import Role
from grants.domain.award import Strand
from grants.domain.dates import add_months
from grants.domain.ledger import JournalKind
from grants.domain.postings import received, strand_transfer
from grants.models import Journal, MonthClose
from grants.selectors.books import books_open_from, months_to_close, next_month_to_close
from grants.selectors.days import today
from grants.selectors.recount import Recount
from grants.services import Entry, books_lock, post_journal
from grants.services.months import ask_to_close, close_month
from tests.unit.grants.conftest import People, make_people, make_person, sealed
from tests.unit.grants.services.test_posting import dormant
from tests.unit.grants.services.waiting import own_pid, until_it_waits
from tests.unit.grants.test_races import at_once


def last_month() -> date:
    return add_months(today().replace(day=1), -1)


def bank_line(on: date, key: str = "late line") -> Entry:
    return Entry(JournalKind.INTEREST, key, received(dormant(), {Strand.PLACE: 5}), on, reference="statement 9")


def transfer(people: People, on: date) -> Entry:
    lines = strand_transfer(dormant(), giver=Strand.CONTINGENCY, taker=Strand.PLACE, pence=7)
    return Entry(JournalKind.STRAND_TRANSFER, "transfer", lines, on, approver=people.finance_director)


def closed(people: People) -> MonthClose:
    asked = ask_to_close(by=people.finance_manager, month=last_month())
    return close_month(by=people.finance_director, close=asked)


def test_one_asks_and_another_closes(people: People) -> None:
    asked = ask_to_close(by=people.finance_manager, month=last_month() + timedelta(days=3))
    assert asked.month == last_month()
    assert books_open_from() == date.min
    assert list(months_to_close(people.finance_director)) == [asked]
    assert list(months_to_close(people.finance_manager)) == []

    done = close_month(by=people.finance_director, close=asked)

    assert (done.asked_by, done.closed_by) == (people.finance_manager, people.finance_director)
    assert books_open_from() == today().replace(day=1)
    assert next_month_to_close(today()) is None


def test_asking_and_closing_twice_changes_nothing(people: People) -> None:
    first = closed(people)
    other = make_person("other", Role.FINANCE_DIRECTOR)

    assert ask_to_close(by=other, month=last_month()) == first
    assert close_month(by=other, close=first).closed_by == people.finance_director


def test_nobody_closes_alone_and_the_auditor_closes_nothing(people: People) -> None:
    asked = ask_to_close(by=people.finance_manager, month=last_month())
    auditor = make_person("auditor", Role.AUDITOR)

    with pytest.raises(NotAllowedError, match="You asked"):
        close_month(by=people.finance_manager, close=asked)
    with pytest.raises(NotAllowedError):
        close_month(by=auditor, close=asked)
    with pytest.raises(NotAllowedError):
        ask_to_close(by=auditor, month=last_month())


def test_a_month_that_goes_on_or_lies_before_a_closed_one_is_refused(people: People) -> None:
    with pytest.raises(DomainError, match="is not over"):
        ask_to_close(by=people.finance_manager, month=today())
    closed(people)
    with pytest.raises(DomainError, match="closed already, with a later month"):
        ask_to_close(by=people.finance_manager, month=add_months(last_month(), -1))


def test_an_entry_for_a_closed_month_is_refused_in_words(people: People) -> None:
    closed(people)

    with pytest.raises(ConflictError, match="month of this entry is closed"):
        post_journal(by=people.director, entry=transfer(people, last_month()))


def test_the_database_refuses_an_entry_for_a_closed_month(people: People) -> None:
    closed(people)

    with pytest.raises(IntegrityError, match="books are closed"), transaction.atomic():
        Journal.objects.create(
            idempotency_key="a",
            request_hash="0" * 64,
            kind="interest",
            effective_on=last_month(),
            process="system:test",
            line_count=2,
        )


def test_a_late_line_of_the_bank_counts_in_the_open_month_and_keeps_its_date(people: People) -> None:
    closed(people)

    with sealed():
        journal = post_journal(by="system:statements", entry=bank_line(last_month()))

    assert (journal.effective_on, journal.value_on) == (today().replace(day=1), last_month())
    assert post_journal(by="system:statements", entry=bank_line(last_month())).pk == journal.pk
    assert list(Recount().problems()) == []


def test_a_line_posted_before_its_month_was_closed_is_the_same_line_afterwards(people: People) -> None:
    first = post_journal(by="system:statements", entry=bank_line(last_month()))
    closed(people)

    assert post_journal(by="system:statements", entry=bank_line(last_month())).pk == first.pk
    assert first.value_on is None


def test_a_closed_month_is_never_opened_again(people: People) -> None:
    closed(people)

    for change in (
        "UPDATE grants_monthclose SET closed_at = NULL, closed_by_id = NULL",
        "DELETE FROM grants_monthclose",
    ):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(change)


def test_a_month_is_closed_after_whoever_is_posting_into_it(committed_db: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The posting began first: it stands, and the month closes behind it; the next one comes too late."""
    monkeypatch.setattr(books_lock, "LONGEST_WAIT", "60s")
    people = make_people()
    asked = ask_to_close(by=people.finance_manager, month=last_month())
    began: Queue[None] = Queue()
    closer_pid: Queue[int] = Queue()

    def poster() -> bool:
        with transaction.atomic():
            post_journal(by=people.director, entry=transfer(people, last_month()))
            began.put(None)
            until_it_waits(closer_pid.get(timeout=60))
            return MonthClose.objects.get().closed_at is None

    def closer() -> MonthClose:
        began.get(timeout=60)
        closer_pid.put(own_pid())
        return close_month(by=people.finance_director, close=asked)

    was_open, done = at_once(poster, closer)

    assert was_open is True
    assert done.closed_at is not None
    with pytest.raises(ConflictError, match="is closed"):
        post_journal(by=people.director, entry=replace(transfer(people, last_month()), key="too late"))


def test_nobody_waits_for_ever_to_close_a_month(committed_db: str) -> None:
    people = make_people()
    asked = ask_to_close(by=people.finance_manager, month=last_month())
    began, tried = Event(), Event()

    def poster() -> None:
        with transaction.atomic():
            post_journal(by=people.director, entry=transfer(people, last_month()))
            began.set()
            tried.wait(timeout=60)

    def closer() -> str:
        began.wait(timeout=60)
        try:
            close_month(by=people.finance_director, close=asked)
        except ConflictError as error:
            return str(error)
        finally:
            tried.set()
        return "closed"

    assert at_once(poster, closer) == [None, "Money is being posted just now. Try again in a minute."]


def test_months_begin_on_their_first_day(people: People) -> None:
    with pytest.raises(IntegrityError, match="first_of_month"), transaction.atomic():
        MonthClose.objects.create(month=last_month() + timedelta(days=1), asked_by=people.finance_manager)
