"""Forms about ranks and about who acts for whom."""

from typing import Any, cast

from cwf_portal.core.forms import CharField, DateField, GovForm, MoneyField, SelectField, TextareaField
from cwf_portal.core.forms.people import PersonForm
from cwf_portal.core.models import User
from grants.domain.authority import RANK_LABELS, Rank
from grants.domain.limits import CELLS, Cell

NO_RANK = "none"


class RankForm(PersonForm):
    """Somebody's rank and team from a day on."""

    rank = SelectField(
        label="Rank",
        choices=[("", "Choose a rank"), *((str(rank.value), RANK_LABELS[rank]) for rank in Rank), (NO_RANK, "No rank")],
    )
    team = CharField(label="Team", hint="Empty where they have no rank any more.", max_length=40, required=False)
    from_on = DateField(
        label="From",
        hint="Tomorrow at the earliest.",
        error_messages={"required": "Enter the day from which they hold this rank"},
    )

    def chosen_rank(self) -> Rank | None:
        """The rank chosen; None for no rank."""
        chosen = self.cleaned_data["rank"]
        return None if chosen == NO_RANK else Rank(int(chosen))


class DelegationForm(GovForm):
    """Who acts for me, and when."""

    taker = SelectField(label="Who acts for you", hint="Officers of your own rank.")
    from_on = DateField(label="First day", error_messages={"required": "Enter the first day"})
    to_on = DateField(
        label="Last day",
        hint="At most thirty days, both ends counted.",
        error_messages={"required": "Enter the last day"},
    )
    reason = CharField(
        label="Why", hint="For instance: on leave.", max_length=300, error_messages={"required": "Say why"}
    )

    def __init__(self, *args: Any, equals: list[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.equals = {str(one.pk): one for one in equals}
        listed = [("", "Choose somebody"), *((pk, str(one)) for pk, one in self.equals.items())]
        cast(SelectField, self.fields["taker"]).choices = listed

    def chosen_taker(self) -> User:
        """The officer behind the choice."""
        return self.equals[self.cleaned_data["taker"]]


class LimitForm(GovForm):
    """Another limit of authority from a day on."""

    cell = SelectField(label="Which limit")
    limit_pence = MoneyField(
        label="At most", hint="In pounds; 0 for nothing.", error_messages={"required": "Enter the limit"}
    )
    from_on = DateField(
        label="From", hint="Tomorrow at the earliest.", error_messages={"required": "Enter the day from which it holds"}
    )
    reason = TextareaField(
        label="Why",
        hint="Officers and auditors read it.",
        rows=3,
        max_length=500,
        error_messages={"required": "Say why"},
    )

    def __init__(self, *args: Any, choices: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(SelectField, self.fields["cell"]).choices = [("", "Choose a limit"), *choices]

    def chosen_cell(self) -> Cell:
        """The limit behind the choice."""
        return next(cell for cell in CELLS if cell.key == self.cleaned_data["cell"])
