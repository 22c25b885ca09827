"""What is read about objections to results."""

from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils.timezone import localdate

from cwf_portal.core.models import User
from cwf_portal.core.permissions import Permission, has_permission
from panels.models import (
    AnnulmentCall,
    Objection,
    ObjectionAnswer,
    PanelMembership,
    Residence,
    RollEntry,
    Round,
)
from panels.selectors.paper import people_at_home, projects_at_home


def may_object(user: User, round: Round) -> bool:
    """Whether `user` is on the voters' list of this vote for certain, or has shown that they live in its place."""
    certain = Q(is_pending=False) | Q(verification__isnull=False)
    lives_there = Residence.objects.shown().filter(user=user, neighbourhood__panel=round.panel_id)
    return RollEntry.objects.filter(certain, round=round, user=user).exists() or lives_there.exists()


def objections_to(round: Round) -> list[tuple[Objection, list[ObjectionAnswer]]]:
    """All of them, the oldest first; with the answers of those that are answered, and none with the others."""
    found = Objection.objects.filter(round=round).order_by("pk").prefetch_related("answers")
    rows = [(objection, sorted(objection.answers.all(), key=lambda answer: answer.pk)) for objection in found]
    return [(objection, answers if _agreed(answers) is not None else []) for objection, answers in rows]


def objection_of(user: User, round: Round) -> Objection | None:
    return Objection.objects.filter(round=round, objector=user).first()


def objections_to_answer(user: User, at: datetime) -> QuerySet[Objection]:
    """Unanswered ones on which `user` has said nothing: of all votes for officers, of their own panels for members.

    None that they or somebody of their household made, and none of votes in which they have a project at home.
    """
    if not has_permission(user, Permission.APPOINT_KEEPER):
        return Objection.objects.none()
    at_home = people_at_home(user)
    theirs = projects_at_home(user).values("round")
    waiting = Objection.objects.unanswered().filter(round__annulment=None)
    waiting = waiting.exclude(objector__in=at_home).exclude(round__in=theirs).exclude(answers__judge=user)
    if not has_permission(user, Permission.MANAGE_PANEL):
        sitting = PanelMembership.objects.on(localdate(at)).filter(user=user)
        waiting = waiting.filter(round__panel__in=sitting.values("panel"))
    return waiting.select_related("round").order_by("pk")


def answers_to(objection: Objection) -> list[ObjectionAnswer]:
    """What was said so far, the first first, for those who answer."""
    return list(objection.answers.select_related("judge").order_by("pk"))


def agreed_on(objection: Objection) -> bool | None:
    """Whether the panel and the fund find an objection right; None while they have not said the same."""
    return _agreed(list(ObjectionAnswer.objects.filter(objection=objection)))


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
    still = AnnulmentCall.objects.filter(mine, round__annulment=None).exclude(called_by=user)
    still = still.exclude(round__certification__certified_at__isnull=False)
    return still.select_related("round").order_by("pk")
