"""What grants pushes down: figures to compute again, dated lines of a place's life, and money a panel can decide."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import NamedTuple

from django.utils.timezone import localdate

from cwf_portal.core.audit import Actor
from grants.domain.sources import with_parts
from grants.models import Agreement, Allocation, FundDecision, Hold, Report, Review, Tranche, TrancheStatus
from neighbourhoods.services import EventRow, mark_stale, publish_events, withdraw_events
from panels.services import notify_envelopes

STILL_TO_GO = (TrancheStatus.PLEDGED, TrancheStatus.COMMITTED, TrancheStatus.PAYABLE)
SET_ASIDE, PROMISED, SENT, LATE = "grants.set_aside", "grants.promised", "grants.sent", "grants.late_count"
TO_COME = "grants.to_come_in_year"


def publish_allocations(*, by: Actor, allocations: Iterable[Allocation], happens_on: date, at: datetime) -> None:
    """Tell the panels what they can decide, and everyone what was set aside."""
    told = list(allocations)
    notify_envelopes(
        by=by,
        amounts={
            allocation.neighbourhood_id: (allocation.amount_pence, allocation.envelope_version) for allocation in told
        },
    )
    publish_events(
        rows=[
            EventRow(
                key=f"grants:set-aside:{allocation.pk}",
                kind=SET_ASIDE,
                neighbourhood_id=allocation.neighbourhood_id,
                happens_on=happens_on,
                done_at=at,
                params={"amount_pence": allocation.amount_pence},
            )
            for allocation in told
        ]
    )
    mark_stale(measures=with_parts([SET_ASIDE]), neighbourhood_ids=[allocation.neighbourhood_id for allocation in told])


def publish_return(*, by: Actor, allocation: Allocation, decision: FundDecision) -> None:
    """Tell the panel and everyone that money went back to the fund, and why."""
    place = allocation.neighbourhood_id
    notify_envelopes(by=by, amounts={place: (allocation.kept_pence, allocation.envelope_version)})
    publish_events(
        rows=[
            EventRow(
                key=f"grants:returned:{decision.pk}",
                kind="grants.returned",
                neighbourhood_id=place,
                happens_on=localdate(decision.confirmed_at),
                done_at=decision.confirmed_at,
                params={"amount_pence": decision.amount_pence, "reason": decision.reason},
            )
        ]
    )
    mark_stale(measures=with_parts([SET_ASIDE]), neighbourhood_ids=[place])


def publish_step(*, agreement: Agreement, kind: str, happens_on: date, done_at: datetime | None) -> None:
    """A step in the life of an agreement that everyone may see: approved, offered, accepted, ended."""
    place = agreement.allocation.neighbourhood_id
    publish_events(
        rows=[
            EventRow(
                key=f"grants:{kind}:{agreement.reference}",
                kind=f"grants.{kind}",
                neighbourhood_id=place,
                happens_on=happens_on,
                done_at=done_at,
                params={
                    "amount_pence": agreement.amount_pence,
                    "organisation": str(agreement.body),
                    "term_years": agreement.term_years,
                },
            )
        ]
    )
    mark_stale(measures=with_parts([PROMISED]), neighbourhood_ids=[place])


class PaymentLine(NamedTuple):
    """What everyone may see of one payment; `grant_pence` is without the organisation's contribution."""

    tranche_pk: int
    place_pk: int
    due_on: date
    number: int
    grant_pence: int


def publish_payments(*, payments: Iterable[tuple[Tranche, int]], done_at: datetime | None) -> None:
    """Payments with the primary keys of their places: when each is due and, once the bank confirmed it, since when."""
    lines = [
        PaymentLine(tranche.pk, place, tranche.due_on, tranche.number, tranche.grant_pence)
        for tranche, place in payments
    ]
    publish_lines(lines=lines, done_at=done_at)


def publish_lines(*, lines: Sequence[PaymentLine], done_at: datetime | None) -> None:
    """The same of payments as plain values.

    The grant with its uplift is named; the organisation's contribution is not the place's money. A payment that is
    held says why, in the words of the reason alone: what an officer wrote beside it is not for everyone.
    """
    reasons = _reasons_held([line.tranche_pk for line in lines]) if done_at is None else {}
    publish_events(
        rows=[
            EventRow(
                key=f"grants:payment:{line.tranche_pk}",
                kind="grants.payment",
                neighbourhood_id=line.place_pk,
                happens_on=line.due_on,
                done_at=done_at,
                params={
                    "amount_pence": line.grant_pence,
                    "number": line.number,
                    "reason": reasons.get(line.tranche_pk, ""),
                },
            )
            for line in lines
        ]
    )
    stale = [TO_COME] if done_at is None else [*with_parts([SENT]), LATE]
    mark_stale(measures=stale, neighbourhood_ids=[line.place_pk for line in lines])


def withdraw_payments(*, tranches: Iterable[Tranche]) -> None:
    """Payments that will not be made, or are not promised any more: their lines go, their history stays."""
    withdraw_events(keys=[f"grants:payment:{tranche.pk}" for tranche in tranches])


def publish_held(*, tranche_pks: Iterable[int]) -> None:
    """Say anew why these payments wait, or that they wait no longer. One that went out or never will keeps its line."""
    unpaid = Tranche.objects.filter(pk__in=list(tranche_pks), status__in=STILL_TO_GO)
    tranches = unpaid.select_related("agreement__allocation")
    publish_payments(
        payments=[(tranche, tranche.agreement.allocation.neighbourhood_id) for tranche in tranches], done_at=None
    )


def _reasons_held(tranche_pks: list[int]) -> dict[int, str]:
    """Why each payment is held, by its primary key; where there are several reasons, the one found first."""
    holds = Hold.objects.open().filter(tranche__in=tranche_pks).order_by("-pk")
    return {hold.tranche_id: f"{hold.get_reason_display()}." for hold in holds if hold.tranche_id}


def publish_reports(*, reports: Iterable[tuple[Report, int]], done_at: datetime | None) -> None:
    """Yearly reports with the primary keys of their places: when each is due and, once it came, since when."""
    publish_events(
        rows=[
            EventRow(
                key=f"grants:report:{report.pk}",
                kind="grants.report",
                neighbourhood_id=place,
                happens_on=report.due_on,
                done_at=done_at,
                params={"year": report.year, "reason": "The organisation has not sent it yet."},
            )
            for report, place in reports
        ]
    )


def publish_reviews(*, reviews: Iterable[tuple[Review, int]], done_at: datetime | None) -> None:
    """Yearly reviews with the primary keys of their places: when the fund decides on the next year, and when it did."""
    publish_events(
        rows=[
            EventRow(
                key=f"grants:review:{review.pk}",
                kind="grants.review",
                neighbourhood_id=place,
                happens_on=review.due_on,
                done_at=done_at,
                params={"year": review.year, "reason": "The fund has not finished its review yet."},
            )
            for review, place in reviews
        ]
    )
