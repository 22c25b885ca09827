"""Agreements as everybody may read them: what was awarded to whom, for which place, and what was sent of it."""

from django.db.models import F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from grants.models import Agreement, TrancheStatus


def awarded() -> QuerySet[Agreement]:
    """Agreements that an organisation has accepted, the first first, with what was sent for the place (`sent_pence`).

    The organisation's own costs are not in it, as they are not in the figures on pages of places.
    """
    sent = Sum(F("tranches__amount_pence") + F("tranches__uplift_pence"), filter=Q(tranches__status=TrancheStatus.PAID))
    accepted = Agreement.objects.with_parties().select_related("resolution").exclude(accepted_at=None)
    return accepted.annotate(sent_pence=Coalesce(sent, 0)).order_by("accepted_at", "pk")
