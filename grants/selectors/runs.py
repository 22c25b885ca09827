"""Payment runs and what is in them."""

from collections.abc import Mapping
from datetime import datetime

from django.db.models import BooleanField, Case, Exists, F, Func, OuterRef, Q, QuerySet, Value, When

from cwf_portal.core.bulk import among
from cwf_portal.core.models import User
from grants.models import BankAccount, Delegation, Hold, Payment, PaymentRun, PaymentStatus, RunStatus, Tranche
from grants.selectors.days import today
from grants.selectors.pauses import pause_of
from grants.selectors.readiness import kept_back


def held_payments(run: PaymentRun, at: datetime) -> dict[int, str]:
    """Payments of a run that have not left and that something holds or pauses now: why, in words, by primary key.

    A payment whose bank details were replaced since it was claimed is held too.
    """
    rows = run.payments.filter(status=PaymentStatus.CLAIMED)
    claimed = list(rows.values_list("pk", "tranche", "tranche__agreement", "bank_account"))
    agreements = {tranche_pk: agreement_pk for _, tranche_pk, agreement_pk, _ in claimed}
    in_the_way = kept_back(Tranche.objects.filter(pk__in=among(agreements)), at=at)
    reasons = {tranche.pk: [str(found) for found in why] for tranche, why in in_the_way.items()}
    reasons |= open_holds(agreements)
    for tranche_pk, pause in pause_of(agreements).items():
        reasons[tranche_pk] = [f"Paused: {pause.reason}", *reasons.get(tranche_pk, [])]
    accounts = {account_pk for *_, account_pk in claimed}
    payable = BankAccount.objects.payable_on(today(at)).filter(pk__in=accounts)
    for account_pk in accounts.difference(payable.values_list("pk", flat=True)):
        for _, tranche_pk, _, used_pk in claimed:
            if used_pk == account_pk:
                reasons.setdefault(tranche_pk, ["The organisation's bank details have changed."])
    return {pk: " ".join(reasons[tranche_pk]) for pk, tranche_pk, _, _ in claimed if tranche_pk in reasons}


def paying_to_details_of(user: User) -> QuerySet[PaymentRun]:
    """Runs not yet released that pay to details which this person, or one with them, confirmed: others sign these."""
    waiting = PaymentRun.objects.filter(status__in=(RunStatus.PREPARED, RunStatus.CHECKED))
    return waiting.filter(pk__in=payments_to_details_of(user, of=waiting).values("run"))


class ActForOneAnother(Func):
    """Whether two people count as one since an instant, as the guards of the database see it (migration 0026)."""

    function = "grants_act_for_one_another"
    output_field = BooleanField()


def payments_to_details_of(user: User, *, of: QuerySet[PaymentRun]) -> QuerySet[Payment]:
    """Payments of runs to bank details that a person confirmed, or somebody who counts as one person with them.

    Of the first money to new details one counts with another since these were confirmed, of later money since its run
    was prepared; a trigger (migration 0047) looks in the same way.
    """
    payments = Payment.objects.filter(run__in=of)
    own = Q(bank_account__decided_by=user)
    stood = Delegation.objects.filter(Q(giver=user) | Q(taker=user), confirmed_at__isnull=False)
    others = {person for pair in stood.values_list("giver", "taker") for person in pair} - {user.pk}
    if not others:
        return payments.filter(own)
    made = Payment.objects.filter(bank_account=OuterRef("bank_account"), status=PaymentStatus.CONFIRMED)
    since = Case(When(Exists(made), then=F("run__prepared_at")), default=F("bank_account__decided_at"))
    is_one = ActForOneAnother(Value(user.pk), F("bank_account__decided_by"), since)
    return payments.filter(own | (Q(bank_account__decided_by__in=others) & Q(is_one)))


def open_holds(agreements: Mapping[int, int]) -> dict[int, list[str]]:
    """What open holds say, by payment's primary key; a hold on an agreement stands on each of its payments.

    Args:
        agreements: Of each payment, by its primary key.
    """
    by_tranche: dict[int, list[str]] = {}
    by_agreement: dict[int, list[str]] = {}
    of_agreement = Q(tranche=None, agreement__in=set(agreements.values()))
    for hold in Hold.objects.open().filter(Q(tranche__in=among(agreements)) | of_agreement):
        if hold.tranche_id is None:
            by_agreement.setdefault(hold.agreement_id, []).append(hold.detail)
        else:
            by_tranche.setdefault(hold.tranche_id, []).append(hold.detail)
    if not by_agreement:
        return by_tranche
    found = {pk: by_tranche.get(pk, []) + by_agreement.get(agreement, []) for pk, agreement in agreements.items()}
    return {pk: details for pk, details in found.items() if details}
