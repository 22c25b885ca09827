"""Whoever has a side in an agreement decides nothing about it for the fund.

A side is to act for its organisation, or to sit on the panel of its place. Having a role for one's work takes neither
away: somebody may hold a fund officer's role and live in a place that the fund gives to.
"""

from collections.abc import Iterable
from datetime import date

from django.db.models import Exists, OuterRef

from cwf_portal.core.errors import NotAllowedError
from cwf_portal.core.models import User
from grants.models import AccountableBody, Agreement, BodyContact
from panels.models import PanelMembership

AN_OTHER = "Ask an officer who has nothing to do with it."


def require_no_side(by: User, agreements: Iterable[Agreement], *, on: date) -> None:
    """Refuse whoever has a side in one of these agreements on a day.

    Raises:
        NotAllowedError: `by` acts for the organisation or sits on the panel of the place.
    """
    decided = Agreement.objects.filter(pk__in=[agreement.pk for agreement in agreements])
    acting = BodyContact.objects.standing().filter(user=OuterRef("pk"), body__in=decided.values("body"))
    sitting = PanelMembership.objects.on(on).filter(
        user=OuterRef("pk"), panel__neighbourhood__in=decided.values("allocation__neighbourhood")
    )
    acts, sits = User.objects.filter(pk=by.pk).values_list(Exists(acting), Exists(sitting)).get()
    if acts:
        raise NotAllowedError("You act for this organisation.", mend=AN_OTHER)
    if sits:
        raise NotAllowedError("You sit on the panel of this place.", mend=AN_OTHER)


def require_not_of_body(by: User, body: AccountableBody) -> None:
    """Refuse whoever acts for an organisation today.

    Raises:
        NotAllowedError: `by` signs or keeps accounts for it.
    """
    if body.contacts.standing().filter(user=by).exists():
        raise NotAllowedError("You act for this organisation.", mend=AN_OTHER)
