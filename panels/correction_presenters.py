"""What somebody wants corrected, in words, for the two who look at it."""

from cwf_portal.core.figures_text import day_text
from cwf_portal.core.models import User
from panels.models import Correction, Residence

State = Correction.State


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


def who_may(correction: Correction) -> str:
    """Who looks at it next; neither of the two lives with the person, or with the other."""
    if correction.first_by_id is None:
        panel = f"a member of the panel of {correction.neighbourhood.name}"
        return f"two others: an officer of the fund, and {panel} or another officer"
    if correction.first_is_fund:
        return f"a member of the panel of {correction.neighbourhood.name}, or another officer of the fund"
    return "an officer of the fund"


def how_it_stands(correction: Correction, user: User) -> str:
    """What is true now, for somebody who has nothing more to say about it."""
    if correction.state == State.OPEN:
        said = f"{_name(correction.first_by, user)} said yes. " if correction.first_by else ""
        return f"{said}It waits for {who_may(correction)}."
    on = day_text(correction.ended_at) if correction.ended_at else ""
    if correction.state == State.DONE:
        both = f"{_name(correction.first_by, user)} and {_name(correction.second_by, user, starts=False)}"
        return f"{both} said yes, and the details were corrected on {on}."
    if correction.state == State.REFUSED:
        return f"{_name(correction.refused_by, user)} said no on {on}: {correction.refused_why} Nothing was changed."
    return "The person has told us other details since. Look at those."


def _name(person: User | None, user: User, *, starts: bool = True) -> str:
    if person == user:
        return "You" if starts else "you"
    return str(person)
