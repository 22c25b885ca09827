"""Organisations that look after the money: registering them, their people, and where they are paid."""

from datetime import date

from django.db.models import Q

from cwf_portal.core.addresses import address_of
from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import ConflictError, DomainError, NotAllowedError
from cwf_portal.core.messages import send_many
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Permission, has_permission, require
from grants.domain.modulus import ModulusResult
from grants.domain.working_days import england_and_wales
from grants.errors import WrongStateError, in_pounds
from grants.models import AccountableBody, Approval, BankAccount, BodyContact, FileStatus, PaymentFile
from grants.selectors.days import today
from grants.selectors.files import others_wait, payments_in_question, people_of_the_desk, way_out
from grants.selectors.modulus import modulus_check
from grants.services.sides import require_not_of_body
from panels.models import Organisation
from panels.permissions import fund_staff_among

WAITING_WORKING_DAYS = 2
SORT_CODE_LENGTH = 6
NUMBER_LENGTH = 8


def register_body(
    *,
    by: User,
    organisation: Organisation,
    legal_form: str,
    due_diligence_expires_on: date,
    is_sample: bool = False,
) -> AccountableBody:
    """Register an organisation as a party that agreements can be made with, after due diligence.

    Registering it again returns the first row.

    Raises:
        NotAllowedError: `by` may not review agreements.
        DomainError: The checks have already run out.
    """
    require(by, Permission.REVIEW_AGREEMENT)
    if due_diligence_expires_on <= today():
        raise DomainError("The checks on this organisation have run out.", mend="Do them again and enter a later date.")
    with acting(by, f"registered {organisation} as accountable body"):
        body, _ = AccountableBody.objects.get_or_create(
            organisation=organisation,
            defaults={
                "legal_form": legal_form,
                "due_diligence_expires_on": due_diligence_expires_on,
                "is_sample": is_sample,
            },
        )
        return body


def renew_checks(*, by: User, body: AccountableBody, expires_on: date, note: str) -> AccountableBody:
    """Note that the checks on an organisation were done again; payments that waited for them go on.

    Raises:
        NotAllowedError: `by` may not review agreements.
        DomainError: The new date is past, or earlier than the present one, or nothing says what was checked.
    """
    require(by, Permission.REVIEW_AGREEMENT)
    if not note.strip():
        raise DomainError("The checks need a note.", mend="Say what was checked, and where the papers are.")
    with acting(by, f"renewed the checks on {body}: {note.strip()}"):
        body = AccountableBody.objects.select_for_update(no_key=True, of=("self",)).get(pk=body.pk)
        if expires_on <= today() or expires_on < body.due_diligence_expires_on:
            raise DomainError(
                "The checks would end earlier than they do now.",
                mend=f"Enter a date after {max(today(), body.due_diligence_expires_on):%-d %B %Y}.",
            )
        if body.due_diligence_expires_on != expires_on:
            body.due_diligence_expires_on = expires_on
            body.save(update_fields=["due_diligence_expires_on"])
        return body


def end_contact(*, by: User, contact: BodyContact) -> BodyContact:
    """Let a person no longer act for an organisation. Ending twice changes nothing.

    Raises:
        NotAllowedError: `by` may not review agreements.
    """
    require(by, Permission.REVIEW_AGREEMENT)
    with acting(by, f"ended that account {contact.user_id} acts for {contact.body}"):
        contact = BodyContact.objects.select_for_update(of=("self",)).get(pk=contact.pk)
        if contact.to_on is None:
            contact.to_on = today()
            contact.save(update_fields=["to_on"])
        return contact


def add_contact(*, by: User, body: AccountableBody, user: User, role: BodyContact.Role) -> BodyContact:
    """Let a person sign or keep accounts for a body; nobody does both. The same again returns the first row.

    Raises:
        NotAllowedError: `by` may not review agreements, names themselves, or names somebody who works for the fund.
        ConflictError: The person already acts for this body in the other role.
    """
    require(by, Permission.REVIEW_AGREEMENT)
    if user.pk == by.pk:
        raise NotAllowedError("An officer cannot act for an organisation they fund.")
    if fund_staff_among([user]):
        raise NotAllowedError(f"{user} works for the fund.", mend="Name somebody of the organisation who does not.")
    with acting(by, f"named a {role.label.lower()} of {body}"):
        contact, _ = BodyContact.objects.get_or_create(
            body=body, user=user, to_on=None, defaults={"role": role, "from_on": today()}
        )
        if contact.role != role:
            raise ConflictError(f"{user} is already {contact.get_role_display().lower()} of {body}.")
        return contact


def propose_bank_account(
    *, by: User, body: AccountableBody, account_name: str, sort_code: str, account_number: str
) -> BankAccount:
    """Propose where a body is to be paid. Nothing is paid to it until another person has confirmed the details.

    The body's people are told at once, so that nobody changes details behind their back. Proposing the same details
    again returns the open proposal.

    Raises:
        NotAllowedError: `by` may not propose bank details, or keeps no accounts for this body.
        DomainError: The sort code or the account number has the wrong form, or by the table that the operator loaded
            the number cannot exist at the sort code.
        ConflictError: Other details are waiting to be confirmed.
    """
    require(by, Permission.PROPOSE_BANK_DETAILS)
    _require_treasurer_or_officer(by, body)
    sort_code = "".join(sort_code.split()).replace("-", "")
    account_number = "".join(account_number.split())
    _check_digits(sort_code, account_number)
    _check_modulus(sort_code, account_number)
    with acting(by, f"proposed bank details of {body}"):
        AccountableBody.objects.select_for_update(no_key=True).get(pk=body.pk)
        account, created = BankAccount.objects.get_or_create(
            body=body,
            status=BankAccount.Status.PROPOSED,
            defaults={
                "account_name": account_name.strip(),
                "sort_code": sort_code,
                "account_number": account_number,
                "proposed_by": by,
                "is_sample": body.is_sample,
            },
        )
        if (account.sort_code, account.account_number) != (sort_code, account_number):
            raise ConflictError(
                "Other bank details are waiting to be confirmed.", mend="Wait until they are confirmed or refused."
            )
        if created:
            _tell_contacts(body, "New bank details were proposed", _PROPOSED_LETTER)
            _tell_desk(body)
        return account


_PROPOSED_LETTER = (
    "Somebody has proposed new bank details for your organisation. Payments wait until they are confirmed. "
    "We will call you on the number we already hold. If this was not you, tell us at once."
)
_APPROVED_LETTER = (
    "New bank details of your organisation are confirmed. They will be used after two working days. "
    "If this was not you, tell us at once."
)


def _check_digits(sort_code: str, account_number: str) -> None:
    if not (sort_code.isascii() and sort_code.isdigit() and len(sort_code) == SORT_CODE_LENGTH):
        raise DomainError("The sort code must be six digits.", mend="Enter it as it stands on a statement: 12-34-56.")
    if not (account_number.isascii() and account_number.isdigit() and len(account_number) == NUMBER_LENGTH):
        raise DomainError("The account number must be eight digits.", mend="Put zeros in front of a shorter one.")


def _check_modulus(sort_code: str, account_number: str) -> None:
    if modulus_check(sort_code=sort_code, account_number=account_number) is ModulusResult.INVALID:
        raise DomainError(
            "This account number cannot exist at this sort code.", mend="Read both again from a statement."
        )


def _require_treasurer_or_officer(by: User, body: AccountableBody) -> None:
    if has_permission(by, Permission.VIEW_CASES):
        return
    if not body.contacts.standing().filter(user=by, role=BodyContact.Role.TREASURER).exists():
        raise NotAllowedError("You do not keep the accounts of this organisation.")


def approve_bank_account(
    *, by: User, account: BankAccount, called_back_on_number: str, payee_check: BankAccount.PayeeCheck
) -> BankAccount:
    """Confirm proposed details after calling the body back on a number known before; used after two working days.

    Until then the old details are no longer used either: payments to the body wait. Approving twice changes nothing.

    Raises:
        NotAllowedError: `by` may not confirm details, proposed these, or approved an agreement with this body.
        DomainError: No number was called, or the bank says that the name does not match.
        WrongStateError: The proposal was refused or replaced.
    """
    require(by, Permission.CONFIRM_BANK_DETAILS)
    _check_call(called_back_on_number, payee_check)
    with acting(by, "confirmed bank details"):
        AccountableBody.objects.select_for_update(no_key=True).get(pk=account.body_id)
        account = (
            BankAccount.objects.select_for_update(of=("self",)).select_related("body__organisation").get(pk=account.pk)
        )
        if account.status == BankAccount.Status.APPROVED:
            return account
        _require_decidable(by, account)
        at = core_now()
        BankAccount.objects.approved().filter(body=account.body_id).update(status=BankAccount.Status.REPLACED)
        account.status = BankAccount.Status.APPROVED
        account.decided_by, account.decided_at = by, at
        account.called_back_on_number, account.payee_check = called_back_on_number.strip(), payee_check
        account.active_from = england_and_wales().shift(today(at), WAITING_WORKING_DAYS)
        account.save()
        _tell_contacts(account.body, "New bank details are confirmed", _APPROVED_LETTER)
        return account


def refuse_bank_account(*, by: User, account: BankAccount, reason: str) -> BankAccount:
    """Refuse proposed details, with the reason. Refusing twice changes nothing.

    Raises:
        NotAllowedError: `by` may not confirm details, or proposed these.
        DomainError: No reason was given.
        WrongStateError: The proposal is already decided otherwise.
    """
    require(by, Permission.CONFIRM_BANK_DETAILS)
    if not reason.strip():
        raise DomainError("A refusal needs a reason.", mend="Say what was wrong with the details.")
    with acting(by, f"refused bank details: {reason}"):
        account = (
            BankAccount.objects.select_for_update(of=("self",)).select_related("body__organisation").get(pk=account.pk)
        )
        if account.status == BankAccount.Status.REFUSED:
            return account
        _require_decidable(by, account)
        account.status = BankAccount.Status.REFUSED
        account.decided_by, account.decided_at, account.decision_reason = by, core_now(), reason.strip()
        account.save()
        return account


def _check_call(number: str, payee_check: BankAccount.PayeeCheck) -> None:
    if not number.strip():
        raise DomainError(
            "Details are confirmed only after calling back.", mend="Enter the known number that you called."
        )
    if payee_check == BankAccount.PayeeCheck.NO_MATCH:
        raise DomainError("The bank says that the name does not match.", mend="Refuse the details and say so.")


def _require_decidable(by: User, account: BankAccount) -> None:
    if account.status != BankAccount.Status.PROPOSED:
        raise WrongStateError("These details are already decided.", mend="Open the organisation again to see them.")
    if account.proposed_by_id == by.pk:
        raise NotAllowedError("You proposed these details.", mend="Ask another finance manager.")
    require_not_of_body(by, account.body)
    if Approval.objects.filter(by=by, agreement__body=account.body_id).exists():
        raise NotAllowedError(  # the database refuses it too (migration 0034), and the reverse
            "You decided on an agreement with this organisation.", mend="Ask another finance manager."
        )


def _tell_desk(body: AccountableBody) -> None:
    """Say at once whose payments wait with this body's in a file; one letter to each person for each such payment.

    The files are locked, as whoever sends them locks them: a file leaves before these details or waits for them. And
    whoever releases a run locks its organisations: its file is here already, or these details are seen there.
    """
    files = PaymentFile.objects.filter(status=FileStatus.WAITING, run__payments__bank_account__body=body)
    list(PaymentFile.objects.select_for_update().filter(pk__in=files.values("pk")).order_by("pk").values_list("pk"))
    people = list(people_of_the_desk().values_list("email", flat=True))
    for payment in payments_in_question().filter(bank_account__body=body):
        letter = (
            f"New bank details of {payment.payee_name} were proposed. Payment {payment}, "
            f"{in_pounds(payment.total_pence)}, stands in the file of run {payment.run_id} with the old details, "
            f"so the whole file waits. {others_wait(payment)}\n\n"
            "Ask to take the payment out; somebody else agrees, and any others leave at once in a new file:\n"
            f"{address_of('grants:payment-take-out', payment.pk)}\n\n{way_out(payment)}"
        )
        send_many(
            ((one, f"Run {payment.run_id} waits: bank details may change", letter) for one in people),
            topic="grants.file_waits",
        )


def _tell_contacts(body: AccountableBody, subject: str, letter: str) -> None:
    addresses = (
        User.objects.filter(Q(body_contacts__body=body, body_contacts__to_on=None))
        .order_by("email")
        .values_list("email", flat=True)
    )
    send_many(((address, subject, letter) for address in addresses), topic="grants.bank_details")
