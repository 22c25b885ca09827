"""What of agreements, reports and the fund is waiting for a person."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.timezone import get_current_timezone

from cwf_portal.core.models import User
from cwf_portal.core.permissions import Permission
from cwf_portal.core.waiting import WaitingItem, register_waiting
from grants.errors import in_pounds
from grants.models import Agreement, AgreementStatus, BankAccount, BodyContact, Tranche, WriteOff
from grants.selectors import agreements as queues
from grants.selectors.bodies import bodies_to_check
from grants.selectors.clawbacks import claims_awaited, own_claims
from grants.selectors.days import today
from grants.selectors.deciders import claims_for, write_offs_for
from grants.selectors.unspent import unspent_to_confirm, unspent_to_propose
from grants.selectors.variations import variations_to_decide

NAMED_UP_TO = 3  # more of a kind are one line with their number
REPORTS_SHOWN_AHEAD = timedelta(days=60)
AGREE = {
    WriteOff.Kind.LOST.value: ("Agree to write off", "grants:write-off-confirm"),
    WriteOff.Kind.ERROR.value: ("Agree to withdraw a claim of", "grants:withdrawal-confirm"),
}
P = Permission


@register_waiting
def waiting(user: User) -> list[WaitingItem]:
    """Everything of grants that this person can do, is late, or wants to know."""
    items: list[WaitingItem] = []
    for permission, source in SOURCES:
        if permission in user.permissions:
            items += source(user)
    return items


def _line(count: int, one: str, many: str) -> str:
    return one if count == 1 else many.format(count=count)


def _queue(found: QuerySet[Agreement], step: str, title: tuple[str, str]) -> list[WaitingItem]:
    """One line per agreement up to three, else one line for all."""
    some = list(found[: NAMED_UP_TO + 1])
    if len(some) > NAMED_UP_TO:
        status = some[0].status
        count = found.count()
        url = f"{reverse('grants:agreement-list')}?status={status}"
        return [WaitingItem(title[1].format(count=count), "Oldest first.", url, "do", count)]
    return [
        WaitingItem(
            title[0].format(place=agreement.allocation.neighbourhood),
            f"{in_pounds(agreement.amount_pence)} over {agreement.term_years} years, to {agreement.body}",
            reverse(step, args=[agreement.reference]),
            "do",
        )
        for agreement in some
    ]


def _to_recommend(user: User) -> list[WaitingItem]:
    return _queue(
        queues.to_recommend(),
        "grants:agreement-detail",
        ("Check the agreement for {place}", "{count} agreements to check"),
    ) + _queue(
        queues.to_offer(),
        "grants:agreement-detail",
        ("Send the offer for {place}", "{count} approved agreements to offer"),
    )


def _to_assure(user: User) -> list[WaitingItem]:
    return _queue(
        queues.to_assure(user),
        "grants:agreement-detail",
        ("Give assurance on the agreement for {place}", "{count} agreements to assure"),
    )


def _to_approve(user: User) -> list[WaitingItem]:
    return _queue(
        queues.to_approve(user),
        "grants:agreement-detail",
        ("Approve the agreement for {place}", "{count} agreements to approve"),
    )


def _variations(user: User) -> list[WaitingItem]:
    return [
        WaitingItem(
            f"Decide on the variation for {variation.agreement.allocation.neighbourhood}",
            variation.reason[:120],
            reverse("grants:variation-detail", args=[variation.agreement.reference, variation.attempt]),
            "do",
        )
        for variation in variations_to_decide(user)[:5]
    ]


def _unspent(_: User) -> list[WaitingItem]:
    return [
        WaitingItem(
            f"Decide what {tranche.agreement.allocation.neighbourhood} is paid now",
            "Money from before is not spent yet; the rest of the payment comes later.",
            reverse("grants:unspent-propose", args=[tranche.agreement.reference, tranche.number]),
            "do",
            due_at=_end_of(tranche.due_on),
        )
        for tranche in unspent_to_propose()[:5]
    ]


def _unspent_proposed(user: User) -> list[WaitingItem]:
    return [
        WaitingItem(
            f"Confirm what {decision.tranche.agreement.allocation.neighbourhood} is paid now",
            f"{in_pounds(decision.pay_pence)} of {in_pounds(decision.scheduled_pence)}, the rest later",
            reverse("grants:unspent-confirm", args=[decision.pk]),
            "do",
            due_at=_end_of(decision.tranche.due_on),
        )
        for decision in unspent_to_confirm(user)[:5]
    ]


def _claims(user: User) -> list[WaitingItem]:
    to_raise = [
        WaitingItem(
            f"Ask back {in_pounds(claim.total_pence)} from {claim.agreement.body}",
            f"{claim.get_ground_display()}: the head of grants or above",
            reverse("grants:clawback-detail", args=[claim.agreement.reference, claim.number]),
            "do",
        )
        for claim in claims_for(user)[:5]
    ]
    return to_raise + [
        WaitingItem(
            f"{AGREE[write_off.kind][0]} {in_pounds(write_off.amount_pence)}",
            f"{write_off.clawback}: {write_off.reason[:80]}",
            reverse(AGREE[write_off.kind][1], args=[write_off.pk]),
            "do",
        )
        for write_off in write_offs_for(user)[:5]
    ]


def _late_claims(_: User) -> list[WaitingItem]:
    return [
        WaitingItem(
            f"{claim.agreement.body} has not paid back",
            f"{in_pounds(claim.total_pence - vars(claim)['came_pence'])} of {str(claim).lower()} is open.",
            reverse("grants:clawback-detail", args=[claim.agreement.reference, claim.number]),
            "late",
            due_at=_end_of(claim.pay_by_on),
        )
        for claim in claims_awaited().filter(pay_by_on__lt=today())[:5]
    ]


def _own_claims(user: User) -> list[WaitingItem]:
    return [
        WaitingItem(
            f"Pay back {in_pounds(claim.total_pence)}",
            f"{claim.agreement.reference}: read the letter",
            reverse("grants:own-clawback", args=[claim.agreement.reference, claim.number]),
            "late" if claim.pay_by_on < today() else "do",
            due_at=_end_of(claim.pay_by_on),
        )
        for claim in own_claims(user).filter(status="raised").distinct()[:5]
    ]


def _reports(user: User) -> list[WaitingItem]:
    to_read = queues.reports_to_read().count()
    url = reverse("grants:review-list")
    items = []
    if to_read:
        items.append(WaitingItem(_line(to_read, "A report to read", "{count} reports to read"), "", url, "do", to_read))
    return items + _late_reports()


def _late_reports() -> list[WaitingItem]:
    """Each by its place up to three, else one line for all."""
    late = list(queues.reports_missing(today())[: NAMED_UP_TO + 1])
    if len(late) > NAMED_UP_TO:
        count = queues.reports_missing(today()).count()
        address = reverse("grants:review-list")
        return [WaitingItem(f"{count} yearly reports are late", "Payments wait for them.", address, "late", count)]
    return [
        WaitingItem(
            f"The report of year {report.year} for {report.agreement.allocation.neighbourhood} is late",
            f"Payments wait for it. Ask {report.agreement.body}.",
            reverse("grants:agreement-detail", args=[report.agreement.reference]),
            "late",
            due_at=_end_of(report.due_on),
        )
        for report in late
    ]


def _reviews(user: User) -> list[WaitingItem]:
    to_confirm = queues.reviews_to_confirm(user).count()
    url = reverse("grants:review-list")
    items = _reviews_due()
    if to_confirm:
        title = _line(to_confirm, "A review to confirm", "{count} reviews to confirm")
        items.append(WaitingItem(title, "Another officer proposed the outcome.", url, "do", to_confirm))
    return items


def _reviews_due() -> list[WaitingItem]:
    """Each by its place up to three, else one line for all."""
    due = list(queues.reviews_due(today())[: NAMED_UP_TO + 1])
    if len(due) > NAMED_UP_TO:
        count, address = queues.reviews_due(today()).count(), reverse("grants:review-list")
        return [WaitingItem(f"{count} yearly reviews are due", "Oldest first.", address, "do", count)]
    return [
        WaitingItem(
            f"Review {review.agreement.allocation.neighbourhood} after year {review.year}",
            "Does the agreement continue?",
            reverse("grants:review-propose", args=[review.agreement.reference, review.year]),
            "do",
            due_at=_end_of(review.due_on),
        )
        for review in due
    ]


def _checks(_: User) -> list[WaitingItem]:
    return [
        WaitingItem(
            f"Check {body} again",
            "Payments stop when its checks have run out.",
            reverse("grants:checks-renew", args=[body.pk]),
            "late" if body.due_diligence_expires_on < today() else "do",
            due_at=_end_of(body.due_diligence_expires_on),
        )
        for body in bodies_to_check(today())[:5]
    ]


def _bank_details(user: User) -> list[WaitingItem]:
    return [
        WaitingItem(
            f"Call back {account.body} about its bank details",
            "Nothing is paid to it until somebody has.",
            reverse("grants:bank-details-confirm", args=[account.pk]),
            "do",
        )
        for account in queues.bank_details_to_confirm().exclude(proposed_by=user)[:5]
    ]


def _starts(user: User) -> list[WaitingItem]:
    return [
        WaitingItem(
            f"Confirm the money for start {cohort.number}",
            f"{cohort.programme}",
            reverse("grants:start-detail", args=[cohort.pk]),
            "do",
        )
        for cohort in queues.starts_to_confirm(user)
    ]


def _offers(user: User) -> list[WaitingItem]:
    signed_for = BodyContact.objects.standing().filter(user=user, role=BodyContact.Role.SIGNATORY).values("body")
    offers = Agreement.objects.with_parties().filter(status=AgreementStatus.OFFERED, body__in=signed_for)
    return [
        WaitingItem(
            f"Read and accept the agreement for {offer.allocation.neighbourhood}",
            f"{in_pounds(offer.amount_pence)} over {offer.term_years} years",
            reverse("grants:own-agreement", args=[offer.reference]),
            "do",
            due_at=_end_of(offer.offer_lapses_on),
        )
        for offer in offers
    ]


def _own_reports(user: User) -> list[WaitingItem]:
    return [
        WaitingItem(
            f"Send the report of year {report.year} for {report.agreement.allocation.neighbourhood}",
            report.sent_back_reason or "Payments wait for it once its day has passed.",
            reverse("grants:report-submit", args=[report.agreement.reference, report.year]),
            "late" if report.due_on < today() else "do",
            due_at=_end_of(report.due_on),
        )
        for report in queues.own_reports_due(user, today() + REPORTS_SHOWN_AHEAD)
    ]


def _own_payments(user: User) -> list[WaitingItem]:
    own = Tranche.objects.unfinished().filter(
        agreement__status=AgreementStatus.ACTIVE, agreement__body__in=queues.bodies_of(user, BodyContact.Role.TREASURER)
    )
    following = own.order_by("due_on").select_related("agreement__allocation__neighbourhood").first()
    if following is None:
        return []
    is_late = following.due_on < today()
    return [
        WaitingItem(
            f"Next payment: {in_pounds(following.total_pence)}",
            f"For {following.agreement.allocation.neighbourhood}" + (". It is late: see why." if is_late else ""),
            reverse("grants:own-agreement", args=[following.agreement.reference]),
            "late" if is_late else "know",
            due_at=_end_of(following.due_on),
        )
    ]


def _own_bank_details(user: User) -> list[WaitingItem]:
    known = BankAccount.objects.filter(status__in=(BankAccount.Status.APPROVED, BankAccount.Status.PROPOSED))
    without = queues.bodies_of(user, BodyContact.Role.TREASURER).exclude(pk__in=known.values("body"))
    return [
        WaitingItem(
            f"Tell us where to pay {body}",
            "We call you back before the first payment.",
            reverse("grants:bank-details-propose", args=[body.pk]),
            "do",
        )
        for body in without
    ]


def _end_of(day: date | None) -> datetime | None:
    """The last minute of a day in London."""
    if day is None:
        return None
    return datetime.combine(day, datetime.max.time().replace(microsecond=0), get_current_timezone())


SOURCES: tuple[tuple[Permission, Callable[[User], list[WaitingItem]]], ...] = (
    (P.RECOMMEND_AGREEMENT, _to_recommend),
    (P.ASSURE_AGREEMENT, _to_assure),
    (P.APPROVE_AGREEMENT, _to_approve),
    (P.APPROVE_AGREEMENT, _variations),
    (P.APPROVE_AGREEMENT, _unspent_proposed),
    (P.REVIEW_AGREEMENT, _unspent),
    (P.APPROVE_AGREEMENT, _claims),
    (P.REVIEW_AGREEMENT, _late_claims),
    (P.VIEW_OWN_BODY, _own_claims),
    (P.ACCEPT_REPORT, _reports),
    (P.REVIEW_AGREEMENT, _reviews),
    (P.REVIEW_AGREEMENT, _checks),
    (P.CONFIRM_BANK_DETAILS, _bank_details),
    (P.MANAGE_ENDOWMENT, _starts),
    (P.ACCEPT_AGREEMENT, _offers),
    (P.SUBMIT_REPORT, _own_reports),
    (P.SUBMIT_REPORT, _own_payments),
    (P.PROPOSE_BANK_DETAILS, _own_bank_details),
)
