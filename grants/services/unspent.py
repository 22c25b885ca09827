"""A payment while money from before is not spent: one officer names the plan, a senior one confirms, the rest comes
later.

The rule alone says how much goes. What is legally promised stays promised: only the day changes, so nothing is posted.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

from django.db.models import Max

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import ConflictError, DomainError, NotAllowedError
from cwf_portal.core.figures_text import day_text
from cwf_portal.core.messages import send_many
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Permission, require
from grants.domain.schedule import process_day
from grants.domain.unspent import Part, set_apart
from grants.domain.working_days import england_and_wales
from grants.errors import WrongStateError, in_pounds
from grants.models import (
    Agreement,
    BodyContact,
    Opinion,
    Tranche,
    TrancheFunding,
    TrancheStatus,
    UnspentDecision,
)
from grants.selectors.days import today
from grants.selectors.unspent import Surplus, later_days, limits_of, unspent_decisions, with_unspent
from grants.selectors.variations import lock_open_tranches
from grants.services.agreements import locked
from grants.services.approvals import officer_today, require_not_one
from grants.services.publishing import publish_payments
from grants.services.sides import require_no_side

WHY = TrancheFunding.Why.UNSPENT
TOPIC = "grants.unspent"
SAID = (
    "report_id",
    "due_on",
    "scheduled_pence",
    "unspent_pence",
    "plan_pence",
    "margin_basis_points",
    "pay_pence",
    "later_on",
)


def propose_unspent(
    *, by: User, tranche: Tranche, plan_pence: int, reason: str, later_on: date | None = None
) -> UnspentDecision:
    """Propose how much of a payment goes now: what the rule gives for the coming period's plan.

    Proposing the same again returns the first proposal.

    Args:
        by: An officer who reviews agreements.
        tranche: A promised payment that an accepted report stands against.
        plan_pence: What the plan says is to be spent in the coming period.
        reason: Where that plan stands.
        later_on: The day to which the rest moves, one of `later_days`; not needed where all of it goes.

    Raises:
        NotAllowedError: `by` may not review agreements.
        DomainError: No reason, an impossible plan, or a day that is none of the later ones.
        WrongStateError: The payment is released or only pledged, or nothing unspent stands against it.
        ConflictError: Something else is proposed for it already.
    """
    require(by, Permission.REVIEW_AGREEMENT)
    if not reason.strip():
        raise DomainError("The plan needs its reason.", mend="Say where the plan for the coming period stands.")
    if plan_pence < 0:
        raise DomainError("A plan cannot be less than nothing.", mend="Enter what is to be spent.")
    with acting(by, f"proposed what is paid while money is unspent: {reason.strip()}"):
        locked(Agreement(pk=tranche.agreement_id))
        tranche, limit = _limited(tranche.pk)
        said = _said(tranche, limit.with_plan(plan_pence), later_on=later_on)
        standing = UnspentDecision.objects.filter(tranche=tranche, status=Opinion.PROPOSED).first()
        if standing is not None:
            if standing.proposed_by_id == by.pk and all(getattr(standing, name) == said[name] for name in SAID):
                return standing
            raise ConflictError("Something is proposed for this payment already.", mend="Decide on that one first.")
        return UnspentDecision.objects.create(tranche=tranche, reason=reason.strip()[:300], proposed_by=by, **said)


def _limited(tranche_pk: int) -> tuple[Tranche, Surplus]:
    """The payment as stored now, and what limits it; the caller holds the lock of its agreement."""
    tranche = with_unspent(Tranche.objects.select_related("agreement__allocation__neighbourhood")).get(pk=tranche_pk)
    if tranche.status != TrancheStatus.COMMITTED:
        raise WrongStateError(
            f"This payment is “{tranche.get_status_display().lower()}”.", mend="Only a promised payment can be divided."
        )
    limit = limits_of([tranche]).get(tranche.pk)
    if limit is None:
        raise WrongStateError("No report says that money is unspent.", mend="The payment needs no decision.")
    return tranche, limit


def _said(tranche: Tranche, limit: Surplus, *, later_on: date | None) -> dict[str, object]:
    """What a decision says by the rule: where all goes now there is no later day."""
    chosen = later_on if limit.later_pence else None
    if limit.later_pence:
        days = later_days(tranche, today())
        if not days:
            raise DomainError(
                "The agreement ends before the rest could be paid.", mend="Vary it to a later end, then decide."
            )
        if chosen not in days:
            raise DomainError("The rest must move to a later payment's day.", mend="Choose one of the days listed.")
    return {
        "report_id": limit.report.pk,
        "due_on": tranche.due_on,
        "scheduled_pence": limit.scheduled_pence,
        "unspent_pence": limit.unspent_pence,
        "plan_pence": limit.plan_pence,
        "margin_basis_points": limit.margin_basis_points,
        "pay_pence": limit.pay_pence,
        "later_on": chosen,
    }


def confirm_unspent(*, by: User, decision: UnspentDecision) -> UnspentDecision:
    """Confirm what another proposed: the payment is divided, and the organisation told. Twice changes nothing.

    Raises:
        NotAllowedError: `by` may not approve agreements, holds no rank today, has handed over their authority, proposed
            it, or counts as one person with whoever did.
        WrongStateError: It was refused, or the payment is released.
        ConflictError: Payment, report or days have changed since.
    """
    require(by, Permission.APPROVE_AGREEMENT)
    with acting(by, "confirmed what is paid while money is unspent"):
        agreement, decision = _locked(decision)
        if decision.status == Opinion.CONFIRMED:
            return decision
        _require_open(decision)
        if decision.proposed_by_id == by.pk:
            raise NotAllowedError("You proposed this.", mend="Ask a senior officer to confirm it.")
        require_no_side(by, [agreement], on=today())
        officer_today(by)
        require_not_one(by, decision.proposed_by, since=decision.proposed_at)
        lock_open_tranches(agreement)
        tranche, limit = _limited(decision.tranche_id)
        now = _said(tranche, limit.with_plan(decision.plan_pence), later_on=decision.later_on)
        if any(getattr(decision, name) != now[name] for name in SAID):
            raise ConflictError("The payment or its report has changed since.", mend="Refuse this; propose it anew.")
        if decision.later_on is not None:
            decision.later = _divide(tranche, decision, later_on=decision.later_on)
            _tell(agreement, decision)
        decision.status, decision.decided_by, decision.decided_at = Opinion.CONFIRMED, by, core_now()
        decision.save(update_fields=["status", "decided_by", "decided_at", "later"])
        return decision


def refuse_unspent(*, by: User, decision: UnspentDecision, reason: str) -> UnspentDecision:
    """Say that a proposal is wrong, or take one's own back: the payment waits for another.

    Raises:
        NotAllowedError: `by` neither proposed it nor may approve agreements.
        DomainError: No reason was given.
        WrongStateError: It is decided already.
    """
    if decision.proposed_by_id != by.pk:
        require(by, Permission.APPROVE_AGREEMENT)
    if not reason.strip():
        raise DomainError("A refusal needs a reason.", mend="Say what should be different.")
    with acting(by, f"refused what was to be paid while money is unspent: {reason.strip()}"):
        _, decision = _locked(decision)
        _require_open(decision)
        decision.status, decision.refusal = Opinion.REFUSED, reason.strip()[:300]
        decision.decided_by, decision.decided_at = by, core_now()
        decision.save(update_fields=["status", "refusal", "decided_by", "decided_at"])
        return decision


def _locked(decision: UnspentDecision) -> tuple[Agreement, UnspentDecision]:
    agreement = locked(Agreement(pk=decision.tranche.agreement_id))
    return agreement, unspent_decisions().select_for_update(of=("self",)).get(pk=decision.pk)


def _require_open(decision: UnspentDecision) -> None:
    if decision.status != Opinion.PROPOSED:
        raise WrongStateError(f"This is “{decision.get_status_display().lower()}” already.")


def _divide(tranche: Tranche, decision: UnspentDecision, *, later_on: date) -> Tranche | None:
    """Make the rest a payment of its own, or move the whole payment where nothing goes now."""
    place = tranche.agreement.allocation.neighbourhood_id
    process_on = process_day(later_on, england_and_wales())
    if not decision.pay_pence:
        tranche.due_on, tranche.process_on = later_on, process_on
        tranche.save(update_fields=["due_on", "process_on"])
        publish_payments(payments=[(tranche, place)], done_at=None)
        return None
    entries, parts = _parts(tranche)
    moved = set_apart(parts, decision.later_pence)
    later = Tranche.objects.create(
        agreement=tranche.agreement,
        number=1 + Tranche.objects.filter(agreement=tranche.agreement_id).aggregate(last=Max("number"))["last"],
        year=tranche.year,  # whose prices its uplift follows
        due_on=later_on,
        process_on=process_on,
        amount_pence=sum(part.amount_pence for part in moved),
        uplift_pence=sum(part.uplift_pence for part in moved),
        contribution_pence=sum(part.contribution_pence for part in moved),
        status=TrancheStatus.COMMITTED,
    )
    tranche.amount_pence -= later.amount_pence
    tranche.uplift_pence -= later.uplift_pence
    tranche.contribution_pence -= later.contribution_pence
    tranche.save(update_fields=["amount_pence", "uplift_pence", "contribution_pence"])
    _enter(later, moved, entry=1, sign=1)
    _enter(tranche, [part for part in moved if not part.is_nothing], entry=entries + 1, sign=-1)
    publish_payments(payments=[(tranche, place), (later, place)], done_at=None)
    return later


def _parts(tranche: Tranche) -> tuple[int, list[Part]]:
    """The number of the last entry, and what each source gives of the payment now."""
    funding = list(tranche.funding.order_by("source_id"))
    totals: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0])
    for row in funding:
        for index, pence in enumerate((row.amount_pence, row.uplift_pence, row.contribution_pence)):
            totals[row.source_id][index] += pence
    return max(row.entry for row in funding), [Part(source, *pence) for source, pence in totals.items()]


def _enter(tranche: Tranche, parts: Sequence[Part], *, entry: int, sign: int) -> None:
    TrancheFunding.objects.bulk_create(
        TrancheFunding(
            tranche=tranche,
            source_id=part.source,
            entry=entry,
            why=WHY,
            amount_pence=sign * part.amount_pence,
            uplift_pence=sign * part.uplift_pence,
            contribution_pence=sign * part.contribution_pence,
        )
        for part in parts
    )


def _tell(agreement: Agreement, decision: UnspentDecision) -> None:
    """Write to those who keep the organisation's accounts."""
    keepers = BodyContact.objects.standing().filter(body=agreement.body_id, role=BodyContact.Role.TREASURER)
    number, later_on = decision.tranche.number, decision.later_on
    text = "\n".join(
        [
            f"Agreement: {agreement.reference}, payment {number}",
            "",
            f"Your report of year {decision.report.year} says that money from before is not spent yet. The fund pays "
            f"what you plan to spend next, with a margin on top, less what you still have.",
            "",
            f"Grant in this payment: {in_pounds(decision.pay_pence)} instead of {in_pounds(decision.scheduled_pence)}",
            *([f"The rest, {in_pounds(decision.later_pence)}, is due on {day_text(later_on)}."] if later_on else []),
            "",
            "Nothing is taken away: all of your grant stays promised as before. Tell us if your plan changes.",
        ]
    )
    send_many(
        (
            (address, f"Part of payment {number} comes later", text)
            for address in keepers.order_by("pk").values_list("user__email", flat=True)
        ),
        topic=TOPIC,
    )
