"""Varying a running agreement: one officer proposes a new schedule, others approve it, and a new version begins.

What is released, sent or paid never changes. A change at no cost that moves no money by more than six months, counted
from what was last approved in full, takes a senior officer beside the proposer; any other goes up by its value, like an
agreement.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.timezone import localdate

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import ConflictError, DomainError, NotAllowedError
from cwf_portal.core.figures_text import day_text
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Permission, require
from grants.domain.authority import LOWEST_RANK_FOR, Rank, Risk, Step, needs_assurance
from grants.domain.award import contribution_pence
from grants.domain.dates import add_months
from grants.domain.schedule import MONTHS_IN_YEAR, Profile, running_contributions
from grants.domain.variation import SMALL_MONTHS, Remainder, Standing, moves_within, plan_remainder, years_until
from grants.domain.working_days import england_and_wales
from grants.errors import WrongStateError
from grants.models import Agreement, AgreementStatus, Approval, Tranche, Variation, VariationLine
from grants.selectors.values import whole_life_pence
from grants.selectors.variations import current_tranches, last_full_version, lock_open_tranches
from grants.services.agreements import locked
from grants.services.apply_variation import put_into_force
from grants.services.approvals import (
    PERMISSION_FOR,
    Decision,
    officer_apart,
    record_decision,
    require_limit,
    require_second,
)
from grants.services.uplift import STANDING
from grants.services.varied_money import plan_money


@dataclass(frozen=True)
class Proposal:
    """What an officer proposes: the new total, the new end, and how the rest of the money is spread.

    `weights` go with the custom profile, one for each year of the new term; `amounts` set every payment still to come
    one by one instead. `consent` says how the organisation agreed.
    """

    total_pence: int
    ends_on: date
    cadence_months: int
    profile: Profile
    reason: str
    consent: str
    weights: tuple[int, ...] = ()
    amounts: tuple[int, ...] = ()


def propose_variation(*, by: User, agreement: Agreement, proposal: Proposal) -> Variation:
    """Propose a variation; this is also its recommendation.

    Raises:
        NotAllowedError: `by` may not recommend agreements, or holds no rank today.
        WrongStateError: The agreement does not run.
        ConflictError: Another variation is proposed already.
        HeadroomError: A higher total is more than what is set aside for the place.
        DomainError: No reason or consent is given, or the new schedule does not work out.
    """
    require(by, Permission.RECOMMEND_AGREEMENT)
    if not proposal.reason.strip() or not proposal.consent.strip():
        raise DomainError(
            "A variation needs its reason, and the organisation's consent.", mend="Say why, and how they agreed."
        )
    with acting(by, f"proposed to vary the agreement: {proposal.reason.strip()}"):
        agreement = locked(agreement)
        if agreement.status != AgreementStatus.ACTIVE:
            raise WrongStateError("Only an agreement that runs can be varied.", mend="Change the draft instead.")
        if agreement.variations.filter(status=Variation.Status.PROPOSED).exists():
            raise ConflictError("A variation is proposed already.", mend="Decide on that one first.")
        lock_open_tranches(agreement)
        tranches = current_tranches(agreement)
        variation, lines = _draft(by, agreement, proposal, tranches=tranches)
        agreement.attempt += 1
        agreement.save(update_fields=["attempt"])
        variation.attempt = agreement.attempt
        variation.save()
        for line in lines:
            line.variation = variation
        VariationLine.objects.bulk_create(lines)
        _take(by, variation, Step.RECOMMENDATION, note=proposal.reason.strip())
        return variation


def _draft(
    by: User, agreement: Agreement, proposal: Proposal, *, tranches: Sequence[Tranche]
) -> tuple[Variation, list[VariationLine]]:
    """The proposed terms and payments, not saved yet."""
    closed = [tranche for tranche in tranches if tranche.status not in STANDING]
    open_ones = [tranche for tranche in tranches if tranche.status in STANDING]
    _check_end(agreement, proposal.ends_on)
    contribution = agreement.contribution_pence
    if proposal.total_pence != agreement.amount_pence:
        basis = agreement.allocation.programme.contribution_basis_points
        contribution = contribution_pence(proposal.total_pence, basis)
    paid_contribution = sum(tranche.contribution_pence for tranche in closed)
    contribution = max(contribution, paid_contribution)
    lines = _plan(agreement, proposal, closed=closed, open_ones=open_ones)
    spread = running_contributions(
        [line.amount_pence for line in lines],
        sum(line.amount_pence for line in lines),
        contribution - paid_contribution,
    )
    for line, pence in zip(lines, spread, strict=True):
        line.contribution_pence = pence
    money = plan_money(agreement, tranches, lines)
    variation = Variation(
        agreement=agreement,
        reason=proposal.reason.strip(),
        consent=proposal.consent.strip(),
        amount_pence=proposal.total_pence,
        contribution_pence=contribution,
        uplift_cap_pence=money.uplift_cap_pence,
        term_years=years_until(_anchor(agreement), proposal.ends_on),
        ends_on=proposal.ends_on,
        cadence_months=proposal.cadence_months,
        profile=proposal.profile,
        custom_weights=list(proposal.weights),
        is_small=_is_small(agreement, proposal, contribution, payments=[*closed, *lines]),
        standing=[tranche.pk for tranche in open_ones],
        amounts=list(proposal.amounts),
        proposed_by=by,
    )
    return variation, lines


def _anchor(agreement: Agreement) -> date:
    if agreement.anchor_on is None:
        raise ValueError(f"{agreement} has not begun")
    return agreement.anchor_on


def _check_end(agreement: Agreement, ends_on: date) -> None:
    today = localdate(core_now())
    longest = agreement.allocation.programme.term_years_max
    latest = add_months(agreement.starts_on or today, MONTHS_IN_YEAR * longest)
    if not today < ends_on <= latest:
        raise DomainError(
            f"The agreement must end after today and by {day_text(latest)}.",
            mend=f"Enter a day within {longest} years of acceptance.",
        )


def _plan(
    agreement: Agreement, proposal: Proposal, *, closed: Sequence[Tranche], open_ones: Sequence[Tranche]
) -> list[VariationLine]:
    """The payments still to come, the open ones first in their order, then new ones."""
    left = Remainder(
        total_pence=proposal.total_pence - sum(tranche.amount_pence for tranche in closed),
        anchor_on=_anchor(agreement),
        ends_on=proposal.ends_on,
        after=max([localdate(core_now()), *(tranche.due_on for tranche in closed)]),
        cadence_months=proposal.cadence_months,
        profile=proposal.profile,
        weights=proposal.weights,
        amounts=proposal.amounts,
    )
    following = 1 + (agreement.tranches.order_by("-number").values_list("number", flat=True).first() or 0)
    try:
        planned = plan_remainder(left, england_and_wales(), first_number=following)
    except ValueError as error:
        raise DomainError(str(error), mend="Change the total, the end or the spread.") from error
    reused = [*open_ones, *([None] * len(planned))]
    new = iter(range(following, following + len(planned)))
    return [
        VariationLine(
            tranche=tranche,
            number=tranche.number if tranche else next(new),
            year=payment.year,
            due_on=payment.due_on,
            process_on=payment.process_on,
            amount_pence=payment.amount_pence,
        )
        for payment, tranche in zip(planned, reused, strict=False)
    ]


def _is_small(
    agreement: Agreement, proposal: Proposal, contribution: int, *, payments: Sequence[Tranche | VariationLine]
) -> bool:
    """At no cost, and no money nor the end moves by more than six months from what was last approved in full.

    Small changes since then count together. `payments` are all of them: those that stand and those proposed.
    """
    base = last_full_version(agreement)
    return (
        (proposal.total_pence, contribution) == (base.amount_pence, base.contribution_pence)
        and add_months(base.ends_on, -SMALL_MONTHS) <= proposal.ends_on <= add_months(base.ends_on, SMALL_MONTHS)
        and moves_within(
            [Standing(line.due_on, line.amount_pence) for line in base.lines.all()],
            [Standing(one.due_on, one.amount_pence) for one in payments],
        )
    )


def variation_step_due(variation: Variation, value_pence: int) -> Step:
    """Which step a proposed variation waits for.

    Raises:
        WrongStateError: It is decided.
    """
    if variation.status != Variation.Status.PROPOSED:
        raise WrongStateError("This variation is decided already.", mend="Open the agreement to see how it stands.")
    approvals = Approval.objects.filter(
        agreement=variation.agreement_id, attempt=variation.attempt, outcome=Approval.Outcome.APPROVED
    )
    taken = set(approvals.values_list("step", flat=True))
    assured = needs_assurance(value_pence, Risk(variation.agreement.risk)) and not variation.is_small
    steps = [Step.RECOMMENDATION, *([Step.ASSURANCE] if assured else []), Step.FIRST, Step.SECOND]
    return next(step for step in steps if step.value not in taken)


def approve_variation(*, by: User, variation: Variation, note: str = "", minute_reference: str = "") -> Variation:
    """Take the step that is due: assurance, first or second approval; the last one puts the variation into force.

    Raises:
        NotAllowedError: `by` may not take this step, or took another.
        LimitError: The value lies above the officer's limit and no minute is named.
        HeadroomError: More would be promised than there is.
        ConflictError: A payment was released since it was proposed.
        WrongStateError: It is decided already.
    """
    with acting(by, "approved a variation"):
        agreement = locked(Agreement(pk=variation.agreement_id))
        variation = Variation.objects.select_for_update().get(pk=variation.pk)
        variation.agreement = agreement
        # Before the approval is recorded: its check locks the agreement more strongly than a claim can wait for.
        lock_open_tranches(agreement)
        step = variation_step_due(variation, whole_life_pence(agreement))
        approval = _take(by, variation, step, note=note.strip(), minute_reference=minute_reference.strip())
        if step is Step.SECOND or (step is Step.FIRST and variation.is_small):
            put_into_force(by=by, variation=variation, at=approval.decided_at)
        return variation


def _take(by: User, variation: Variation, step: Step, *, note: str, minute_reference: str = "") -> Approval:
    """Record one step, after saying in words whatever the database would refuse."""
    agreement = variation.agreement
    require(by, PERMISSION_FOR[step])
    at = core_now()
    officer = officer_apart(by, agreement, on=localdate(at))
    if officer.rank < LOWEST_RANK_FOR.get(step, Rank.SENIOR_OFFICER):
        raise NotAllowedError("Your rank may not take this step.", mend="Ask a senior officer.")
    value = whole_life_pence(agreement)
    if step is Step.FIRST and not variation.is_small:
        require_limit(officer, agreement, value, minuted=bool(minute_reference))
    if step is Step.SECOND:
        require_second(officer, agreement, value)
    decision = Decision(officer, value, Approval.Outcome.APPROVED, at, note, minute_reference)
    return record_decision(by, agreement, step, decision=decision)


def refuse_variation(*, by: User, variation: Variation, reason: str) -> Variation:
    """Decide against a variation, or take one's own proposal back. Nothing changes in the agreement.

    Raises:
        NotAllowedError: `by` neither proposed it nor may approve agreements.
        DomainError: No reason was given.
        WrongStateError: It is decided already.
    """
    if variation.proposed_by_id != by.pk:
        require(by, Permission.APPROVE_AGREEMENT)
    if not reason.strip():
        raise DomainError("A refusal needs a reason.", mend="Say what should be different.")
    with acting(by, f"refused a variation: {reason.strip()}"):
        locked(Agreement(pk=variation.agreement_id))
        variation = Variation.objects.select_for_update().get(pk=variation.pk)
        if variation.status != Variation.Status.PROPOSED:
            raise WrongStateError("This variation is decided already.", mend="Propose another if it is needed.")
        variation.status, variation.refusal = Variation.Status.REFUSED, reason.strip()[:300]
        variation.decided_by, variation.decided_at = by, core_now()
        variation.save(update_fields=["status", "refusal", "decided_by", "decided_at"])
        return variation
