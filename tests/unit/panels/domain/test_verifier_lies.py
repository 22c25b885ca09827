"""What a fund that signs whatever it likes can tell of a vote: nothing that its ballots, rules and list refute."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from panels.domain import pabulib
from panels.domain.ballot_paper import Kind
from panels.domain.election import Choice, Election
from panels.domain.equal_shares import Utility
from panels.domain.tally import Completion, Method, Rule
from panels.domain.verifier.checking import verify
from panels.domain.verifier.reading import unpack
from panels.domain.verifier.signatures import Refused, Unreadable
from tests.unit.panels.domain.bundles import added, bundle, changed, told_otherwise

GREEDY = Method(Rule.GREEDY, Utility.COST, Completion.NONE, at_least=1)
TABLES = ("result.json", "opening.json", "reconciliation.json")
Path = tuple[str | int, ...]


def told(table: Any, at: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Everything in a table and where it stands, but for the table itself."""
    below = table.items() if isinstance(table, dict) else enumerate(table) if isinstance(table, list) else ()
    for key, value in below:
        yield (*at, key), value
        yield from told(value, (*at, key))


def instead(value: Any) -> list[Any]:
    """What somebody could put in place of a value."""
    if isinstance(value, bool):
        return [not value, None]
    if isinstance(value, int):
        return [value + 1, value - 1, -1, 10**30, str(value), None, 1.5]
    if isinstance(value, str):
        return [value + "x", "", None, 5, [value]]
    if isinstance(value, list):
        return [[*value, *value[:1]], value[::-1], [], None, "x"]
    return [{}, None, []]


def with_another(table: Any, at: Path, value: Any) -> Any:
    """A copy with another value there; without it where the value is `...`."""
    table = copy.deepcopy(table)
    inner = table
    for key in at[:-1]:
        inner = inner[key]
    if value is ...:
        del inner[at[-1]]
    else:
        inner[at[-1]] = value
    return table


def lies_believed(data: bytes) -> set[tuple[Path, str]]:
    """Changes of one value each that the verifier takes, although the fund signed them: where, and to what."""
    believed = set()
    for name in TABLES:
        table = json.loads(unpack(data)[name])
        for at, value in told(table):
            for other in (*instead(value), ...):
                if other == value and type(other) is type(value):
                    continue
                try:
                    verify(told_otherwise(data, name, with_another(table, at, other)))
                except (Refused, Unreadable):
                    continue
                believed.add(((name, *at), "gone" if other is ... else repr(other)))
    return believed


# Who opened the box stands in no order. Whether a keeper who looked again is kept quiet, the verifier cannot know; it
# says how many did.
UNSAID = {
    (("opening.json", "keepers"), "['3', '1']"),
    (("opening.json", "opened_again"), "[]"),
    (("opening.json", "opened_again"), "gone"),
    (("opening.json", "opened_again", 0), "gone"),
    (("opening.json", "opened_again", 1), "gone"),
}


@pytest.mark.parametrize(("kind", "method"), [(Kind.APPROVAL, GREEDY), (Kind.RANKED, GREEDY), (Kind.POINTS, GREEDY)])
def test_where_the_ballots_are_published_no_lie_is_believed(kind, method):
    believed = {lie for lie in lies_believed(bundle(120, method, kind=kind)) if lie[0][1:2] != ("opened_again",)}
    assert believed <= UNSAID


def test_where_totals_are_published_votes_are_believed_that_the_ballots_could_give():
    """Forty ballots, whose voters nobody may find out: what cannot be proven is said, and 10**30 votes are none."""
    data = bundle(40, GREEDY)
    believed = {lie for lie in lies_believed(data) if lie[0][1:2] != ("opened_again",)} - UNSAID
    votes = json.loads(unpack(data)["result.json"])["votes"]
    assert {at for at, _ in believed} <= {("result.json", "votes", project) for project in votes}
    assert {int(to) - votes[at[-1]] for at, to in believed} <= {-1, 1}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"disclosure": "winners"}, "nothing but the winners may be known"),
        ({"disclosure": "some"}, "how much of it is published"),
        ({"counted": 29}, "of fewer ballots than the rules allow"),
        ({"published_at": "2026-01-31T09:00:00+00:00"}, "after the result was published"),
        ({"votes": {"1": 20, "2": 20}}, "does not tell the votes of every project"),
        ({"votes": {"1": 20, "2": 20, "3": "about thirty"}}, "does not tell the votes of every project"),
        ({"votes": {"1": 20, "2": 20, "3": 31}}, "or more than there were ballots"),
        ({"votes": {"1": 30, "2": 30, "3": 30}}, "more, or fewer, than these ballots can give"),
        ({"votes": {"1": 13, "2": 13, "3": 13}}, "more, or fewer, than these ballots can give"),
        ({"format": "cwf-round-result-v9"}, "in a form that this file does not know"),
    ],
)
def test_a_result_that_no_vote_can_have_is_refused_with_a_sentence(change, sentence):
    data = bundle(40, GREEDY)
    result = json.loads(unpack(data)["result.json"])
    with pytest.raises(Refused, match=sentence):
        verify(told_otherwise(data, "result.json", result | change))


@pytest.mark.parametrize(
    ("votes", "below", "is_believed"),
    [
        ({"1": "fewer than 20", "2": 20, "3": "fewer than 20"}, 20, True),
        ({"1": "fewer than 10", "2": 20, "3": "fewer than 20"}, 20, False),
        ({"1": "fewer than 20", "2": 12, "3": 20}, 20, False),
        ({"1": "fewer than 20", "2": 20, "3": 20}, None, False),
        ({"1": "fewer than 15", "2": 20, "3": 20}, 15, False),
        ({"1": "fewer than 5", "2": 20, "3": 20}, 5, False),
        ({"1": 20, "2": 20, "3": 20}, "20", False),
    ],
)
def test_totals_are_masked_as_the_rules_say_or_by_a_whole_number_of_times_more(votes, below, is_believed):
    data = bundle(40, GREEDY)
    result = json.loads(unpack(data)["result.json"]) | {"votes": votes} | ({"masked_below": below} if below else {})
    wider = told_otherwise(data, "result.json", result)
    if is_believed:
        assert verify(wider)
        return
    with pytest.raises(Refused, match="masked in another way|every project|do not let be told"):
        verify(wider)


def test_a_box_is_opened_by_keepers_and_after_voting_closed():
    data = bundle(40, GREEDY)
    opening = json.loads(unpack(data)["opening.json"])
    for change, sentence in (
        ({"keepers": ["1", "4"]}, "none of the three keepers"),
        ({"opened_at": "2026-01-30T09:00:00+00:00"}, "opened before voting closed"),
    ):
        with pytest.raises(Refused, match=sentence):
            verify(told_otherwise(data, "opening.json", opening | change))


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("budget;100000", "budget;90000", "of another vote than the rules do"),
        ("num_votes;120", "num_votes;119", "of another vote than the rules do"),
        ("vote_type;approval", "vote_type;ordinal", "of another vote than the rules do"),
        ("add1_step;9", "add1_step;8", "of another vote than the rules do"),
        ("budget;100000\n", "budget;100000\nbudget;1\n", "something about its vote twice"),
        ("1;60000;60;", "1;50000;60;", "lists a project otherwise"),
        ("1;60000;60;", "1;60000;61;", "lists a project otherwise"),
        ("Project 1", "Project 9", "lists a project otherwise"),
        ("3;10000;60;Project 3\n", "", "does not list the projects"),
        ("\n1;1\n", "\n7;1\n", "not written as the portal writes it"),
        ("\n60;1,2\n", "\n60;2,1\n", "not written as the portal writes it"),
        ("\n30;1\n31;1,2\n", "\n30;1,2\n31;1\n", "not sorted"),
        ("META\n", "META\n\nMETA\n", "not of the form"),
        ("VOTES\n", "votes\n", "not of the form"),
    ],
)
def test_the_file_of_ballots_says_the_same_to_whoever_counts_it_elsewhere(old, new, sentence):
    """The verifier reads ballots alone; another program would believe its prices, its budget and its names."""
    with pytest.raises(Refused, match=sentence):
        verify(changed(bundle(120, GREEDY), "ballots.pb", old, new, is_signed_again=True))


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('"disclosure":"full"', '"disclosure":"full","disclosure":"winners"', "says something twice"),
        ('"counted":120', '"counted":120.0', "a number that is not whole"),
        ('"counted":120', '"counted":NaN', "a number that is not whole"),
    ],
)
def test_a_table_says_the_same_to_every_reader(old, new, sentence):
    with pytest.raises(Refused, match=sentence):
        verify(changed(bundle(120, GREEDY), "result.json", old, new, is_signed_again=True))


@pytest.mark.parametrize("name", ["../rules.json", "Rules.json", "extra.txt", "heads/1.txt"])
def test_a_bundle_holds_no_file_that_no_record_has(name):
    with pytest.raises(Refused, match="no record of a vote has"):
        verify(told_otherwise(bundle(120, GREEDY), name, {}))


def test_ballots_are_not_published_beside_totals():
    ballots = unpack(bundle(120, GREEDY))["ballots.pb"].decode()
    with pytest.raises(Refused, match="published although the rules do not allow it"):
        verify(added(bundle(40, GREEDY), "ballots.pb", ballots))


def test_a_name_of_two_lines_is_written_on_one():
    """Somebody can call a project so; the record of the vote must not become unreadable by it."""
    choices = (Choice("1", 100, "Hall\nand  garden"),)
    told = pabulib.write(Election(100, choices, ((0,),) * 3), {})
    assert "1;100;3;Hall and garden\n" in told
    assert pabulib.read(told.encode()).projects[0].name == "Hall and garden"
