"""A bank line nobody knew is explained by two people: one says what it is, another confirms, and it is posted there.

The line's own journal stays: it is answered by one that takes the amount out of suspense, and by that of the event.
"""

from collections.abc import Sequence
from dataclasses import replace

from django.db import IntegrityError, transaction
from django.db.models import Q

from cwf_portal.core.audit import acting
from cwf_portal.core.bulk import among
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import ConflictError, DomainError, NotAllowedError
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Permission, require
from grants.domain.award import split_wave
from grants.domain.iso20022_camt053 import StatementEntry
from grants.domain.ledger import Account, JournalKind, Line, Purse
from grants.domain.postings import received, spent_on_running
from grants.errors import WrongStateError
from grants.models import (
    Hold,
    Journal,
    LineClearing,
    Opinion,
    Payment,
    PaymentStatus,
    Source,
    StatementLine,
    Tranche,
    TrancheStatus,
    Wave,
)
from grants.models.payment import FAILED_AT_BANK
from grants.selectors.bank_lines import contradictions
from grants.selectors.books import books_open_from
from grants.selectors.payments import Attempt, locked_attempts
from grants.services.agreements import locked_alone
from grants.services.clawbacks import receive_clawback
from grants.services.clearing_checks import STANDS, Explanation, check_fits, paid_of_file, require_unexplained
from grants.services.endowment import post_wave_received
from grants.services.matching import Finding, Match, stands
from grants.services.overtaken import overtake_claims
from grants.services.payment_entries import payment_entry
from grants.services.posting import Entry, constraint_of, post_journal, post_journals
from grants.services.publishing import publish_held
from grants.services.rejections import lock_messages
from grants.services.statements import FLOOR, PAYMENT_KINDS, UNIDENTIFIED, check_ledger, record_outcomes

Kind = LineClearing.Kind
OVER_ONCE_PAID = (Hold.Reason.REJECTED, Hold.Reason.RETURNED, Hold.Reason.STOPPED, Hold.Reason.TAKEN_OUT)


def propose_clearing(*, by: User, line: StatementLine, explanation: Explanation, note: str) -> LineClearing:
    """Say what a line in suspense is. Nothing is posted until somebody else confirms it.

    Saying the same again returns the first proposal.

    Raises:
        NotAllowedError: `by` may not clear bank lines.
        WrongStateError: the line is explained already, or somebody has proposed something else.
        DomainError: no reason was given, or the explanation does not fit the line.
    """
    require(by, Permission.CLEAR_SUSPENSE)
    if not note.strip():
        raise DomainError("An explanation needs its reason.", mend="Say how you know, and where it can be looked up.")
    with acting(by, f"explained a bank line: {note.strip()}"):
        lock_messages()
        standing = LineClearing.objects.filter(line=line, status__in=(Opinion.PROPOSED, Opinion.CONFIRMED)).first()
        if standing is not None and (standing.proposed_by_id, standing.kind) == (by.pk, explanation.kind):
            return standing
        require_unexplained(line)
        check_fits(line, explanation)
        return LineClearing.objects.create(line=line, note=note.strip()[:300], proposed_by=by, **vars(explanation))


def confirm_clearing(*, by: User, clearing: LineClearing) -> LineClearing:
    """Confirm what another said of a line, and post it. Confirming again changes nothing.

    Raises:
        NotAllowedError: `by` may not clear bank lines, or proposed this.
        WrongStateError: it was refused, or what it names has moved on meanwhile.
        DomainError: it does not fit the line any more.
        ConflictError: the ledger does not hold what it would take.
    """
    require(by, Permission.CLEAR_SUSPENSE)
    with acting(by, "confirmed what a bank line is"):
        lock_messages()
        clearing = _locked(clearing)
        if clearing.status == Opinion.CONFIRMED:
            return clearing
        _require_open(clearing)
        if clearing.proposed_by_id == by.pk:
            raise NotAllowedError("You explained this line.", mend="Ask somebody else to confirm it.")
        _hold_still(clearing)
        check_fits(clearing.line, _explanation(clearing))
        clearing.journal = _post_within_floors(by, clearing)
        clearing.status, clearing.decided_by, clearing.decided_at = Opinion.CONFIRMED, by, core_now()
        clearing.save(update_fields=["journal", "status", "decided_by", "decided_at"])
        _lift_answered(by, clearing)
        return clearing


def refuse_clearing(*, by: User, clearing: LineClearing, reason: str) -> LineClearing:
    """Say that an explanation is wrong, or take one's own back: the line is unexplained again.

    Raises:
        NotAllowedError: `by` may not clear bank lines.
        WrongStateError: it is confirmed or refused already.
        DomainError: no reason was given.
    """
    require(by, Permission.CLEAR_SUSPENSE)
    if not reason.strip():
        raise DomainError("Refusing needs a reason.", mend="Say what is wrong with the explanation.")
    with acting(by, f"refused what a bank line is said to be: {reason.strip()}"):
        clearing = _locked(clearing)
        _require_open(clearing)
        clearing.status, clearing.decided_by, clearing.decided_at = Opinion.REFUSED, by, core_now()
        clearing.refusal = reason.strip()[:300]
        clearing.save(update_fields=["status", "decided_by", "decided_at", "refusal"])
        return clearing


def reopen_line(journal: Journal) -> None:
    """Take back what a journal said of a line, now that it is reversed: the line is unexplained again."""
    for clearing in LineClearing.objects.select_for_update().filter(journal=journal, status=Opinion.CONFIRMED):
        clearing.status = Opinion.REVERSED
        clearing.save(update_fields=["status"])


def _locked(clearing: LineClearing) -> LineClearing:
    found = LineClearing.objects.select_related(
        "line", "counter_line", "wave", "source", "clawback", "run", "proposed_by"
    )
    return found.select_for_update(of=("self",)).get(pk=clearing.pk)


def _hold_still(clearing: LineClearing) -> None:
    """Where the money of the payment stands, and how much it is, changes no more until this transaction ends."""
    if clearing.payment is not None:
        tranche = clearing.payment.tranche
        locked_alone(tranche.agreement)
        Tranche.objects.select_for_update().get(pk=tranche.pk)  # a claim takes it alone


def _require_open(clearing: LineClearing) -> None:
    if clearing.status != Opinion.PROPOSED:
        raise WrongStateError(f"This explanation is “{clearing.get_status_display().lower()}” already.")


def _explanation(clearing: LineClearing) -> Explanation:
    return Explanation(
        kind=Kind(clearing.kind),
        payment=clearing.payment,
        run=clearing.run,
        wave=clearing.wave,
        source=clearing.source,
        clawback=clearing.clawback,
        counter_line=clearing.counter_line,
    )


def _post_within_floors(by: User, clearing: LineClearing) -> Journal | None:
    """Post, and have the ledger look at it now: what it refuses is refused here, in words, and nothing is kept."""
    try:
        with transaction.atomic():
            journal = _post(by, clearing)
            check_ledger()
            return journal
    except IntegrityError as error:
        if constraint_of(error) != FLOOR:
            raise
        raise ConflictError(
            "The ledger does not hold what this explanation would take: it was moved elsewhere before.",
            mend="Refuse this explanation. Put right what moved the money, or explain the line as something else.",
        ) from error


def _post(by: User, clearing: LineClearing) -> Journal | None:
    """Take the amount out of suspense and post what it is; None where two lines cancel each other."""
    if clearing.kind == Kind.CANCELS:
        return None
    line = clearing.line
    unidentified = Purse(Source.objects.get(code=UNIDENTIFIED).pk)
    out_of_suspense: list[Line] = unidentified.move(Account.SUSPENSE, Account.CASH, line.amount_pence)
    income = _income(clearing) if clearing.kind == Kind.OTHER_INCOME else []
    cleared = post_journal(
        by=by,
        entry=Entry(
            kind=JournalKind.UNKNOWN_CLEARED,
            key=_cleared_key(line),
            lines=[*out_of_suspense, *income],
            effective_on=max(line.value_on, books_open_from()),  # as what is posted with it, if its month is closed
            reference=line.bank_reference,
            approver=clearing.proposed_by,
        ),
    )
    if clearing.payment is not None or clearing.run is not None:
        _post_payments(by, clearing)
    elif clearing.wave is not None:
        post_wave_received(
            by=by,
            wave=clearing.wave,
            amount_pence=line.amount_pence,
            value_on=line.value_on,
            statement_line=line.bank_reference,
        )
    elif clearing.clawback is not None:
        receive_clawback(
            by=by,
            clawback=clearing.clawback,
            amount_pence=line.amount_pence,
            value_on=line.value_on,
            bank_reference=line.bank_reference,
            approver=clearing.proposed_by,
        )
    elif clearing.kind != Kind.OTHER_INCOME:
        post_journal(by=by, entry=_fund_entry(clearing))
    return cleared


def _cleared_key(line: StatementLine) -> str:
    """What an explanation is posted under: another each time that one was taken back."""
    taken_back = LineClearing.objects.filter(line=line, status=Opinion.REVERSED).count()
    return f"line:{line.bank_reference}:cleared" + (f":{taken_back + 1}" if taken_back else "")


def _fund_entry(clearing: LineClearing) -> Entry:
    """Interest, a fee or a cost: the fund's own money."""
    line = clearing.line
    is_income = clearing.kind == Kind.INTEREST
    return Entry(
        kind=JournalKind(clearing.kind),
        key=f"line:{line.bank_reference}:{clearing.kind}",
        lines=_income(clearing) if is_income else spent_on_running(clearing.source_id or 0, -line.amount_pence),
        effective_on=line.value_on,
        reference=line.bank_reference,
        approver=clearing.proposed_by,
    )


def _income(clearing: LineClearing) -> list[Line]:
    """Free money by strand, in the shares by which the source's waves divide."""
    source = clearing.source
    wave = Wave.objects.filter(source=source).select_related("programme").order_by("-pk").first()
    if source is None or wave is None:
        raise DomainError("No wave of that source tells how money divides.", mend="Choose the source it was held for.")
    return received(source.pk, split_wave(clearing.line.amount_pence, wave.programme.wave_pct))


def _post_payments(by: User, clearing: LineClearing) -> None:
    """Bring one payment, or all of a file, to paid or returned, as the statement would have."""
    line, is_return = clearing.line, clearing.kind == Kind.RETURNED
    paid = [payment.pk for payment in paid_of_file(line, clearing.run)] if clearing.run else [clearing.payment_id or 0]
    payments = locked_attempts(Payment.objects.filter(pk__in=among(paid)))
    if is_return and clearing.payment is not None:
        overtake_claims(by=by, approver=clearing.proposed_by, payment=clearing.payment)
    matches = [_becomes(payment, is_return=is_return) for payment in payments]
    _record(line, list(zip(payments, matches, strict=True)), by=by, approver=clearing.proposed_by)


def _becomes(payment: Attempt, *, is_return: bool) -> StatementLine.Match:
    if is_return:
        return Match.RETURNED
    return Match.STANDS if payment.status == PaymentStatus.RETURNED else Match.CONFIRMED


def _from_where_it_stands(entry: Entry, payment: Attempt) -> Entry:
    """A payment that failed at the bank is payable again, or promised where its next attempt was taken back since."""
    if payment.status not in FAILED_AT_BANK:
        return entry
    left, account = (Account.INSTRUCTED, Account.PAYABLE), STANDS[TrancheStatus(payment.tranche_status)]
    lines = [one._replace(account=account) if one.account in left else one for one in entry.lines]
    return replace(entry, lines=lines)


def _lift_answered(by: User, clearing: LineClearing) -> None:
    """Lift what two people have answered: that a payment failed, and doubts that no other line raises still.

    What was paid after all needs no further attempt: that one of them was stopped or taken out of its file holds
    nothing any more either.
    """
    said = [clearing.line, *([clearing.counter_line] if clearing.counter_line else [])]
    names = [line.end_to_end_id for line in said if line.end_to_end_id]
    paid = Q(tranche__payments=clearing.payment_id) if clearing.kind == Kind.PAYMENT else Q(pk=None)
    still = Payment.objects.filter(end_to_end_id__in=contradictions().values("end_to_end_id")).values("tranche")
    doubts = Q(reason=Hold.Reason.IN_DOUBT) & (paid | Q(tranche__payments__end_to_end_id__in=names))
    answered = Hold.objects.open().filter(
        Q(reason__in=OVER_ONCE_PAID) & paid | doubts & ~Q(tranche__in=still), tranche__isnull=False
    )
    at, holds = core_now(), list(answered)
    own = [hold.pk for hold in holds if hold.placed_by_id == by.pk]  # whoever placed a hold never lifts it
    others = [hold.pk for hold in holds if hold.placed_by_id != by.pk]
    for lifter, pks in ((by, others), (clearing.proposed_by, own)):
        Hold.objects.filter(pk__in=pks).update(
            lifted_by=lifter, lifted_at=at, lift_reason="Two people have explained the bank’s line."
        )
    publish_held(tranche_pks={hold.tranche_id for hold in holds if hold.tranche_id is not None})


def _record(
    line: StatementLine, found: Sequence[tuple[Attempt, StatementLine.Match]], *, by: User, approver: User
) -> None:
    """Post what became of each payment, and bring it there."""
    entries = []
    for payment, match in found:
        entry = payment_entry(
            PAYMENT_KINDS[match],
            payment,
            effective_on=line.value_on,
            reference=line.bank_reference,
            approver=approver,
            turn=payment.turn + (match == Match.STANDS),
        )
        entries.append(_from_where_it_stands(entry, payment))
        if match == Match.STANDS:
            stands(payment, on=line.value_on)
        elif match == Match.RETURNED:
            payment.status, payment.failed_on = PaymentStatus.RETURNED, line.value_on
            payment.reason_code = line.reason_code
        else:
            payment.status, payment.confirmed_on = PaymentStatus.CONFIRMED, line.value_on
            payment.failed_on, payment.reason_code = None, ""
    post_journals(by=by, entries=entries)
    record_outcomes([Finding(_entry(line), match, payment=payment) for payment, match in found])


def _entry(line: StatementLine) -> StatementEntry:
    return StatementEntry(
        position=line.position,
        bank_reference=line.bank_reference,
        amount_pence=line.amount_pence,
        booked_on=line.value_on,
        value_on=line.value_on,
        end_to_end_id=line.end_to_end_id,
        reference=line.reference,
        is_return=line.amount_pence > 0,
        reason_code=line.reason_code,
    )
