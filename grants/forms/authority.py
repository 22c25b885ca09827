"""Forms about ranks and about who acts for whom."""

from typing import Any, cast

from cwf_portal.core.forms import CharField, DateField, GovForm, SelectField
from cwf_portal.core.forms.people import PersonForm
from cwf_portal.core.models import User
from grants.domain.authority import RANK_LABELS, Rank

NO_RANK = "none"


class RankForm(PersonForm):
    """Somebody's rank and team from a day on."""

    rank = SelectField(
        label="Rank",
        choices=[("", "Choose a rank"), *((str(rank.value), RANK_LABELS[rank]) for rank in Rank), (NO_RANK, "No rank")],
    )
    team = CharField(label="Team", hint="Empty where they have no rank any more.", max_length=40, required=False)
    from_on = DateField(label="From", hint="Tomorrow at the earliest.")

    def chosen_rank(self) -> Rank | None:
        """The rank chosen; None for no rank."""
        chosen = self.cleaned_data["rank"]
        return None if chosen == NO_RANK else Rank(int(chosen))


class DelegationForm(GovForm):
    """Who acts for me, and when."""

    taker = SelectField(label="Who acts for you", hint="Officers of your own rank.")
    from_on = DateField(label="First day")
    to_on = DateField(label="Last day", hint="At most thirty days, both ends counted.")
    reason = CharField(label="Why", hint="For instance: on leave.", max_length=300)

    def __init__(self, *args: Any, equals: list[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.equals = {str(one.pk): one for one in equals}
        listed = [("", "Choose somebody"), *((pk, str(one)) for pk, one in self.equals.items())]
        cast(SelectField, self.fields["taker"]).choices = listed

    def chosen_taker(self) -> User:
        """The officer behind the choice."""
        return self.equals[self.cleaned_data["taker"]]
