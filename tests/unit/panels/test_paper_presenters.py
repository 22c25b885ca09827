"""What a printed ballot says about how it is filled in, by kind of ballot."""

import json

import pytest

from panels.domain.rules_sheet import RulesSheet
from panels.models import Project
from panels.paper_presenters import drawn_options, how_to_fill_in


def sheet(kind: str, most_choices: int, **points: int) -> RulesSheet:
    """Rules of three projects, with what a ballot is printed from."""
    ballot = {"kind": kind, "most_choices": most_choices, **points}
    content = {"ballot": ballot, "projects": [{"price_pence": 5}] * 3, "budget_pence": 9, "order_seed": "00"}
    return RulesSheet(json.dumps(content).encode())


@pytest.mark.parametrize(
    ("kind", "points"), [("knapsack", {}), ("points", {"points": 10, "most_points": 5})], ids=["knapsack", "points"]
)
def test_how_to_fill_in_says_how_many_projects_where_not_all(kind, points):
    said = {most: how_to_fill_in(sheet(kind, most, **points)) for most in (1, 2, 3)}
    assert said[1].endswith(". Choose one project.")
    assert said[2].endswith(". Choose up to 2 projects.")
    assert "Choose" not in said[3]


@pytest.mark.parametrize(("price_pence", "shown"), [(500, "Park: £5"), (0, "Park")])
def test_drawn_options_name_a_price_where_there_is_one(price_pence, shown):
    projects = [Project(place=0, title="Park", capital_pence=price_pence, yearly_pence=0, price_pence=price_pence)]
    assert [title for _, title in drawn_options(sheet("approval", 1), projects, voter=1)] == [shown]
