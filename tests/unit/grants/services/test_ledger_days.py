"""Days sealed into a chain: two programs that share nothing come to the same digests."""

from datetime import timedelta
from queue import Queue
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from cwf_portal.core.clock import advance_clock, core_now
from cwf_portal.core.models import OutgoingMessage
from cwf_portal.core.permissions import Role
from grants.domain import chain
from grants.domain.award import Strand
from grants.domain.ledger import Account, JournalKind, Purse
from grants.models import HeadNotice, Journal, LedgerDay, LedgerMovement, Source
from grants.selectors.balances import totals
from grants.selectors.books import journals_to_seal, ledger_head
from grants.selectors.recount import Recount, journals_with_lines
from grants.services import Entry, books_lock, post_journal
from grants.services.ledger_days import seal_days, send_head
from tests.support.days import let_a_day_pass
from tests.unit.grants.conftest import Story, make_person
from tests.unit.grants.services.test_posting import ON
from tests.unit.grants.services.waiting import own_pid, until_it_waits
from tests.unit.grants.test_races import at_once


def next_day() -> None:
    let_a_day_pass()


def seal() -> int:
    return seal_days(at=core_now())


def post(key: str, pence: int = 500, reference: str = "statement 1, line 2") -> Journal:
    lines = Purse(Source.objects.get(code="dormant").pk, Strand.PLACE).move(Account.CASH, Account.FREE, pence)
    return post_journal(by="system:statements", entry=Entry(JournalKind.INTEREST, key, lines, ON, reference))


@pytest.mark.django_db
def test_a_day_is_sealed_when_it_is_over_and_not_before() -> None:
    post("a")

    assert seal() == 0
    assert journals_to_seal(core_now()).count() == 0
    next_day()
    assert journals_to_seal(core_now()).count() == 1
    assert seal() == 1
    assert seal() == 0
    assert journals_to_seal(core_now()).count() == 0


@pytest.mark.usefixtures("accepted")
@pytest.mark.django_db
def test_what_postgres_seals_python_recomputes(story: Story) -> None:
    post("free | text; with: commas, “quotes” and \U0001f3e1", reference="é|:;,")
    next_day()

    seal()

    day = LedgerDay.objects.get()
    leaves = b"".join(
        chain.entry(journal[0], chain.leaf(journal, (line[1:] for line in lines)))
        for journal, lines in journals_with_lines()
    )
    assert bytes(day.leaves) == leaves
    assert day.digest == chain.day_digest("", day.day, leaves)
    assert day.journal_count == Journal.objects.count()


@pytest.mark.django_db
def test_each_day_stands_on_the_last_that_had_journals() -> None:
    post("a")
    next_day()
    next_day()
    post("b")
    next_day()

    assert seal() == 2

    first, second = LedgerDay.objects.order_by("day")
    assert (second.day - first.day).days == 2
    assert second.previous == first
    assert second.digest == chain.day_digest(first.digest, second.day, bytes(second.leaves))
    assert ledger_head() == second
    assert list(Recount().problems()) == []


@pytest.mark.usefixtures("accepted")
@pytest.mark.django_db
def test_balances_are_the_same_before_and_after_a_day_is_sealed(story: Story) -> None:
    before = totals()
    next_day()
    seal()
    post("later")

    assert LedgerMovement.objects.exists()
    dormant = Source.objects.get(code="dormant").pk
    after = totals()
    assert after.pop(("cash", dormant, "")).balance_pence == before.pop(("cash", dormant, "")).balance_pence + 500
    assert (
        after.pop(("free", dormant, "place")).balance_pence
        == before.pop(("free", dormant, "place")).balance_pence - 500
    )
    assert after == before


@pytest.mark.django_db
def test_balances_count_by_the_date_of_the_event() -> None:
    post("a")
    next_day()
    seal()

    assert totals(through=ON - timedelta(days=1)) == {}
    assert {total.balance_pence for total in totals(since=ON, through=ON).values()} == {500, -500}


@pytest.mark.django_db
def test_a_journal_of_a_sealed_day_is_refused_by_the_database() -> None:
    post("a")
    at = core_now()
    next_day()
    seal()

    with pytest.raises(IntegrityError, match="are sealed"), transaction.atomic():
        Journal.objects.create(
            idempotency_key="late",
            request_hash="0" * 64,
            kind="interest",
            effective_on=ON,
            recorded_at=at,
            process="system:test",
            line_count=2,
        )


def test_a_day_waits_for_whoever_began_to_post_before_midnight(
    committed_db: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The posting of the old day is still open when the sealer looks; it must be found in the chain."""
    monkeypatch.setattr(books_lock, "LONGEST_WAIT", "60s")
    post("first")
    began: Queue[None] = Queue()
    sealer_pid: Queue[int] = Queue()

    def poster() -> None:
        with transaction.atomic():
            post("slow")
            began.put(None)
            until_it_waits(sealer_pid.get(timeout=60))

    def sealer() -> int:
        began.get(timeout=60)
        next_day()
        sealer_pid.put(own_pid())
        return seal()

    assert at_once(poster, sealer) == [None, 1]
    assert LedgerDay.objects.get().journal_count == 2
    assert list(Recount().problems()) == []


def test_two_who_seal_at_once_seal_once(committed_db: str) -> None:
    post("a")
    next_day()

    results = at_once(seal, seal, seal)

    assert sorted(results) == [0, 0, 1]
    assert LedgerDay.objects.count() == 1


@pytest.fixture
def auditor(db: None) -> Any:
    return make_person("auditor", Role.AUDITOR)


@pytest.mark.django_db
def test_the_head_is_sent_to_auditors_once_when_the_month_has_ended(auditor: Any) -> None:
    advance_clock(to=core_now().replace(day=1) + timedelta(days=32))
    post("a")
    assert send_head(at=core_now()) == 0
    advance_clock(by=timedelta(days=32))
    assert send_head(at=core_now()) == 0  # the last day is not sealed yet
    seal()

    assert send_head(at=core_now()) == 1
    assert send_head(at=core_now()) == 0

    message = OutgoingMessage.objects.get(topic="ledger_head")
    assert message.to == auditor.email
    assert LedgerDay.objects.get().digest in message.body
    assert HeadNotice.objects.get().head == LedgerDay.objects.get()


@pytest.mark.django_db
def test_nobody_is_told_where_there_is_no_auditor() -> None:
    post("a")
    advance_clock(by=timedelta(days=32))
    seal()

    assert send_head(at=core_now()) == 0
    assert not HeadNotice.objects.exists()
