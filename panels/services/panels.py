"""Setting up a panel: who sits on it, and what money it can decide."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.timezone import localdate

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Permission, require
from neighbourhoods.models import Neighbourhood
from panels.domain.deciding import PanelRules
from panels.errors import PanelError
from panels.models import MoneyEnvelope, Organisation, Panel, PanelMembership
from panels.services.announcing import announce_members

RULES = PanelRules()


@dataclass(frozen=True)
class Seat:
    """How somebody sits on a panel."""

    is_resident: bool
    is_chair: bool = False
    interests: str = ""
    starts_on: date | None = None  # today when left out


def register_organisation(*, by: User, name: str, registration: str = "", is_sample: bool = False) -> Organisation:
    """Note an organisation; the same name again returns the first."""
    require(by, Permission.MANAGE_PANEL)
    with acting(by, "registered an organisation"):
        organisation, _ = Organisation.objects.get_or_create(
            name=name, defaults={"registration": registration, "is_sample": is_sample}
        )
        return organisation


def create_panel(*, by: User, neighbourhood: Neighbourhood, name: str = "", is_sample: bool = False) -> Panel:
    """Set up the one panel of a neighbourhood; setting it up again returns it."""
    require(by, Permission.MANAGE_PANEL)
    with acting(by, "set up the panel"):
        panel, _ = Panel.objects.get_or_create(
            neighbourhood=neighbourhood,
            defaults={"name": name or f"{neighbourhood.name} panel", "is_sample": is_sample},
        )
        return panel


def add_member(*, by: User, panel: Panel, user: User, seat: Seat) -> PanelMembership:
    """Seat one member: `add_members` with one."""
    return add_members(by=by, panel=panel, seats=[(user, seat)])[0]


def add_members(*, by: User, panel: Panel, seats: Sequence[tuple[User, Seat]]) -> list[PanelMembership]:
    """Seat members, all or none; somebody who already sits keeps their seat as it is.

    Returns:
        One membership a person, in the order given.

    Raises:
        PanelError: the panel is full, would lose its resident majority, has a chair already, or the chair lives
            elsewhere.
    """
    require(by, Permission.MANAGE_PANEL)
    if any(seat.is_chair and not seat.is_resident for _, seat in seats):
        raise PanelError("The chair must live in the place.", mend="Choose a member who lives there.")
    with acting(by, "seated a panel member" if len(seats) == 1 else f"seated {len(seats)} panel members"):
        Panel.objects.select_for_update().get(pk=panel.pk)
        today = localdate(core_now())
        sitting = {member.user_id: member for member in PanelMembership.objects.on(today).filter(panel=panel)}
        new: list[PanelMembership] = []
        for user, seat in seats:
            if user.pk not in sitting:
                _check_balance(list(sitting.values()), seat)
                sitting[user.pk] = _seated(panel, user, seat, today=today)
                new.append(sitting[user.pk])
        if new:
            PanelMembership.objects.bulk_create(new)
            announce_members(panel)
        return [sitting[user.pk] for user, _ in seats]


def _seated(panel: Panel, user: User, seat: Seat, *, today: date) -> PanelMembership:
    return PanelMembership(
        panel=panel,
        user=user,
        is_resident=seat.is_resident,
        is_chair=seat.is_chair,
        interests=seat.interests,
        starts_on=seat.starts_on or today,
    )


def end_membership(*, by: User, membership: PanelMembership) -> PanelMembership:
    """End a term today. A panel may fall below its rules by this; it then may not decide until it is mended."""
    require(by, Permission.MANAGE_PANEL)
    with acting(by, "ended a term on the panel"):
        membership = (
            PanelMembership.objects.select_for_update(of=("self",)).select_related("panel").get(pk=membership.pk)
        )
        if membership.ends_on is None:
            membership.ends_on = max(localdate(core_now()), membership.starts_on)
            membership.save(update_fields=["ends_on"])
            announce_members(membership.panel)
        return membership


def notify_envelope(*, by: User | str, neighbourhood: Neighbourhood, amount_pence: int, version: int) -> MoneyEnvelope:
    """The fund says how much money a place can decide now. Amounts are absolute; an older version changes nothing."""
    if amount_pence < 0:
        raise PanelError("Money to decide cannot be less than nothing.")
    with acting(by, f"money to decide, version {version}"):
        envelope, created = MoneyEnvelope.objects.select_for_update().get_or_create(
            neighbourhood=neighbourhood, defaults={"amount_pence": amount_pence, "version": version}
        )
        if not created and envelope.version < version:
            envelope.amount_pence, envelope.version, envelope.noted_at = amount_pence, version, core_now()
            envelope.save(update_fields=["amount_pence", "version", "noted_at"])
        return envelope


def _check_balance(sitting: list[PanelMembership], seat: Seat) -> None:
    residents = sum(member.is_resident for member in sitting) + seat.is_resident
    if len(sitting) >= RULES.most_members:
        raise PanelError(f"The panel has {len(sitting)} members, which is the most it may have.")
    if not seat.is_resident and not RULES.has_resident_majority(residents, len(sitting) + 1):
        raise PanelError(
            f"At least {RULES.residents_pct} of 100 members must live here; this would make it "
            f"{residents} of {len(sitting) + 1}.",
            mend="Seat another resident first.",
        )
    if seat.is_chair and any(member.is_chair for member in sitting):
        raise PanelError("The panel has a chair already.", mend="End the present chair's term first.")


def notify_envelopes(*, by: User | str, amounts: Mapping[int, tuple[int, int]]) -> None:
    """As `notify_envelope`, for many places in a few statements.

    Args:
        by: Who speaks for the fund.
        amounts: Pence and version by primary key of the place.
    """
    if any(pence < 0 for pence, _ in amounts.values()):
        raise PanelError("Money to decide cannot be less than nothing.")
    with acting(by, "money to decide"):
        at = core_now()
        known = MoneyEnvelope.objects.select_for_update().filter(neighbourhood__in=list(amounts))
        newer = []
        for envelope in known:
            pence, version = amounts[envelope.neighbourhood_id]
            if envelope.version < version:
                envelope.amount_pence, envelope.version, envelope.noted_at = pence, version, at
                newer.append(envelope)
        MoneyEnvelope.objects.bulk_update(newer, ["amount_pence", "version", "noted_at"])
        MoneyEnvelope.objects.bulk_create(
            MoneyEnvelope(neighbourhood_id=place, amount_pence=pence, version=version)
            for place, (pence, version) in amounts.items()
            if place not in {envelope.neighbourhood_id for envelope in known}
        )
