"""What is read about the keepers of a vote and the opening of its box."""

from datetime import datetime

from django.db.models import CharField, Q, QuerySet
from django.db.models.functions import Cast
from django.utils.timezone import localdate

from cwf_portal.core.models import User
from panels.models import Attestation, Keeper, OpeningSet, PanelMembership, Reconciliation, Round


def keepers_of(round: Round) -> QuerySet[Keeper]:
    """The keepers named so far, in the order of their bodies."""
    people = ("user", "appointed_by", "lost_reported_by")
    return Keeper.objects.filter(round=round).select_related(*people).order_by("body")


def keeper_of(user: User, round_pk: int) -> QuerySet[Keeper]:
    """The one row in which `user` keeps a key of this vote, if there is one."""
    keeping = Keeper.objects.filter(user=user, round=round_pk).select_related("lost_reported_by")
    return keeping.select_related("round__panel__neighbourhood", "round__opening", "round__result", "round__annulment")


def keepers_waiting(user: User) -> QuerySet[Keeper]:
    """Keys of `user` for votes whose box is not open yet, the latest first."""
    waiting = Keeper.objects.filter(user=user, lost_agreed_by=None, round__opening=None)
    facts = ("round__panel__neighbourhood", "round__opening", "round__result", "round__annulment")
    return waiting.select_related(*facts).order_by("-round")


def keepers_to_check(user: User) -> QuerySet[Keeper]:
    """Keys of `user` that opened a box which they have not opened again off the portal yet."""
    mine = Keeper.objects.filter(user=user, lost_agreed_by=None, attestation=None, round__annulment=None)
    opened = mine.filter(round__opening__keepers__contains=Cast("body", CharField()))
    waiting = opened.exclude(round__certification__certified_at__isnull=False)
    return waiting.select_related("round__panel__neighbourhood").order_by("round")


def keys_made(round: Round) -> int:
    return Keeper.objects.filter(round=round).exclude(public_key="").count()


def rounds_opened_by(user: User, at: datetime) -> QuerySet[Round]:
    """Votes whose box `user` may open with the keepers: as a keeper, or as a member of the panel."""
    sitting = PanelMembership.objects.on(localdate(at)).filter(user=user)
    mine = Q(panel__in=sitting.values("panel")) | Q(pk__in=Keeper.objects.filter(user=user).values("round"))
    return Round.objects.in_full().filter(mine)


def attestations_of(round: Round) -> QuerySet[Attestation]:
    """What keepers found off the portal, in the order of their bodies."""
    found = Attestation.objects.filter(keeper__round=round)
    return found.select_related("keeper").order_by("keeper__body")


def reconciliations_of(round: Round) -> QuerySet[Reconciliation]:
    return Reconciliation.objects.filter(round=round).order_by("channel")


def opening_set_of(round: Round) -> OpeningSet | None:
    """Which ballots are going to be opened, once that was signed."""
    return OpeningSet.objects.filter(round=round).first()
