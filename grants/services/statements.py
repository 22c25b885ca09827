"""Statements of the bank: taken in whole and once; every line posts one journal."""

import hashlib
import re
from collections.abc import Mapping, Sequence

from django.conf import settings
from django.db import IntegrityError, connection, transaction

from cwf_portal.core.audit import acting
from cwf_portal.core.bulk import add_rows, among, among_texts
from cwf_portal.core.clock import core_now
from cwf_portal.core.crash_points import crash_point
from cwf_portal.core.errors import DomainError
from grants.bank import Bank, TellsEarly
from grants.domain.bank_text import Account as AccountNumber
from grants.domain.iso20022_camt053 import Statement, StatementEntry, check_next, read_statement
from grants.domain.iso20022_pain002 import reason_in_words
from grants.domain.iso20022_xml import BankMessageError
from grants.domain.ledger import JournalKind, LedgerError
from grants.domain.postings import unexplained
from grants.domain.sources import with_parts
from grants.models import (
    BankMessage,
    BankStatement,
    Hold,
    Journal,
    Source,
    StatementLine,
    Tranche,
    TrancheStatus,
)
from grants.selectors.payments import Attempt
from grants.services.clawbacks import receive_clawback
from grants.services.endowment import post_wave_received
from grants.services.matching import Finding, Match, match_entries
from grants.services.notices import last_notice_sequence, take_notice
from grants.services.orders import settle_order
from grants.services.payment_entries import file_entry, payment_entry
from grants.services.posting import Entry, constraint_of, post_journals
from grants.services.publishing import LATE, SENT, PaymentLine, publish_lines
from grants.services.rejections import (
    RECEIVER,
    hold_failed,
    hold_in_doubt,
    keep_refused,
    last_report_sequence,
    lift_returned,
    lock_messages,
    save_outcomes,
    take_report,
)
from grants.services.remittance import advise
from neighbourhoods.services import mark_stale

UNIDENTIFIED = "unidentified"
FLOOR = "grants_journal_floor"
# What one line may break; every other error is a defect of the portal and stops the statement.
LINE_ERRORS = (IntegrityError, DomainError, LedgerError)
LONGEST_FINDING = 200
NOT_THERE = "The ledger does not hold what this line would take: it was moved elsewhere before."
PAYMENT_KINDS = {
    Match.CONFIRMED: JournalKind.CONFIRMED,
    Match.RETURNED: JournalKind.RETURNED,
    Match.STANDS: JournalKind.RETURN_REVERSED,
}
SENT_BY = (Match.CONFIRMED, Match.FILE, Match.STANDS)
LINE_FIELDS = (
    "statement",
    "position",
    "bank_reference",
    "amount_pence",
    "value_on",
    "end_to_end_id",
    "reference",
    "reason_code",
    "match",
    "finding",
    "payment",
    "wave",
    "order",
    "clawback",
    "run",
    "journal",
    "turn",
)
STATES = {
    Match.CONFIRMED: TrancheStatus.PAID,
    Match.FILE: TrancheStatus.PAID,
    Match.STANDS: TrancheStatus.PAID,
    Match.RETURNED: TrancheStatus.PAYABLE,
}


def fetch_messages(*, bank: Bank) -> int:
    """Ask the bank for new reports and statements and take them in; returns how many were new.

    A message that is refused stops its kind: what follows it would leave a gap.
    """
    taken = 0
    sources = [
        (bank.reports_after, last_report_sequence, take_report),
        (bank.statements_after, last_statement_sequence, take_statement),
    ]
    if isinstance(bank, TellsEarly):
        sources.insert(0, (bank.notices_after, last_notice_sequence, take_notice))
    for ask, last, take in sources:
        going_on = True
        while going_on and (documents := ask(since := last())):
            for document in documents:
                message = take(sequence=document.sequence, content=document.content)
                going_on = message.outcome == BankMessage.Outcome.APPLIED
                if not going_on:
                    break
                crash_point("statement.committed")
            # A bank that only repeats itself is not asked again at once.
            reached = last()
            going_on = going_on and reached > since
            taken += reached - since
    return taken


def last_statement_sequence() -> int:
    """The number of the last statement taken in, 0 before the first."""
    return BankStatement.objects.values_list("sequence", flat=True).first() or 0


def take_statement(*, sequence: int, content: bytes) -> BankMessage:
    """Take one camt.053 statement in whole, or keep it as refused with the reason.

    The same statement again changes nothing, whoever brings it at the same time.

    Args:
        sequence: its number, as the bank announces it; the statement must say the same.
        content: the message as it came.
    """
    sha256 = hashlib.sha256(content).hexdigest()
    with acting(RECEIVER, f"take in statement {sequence}"):
        lock_messages()
        known = BankStatement.objects.filter(sequence=sequence).select_related("message").first()
        if known is not None and known.message.sha256 == sha256:
            return known.message
        try:
            if known is not None:
                raise BankMessageError(f"Statement {sequence} was taken in before with other content.")
            statement = read_statement(content)
            _check_follows(statement, sequence)
            _check_new_lines(statement)
        except BankMessageError as error:
            return keep_refused(kind=BankMessage.Kind.STATEMENT, sequence=sequence, content=content, error=error)
        message = BankMessage.objects.create(
            kind=BankMessage.Kind.STATEMENT,
            sequence=sequence,
            content=content,
            sha256=sha256,
            outcome=BankMessage.Outcome.APPLIED,
        )
        _apply(message, statement)
        return message


def _check_follows(statement: Statement, sequence: int) -> None:
    """Refuse another account, another number than announced, a gap, or a balance that does not carry on."""
    ours = AccountNumber(settings.FUND_ACCOUNT["sort_code"], settings.FUND_ACCOUNT["account_number"])
    if statement.account != ours:
        raise BankMessageError(f"The statement is of account {statement.account.account_number}, which is not ours.")
    if statement.sequence != sequence:
        raise BankMessageError(f"The statement calls itself {statement.sequence}; {sequence} was announced.")
    last = BankStatement.objects.first()
    check_next(sequence=sequence, last_sequence=last.sequence if last else 0)
    carried_pence = last.closing_pence if last else 0
    if statement.opening_pence != carried_pence:
        gap = statement.opening_pence - carried_pence
        raise BankMessageError(f"The opening balance differs from the last closing balance by {gap} pence.")


def _check_new_lines(statement: Statement) -> None:
    """Refuse lines that stood on an earlier statement: the bank has booked, or told, something twice."""
    references = {entry.bank_reference: entry.position for entry in statement.entries}
    told = StatementLine.objects.filter(bank_reference__in=among_texts(references))
    known = told.select_related("statement").first()
    if known is not None:
        position = references[known.bank_reference]
        raise BankMessageError(f"Line {position} of the statement, {known.bank_reference}, was {known} already.")


def _apply(message: BankMessage, statement: Statement) -> None:
    kept = BankStatement.objects.create(
        message=message,
        sequence=statement.sequence,
        closes_on=statement.closes_on,
        opening_pence=statement.opening_pence,
        closing_pence=statement.closing_pence,
        line_count=len(statement.entries),
    )
    crash_point("statement.kept")
    _take_lines(kept, statement.entries)
    crash_point("statement.to_commit")


def _take_lines(kept: BankStatement, entries: Sequence[StatementEntry]) -> None:
    """Match, post and keep every line; one that cannot be posted as what it is, is parked for people, and the rest go.

    Every rule is looked at here and not at commit, so that one line never stops the statements after it.
    """
    parked: dict[str, str] = {}
    while True:
        journals: list[int] = []
        findings: list[Finding] = []
        try:
            with transaction.atomic():
                findings = match_entries(entries, parked=parked)
                journals += _post(findings)
                crash_point("statement.posted")
                _keep_lines(kept, findings, journals)
        except LINE_ERRORS as error:
            refused = _broken(error, findings, journals) or _first_refused(kept, entries, parked)
            if refused is None:
                raise
            parked |= refused
        else:
            return


def _keep_lines(kept: BankStatement, findings: Sequence[Finding], journals: Sequence[int]) -> None:
    """Write lines down with what each was matched with and what came of it, and have every rule looked at."""
    lines = [_line(kept, finding, journal) for finding, journal in zip(findings, journals, strict=True)]
    add_rows(StatementLine, LINE_FIELDS, lines)
    record_outcomes(findings)
    check_ledger()


def check_ledger() -> None:
    """Have the rules of the ledger looked at now; what is posted later waits for commit again."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS grants_journal_sealed IMMEDIATE")
        cursor.execute("SET CONSTRAINTS grants_journal_sealed DEFERRED")


def _broken(error: Exception, findings: Sequence[Finding], journals: Sequence[int]) -> dict[str, str] | None:
    """The line whose journal broke a floor, and why; None where it was another rule, or the line is parked already."""
    if not journals or not isinstance(error, IntegrityError) or constraint_of(error) != FLOOR:
        return None
    named = re.search(r"journal (\d+)", str(error))
    by_journal = dict(zip(journals, findings, strict=True))
    found = by_journal.get(int(named[1])) if named else None
    parkable = found is not None and found.match != Match.SUSPENSE
    return {found.entry.bank_reference: NOT_THERE} if found is not None and parkable else None


def _first_refused(
    kept: BankStatement, entries: Sequence[StatementEntry], parked: Mapping[str, str]
) -> dict[str, str] | None:
    """The first line that is refused when each is posted by itself, and why; nothing of this is kept."""
    refused = None
    with transaction.atomic():
        for finding in match_entries(entries, parked=parked):
            try:
                with transaction.atomic():
                    _keep_lines(kept, [finding], _post([finding]))
            except LINE_ERRORS as error:
                if finding.match != Match.SUSPENSE:
                    refused = {finding.entry.bank_reference: _why(error)}
                break
        transaction.set_rollback(True)
    return refused


def _why(error: Exception) -> str:
    """What stands beside a line that was refused: a person can read it, and an engineer can look it up."""
    if not isinstance(error, IntegrityError):
        return f"It could not be posted as what its reference says. {error}"[:LONGEST_FINDING]
    rule = constraint_of(error)
    return NOT_THERE if rule == FLOOR else f"The books refuse this line by their rule {rule}."[:LONGEST_FINDING]


def _post(findings: Sequence[Finding]) -> list[int]:
    """The primary key of one journal a line, in the order of the lines; all but waves and orders go in together."""
    batch = [_entry(finding) for finding in findings if finding.match not in POSTED_ALONE]
    posted = iter(post_journals(by=RECEIVER, entries=batch))
    return [
        POSTED_ALONE[finding.match](finding).pk if finding.match in POSTED_ALONE else next(posted)
        for finding in findings
    ]


def _entry(finding: Finding) -> Entry:
    entry = finding.entry
    if finding.payment is not None:
        kind = PAYMENT_KINDS[finding.match]
        return payment_entry(
            kind, finding.payment, effective_on=entry.value_on, reference=entry.bank_reference, turn=finding.turn
        )
    if finding.run is not None:
        return file_entry(finding.paid, effective_on=entry.value_on, reference=entry.bank_reference)
    return Entry(
        kind=JournalKind.UNKNOWN_LINE,
        key=f"line:{entry.bank_reference}",
        lines=unexplained(Source.objects.get(code=UNIDENTIFIED).pk, entry.amount_pence),
        effective_on=entry.value_on,
        reference=entry.bank_reference,
    )


def _post_wave(finding: Finding) -> Journal:
    if finding.wave is None:
        raise ValueError(f"line {finding.entry.position} is matched to no wave")
    wave = post_wave_received(
        by=RECEIVER,
        wave=finding.wave,
        amount_pence=finding.entry.amount_pence,
        value_on=finding.entry.value_on,
        statement_line=finding.entry.bank_reference,
    )
    if wave.journal is None:
        raise ValueError(f"wave {wave.pk} was not posted")
    return wave.journal


def _post_order(finding: Finding) -> Journal:
    if finding.order is None:
        raise ValueError(f"line {finding.entry.position} is matched to no order")
    return settle_order(
        by=RECEIVER,
        order=finding.order,
        amount_pence=abs(finding.entry.amount_pence),
        value_on=finding.entry.value_on,
        statement_line=finding.entry.bank_reference,
    )


def _post_clawback(finding: Finding) -> Journal:
    if finding.clawback is None:
        raise ValueError(f"line {finding.entry.position} is matched to no claim")
    return receive_clawback(
        by=RECEIVER,
        clawback=finding.clawback,
        amount_pence=finding.entry.amount_pence,
        value_on=finding.entry.value_on,
        bank_reference=finding.entry.bank_reference,
    )


POSTED_ALONE = {Match.WAVE: _post_wave, Match.ORDER: _post_order, Match.CLAWBACK: _post_clawback}


def _line(statement: BankStatement, finding: Finding, journal_pk: int) -> tuple[object, ...]:
    entry, about = finding.entry, (finding.payment, finding.wave, finding.order, finding.clawback)
    return (
        statement.pk,
        entry.position,
        entry.bank_reference,
        entry.amount_pence,
        entry.value_on,
        entry.end_to_end_id,
        entry.reference,
        entry.reason_code,
        finding.match.value,
        finding.finding,
        *(None if row is None else row.pk for row in about),
        finding.run,
        journal_pk,
        finding.turn,
    )


def record_outcomes(findings: Sequence[Finding]) -> None:
    """Bring payments and tranches to the state that the last line about them leaves; hold what came back."""
    hold_in_doubt(
        {
            payment: f"The bank took money for {payment.end_to_end_id}, which counts as "
            f"“{payment.stands}”. Explain that bank line first."
            for payment in (finding.contradicts for finding in findings)
            if payment is not None
        }
    )
    last = {payment: finding for finding in findings for payment in (finding.payment, *finding.paid) if payment}
    if not last:
        return
    save_outcomes(last)
    for match, status in STATES.items():
        changed = [payment.tranche_pk for payment, finding in last.items() if finding.match == match]
        if changed:
            Tranche.objects.filter(pk__in=among(changed)).update(status=status)
    hold_failed(
        {
            payment: f"The bank’s reason: {reason_in_words(payment.reason_code)}."
            for payment, finding in last.items()
            if finding.match == Match.RETURNED
        },
        reason=Hold.Reason.RETURNED,
    )
    lift_returned([payment for payment, finding in last.items() if finding.match == Match.STANDS])
    sent = [payment for payment, finding in last.items() if finding.match in SENT_BY]
    advise(sent)
    _publish(
        sent=sent,
        returned=[payment for payment, finding in last.items() if finding.match == Match.RETURNED],
    )


def _publish(*, sent: Sequence[Attempt], returned: Sequence[Attempt]) -> None:
    """Tell each place; what came back is due again and no longer counts as sent."""
    publish_lines(lines=_public(sent), done_at=core_now())
    if returned:
        publish_lines(lines=_public(returned), done_at=None)
        mark_stale(
            measures=[*with_parts([SENT]), LATE], neighbourhood_ids=sorted({payment.place_pk for payment in returned})
        )


def _public(payments: Sequence[Attempt]) -> list[PaymentLine]:
    return [PaymentLine(one.tranche_pk, one.place_pk, one.due_on, one.number, one.grant_pence) for one in payments]
