"""What is read about who lives where."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Count, QuerySet
from django.utils.timezone import localdate

from cwf_portal.core.clock import core_now
from cwf_portal.core.models import OutgoingMessage, User
from cwf_portal.core.permissions import Permission, has_permission
from neighbourhoods.models import Neighbourhood
from neighbourhoods.selectors import neighbourhood_of_postcode
from panels.models import (
    AddressLetter,
    CardBatch,
    FirstVote,
    Panel,
    PanelMembership,
    PlaceQuestion,
    Residence,
    SealedBallot,
    Vouch,
)
from panels.models.residence import ResidenceQuerySet
from panels.models.round import TIME_TO_SHOW
from panels.selectors.panels import panels_of

PlaceQuestions = QuerySet[PlaceQuestion]


def residences() -> ResidenceQuerySet:
    return Residence.objects.select_related("neighbourhood__panel", "user")


def residence_of(user: User) -> Residence | None:
    """Where somebody said that they live, None when they have not said."""
    return residences().filter(user=user).first()


def first_votes_to_answer(user: User, at: datetime) -> QuerySet[FirstVote]:
    """Ballots that somebody sent with the email address of `user`, who has not said yet whether it was they."""
    waiting = FirstVote.objects.unanswered().filter(account=user, roll_entry__sealed__state=SealedBallot.State.IN_BOX)
    still = waiting.filter(roll_entry__round__voting_closes_at__gt=at - TIME_TO_SHOW)
    return still.select_related("typed_name", "roll_entry__round__panel__neighbourhood").order_by("pk")


def first_vote_of(user: User, pk: int) -> FirstVote | None:
    """One of them, answered or not; None for anybody else's."""
    return FirstVote.objects.filter(account=user, pk=pk).first()


def vouches_of(residence: Residence) -> QuerySet[Vouch]:
    """Confirmations given so far."""
    return Vouch.objects.filter(residence=residence).select_related("voucher").order_by("pk")


def residences_to_confirm(panels: Sequence[Panel]) -> QuerySet[Residence]:
    """People of these places who wait for somebody to confirm that they live there."""
    places = [panel.neighbourhood_id for panel in panels]
    return residences().awaiting_vouchers().filter(neighbourhood__in=places).order_by("pk")


def place_questions(panels: Sequence[Panel] | None = None) -> PlaceQuestions:
    """Homes whose place two people have to judge, the oldest first; of all panels where none are named."""
    waiting = PlaceQuestion.objects.filter(residence__in=Residence.objects.awaiting_place())
    if panels is not None:
        waiting = waiting.filter(residence__neighbourhood__in=[panel.neighbourhood_id for panel in panels])
    return (
        waiting.select_related("residence__user", "residence__neighbourhood__panel")
        .annotate(verdict_count=Count("verdicts"))
        .order_by("pk")
    )


def place_of_postcode(typed: str) -> Neighbourhood | None:
    """Where the directory says that a postcode lies; None where it says nothing."""
    try:
        return neighbourhood_of_postcode(typed)
    except ValueError:
        return None


def residence_of_number(number: int) -> Residence | None:
    """The declaration with this number; None when there is none."""
    return residences().filter(pk=number).first()


def latest_letter_of(residence: Residence) -> AddressLetter | None:
    """The last letter somebody asked for, posted or not."""
    return AddressLetter.objects.filter(residence=residence).order_by("pk").last()


def letters_waiting_count(by: User) -> int:
    """Letters that wait for `by` to put them into the post; their own, and those about what they did, are others'."""
    with_codes = AddressLetter.objects.to_post().exclude(residence__user=by).count()
    return with_codes + OutgoingMessage.objects.to_print(by).count()


def letters_posted() -> QuerySet[AddressLetter]:
    """The latest letters in the post, with whom they went to."""
    posted = AddressLetter.objects.filter(posted_at__isnull=False).select_related("residence__user", "posted_by")
    return posted.order_by("-posted_at", "-pk")[:50]


def card_batches() -> QuerySet[CardBatch]:
    """Cards for events with how many of them were used, the latest first."""
    return (
        CardBatch.objects.select_related("neighbourhood", "made_by", "released_by")
        .annotate(used_count=Count("cards__used_by"))
        .order_by("-pk")
    )


def card_batches_for(user: User) -> QuerySet[CardBatch]:
    """Of every place for officers, of their own for panel members."""
    if has_permission(user, Permission.MANAGE_PANEL):
        return card_batches()
    own = panels_of(user, core_now()).values("neighbourhood")
    return card_batches().filter(neighbourhood__in=own)


def is_of_place(user: User, neighbourhood: Neighbourhood, at: datetime) -> bool:
    """True for panel members of the place, and for people who have shown that they live there."""
    lives_here = Residence.objects.shown().filter(user=user, neighbourhood=neighbourhood)
    sits_here = PanelMembership.objects.on(localdate(at)).filter(user=user, panel__neighbourhood=neighbourhood)
    return lives_here.exists() or sits_here.exists()
