"""Forms of finance: what to invest in, what it is worth, what to buy, sell and pay."""

from cwf_portal.core.forms import CharField, DateField, GovForm, IntegerField, MoneyField, SelectField
from grants.domain.investments import ASSET_CLASS_LABELS
from grants.forms.endowment import SourceAndProgrammeForm
from grants.services.orders import Terms


class HoldingForm(SourceAndProgrammeForm):
    """Something to invest in."""

    asset_class = SelectField(
        label="Class", choices=[(asset.value, label) for asset, label in ASSET_CLASS_LABELS.items()]
    )
    name = CharField(
        label="Name",
        hint="As the manager's statement has it",
        max_length=120,
        error_messages={"required": "Enter the name of the holding"},
    )


class ValuationForm(GovForm):
    """What a statement says a holding is worth."""

    valued_on = DateField(label="Day of the statement", error_messages={"required": "Enter the day of the statement"})
    value_pence = MoneyField(
        label="Value on that day", min_pence=0, error_messages={"required": "Enter the value on that day"}
    )
    statement_reference = CharField(
        label="Reference of the statement",
        max_length=60,
        width=20,
        error_messages={"required": "Enter the reference of the statement"},
    )


class LineForm(GovForm):
    """How a line of the bank is known, and what it is for."""

    bank_reference = CharField(
        label="Reference on the bank's line",
        max_length=35,
        width=20,
        error_messages={"required": "Enter the reference that the bank’s line will have"},
    )
    purpose = CharField(
        label="What for",
        hint="Such as the contract note or the invoice",
        max_length=200,
        error_messages={"required": "Say what it is for"},
    )

    def terms(self) -> Terms:
        """The terms as the service takes them; interest has no amount."""
        said = self.cleaned_data
        return Terms(said["bank_reference"], said["purpose"], said.get("amount_pence"))


class PurchaseForm(LineForm):
    """Cash to invest."""

    amount_pence = MoneyField(
        label="Amount, to the penny", min_pence=1, error_messages={"required": "Enter the amount, to the penny"}
    )


class SaleForm(LineForm):
    """A part of a holding to sell."""

    part_pct = IntegerField(
        label="How much of the holding, per cent",
        min_value=1,
        max_value=100,
        error_messages={"required": "Enter how much of the holding is sold, per cent"},
    )
    amount_pence = MoneyField(
        label="What the bank will credit, to the penny",
        min_pence=1,
        error_messages={"required": "Enter what the bank will credit, to the penny"},
    )


class RunningCostForm(LineForm, SourceAndProgrammeForm):
    """Something that running the fund costs."""

    amount_pence = MoneyField(
        label="Amount, to the penny", min_pence=1, error_messages={"required": "Enter the amount, to the penny"}
    )


class InterestForm(LineForm, SourceAndProgrammeForm):
    """Which lines of the bank are interest."""
