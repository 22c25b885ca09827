"""What is stored about a result in English is known again, whatever the election, and said in another language."""

from dataclasses import replace

import pytest
from django.utils.translation import override
from hypothesis import given, settings
from hypothesis import strategies as st

from cwf_portal.core.languages import as_written
from panels.domain.election import Election, borda
from panels.domain.equal_shares import Utility
from panels.domain.explain import explain
from panels.domain.tally import Completion, Method, Rule, count
from panels.explained import explained
from tests.unit.panels.domain.elections import elections

METHODS = [
    *(Method(rule, at_least=least) for rule in (Rule.GREEDY, Rule.GREEDY_PER_COST) for least in (1, 3)),
    *(Method(Rule.EQUAL_SHARES, Utility.COST, each, at_least=2) for each in Completion),
    Method(Rule.PRIORITY),
]


def unknown(subject: Election, method: Method) -> list[str]:
    told = explain(subject, method, count(subject, method))
    texts = {text for one in told for text in (one.reason, one.support) if text}
    return [text for text in texts if explained(text) == as_written(text)]


@settings(max_examples=150, deadline=None)
@given(subject=elections(with_options=True), method=st.sampled_from(METHODS))
def test_every_reason_of_every_election_is_known_again(subject: Election, method: Method):
    with override("ur"):
        assert unknown(subject, method) == []


@settings(max_examples=60, deadline=None)
@given(subject=elections(with_options=True), method=st.sampled_from([Method(), Method(Rule.PRIORITY)]))
def test_reasons_about_points_are_known_again(subject: Election, method: Method):
    most = len(subject.projects)
    ballots, points = borda(subject.ballots, most)
    for most_ranks in (most, 0):
        with override("bn"):
            counted = replace(subject, ballots=ballots, points=points, most_ranks=most_ranks)
            assert unknown(counted, method) == []


@pytest.mark.parametrize(
    ("english", "said"),
    [
        ("Funded 2nd: it needs £40,000, and £60,000.50 was still there.",
         "Sfinansowany, kolejność: 2. Potrzebuje £40\u00a0000, a zostało jeszcze £60\u00a0000,50."),
        ("3 of 6 voters chose it. 1 more vote would have been enough.",
         "Wybrało go tyle osób: 3 z 6. Zabrakło głosów: 1."),
        ("It can start with £1, but only one of it and Old & New could be funded.",
         'Może zacząć z kwotą £1, ale pieniądze mógł dostać tylko on albo <bdi lang="en-GB">Old &amp; New</bdi>.'),
        ("A reason from another time.", '<bdi lang="en-GB">A reason from another time.</bdi>'),
        ("fewer than 10", "mniej niż 10"),
        ("1,234", "1,234"),
    ],
)  # fmt: skip
def test_numbers_money_and_names_stand_in_the_translation(english: str, said: str):
    assert explained(english) == english
    with override("pl"):
        assert explained(english) == said
