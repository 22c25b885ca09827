"""What is read about the end of votes: which of them two people can certify now."""

from datetime import datetime

from django.db.models import CharField, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Cast
from django.utils.timezone import localdate

from cwf_portal.core.models import User
from cwf_portal.core.permissions import Permission, has_permission
from panels.models import Certification, Keeper, Objection, PanelMembership, Round
from panels.models.round import CHALLENGE_WINDOW
from panels.selectors.paper import people_at_home


def certification_of(round: Round) -> Certification | None:
    """The certification asked for, whether confirmed or not."""
    return Certification.objects.filter(round=round).select_related("asked_by", "certified_by").first()


def rounds_to_certify(user: User, at: datetime) -> QuerySet[Round]:
    """Votes that wait for `user` to certify them, of all places for officers and of their own panels for members.

    Nobody can object any more, all objections are answered and the keepers have said what they found; or the vote is
    annulled. None whose certification they or somebody of their household asked for. The longest waiting first.
    """
    if not has_permission(user, Permission.APPOINT_KEEPER):
        return Round.objects.none()
    unanswered = Objection.objects.unanswered().filter(round=OuterRef("pk"))
    looking = Keeper.objects.filter(lost_agreed_by=None, attestation=None, round=OuterRef("pk")).filter(
        round__opening__keepers__contains=Cast("body", CharField())
    )
    is_over = Q(result__published_at__lte=at - CHALLENGE_WINDOW)
    can_end = Q(annulment__isnull=False) | (is_over & ~Exists(unanswered) & ~Exists(looking))
    waiting = Round.objects.in_full().frozen().filter(can_end, certification__certified_at=None)
    waiting = waiting.exclude(certification__asked_by__in=people_at_home(user))
    if not has_permission(user, Permission.MANAGE_PANEL):
        sitting = PanelMembership.objects.on(localdate(at)).filter(user=user)
        waiting = waiting.filter(panel__in=sitting.values("panel"))
    return waiting.select_related("certification__asked_by").order_by("voting_closes_at", "pk")
