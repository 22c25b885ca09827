"""What is read about objections to results."""

from collections.abc import Collection
from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils.timezone import localdate

from cwf_portal.core.models import User
from cwf_portal.core.permissions import AnyUser, Permission, has_permission
from panels.models import (
    AnnulmentCall,
    Objection,
    ObjectionAnswer,
    PanelMembership,
    Residence,
    RollEntry,
    Round,
    Withholding,
)
from panels.selectors.paper import people_at_home, projects_at_home


def may_object(user: User, round: Round) -> bool:
    """Whether `user` is on the voters' list of this vote for certain, or has shown that they live in its place."""
    certain = Q(is_pending=False) | Q(verification__isnull=False)
    lives_there = Residence.objects.shown().filter(user=user, neighbourhood__panel=round.panel_id)
    return RollEntry.objects.filter(certain, round=round, user=user).exists() or lives_there.exists()


def objections_to(round: Round) -> list[tuple[Objection, list[ObjectionAnswer]]]:
    """All of them, the oldest first; with the answers of those that are answered, and none with the others."""
    found = (
        Objection.objects.filter(round=round).order_by("pk").select_related("withholding").prefetch_related("answers")
    )
    rows = [(objection, sorted(objection.answers.all(), key=lambda answer: answer.pk)) for objection in found]
    return [(objection, answers if _agreed(answers) is not None else []) for objection, answers in rows]


def withholding_of(objection: Objection) -> Withholding | None:
    """What two sides have agreed on, or one has asked for."""
    return Withholding.objects.filter(objection=objection).select_related("asked_by").first()


def objections_looked_after_by(user: AnyUser, at: datetime) -> QuerySet[Objection]:
    """Of all votes for officers, of their own panels for members; none for anybody else."""
    if not user.is_authenticated or not has_permission(user, Permission.APPOINT_KEEPER):
        return Objection.objects.none()
    found = Objection.objects.select_related("round__panel", "withholding")
    if has_permission(user, Permission.MANAGE_PANEL):
        return found
    sitting = PanelMembership.objects.on(localdate(at)).filter(user=user)
    return found.filter(round__panel__in=sitting.values("panel"))


def withholdings_to_answer(user: User, at: datetime) -> QuerySet[Withholding]:
    """What the other side has asked for: that the text of an objection is not published."""
    sitting = PanelMembership.objects.on(localdate(at)).filter(user=user).values("panel")
    mine = Q(asked_side="fund", objection__round__panel__in=sitting)
    mine |= Q(asked_side="panel") & ~Q(objection__round__panel__in=sitting)
    waiting = Withholding.objects.filter(mine, agreed_at=None, objection__in=objections_looked_after_by(user, at))
    waiting = waiting.exclude(asked_by__in=people_at_home(user)).exclude(objection__objector__in=people_at_home(user))
    theirs = projects_at_home(user).values("round")
    return waiting.exclude(objection__round__in=theirs).select_related("objection__round").order_by("pk")


def alike_objections(user: User, objection: Objection, at: datetime) -> list[Objection]:
    """Others to the same result that `user` can answer."""
    return list(objections_to_answer(user, at).filter(round=objection.round_id).exclude(pk=objection.pk))


def objection_of(user: User, round: Round) -> Objection | None:
    return Objection.objects.filter(round=round, objector=user).first()


def objections_to_answer(user: User, at: datetime) -> QuerySet[Objection]:
    """Unanswered ones on which `user` has said nothing: of all votes for officers, of their own panels for members.

    None that they or somebody of their household made or has answered, and none of votes in which they have a project
    at home.
    """
    if not has_permission(user, Permission.APPOINT_KEEPER):
        return Objection.objects.none()
    at_home = people_at_home(user)
    theirs = projects_at_home(user).values("round")
    waiting = Objection.objects.unanswered().filter(round__annulment=None)
    waiting = waiting.exclude(objector__in=at_home).exclude(round__in=theirs).exclude(answers__judge__in=at_home)
    if not has_permission(user, Permission.MANAGE_PANEL):
        sitting = PanelMembership.objects.on(localdate(at)).filter(user=user)
        waiting = waiting.filter(round__panel__in=sitting.values("panel"))
    return waiting.select_related("round").order_by("pk")


def answers_to(objection: Objection) -> list[ObjectionAnswer]:
    """What was said so far, the first first, for those who answer."""
    return list(objection.answers.select_related("judge").order_by("pk"))


def agreed_among(objections: Collection[int]) -> dict[int, bool | None]:
    """Whether the panel and the fund find objections right, by their keys; None while they have not said the same."""
    said: dict[int, list[ObjectionAnswer]] = {pk: [] for pk in objections}
    for answer in ObjectionAnswer.objects.filter(objection__in=said):
        said[answer.objection_id].append(answer)
    return {pk: _agreed(answers) for pk, answers in said.items()}


def _agreed(answers: list[ObjectionAnswer]) -> bool | None:
    for is_right in (True, False):
        if {answer.side for answer in answers if answer.is_right == is_right} == set(ObjectionAnswer.Side.values):
            return is_right
    return None


def annulment_calls_of(round: Round) -> QuerySet[AnnulmentCall]:
    """Who found that a vote must be annulled, the first first."""
    return AnnulmentCall.objects.filter(round=round).select_related("called_by").order_by("pk")


def annulments_to_answer(user: User, at: datetime) -> QuerySet[AnnulmentCall]:
    """Calls to annul a vote that wait for somebody of the side of `user`."""
    if not has_permission(user, Permission.APPOINT_KEEPER):
        return AnnulmentCall.objects.none()
    panels = PanelMembership.objects.on(localdate(at)).filter(user=user).values("panel")
    mine = Q(side=ObjectionAnswer.Side.FUND, round__panel__in=panels)
    if has_permission(user, Permission.MANAGE_PANEL):
        mine |= Q(side=ObjectionAnswer.Side.PANEL) & ~Q(round__panel__in=panels)
    still = AnnulmentCall.objects.filter(mine, round__annulment=None).exclude(called_by__in=people_at_home(user))
    still = still.exclude(round__certification__certified_at__isnull=False)
    return still.select_related("round").order_by("pk")
