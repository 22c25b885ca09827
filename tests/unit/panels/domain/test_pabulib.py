from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from panels.domain import pabulib
from panels.domain.election import Choice, Election
from tests.unit.panels.domain.elections import elections

GOOD = """META
key;value
description;A small vote
num_projects;2
num_votes;3
budget;100
vote_type;approval
PROJECTS
project_id;cost;votes;name;selected
7;60;2;Garden "by the river";1
11;50;2;"Hall; new roof";0
VOTES
voter_id;vote;age
a;7,11;30
b;7;41
c;11;
"""

RANKED = """META
key;value
num_projects;2
num_votes;2
budget;100
vote_type;ordinal
max_length;3
PROJECTS
project_id;cost
a;60
b;50
VOTES
voter_id;vote
1;b,a
2;b
"""

POINTS = """META
key;value
budget;100
vote_type;cumulative
PROJECTS
project_id;cost;name
a;60;Hall
b;50;Garden
c;10;Bench
VOTES
voter_id;vote;points
1;b,a;2,4
2;;
"""


def test_read_gives_projects_ballots_and_budget():
    election = pabulib.read(GOOD.encode())

    assert election.budget == 100
    assert election.projects == (Choice("7", 60, 'Garden "by the river"'), Choice("11", 50, "Hall; new roof"))
    assert election.ballots == ((0, 1), (0,), (1,))
    assert election.votes == [2, 2]


@pytest.mark.parametrize(
    "variant", [GOOD.replace("\n", "\r\n"), "\ufeff" + GOOD, GOOD.rstrip("\n"), GOOD + "\n\n", GOOD.replace("\n", "\r")]
)
def test_read_does_not_mind_line_ends_or_a_byte_order_mark(variant):
    assert pabulib.read(variant.encode()).ballots == ((0, 1), (0,), (1,))


def test_read_turns_decimals_into_whole_minor_units():
    election = pabulib.read(GOOD.replace("budget;100", "budget;100.05").replace("7;60", "7;60,5").encode())

    assert (election.budget, election.unit) == (10005, 100)
    assert election.projects[0].cost == 6050


def test_read_counts_an_empty_vote_as_a_voter():
    assert pabulib.read(GOOD.replace("c;11;", "c;;").encode()).ballots[2] == ()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "section META is missing or empty"),
        (GOOD.encode().replace(b"Hall", b"H\xe9l"), "line 11: byte 0xe9 is not UTF-8 text; save the file again"),
        (GOOD.encode("utf-16"), "line 1: the file is saved as UTF-16"),
        (GOOD.replace("a;7,11", "a\0;7").encode(), "line 14: there is a NUL character"),
        (("hello\n" + GOOD).encode(), "line 1: the file must begin with META"),
        ((GOOD + "VOTES\n").encode(), "line 17: section VOTES occurs twice"),
        (GOOD.split("VOTES")[0].encode(), "section VOTES is missing or empty"),
        (GOOD.replace("budget;100\n", "").encode(), "the budget is missing from META"),
        (GOOD.replace("budget;100", "budget;lots").encode(), "line 6: budget is 'lots', which is not a number"),
        (GOOD.replace("budget;100", "budget;-1").encode(), "out of range"),
        (GOOD.replace("budget;100", "budget;NaN").encode(), "not a number"),
        (GOOD.replace("budget;100", "budget;1_0").encode(), "not a number"),
        (GOOD.replace("budget;100", "budget;1e99").encode(), "out of range"),
        (GOOD.replace("budget;100", "budget;1e" + "9" * 30).encode(), "out of range"),
        (GOOD.replace("budget;100", "budget;" + "9" * 5000).encode(), "9…', which is out of range"),
        (GOOD.replace("budget;100", "budget;0.0000001").encode(), "more than 6 decimals"),
        (GOOD.replace("7;60", "7;sixty").encode(), "line 10: the cost is 'sixty', which is not a number"),
        (GOOD.replace("project_id;cost", "project_id;price").encode(), "line 9: PROJECTS has no column cost"),
        (GOOD.replace("11;50", "7;50").encode(), "line 11: project_id '7' was already used on line 10"),
        (GOOD.replace("b;7;41", "a;7;41").encode(), "line 15: voter_id 'a' was already used on line 14"),
        (GOOD.replace("b;7;41", "b;8;41").encode(), "line 15: the vote names '8', which is not among the projects"),
        (GOOD.replace("b;7;41", "b;7,7;41").encode(), "line 15: the vote names '7' twice"),
        (GOOD.replace("b;7;41", ";7;41").encode(), "line 15: voter_id is empty"),
        (GOOD.replace("b;7;41", "b").encode(), "line 15: vote is missing"),
        (GOOD.replace("num_votes;3", "num_votes;4").encode(), "line 5: num_votes is '4', but the file has 3 votes"),
        (GOOD.replace("approval", "delegated").encode(), "line 7: vote_type is 'delegated'; votes of this type cannot"),
        (
            GOOD.replace("approval", "choose-1").encode(),
            "line 14: the vote names 2 projects, but vote_type is choose-1",
        ),
        (GOOD.replace("approval", "cumulative").encode(), "line 13: VOTES has no column points"),
        (
            RANKED.replace("max_length;3", "max_length;1").encode(),
            "line 14: the vote ranks 2 projects; max_length is 1",
        ),
        (
            RANKED.replace("max_length;3", "max_length;x").encode(),
            "line 7: max_length is 'x', which is no whole number",
        ),
        (POINTS.replace("2,4", "2").encode(), "line 12: the vote names 2 projects and gives 1 points"),
        (POINTS.replace("2,4", "2,-4").encode(), "line 12: the points are '-4', which is no whole number in range"),
    ],
)
def test_read_refuses_with_a_sentence_that_names_the_place(content, sentence):
    with pytest.raises(pabulib.PabulibError) as refused:
        pabulib.read(content)

    assert sentence in str(refused.value)


def test_write_then_read_gives_the_same_election():
    election = Election(
        12345, (Choice("a", 999, "One; two"), Choice("b", 100, '"')), ((0,), (), (0, 1)), unit=100, step=250
    )
    again = pabulib.read(pabulib.write(election, {"description": "A vote"}).encode())

    assert again == election


def test_read_turns_ranks_into_points_most_for_the_first():
    election = pabulib.read(RANKED.encode())

    assert election.ballots == ((0, 1), (1,))
    assert election.points == ((2, 3), (3,))
    assert pabulib.read(RANKED.replace("max_length;3\n", "").encode()).points == ((1, 2), (2,))


def test_read_takes_points_as_they_are_given():
    election = pabulib.read(POINTS.encode())

    assert election.ballots == ((0, 1), ())
    assert election.points == ((4, 2), ())
    assert election.support == [4, 2, 0]
    assert pabulib.read(pabulib.write(election, {}).encode()) == election


def test_read_refuses_more_than_anybody_counts(monkeypatch):
    monkeypatch.setattr(pabulib, "MOST_BYTES", 10)
    with pytest.raises(pabulib.PabulibError, match="at most 10 are read"):
        pabulib.read(GOOD.encode())


@settings(max_examples=100, deadline=None)
@given(content=st.binary(max_size=300) | st.text(max_size=300).map(str.encode), at=st.integers(0, len(GOOD)))
def test_read_gives_an_election_or_a_sentence_whatever_the_file_holds(content, at):
    """Any bytes, alone or in the middle of a good file: never another exception."""
    good = GOOD.encode()
    for file in (content, good[:at] + content + good[at:], good[:at] + content):
        assert answer_to(file)


def answer_to(file: bytes) -> Election | str:
    """What reading gives: an election, or the sentence that says why not."""
    try:
        return pabulib.read(file)
    except pabulib.PabulibError as refused:
        return str(refused)


@given(subject=elections(with_options=True), unit=st.sampled_from([1, 100]))
def test_write_then_read_keeps_groups_and_parts(subject, unit):
    subject = replace(subject, unit=unit)
    again = pabulib.read(pabulib.write(subject, {}).encode())

    assert [again.budget * unit, again.ballots] == [subject.budget * again.unit, subject.ballots]
    assert [project.group for project in again.projects] == [project.group for project in subject.projects]
    assert [project.least * unit for project in again.projects] == [
        project.least * again.unit for project in subject.projects
    ]


@pytest.mark.parametrize(
    "name", ["A\nPROJECTS\nB", "VOTES", '"', '"A', 'A;"B', "1;2", "\x1c", "\u2028", ";META", "=1+1"]
)
def test_a_name_or_title_of_any_kind_leaves_the_file_as_it_is(name):
    subject = Election(100, (Choice("1", 50, name=name), Choice("2", 60)), ((0,), (0, 1)))
    back = pabulib.read(pabulib.write(subject, {"description": name}).encode())

    assert (back.budget, back.ballots, [one.cost for one in back.projects]) == (100, subject.ballots, [50, 60])


def test_ranked_ballots_are_written_in_the_order_of_the_voter():
    election = pabulib.read(RANKED.encode())
    text = pabulib.write(election, {"description": "ranked"})

    assert "vote_type;ordinal" in text
    assert "max_length;3" in text
    assert text.endswith("voter_id;vote\n1;b,a\n2;b\n")
    assert pabulib.read(text.encode()) == replace(
        election, projects=tuple(replace(choice, name="") for choice in election.projects)
    )


def test_points_are_written_beside_what_they_are_given_to():
    election = pabulib.read(POINTS.encode())
    text = pabulib.write(election, {"max_sum_points": "6"})

    assert "vote_type;cumulative" in text
    assert text.endswith("voter_id;vote;points\n1;a,b;4,2\n2;;\n")
    assert pabulib.read(text.encode()).points == election.points
