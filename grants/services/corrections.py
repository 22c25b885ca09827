"""Correcting a clerical error in the ledger: one person asks with a reason, another agrees or refuses."""

from django.db import IntegrityError

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import ConflictError, DomainError, NotAllowedError
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Permission, require
from grants.domain.ledger import ACCOUNT_LABELS, FLOORED
from grants.errors import in_pounds
from grants.models import Correction, Journal
from grants.selectors.balances import purse_pence
from grants.selectors.books import why_not_corrected
from grants.selectors.days import today
from grants.services.books_lock import enter_books
from grants.services.clearing import reopen_line
from grants.services.posting import opposite_lines, reverse_journal


def ask_correction(*, by: User, journal: Journal, reason: str) -> Correction:
    """Ask to reverse a journal that was posted in error. Asking again returns one's own open request.

    Raises:
        NotAllowedError: `by` may not keep the ledger.
        DomainError: No reason was given.
        ConflictError: The journal is of a kind that is never reversed, or was reversed, or somebody has asked.
    """
    require(by, Permission.KEEP_LEDGER)
    if not reason.strip():
        raise DomainError("A correction needs a reason.", mend="Say what was entered wrongly and how it came about.")
    own = Correction.objects.filter(journal=journal, asked_by=by, is_agreed=None).first()
    if own is not None:
        return own
    refusal = why_not_corrected(journal)
    if refusal:
        raise ConflictError("This journal cannot be reversed.", mend=refusal)
    try:
        with acting(by, f"asked to reverse journal {journal.pk}: {reason.strip()}"):
            return Correction.objects.create(journal=journal, reason=reason.strip()[:300], asked_by=by)
    except IntegrityError as error:
        raise ConflictError("Somebody has asked for this already.", mend="Open the list of corrections.") from error


def agree_correction(*, by: User, correction: Correction) -> Correction:
    """Reverse the journal. A line of the bank that it explained waits for an explanation again. Again changes nothing.

    Raises:
        NotAllowedError: `by` may not keep the ledger, or asked for it.
        ConflictError: It was refused, or the money that the reversal would take back is no longer there.
    """
    require(by, Permission.KEEP_LEDGER)
    with acting(by, "agreed to reverse a journal"):
        correction = _locked(by, correction)
        if correction.is_agreed:
            return correction
        if correction.is_agreed is False:
            raise ConflictError("This correction was refused.", mend="Ask for another.")
        enter_books()
        _check_floors(correction.journal)
        correction.reversal = reverse_journal(
            by=correction.asked_by,
            approver=by,
            journal=correction.journal,
            effective_on=today(),
            reason=correction.reason,
        )
        reopen_line(correction.journal)
        return _decide(by, correction, is_agreed=True)


def refuse_correction(*, by: User, correction: Correction) -> Correction:
    """Let the journal stand. Refusing again changes nothing.

    Raises:
        NotAllowedError: `by` may not keep the ledger, or asked for it.
        ConflictError: The journal is reversed already.
    """
    require(by, Permission.KEEP_LEDGER)
    with acting(by, "refused to reverse a journal"):
        correction = _locked(by, correction)
        if correction.is_agreed:
            raise ConflictError("The journal is reversed already.", mend="Post anew what should stand.")
        return correction if correction.is_agreed is False else _decide(by, correction, is_agreed=False)


def _locked(by: User, correction: Correction) -> Correction:
    found = Correction.objects.select_for_update(of=("self",)).select_related("journal", "asked_by")
    correction = found.get(pk=correction.pk)
    if correction.asked_by_id == by.pk:
        raise NotAllowedError("You asked for this correction.", mend="Ask somebody else to decide.")
    return correction


def _decide(by: User, correction: Correction, *, is_agreed: bool) -> Correction:
    correction.is_agreed, correction.decided_by, correction.decided_at = is_agreed, by, core_now()
    correction.save(update_fields=["is_agreed", "decided_by", "decided_at", "reversal"])
    return correction


def _check_floors(journal: Journal) -> None:
    """Say in words what the database would refuse: a reversal takes back what has gone elsewhere meanwhile."""
    wanted: dict[object, int] = {}
    for line in opposite_lines(journal):
        if line.account in FLOORED:
            purse = line._replace(amount_pence=0)
            wanted[purse] = wanted.get(purse, 0) + line.amount_pence
            there = purse_pence(line)
            if wanted[purse] > there:
                raise ConflictError(
                    f"The reversal takes {in_pounds(wanted[purse])} out of “{ACCOUNT_LABELS[line.account]}”; "
                    f"only {in_pounds(there)} is there.",
                    mend="The rest has been promised or paid since: put it right where it went.",
                )
