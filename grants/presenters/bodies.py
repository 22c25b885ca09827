"""What officers read about an organisation."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from cwf_portal.core.figures_text import day_text
from grants.models import AccountableBody, BankAccount, BodyContact
from grants.selectors.bodies import CHECKS_SHOWN_AHEAD


@dataclass(frozen=True)
class BodyPage:
    """One organisation, ready to show. `missing` says in sentences what keeps money from it."""

    facts: list[tuple[str, object]]
    people: list[BodyContact]
    missing: list[str]
    state: str
    colour: str


def body_page(body: AccountableBody, today: date) -> BodyPage:
    """The organisation on a day. Its contacts and bank accounts come prefetched."""
    missing = _missing(body, today)
    is_soon = body.due_diligence_expires_on <= today + CHECKS_SHOWN_AHEAD
    state, colour = ("Cannot be paid", "red") if missing else ("Can be paid", "green")
    if is_soon and not missing:
        state, colour = "Checks run out soon", "orange"
    facts: list[tuple[str, object]] = [
        ("Legal form", body.get_legal_form_display()),
        ("Charity or company number", body.organisation.registration or "None noted"),
        ("The checks hold until", day_text(body.due_diligence_expires_on)),
        ("Paid to", _account(body)),
    ]
    return BodyPage(facts, list(body.contacts.all()), missing, state, colour)


def body_rows(bodies: Iterable[AccountableBody], today: date) -> list[tuple[AccountableBody, BodyPage]]:
    """Each organisation with its page."""
    return [(body, body_page(body, today)) for body in bodies]


def _missing(body: AccountableBody, today: date) -> list[str]:
    held = {contact.role for contact in body.contacts.all()}
    accounts = {account.status for account in body.bank_accounts.all()}
    found = []
    if body.due_diligence_expires_on < today:
        found.append("The checks on it have run out: do them again and renew them.")
    if BodyContact.Role.SIGNATORY not in held:
        found.append("Nobody signs for it: name a signatory.")
    if BodyContact.Role.TREASURER not in held:
        found.append("Nobody keeps its accounts: name a treasurer.")
    if BankAccount.Status.PROPOSED in accounts:
        found.append("Its bank details wait for a call back.")
    elif BankAccount.Status.APPROVED not in accounts:
        found.append("It has no bank details: its treasurer enters them.")
    return found


def _account(body: AccountableBody) -> str:
    approved = [account for account in body.bank_accounts.all() if account.status == BankAccount.Status.APPROVED]
    return str(approved[0]) if approved else "No details confirmed"
