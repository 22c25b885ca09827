"""The law of the ledger."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grants.domain.award import Strand
from grants.domain.ledger import (
    Account,
    JournalKind,
    LedgerError,
    Line,
    Position,
    Purse,
    check,
    content_hash,
    haircut_pence,
    headroom_pence,
    merge,
    obeys,
)

DORMANT, LOTTERY = 1, 2


def place(source: int) -> Purse:
    return Purse(source, Strand.PLACE, neighbourhood=7, agreement=9)


def body(source: int) -> Purse:
    return Purse(source, Strand.BODY_CONTRIBUTION, neighbourhood=7, agreement=9)


def confirmed(source: int, place_pence: int, body_pence: int) -> list[Line]:
    return [
        *place(source).move(Account.INSTRUCTED, Account.PAID, place_pence),
        *body(source).move(Account.INSTRUCTED, Account.PAID, body_pence),
        *place(source).move(Account.APPLIED, Account.CASH, place_pence),
        *body(source).move(Account.APPLIED, Account.CASH, body_pence),
    ]


def test_worked_example_of_forty_thousand_pounds_from_two_sources() -> None:
    lines = merge([*confirmed(DORMANT, 2_400_000, 120_000), *confirmed(LOTTERY, 1_600_000, 80_000)])

    check(JournalKind.CONFIRMED, lines)
    amounts = {(line.account, line.source, line.strand): line.amount_pence for line in lines}
    assert amounts[Account.INSTRUCTED, DORMANT, Strand.PLACE] == 2_400_000
    assert amounts[Account.INSTRUCTED, DORMANT, Strand.BODY_CONTRIBUTION] == 120_000
    assert amounts[Account.PAID, LOTTERY, Strand.PLACE] == -1_600_000
    assert amounts[Account.APPLIED, LOTTERY, Strand.BODY_CONTRIBUTION] == 80_000
    assert amounts[Account.CASH, DORMANT, None] == -2_520_000
    assert amounts[Account.CASH, LOTTERY, None] == -1_680_000
    assert len(lines) == 14


@given(amount=st.integers(1, 10**12), strand=st.sampled_from(Strand))
def test_a_move_always_satisfies_the_law(amount: int, strand: Strand) -> None:
    lines = Purse(DORMANT, strand).move(Account.FREE, Account.ALLOCATED, amount)

    check(JournalKind.ALLOCATION, lines)
    assert merge([*lines, *(line._replace(amount_pence=-line.amount_pence) for line in lines)]) == []


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([Line(Account.CASH, DORMANT, 5)], "at least two"),
        ([Line(Account.CASH, DORMANT, 5), Line(Account.CASH, LOTTERY, -5)], "sum to zero"),
        ([Line(Account.CASH, DORMANT, 0), Line(Account.CASH, DORMANT, 0)], "move something"),
        ([Line(Account.FREE, DORMANT, 5), Line(Account.CASH, DORMANT, -5)], "wrong strand"),
        ([Line(Account.CASH, DORMANT, 5, Strand.PLACE), Line(Account.CASH, DORMANT, -5)], "wrong strand"),
        (
            [
                Line(Account.FREE, DORMANT, 5, Strand.RUNNING),
                Line(Account.ALLOCATED, DORMANT, -5, Strand.PLACE),
            ],
            "stay in their strand",
        ),
    ],
)
def test_a_journal_that_breaks_the_law_is_refused(lines: list[Line], message: str) -> None:
    with pytest.raises(LedgerError, match=message):
        check(JournalKind.ALLOCATION, lines)


def test_only_a_kind_that_brings_money_may_add_to_the_promises() -> None:
    lines = Purse(DORMANT, Strand.PLACE).move(Account.CASH, Account.FREE, 100)

    check(JournalKind.WAVE_RECEIVED, lines)
    with pytest.raises(LedgerError, match="stay in their strand"):
        check(JournalKind.CONFIRMED, lines)


def test_content_hash_depends_on_every_part_of_the_content() -> None:
    lines = Purse(DORMANT, Strand.PLACE, 7).move(Account.FREE, Account.ALLOCATED, 100)

    def said(**changes: Any) -> str:
        request = {"kind": JournalKind.ALLOCATION, "effective_on": "2026-01-01", "reference": "a", "lines": lines}
        return content_hash(**request | changes)

    hashes = {
        said(),
        said(kind=JournalKind.APPROVAL),
        said(effective_on="2026-01-02"),
        said(reference="b"),
        said(lines=lines[::-1]),
        *(
            said(lines=[lines[0]._replace(**change), lines[1]])
            for change in (
                {"account": Account.PLEDGED},
                {"source": LOTTERY},
                {"amount_pence": 101},
                {"strand": Strand.RUNNING},
                {"neighbourhood": 8},
                {"agreement": 1},
            )
        ),
    }

    assert len(hashes) == 11
    assert all(len(value) == 64 for value in hashes)


@pytest.mark.parametrize(
    ("position", "headroom"),
    [
        (Position(100), 100),
        (Position(100, contingency_pence=30, unrealised_loss_pence=20, haircut_pence=5), 100),
        (Position(100, contingency_pence=30, unrealised_loss_pence=40, haircut_pence=10), 80),
        (Position(100, unrealised_loss_pence=140), -40),
    ],
)
def test_headroom_counts_only_the_risk_that_contingency_does_not_cover(position: Position, headroom: int) -> None:
    assert headroom_pence(position) == headroom


def test_haircut_by_class_rounds_up() -> None:
    assert haircut_pence({"gilts": 1_000, "bonds": 1_001, "equities": 100}) == 71
    with pytest.raises(KeyError):
        haircut_pence({"tulips": 1})


any_line = st.builds(
    Line,
    account=st.sampled_from(Account),
    source=st.sampled_from([DORMANT, LOTTERY]),
    amount_pence=st.sampled_from([-1, 1, 0, 2, -2]),
    strand=st.sampled_from([None, Strand.PLACE, Strand.CAPACITY]),
)


@given(kind=st.sampled_from(JournalKind), lines=st.lists(any_line, max_size=4), is_mended=st.booleans())
def test_the_quick_law_is_the_law(kind: JournalKind, lines: list[Line], is_mended: bool) -> None:
    """Whoever reads a whole ledger asks `obeys`; it says what `check` says, of good journals and of bad ones."""
    if is_mended:
        lines = [line for one in lines for line in (one, one._replace(amount_pence=-one.amount_pence))]
    try:
        check(kind, lines)
        lawful = True
    except LedgerError:
        lawful = False

    rows = [(one.account.value, one.source, one.amount_pence, one.strand, None, None) for one in lines]
    assert obeys(kind.value, rows) is lawful
