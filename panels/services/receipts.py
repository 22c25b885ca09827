"""A receipt by e-mail, for those who wish it: the code and the promise, never a choice."""

from django.conf import settings

from cwf_portal.core.errors import ConflictError
from cwf_portal.core.messages import send_message
from cwf_portal.core.models import OutgoingMessage, User
from cwf_portal.core.permissions import Permission, require
from panels.models import Round
from panels.services.casting import receipt_for
from panels.services.certifying import RECEIPT_TOPIC


def mail_receipt(*, by: User, round: Round) -> OutgoingMessage:
    """Send `by` the receipt of their ballot in the box. Its text is not kept once delivered, nor after certification.

    Raises:
        ConflictError: no ballot of theirs is in the box.
    """
    require(by, Permission.CAST_BALLOT)
    receipt = receipt_for(user=by, round=round)
    if receipt is None:
        raise ConflictError("No ballot of yours is in the box.", mend="Vote first.")
    body = (
        f"Your ballot in \u201c{round.title}\u201d is in the box. Your receipt code: {receipt.code}\n\n"
        f"Look it up once the list has been brought up to date, at the latest when voting closes: "
        f"{settings.SITE_ADDRESS}/rounds/{round.pk}/ballots/\n\n"
        f"The code does not show what you chose. If you vote again, you get another one.\n\n"
        f"Fingerprint of the sealed ballot: {receipt.leaf.hex()}\n"
        f"The portal\u2019s signed promise to list it: {receipt.promise.hex()}\n"
    )
    topic = RECEIPT_TOPIC.format(round=round.pk)
    return send_message(to=by.email, subject=f"Your receipt: {round.title}", body=body, topic=topic)
