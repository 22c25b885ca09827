"""A variation side by side: each payment as it was and as it would be, with totals."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from cwf_portal.core.models import User
from cwf_portal.core.permissions import Permission
from cwf_portal.core.templatetags.cwf import day, pence
from grants.domain.authority import STEP_LABELS, Step
from grants.models import Variation
from grants.presenters.case import TRANCHE_WORDS, Row, plain_day
from grants.services.approvals import PERMISSION_FOR
from grants.services.compare_variation import Given, Side, Sides

STATUS_COLOURS = {"proposed": "yellow", "applied": "green", "refused": "red"}
NOTHING = "–"
PARTS = ("", "prices ", "contribution ")  # of a payment, as its cells name them


@dataclass(frozen=True)
class DiffRow:
    """One payment, before and after, as the page shows it: the grant, then its other parts a line each."""

    number: int
    before_on: str
    before: list[str]
    after_on: str
    after: list[str]
    change: list[str]
    is_changed: bool
    note: str


@dataclass(frozen=True)
class SourceRow:
    """What one source gives for one purpose over the whole term, before and after."""

    source: str
    purpose: str
    before: str
    after: str
    change: str
    is_changed: bool


@dataclass(frozen=True)
class VariationPage:
    """Everything on the page of a variation."""

    variation: Variation
    colour: str
    title: str
    summary: list[Row]
    rows: list[DiffRow]
    total: DiffRow
    sources: list[SourceRow]
    next_sentence: str
    can_step: bool
    can_refuse: bool


def signed(difference: int) -> str:
    """A difference in pounds with its sign; a dash for none."""
    if not difference:
        return NOTHING
    return f"{'+' if difference > 0 else '−'}{pence(abs(difference))}"


def diff_rows(before: dict[int, Side], after: dict[int, Side]) -> list[DiffRow]:
    """Every payment of either schedule by its number."""
    return [_row(number, before.get(number), after.get(number)) for number in sorted(before.keys() | after.keys())]


def _row(number: int, old: Side | None, new: Side | None) -> DiffRow:
    was, becomes = old.parts if old else (0, 0, 0), new.parts if new else (0, 0, 0)
    moved = old is not None and new is not None and old.due_on != new.due_on
    shown = [index for index in range(len(PARTS)) if not index or was[index] or becomes[index]]
    return DiffRow(
        number=number,
        before_on=day(old.due_on) if old else NOTHING,
        before=[f"{PARTS[index]}{pence(was[index])}" for index in shown] if old else [NOTHING],
        after_on=day(new.due_on) if new else NOTHING,
        after=[f"{PARTS[index]}{pence(becomes[index])}" for index in shown] if new else [NOTHING],
        change=[f"{PARTS[index]}{signed(becomes[index] - was[index])}" for index in shown],
        is_changed=was != becomes or moved,
        note=_note(old, new),
    )


def _note(old: Side | None, new: Side | None) -> str:
    if new is None:
        return "No longer made"
    if old is None:
        return "New"
    return stands(new.status) if new.status else ""


def _total(before: Iterable[Side], after: Iterable[Side]) -> DiffRow:
    """All payments together; days have no total."""
    old, new = (
        Side(date.min, *(sum(column) for column in zip(*(one.parts for one in sides), strict=True)))
        for sides in (before, after)
    )
    return _row(0, old, new)


def source_rows(before: dict[str, Given], after: dict[str, Given]) -> list[SourceRow]:
    """What each source gives, for the place and on top for the organisation; sources are never added up."""
    return [
        SourceRow(
            source=name,
            purpose=purpose,
            before=pence(before.get(name, (0, 0))[index]),
            after=pence(after.get(name, (0, 0))[index]),
            change=signed(after.get(name, (0, 0))[index] - before.get(name, (0, 0))[index]),
            is_changed=after.get(name, (0, 0))[index] != before.get(name, (0, 0))[index],
        )
        for name in before | after
        for index, purpose in enumerate(("Grant", "Contribution"))
    ]


def variation_page(variation: Variation, sides: Sides, user: User, *, step: Step | None) -> VariationPage:
    """Prepare the page. `step` is what the variation waits for, None once it is decided."""
    taken = {
        approval.by_id for approval in variation.agreement.approvals.all() if approval.attempt == variation.attempt
    }
    may = step is not None and PERMISSION_FOR[step] in user.permissions and user.pk not in taken
    return VariationPage(
        variation=variation,
        colour=STATUS_COLOURS[variation.status],
        title=f"Variation of {variation.agreement.reference}",
        summary=summary_rows(variation),
        rows=diff_rows(sides.before, sides.after),
        total=_total(sides.before.values(), sides.after.values()),
        sources=source_rows(sides.given_before, sides.given_after),
        next_sentence=_next(variation, step),
        can_step=may,
        can_refuse=step is not None
        and (user.pk == variation.proposed_by_id or Permission.APPROVE_AGREEMENT in user.permissions),
    )


def summary_rows(variation: Variation) -> list[Row]:
    """What is proposed, in words."""
    """What is proposed, in words."""
    rows: list[Row] = [
        ("Place", variation.agreement.allocation.neighbourhood),
        ("Why", variation.reason),
        ("How the organisation agreed", variation.consent),
        ("Proposed", f"by {variation.proposed_by}"),
        ("Last day of the agreement", plain_day(variation.ends_on)),
        ("Paid", variation.get_cadence_months_display()),
        ("Spread", variation.get_profile_display()),
        ("Contribution to the organisation's costs, on top", pence(variation.contribution_pence)),
        ("Kept in case prices rise, with what they added", pence(variation.uplift_cap_pence)),
        ("Value that decides who approves", pence(variation.value_pence)),
    ]
    if variation.decided_by:
        rows.append((variation.get_status_display(), f"by {variation.decided_by}"))
    if variation.refusal:
        rows.append(("Why not", variation.refusal))
    return rows


def _next(variation: Variation, step: Step | None) -> str:
    if step is None:
        return "This variation is decided."
    if variation.is_small:
        return (
            "It costs nothing more, and with all small changes since the last full approval it moves no money by more "
            "than six months: a senior officer approves it."
        )
    return f"It goes up by its value, like an agreement. Next: {STEP_LABELS[step].lower()}."


def stands(status: str) -> str:
    """Where a payment stands, in a word or two."""
    return dict(TRANCHE_WORDS)[status]  # type: ignore[index]
