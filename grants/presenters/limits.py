"""Limits of authority in words: what stands, what waits, what was changed and why."""

from collections.abc import Iterable, Mapping

from cwf_portal.core.figures_text import day_text, pounds
from grants.domain.authority import RANK_LABELS, Risk
from grants.domain.limits import DECIDING, LIMIT_KIND_LABELS, RELEASING, Cell, LimitKind
from grants.models import LimitChange
from grants.presenters.books import Table, table
from grants.selectors.limits import Standing

Rows = list[tuple[str, object]]
Limits = Mapping[Cell, Standing]


def limit_tables(now: Limits) -> list[Table]:
    """What each rank approves by risk and writes off, and what each role releases, as in force on a day."""
    return [
        table(
            LIMIT_KIND_LABELS[LimitKind.APPROVE],
            ("Rank", *(f"{risk.value.capitalize()} risk" for risk in Risk)),
            (
                (RANK_LABELS[rank], *(_amount(now[Cell(LimitKind.APPROVE, rank, risk)].pence) for risk in Risk))
                for rank in DECIDING
            ),
            empty="None.",
            numbers=[1, 2, 3],
        ),
        table(
            LIMIT_KIND_LABELS[LimitKind.WRITE_OFF],
            ("Rank", "At most"),
            ((RANK_LABELS[rank], _amount(now[Cell(LimitKind.WRITE_OFF, rank)].pence)) for rank in DECIDING),
            empty="None.",
            numbers=[1],
        ),
        table(
            LIMIT_KIND_LABELS[LimitKind.RELEASE],
            ("Role", "At most"),
            ((title, _amount(now[Cell(LimitKind.RELEASE, role=role)].pence)) for role, title in RELEASING.items()),
            empty="None.",
            numbers=[1],
        ),
    ]


def history_table(changes: Iterable[LimitChange]) -> Table:
    """Every change that was proposed, with its reason and both people."""
    return table(
        "Every change, the latest first",
        ("Limit", "At most", "From", "Why", "Proposed", "What became of it"),
        (
            (
                str(change.cell),
                pounds(change.limit_pence),
                day_text(change.from_on),
                change.reason,
                f"{change.proposed_by}, {day_text(change.proposed_at)}",
                _outcome(change),
            )
            for change in changes
        ),
        empty="None was ever changed: the first limits stand since 1 January 2020.",
        numbers=[1],
    )


def coming_sentences(changes: Iterable[LimitChange]) -> list[str]:
    """What two directors agreed on and has not begun."""
    return [f"{change.cell}: {_amount(change.limit_pence)}, from {day_text(change.from_on)}" for change in changes]


def change_rows(change: LimitChange, then: Standing) -> Rows:
    """A proposed change, for the director who is asked. `then` is what would stand on its day without it."""
    return [
        ("Limit", str(change.cell)),
        ("At most, until then", _amount(then.pence)),
        ("At most, from then on", pounds(change.limit_pence)),
        ("From", day_text(change.from_on)),
        ("Why", change.reason),
        ("Proposed by", change.proposed_by),
    ]


def cell_choices(now: Limits) -> list[tuple[str, str]]:
    """Every limit for a form, each with what stands today."""
    return [(cell.key, f"{cell} (now {_amount(stands.pence)})") for cell, stands in now.items()]


def _amount(pence: int | None) -> str:
    return pounds(pence) if pence else "nothing"


def _outcome(change: LimitChange) -> str:
    if change.confirmed_at:
        return f"Confirmed by {change.confirmed_by}, {day_text(change.confirmed_at)}"
    if change.withdrawn_at:
        return f"Withdrawn by {change.withdrawn_by}, {day_text(change.withdrawn_at)}"
    return "Waits for the other director"
