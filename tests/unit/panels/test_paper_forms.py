"""Forms by kind of ballot: crosses where a cross is all, numbers elsewhere."""

import pytest
from django.http import QueryDict

from panels.domain.ballot_paper import Kind
from panels.paper_forms import HelpedBallotForm, PaperForm

OPTIONS = [("1", "One"), ("2", "Two"), ("3", "Three")]


def paper(kind: Kind, typed: str) -> PaperForm:
    return PaperForm(QueryDict(f"number=4&{typed}"), options=OPTIONS, kind=kind)


@pytest.mark.parametrize(
    ("kind", "typed", "choices"),
    [
        (Kind.APPROVAL, "project=1&project=3", ["1", "3"]),
        (Kind.KNAPSACK, "project=2", ["2"]),
        (Kind.RANKED, "box_1=2&box_2=&box_3=1", {"1": 2, "3": 1}),
        (Kind.POINTS, "box_1=0&box_2=7", {"2": 7}),
        (Kind.POINTS, "is_unreadable=on", None),
    ],
)
def test_what_a_paper_says_by_kind_of_ballot(kind, typed, choices):
    form = paper(kind, typed)
    assert form.is_valid(), form.errors
    assert (form.choices(), form.cleaned_data["number"]) == (choices, 4)


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("typed", ["", "is_unreadable=on&project=1&box_1=1"])
def test_a_paper_is_entered_or_cannot_count(kind, typed):
    form = paper(kind, typed)
    assert not form.is_valid()
    assert "Enter what is marked, or tick that the paper cannot count" in str(form.errors)


@pytest.mark.parametrize("number", ["x", "²", "9" * 5_000])
def test_a_page_out_of_date_is_refused(number):
    form = PaperForm(QueryDict(f"number={number}&project=1"), options=OPTIONS, kind=Kind.APPROVAL)
    assert "This page is out of date" in str(form.errors)


@pytest.mark.parametrize(
    ("kind", "typed", "carried"),
    [
        (Kind.APPROVAL, "project=1&project=3", [("project", "1"), ("project", "3")]),
        (Kind.RANKED, "box_1=1", [("box_1", 1)]),
    ],
)
def test_a_helped_ballot_is_carried_to_the_next_page(kind, typed, carried):
    form = HelpedBallotForm(QueryDict(typed), options=OPTIONS, kind=kind)
    assert form.is_valid(), form.errors
    assert form.carried == carried
