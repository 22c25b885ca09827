"""What pages and files say of the rules of a vote; rounds are made up and never stored."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest

from neighbourhoods.models import Neighbourhood
from panels.ballot_presenters import (
    either_or,
    facts_of_count,
    notes_on,
    only_one_of,
    price_sentence,
    starting_with,
)
from panels.domain.ballot_paper import Kind
from panels.domain.equal_shares import Utility
from panels.domain.rules_sheet import FrozenProject, RulesSheet
from panels.domain.tally import Completion, Rule
from panels.models import Panel, Round
from panels.pabulib_presenters import pabulib_meta
from panels.paper_presenters import excluding_text


def round_of(**rules: Any) -> Round:
    days = {
        name: datetime(2026, month, 1, 12, tzinfo=UTC)
        for month, name in enumerate(("ideas_open_at", "ideas_close_at", "voting_opens_at", "voting_closes_at"), 1)
    }
    panel = Panel(neighbourhood=Neighbourhood(name="Moorside"))
    return Round(**{"panel": panel, "title": "A vote", "budget_pence": 100_00, "most_choices": 3, **days, **rules})


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ({"rule": Rule.GREEDY}, {"A price covers": "Setting up, and running for 3 years"}),
        ({"rule": Rule.GREEDY, "years_covered": 1}, {"A price covers": "Setting up, and running for one year"}),
        (
            {"rule": Rule.GREEDY, "at_least": 1_000},
            {"Votes that a project needs": "1,000 or more. With fewer it is not paid for, even if money is left"},
        ),
        (
            {"rule": Rule.GREEDY, "at_least": 20, "ballot_kind": Kind.POINTS, "points": 9, "most_points": 3},
            {"Points that a project needs": "20 or more. With fewer it is not paid for, even if money is left"},
        ),
        (
            {"rule": Rule.GREEDY, "gives_parts": True, "ballot_kind": Kind.RANKED, "most_choices": 1},
            {
                "If too little is left": "What is left in the end goes to the first project, in the order of points, "
                "that can start with it"
            },
        ),
        (
            {"rule": Rule.GREEDY_PER_COST, "gives_parts": True},
            {
                "If too little is left": "What is left in the end goes to the first project, in the same order, "
                "that can start with it"
            },
        ),
        (
            {"rule": Rule.EQUAL_SHARES},
            {
                "Which project comes first": "The one with most voters who can share its price",
                "If money is left": "Every share grows step by step while that helps. Then what still fits is paid "
                "for, most votes first",
            },
        ),
        (
            {"rule": Rule.EQUAL_SHARES, "utility": Utility.CARDINALITY, "completion": Completion.NONE},
            {
                "Which project comes first": "The one that costs each of its voters least",
                "If money is left": "It can be decided in another vote",
            },
        ),
    ],
)
def test_facts_of_a_count_say_each_rule_that_matters_and_no_other(rules, expected):
    facts = dict(facts_of_count(round_of(**rules)))
    rest = {"How votes become a result", "If projects tie", "A price covers"}

    assert {key: facts[key] for key in expected} == expected
    assert set(facts) == rest | set(expected)


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ({"rule": Rule.GREEDY}, {"rule": "greedy", "counting": "greedy cost add1+greedy"}),
        ({"rule": Rule.GREEDY, "at_least": 30}, {"rule": "greedy-threshold", "min_project_score_threshold": "30"}),
        ({"rule": Rule.GREEDY_PER_COST}, {"rule": "unknown"}),
        ({"rule": Rule.EQUAL_SHARES}, {"rule": "equalshares/add1", "counting": "equal-shares cost add1+greedy"}),
        (
            {"rule": Rule.EQUAL_SHARES, "utility": "cardinality", "completion": "none"},
            {"rule": "equalshares", "counting": "equal-shares cardinality none"},
        ),
    ],
)
def test_a_file_of_ballots_names_the_rule_in_the_words_of_pabulib(rules, expected):
    meta = pabulib_meta(round_of(**rules))

    assert {key: meta[key] for key in expected} == expected
    assert ("min_project_score_threshold" in meta) is ("at_least" in rules)
    assert (meta["date_begin"], meta["date_end"]) == ("01.03.2026", "01.04.2026")


def test_projects_that_exclude_each_other_say_which():
    named = (("Old Hall", "1"), ("Path", ""), ("New Hall", "1"), ("Court", "2"), ("Garden", "2"), ("Pond", "2"))
    projects = [FrozenProject(str(at), title, "", 1, 0, 1, group) for at, (title, group) in enumerate(named)]

    assert only_one_of(projects) == [
        "Only one of this and “New Hall” can be paid for.",
        "",
        "Only one of this and “Old Hall” can be paid for.",
        "Only one of this, “Garden” and “Pond” can be paid for.",
        "Only one of this, “Court” and “Pond” can be paid for.",
        "Only one of this, “Court” and “Garden” can be paid for.",
    ]
    assert either_or(projects) == "“Old Hall” or “New Hall”; “Court” or “Garden” or “Pond”"


def test_projects_that_can_start_with_less_say_with_how_much():
    """A least sum as high as the price says nothing that the price does not say."""
    named = (("Hall", 30_000_00, "1"), ("Path", 50_000_00, ""), ("Pond", 0, "1"), ("Court", 5_00, ""))
    projects = [
        FrozenProject(str(at), title, "", 50_000_00, 0, 50_000_00, group, least)
        for at, (title, least, group) in enumerate(named)
    ]

    assert notes_on(projects) == [
        "If too little is left for all of it, it can start with £30,000. Only one of this and “Pond” can be paid for.",
        "",
        "Only one of this and “Hall” can be paid for.",
        "If too little is left for all of it, it can start with £5.",
    ]
    assert starting_with(projects) == "These can start with less than their price: “Hall” with £30,000; “Court” with £5"
    assert starting_with(projects[1:3]) == "No project on this ballot can start with less than its price"
    sheet = cast(RulesSheet, SimpleNamespace(projects=projects))
    assert excluding_text(sheet).endswith("than their price: “Hall” with £30,000; “Court” with £5.")


@pytest.mark.parametrize(
    ("years", "expected"),
    [(1, "£5 to set up and £2 for the first year"), (3, "£5 to set up and £2 a year for 3 years")],
)
def test_a_price_says_how_many_years_it_covers(years, expected):
    assert price_sentence(FrozenProject("1", "Hall", "A hall.", 500, 200, 500 + years * 200), years) == expected
