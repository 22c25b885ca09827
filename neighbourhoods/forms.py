"""The filters of the list of places. Every state of them is an address."""

from collections.abc import Sequence
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cwf_portal.core.forms import CharField, ChoiceField, DateField, GovForm, SelectField
from cwf_portal.core.forms.people import PersonForm
from neighbourhoods.domain.postcodes import is_postcode
from neighbourhoods.models import Area, Neighbourhood, PlaceFollow, Ranking
from neighbourhoods.models.places import NeighbourhoodQuerySet
from neighbourhoods.presenters.places import start_name
from neighbourhoods.selectors import places_matching

PER_PAGE = 25


class PlaceFilterForm(GovForm):
    """Words, region, council and start; each may stay empty.

    Args of `__init__`: the regions and councils to choose from, and the ranking that says who starts when.
    """

    mark_optional = False

    q = CharField(label=gettext_lazy("Postcode, place, council or constituency"), required=False, max_length=100)
    region = SelectField(label=gettext_lazy("Region"), required=False)
    authority = SelectField(label=gettext_lazy("Council"), required=False)
    start = SelectField(label=gettext_lazy("When it starts"), required=False)

    def __init__(
        self, *args: Any, regions: QuerySet[Area], authorities: QuerySet[Area], ranking: Ranking | None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.ranking = ranking
        self.fields["region"].choices = [("", _("All regions")), *((area.code, area.name) for area in regions)]  # type: ignore[attr-defined]
        self.fields["authority"].choices = [("", _("All councils")), *((area.code, area.name) for area in authorities)]  # type: ignore[attr-defined]
        cohorts = range(1, len(ranking.cohort_sizes) + 1) if ranking else ()
        self.fields["start"].choices = [("", _("Any")), *((str(number), start_name(number)) for number in cohorts)]  # type: ignore[attr-defined]

    @property
    def is_narrowed(self) -> bool:
        """True where more than words was chosen, or something was chosen that does not exist."""
        return any(self.data.get(name) for name in ("region", "authority", "start"))

    @property
    def has_postcode(self) -> bool:
        """True where what was typed is written like a postcode."""
        return self.is_bound and self.is_valid() and is_postcode(self.cleaned_data["q"])

    def narrow(self, places: NeighbourhoodQuerySet) -> QuerySet[Neighbourhood]:
        """The places that match what was chosen; all of them when nothing valid was."""
        if not self.is_valid():
            return places
        chosen = self.cleaned_data
        if chosen["q"]:
            places = places_matching(chosen["q"], places)
        if chosen["region"]:
            places = places.filter(region__code=chosen["region"])
        if chosen["authority"]:
            places = places.filter(authority__code=chosen["authority"])
        if chosen["start"]:
            places = places.filter(ranking_entries__ranking=self.ranking, ranking_entries__cohort=chosen["start"])
        return places


class AccessForm(PersonForm):
    """Who should see which constituency."""

    constituency = SelectField(label="Constituency")

    def __init__(self, *args: Any, constituencies: QuerySet[Area], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.areas = {area.code: area for area in constituencies}
        listed = [("", "Choose a constituency"), *((code, area.name) for code, area in self.areas.items())]
        self.fields["constituency"].choices = listed  # type: ignore[attr-defined]

    def chosen_area(self) -> Area:
        """The constituency behind the choice."""
        return self.areas[self.cleaned_data["constituency"]]


class ElectionForm(GovForm):
    """An election: which, where, and from when to when nothing new begins.

    Args of `__init__`: the areas to choose from.
    """

    name = CharField(
        label="Which election",
        hint="As residents read it, for instance: the election of the county council on 1 May 2031.",
        max_length=120,
        error_messages={"required": "Say which election it is"},
    )
    area = SelectField(label="Where", error_messages={"required": "Choose where it is held"})
    starts_on = DateField(
        label="First day",
        hint="From this day on nothing new begins; usually when the election is called.",
        error_messages={"required": "Enter the first day"},
    )
    ends_on = DateField(
        label="Last day", hint="Usually polling day.", error_messages={"required": "Enter the last day"}
    )
    dissolves_on = DateField(
        label="Day on which Parliament is dissolved",
        hint="Of a general election only. On that day Members’ pages here close.",
        required=False,
    )

    def __init__(self, *args: Any, areas: Sequence[Area], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.areas = {str(area.pk): area for area in areas}
        listed = [(pk, f"{area.name} ({area.get_kind_display().lower()})") for pk, area in self.areas.items()]
        self.fields["area"].choices = [("", "Choose where"), *listed]  # type: ignore[attr-defined]

    def chosen(self) -> dict[str, Any]:
        """What `declare_period` asks for."""
        return self.cleaned_data | {"area": self.areas[self.cleaned_data["area"]]}


class FollowForm(GovForm):
    """How often to be written to about a place."""

    AT_ONCE, WEEKLY = "at-once", "weekly"

    often = ChoiceField(
        label=gettext_lazy("How often?"),
        choices=[
            (AT_ONCE, gettext_lazy("Each time something happens")),
            (WEEKLY, gettext_lazy("Once a week, on Mondays, when something happened")),
        ],
    )

    @classmethod
    def chosen(cls, follow: PlaceFollow | None) -> dict[str, str]:
        """What stands in the form of whoever follows already; of anybody else, what most people want."""
        return {"often": cls.WEEKLY if follow and follow.is_weekly else cls.AT_ONCE}


def page_of(rows: Any, number: str | None) -> Page[Any]:
    """One page of 25; a number that makes no sense gives the nearest page."""
    return Paginator(rows, PER_PAGE).get_page(number)
