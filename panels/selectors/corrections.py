"""What is read about corrections of confirmed details."""

from datetime import datetime, timedelta

from django.db.models import Q, QuerySet
from django.utils.timezone import localdate

from cwf_portal.core.models import User
from cwf_portal.core.permissions import Permission, has_permission
from panels.models import Correction, FormerFingerprint, PanelMembership, Residence, TableEntry
from panels.selectors.paper import people_at_home, places_with_project_of

LATELY = timedelta(days=7)  # whoever sends a form again still learns what came of it
PEOPLE = (
    "residence__user", "residence__neighbourhood", "neighbourhood", "first_by", "second_by", "refused_by"
)  # fmt: skip


def correction_waiting_of(residence: Residence) -> Correction | None:
    """What the person has asked for and two people have not settled yet."""
    return Correction.objects.open().filter(residence=residence).first()


def corrections_seen_by(user: User, at: datetime) -> QuerySet[Correction]:
    """Open ones, and those settled lately: of all places for officers, of their own for panel members; none of `user`
    or their household."""
    if not has_permission(user, Permission.JUDGE_ROLL):
        return Correction.objects.none()
    homes = Residence.objects.filter(user=user).values("household_hmac")
    seen = Correction.objects.filter(Q(ended_at=None) | Q(ended_at__gt=at - LATELY))
    seen = seen.exclude(asked_by__in=people_at_home(user)).exclude(household_hmac__in=homes)
    if not has_permission(user, Permission.MANAGE_PANEL):
        places = PanelMembership.objects.on(localdate(at)).filter(user=user).values("panel__neighbourhood")
        seen = seen.filter(Q(neighbourhood__in=places) | Q(residence__neighbourhood__in=places))
    return seen.select_related(*PEOPLE).order_by("pk")


def corrections_to_judge(user: User, at: datetime) -> QuerySet[Correction]:
    """Open ones on which `user` can say something.

    None on which somebody of their household has said yes, of a place in whose vote they have something to win, or of
    somebody they put on a list; and none that waits for the other of the two to be of the fund.
    """
    waiting = corrections_seen_by(user, at).filter(state=Correction.State.OPEN)
    waiting = waiting.exclude(first_by__in=people_at_home(user))
    won = places_with_project_of(user, at)
    waiting = waiting.exclude(neighbourhood__in=won).exclude(residence__neighbourhood__in=won)
    there = TableEntry.objects.filter(entered_by=user, roll_entry__user__residence__isnull=False)
    waiting = waiting.exclude(person_hmac__in=there.values("roll_entry__user__residence__person_hmac"))
    if not has_permission(user, Permission.MANAGE_PANEL):
        waiting = waiting.exclude(first_by__isnull=False, first_is_fund=False)
    return waiting


def corrections_for_others(user: User, at: datetime) -> QuerySet[Correction]:
    """Open ones of the same places that are for others to look at."""
    mine = corrections_to_judge(user, at).values("pk")
    return corrections_seen_by(user, at).filter(state=Correction.State.OPEN).exclude(pk__in=mine)


def former_holders(correction: Correction) -> QuerySet[FormerFingerprint]:
    """The other accounts that had these details until two people corrected it, the first first."""
    former = FormerFingerprint.objects.exclude(residence=correction.residence_id).select_related("residence__user")
    return former.filter(person_hmac=correction.person_hmac).order_by("pk")


def is_shown_by_nobody(correction: Correction) -> bool:
    """Whether these details were shown at a polling place or with a card, under an account nobody can sign in with."""
    homes = Residence.objects.of_nobody().filter(person_hmac=correction.person_hmac).exclude(proved_by="")
    return homes.exists()


def entered_at_table_by(correction: Correction) -> list[str]:
    """Who put somebody with these details on a list at a polling place; they do not judge it."""
    entries = TableEntry.objects.filter(roll_entry__user__residence__person_hmac=correction.person_hmac)
    return [str(entry.entered_by) for entry in entries.select_related("entered_by").order_by("pk")]
