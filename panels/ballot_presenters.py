"""Sentences and rows about one ballot: what it asks, what is left to give, what was chosen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from cwf_portal.core.figures_text import pounds
from cwf_portal.core.languages import as_written, in_this_language, is_english, sentences
from panels.domain.ballot_paper import GIVING_POINTS, BallotRules, Kind, cost_of
from panels.domain.rules_sheet import FrozenProject
from panels.domain.tally import Rule
from panels.domain.words import ordinal
from panels.models import Project, Round
from panels.services.casting import rules_sheet
from panels.services.rounds import MOST_PROJECTS
from panels.wording import COMPLETION_HINTS, UTILITIES_IN_WORDS, rule_explained, rule_in_words

DIFFERENT_ORDER = gettext_noop("Each voter sees the projects in a different order.")
WHICH_ONE = gettext_noop("It is the one that comes first when votes are counted. You can choose more than one of them")

Facts = list[tuple[str, str]]


@dataclass(frozen=True)
class Bar:
    """How much of what a voter has to give is used.

    Attributes:
        used: points given or pence spent.
        total: of how many.
        text: both in a sentence, with what is left or too much.
    """

    used: int
    total: int
    text: str


def ballot_bar(rules: BallotRules, marks: Sequence[int]) -> Bar | None:
    """The bar of points or of the budget; None where a ballot has neither."""
    if rules.kind is Kind.POINTS:
        used, total = sum(marks), rules.points
        said = _("{used} of {total} points given, {rest} left to give")
        if used > total:
            said = _("{used} of {total} points given, {rest} too many")
        return Bar(used, total, said.format(used=used, total=total, rest=abs(total - used)))
    if rules.kind is Kind.KNAPSACK:
        used, total = cost_of(marks, rules.prices), rules.budget
        said = (
            _("{used} of {total} used, {rest} left") if used <= total else _("{used} of {total} used, {rest} too much")
        )
        return Bar(used, total, said.format(used=pounds(used), total=pounds(total), rest=pounds(abs(total - used))))
    return None


def ballot_intro(round: Round) -> str:
    """What this ballot is about, in one or two sentences."""
    place, order = round.panel.neighbourhood.name, _(DIFFERENT_ORDER)
    if round.is_poll:
        said = _("Tell the panel what matters most in {place}. No money is shared out.").format(place=place)
        return f"{said} {order}"
    money = _("{place} can decide {money}.").format(place=place, money=pounds(round.budget_pence))
    if round.kind is Kind.APPROVAL:
        return f"{money} {_('Choose every project you want, even if together they cost more.')} {order}"
    return f"{money} {order}"


def limits_of(round: Round) -> str:
    """How much one person may choose, for a list of facts."""
    most = round.most_choices
    up_to = limit_text(most, _count_of(round))
    if round.kind is Kind.POINTS:
        said = _("You share out {points} points, up to {most} for one project.")
        return said.format(points=round.points, most=round.most_points) + up_to
    if round.kind is Kind.RANKED:
        said = ngettext(
            "You rank one project, the most important first.",
            "You rank up to {most} projects, the most important first.",
            most,
        )
        return said.format(most=most)
    if round.kind is Kind.KNAPSACK:
        return _("You choose projects that together fit the money.") + up_to
    return ngettext("You can choose one project.", "You can choose up to {most} projects.", most).format(most=most)


def limit_text(most_choices: int, project_count: int) -> str:
    """A sentence on how many projects one ballot may name, with a space before it; empty where it may name all."""
    if most_choices >= project_count:
        return ""
    said = ngettext("Choose one project.", "Choose up to {most} projects.", most_choices)
    return f" {said.format(most=most_choices)}"


def _count_of(round: Round) -> int:
    """Projects on the ballot, or how many there can be where that is not fixed yet."""
    return rules_sheet(round).ballot.project_count if round.frozen_at else MOST_PROJECTS


def read_back(round: Round, projects: Sequence[FrozenProject], numbers: Mapping[str, int]) -> dict[str, Any]:
    """The choices in words, before they are sealed: a sentence, and rows of keys and values."""
    chosen = [project for project in projects if numbers.get(project.id)]
    many = len(chosen)
    if round.kind is Kind.RANKED:
        ranked = sorted(chosen, key=lambda project: numbers[project.id])
        rows = [(_place(numbers[project.id]), as_written(project.named)) for project in ranked]
        said = ngettext("You ranked {many} project:", "You ranked {many} projects:", many)
        return {"said": said.format(many=many), "rows": rows}
    if round.kind is Kind.POINTS:
        given = sum(numbers[project.id] for project in chosen)
        rows = [(as_written(project.named), points_text(numbers[project.id])) for project in chosen]
        said = ngettext(
            "You gave {given} of {total} points to {many} project:",
            "You gave {given} of {total} points to {many} projects:",
            many,
        )
        return {"said": said.format(given=given, total=round.points, many=many), "rows": rows}
    return {"said": _chosen(round, chosen), "rows": [(as_written(one.named), price_text(round, one)) for one in chosen]}


def _chosen(round: Round, chosen: Sequence[FrozenProject]) -> str:
    """How many projects were chosen; where they must fit the money, what they cost together."""
    many = len(chosen)
    if round.is_poll or round.kind is not Kind.KNAPSACK:
        return ngettext("You chose {many} project:", "You chose {many} projects:", many).format(many=many)
    said = ngettext(
        "You chose {many} project, which together cost {cost}:",
        "You chose {many} projects, which together cost {cost}:",
        many,
    )
    return said.format(many=many, cost=pounds(sum(project.price_pence for project in chosen)))


def _place(place: int) -> str:
    """A place in a voter's order: "2nd", and its number in other languages."""
    return ordinal(place) if is_english() else f"{place}."


def facts_of_count(round: Round) -> Facts:
    """What a voter should know about how ballots are counted, as keys and values."""
    rule = sentences(rule_in_words(round.rule, round.kind), rule_explained(round.rule, round.kind))
    facts: Facts = [(_("How votes become a result"), rule)]
    if round.kind is Kind.RANKED and round.most_choices > 1:
        said = _("Your first gets {first}, your second {second}, and so on")
        given = said.format(first=points_text(round.most_choices), second=round.most_choices - 1)
        facts.append((_("Points"), given))
    if round.is_poll:
        said = _("The first {most} are what matters most. No money is shared").format(most=round.most_choices)
        facts.append((_("What comes of it"), said))
        return [*facts, (_("If two tie"), _("The one with the lower number on the ballot comes first"))]
    if excluding := either_or(rules_sheet(round).projects) if round.frozen_at else "":
        facts.append((_("Only one can be paid for"), sentences(excluding, _(WHICH_ONE))))
    if round.rule == Rule.EQUAL_SHARES:
        facts.append((_("Which project comes first"), _(UTILITIES_IN_WORDS[round.utility])))
        facts.append((_("If money is left"), _(COMPLETION_HINTS[round.completion]).rstrip(".।۔")))
    if round.gives_parts:
        facts.append((_("If too little is left"), _who_gets_a_part(round)))
    return [*facts, *_facts_of_need(round), (_("A price covers"), _covered(round.years_covered))]


def _facts_of_need(round: Round) -> Facts:
    """How much support a project needs, where it needs some, and what decides between two with as much."""
    gives_points = round.kind in GIVING_POINTS
    facts: Facts = []
    if round.at_least > 1:
        needed = _("{number} or more. With fewer it is not paid for, even if money is left")
        name = _("Points that a project needs") if gives_points else _("Votes that a project needs")
        facts.append((name, needed.format(number=f"{round.at_least:,}")))
    tie = (
        _("More points first, then the lower cost, then the number on the ballot")
        if gives_points
        else _("More votes first, then the lower cost, then the number on the ballot")
    )
    return [*facts, (_("If projects tie"), tie)]


def _covered(years: int) -> str:
    said = ngettext("Setting up, and running for one year", "Setting up, and running for {years} years", years)
    return said.format(years=years)


def _who_gets_a_part(round: Round) -> str:
    if round.rule == Rule.GREEDY_PER_COST:
        said = _("What is left in the end goes to the first project, in the same order, that can start with it")
    elif round.kind in GIVING_POINTS:
        said = _("What is left in the end goes to the first project, in the order of points, that can start with it")
    else:
        said = _("What is left in the end goes to the first project, in the order of votes, that can start with it")
    return sentences(said, starting_with(rules_sheet(round).projects)) if round.frozen_at else said


def least_sentence(project: Project | FrozenProject) -> str:
    """`If too little is left for all of it, it can start with £30,000.`; empty where only its whole price is of use."""
    least = project.least_pence or 0
    if not 0 < least < project.price_pence:
        return ""
    return _("If too little is left for all of it, it can start with {money}.").format(money=pounds(least))


def starting_with(projects: Sequence[Project | FrozenProject]) -> str:
    """`These can start with less than their price: “New Roof” with £30,000; “Garden” with £500`, or that none can."""
    said = _("“{title}” with {money}")
    able = [
        said.format(title=in_this_language(project.named), money=pounds(project.least_pence or 0))
        for project in projects
        if least_sentence(project)
    ]
    if not able:
        return _("No project on this ballot can start with less than its price")
    which = ngettext(
        "This one can start with less than its price: {able}", "These can start with less than their price: {able}",
        len(able),
    )  # fmt: skip
    return which.format(able="; ".join(able))


def notes_on(projects: Sequence[Project | FrozenProject]) -> list[str]:
    """For each project what it excludes and with how much it can start, as sentences; empty where neither."""
    return [
        f"{least_sentence(project)} {excluding}".strip()
        for project, excluding in zip(projects, only_one_of(projects), strict=True)
    ]


def only_one_of(projects: Sequence[Project | FrozenProject]) -> list[str]:
    """For each project which others are not paid for if it is; empty where it excludes none."""
    titles = _titles_by_group(projects)
    return [
        only_one_sentence([title for place, title in titles.get(project.group, ()) if place != at])
        for at, project in enumerate(projects)
    ]


def only_one_sentence(others: Sequence[str]) -> str:
    """`Only one of this, “Youth Hall” and “Old Hall” can be paid for.`; empty without others."""
    if not others:
        return ""
    *first, last = (f"“{title}”" for title in others)
    said = _("Only one of {these} and {last} can be paid for.")
    return said.format(these=", ".join([_("this"), *first]), last=last)


def either_or(projects: Sequence[Project | FrozenProject]) -> str:
    """All projects that exclude each other, in one text; empty where there are none."""
    groups = _titles_by_group(projects).values()
    return "; ".join(_(" or ").join(f"“{title}”" for _place, title in titles) for titles in groups)


def _titles_by_group(projects: Sequence[Project | FrozenProject]) -> dict[int | str, list[tuple[int, str]]]:
    groups: dict[int | str, list[tuple[int, str]]] = {}
    for place, project in enumerate(projects):
        if project.group:
            groups.setdefault(project.group, []).append((place, in_this_language(project.named)))
    return groups


def points_text(points: int) -> str:
    return ngettext("{points} point", "{points} points", points).format(points=f"{points:,}")


def price_sentence(project: Project | FrozenProject, years: int) -> str:
    """`£165,000 to set up and £24,000 a year for 3 years`."""
    parts = []
    if project.capital_pence:
        parts.append(_("{money} to set up").format(money=pounds(project.capital_pence)))
    if project.yearly_pence:
        said = ngettext("{money} for the first year", "{money} a year for {years} years", years)
        parts.append(said.format(money=pounds(project.yearly_pence), years=years))
    return _(" and ").join(parts)


def price_text(round: Round, project: FrozenProject) -> str:
    """The price, or that there is none to tell."""
    return _("chosen") if round.is_poll else pounds(project.price_pence)
