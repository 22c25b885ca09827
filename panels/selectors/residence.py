"""What is read about who lives where."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import QuerySet
from django.utils.timezone import localdate

from cwf_portal.core.models import User
from neighbourhoods.models import Neighbourhood
from panels.models import Panel, PanelMembership, Residence, Vouch
from panels.models.residence import ResidenceQuerySet


def residences() -> ResidenceQuerySet:
    return Residence.objects.select_related("neighbourhood__panel", "user")


def residence_of(user: User) -> Residence | None:
    """Where somebody said that they live, None when they have not said."""
    return residences().filter(user=user).first()


def vouches_of(residence: Residence) -> QuerySet[Vouch]:
    """Confirmations given so far."""
    return Vouch.objects.filter(residence=residence).select_related("voucher").order_by("pk")


def residences_to_confirm(panels: Sequence[Panel]) -> QuerySet[Residence]:
    """People of these places who wait for somebody to confirm that they live there."""
    places = [panel.neighbourhood_id for panel in panels]
    return residences().awaiting_vouchers().filter(neighbourhood__in=places).order_by("pk")


def is_of_place(user: User, neighbourhood: Neighbourhood, at: datetime) -> bool:
    """True for panel members of the place, and for people who have shown that they live there."""
    lives_here = Residence.objects.shown().filter(user=user, neighbourhood=neighbourhood)
    sits_here = PanelMembership.objects.on(localdate(at)).filter(user=user, panel__neighbourhood=neighbourhood)
    return lives_here.exists() or sits_here.exists()
