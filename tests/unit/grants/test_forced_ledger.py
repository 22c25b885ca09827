"""What the owner of the database could force by switching the guards off, and how a recount names it.

Each case tampers with a ledger of two sealed days and an open one: journals 1 and 2, then 3, then 4.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connections, transaction

from cwf_portal.core.clock import core_now
from grants.models import Journal, LedgerDay
from grants.selectors.books import ledger_head
from grants.services import post_journal
from grants.services.ledger_days import seal_days
from tests.support.days import let_a_day_pass
from tests.unit.grants.services.test_posting import interest

GUARDS = {
    "grants_journal": ("append_only", "sealed", "dates", "reversal"),
    "grants_posting": ("append_only",),
    "grants_ledgerday": ("append_only",),
    "grants_ledgermovement": ("append_only",),
}


@dataclass(frozen=True)
class World:
    """Keys of four journals, oldest first, and the last head that left the machine."""

    journals: list[int]
    head: str
    days: list[str]


@pytest.fixture
def world(committed_db: str) -> World:
    keys = []
    for number in range(4):
        posted = post_journal(by="system:statements", entry=replace(interest(f"line {number}"), reference=f"r{number}"))
        keys.append(posted.pk)
        if number in (1, 2):
            let_a_day_pass()
            seal_days(at=core_now())
    head = ledger_head()
    assert head is not None
    return World(
        keys, head.digest, [str(day) for day in LedgerDay.objects.order_by("day").values_list("day", flat=True)]
    )


@contextmanager
def guards_off() -> Iterator[Any]:
    """A cursor of the owner while no trigger of ours stands; they stand again afterwards."""
    with connections["owner"].cursor() as cursor:
        for table, names in GUARDS.items():
            for name in names:
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {table}_{name}")
        yield cursor
        for table, names in GUARDS.items():
            for name in names:
                cursor.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_{name}")


def verify(*arguments: str) -> tuple[list[str], int]:
    """The problems that the command prints, and how it ends."""
    said = StringIO()
    try:
        call_command("verify_ledger", "--json", *arguments, stdout=said)
    except SystemExit as ended:
        return json.loads(said.getvalue())["problems"], int(ended.code or 0)
    return json.loads(said.getvalue())["problems"], 0


def change_lines(cursor: Any, world: World) -> str:
    cursor.execute(
        "UPDATE grants_posting SET amount_pence = amount_pence * 2 WHERE journal_id = %s", [world.journals[1]]
    )
    return f"Journal {world.journals[1]} does not say what was requested."


def change_one_line(cursor: Any, world: World) -> str:
    cursor.execute("UPDATE grants_posting SET amount_pence = 7 WHERE journal_id = %s AND line = 1", [world.journals[0]])
    return f"Journal {world.journals[0]}: Sources must each sum to zero"


def change_who(cursor: Any, world: World) -> str:
    cursor.execute("UPDATE grants_journal SET process = 'system:other' WHERE id = %s", [world.journals[2]])
    return f"Journal {world.journals[2]} of {world.days[1]} is not what was sealed."


def remove_a_line(cursor: Any, world: World) -> str:
    cursor.execute("DELETE FROM grants_posting WHERE journal_id = %s AND line = 2", [world.journals[0]])
    return f"Journal {world.journals[0]} has 1 lines, not 2: line 2 is missing."


def remove_a_journal(cursor: Any, world: World) -> str:
    cursor.execute("DELETE FROM grants_posting WHERE journal_id = %s", [world.journals[0]])
    cursor.execute("DELETE FROM grants_journal WHERE id = %s", [world.journals[0]])
    return f"Journal {world.journals[0]} of {world.days[0]} is gone."


def remove_all_lines(cursor: Any, world: World) -> str:
    cursor.execute("TRUNCATE grants_posting")
    return f"Journal {world.journals[0]} has 0 lines, not 2."


def copy(cursor: Any, world: World, key: str, recorded_at: datetime | None = None) -> int:
    """Another journal like the first, with its own key; of now unless told otherwise."""
    cursor.execute(
        """INSERT INTO grants_journal (idempotency_key, request_hash, kind, effective_on, recorded_at,
                                       source_reference, process, line_count)
           SELECT %s, request_hash, kind, effective_on, coalesce(%s, core_now()), source_reference, process, line_count
             FROM grants_journal WHERE id = %s RETURNING id""",
        [key, recorded_at, world.journals[0]],
    )
    return int(cursor.fetchone()[0])


def copy_lines(cursor: Any, world: World, journal: int, *, credit_to: str = "free") -> None:
    cursor.execute(
        """INSERT INTO grants_posting (journal_id, line, line_count, account, source_id, strand, amount_pence)
           SELECT %s, line, line_count, CASE line WHEN 2 THEN %s ELSE account END, source_id, strand, amount_pence
             FROM grants_posting WHERE journal_id = %s""",
        [journal, credit_to, world.journals[0]],
    )


def put_into_the_past(cursor: Any, world: World) -> str:
    at = Journal.objects.get(pk=world.journals[0]).recorded_at + timedelta(microseconds=1)
    journal = copy(cursor, world, "past", at)
    copy_lines(cursor, world, journal)
    return f"Journal {journal} was put into {world.days[0]} after it was sealed."


def unbalanced(cursor: Any, world: World) -> str:
    journal = copy(cursor, world, "unbalanced")
    copy_lines(cursor, world, journal)
    cursor.execute("UPDATE grants_posting SET amount_pence = -9 WHERE journal_id = %s AND line = 2", [journal])
    return f"Journal {journal}: Sources must each sum to zero"


def below_a_floor(cursor: Any, world: World) -> str:
    journal = copy(cursor, world, "low")
    copy_lines(cursor, world, journal, credit_to="allocated")
    cursor.execute("UPDATE grants_posting SET amount_pence = -amount_pence WHERE journal_id = %s", [journal])
    return f"Journal {journal}, line 2: allocated goes below zero; it ends at -500 pence."


def rewrite_balances(cursor: Any, world: World) -> str:
    cursor.execute("UPDATE grants_ledgermovement SET debit_pence = 1 WHERE account = 'cash'")
    return f"{world.days[0]}: cash of source"


def rewrite_a_digest(cursor: Any, world: World) -> str:
    cursor.execute("UPDATE grants_ledgerday SET digest = repeat('0', 64) WHERE previous_id IS NULL")
    return f"{world.days[0]}: the digest of the day is not that of what was sealed."


CASES: list[Callable[[Any, World], str]] = [
    change_lines,
    change_one_line,
    change_who,
    remove_a_line,
    remove_a_journal,
    remove_all_lines,
    put_into_the_past,
    unbalanced,
    below_a_floor,
    rewrite_balances,
    rewrite_a_digest,
]


@pytest.mark.parametrize("force", CASES, ids=lambda force: force.__name__)
def test_what_is_forced_is_found_and_named(world: World, force: Callable[[Any, World], str]) -> None:
    assert verify("--head", world.head) == ([], 0)

    with guards_off() as cursor:
        expected = force(cursor, world)

    problems, code = verify()
    assert code == 1
    assert any(problem.startswith(expected) for problem in problems), problems


def test_a_tail_cut_off_whole_is_found_by_the_head_kept_elsewhere(world: World) -> None:
    with guards_off() as cursor:
        last = LedgerDay.objects.latest("day")
        cursor.execute("DELETE FROM grants_ledgermovement WHERE sealed_id = %s", [last.pk])
        cursor.execute("DELETE FROM grants_ledgerday WHERE id = %s", [last.pk])
        cursor.execute("DELETE FROM grants_posting WHERE journal_id > %s", [world.journals[1]])
        cursor.execute("DELETE FROM grants_journal WHERE id > %s", [world.journals[1]])

    assert verify() == ([], 0)
    problems, code = verify("--head", world.head)
    assert code == 1
    assert problems == [f"The head {world.head} is not in the chain: sealed days are gone or were rewritten."]


def test_a_ledger_emptied_whole_is_found_by_the_head_kept_elsewhere(world: World) -> None:
    with guards_off() as cursor:
        cursor.execute("DELETE FROM grants_posting")
        cursor.execute("DELETE FROM grants_journal")
        cursor.execute("DELETE FROM grants_ledgermovement")
        cursor.execute("DELETE FROM grants_ledgerday")

    assert Journal.objects.count() == 0
    assert verify() == ([], 0)
    assert verify("--head", world.head)[1] == 1


@pytest.mark.parametrize("alias", ["default", "owner"])
def test_an_unbalanced_journal_is_refused_whoever_writes_it(world: World, alias: str) -> None:
    def write() -> None:
        with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
            journal = copy(cursor, world, "unbalanced")
            cursor.execute(
                "INSERT INTO grants_posting (journal_id, line, line_count, account, source_id, strand, amount_pence)"
                " SELECT %s, line, line_count, account, source_id, strand, amount_pence + line"
                " FROM grants_posting WHERE journal_id = %s",
                [journal, world.journals[0]],
            )

    with pytest.raises(DatabaseError, match="does not balance"):
        write()


def test_the_head_is_printed_for_keeping_elsewhere(world: World) -> None:
    said = StringIO()

    call_command("ledger_head", stdout=said)

    assert said.getvalue() == f"{world.days[1]} {world.head}\n"


def test_no_head_before_the_first_day_is_over(committed_db: str) -> None:
    said = StringIO()

    call_command("ledger_head", stdout=said)

    assert said.getvalue() == "No day is sealed yet.\n"
