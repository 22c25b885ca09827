"""A variation beside what it changes: every payment in each of its parts, and what each source gives."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from grants.errors import HeadroomError
from grants.models import AgreementFunding, AgreementVersion, Source, Tranche, Variation
from grants.selectors.variations import current_tranches, version_before
from grants.services.uplift import STANDING
from grants.services.varied_money import MoneyPlan, plan_money

Given = tuple[int, int]


@dataclass(frozen=True)
class Side:
    """A payment in one of the two schedules, in pence; `status` says where it stands, empty where that is not known."""

    due_on: date
    amount_pence: int
    uplift_pence: int
    contribution_pence: int
    status: str = ""

    @property
    def parts(self) -> tuple[int, int, int]:
        """Grant, what prices add, contribution."""
        return self.amount_pence, self.uplift_pence, self.contribution_pence


@dataclass(frozen=True)
class Sides:
    """The two schedules of a variation by number of the payment, and what each source gives of grant and contribution
    over the whole term, by its name; both empty where the new schedule cannot be worked out any more."""

    before: dict[int, Side]
    after: dict[int, Side]
    given_before: dict[str, Given] = field(default_factory=dict)
    given_after: dict[str, Given] = field(default_factory=dict)


def compare_variation(variation: Variation) -> Sides:
    """The present schedule against the proposed one; once in force, the version before against its own."""
    if variation.status == Variation.Status.APPLIED:
        version = variation.version
        old = version_before(version)
        funding = _given(variation, old.number), _given(variation, version.number)
        return Sides(_lines(old), _lines(version), *funding)
    tranches = current_tranches(variation.agreement)
    plan = _plan(variation, tranches)
    before = {one.number: _side(one) for one in tranches}
    after = {one.number: before[one.number] for one in tranches if one.pk not in variation.standing}
    uplifts = [sum(row) for row in plan.uplifts] if plan else []
    for index, line in enumerate(variation.lines.order_by("due_on", "number")):
        risen = uplifts[index] if plan else 0
        after[line.number] = Side(line.due_on, line.amount_pence, risen, line.contribution_pence)
    if plan is None:
        return Sides(before, after)
    given = _given(variation, variation.agreement.version)
    return Sides(before, after, given, _given_by(plan, given, tranches))


def _plan(variation: Variation, tranches: list[Tranche]) -> MoneyPlan | None:
    """How the money would be divided if it were put into force now; None where it cannot be any more."""
    standing = [tranche.pk for tranche in tranches if tranche.status in STANDING]
    if variation.status != Variation.Status.PROPOSED or standing != variation.standing:
        return None
    try:
        return plan_money(variation.agreement, tranches, list(variation.lines.order_by("due_on", "number")))
    except HeadroomError:
        return None


def _side(one: Tranche) -> Side:
    return Side(one.due_on, one.amount_pence, one.uplift_pence, one.contribution_pence, one.status)


def _lines(version: AgreementVersion) -> dict[int, Side]:
    return {
        line.number: Side(line.due_on, line.amount_pence, line.uplift_pence, line.contribution_pence, line.status)
        for line in version.lines.all()
    }


def _given(variation: Variation, number: int) -> dict[str, Given]:
    """What each source gives by a version: grant and contribution."""
    parts = AgreementFunding.objects.filter(agreement=variation.agreement_id, version__lte=number)
    found: dict[str, Given] = {}
    for part in parts.select_related("source").order_by("source_id"):
        place, body = found.get(part.source.name, (0, 0))
        found[part.source.name] = (place + part.amount_pence, body + part.contribution_pence)
    return found


def _given_by(plan: MoneyPlan, given: dict[str, Given], tranches: Iterable[Tranche]) -> dict[str, Given]:
    """The same once the plan is in force: what open payments took is taken anew."""
    change: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for tranche in tranches:
        for part in tranche.funding.all() if tranche.status in STANDING else ():
            change[part.source_id][0] -= part.amount_pence
            change[part.source_id][1] -= part.contribution_pence
    for index, source in enumerate(plan.sources):
        change[source][0] += sum(row[index] for row in plan.places)
        change[source][1] += sum(row[index] for row in plan.bodies)
    names = Source.objects.in_bulk(list(change))
    found = dict(given)
    for source, (place, body) in change.items():
        had = found.get(names[source].name, (0, 0))
        found[names[source].name] = (had[0] + place, had[1] + body)
    return found
