"""How numbers and dates of places are written for people, where core has no filter for it."""

from decimal import ROUND_HALF_UP, Decimal

ORDINALS = ("First", "Second", "Third", "Fourth", "Fifth", "Sixth", "Seventh", "Eighth", "Ninth", "Tenth")


def start_name(cohort: int) -> str:
    """ "First start" for cohort 1; past the tenth, "Start 11"."""
    return f"{ORDINALS[cohort - 1]} start" if cohort <= len(ORDINALS) else f"Start {cohort}"


def percent(value: Decimal, *, places: int = 0) -> str:
    """ "52%": a percentage rounded half up; what is above zero and rounds to it becomes "under 1%"."""
    step = Decimal(1).scaleb(-places)
    rounded = value.quantize(step, ROUND_HALF_UP)
    if value > 0 and rounded == 0:
        return f"under {step}%"
    return f"{rounded.normalize():f}%" if rounded else "0%"


def score(value: Decimal) -> str:
    """A score with one decimal."""
    return f"{value.quantize(Decimal('0.1'), ROUND_HALF_UP):,}"


def count(value: Decimal) -> str:
    """A whole number with commas."""
    return f"{value.quantize(Decimal(1), ROUND_HALF_UP):,}"
