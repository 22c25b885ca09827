"""Money asked back: one officer proposes, the head of grants or above raises it; the bank's line settles it.

What is asked back is due, not spendable; what comes goes to the place's own allocation, and the contribution to the
fund. Cash moves only on the bank's lines.
"""

from collections.abc import Sequence
from datetime import date

from django.db.models import Max
from django.utils.timezone import localdate

from cwf_portal.core.addresses import address_of
from cwf_portal.core.audit import Actor, acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import ConflictError, DomainError, NotAllowedError
from cwf_portal.core.figures_text import day_text
from cwf_portal.core.messages import send_many
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Permission, require
from grants.domain.authority import Rank
from grants.domain.award import Strand
from grants.domain.clawback import Share, divide_claim, settled_between
from grants.domain.ledger import JournalKind, Line, Purse
from grants.domain.postings import (
    clawback_overtaken,
    clawback_raised,
    clawback_received,
    clawback_withdrawn,
    written_off,
)
from grants.domain.references import reference_for
from grants.domain.sources import with_parts
from grants.errors import LimitError, WrongStateError, in_pounds
from grants.models import Agreement, BodyContact, Clawback, ClawbackFunding, ClawbackReceipt, Journal, Opinion, WriteOff
from grants.models.agreement import ACCEPTED
from grants.selectors.clawbacks import (
    claimable_shares,
    open_pence,
    paid_less_claims,
    received_pence,
    shares_of,
    write_off_limit_pence,
    written_off_of,
)
from grants.selectors.days import today
from grants.services.agreements import locked
from grants.services.approvals import officer_today, require_not_one
from grants.services.posting import Entry, post_journal
from grants.services.publishing import PROMISED, SENT
from grants.services.rejections import lock_messages
from grants.services.sides import require_no_side
from neighbourhoods.services import mark_stale

LOWEST_RANK = Rank.HEAD_OF_GRANTS
SAYS = {
    JournalKind.CLAWBACK_RAISED: clawback_raised,
    JournalKind.CLAWBACK_RECEIVED: clawback_received,
    JournalKind.WRITTEN_OFF: written_off,
    JournalKind.CLAWBACK_WITHDRAWN: clawback_withdrawn,
    JournalKind.CLAWBACK_OVERTAKEN: clawback_overtaken,
}
S = Clawback.Status


def propose_clawback(
    *, by: User, agreement: Agreement, amount_pence: int, ground: Clawback.Ground, reason: str, pay_by_on: date
) -> Clawback:
    """Propose to ask money back. The organisation's contribution follows the grant. The same again is the first.

    Args:
        by: An officer who reviews agreements.
        agreement: One that was accepted.
        amount_pence: How much of the grant is asked back.
        ground: Why; slow spending is none.
        reason: What happened, as the organisation will read it.
        pay_by_on: The day by which the money should be back.

    Raises:
        NotAllowedError: `by` may not review agreements.
        DomainError: No reason, a day that has passed, or more than was paid and is not asked back yet.
        WrongStateError: The agreement was never accepted.
        ConflictError: Another claim on it is proposed already.
    """
    require(by, Permission.REVIEW_AGREEMENT)
    if not reason.strip():
        raise DomainError("A claim needs its reason.", mend="Say what happened; the organisation reads it.")
    if pay_by_on <= localdate(core_now()):
        raise DomainError("The organisation needs time to pay.", mend="Enter a day to come.")
    with acting(by, f"proposed to ask money back: {reason.strip()}"):
        agreement = locked(agreement)
        if agreement.status not in ACCEPTED:
            raise WrongStateError("Nothing was paid under this agreement.", mend="There is nothing to ask back.")
        standing = agreement.clawbacks.filter(status=S.PROPOSED).first()
        if standing is not None:
            if (standing.proposed_by_id, standing.amount_pence, standing.ground) == (by.pk, amount_pence, ground):
                return standing
            raise ConflictError("A claim is proposed already.", mend="Decide on that one first.")
        return _create(by, agreement, _shares(agreement, amount_pence), said=(ground, reason.strip(), pay_by_on))


def _shares(agreement: Agreement, amount_pence: int) -> list[Share]:
    available = claimable_shares(agreement.pk)
    try:
        return divide_claim(available, amount_pence)
    except ValueError as error:
        there = in_pounds(sum(share.place_pence for share in available))
        raise DomainError(
            f"{in_pounds(amount_pence)} of grant cannot be asked back.", mend=f"Enter up to {there}, what was paid."
        ) from error


def _create(
    by: User, agreement: Agreement, shares: Sequence[Share], *, said: tuple[Clawback.Ground, str, date]
) -> Clawback:
    number = 1 + (agreement.clawbacks.aggregate(last=Max("number"))["last"] or 0)
    ground, reason, pay_by_on = said
    clawback = Clawback.objects.create(
        agreement=agreement,
        number=number,
        reference=reference_for(natural_key=f"clawback:{agreement.reference}:{number}"),
        ground=ground,
        reason=reason[:500],
        amount_pence=sum(share.place_pence for share in shares),
        contribution_pence=sum(share.body_pence for share in shares),
        pay_by_on=pay_by_on,
        proposed_by=by,
    )
    ClawbackFunding.objects.bulk_create(
        ClawbackFunding(
            clawback=clawback,
            source_id=share.source,
            amount_pence=share.place_pence,
            contribution_pence=share.body_pence,
        )
        for share in shares
    )
    return clawback


def raise_clawback(*, by: User, clawback: Clawback) -> Clawback:
    """Raise a claim that another proposed, and write to the organisation. Twice changes nothing.

    Raises:
        NotAllowedError: `by` may not approve agreements, is of too low a rank today, has handed over their authority,
            proposed it, or counts as one person with whoever did.
        WrongStateError: It was refused.
        ConflictError: What was paid came back meanwhile.
    """
    require(by, Permission.APPROVE_AGREEMENT)
    with acting(by, "asked money back"):
        lock_messages()  # a statement that brings the payment back is taken in before or after, never beside
        agreement, clawback = locked_claim(clawback)
        if clawback.status in (S.RAISED, S.SETTLED):
            return clawback
        _require_proposed(clawback)
        if clawback.proposed_by_id == by.pk:
            raise NotAllowedError("You proposed this claim.", mend="Ask the head of grants to raise it.")
        require_not_one(by, clawback.proposed_by, since=clawback.proposed_at)
        if officer_today(by).rank < LOWEST_RANK:
            raise NotAllowedError("Your rank may not ask money back.", mend="Ask the head of grants.")
        shares = shares_of(clawback)
        _require_still_paid(agreement)
        at = core_now()
        clawback.journal = post_of_claim(
            JournalKind.CLAWBACK_RAISED, clawback, shares, by=clawback.proposed_by, approver=by, on=localdate(at)
        )
        clawback.status, clawback.decided_by, clawback.decided_at = S.RAISED, by, at
        clawback.save(update_fields=["journal", "status", "decided_by", "decided_at"])
        _write_to_body(clawback)
        return clawback


def _require_still_paid(agreement: Agreement) -> None:
    """What stands in claims, this one too, is still covered by what was paid: a payment may have come back since."""
    if any(share.place_pence < 0 or share.body_pence < 0 for share in paid_less_claims(agreement.pk)):
        raise ConflictError("Less is paid than this claim asks back.", mend="Refuse it, and propose it anew.")


def refuse_clawback(*, by: User, clawback: Clawback, reason: str) -> Clawback:
    """Decide against a claim, or take one's own back. Nothing was posted.

    Raises:
        NotAllowedError: `by` neither proposed it nor may approve agreements.
        DomainError: No reason was given.
        WrongStateError: It is decided already.
    """
    if clawback.proposed_by_id != by.pk:
        require(by, Permission.APPROVE_AGREEMENT)
    if not reason.strip():
        raise DomainError("A refusal needs a reason.", mend="Say why the money is not asked back.")
    with acting(by, f"refused to ask money back: {reason.strip()}"):
        _, clawback = locked_claim(clawback)
        _require_proposed(clawback)
        clawback.status, clawback.refusal = S.REFUSED, reason.strip()[:300]
        clawback.decided_by, clawback.decided_at = by, core_now()
        clawback.save(update_fields=["status", "refusal", "decided_by", "decided_at"])
        return clawback


def locked_claim(clawback: Clawback) -> tuple[Agreement, Clawback]:
    """The agreement and the claim, locked in this order."""
    return locked(Agreement(pk=clawback.agreement_id)), _only_claim(clawback)


def _only_claim(clawback: Clawback) -> Clawback:
    found = Clawback.objects.select_related("agreement__allocation", "agreement__body", "proposed_by")
    return found.select_for_update(of=("self",)).get(pk=clawback.pk)


def _require_proposed(clawback: Clawback) -> None:
    if clawback.status != S.PROPOSED:
        raise WrongStateError(f"This claim is “{clawback.get_status_display().lower()}” already.")


def receive_clawback(
    *,
    by: Actor,
    clawback: Clawback,
    amount_pence: int,
    value_on: date,
    bank_reference: str,
    approver: User | None = None,
) -> Journal:
    """Post a line of the bank that pays a claim, whole or in part. The same line again changes nothing.

    Args:
        by: Who read the statement; `system:statements` for the machine.
        clawback: A raised claim.
        amount_pence: What came in, above zero and no more than is open.
        value_on: The bank's value date.
        bank_reference: How the bank calls the line.
        approver: Who said that the line is this claim, where another confirmed it.

    Raises:
        ConflictError: The claim is settled, or less of it is open.
    """
    with acting(by, "money came back"):
        clawback = _only_claim(clawback)
        known = ClawbackReceipt.objects.filter(clawback=clawback, bank_reference=bank_reference).first()
        if known is not None:
            return known.journal
        before, still = received_pence(clawback), open_pence(clawback)
        if not 0 < amount_pence <= still:
            raise ConflictError(
                f"{in_pounds(still)} of this claim is open, the line is {in_pounds(amount_pence)}.",
                mend="Explain the line as something else, or send the money back.",
            )
        journal = post_of_claim(
            JournalKind.CLAWBACK_RECEIVED,
            clawback,
            settled_between(shares_of(clawback), before, before + amount_pence),
            by=by,
            approver=approver,
            on=value_on,
            reference=bank_reference,
        )
        ClawbackReceipt.objects.create(
            clawback=clawback,
            amount_pence=amount_pence,
            value_on=value_on,
            bank_reference=bank_reference,
            journal=journal,
        )
        if amount_pence == still:
            clawback.status = S.SETTLED
            clawback.save(update_fields=["status"])
        mark_stale(
            measures=with_parts([SENT, PROMISED]), neighbourhood_ids=[clawback.agreement.allocation.neighbourhood_id]
        )
        return journal


def propose_write_off(*, by: User, clawback: Clawback, reason: str) -> WriteOff:
    """Propose that what is open of a claim will not come. Proposing again returns the first proposal.

    Raises:
        NotAllowedError: `by` may not review agreements.
        DomainError: No reason was given.
        WrongStateError: Nothing of the claim is open.
    """
    require(by, Permission.REVIEW_AGREEMENT)
    if not reason.strip():
        raise DomainError("A write-off needs its reason.", mend="Say what was tried, and why it will not come.")
    with acting(by, f"proposed to write a debt off: {reason.strip()}"):
        _, clawback = locked_claim(clawback)
        still = open_pence(clawback)
        if not still:
            raise WrongStateError("Nothing of this claim is open.", mend="There is nothing to write off.")
        standing = clawback.write_offs.filter(status=Opinion.PROPOSED).first()
        if standing is not None and standing.kind != WriteOff.Kind.LOST:
            raise ConflictError("It is proposed to withdraw this claim.", mend="Decide on that first.")
        if standing is not None:
            return standing
        return WriteOff.objects.create(
            clawback=clawback, amount_pence=still, reason=reason.strip()[:500], proposed_by=by
        )


def confirm_write_off(*, by: User, write_off: WriteOff) -> WriteOff:
    """Agree that the rest will not come, within the limit of one's rank. Twice changes nothing.

    Raises:
        NotAllowedError: `by` may not approve agreements, has handed over their authority, proposed it, or counts as
            one person with whoever did.
        LimitError: With what was written off of this agreement before it is above the limit.
        WrongStateError: It was refused.
        ConflictError: Something came meanwhile.
    """
    require(by, Permission.APPROVE_AGREEMENT)
    with acting(by, "wrote a debt off"):
        agreement, clawback, write_off = locked_write_off(write_off)
        if write_off.status == Opinion.CONFIRMED:
            return write_off
        require_open(write_off)
        if write_off.kind != WriteOff.Kind.LOST:
            raise WrongStateError("This claim is to be withdrawn, not written off.", mend="Open it again.")
        if write_off.proposed_by_id == by.pk:
            raise NotAllowedError("You proposed this.", mend="Ask somebody else, within their limit.")
        require_no_side(by, [agreement], on=today())
        require_not_one(by, write_off.proposed_by, since=write_off.proposed_at)
        before = received_pence(clawback)
        if open_pence(clawback) != write_off.amount_pence:
            raise ConflictError("Money came since this was proposed.", mend="Refuse it, and propose what is left.")
        require_within_limit(by, agreement, write_off)
        at = core_now()
        write_off.journal = post_of_claim(
            JournalKind.WRITTEN_OFF,
            clawback,
            settled_between(shares_of(clawback), before, before + write_off.amount_pence),
            by=write_off.proposed_by,
            approver=by,
            on=localdate(at),
        )
        write_off.status, write_off.decided_by, write_off.decided_at = Opinion.CONFIRMED, by, at
        write_off.save(update_fields=["journal", "status", "decided_by", "decided_at"])
        clawback.status = S.SETTLED
        clawback.save(update_fields=["status"])
        return write_off


def require_within_limit(by: User, agreement: Agreement, write_off: WriteOff) -> None:
    """Refuse what, with all that was given up of the agreement before, is above the limit of one's rank.

    Raises:
        LimitError: With the numbers.
    """
    limit = write_off_limit_pence(officer_today(by).rank, localdate(core_now()))
    whole = write_off.amount_pence + written_off_of(agreement.pk)
    if whole > limit:
        raise LimitError(
            f"{in_pounds(whole)} of this agreement would be written off; you may write off {in_pounds(limit)}.",
            mend="Ask somebody with a higher limit.",
        )


def refuse_write_off(*, by: User, write_off: WriteOff, reason: str) -> WriteOff:
    """Decide against a write-off or a withdrawal, or take one's own proposal back: the claim stays open.

    Raises:
        NotAllowedError: `by` neither proposed it nor may approve agreements.
        DomainError: No reason was given.
        WrongStateError: It is decided already.
    """
    if write_off.proposed_by_id != by.pk:
        require(by, Permission.APPROVE_AGREEMENT)
    if not reason.strip():
        raise DomainError("A refusal needs a reason.", mend="Say what should be tried first.")
    with acting(by, f"refused to give a claim up: {reason.strip()}"):
        _, _, write_off = locked_write_off(write_off)
        require_open(write_off)
        write_off.status, write_off.refusal = Opinion.REFUSED, reason.strip()[:300]
        write_off.decided_by, write_off.decided_at = by, core_now()
        write_off.save(update_fields=["status", "refusal", "decided_by", "decided_at"])
        return write_off


def locked_write_off(write_off: WriteOff) -> tuple[Agreement, Clawback, WriteOff]:
    """The agreement, the claim and what was proposed of it, locked in this order."""
    agreement, clawback = locked_claim(write_off.clawback)
    found = WriteOff.objects.select_related("proposed_by").select_for_update(of=("self",)).get(pk=write_off.pk)
    return agreement, clawback, found


def require_open(write_off: WriteOff) -> None:
    """Refuse what is decided already."""
    if write_off.status != Opinion.PROPOSED:
        raise WrongStateError(f"This proposal is “{write_off.get_status_display().lower()}” already.")


def post_of_claim(
    kind: JournalKind,
    clawback: Clawback,
    shares: Sequence[Share],
    *,
    by: Actor,
    approver: User | None,
    on: date,
    reference: str = "",
) -> Journal:
    """One event of a claim, each source and strand by itself."""
    place, agreement = clawback.agreement.allocation.neighbourhood_id, clawback.agreement_id
    lines: list[Line] = []
    for share in shares:
        for strand, pence in ((Strand.PLACE, share.place_pence), (Strand.BODY_CONTRIBUTION, share.body_pence)):
            if pence:
                lines += SAYS[kind](Purse(share.source, strand, place, agreement), pence)
    entry = Entry(
        kind=kind,
        key=":".join(filter(None, ("clawback", clawback.reference, kind.value, reference))),
        lines=lines,
        effective_on=on,
        reference=reference or clawback.reference,
        approver=approver,
    )
    return post_journal(by=by, entry=entry)


def _write_to_body(clawback: Clawback) -> None:
    """Tell everybody who acts for the organisation what is asked back, why, by when and how."""
    contacts = BodyContact.objects.standing().filter(body=clawback.agreement.body_id)
    page = address_of("grants:own-clawback", clawback.agreement.reference, clawback.number)
    text = "\n".join(
        [
            f"The Community Wealth Fund asks back {in_pounds(clawback.total_pence)} under agreement "
            f"{clawback.agreement.reference}.",
            "",
            f"Why: {clawback.get_ground_display()}. {clawback.reason}",
            f"By when: {day_text(clawback.pay_by_on)}",
            f"Reference on your transfer: {clawback.reference}",
            "",
            f"The whole letter, with where to pay: {page}",
            "If you think that this is wrong, tell your grants officer before that day.",
        ]
    )
    addresses = sorted(set(contacts.values_list("user__email", flat=True)))
    send_many(
        ((one, f"Please pay back {in_pounds(clawback.total_pence)}", text) for one in addresses),
        topic="grants.clawback",
    )
