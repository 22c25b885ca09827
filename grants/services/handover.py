"""Handing payment files to the bank: intent first, then the bytes, then what came of it.

The bytes leave outside any transaction. Between intent and outcome a crash leaves a file "being sent": a bank that
dedupes gets the identical bytes again; with any other bank the file is in doubt, and is never sent again by itself.
"""

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.crash_points import crash_point
from grants.bank import Answer, Bank, BankAwayError, BankSilentError
from grants.models import FileStatus, Payment, PaymentFile, PaymentStatus
from grants.selectors.files import in_question, is_spoken_of, why_kept_back
from grants.selectors.payments import attempts
from grants.services.pauses import share_pause_lock
from grants.services.rejections import reject_payments

SENDER = "system:sender"


def send_files(*, bank: Bank) -> int:
    """Hand over every file that waits, oldest first; returns how many got an answer.

    Raises:
        Exception: what the first of them failed by, once every other one had its turn: none keeps another back.
    """
    answered, failed = 0, None
    for pk in list(PaymentFile.objects.unsent().order_by("pk").values_list("pk", flat=True)):
        try:
            answered += send_file(file_pk=pk, bank=bank)
        except Exception as error:
            failed = failed or error
    if failed is not None:
        raise failed
    return answered


def send_file(*, file_pk: int, bank: Bank) -> bool:
    """Hand over one file; True when its outcome is known, or known to be in doubt.

    Called by one job that runs alone; should two callers meet all the same, the second sends the same bytes again to
    a bank that dedupes, and to any other bank nothing.
    """
    file = _record_intent(file_pk, bank)
    if file is None or file.status == FileStatus.IN_DOUBT:
        return file is not None
    crash_point("send.intended")
    try:
        answer = bank.submit(name=file.name, content=bytes(file.content))
    except BankAwayError as error:
        _record_not_sent(file_pk, str(error))
        return False
    except BankSilentError as error:
        return _record_silence(file_pk, bank, str(error))
    crash_point("send.handed_over")
    _record_answer(file_pk, answer)
    crash_point("send.recorded")
    return True


def _record_intent(file_pk: int, bank: Bank) -> PaymentFile | None:
    """Commit that the bytes are about to leave; None when another worker has the file, it is answered, or kept back."""
    with acting(SENDER, "hand a payment file to the bank"):
        share_pause_lock()
        file = _locked(file_pk)
        if file is None:
            return None
        if file.status == FileStatus.SENDING and not bank.dedupes:
            return _doubt(file, "The worker stopped while the file was being sent.")
        if not bank.dedupes and is_spoken_of(file):
            return _doubt(file, "The bank speaks of payments of this file, which has not left by our books.")
        if file.status == FileStatus.SENDING and in_question(file).exists():
            # It may be there already, so nothing can be taken out of it; and to these details it never leaves again.
            return _doubt(file, "The bank did not answer, and bank details in this file have changed since, or may.")
        if why_kept_back(file):
            return None
        file.status, file.tries, file.last_tried_at = FileStatus.SENDING, file.tries + 1, core_now()
        file.save(update_fields=["status", "tries", "last_tried_at"])
        crash_point("send.intending")
        return file


def _record_not_sent(file_pk: int, reason: str) -> None:
    """The bytes certainly did not arrive: the file waits again."""
    with acting(SENDER, "the bank could not be reached"):
        file = _locked(file_pk)
        if file is not None:
            file.status, file.answer = FileStatus.WAITING, reason[:300]
            file.save(update_fields=["status", "answer"])


def _record_silence(file_pk: int, bank: Bank, reason: str) -> bool:
    """No answer: sent again at the next tick where that is safe, in doubt otherwise."""
    with acting(SENDER, "the bank gave no answer"):
        file = _locked(file_pk)
        if file is not None and bank.dedupes:
            file.answer = reason[:300]
            file.save(update_fields=["answer"])
            return False
        if file is not None:
            _doubt(file, reason)
    return True


def _record_answer(file_pk: int, answer: Answer) -> None:
    with acting(SENDER, "the bank answered"):
        file = _locked(file_pk)
        if file is None:
            return
        file.status = FileStatus.REFUSED if answer.outcome == "refused" else FileStatus.ACCEPTED
        file.answered_at, file.answer = core_now(), answer.reason[:300]
        file.save(update_fields=["status", "answered_at", "answer"])
        crash_point("send.recording")
        if file.status == FileStatus.REFUSED:
            refused = attempts(Payment.objects.filter(run=file.run_id, status=PaymentStatus.INSTRUCTED))
            reject_payments(
                by=SENDER,
                payments={payment: "" for payment in refused},
                detail=f"The bank refused the file: {answer.reason}",
            )


def _doubt(file: PaymentFile, reason: str) -> PaymentFile:
    """Nobody knows whether the bank took the file; the next statements will tell."""
    file.status, file.answered_at, file.answer = FileStatus.IN_DOUBT, core_now(), reason[:300]
    file.tries = max(file.tries, 1)
    file.save(update_fields=["status", "answered_at", "answer", "tries"])
    Payment.objects.filter(run=file.run_id, status=PaymentStatus.INSTRUCTED).update(status=PaymentStatus.IN_DOUBT)
    return file


def _locked(file_pk: int) -> PaymentFile | None:
    unsent = PaymentFile.objects.unsent().select_related("run")
    return unsent.select_for_update(of=("self",), skip_locked=True).filter(pk=file_pk).first()
