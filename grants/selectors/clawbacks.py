"""Claims: what can be asked back, what is still open, and what they mean for the books."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date

from django.db.models import BigIntegerField, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from cwf_portal.core.models import User
from grants.domain.authority import Rank
from grants.domain.award import Strand
from grants.domain.clawback import Share, merged, settled_between
from grants.models import (
    Clawback,
    ClawbackFunding,
    ClawbackReceipt,
    Opinion,
    Payment,
    TrancheFunding,
    TrancheStatus,
    WriteOff,
    WriteOffLimit,
)

Purse = tuple[int, int, str]  # agreement, source, strand


def claimable_shares(agreement_pk: int) -> list[Share]:
    """What was paid of an agreement and can be asked back, by source; sources with nothing left are left out."""
    return [share for share in paid_less_claims(agreement_pk) if share.place_pence > 0]


def paid_less_claims(agreement_pk: int, *, but_closed: bool = False) -> list[Share]:
    """What was paid of an agreement by source less what stands in claims; below zero where payments came back since.

    Args:
        agreement_pk: The agreement.
        but_closed: Leave out claims of which nothing more is awaited: what it would be if they were overtaken.
    """
    standing = Clawback.objects.standing().filter(agreement=agreement_pk)
    if but_closed:
        standing = standing.exclude(pk__in=Clawback.objects.closed().values("pk"))
    paid = (
        TrancheFunding.objects.filter(tranche__agreement=agreement_pk, tranche__status=TrancheStatus.PAID)
        .values_list("source")
        .annotate(place=Sum(F("amount_pence") + F("uplift_pence")), body=Sum("contribution_pence"))
        .order_by("source")
    )
    claimed = {
        source: (place, body)
        for source, place, body in ClawbackFunding.objects.filter(clawback__in=standing)
        .values_list("source")
        .annotate(place=Sum("amount_pence"), body=Sum("contribution_pence"))
        .order_by()
    }
    for share in [] if but_closed else _came_of_withdrawn(agreement_pk):
        place, body = claimed.get(share.source, (0, 0))
        claimed[share.source] = (place + share.place_pence, body + share.body_pence)
    there = {source: (place, body) for source, place, body in paid}
    none = (0, 0)
    return [
        Share(
            source,
            there.get(source, none)[0] - claimed.get(source, none)[0],
            there.get(source, none)[1] - claimed.get(source, none)[1],
        )
        for source in sorted(there.keys() | claimed.keys())
    ]


def _came_of_withdrawn(agreement_pk: int) -> list[Share]:
    """What had come of claims before they were withdrawn: it went back to the place, and is not paid any more."""
    withdrawn = Clawback.objects.filter(agreement=agreement_pk, status=Clawback.Status.REVOKED)
    return [share for claim in withdrawn for share in _took(claim)]


def is_covered(wanted: Iterable[Share], available: Iterable[Share]) -> bool:
    """Whether each source has as much as is wanted of it."""
    there = {share.source: share for share in available}
    return all(
        share.source in there
        and share.place_pence <= there[share.source].place_pence
        and share.body_pence <= there[share.source].body_pence
        for share in wanted
    )


def parts_of(payment: Payment) -> list[Share]:
    """What a payment brought, by source."""
    parts = payment.tranche.funding.values_list("source").annotate(
        place=Sum(F("amount_pence") + F("uplift_pence")), body=Sum("contribution_pence")
    )
    return [Share(*part) for part in parts.order_by("source")]


def overtaken_by(payment: Payment) -> list[Clawback]:
    """Closed claims without which all that this payment brought counts as paid once more; no more than it takes.

    Claims of which less came go first, for what came stays with the place. Empty where the payment is still there in
    full, and where not even all of them would do: a claim is open.
    """
    parts, agreement = parts_of(payment), payment.tranche.agreement_id
    there = paid_less_claims(agreement)
    if is_covered(parts, there) or not is_covered(parts, paid_less_claims(agreement, but_closed=True)):
        return []
    closed = Clawback.objects.closed().filter(agreement=agreement)
    needed = list(closed.annotate(came_pence=Sum("receipts__amount_pence", default=0)).order_by("came_pence", "-pk"))
    took = {claim.pk: _took(claim) for claim in needed}
    for claim in reversed(needed):
        others = [one for one in needed if one != claim]
        if is_covered(parts, merged([there, *(took[one.pk] for one in others)])):
            needed = others
    return sorted(needed, key=lambda claim: claim.pk)


def _took(claim: Clawback) -> list[Share]:
    """What a closed claim takes out of what was paid: all of it, or what came of it before it was withdrawn."""
    shares = shares_of(claim)
    return settled_between(shares, 0, received_pence(claim)) if claim.status == Clawback.Status.REVOKED else shares


def shares_of(clawback: Clawback) -> list[Share]:
    """What a claim asks back, by source."""
    return [
        Share(part.source_id, part.amount_pence, part.contribution_pence)
        for part in clawback.funding.order_by("source_id")
    ]


def received_pence(clawback: Clawback) -> int:
    """What has come of a claim so far."""
    return int(clawback.receipts.aggregate(total=Sum("amount_pence", default=0))["total"])


def written_off_pence(clawback: Clawback) -> int:
    """What two people gave up: it will not come, or was asked in error."""
    confirmed = clawback.write_offs.filter(status=Opinion.CONFIRMED)
    return int(confirmed.aggregate(total=Sum("amount_pence", default=0))["total"])


def open_pence(clawback: Clawback) -> int:
    """What a raised claim still waits for; 0 for any other."""
    if clawback.status != Clawback.Status.RAISED:
        return 0
    return clawback.total_pence - received_pence(clawback) - written_off_pence(clawback)


def claims_awaited() -> QuerySet[Clawback]:
    """Raised claims with `came_pence`, what has come of each, the one to be paid first at the top."""
    came = ClawbackReceipt.objects.filter(clawback=OuterRef("pk")).values("clawback").annotate(came=Sum("amount_pence"))
    return (
        Clawback.objects.awaited()
        .select_related("agreement__allocation__neighbourhood", "agreement__body__organisation")
        .annotate(came_pence=Coalesce(Subquery(came.values("came")), 0, output_field=BigIntegerField()))
        .order_by("pay_by_on", "pk")
    )


def asked_back(agreements: Iterable[int]) -> set[int]:
    """Which of these agreements have a claim that was raised; one that was withdrawn counts where money had come."""
    withdrawn = Clawback.objects.filter(status=Clawback.Status.REVOKED, receipts=None)
    raised = Clawback.objects.raised().exclude(Q(pk__in=withdrawn) | Q(status=Clawback.Status.OVERTAKEN))
    return set(raised.filter(agreement__in=list(agreements)).values_list("agreement", flat=True))


def write_off_limit_pence(rank: Rank, day: date) -> int:
    """The most that a rank may write off of one agreement on a day; 0 where it has no limit of its own."""
    standing = WriteOffLimit.objects.filter(rank=rank.value, from_on__lte=day).order_by("-from_on").first()
    return standing.limit_pence if standing else 0


def written_off_of(agreement_pk: int) -> int:
    """What was given up of an agreement, over all its claims: it will not come, or was asked in error."""
    confirmed = WriteOff.objects.filter(clawback__agreement=agreement_pk, status=Opinion.CONFIRMED)
    return int(confirmed.aggregate(total=Sum("amount_pence", default=0))["total"])


def clawbacks() -> QuerySet[Clawback]:
    """Claims with what their pages name."""
    return Clawback.objects.select_related(
        "agreement__allocation__neighbourhood", "agreement__body__organisation", "proposed_by", "decided_by"
    )


def claim_of(reference: str, number: int) -> QuerySet[Clawback]:
    """One claim on an agreement, with what came of it."""
    return clawbacks().filter(agreement__reference=reference, number=number).prefetch_related("funding__source")


def own_claims(user: User) -> QuerySet[Clawback]:
    """Claims raised on the organisations for which the person acts now."""
    return clawbacks().filter(
        pk__in=Clawback.objects.raised().values("pk"),
        agreement__body__contacts__user=user,
        agreement__body__contacts__to_on=None,
    )


def claims_to_raise(user: User) -> QuerySet[Clawback]:
    """Proposed by somebody else, oldest first."""
    return clawbacks().filter(status=Clawback.Status.PROPOSED).exclude(proposed_by=user).order_by("proposed_at")


def write_offs_proposed() -> QuerySet[WriteOff]:
    """Write-offs that wait for a second person, oldest first; `given_up_pence` is of the same agreement before."""
    before = (
        WriteOff.objects.filter(clawback__agreement=OuterRef("clawback__agreement"), status=Opinion.CONFIRMED)
        .order_by()
        .values("clawback__agreement")
        .annotate(total=Sum("amount_pence"))
    )
    return (
        WriteOff.objects.filter(status=Opinion.PROPOSED)
        .annotate(given_up_pence=Coalesce(Subquery(before.values("total")), 0, output_field=BigIntegerField()))
        .select_related(
            "clawback__agreement__allocation__neighbourhood",
            "clawback__agreement__body__organisation",
            "clawback__proposed_by",
            "clawback__decided_by",
            "proposed_by",
        )
        .prefetch_related("clawback__funding__source")
        .order_by("proposed_at")
    )


def settled_by_purse() -> tuple[dict[Purse, int], dict[Purse, int]]:
    """What claims took out of what was paid, and what is still due back, by agreement, source and strand; pence.

    Worked out from claims, receipts and write-offs alone, to be compared with the ledger.
    """
    raised = (
        Clawback.objects.raised()
        .exclude(status=Clawback.Status.OVERTAKEN)
        .annotate(
            came=Coalesce(_total(ClawbackReceipt.objects.all()), 0, output_field=BigIntegerField()),
            gone=Coalesce(_total(WriteOff.objects.filter(status=Opinion.CONFIRMED)), 0, output_field=BigIntegerField()),
        )
        .prefetch_related("funding")
    )
    back: dict[Purse, int] = defaultdict(int)
    due: dict[Purse, int] = defaultdict(int)
    for claim in raised:
        parts = sorted(claim.funding.all(), key=lambda part: part.source_id)
        shares = [Share(part.source_id, part.amount_pence, part.contribution_pence) for part in parts]
        came, gone = vars(claim)["came"], vars(claim)["gone"]
        _add(back, claim.agreement_id, settled_between(shares, 0, came))
        _add(due, claim.agreement_id, settled_between(shares, came + gone, claim.total_pence))
    return back, due


def _total(rows: QuerySet[ClawbackReceipt] | QuerySet[WriteOff]) -> Subquery:
    per_claim = rows.filter(clawback=OuterRef("pk")).order_by().values("clawback").annotate(total=Sum("amount_pence"))
    return Subquery(per_claim.values("total"))


def _add(totals: dict[Purse, int], agreement: int, shares: Sequence[Share]) -> None:
    for share in shares:
        for strand, pence in ((Strand.PLACE, share.place_pence), (Strand.BODY_CONTRIBUTION, share.body_pence)):
            if pence:
                totals[agreement, share.source, strand.value] += pence
