"""What grants pushes down: figures to compute again, dated lines of a place's life, and money a panel can decide."""

from collections.abc import Iterable
from datetime import date, datetime

from cwf_portal.core.audit import Actor
from cwf_portal.core.outbox import emit
from grants.models import Agreement, Allocation, Report, Review, Tranche
from neighbourhoods.models import Neighbourhood
from neighbourhoods.services import publish_event
from panels.services import notify_envelope

PROMISE_MEASURES = ("grants.set_aside", "grants.promised")
PAYMENT_MEASURES = ("grants.sent", "grants.late_count")


def figures_stale(neighbourhood_pk: int, *, measures: Iterable[str], because: str) -> None:
    """Ask for a place's figures to be computed again from the ledger; `because` tells one change from another."""
    emit(
        "figures.stale",
        f"{because}:{neighbourhood_pk}",
        {"measures": sorted(measures), "neighbourhood": neighbourhood_pk},
    )


def publish_allocation(*, by: Actor, allocation: Allocation, happens_on: date, at: datetime) -> None:
    """Tell the panel what it can decide, and everyone what was set aside."""
    neighbourhood = allocation.neighbourhood
    notify_envelope(
        by=by,
        neighbourhood=neighbourhood,
        amount_pence=allocation.amount_pence,
        version=allocation.envelope_version,
    )
    publish_event(
        key=f"grants:set-aside:{allocation.pk}",
        kind="grants.set_aside",
        neighbourhood=neighbourhood,
        happens_on=happens_on,
        done_at=at,
        params={"amount_pence": allocation.amount_pence},
    )
    figures_stale(neighbourhood.pk, measures=PROMISE_MEASURES, because=f"allocation:{allocation.pk}")


def publish_step(*, agreement: Agreement, kind: str, happens_on: date, done_at: datetime | None) -> None:
    """A step in the life of an agreement that everyone may see: offered, accepted, ended."""
    publish_event(
        key=f"grants:{kind}:{agreement.reference}",
        kind=f"grants.{kind}",
        neighbourhood=agreement.allocation.neighbourhood,
        happens_on=happens_on,
        done_at=done_at,
        params={"amount_pence": agreement.amount_pence, "organisation": str(agreement.body)},
    )
    figures_stale(
        agreement.allocation.neighbourhood_id, measures=PROMISE_MEASURES, because=f"{kind}:{agreement.reference}"
    )


def publish_payments(*, neighbourhood: Neighbourhood, tranches: Iterable[Tranche]) -> None:
    """The dates of payments that are now legally promised."""
    for tranche in tranches:
        publish_payment(neighbourhood=neighbourhood, tranche=tranche, done_at=None)


def publish_payment(*, neighbourhood: Neighbourhood, tranche: Tranche, done_at: datetime | None) -> None:
    """One payment: when it is due and, once the bank has confirmed it, when it was sent."""
    publish_event(
        key=f"grants:payment:{tranche.pk}",
        kind="grants.payment",
        neighbourhood=neighbourhood,
        happens_on=tranche.due_on,
        done_at=done_at,
        params={"amount_pence": tranche.amount_pence, "number": tranche.number},
    )


def publish_report(*, neighbourhood: Neighbourhood, report: Report, done_at: datetime | None) -> None:
    """When a yearly report is due, and when it came."""
    publish_event(
        key=f"grants:report:{report.pk}",
        kind="grants.report",
        neighbourhood=neighbourhood,
        happens_on=report.due_on,
        done_at=done_at,
        params={"year": report.year},
    )


def publish_review(*, neighbourhood: Neighbourhood, review: Review, done_at: datetime | None) -> None:
    """When the fund decides on the next year, and when it did."""
    publish_event(
        key=f"grants:review:{review.pk}",
        kind="grants.review",
        neighbourhood=neighbourhood,
        happens_on=review.due_on,
        done_at=done_at,
        params={"year": review.year},
    )
