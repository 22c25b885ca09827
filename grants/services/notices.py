"""Early notices of the bank (camt.054): kept as signs; only a rejection, which no statement shows, is acted upon."""

import hashlib

from django.conf import settings

from cwf_portal.core.audit import acting
from cwf_portal.core.bulk import among_texts
from grants.domain.bank_text import Account
from grants.domain.iso20022_camt054 import Notice, Notification, Sign, read_notification
from grants.domain.iso20022_xml import BankMessageError
from grants.errors import in_pounds
from grants.models import BankMessage, Payment, PaymentNotice
from grants.selectors.payments import Attempt, locked_attempts
from grants.services.rejections import (
    RECEIVER,
    check_follows,
    hear_rejections,
    keep_refused,
    last_sequence,
    lock_messages,
)

Kind = BankMessage.Kind


def last_notice_sequence() -> int:
    """The number of the last notice taken in or passed over, 0 before the first."""
    return last_sequence(Kind.NOTICE)


def take_notice(*, sequence: int, content: bytes) -> BankMessage:
    """Take one camt.054 notice in whole, or keep it as refused with the reason. The same notice again changes nothing.

    Debits and returns of our payments are noted; nothing is posted for them. What it names that is not ours is left to
    the statement.

    Args:
        sequence: its number among the bank's notices.
        content: the message as it came.
    """
    sha256 = hashlib.sha256(content).hexdigest()
    key = {"kind": Kind.NOTICE, "sequence": sequence}
    with acting(RECEIVER, "take in an early notice"):
        lock_messages()
        known = BankMessage.objects.filter(**key, outcome=BankMessage.Outcome.APPLIED).first()
        if known is not None and known.sha256 == sha256:
            return known
        try:
            check_follows(Kind.NOTICE, sequence)
            notification = read_notification(content)
            _check_ours(notification, sequence)
            found = _payments(notification)
            rejected = _rejected(notification, found)
        except BankMessageError as error:
            return keep_refused(kind=Kind.NOTICE, sequence=sequence, content=content, error=error)
        message = BankMessage.objects.create(**key, content=content, sha256=sha256, outcome=BankMessage.Outcome.APPLIED)
        PaymentNotice.objects.bulk_create(
            PaymentNotice(
                message=message,
                payment_id=found[one.end_to_end_id].pk,
                kind=one.sign.value,
                value_on=one.value_on,
                reason_code=one.reason_code,
            )
            for one in notification.notices
            if one.end_to_end_id in found
        )
        hear_rejections(rejected)
        return message


def _check_ours(notification: Notification, sequence: int) -> None:
    ours = Account(settings.FUND_ACCOUNT["sort_code"], settings.FUND_ACCOUNT["account_number"])
    if notification.account != ours:
        raise BankMessageError(f"The notice is of account {notification.account.account_number}, which is not ours.")
    if notification.sequence != sequence:
        raise BankMessageError(f"The notice calls itself {notification.sequence}; {sequence} was announced.")


def _payments(notification: Notification) -> dict[str, Attempt]:
    names = among_texts(one.end_to_end_id for one in notification.notices)
    found = locked_attempts(Payment.objects.filter(end_to_end_id__in=names))
    return {payment.end_to_end_id: payment for payment in found}


def _rejected(notification: Notification, found: dict[str, Attempt]) -> dict[Attempt, str]:
    """Payments that the bank will not make, with its reason."""
    rejected = [one for one in notification.notices if one.sign is Sign.REJECTED]
    return {_checked(one, found.get(one.end_to_end_id)): one.reason_code for one in rejected}


def _checked(notice: Notice, payment: Attempt | None) -> Attempt:
    if payment is None:
        raise BankMessageError(f"It rejects {notice.end_to_end_id}, which is no payment of ours.", line=notice.line)
    if notice.amount_pence != payment.total_pence:
        said, asked = in_pounds(notice.amount_pence), in_pounds(payment.total_pence)
        raise BankMessageError(f"It rejects {said} of {payment.end_to_end_id}, which is of {asked}.", line=notice.line)
    return payment
