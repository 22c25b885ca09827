"""A receipt by email or text message, for those who wish it: the code, never a choice."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from cwf_portal.core.addresses import address_of
from cwf_portal.core.errors import ConflictError
from cwf_portal.core.languages import in_every_language
from cwf_portal.core.messages import send_message, send_text
from cwf_portal.core.models import OutgoingMessage, User
from cwf_portal.core.permissions import Permission, require
from cwf_portal.core.phones import mobile_number
from panels.models import Round
from panels.services.casting import Receipt, receipt_for
from panels.services.certifying import RECEIPT_TOPIC

MOST_TEXTS = 3
RECEIPT = gettext_noop(
    "Your ballot in “{title}” is in the box. Your receipt code: {code}\n\n"
    "Look it up once the list has been brought up to date, at the latest when voting closes: {address}\n\n"
    "The code does not show what you chose. If you vote again, you get another one.\n\n"
    "Fingerprint of the sealed ballot: {leaf}\n"
    "The portal’s signed promise to list it: {promise}\n"
)
TEXT = gettext_noop(
    "Community Wealth Fund: a ballot is in the box. Receipt code {code}\n"
    "It does not show what was chosen. Look it up: {address}"
)


def mail_receipt(*, by: User, round: Round) -> OutgoingMessage:
    """Send `by` the receipt of their ballot in the box. Its text is not kept once delivered, nor after certification.

    Raises:
        ConflictError: no ballot of theirs is in the box.
    """
    receipt = _own_receipt(by, round)
    body = _(RECEIPT).format(
        title=round.title,
        code=receipt.code,
        address=address_of("panels:round-log", round.pk),
        leaf=receipt.leaf.hex(),
        promise=receipt.promise.hex(),
    )
    topic, subject = RECEIPT_TOPIC.format(round=round.pk), in_every_language("Your receipt", about=round.title)
    return send_message(to=by.email, subject=subject, body=body, topic=topic)


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
    body = _(TEXT).format(code=receipt.code, address=address_of("panels:round-log", round.pk))
    return send_text(to=number, body=body, topic=topic)


def _own_receipt(by: User, round: Round) -> Receipt:
    require(by, Permission.CAST_BALLOT)
    receipt = receipt_for(user=by, round=round)
    if receipt is None:
        raise ConflictError("No ballot of yours is in the box.", mend="Vote first.")
    return receipt
