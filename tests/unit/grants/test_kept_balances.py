"""A closed month keeps what all accounts hold: the same as every line says, written by closing and by nothing else."""

from collections import defaultdict
from datetime import date, timedelta
from queue import Queue
from typing import Any

from django.db import IntegrityError, connection, connections, transaction

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from grants.domain.dates import add_months
from grants.models import LedgerBalance, MonthClose, Posting
from grants.selectors.balances import Key, kept_month, totals
from grants.selectors.days import today
from grants.selectors.recount import Recount
from grants.services import post_journal
from grants.services.ledger_days import seal_days
from grants.services.posting import constraint_of
from tests.support.days import let_a_day_pass
from tests.unit.grants.conftest import People, make_people
from tests.unit.grants.services.test_months import bank_line, closed, last_month, transfer
from tests.unit.grants.services.waiting import own_pid, until_it_waits
from tests.unit.grants.test_races import at_once

END = timedelta(days=1)


def fill() -> None:
    """Lines of the month before last, of last month, of this one: some of a sealed day, some of today."""
    months = (add_months(last_month(), -1), last_month(), today().replace(day=1))
    for number, month in enumerate(months):
        post_journal(by="system:statements", entry=bank_line(month, f"sealed {number}"))
    let_a_day_pass()
    seal_days(at=core_now())
    for number, month in enumerate(months):
        post_journal(by="system:statements", entry=bank_line(month + timedelta(days=20), f"open {number}"))


def added_up(through: date) -> dict[Key, tuple[int, int]]:
    """The slow way: every line up to a day."""
    found: dict[Key, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for line in Posting.objects.filter(journal__effective_on__lte=through):
        debit, credit = found[line.account, line.source_id, line.strand]
        found[line.account, line.source_id, line.strand] = (
            debit + max(line.amount_pence, 0),
            credit + max(-line.amount_pence, 0),
        )
    return dict(found)


def shown(through: date) -> dict[Key, tuple[int, int]]:
    return {key: (total.debit_pence, total.credit_pence) for key, total in totals(through=through).items()}


def days_to_ask() -> list[date]:
    """Around the ends of both months, now, and for ever."""
    ends = [last_month() - END, last_month(), today().replace(day=1) - END, today().replace(day=1)]
    return [*ends, ends[2] - END, today(), date.max]


def test_balances_are_what_the_lines_say_before_and_after_a_month_is_closed(people: People) -> None:
    fill()
    assert [shown(day) for day in days_to_ask()] == [added_up(day) for day in days_to_ask()]

    month = closed(people)

    assert kept_month(date.max) == kept_month(today().replace(day=1) - END) == month
    assert kept_month(today().replace(day=1) - 2 * END) is None
    assert {
        (row.account, row.source_id, row.strand): (row.debit_pence, row.credit_pence) for row in month.balances.all()
    } == (added_up(today().replace(day=1) - END))
    assert [shown(day) for day in days_to_ask()] == [added_up(day) for day in days_to_ask()]
    assert list(Recount().problems()) == []


def test_what_is_posted_after_a_month_was_closed_is_added_to_what_it_kept(people: People) -> None:
    fill()
    closed(people)
    kept = LedgerBalance.objects.count()

    post_journal(by="system:statements", entry=bank_line(last_month(), "late"))
    let_a_day_pass()
    seal_days(at=core_now())

    assert [shown(day) for day in days_to_ask()] == [added_up(day) for day in days_to_ask()]
    assert LedgerBalance.objects.count() == kept
    assert list(Recount().problems()) == []


def refusal_of(statement: str) -> str:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    except IntegrityError as error:
        return constraint_of(error)
    return ""


def test_nobody_writes_a_balance_by_hand(people: People) -> None:
    month = closed(people)
    by_hand = """INSERT INTO grants_ledgerbalance (close_id, account, source_id, strand, debit_pence, credit_pence)
                 SELECT {}, 'cash', min(id), '', 1, 0 FROM grants_source"""

    assert refusal_of(by_hand.format(month.pk)) == "grants_ledgerbalance_by_closing"
    assert refusal_of(f"SELECT grants_keep_balances({month.pk})") == "grants_ledgerbalance_by_closing"


def spoil(statement: str) -> list[str]:
    """What a recount says after the owner has switched off the guards of the balances."""
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("ALTER TABLE grants_ledgerbalance DISABLE TRIGGER USER")
        cursor.execute(statement)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE grants_ledgerbalance ENABLE ALWAYS TRIGGER grants_ledgerbalance_append_only")
        cursor.execute("ALTER TABLE grants_ledgerbalance ENABLE ALWAYS TRIGGER grants_ledgerbalance_by_closing")
    return list(Recount().problems())


def test_a_balance_that_was_tampered_with_is_named(committed_db: str) -> None:
    fill()
    month = closed(make_people())
    source = LedgerBalance.objects.get(account="cash").source_id
    wrong = [f"{month}: cash of source {source} is kept otherwise than the journals say."]

    assert list(Recount().problems()) == []
    assert spoil("UPDATE grants_ledgerbalance SET debit_pence = debit_pence + 1 WHERE account = 'cash'") == wrong
    assert spoil("DELETE FROM grants_ledgerbalance WHERE account = 'cash'") == wrong
    found = spoil(
        "INSERT INTO grants_ledgerbalance (close_id, account, source_id, strand, debit_pence, credit_pence)"
        " SELECT close_id, 'suspense', source_id, '', 1, 0 FROM grants_ledgerbalance LIMIT 1"
    )
    assert found == [*wrong, wrong[0].replace("cash", "suspense")]


def test_a_month_closed_past_the_services_keeps_what_was_being_posted(committed_db: str) -> None:
    """The posting began first; whoever closes waits for it, and keeps it."""
    people = make_people()
    asked = MonthClose(month=last_month(), asked_by=people.finance_manager)
    with acting(people.finance_manager, "asked"):
        asked.save()
    began: Queue[None] = Queue()
    closer_pid: Queue[int] = Queue()

    def poster() -> Any:
        with transaction.atomic():
            post_journal(by=people.director, entry=transfer(people, last_month()))
            began.put(None)
            until_it_waits(closer_pid.get(timeout=60))

    def closer() -> Any:
        began.get(timeout=60)
        closer_pid.put(own_pid())
        with acting(people.finance_director, "closed past the services"):
            MonthClose.objects.update(closed_by=people.finance_director, closed_at=core_now())

    assert at_once(poster, closer) == [None, None]
    assert LedgerBalance.objects.count() == 2
    assert list(Recount().problems()) == []
