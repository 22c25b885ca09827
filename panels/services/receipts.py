"""A receipt by email or text message, for those who wish it: the code, never a choice."""

from cwf_portal.core.addresses import address_of
from cwf_portal.core.errors import ConflictError
from cwf_portal.core.messages import send_message, send_text
from cwf_portal.core.models import OutgoingMessage, User
from cwf_portal.core.permissions import Permission, require
from cwf_portal.core.phones import mobile_number
from panels.models import Round
from panels.services.casting import Receipt, receipt_for
from panels.services.certifying import RECEIPT_TOPIC

MOST_TEXTS = 3


def mail_receipt(*, by: User, round: Round) -> OutgoingMessage:
    """Send `by` the receipt of their ballot in the box. Its text is not kept once delivered, nor after certification.

    Raises:
        ConflictError: no ballot of theirs is in the box.
    """
    receipt = _own_receipt(by, round)
    body = (
        f"Your ballot in \u201c{round.title}\u201d is in the box. Your receipt code: {receipt.code}\n\n"
        f"Look it up once the list has been brought up to date, at the latest when voting closes: "
        f"{address_of('panels:round-log', round.pk)}\n\n"
        f"The code does not show what you chose. If you vote again, you get another one.\n\n"
        f"Fingerprint of the sealed ballot: {receipt.leaf.hex()}\n"
        f"The portal\u2019s signed promise to list it: {receipt.promise.hex()}\n"
    )
    topic = RECEIPT_TOPIC.format(round=round.pk)
    return send_message(to=by.email, subject=f"Your receipt: {round.title}", body=body, topic=topic)


def text_receipt(*, by: User, round: Round, number: str) -> OutgoingMessage:
    """Send the code of `by`'s receipt to a mobile number, which is kept with this message only, until certification.

    Whose number it is nobody checks: it gets at most three messages for each vote, and none says who voted.

    Raises:
        DomainError: this is no UK mobile number.
        ConflictError: no ballot of theirs is in the box, this number has had three, or no text messages are sent here.
    """
    receipt, number = _own_receipt(by, round), mobile_number(number)
    topic = RECEIPT_TOPIC.format(round=round.pk)
    texts = OutgoingMessage.objects.filter(topic=topic, channel=OutgoingMessage.Channel.SMS, to=number)
    if texts.count() >= MOST_TEXTS:
        raise ConflictError("This number has had three messages about this vote.", mend="Write the code down instead.")
    body = (
        f"Community Wealth Fund: a ballot is in the box. Receipt code {receipt.code}\n"
        f"It does not show what was chosen. Look it up: {address_of('panels:round-log', round.pk)}"
    )
    return send_text(to=number, body=body, topic=topic)


def _own_receipt(by: User, round: Round) -> Receipt:
    require(by, Permission.CAST_BALLOT)
    receipt = receipt_for(user=by, round=round)
    if receipt is None:
        raise ConflictError("No ballot of yours is in the box.", mend="Vote first.")
    return receipt
