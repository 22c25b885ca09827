"""Forms of the endowment: a wave announced, a start proposed."""

from typing import Any, cast

from cwf_portal.core.forms import CharField, DateField, GovForm, IntegerField, MoneyField, SelectField
from grants.models import Programme, Source
from grants.selectors.endowment import programmes, spendable_sources


class ProgrammeChoice(GovForm):
    """Any form that names a programme."""

    programme = SelectField(label="Programme")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.programmes: dict[str, Programme] = {str(programme.pk): programme for programme in programmes()}
        listed = [(pk, programme.name) for pk, programme in self.programmes.items()]
        cast(SelectField, self.fields["programme"]).choices = listed

    def chosen_programme(self) -> Programme:
        """The programme behind the choice."""
        return self.programmes[self.cleaned_data["programme"]]


class SourceChoice(GovForm):
    """Any form that names a source."""

    source = SelectField(label="Where the money comes from")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sources: dict[str, Source] = {str(source.pk): source for source in spendable_sources()}
        cast(SelectField, self.fields["source"]).choices = [(pk, source.name) for pk, source in self.sources.items()]

    def chosen_source(self) -> Source:
        """The source behind the choice."""
        return self.sources[self.cleaned_data["source"]]


class SourceAndProgrammeForm(SourceChoice, ProgrammeChoice):
    """Any form that names a source and a programme."""


class WaveForm(SourceAndProgrammeForm):
    """Money that was announced."""

    title = CharField(label="Title", max_length=120, error_messages={"required": "Enter a title for the wave"})
    announced_pence = MoneyField(
        label="Amount announced", min_pence=1, error_messages={"required": "Enter the amount that was announced"}
    )
    expected_on = DateField(
        label="Expected on", error_messages={"required": "Enter the day on which the money is expected"}
    )
    bank_reference = CharField(
        label="Payer's reference",
        hint="The bank's line is known by it",
        max_length=35,
        width=20,
        error_messages={"required": "Enter the payer’s reference"},
    )


class StartForm(ProgrammeChoice):
    """Which places start next."""

    number = IntegerField(
        label="Which start",
        hint="1 is the first",
        min_value=1,
        max_value=20,
        error_messages={"required": "Enter the number of the start"},
    )
