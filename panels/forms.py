"""What people type in this room, as GOV.UK forms; every refusal says how to mend it."""

import uuid
from base64 import b64decode
from collections.abc import Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, cast

from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField
from django.utils.timezone import make_aware
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cwf_portal.core.figures_text import pounds
from cwf_portal.core.forms import (
    CharField,
    ChoiceField,
    ConfirmField,
    DateField,
    GovForm,
    HiddenTokenField,
    IntegerField,
    MobileField,
    MoneyField,
    PersonForm,
    SelectField,
    TextareaField,
    in_their_language,
    small_number,
)
from cwf_portal.core.forms.text import STALE
from cwf_portal.core.grids import Square
from panels.domain.ballot_paper import Kind
from panels.domain.deciding import Vote
from panels.domain.equal_shares import Utility
from panels.domain.people import HIGHEST_AGE, LOWEST_AGE, USUAL_AGE
from panels.domain.tally import Completion, Rule, can_give_parts, rules_for
from panels.models import Organisation, ProjectDelivery, Proposal, Round
from panels.models.round import MOST_YEARS_COVERED
from panels.services import Costs, DeliveryReport, Idea, RoundPlan, Seat
from panels.services.rounds import MOST_AT_LEAST, MOST_POINTS, MOST_PROJECTS
from panels.wording import (
    COMPLETION_HINTS,
    COMPLETIONS_IN_WORDS,
    KIND_HINTS,
    KINDS_IN_WORDS,
    PART_HINTS,
    PARTS,
    PARTS_IN_WORDS,
    RULE_HINTS,
    RULES_IN_WORDS,
    UTILITIES_IN_WORDS,
    UTILITY_HINTS,
    WHOLE,
    square_text,
)

SELDOM = ("minimum_age", "at_least", "years_covered", "gives_parts", "utility", "completion")
ONLY_POINTS = "Only where voters share out points."
YES_NO = [("yes", "Yes"), ("no", "No")]


class SealedBallotForm(GovForm):
    """A ballot that the voter's browser has sealed: base 64, and no choice."""

    sealed = HiddenTokenField()
    seen = HiddenTokenField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["sealed"].validators = []

    def ballot(self) -> tuple[bytes, int]:
        """The sealed bytes and the version seen; what is no ballot of the round is for the service to refuse."""
        try:
            seen = small_number(self.cleaned_data["seen"])
            return b64decode(self.cleaned_data["sealed"], validate=True), -1 if seen is None else seen
        except ValueError:
            return b"", -1


class ConfirmCodeForm(GovForm):
    """The code that somebody reads out to a neighbour."""

    code = CharField(
        label=gettext_lazy("Their code"),
        hint=gettext_lazy("Eight letters and digits, such as 4G7K-92MX"),
        width=10,
        max_length=20,
    )


class ConfirmPersonForm(GovForm):
    """The statement that makes a vouch."""

    have_met = ConfirmField(label=gettext_lazy("I have met this person, and I know that they live here"))


class IdeaForm(GovForm):
    """An idea for a vote."""

    title = CharField(
        label=gettext_lazy("A name for your idea"),
        hint=gettext_lazy("A few words, such as “Evening Minibus”"),
        max_length=80,
    )
    what = TextareaField(label=gettext_lazy("What would happen, and who would it help?"), max_length=600)
    kind = ChoiceField(label=gettext_lazy("What kind of idea is it?"), choices=in_their_language(Proposal.Kind.choices))
    where = CharField(
        label=gettext_lazy("Where would it be?"),
        required=False,
        max_length=120,
        hint=gettext_lazy("Such as “the old library in Mill Lane”. Leave it empty if it could be anywhere."),
    )
    square = SelectField(label=gettext_lazy("In which square of the map?"), required=False)
    submission = HiddenTokenField()

    def __init__(self, *args: Any, squares: Sequence[Square] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.squares = {str(square.number): square for square in squares}
        named = [(number, square_text(square)) for number, square in self.squares.items()]
        cast(SelectField, self.fields["square"]).choices = [("", _("None of them, or anywhere")), *named]
        if not squares:
            del self.fields["square"]

    def clean_submission(self) -> uuid.UUID:
        return _submission(self.cleaned_data["submission"])

    def idea(self) -> Idea:
        written = {name: value for name, value in self.cleaned_data.items() if name != "square"}
        square = self.squares.get(self.cleaned_data.get("square", ""))
        return Idea(**written, spot=(Decimal(str(square.longitude)), Decimal(str(square.latitude))) if square else None)


class AssessForm(GovForm):
    """What the panel makes of an idea; the reason is published."""

    outcome = ChoiceField(
        label="What happens with this idea?",
        choices=[("accept", "It goes to the vote"), ("merge", "Join it with another idea"), ("refuse", "It cannot go")],
    )
    capital_pence = MoneyField(label="Cost to set it up", required=False, hint="Needed when it goes to the vote.")
    yearly_pence = MoneyField(label="Cost of every year", required=False, hint="0 when it costs nothing to run.")
    least_pence = MoneyField(
        label="Least sum with which it can start",
        min_pence=1,
        required=False,
        hint="If too little is left for all of it, it can get what is left, but no less than this. Leave it empty if "
        "it needs its whole price.",
    )
    into = SelectField(
        label="Join it with", required=False, error_messages={"required": "Choose the idea to join it with"}
    )
    reason = TextareaField(label="Reason", max_length=600, rows=3, hint="One or two sentences. Everybody can read it.")

    def __init__(self, *args: Any, others: Sequence[tuple[int, str]], round: Round, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.years = round.years_covered
        cast(SelectField, self.fields["into"]).choices = [("", "Choose an idea"), *others]
        if round.is_poll:  # it shares out no money, so nothing has a price
            del self.fields["capital_pence"], self.fields["yearly_pence"]
        if not round.gives_parts:
            del self.fields["least_pence"]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        needed = {"accept": ("capital_pence", "yearly_pence"), "merge": ("into",)}.get(data.get("outcome", ""), ())
        for name in self.fields.keys() & set(needed):
            if data.get(name) in (None, "") and name not in self.errors:
                self.add_error(name, str(self.fields[name].error_messages["required"]))
        price = (data.get("capital_pence") or 0) + (data.get("yearly_pence") or 0) * self.years
        if not self.errors and data["outcome"] == "accept" and (data.get("least_pence") or 0) > price:
            self.add_error("least_pence", f"This cannot be more than the price of {pounds(price)}")
        return data

    def costs(self) -> Costs:
        data = self.cleaned_data
        return Costs(data.get("capital_pence", 0), data.get("yearly_pence", 0), data.get("least_pence"))


class RoundForm(GovForm):
    """A vote as the panel sets it up. Days begin at midnight in London; the last day of each part counts."""

    submission = HiddenTokenField()
    title = CharField(label="Name of the vote", max_length=120)
    ballot_kind = ChoiceField(
        label="What does a voter do?", choices=list(KINDS_IN_WORDS.items()), hints=KIND_HINTS, initial=Kind.APPROVAL
    )
    most_choices = IntegerField(
        label="How many projects may one person choose or rank?",
        min_value=1,
        max_value=MOST_PROJECTS,
        width=2,
        required=False,
        hint="Leave it empty for no limit. A poll finds as many priorities as one person may name.",
    )
    points = IntegerField(
        label="Points of one voter", min_value=1, max_value=MOST_POINTS, width=4, required=False, hint=ONLY_POINTS
    )
    most_points = IntegerField(
        label="Most points for one project", min_value=1, max_value=MOST_POINTS, width=4, required=False,
        hint=ONLY_POINTS,
    )  # fmt: skip
    rule = ChoiceField(
        label="How are votes turned into a result?", choices=list(RULES_IN_WORDS.items()), hints=RULE_HINTS
    )
    budget_pence = MoneyField(
        label="Money for this vote", min_pence=100, required=False, hint="Leave it empty for a poll."
    )
    ideas_open_on = DateField(label="First day for ideas")
    ideas_close_on = DateField(label="Last day for ideas")
    voting_opens_on = DateField(label="First day of voting")
    voting_closes_on = DateField(label="Last day of voting")
    minimum_age = IntegerField(
        label="Lowest age to vote", min_value=LOWEST_AGE, max_value=HIGHEST_AGE, width=2, required=False,
        hint=f"Leave it empty for {USUAL_AGE}.",
    )  # fmt: skip
    at_least = IntegerField(
        label="Fewest votes that a project needs", min_value=1, max_value=MOST_AT_LEAST, width=5, required=False,
        hint="Points, where voters rank projects or give points. Leave it empty for one.",
    )  # fmt: skip
    years_covered = IntegerField(
        label="Years of running costs in a price", min_value=1, max_value=MOST_YEARS_COVERED, width=2, required=False,
        hint="Leave it empty for three.",
    )  # fmt: skip
    gives_parts = ChoiceField(
        label="Can a project be paid for in part?", choices=list(PARTS_IN_WORDS.items()), hints=PART_HINTS,
        required=False, initial=WHOLE,
    )  # fmt: skip
    utility = ChoiceField(
        label="In fair shares: which project comes first?", choices=list(UTILITIES_IN_WORDS.items()),
        hints=UTILITY_HINTS, required=False, initial=Utility.COST,
    )  # fmt: skip
    completion = ChoiceField(
        label="In fair shares: what happens with money that is left?", choices=list(COMPLETIONS_IN_WORDS.items()),
        hints=COMPLETION_HINTS, required=False, initial=Completion.ADD1_GREEDY,
    )  # fmt: skip

    def clean_submission(self) -> uuid.UUID:
        return _submission(self.cleaned_data["submission"])

    @property
    def seldom(self) -> list[BoundField]:
        """Fields that the simple case leaves as they are."""
        return [self[name] for name in SELDOM]

    @property
    def usual(self) -> list[BoundField]:
        return [field for field in self.visible_fields() if field.name not in SELDOM]

    @property
    def is_seldom_wrong(self) -> bool:
        """Whether a field that is out of sight at first has an error."""
        return any(name in self.errors for name in SELDOM)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        order = ("ideas_open_on", "ideas_close_on", "voting_opens_on", "voting_closes_on")
        for earlier, later in zip(order, order[1:], strict=False):
            if data.get(earlier) and data.get(later) and data[later] < data[earlier]:
                before = str(self.fields[earlier].label).lower()
                self.add_error(later, f"{self.fields[later].label} must not be before the {before}")
        if data.get("ideas_close_on") and data["ideas_close_on"] == data.get("voting_opens_on"):
            self.add_error("voting_opens_on", "Leave at least one day after the last day for ideas")
        if data.get("ballot_kind") and data.get("rule"):
            self._check_ballot(data, Kind(data["ballot_kind"]), Rule(data["rule"]))
        return data

    def _check_ballot(self, data: dict[str, Any], kind: Kind, rule: Rule) -> None:
        """The parts fit each other: kind and rule, money and poll, points and their limits."""
        is_poll = rule is Rule.PRIORITY
        if rule not in rules_for(kind, is_poll=is_poll):
            fitting = [
                RULES_IN_WORDS[each] for each in (*rules_for(kind, is_poll=False), *rules_for(kind, is_poll=True))
            ]
            self.add_error("rule", f"This does not fit “{KINDS_IN_WORDS[kind]}”. Choose “{'” or “'.join(fitting)}”")
        if is_poll and data.get("budget_pence"):
            self.add_error("budget_pence", "A poll shares out no money: leave this empty")
        if is_poll and (data.get("at_least") or 1) > 1:
            self.add_error("at_least", "A poll finds what comes first: leave this empty")
        completion = Completion(data.get("completion") or Completion.ADD1_GREEDY)
        if data.get("gives_parts") == PARTS and not can_give_parts(rule, completion):
            wrong = "A poll pays for nothing" if is_poll else "This does not fit what happens with money that is left"
            self.add_error("gives_parts", f"{wrong}: choose “{PARTS_IN_WORDS[WHOLE]}”")
        if not is_poll and data.get("budget_pence") is None and "budget_pence" not in self.errors:
            self.add_error("budget_pence", "Enter money for this vote")
        if kind is Kind.POINTS:
            for name in ("points", "most_points"):
                if data.get(name) is None and name not in self.errors:
                    self.add_error(name, f"Enter {str(self.fields[name].label).lower()}")
            if data.get("points") and (data.get("most_points") or 0) > data["points"]:
                self.add_error("most_points", "This cannot be more than the points of one voter")

    def plan(self) -> RoundPlan:
        data = self.cleaned_data
        has_points = data["ballot_kind"] == Kind.POINTS
        return RoundPlan(
            title=data["title"],
            budget_pence=data["budget_pence"] or 0,
            ideas_open_at=start_of(data["ideas_open_on"]),
            ideas_close_at=end_of(data["ideas_close_on"]),
            voting_opens_at=start_of(data["voting_opens_on"]),
            voting_closes_at=end_of(data["voting_closes_on"]),
            most_choices=data["most_choices"] or MOST_PROJECTS,
            rule=Rule(data["rule"]),
            kind=Kind(data["ballot_kind"]),
            points=data["points"] if has_points else 0,
            most_points=data["most_points"] if has_points else 0,
            minimum_age=data["minimum_age"] or USUAL_AGE,
            at_least=data["at_least"] or 1,
            years_covered=data["years_covered"] or RoundPlan.years_covered,
            utility=Utility(data["utility"] or Utility.COST),
            completion=Completion(data["completion"] or Completion.ADD1_GREEDY),
            gives_parts=data["gives_parts"] == PARTS,
        )


class DecisionForm(GovForm):
    """A decision put before the panel."""

    accountable_body = SelectField(label="Organisation that looks after the money")
    term_years = IntegerField(label="For how many years?", min_value=1, max_value=25, initial=10, width=2)

    def __init__(self, *args: Any, organisations: Sequence[Organisation], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = [(str(body.pk), body.name) for body in organisations]
        cast(SelectField, self.fields["accountable_body"]).choices = [("", "Choose an organisation"), *named]


class DecisionVoteForm(GovForm):
    """A member's vote, or the conflict that keeps them out of the count."""

    vote = ChoiceField(
        label="Your vote", choices=[(Vote.FOR, "For"), (Vote.AGAINST, "Against"), (Vote.ABSTAIN, "I abstain")]
    )
    conflict = CharField(
        label="Do you or someone close to you gain from this?",
        required=False,
        hint="If so, say how. Your vote is then not counted.",
    )


class DeliveryForm(GovForm):
    """Where a funded project stands."""

    state = ChoiceField(label="Where does it stand?", choices=ProjectDelivery.State.choices)
    owner = CharField(label="Who is responsible?", required=False, max_length=120)
    spent_pence = MoneyField(
        label="Spent so far", error_messages={"required": "Enter what was spent so far; 0 if nothing was"}
    )
    note = TextareaField(label="News for residents", required=False, max_length=300, rows=3)

    def report(self) -> DeliveryReport:
        return DeliveryReport(**self.cleaned_data)


class PanelForm(GovForm):
    """The place whose panel is set up."""

    neighbourhood = SelectField(label="Place")

    def __init__(self, *args: Any, places: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(SelectField, self.fields["neighbourhood"]).choices = [("", "Choose a place"), *places]


class SeatForm(PersonForm):
    """A new member of a panel."""

    field_order = ("email", "lives", "chairs", "interests")
    lives = ChoiceField(label="Do they live in the place?", choices=YES_NO, inline=True)
    chairs = ChoiceField(
        label="Will they chair the panel?", choices=YES_NO, inline=True, hint="The chair lives in the place."
    )
    interests = CharField(
        label="Interests they declare",
        required=False,
        max_length=300,
        hint="Such as “trustee of the village hall”. Everybody can read it.",
    )

    def seat(self) -> Seat:
        data = self.cleaned_data
        return Seat(is_resident=data["lives"] == "yes", is_chair=data["chairs"] == "yes", interests=data["interests"])


class MobileForm(GovForm):
    """Where a receipt code goes to by text message."""

    number = MobileField(
        autocomplete="tel", hint=gettext_lazy("We use it for this message only, and delete it when the vote is over.")
    )


class ReceiptCodeForm(GovForm):
    """The code of a receipt, to look up in the public list."""

    code = CharField(
        label=gettext_lazy("Your receipt code"), width=20, max_length=40,
        hint=gettext_lazy("Sixteen letters and digits."),
    )  # fmt: skip


def _submission(typed: str) -> uuid.UUID:
    try:
        return uuid.UUID(typed)
    except ValueError:
        raise ValidationError(STALE) from None


def start_of(day: date) -> datetime:
    """Midnight in London at the beginning of the day."""
    return make_aware(datetime.combine(day, time.min))


def end_of(day: date) -> datetime:
    """The last minute of the day in London, so that pages show the day itself."""
    return make_aware(datetime.combine(day, time(23, 59)))
