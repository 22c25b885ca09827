"""Payment runs and what is in them."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Q

from cwf_portal.core.bulk import among
from grants.models import Hold, PaymentRun, PaymentStatus, Tranche
from grants.selectors.days import today
from grants.selectors.pauses import pause_of
from grants.selectors.readiness import obstacles, with_facts


def held_payments(run: PaymentRun, at: datetime) -> dict[int, str]:
    """Payments of a run that have not left and that something holds or pauses now: why, in words, by primary key.

    A payment whose bank details were replaced since it was claimed is held too.
    """
    rows = run.payments.filter(status=PaymentStatus.CLAIMED).values_list("pk", "tranche", "bank_account")
    claimed = list(rows)
    wanted = among(tranche_pk for _, tranche_pk, _ in claimed)
    tranches = list(with_facts(Tranche.objects.filter(pk__in=wanted), today(at)))
    in_the_way = obstacles(tranches, at=at)
    reasons = {tranche.pk: [str(found) for found in in_the_way[tranche.pk]] for tranche in tranches}
    accounts = {tranche.pk: vars(tranche)["account_id"] for tranche in tranches}
    for tranche_pk, details in open_holds(tranches).items():
        reasons[tranche_pk] = details
    for tranche_pk, pause in pause_of(tranches).items():
        reasons[tranche_pk] = [f"Paused: {pause.reason}", *reasons[tranche_pk]]
    for _, tranche_pk, account_pk in claimed:
        if not reasons[tranche_pk] and accounts[tranche_pk] != account_pk:
            reasons[tranche_pk] = ["The organisation's bank details have changed."]
    return {pk: " ".join(reasons[tranche_pk]) for pk, tranche_pk, _ in claimed if reasons[tranche_pk]}


def open_holds(tranches: Sequence[Tranche]) -> dict[int, list[str]]:
    """What open holds say, by payment's primary key; a hold on an agreement stands on each of its payments."""
    agreements = {tranche.agreement_id for tranche in tranches}
    by_tranche: dict[int, list[str]] = {}
    by_agreement: dict[int, list[str]] = {}
    for hold in Hold.objects.open().filter(
        Q(tranche__in=among(tranche.pk for tranche in tranches)) | Q(tranche=None, agreement__in=agreements)
    ):
        if hold.tranche_id is None:
            by_agreement.setdefault(hold.agreement_id, []).append(hold.detail)
        else:
            by_tranche.setdefault(hold.tranche_id, []).append(hold.detail)
    found = {
        tranche.pk: by_tranche.get(tranche.pk, []) + by_agreement.get(tranche.agreement_id, []) for tranche in tranches
    }
    return {pk: details for pk, details in found.items() if details}
