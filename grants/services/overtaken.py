"""A claim that a returned payment overtakes: what had come of it, if anything, stays with the place, and the payment,
which the bank brought back whole, counts as paid in full, so that its return can be posted and it can be paid again."""

from django.utils.timezone import localdate

from cwf_portal.core.clock import core_now
from cwf_portal.core.messages import send_many
from cwf_portal.core.models import User
from grants.domain.clawback import settled_between
from grants.domain.ledger import JournalKind
from grants.domain.sources import with_parts
from grants.errors import in_pounds
from grants.models import BodyContact, Clawback, Payment
from grants.selectors.clawbacks import overtaken_by, received_pence, shares_of
from grants.services.clawbacks import locked_claim, post_of_claim
from grants.services.publishing import PROMISED, SENT
from neighbourhoods.services import mark_stale


def _write_to_body(claim: Clawback, payment: Payment, came_pence: int) -> None:
    """Tell everybody who acts for the organisation why a claim that was closed is looked at anew, and what follows."""
    contacts = BodyContact.objects.standing().filter(body=claim.agreement.body_id)
    came = f"The {in_pounds(came_pence)} that came of it stays with the place. " if came_pence else ""
    text = (
        f"The bank sent back our payment {payment.end_to_end_id} of {in_pounds(payment.total_pence)} under agreement "
        f"{claim.agreement.reference}. It counts as not made, and is paid again in full once two of us agree.\n\nIt "
        f"stood against what we had asked back under the reference {claim.reference}. {came}Nothing more is asked "
        "under it, and you need not do anything.\nIf you think that this is wrong, tell your grants officer."
    )
    addresses = sorted(set(contacts.values_list("user__email", flat=True)))
    subject = f"A payment of {in_pounds(payment.total_pence)} came back to us"
    send_many(((one, subject, text) for one in addresses), topic="grants.clawback")


def overtake_claims(*, by: User, approver: User, payment: Payment) -> list[Clawback]:
    """Let the return of a payment overtake closed claims, as many as it takes for all it brought to count as paid.

    The caller holds the lock of the bank's messages. Nothing happens where the payment is still there in full.

    Args:
        by: Who confirms what the bank's line is.
        approver: Who said so.
        payment: The one that came back.

    Returns:
        The claims, each with what had come of it in the ledger's `clawback_overtaken`; without one where nothing had.
    """
    claims = [locked_claim(claim)[1] for claim in overtaken_by(payment)]
    for claim in claims:
        came_pence = received_pence(claim)
        if came_pence:
            came, on = settled_between(shares_of(claim), 0, came_pence), localdate(core_now())
            post_of_claim(JournalKind.CLAWBACK_OVERTAKEN, claim, came, by=by, approver=approver, on=on)
        claim.status = Clawback.Status.OVERTAKEN
        claim.save(update_fields=["status"])
        _write_to_body(claim, payment, came_pence)
    places = {claim.agreement.allocation.neighbourhood_id for claim in claims}
    mark_stale(measures=with_parts([SENT, PROMISED]), neighbourhood_ids=places)
    return claims
