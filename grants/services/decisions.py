"""Money that changes its purpose, or goes back from a place to the fund: two directors, and the reason is published."""

from django.utils.timezone import localdate

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import ConflictError, DomainError, NotAllowedError
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Permission, require
from grants.domain import postings
from grants.domain.award import Strand
from grants.domain.ledger import JournalKind, Line, Purse
from grants.errors import WrongStateError, in_pounds
from grants.models import Agreement, AgreementStatus, Allocation, DecisionKind, FundDecision, Source
from grants.selectors.ledger import allocated_by_source
from grants.services.headroom import lock_sources
from grants.services.posting import Entry, post_journal
from grants.services.publishing import publish_return

UNDECIDED = (
    AgreementStatus.DRAFT,
    AgreementStatus.RECOMMENDED,
    AgreementStatus.ASSURED,
    AgreementStatus.FIRST_APPROVED,
)


def propose_transfer(
    *, by: User, source: Source, giver: Strand, taker: Strand, amount_pence: int, reason: str
) -> FundDecision:
    """Propose that free money of one source changes its purpose.

    Raises:
        NotAllowedError: `by` may not manage the endowment.
        DomainError: No reason, the same purpose twice, or more than is free.
    """
    if giver == taker:
        raise DomainError("The money would stay where it is.", mend="Choose two purposes.")
    decision = FundDecision(
        kind=DecisionKind.STRAND_TRANSFER, source=source, giver=giver, taker=taker, amount_pence=amount_pence
    )
    return _propose(by, decision, reason)


def propose_return(*, by: User, allocation: Allocation, source: Source, amount_pence: int, reason: str) -> FundDecision:
    """Propose that money set aside for a place, and in no agreement, goes back to the fund.

    Raises:
        NotAllowedError: `by` may not manage the endowment.
        DomainError: No reason, or more than is set aside and in no agreement.
        ConflictError: An agreement of the place is being decided.
    """
    decision = FundDecision(
        kind=DecisionKind.ALLOCATION_RETURNED, source=source, allocation=allocation, amount_pence=amount_pence
    )
    return _propose(by, decision, reason)


def confirm_decision(*, by: User, decision: FundDecision) -> FundDecision:
    """Agree to a decision: it is posted and published with its reason. Twice changes nothing.

    Raises:
        NotAllowedError: `by` may not manage the endowment, or proposed it.
        WrongStateError: It was withdrawn.
        DomainError: The money is no longer there.
        ConflictError: An agreement of the place is being decided.
    """
    require(by, Permission.MANAGE_ENDOWMENT)
    with acting(by, "agreed to a decision about the fund"):
        decision = (
            FundDecision.objects.select_for_update(of=("self",))
            .select_related("source", "proposed_by", "allocation")
            .get(pk=decision.pk)
        )
        if decision.confirmed_at is not None:
            return decision
        if decision.withdrawn_at is not None:
            raise WrongStateError("This decision was withdrawn.", mend="Propose it afresh.")
        if decision.proposed_by_id == by.pk:
            raise NotAllowedError("You proposed this decision.", mend="Ask the other director to confirm it.")
        if decision.allocation is not None:
            Allocation.objects.select_for_update(no_key=True).get(pk=decision.allocation.pk)
        _require_there(decision)
        at = core_now()
        decision.journal = post_journal(
            by=decision.proposed_by,
            entry=Entry(
                kind=JournalKind(decision.kind),
                key=f"decision:{decision.pk}",
                lines=_lines(decision),
                effective_on=localdate(at),
                reference=f"decision {decision.pk}",
                approver=by,
            ),
        )
        decision.confirmed_by, decision.confirmed_at = by, at
        decision.save(update_fields=["journal", "confirmed_by", "confirmed_at"])
        if decision.allocation is not None:
            _take_from(by, decision.allocation, decision)
        return decision


def withdraw_decision(*, by: User, decision: FundDecision) -> FundDecision:
    """Take a proposed decision back. Twice changes nothing.

    Raises:
        NotAllowedError: `by` may not manage the endowment.
        WrongStateError: It is posted already.
    """
    require(by, Permission.MANAGE_ENDOWMENT)
    with acting(by, "withdrew a proposed decision"):
        decision = FundDecision.objects.select_for_update().get(pk=decision.pk)
        if decision.confirmed_at is not None:
            raise WrongStateError("This decision is posted.", mend="Only another decision can undo it.")
        if decision.withdrawn_at is None:
            decision.withdrawn_by, decision.withdrawn_at = by, core_now()
            decision.save(update_fields=["withdrawn_by", "withdrawn_at"])
        return decision


def _propose(by: User, decision: FundDecision, reason: str) -> FundDecision:
    """Write the decision down; the same one again, while it waits, is the first."""
    require(by, Permission.MANAGE_ENDOWMENT)
    if not reason.strip():
        raise DomainError("A decision needs a reason that everyone may read.", mend="Say why.")
    if decision.amount_pence < 1:
        raise DomainError("A decision must move money.", mend="Enter an amount above zero.")
    said = {
        name: getattr(decision, name) for name in ("kind", "source", "giver", "taker", "allocation", "amount_pence")
    } | {"reason": reason.strip(), "proposed_by": by}
    with acting(by, f"proposed: {decision.get_kind_display().lower()}"):
        _require_there(decision)
        return FundDecision.objects.proposed().filter(**said).first() or FundDecision.objects.create(**said)


def _require_there(decision: FundDecision) -> None:
    """Refuse, under the lock of the sources, what is not there to be moved."""
    standing = next(
        (standing for standing in lock_sources() if standing.source.pk == decision.source_id),
        None,
    )
    if standing is None:
        raise DomainError(f"Nothing is decided about “{decision.source}”.", mend="Choose another source.")
    if decision.allocation is None:
        there, where = standing.free_by_strand[Strand(decision.giver)], "free for this purpose"
    else:
        place = decision.allocation.neighbourhood_id
        if Agreement.objects.filter(allocation__neighbourhood=place, status__in=UNDECIDED).exists():
            raise ConflictError("An agreement of this place is being decided.", mend="Wait until it is decided.")
        there, where = allocated_by_source(place).get(decision.source_id, 0), "set aside and in no agreement"
    if decision.amount_pence > there:
        raise DomainError(
            f"{in_pounds(decision.amount_pence)} is to move, but only {in_pounds(there)} from “{decision.source}” is "
            f"{where}.",
            mend="Move less.",
        )


def _lines(decision: FundDecision) -> list[Line]:
    if decision.allocation is None:
        return postings.strand_transfer(
            decision.source_id,
            giver=Strand(decision.giver),
            taker=Strand(decision.taker),
            pence=decision.amount_pence,
        )
    place = Purse(decision.source_id, Strand.PLACE, neighbourhood=decision.allocation.neighbourhood_id)
    return postings.allocation_returned(place, decision.amount_pence)


def _take_from(by: User, allocation: Allocation, decision: FundDecision) -> None:
    """Say in the allocation what went back, and tell the panel and everyone."""
    allocation.refresh_from_db()
    allocation.returned_pence += decision.amount_pence
    allocation.envelope_version += 1
    allocation.save(update_fields=["returned_pence", "envelope_version"])
    publish_return(by=by, allocation=allocation, decision=decision)
