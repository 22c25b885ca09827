"""Forms about where an organisation is paid."""

from cwf_portal.core.forms import CharField, ChoiceField, ConfirmField, GovForm
from grants.models import BankAccount


class BankDetailsForm(GovForm):
    """Details as they stand on a statement; the service checks their form."""

    account_name = CharField(label="Name on the account", max_length=70)
    sort_code = CharField(label="Sort code", hint="Six digits, like 12-34-56", max_length=10, width=10)
    account_number = CharField(label="Account number", hint="Eight digits", max_length=10, width=10)


class BankDetailsConfirmForm(GovForm):
    """What the call back showed."""

    called_back_on_number = CharField(
        label="Number you called",
        hint="One we held before these details came, never one that came with them",
        max_length=30,
        width=20,
    )
    payee_check = ChoiceField(
        label="What did the bank say about the name?",
        choices=BankAccount.PayeeCheck.choices,
    )
    sure = ConfirmField(label="Somebody I know there read the details to me, and they are the same")
