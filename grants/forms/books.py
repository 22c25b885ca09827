"""What is asked about the ledger: a day, a period, whose lines, and why a journal is wrong."""

from datetime import date, timedelta
from typing import Any

from cwf_portal.core.forms import CharField, DateField, GovForm, SelectField, TextareaField
from grants.domain.dates import add_months
from grants.domain.ledger import ACCOUNT_LABELS
from grants.models import Agreement, Source
from grants.selectors.balances import Scope
from neighbourhoods.models import Neighbourhood

LONGEST_DAYS = 366


class DayForm(GovForm):
    """A day to look back from; today where it is left empty."""

    mark_optional = False
    on = DateField(label="On", required=False)


class StatementForm(GovForm):
    """Whose lines, and from when to when."""

    mark_optional = False
    account = SelectField(
        label="Account",
        required=False,
        choices=[("", "All"), *((account.value, label) for account, label in ACCOUNT_LABELS.items())],
    )
    source = SelectField(label="Source", required=False)
    place = CharField(label="Place", hint="Its code", required=False, max_length=9, width=10)
    agreement = CharField(label="Agreement", hint="Its reference", required=False, max_length=30, width=20)
    since = DateField(label="From", required=False)
    through = DateField(label="To", required=False)

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        self.fields["source"].choices = [("", "All"), *Source.objects.values_list("code", "name")]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Find what was named; a year back from today unless dates are given."""
        cleaned: dict[str, Any] = super().clean() or {}
        if self.errors:
            return cleaned
        through = cleaned.get("through") or self.today
        since = cleaned.get("since") or add_months(through, -12) + timedelta(days=1)
        if since > through:
            self.add_error("since", "The period must begin before it ends")
        scope = self._scope(cleaned)
        if scope is None or self.errors:
            return cleaned
        if scope == Scope():
            self.add_error(None, "Choose an account, a source, a place or an agreement")
        if not scope.is_narrow and (through - since).days >= LONGEST_DAYS:
            self.add_error("since", "A statement of an account or a source covers at most a year")
        return cleaned | {"since": since, "through": through, "scope": scope}

    def _scope(self, cleaned: dict[str, Any]) -> Scope | None:
        source = Source.objects.filter(code=cleaned["source"]).first()
        place = Neighbourhood.objects.filter(code__iexact=cleaned["place"]).first()
        agreement = Agreement.objects.filter(reference__iexact=cleaned["agreement"]).first()
        if cleaned["place"] and place is None:
            self.add_error("place", "There is no place with this code")
        if cleaned["agreement"] and agreement is None:
            self.add_error("agreement", "There is no agreement with this reference")
        return Scope(
            account=cleaned["account"],
            source=source.pk if source else 0,
            neighbourhood=place.pk if place else 0,
            agreement=agreement.pk if agreement else 0,
        )


class CorrectionForm(GovForm):
    """Why a journal is wrong."""

    reason = TextareaField(
        label="What was entered wrongly, and how did it come about?",
        hint="Somebody else reads this before the journal is reversed.",
        error_messages={"required": "Say what was entered wrongly and how it came about"},
        max_length=300,
    )
