"""Limits of authority in words: what stands, what waits, what was changed and why."""

from collections.abc import Iterable, Mapping
from datetime import date

from cwf_portal.core.figures_text import day_text, pounds
from grants.domain.limits import LIMIT_KIND_LABELS, Cell, LimitKind
from grants.models import LimitChange
from grants.presenters.books import Table, table
from grants.selectors.limits import Standing

Rows = list[tuple[str, object]]
Limits = Mapping[Cell, Standing]


def limit_tables(now: Limits, coming: Iterable[LimitChange]) -> list[Table]:
    """One table for each kind of limit: who, how much, since when, and what comes next."""
    following = {change.cell: change for change in sorted(coming, key=lambda change: change.from_on, reverse=True)}
    return [
        table(
            LIMIT_KIND_LABELS[kind],
            ("Who", "At most", "Since", "From then on"),
            (
                (_who(cell), _amount(stands.pence), _since(stands.from_on), _next(following.get(cell)))
                for cell, stands in now.items()
                if cell.kind is kind
            ),
            empty="None.",
            numbers=[1],
        )
        for kind in LimitKind
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


def _who(cell: Cell) -> str:
    return str(cell).removeprefix(LIMIT_KIND_LABELS[cell.kind]).removeprefix(":").removeprefix(",").strip().capitalize()


def _amount(pence: int | None) -> str:
    return pounds(pence) if pence else "nothing"


def _since(day: date | None) -> str:
    return day_text(day) if day else ""


def _next(change: LimitChange | None) -> str:
    return f"{pounds(change.limit_pence)} from {day_text(change.from_on)}" if change else ""


def _outcome(change: LimitChange) -> str:
    if change.confirmed_at:
        return f"Confirmed by {change.confirmed_by}, {day_text(change.confirmed_at)}"
    if change.withdrawn_at:
        return f"Withdrawn by {change.withdrawn_by}, {day_text(change.withdrawn_at)}"
    return "Waits for the other director"
