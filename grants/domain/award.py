"""What a place gets, and how a wave divides among the purposes of the fund."""

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from grants.domain.shares import round_half_up, share_out

WHOLE_PCT = 100
BASIS_POINTS = 10_000


class Strand(StrEnum):
    """What money is for. A promise stays in its strand."""

    PLACE = "place"
    BODY_CONTRIBUTION = "body_contribution"
    CAPACITY = "capacity"
    RUNNING = "running"
    CONTINGENCY = "contingency"

    __hash__ = str.__hash__  # an enum's own is written in Python, and lines are counted by the hundred thousand


STRAND_LABELS = {
    Strand.PLACE: "Places",
    Strand.BODY_CONTRIBUTION: "Contribution to the organisations that look after the money",
    Strand.CAPACITY: "Help for panels",
    Strand.RUNNING: "Running the fund",
    Strand.CONTINGENCY: "Contingency",
}


@dataclass(frozen=True)
class AwardRule:
    """A base, a rate for each resident, two bounds and a step, all in pence; a band of residents where there is one."""

    base_pence: int
    rate_pence_per_resident: int
    floor_pence: int
    ceiling_pence: int
    step_pence: int
    residents_min: int | None = None
    residents_max: int | None = None


def is_eligible(rule: AwardRule, residents: int) -> bool:
    """Whether a place of this many residents lies within the rule's band; both ends count."""
    above = rule.residents_min is None or residents >= rule.residents_min
    below = rule.residents_max is None or residents <= rule.residents_max
    return above and below


def award_pence(rule: AwardRule, residents: int) -> int:
    """Base plus rate times residents, to the nearest step (halves up), then held within the bounds.

    Raises:
        ValueError: Fewer than one resident, or a place outside the rule's band.
    """
    if residents < 1:
        raise ValueError("A place must have residents.")
    if not is_eligible(rule, residents):
        raise ValueError(f"A place of {residents} residents is outside the band of this programme.")
    exact = rule.base_pence + rule.rate_pence_per_resident * residents
    stepped = round_half_up(Fraction(exact, rule.step_pence)) * rule.step_pence
    return min(max(stepped, rule.floor_pence), rule.ceiling_pence)


def split_wave(amount_pence: int, pct_by_strand: dict[Strand, int]) -> dict[Strand, int]:
    """Divide a wave among strands by whole percentages that sum to 100, by largest remainder.

    Raises:
        ValueError: The percentages do not sum to 100.
    """
    if sum(pct_by_strand.values()) != WHOLE_PCT:
        raise ValueError("The strands of a wave must sum to 100 per cent.")
    shares = share_out(amount_pence, list(pct_by_strand.values()))
    return dict(zip(pct_by_strand, shares, strict=True))


def contribution_pence(amount_pence: int, basis_points: int) -> int:
    """What the accountable body receives on top of an amount; halves of a penny go up."""
    return round_half_up(Fraction(amount_pence * basis_points, BASIS_POINTS))
