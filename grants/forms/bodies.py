"""Forms about organisations: registering them, their people, and where they are paid."""

from typing import Any

from cwf_portal.core.forms import (
    CharField,
    ChoiceField,
    ConfirmField,
    DateField,
    GovForm,
    PersonForm,
    SelectField,
    TextareaField,
)
from grants.models import AccountableBody, BankAccount, BodyContact


class BodyForm(GovForm):
    """An organisation as it stands in its register, and how long the checks on it hold."""

    name = CharField(
        label="Name of the organisation",
        hint="As it stands in its register",
        max_length=160,
        error_messages={"required": "Enter the name of the organisation"},
    )
    registration = CharField(
        label="Charity or company number",
        max_length=40,
        width=20,
        error_messages={"required": "Enter its charity or company number"},
    )
    legal_form = SelectField(
        label="Legal form", choices=[("", "Choose a legal form"), *AccountableBody.LegalForm.choices]
    )
    due_diligence_expires_on = DateField(
        label="The checks on it hold until", error_messages={"required": "Enter the day until which its checks hold"}
    )
    sure = ConfirmField(label="The checks are done, and their papers are filed")

    def body(self) -> dict[str, Any]:
        """What the services need, without the confirmation."""
        return {name: value for name, value in self.cleaned_data.items() if name != "sure"}


class ChecksForm(GovForm):
    """The checks were done again."""

    expires_on = DateField(
        label="They now hold until", error_messages={"required": "Enter the day until which its checks hold now"}
    )
    note = TextareaField(
        label="What was checked, and where are the papers?",
        max_length=300,
        rows=3,
        error_messages={"required": "Say what was checked, and where the papers are"},
    )


class ContactForm(PersonForm):
    """Somebody who signs or keeps the accounts."""

    role = ChoiceField(label="What do they do?", choices=BodyContact.Role.choices)


class BankDetailsForm(GovForm):
    """Details as they stand on a statement; the service checks their form."""

    account_name = CharField(
        label="Name on the account", max_length=70, error_messages={"required": "Enter the name on the account"}
    )
    sort_code = CharField(
        label="Sort code",
        hint="Six digits, like 12-34-56",
        max_length=10,
        width=10,
        error_messages={"required": "Enter the sort code"},
    )
    account_number = CharField(
        label="Account number",
        hint="Eight digits",
        max_length=10,
        width=10,
        error_messages={"required": "Enter the account number"},
    )


class BankDetailsConfirmForm(GovForm):
    """What the call back showed."""

    called_back_on_number = CharField(
        label="Number you called",
        hint="One we held before these details came, never one that came with them",
        max_length=30,
        width=20,
        error_messages={"required": "Enter the number that you called"},
    )
    payee_check = ChoiceField(
        label="What did the bank say about the name?",
        choices=BankAccount.PayeeCheck.choices,
    )
    sure = ConfirmField(label="Somebody I know there read the details to me, and they are the same")
