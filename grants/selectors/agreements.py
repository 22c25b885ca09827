"""Agreements by what waits for them: the queues of officers, of organisations and of the calendar."""

from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.timezone import localdate

from grants.models import (
    Agreement,
    AgreementStatus,
    Report,
    Tranche,
)

S = AgreementStatus


def has_standing_agreement(neighbourhood_pk: int) -> bool:
    """Whether a place has an agreement that neither lapsed nor was discontinued."""
    return (
        Agreement.objects.filter(allocation__neighbourhood=neighbourhood_pk)
        .exclude(status__in=(S.LAPSED, S.DISCONTINUED))
        .exists()
    )


def offers_to_lapse(at: datetime) -> QuerySet[Agreement]:
    """Offers nobody accepted in time."""
    return Agreement.objects.lapsing_by(localdate(at))


def terms_to_close(at: datetime) -> QuerySet[Agreement]:
    """Active agreements past their term with everything paid and the last report accepted."""
    unfinished = Tranche.objects.unfinished().filter(agreement=OuterRef("pk"))
    unread = Report.objects.filter(agreement=OuterRef("pk"), accepted_at=None)
    return Agreement.objects.in_state(S.ACTIVE).filter(~Exists(unfinished), ~Exists(unread), ends_on__lte=localdate(at))
