"""What somebody wants corrected, in words, for the two who look at it."""

from panels.models import Correction, Residence


def changes_of(correction: Correction) -> list[str]:
    """What differs from what stands now. Birth date and address are not known here: only that they are others."""
    residence = correction.residence
    before, place = residence.user.full_name, residence.neighbourhood
    lines = []
    if correction.full_name != before:
        lines.append(f"The name: {correction.full_name}, not {before}")
    if correction.born_hmac != residence.born_hmac:
        lines.append("Another birth date")
    if correction.household_hmac != residence.household_hmac:
        lines.append("Another address")
    if correction.neighbourhood_id != place.pk:
        lines.append(f"Another place: {correction.neighbourhood.label}, not {place.label}")
    if correction.placed_by == Residence.PlacedBy.OPEN:
        lines.append(f"The postcode does not say that it is in {correction.neighbourhood.name}: you say that too")
    return lines
