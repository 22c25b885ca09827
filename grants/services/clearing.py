"""A bank line nobody knew is explained by two people: one says what it is, another confirms, and it is posted there.

The line's own journal stays: it is answered by one that takes the amount out of suspense, and by that of the event.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

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
from grants.errors import WrongStateError, in_pounds
from grants.models import (
    Clawback,
    Hold,
    Journal,
    LineClearing,
    LineGroup,
    Opinion,
    Payment,
    PaymentRun,
    PaymentStatus,
    Source,
    StatementLine,
    Tranche,
    TrancheStatus,
    Wave,
)
from grants.models.payment import PaymentQuerySet
from grants.selectors.bank_lines import contradictions
from grants.selectors.books import books_open_from
from grants.selectors.clawbacks import is_covered, open_pence, overtaken_by, paid_less_claims, parts_of
from grants.selectors.payments import Attempt, locked_attempts
from grants.services.agreements import locked_alone
from grants.services.clawbacks import receive_clawback
from grants.services.endowment import post_wave_received
from grants.services.matching import WITH_BANK, Finding, Match, paid_for
from grants.services.overtaken import overtake_claims
from grants.services.payment_entries import payment_entry
from grants.services.posting import Entry, constraint_of, post_journal, post_journals
from grants.services.publishing import publish_held
from grants.services.rejections import lock_messages
from grants.services.statements import FLOOR, UNIDENTIFIED, check_ledger, record_outcomes

Kind = LineClearing.Kind
CREDITS = (Kind.RETURNED, Kind.WAVE, Kind.CLAWBACK, Kind.INTEREST, Kind.OTHER_INCOME)
DEBITS = (Kind.PAYMENT, Kind.FILE, Kind.BANK_FEE, Kind.RUNNING_COST)
STANDS = {TrancheStatus.PAYABLE: Account.PAYABLE, TrancheStatus.COMMITTED: Account.COMMITTED}


@dataclass(frozen=True)
class Explanation:
    """What a line is said to be: its kind and the one thing that the kind needs."""

    kind: LineClearing.Kind
    payment: Payment | None = None
    run: PaymentRun | None = None
    wave: Wave | None = None
    source: Source | None = None
    clawback: Clawback | None = None
    counter_line: StatementLine | None = None


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
        _require_unexplained(line)
        _check_fits(line, explanation)
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
        _check_fits(clearing.line, _explanation(clearing))
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


def _require_unexplained(line: StatementLine) -> None:
    if not StatementLine.objects.in_group(LineGroup.UNEXPLAINED).filter(pk=line.pk).exists():
        raise WrongStateError("This line is explained, or somebody has proposed what it is.", mend="Open it again.")


def _check_fits(line: StatementLine, said: Explanation) -> None:
    """Refuse what cannot be true: the wrong direction, another amount to the penny, a payment that has moved on."""
    if (said.kind in CREDITS and line.amount_pence < 0) or (said.kind in DEBITS and line.amount_pence > 0):
        raise DomainError("Money came in and this explains money that went out, or the reverse.")
    if said.payment is not None:
        _require_amount(line, said.payment.total_pence, "The payment")
        _check_payment(said)
    if said.run is not None:
        _paid_of_file(line, said.run)
    if said.wave is not None and said.wave.received_on is not None:
        raise WrongStateError("That money has arrived already.", mend="Choose something else.")
    if said.source is not None and not said.source.is_spendable:
        raise DomainError(f"Nothing is booked under “{said.source}”.", mend="Choose whose money it is.")
    if said.clawback is not None:
        _check_claim(line, said.clawback)
    if said.counter_line is not None:
        _check_counter(line, said.counter_line)


def _paid_of_file(line: StatementLine, run: PaymentRun) -> list[Payment]:
    """The payments of a file that the line pays for: all that the bank has not answered for, or those of one day."""
    owed = with_bank(run)
    paid = paid_for(list(owed), pence=-line.amount_pence, value_on=line.value_on)
    if not paid:
        _require_amount(line, owed.total_pence(), "What the bank still owes an answer for in that file")
    return paid


def _require_amount(line: StatementLine, pence: int, what: str) -> None:
    if abs(line.amount_pence) != pence:
        raise DomainError(
            f"{what} is {in_pounds(pence)}, the line is {in_pounds(abs(line.amount_pence))}.",
            mend="It must be the same to the penny; ask the bank for a correcting line.",
        )


def _check_payment(said: Explanation) -> None:
    payment = Payment.objects.get(pk=said.payment.pk) if said.payment else None
    if payment is None:
        return
    wanted = (*WITH_BANK, PaymentStatus.REJECTED) if said.kind == Kind.PAYMENT else (PaymentStatus.CONFIRMED,)
    if payment.status not in wanted:
        raise WrongStateError(f"That payment is “{payment.get_status_display().lower()}”.", mend="Choose another.")
    if said.kind == Kind.RETURNED and not _can_come_back(payment):
        raise DomainError(
            "Part of what that payment brought was asked back.", mend="Settle or withdraw the claim first."
        )
    if payment.status == PaymentStatus.REJECTED and _has_later_attempt(payment):
        raise WrongStateError(
            "That payment was rejected and is being paid again.", mend="Ask the bank for one of the two back."
        )
    if payment.status == PaymentStatus.REJECTED and not _is_still_promised(payment):
        raise WrongStateError(
            "What was promised with that payment has changed since it was rejected.",
            mend="Ask the bank for the money back; the two lines then cancel each other.",
        )


def _check_claim(line: StatementLine, clawback: Clawback) -> None:
    still = open_pence(Clawback.objects.get(pk=clawback.pk))
    if line.amount_pence > still:
        raise DomainError(
            f"{in_pounds(still)} of that claim is open, the line is {in_pounds(line.amount_pence)}.",
            mend="Choose something else, or send the money back.",
        )


def _can_come_back(payment: Payment) -> bool:
    """Whether all that the payment brought is paid and not asked back, or was only asked back by claims now closed."""
    there = paid_less_claims(payment.tranche.agreement_id)
    return is_covered(parts_of(payment), there) or bool(overtaken_by(payment))


def _has_later_attempt(payment: Payment) -> bool:
    return Payment.objects.live().filter(tranche=payment.tranche_id).exclude(pk=payment.pk).exists()


def _is_still_promised(payment: Payment) -> bool:
    """Whether exactly what the payment was to bring stands ready: nothing varied, raised or ended it since."""
    due = payment.tranche
    alike = (due.amount_pence, due.uplift_pence, due.contribution_pence) == (
        payment.amount_pence,
        payment.uplift_pence,
        payment.contribution_pence,
    )
    return alike and due.status in STANDS


def _check_counter(line: StatementLine, counter: StatementLine) -> None:
    _require_unexplained_counter(line, counter)
    if line.amount_pence + counter.amount_pence != 0:
        raise DomainError("The two lines do not cancel each other to the penny.", mend="Choose another line.")


def _require_unexplained_counter(line: StatementLine, counter: StatementLine) -> None:
    claims = LineClearing.objects.filter(line=line, counter_line=counter, status=Opinion.PROPOSED)
    if not claims.exists():
        _require_unexplained(counter)


def with_bank(run: PaymentRun) -> PaymentQuerySet:
    """Payments of a run that the bank has not yet answered for."""
    return Payment.objects.with_bank().filter(run=run)


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
    paid = [payment.pk for payment in _paid_of_file(line, clearing.run)] if clearing.run else [clearing.payment_id or 0]
    payments = locked_attempts(Payment.objects.filter(pk__in=among(paid)))
    kind = JournalKind.RETURNED if is_return else JournalKind.CONFIRMED
    if is_return and clearing.payment is not None:
        overtake_claims(by=by, approver=clearing.proposed_by, payment=clearing.payment)
    entries = [
        payment_entry(
            kind, payment, effective_on=line.value_on, reference=line.bank_reference, approver=clearing.proposed_by
        )
        for payment in payments
    ]
    post_journals(
        by=by, entries=[_from_where_it_stands(entry, payment) for entry, payment in zip(entries, payments, strict=True)]
    )
    _record(line, payments, is_return=is_return)


def _from_where_it_stands(entry: Entry, payment: Attempt) -> Entry:
    """A payment that counts as rejected is payable again, or promised where its next attempt was taken back since."""
    if payment.status != PaymentStatus.REJECTED:
        return entry
    account = STANDS[TrancheStatus(payment.tranche_status)]
    lines = [one._replace(account=account) if one.account is Account.INSTRUCTED else one for one in entry.lines]
    return replace(entry, lines=lines)


def _lift_answered(by: User, clearing: LineClearing) -> None:
    """Lift what two people have answered: that a payment failed, and doubts that no other line raises still."""
    said = [clearing.line, *([clearing.counter_line] if clearing.counter_line else [])]
    names = [line.end_to_end_id for line in said if line.end_to_end_id]
    paid = Q(tranche__payments=clearing.payment_id) if clearing.kind == Kind.PAYMENT else Q(pk=None)
    still = Payment.objects.filter(end_to_end_id__in=contradictions().values("end_to_end_id")).values("tranche")
    doubts = Q(reason=Hold.Reason.IN_DOUBT) & (paid | Q(tranche__payments__end_to_end_id__in=names))
    answered = Hold.objects.open().filter(
        Q(reason=Hold.Reason.REJECTED) & paid | doubts & ~Q(tranche__in=still), tranche__isnull=False
    )
    holds = {hold.pk: hold.tranche_id for hold in answered}
    Hold.objects.filter(pk__in=holds).update(
        lifted_by=by, lifted_at=core_now(), lift_reason="Two people have explained the bank’s line."
    )
    publish_held(tranche_pks={pk for pk in holds.values() if pk is not None})


def _record(line: StatementLine, payments: Sequence[Attempt], *, is_return: bool) -> None:
    for payment in payments:
        if is_return:
            payment.status, payment.failed_on = PaymentStatus.RETURNED, line.value_on
            payment.reason_code = line.reason_code
        else:
            payment.status, payment.confirmed_on = PaymentStatus.CONFIRMED, line.value_on
            payment.failed_on, payment.reason_code = None, ""
    match = Match.RETURNED if is_return else Match.CONFIRMED
    record_outcomes([Finding(_entry(line), match, payment=payment) for payment in payments])


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
