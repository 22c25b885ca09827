"""The ballot as a form: projects in the order drawn for one voter, to be chosen, ranked or given points."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from cwf_portal.core.figures_text import pounds
from cwf_portal.core.forms import (
    Card,
    CardsField,
    GovForm,
    HiddenTokenField,
    NumbersField,
    TicksField,
    numbers_in,
    small_number,
)
from cwf_portal.core.languages import in_words, is_english
from panels.ballot_cards import FIELD
from panels.domain.ballot_paper import EMPTY, NAMING, BallotError, BallotRules, Kind, check

NOT_HERE = gettext_noop("A project you chose is not part of this vote: choose from the list")
QUESTIONS = {
    Kind.APPROVAL: gettext_noop("Which projects should be paid for?"),
    Kind.KNAPSACK: gettext_noop("Which projects should be paid for?"),
    Kind.RANKED: gettext_noop("Which projects matter most to you?"),
    Kind.POINTS: gettext_noop("How many points do you give to each project?"),
}


@dataclass(frozen=True)
class Paper:
    """A ballot as one voter sees it.

    Attributes:
        rules: what may be filled in.
        codes: of the projects, in the order of the frozen rules.
        cards: in the order drawn for this voter.
    """

    rules: BallotRules
    codes: Sequence[str]
    cards: Sequence[Card]

    def typed_in(self, data: QueryDict) -> Any:
        """What a form sent, as it was typed, to be shown again."""
        if self.rules.kind in NAMING:
            return data.getlist(FIELD)
        return {key.removeprefix(f"{FIELD}-"): value for key, value in data.items() if key.startswith(f"{FIELD}-")}

    def numbers_of(self, typed: Any) -> dict[str, int]:
        """Marks by code, as far as what was typed has any."""
        return dict.fromkeys(typed or [], 1) if self.rules.kind in NAMING else numbers_in(dict(typed or {}))

    def typed_from(self, numbers: Mapping[str, int]) -> Any:
        """As if these marks had been typed."""
        if self.rules.kind in NAMING:
            return list(numbers)
        return {code: str(number) for code, number in numbers.items()}

    def marks(self, numbers: Mapping[str, int]) -> tuple[int, ...]:
        return tuple(numbers.get(code, 0) for code in self.codes)


class BallotForm(GovForm):
    """One voter's ballot; `seen` is the version of the ballot in the box when they began, 0 for none."""

    seen = HiddenTokenField()

    def __init__(self, *args: Any, paper: Paper, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.paper = paper
        self.fields = {FIELD: _field(paper), **self.fields}

    @property
    def numbers(self) -> dict[str, int]:
        """Marks by code, whether the form was checked or not: for the bar that says what is left."""
        typed = self.paper.typed_in(cast(QueryDict, self.data)) if self.is_bound else self.initial.get(FIELD)
        return self.paper.numbers_of(typed)

    @property
    def choices(self) -> dict[str, int]:
        """The marks by code of a form that holds."""
        return dict(self.cleaned_data[FIELD])

    @property
    def carried(self) -> list[tuple[str, str]]:
        """Names and values of hidden inputs that bring the choices to the next page."""
        if self.paper.rules.kind in NAMING:
            return [(FIELD, code) for code in self.choices]
        return [(f"{FIELD}-{code}", str(number)) for code, number in self.choices.items()]

    def clean_project(self) -> dict[str, int]:
        """The marks by code.

        Raises:
            ValidationError: the rules of the vote do not allow them.
        """
        numbers: dict[str, int] = self.cleaned_data[FIELD]
        try:
            check(self.paper.marks(numbers), self.paper.rules)
        except BallotError as error:
            raise ValidationError(self._sentence(error)) from None
        return numbers

    def clean_seen(self) -> int:
        """The version of the ballot in the box when the voter began; 0 for none."""
        seen = small_number(self.cleaned_data["seen"])
        if seen is None:
            raise ValidationError(_("This page is out of date. Start again."))
        return seen

    def _sentence(self, error: BallotError) -> str:
        """What is wrong and how to mend it, with the names of the projects: only this page says them."""
        codes = [self.paper.codes[place] for place in error.at]
        field = self.fields[FIELD]
        if isinstance(field, NumbersField):
            field.mark_wrong(codes)
        labels = {card.code: card.label for card in self.paper.cards}
        if is_english():
            named = f": {'; '.join(labels[code] for code in codes)}." if codes else "."
            return f"{str(error).rstrip('.')}{named} {error.mend}".rstrip(" .")
        named = format_html_join("; ", "{}", ((labels[code],) for code in codes))
        parts = (in_words(error.sentence), format_html("{}.", named) if codes else "", in_words(error.mend))
        return format_html_join(" ", "{}", ((part,) for part in parts if part))


def _field(paper: Paper) -> CardsField:
    kind = paper.rules.kind
    field = (TicksField if kind in NAMING else NumbersField)(
        label=_(QUESTIONS[kind]), label_size="m", hint=instructions(paper.rules)
    )
    field.error_messages["required"] = _("Choose one or more projects") if kind in NAMING else _empty(kind)
    field.error_messages["invalid_choice"] = _(NOT_HERE)
    field.offer(paper.cards)
    return field


def _empty(kind: Kind) -> str:
    return str(in_words(EMPTY[kind][1])).rstrip(".")


def instructions(rules: BallotRules) -> str:
    """How to fill the ballot in."""
    most = rules.most_choices
    is_free = most >= rules.project_count
    if rules.kind is Kind.RANKED:
        return _how_to_rank(most, is_free=is_free)
    if rules.kind is Kind.POINTS:
        said = _("You have {points} points. Give up to {most} to one project.")
        limit = ngettext("Give some to one project only.", "Give some to up to {count} projects.", most)
        parts = [
            said.format(points=rules.points, most=rules.most_points),
            *([] if is_free else [limit.format(count=most)]),
            _("You need not give them all."),
        ]
        return " ".join(parts)
    up_to = ngettext("Choose one.", "Choose up to {most}.", most).format(most=most)
    if rules.kind is Kind.KNAPSACK:
        said = _("Choose projects that together cost no more than {money}.").format(money=pounds(rules.budget))
        return said if is_free else f"{said} {up_to}"
    return _("Choose as many as you like.") if is_free else up_to


def _how_to_rank(most: int, *, is_free: bool) -> str:
    if most == 1:
        return _("Write 1 beside the one that matters most to you.")
    said = _("Write 1 beside the one that matters most to you, 2 beside the next, and so on.")
    last = _("You need not rank them all.") if is_free else _("Rank up to {most}.").format(most=most)
    return f"{said} {last}"
