"""What hinders closing an account here, and what goes with it."""

from collections.abc import Iterator

from django.db.models import Q
from django.utils.timezone import localdate

from cwf_portal.core.clock import core_now
from cwf_portal.core.closing import forgets, hinders
from cwf_portal.core.models import User
from cwf_portal.core.said import Named, Said
from panels.models import (
    Correction,
    HeadReader,
    Keeper,
    PanelMembership,
    PaperEnvelope,
    PlaceQuestion,
    ProjectFollow,
    Residence,
    RollEntry,
    SealedBallot,
    TypedName,
)


@hinders
def seats_keys_and_votes(user: User) -> Iterator[Said]:
    """A seat is given up first, and a box is opened first of which they keep a key or in which they have a ballot.

    Until then two people look who may be on the list twice, and need the name for it.
    """
    at = core_now()
    for seat in PanelMembership.objects.filter(user=user).exclude(ends_on__lt=localdate(at)).select_related("panel"):
        yield Said("You sit on {panel}. An officer of the fund ends your term first.", panel=Named(seat.panel.name))
    if Correction.objects.filter(residence__user=user, state=Correction.State.OPEN).exists():
        yield Said("Two people look at your details. You can close your account once they have.")
    kept = Keeper.objects.filter(user=user, round__opening=None, round__annulment=None)
    held = kept.exclude(round__frozen_at=None, round__voting_opens_at__lte=at)  # such a vote was never held
    for keeper in held.select_related("round"):
        yield Said("You keep a key of the vote “{title}”, which is not opened yet.", title=Named(keeper.round.title))
    unopened = RollEntry.objects.filter(user=user, round__opening=None, round__annulment=None).select_related("round")
    out = PaperEnvelope.objects.filter(roll_entry__user=user, state=PaperEnvelope.State.ISSUED).values("roll_entry")
    votes = Q(sealed__in=SealedBallot.objects.standing()) | Q(pk__in=out)
    for entry in unopened.filter(votes).order_by("pk"):
        yield Said(
            "You vote in “{title}”. You can close your account once its votes are counted.",
            title=Named(entry.round.title),
        )


@forgets
def forget_resident(user: User) -> None:
    """What only served to write to them, or to find out where they live; fingerprints and votes stay."""
    ProjectFollow.objects.filter(user=user).delete()
    HeadReader.objects.filter(user=user).delete()
    TypedName.objects.filter(first_vote__account=user).delete()
    residence = Residence.objects.filter(user=user).first()
    if residence is not None:
        residence.letters.to_post().delete()
        residence.letters.usable(core_now()).update(expires_at=core_now())
        PlaceQuestion.objects.filter(residence=residence).update(postcode="")
