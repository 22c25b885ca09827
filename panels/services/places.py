"""Judging where a home lies when its postcode does not say it: two people who agree settle it."""

from django.utils.timezone import localdate
from django.utils.translation import gettext_noop

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import NotAllowedError
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Permission, has_permission, require
from neighbourhoods.models import Neighbourhood
from panels.errors import ResidenceError
from panels.models import Panel, PlaceQuestion, PlaceVerdict, Residence
from panels.permissions import membership_of
from panels.selectors.paper import has_project_in_place
from panels.services.pairs import check_other_home
from panels.services.residence import settle_place

ENOUGH = 2


def judge_place(
    *, by: User, question: PlaceQuestion, neighbourhood: Neighbourhood | None, reason: str
) -> PlaceQuestion:
    """Say in which place somebody's home lies, and why; the second who says the same settles it.

    Judging twice, or after it is settled, changes nothing.

    Args:
        by: a member of the panel of the place named by the person, or an officer.
        question: open.
        neighbourhood: where the home lies; None for none of the places.
        reason: how `by` knows.

    Raises:
        NotAllowedError: `by` is the person or of their household, of that of somebody who has judged it, or has a
            project at home in a vote of the place.
        ResidenceError: there is no reason.
    """
    with acting(by, "judged where a home lies"):
        residence = Residence.objects.select_for_update(of=("self",)).get(pk=question.residence_id)
        require_judge(by, residence.neighbourhood)
        check_not_of_household(by, residence)
        check_nothing_to_win(by, residence.neighbourhood)
        if residence.placed_by != Residence.PlacedBy.OPEN or question.verdicts.filter(judge=by).exists():
            return question
        if len(reason.strip()) < 3:
            raise ResidenceError("A reason is needed.", mend="Say in a sentence how you know.")
        check_other_home(by, question.verdicts.values_list("judge", flat=True))
        PlaceVerdict.objects.create(question=question, judge=by, neighbourhood=neighbourhood, reason=reason.strip())
        if question.verdicts.filter(neighbourhood=neighbourhood).count() >= ENOUGH:
            settle_place(residence, neighbourhood)
        return question


def require_judge(by: User, neighbourhood: Neighbourhood) -> None:
    """Members of the panel of the place, and officers; where there is no panel yet, officers."""
    require(by, Permission.JUDGE_ROLL)
    if has_permission(by, Permission.MANAGE_PANEL):
        return
    panel = Panel.objects.filter(neighbourhood=neighbourhood).first()
    if panel is None or membership_of(by, panel, localdate(core_now())) is None:
        raise NotAllowedError("You are not a member of the panel of this place.", mend="Ask one of its members.")


def check_nothing_to_win(by: User, neighbourhood: Neighbourhood) -> None:
    """Whoever has a project at home in a vote of the place has no say in who may vote there.

    Raises:
        NotAllowedError: `by` has.
    """
    if has_project_in_place(by, neighbourhood.pk, core_now()):
        raise NotAllowedError(
            gettext_noop("You or your household have an idea in this place's vote."),
            mend=gettext_noop("Ask somebody without an idea in it."),
        )


def check_not_of_household(by: User, residence: Residence) -> None:
    """Nobody acts for themselves or for somebody at home.

    Raises:
        NotAllowedError: `by` is the person, or says that they live at the same address.
    """
    same = Residence.objects.filter(user=by, household_hmac=residence.household_hmac)
    if by.pk == residence.user_id or same.exists():
        raise NotAllowedError(
            gettext_noop("Nobody does this for themselves or for somebody of their household."),
            mend=gettext_noop("Ask somebody else."),
        )
