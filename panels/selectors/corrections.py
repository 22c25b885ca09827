"""What is read about corrections of confirmed details."""

from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils.timezone import localdate

from cwf_portal.core.models import User
from cwf_portal.core.permissions import Permission, has_permission
from panels.models import Correction, PanelMembership, Residence, TableEntry
from panels.selectors.paper import people_at_home


def correction_waiting_of(residence: Residence) -> Correction | None:
    """What the person has asked for and two people have not settled yet."""
    return Correction.objects.open().filter(residence=residence).first()


def corrections_to_judge(user: User, at: datetime) -> QuerySet[Correction]:
    """Open ones on which `user` can say something: of all places for officers, of their own for panel members.

    None of `user` or their household, and none that waits for the other of the two to be of the fund.
    """
    if not has_permission(user, Permission.JUDGE_ROLL):
        return Correction.objects.none()
    homes = Residence.objects.filter(user=user).values("household_hmac")
    waiting = Correction.objects.open().exclude(asked_by__in=people_at_home(user)).exclude(household_hmac__in=homes)
    waiting = waiting.exclude(first_by=user)
    if not has_permission(user, Permission.MANAGE_PANEL):
        places = PanelMembership.objects.on(localdate(at)).filter(user=user).values("panel__neighbourhood")
        here = Q(neighbourhood__in=places) | Q(residence__neighbourhood__in=places)
        waiting = waiting.filter(here).exclude(first_by__isnull=False, first_is_fund=False)
    people = ("residence__user", "residence__neighbourhood", "neighbourhood", "first_by")
    return waiting.select_related(*people).order_by("pk")


def is_shown_by_nobody(correction: Correction) -> bool:
    """Whether these details were shown at a polling place or with a card, under an account nobody can sign in with."""
    homes = Residence.objects.of_nobody().filter(person_hmac=correction.person_hmac).exclude(proved_by="")
    return homes.exists()


def entered_at_table_by(correction: Correction) -> list[str]:
    """Who put somebody with these details on a list at a polling place; they do not judge it."""
    entries = TableEntry.objects.filter(roll_entry__user__residence__person_hmac=correction.person_hmac)
    return [str(entry.entered_by) for entry in entries.select_related("entered_by").order_by("pk")]
