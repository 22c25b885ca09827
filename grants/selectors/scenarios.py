"""What a forecast starts from: the books of one source today, and the dated assumptions about markets."""

import json
from datetime import date
from functools import lru_cache
from importlib import resources
from typing import Any

from django.db.models import Avg, QuerySet

from grants.domain.award import Strand
from grants.domain.dates import add_months
from grants.domain.forecast import CLASSES
from grants.domain.ledger import Account
from grants.domain.prices import Series
from grants.domain.scenarios import MONTHS_IN_YEAR, Basis, with_contribution
from grants.domain.schedule import Profile
from grants.models import Allocation, Programme, SavedScenario, Source, Wave
from grants.selectors.ledger import SourceStanding, source_standings
from grants.selectors.promises import policy_in_force, promised_payments


@lru_cache(maxsize=1)
def market_assumptions() -> dict[str, Any]:
    """The fund's own dated assumptions about returns, and what its price indices did; the file says where from."""
    text = resources.files("grants.data").joinpath("market_assumptions.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def basis_of(source: Source, on: date) -> Basis | None:
    """What the books say of a source; None before a programme is open or for a source that promises nothing.

    One more place takes from this source what the average place takes of all, in proportion to what each source has.
    """
    standings = {standing.source.pk: standing for standing in source_standings()}
    programme = Programme.objects.order_by("opened_at", "pk").first()
    if programme is None or source.pk not in standings:
        return None
    standing = standings[source.pk]
    wave = Wave.objects.awaited().filter(source=source).order_by("expected_on").first()
    basis_points = programme.contribution_basis_points
    return Basis(
        as_of=on,
        opening_pence=opening_pence(standing),
        payments=promised_payments(on, at_cap=False)[source.pk],  # what prices add differs from path to path
        allocated_pence=with_contribution(standing.held_by_account[Account.ALLOCATED], basis_points),
        area_count=Allocation.objects.standing().values("neighbourhood").distinct().count(),
        area_pence=with_contribution(_average_award(programme) * _share(standing, standings) // 10_000, basis_points),
        wave_on=wave.expected_on if wave and wave.expected_on > on else add_months(on, MONTHS_IN_YEAR),
        term_years=programme.term_years_min,
        # A plan's own shares are known only once it is agreed; until then every year counts the same.
        profile=Profile.EVEN if programme.profile == Profile.CUSTOM else Profile(programme.profile),
        market=market_assumptions(),
    )


def opening_pence(standing: SourceStanding) -> tuple[int, ...]:
    """Cash, gilts, bonds and equities of a source."""
    by_class = {"cash": max(0, standing.cash_pence), **standing.invested.value_by_class}
    return tuple(by_class.get(name, 0) for name in CLASSES)


def _average_award(programme: Programme) -> int:
    """The average of what places were set aside, the programme's least award before the first."""
    average = Allocation.objects.standing().filter(programme=programme).aggregate(pence=Avg("amount_pence"))["pence"]
    return int(average) if average else programme.floor_pence


def _share(standing: SourceStanding, standings: dict[int, SourceStanding]) -> int:
    """Ten-thousandths of the free money for places that lie in this source."""
    free = {pk: max(0, other.free_by_strand[Strand.PLACE]) for pk, other in standings.items()}
    return free[standing.source.pk] * 10_000 // sum(free.values()) if sum(free.values()) else 0


def saved_scenarios() -> QuerySet[SavedScenario]:
    """Every scenario that somebody kept, the latest first."""
    return SavedScenario.objects.select_related("source", "saved_by")


def awaited_wave_pence(source: Source) -> int:
    """What was announced and has not come yet, the next wave only; 0 where none is announced."""
    wave = Wave.objects.awaited().filter(source=source).order_by("expected_on").first()
    return wave.announced_pence if wave else 0


def scenario_defaults(on: date) -> dict[str, Any]:
    """What the form starts with: the books and the assumptions as they are, the first source that holds money."""
    standings = source_standings()
    held = [standing for standing in standings if standing.cash_pence or standing.investments_pence]
    source = (held or standings)[0].source
    programme = Programme.objects.order_by("opened_at", "pk").first()
    policy = policy_in_force(programme.pk) if programme else None
    prices = market_assumptions()["prices"][Series.CPIH.value]
    return {
        "source": source.code,
        "returns": "0",
        "inflation": f"{prices['mean_pct']:g}",
        "prices": Series.CPIH.value,
        "cap": f"{programme.index_basis_points / 100:g}" if programme and programme.indexation != "none" else "",
        "wave": f"{awaited_wave_pence(source) / 100:.2f}",
        "areas": Allocation.objects.standing().values("neighbourhood").distinct().count(),
        "spent": policy.spend_down_on if policy and policy.spend_down_on else add_months(on, 15 * MONTHS_IN_YEAR),
        "seed": 1,
    }
