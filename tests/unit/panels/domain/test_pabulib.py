import pytest

from panels.domain import pabulib
from panels.domain.election import Choice, Election

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


def test_read_gives_projects_ballots_and_budget():
    election = pabulib.read(GOOD.encode())

    assert election.budget == 100
    assert election.projects == (Choice("7", 60, 'Garden "by the river"'), Choice("11", 50, "Hall; new roof"))
    assert election.ballots == ((0, 1), (0,), (1,))
    assert election.votes == [2, 2]


@pytest.mark.parametrize("variant", [GOOD.replace("\n", "\r\n"), "\ufeff" + GOOD, GOOD.rstrip("\n"), GOOD + "\n\n"])
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
        (b"\xff\xfe\x00", "byte 0 is not UTF-8 text"),
        (GOOD.replace("a;7,11", "a\0;7").encode(), "NUL character"),
        (("hello\n" + GOOD).encode(), "line 1: the file must begin with META"),
        ((GOOD + "VOTES\n").encode(), "section VOTES occurs twice"),
        (GOOD.replace("budget;100\n", "").encode(), "META: budget is missing"),
        (GOOD.replace("budget;100", "budget;lots").encode(), "'lots', which is not a number"),
        (GOOD.replace("budget;100", "budget;-1").encode(), "out of range"),
        (GOOD.replace("budget;100", "budget;NaN").encode(), "out of range"),
        (GOOD.replace("budget;100", "budget;1e99").encode(), "out of range"),
        (GOOD.replace("budget;100", "budget;0.0000001").encode(), "more than 6 decimals"),
        (GOOD.replace("project_id;cost", "project_id;price").encode(), "PROJECTS has no column cost"),
        (GOOD.replace("11;50", "7;50").encode(), "'7' was already used on line 10"),
        (GOOD.replace("b;7;41", "a;7;41").encode(), "line 15: voter_id 'a' was already used on line 14"),
        (GOOD.replace("b;7;41", "b;8;41").encode(), "line 15: the vote names '8', which is not among the projects"),
        (GOOD.replace("b;7;41", "b;7,7;41").encode(), "names '7' twice"),
        (GOOD.replace("b;7;41", ";7;41").encode(), "line 15: voter_id is empty"),
        (GOOD.replace("b;7;41", "b").encode(), "line 15: vote is missing"),
        (GOOD.replace("num_votes;3", "num_votes;4").encode(), "the file has 3 votes; is it cut short?"),
        (GOOD.replace("approval", "ordinal").encode(), "'ordinal'; only approval votes"),
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
