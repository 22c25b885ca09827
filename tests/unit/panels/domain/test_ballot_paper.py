"""Ballots of every kind on paper: what they may say, how they are written, and how the box gives them back."""

import struct
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panels.domain.ballot_paper import (
    BallotError,
    BallotRules,
    Kind,
    check,
    content_of,
    decode,
    encode,
    naming,
    ranking,
)
from panels.domain.election import borda, read_contents

APPROVAL = BallotRules(Kind.APPROVAL, 3, 2)
RANKED = BallotRules(Kind.RANKED, 4, 3)
POINTS = BallotRules(Kind.POINTS, 3, 3, points=5, most_points=4)
KNAPSACK = BallotRules(Kind.KNAPSACK, 3, 3, budget=100_00, prices=(60_00, 50_00, 40_00))
ALL = (APPROVAL, RANKED, POINTS, KNAPSACK)


@pytest.mark.parametrize(
    ("rules", "marks", "content"),
    [
        (APPROVAL, (1, 0, 1), (0, 2)),
        (RANKED, (0, 2, 3, 1), (3, 1, 2)),
        (POINTS, (4, 0, 1), (4, 0, 1)),
        (KNAPSACK, (1, 0, 1), (0, 2)),
    ],
)
def test_a_ballot_of_each_kind_reads_back_with_the_same_length(rules, marks, content):
    paper = encode(marks, rules)

    assert decode(paper, rules) == marks
    assert content_of(marks, rules.kind) == content
    assert len(paper) == 4 + 2 * rules.project_count


@pytest.mark.parametrize(
    ("rules", "marks", "sentence", "mend"),
    [
        (APPROVAL, (0, 0, 0), "You have not chosen a project.", "Choose one or more."),
        (APPROVAL, (1, 1, 1), "You chose 3 projects; you can choose up to 2.", "Take some away."),
        (replace(APPROVAL, most_choices=1), (1, 1, 0), "You chose 2 projects; you can choose one.", "Take some away."),
        (APPROVAL, (2, 0, 0), "a mark is neither 0 nor 1", ""),
        (APPROVAL, (1, 0), "This is not a ballot of this vote.", "Start again from the ballot."),
        (APPROVAL, (1, 0, -1), "This is not a ballot of this vote.", "Start again from the ballot."),
        (APPROVAL, (1, 0, 70_000), "This is not a ballot of this vote.", "Start again from the ballot."),
        (RANKED, (0, 0, 0, 0), "You have not ranked a project.", "Write 1 beside the one that matters most to you."),
        (RANKED, (1, 2, 3, 4), "You ranked 4 projects; you can rank up to 3.", "Take some away."),
        (RANKED, (1, 2, 2, 0), "You gave 2nd place to 2 projects.", "Give each place once."),
        (RANKED, (1, 0, 3, 0), "You gave 3rd place, but not 2nd.", "Leave no place out."),
        (RANKED, (0, 9, 0, 0), "You gave 9th place, but not 1st.", "Leave no place out."),
        (POINTS, (0, 0, 0), "You have not given any points.", "Give some to one project or more."),
        (POINTS, (5, 0, 0), "You gave 5 points to one project; the most for one is 4.", "Give it fewer."),
        (POINTS, (3, 2, 2), "You gave 7 points; you have 5 to give.", "Take 2 away."),
        (
            KNAPSACK,
            (1, 1, 0),
            "Together the projects you chose cost £110, and there is £100.",
            "Take some away: it is £10 too much.",
        ),
        (KNAPSACK, (0, 3, 0), "a mark is neither 0 nor 1", ""),
    ],
)
def test_what_breaks_the_rules_is_refused_with_a_sentence_on_the_way_in_and_out(rules, marks, sentence, mend):
    with pytest.raises(BallotError) as refused:
        check(marks, rules)
    assert (str(refused.value), refused.value.mend) == (sentence, mend)

    if len(marks) == rules.project_count and all(0 <= mark < 65_536 for mark in marks):
        with pytest.raises(BallotError, match=sentence.split("(")[0]):
            decode(encode(marks, rules), rules)


@pytest.mark.parametrize(("ours", "theirs"), [pair for pair in product(ALL, ALL) if pair[0] != pair[1]])
def test_a_ballot_of_another_kind_is_known_when_it_is_opened(ours, theirs):
    theirs = replace(theirs, project_count=ours.project_count)
    paper = encode((1,) + (0,) * (ours.project_count - 1), theirs)
    with pytest.raises(BallotError, match="another version, kind or size"):
        decode(paper, ours)


@pytest.mark.parametrize(
    ("paper", "sentence"),
    [
        (encode((1, 0, 0), APPROVAL)[:-1], "another length"),
        (encode((1, 0, 0), APPROVAL) + b"\0\0", "another length"),
        (b"\2" + encode((1, 0, 0), APPROVAL)[1:], "another version"),
        (b"\1\1\0\4" + encode((1, 0, 0), APPROVAL)[4:], "another version, kind or size"),
    ],
)
def test_decode_refuses_bytes_that_are_no_ballot(paper, sentence):
    with pytest.raises(BallotError, match=sentence):
        decode(paper, APPROVAL)


@pytest.mark.parametrize("mark", [naming, ranking])
@pytest.mark.parametrize(("chosen", "sentence"), [([3], "not on this ballot"), ([-1], "not on"), ([1, 1], "twice")])
def test_impossible_positions_make_no_marks(mark, chosen, sentence):
    with pytest.raises(BallotError, match=sentence):
        mark(chosen, 3)


def slow_is_ballot(marks: tuple[int, ...], rules: BallotRules) -> bool:
    """The definitions, one after the other."""
    named = [mark for mark in marks if mark]
    if not named or len(named) > rules.most_choices:
        return False
    if rules.kind is Kind.RANKED:
        return all(named.count(rank) == 1 for rank in range(1, len(named) + 1))
    if rules.kind is Kind.POINTS:
        return all(mark <= rules.most_points for mark in named) and sum(named) <= rules.points
    cost = sum(price for price, mark in zip(rules.prices, marks, strict=False) if mark)
    return set(named) == {1} and cost <= rules.budget


@given(rules=st.sampled_from(ALL), data=st.data())
def test_exactly_the_ballots_of_the_definition_are_let_through(rules, data):
    marks = tuple(data.draw(st.lists(st.integers(0, 5), min_size=rules.project_count, max_size=rules.project_count)))
    paper = struct.pack(f">BBH{len(marks)}H", 1, [*Kind].index(rules.kind) + 1, len(marks), *marks)
    try:
        found = decode(paper, rules)
    except BallotError:
        found = None

    assert (found == marks) is slow_is_ballot(marks, rules)


def test_rules_survive_their_way_to_the_process_that_opens():
    for rules in ALL:
        assert BallotRules.from_table(rules.to_table()) == rules


def test_contents_of_a_box_become_ballots_and_points():
    assert read_contents(Kind.APPROVAL, [(0, 2)], 2) == (((0, 2),), ())
    assert read_contents(Kind.KNAPSACK, [(1,)], 3) == (((1,),), ())
    assert read_contents(Kind.RANKED, [(3, 1), (0,)], 3) == borda([(3, 1), (0,)], 3) == (((1, 3), (0,)), ((2, 3), (3,)))
    assert read_contents(Kind.POINTS, [(4, 0, 1)], 3) == (((0, 2),), ((4, 1),))
