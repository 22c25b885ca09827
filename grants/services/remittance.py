"""Telling the organisation that looks after the money what was sent to it, and what for."""

from collections import defaultdict
from collections.abc import Sequence

from cwf_portal.core.addresses import address_of
from cwf_portal.core.messages import send_many
from grants.errors import in_pounds
from grants.models import BodyContact
from grants.selectors.payments import Attempt

TOPIC = "grants.remittance"


def advise(payments: Sequence[Attempt]) -> int:
    """Write to those who keep the accounts of each payment's organisation; two queries, returns how many letters.

    Args:
        payments: as the bank has just debited them.
    """
    if not payments:
        return 0
    some = payments[0].end_to_end_id
    page = address_of("grants:remittance-detail", some)  # to resolve it for each costs more than the rest of a letter
    bodies = {payment.body_pk for payment in payments}
    keepers: dict[int, list[str]] = defaultdict(list)
    contacts = BodyContact.objects.standing().filter(body__in=bodies, role=BodyContact.Role.TREASURER)
    for body, address in contacts.order_by("pk").values_list("body", "user__email"):
        keepers[body].append(address)
    return send_many(
        (
            (
                address,
                f"We have sent {in_pounds(payment.total_pence)} to {payment.payee_name}",
                _letter(payment, page.replace(some, payment.end_to_end_id)),
            )
            for payment in payments
            for address in keepers[payment.body_pk]
        ),
        topic=TOPIC,
    )


def _letter(payment: Attempt, page: str) -> str:
    raised = payment.uplift_pence
    lines = [
        f"The bank has sent {in_pounds(payment.total_pence)} to your account ending {payment.account_number[-4:]}.",
        "",
        f"Agreement: {payment.reference}, payment {payment.number}",
        f"Grant for the place: {in_pounds(payment.amount_pence)}",
        *([f"Added because prices rose: {in_pounds(raised)}"] if raised else []),
        f"Contribution to your own costs: {in_pounds(payment.contribution_pence)}",
        f"Reference on your statement: {payment.end_to_end_id}",
        "",
        f"All of it: {page}",
    ]
    return "\n".join(lines)
