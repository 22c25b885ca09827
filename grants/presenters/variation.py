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

STATUS_COLOURS = {"proposed": "yellow", "applied": "green", "refused": "red"}
NOTHING = "–"


@dataclass(frozen=True)
class Side:
    """A payment in one of the two schedules, in pence; `note` says where it stands."""

    due_on: date
    amount_pence: int
    uplift_pence: int
    contribution_pence: int
    note: str = ""


@dataclass(frozen=True)
class DiffRow:
    """One payment, before and after, as the page shows it."""

    number: int
    before_on: str
    before: str
    after_on: str
    after: str
    change: str
    is_changed: bool
    note: str


@dataclass(frozen=True)
class VariationPage:
    """Everything on the page of a variation."""

    variation: Variation
    colour: str
    title: str
    summary: list[Row]
    rows: list[DiffRow]
    total_before: str
    total_after: str
    total_change: str
    next_sentence: str
    can_step: bool
    can_refuse: bool


def signed(difference: int) -> str:
    """A difference in pounds with its sign; a dash for none."""
    if not difference:
        return NOTHING
    return f"{'+' if difference > 0 else '−'}{pence(abs(difference))}"


def diff_rows(before: dict[int, Side], after: dict[int, Side]) -> list[DiffRow]:
    """Every payment of either schedule by its number: base amounts, with uplift and contribution in the note."""
    return [_row(number, before.get(number), after.get(number)) for number in sorted(before.keys() | after.keys())]


def _row(number: int, old: Side | None, new: Side | None) -> DiffRow:
    change = (new.amount_pence if new else 0) - (old.amount_pence if old else 0)
    moved = old is not None and new is not None and old.due_on != new.due_on
    return DiffRow(
        number=number,
        before_on=day(old.due_on) if old else NOTHING,
        before=pence(old.amount_pence) if old else NOTHING,
        after_on=day(new.due_on) if new else NOTHING,
        after=pence(new.amount_pence) if new else NOTHING,
        change=signed(change),
        is_changed=bool(change) or moved,
        note=_note(old, new),
    )


def _note(old: Side | None, new: Side | None) -> str:
    if new is None:
        return "No longer made"
    if old is None:
        return "New"
    return new.note


def _total(sides: Iterable[Side]) -> int:
    return sum(side.amount_pence for side in sides)


@dataclass(frozen=True)
class Sides:
    """The two schedules of a variation by number of the payment."""

    before: dict[int, Side]
    after: dict[int, Side]


def variation_page(variation: Variation, sides: Sides, user: User, *, step: Step | None) -> VariationPage:
    """Prepare the page. `step` is what the variation waits for, None once it is decided."""
    old, new = _total(sides.before.values()), _total(sides.after.values())
    taken = {
        approval.by_id for approval in variation.agreement.approvals.all() if approval.attempt == variation.attempt
    }
    may = step is not None and PERMISSION_FOR[step] in user.permissions and user.pk not in taken
    return VariationPage(
        variation=variation,
        colour=STATUS_COLOURS[variation.status],
        title=f"Variation of {variation.agreement.reference}",
        summary=_summary(variation),
        rows=diff_rows(sides.before, sides.after),
        total_before=pence(old),
        total_after=pence(new),
        total_change=signed(new - old),
        next_sentence=_next(variation, step),
        can_step=may,
        can_refuse=step is not None
        and (user.pk == variation.proposed_by_id or Permission.APPROVE_AGREEMENT in user.permissions),
    )


def _summary(variation: Variation) -> list[Row]:
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
        return "It costs nothing more and moves no money by more than six months: a senior officer approves it."
    return f"It goes up by its value, like an agreement. Next: {STEP_LABELS[step].lower()}."


def stands(status: str) -> str:
    """Where a payment stands, in a word or two."""
    return dict(TRANCHE_WORDS)[status]  # type: ignore[index]
