"""What an officer supposes about the years to come."""

import re
from datetime import date
from typing import Any, cast

from django.core.exceptions import ValidationError

from cwf_portal.core.forms import CharField, DateField, GovForm, IntegerField, MoneyField, SelectField
from grants.domain.prices import SERIES_LABELS, Series
from grants.domain.scenarios import Suppositions
from grants.models import Source
from grants.selectors.endowment import spendable_sources

TENTHS = re.compile(r"([-+−])?([0-9]{1,2})(?:\.([0-9]))?%?")
INDICES = (Series.CPIH, Series.GDP_DEFLATOR)


class TenthsField(CharField):
    """A percentage with at most one decimal, cleaned to whole tenths; None where an optional one is left empty."""

    def __init__(self, *, least: int, most: int, **kwargs: Any) -> None:
        self.least, self.most = least, most
        super().__init__(max_length=10, width=5, **kwargs)

    def clean(self, value: Any) -> Any:
        """Tenths of one per cent."""
        typed = super().clean(value)
        if not typed:
            return None
        found = TENTHS.fullmatch(typed)
        if not found or not typed.isascii() and "−" not in typed:
            raise ValidationError(f"{self.label} must be a number like 2.5", code="invalid")
        tenths = int(found[2]) * 10 + int(found[3] or 0)
        tenths = -tenths if found[1] in ("-", "−") else tenths
        if not self.least <= tenths <= self.most:
            raise ValidationError(
                f"{self.label} must be between {self.least / 10:g} and {self.most / 10:g}", code="range"
            )
        return tenths


class ScenarioForm(GovForm):
    """One source under suppositions; the address holds them, so that they can be shared."""

    source = SelectField(label="Source")
    returns = TenthsField(
        label="Returns above or below the assumptions",
        hint="Percentage points a year for every class, such as -1.5",
        least=-200,
        most=200,
        error_messages={"required": "Enter by how much returns lie above or below; 0 for as assumed"},
    )
    inflation = TenthsField(
        label="Rise of prices",
        hint="Per cent a year",
        least=-50,
        most=250,
        error_messages={"required": "Enter by how much prices rise"},
    )
    prices = SelectField(
        label="Measured by",
        choices=[(series.value, SERIES_LABELS[series]) for series in INDICES],
        error_messages={"required": "Choose how prices are measured"},
    )
    cap = TenthsField(
        label="Promises rise with prices, at most",
        hint="Per cent a year; leave empty where they do not rise",
        least=0,
        most=100,
        required=False,
    )
    wave = MoneyField(
        label="Size of the next wave",
        min_pence=0,
        error_messages={"required": "Enter the size of the next wave; 0 for none"},
    )
    areas = IntegerField(
        label="Areas with money set aside",
        min_value=0,
        max_value=10_000,
        error_messages={"required": "Enter how many areas have money set aside"},
    )
    spent = DateField(label="All is spent by", error_messages={"required": "Enter the day by which all is spent"})
    seed = IntegerField(
        label="Seed",
        hint="The same number draws the same paths",
        min_value=1,
        max_value=10**9,
        error_messages={"required": "Enter a seed: any whole number"},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sources: dict[str, Source] = {source.code: source for source in spendable_sources()}
        listed = [(code, source.name) for code, source in self.sources.items()]
        cast(SelectField, self.fields["source"]).choices = listed

    def chosen_source(self) -> Source:
        """The source behind the choice."""
        return self.sources[self.cleaned_data["source"]]

    def suppositions(self) -> Suppositions:
        """What was typed, as the domain knows it."""
        said = self.cleaned_data
        spent: date = said["spent"]
        return Suppositions(
            return_shift_tenths=said["returns"],
            inflation_tenths=said["inflation"],
            prices=Series(said["prices"]),
            wave_pence=said["wave"],
            area_count=said["areas"],
            spend_down_on=spent,
            uplift_cap_tenths=said["cap"],
        )


class ScenarioNameForm(GovForm):
    """What a scenario is kept under."""

    name = CharField(label="Name", max_length=80, error_messages={"required": "Enter a name for the scenario"})
