"""The rules of a vote that a panel chooses, in a bundle: signed, counted by, and older ones left as they were."""

import json

import pytest

from panels.domain.ballot_paper import Kind
from panels.domain.bundle import recount
from panels.domain.canonical import digest
from panels.domain.equal_shares import Utility
from panels.domain.tally import Completion, Method, Rule
from panels.domain.verifier.checking import Bundle, verify
from panels.domain.verifier.reading import unpack
from panels.domain.verifier.signatures import Refused
from tests.unit.panels.domain.bundles import FAIR, bundle, changed, rules_of


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"at_least_votes":60', '"at_least_votes":61'),
        ('"utility":"cardinality"', '"utility":"cost"'),
        ('"completion":"none"', '"completion":"add1"'),
    ],
)
def test_verify_refuses_rules_with_another_way_of_counting(old, new):
    data = bundle(method=Method(Rule.EQUAL_SHARES, Utility.CARDINALITY, Completion.NONE, at_least=60))
    with pytest.raises(Refused, match="not the ones the portal signed before the vote"):
        verify(changed(data, "rules.json", old, new, is_signed_again=True))


def test_rules_that_use_nothing_new_are_written_as_they_always_were():
    """Whoever fixed a vote with an earlier version finds the same fingerprint."""
    assert digest(rules_of(FAIR)).hex() == "dd05c4491a4b64805b5b2edcee913ce0723ca3bb4b9dd1cd0271e7d039c3849c"


@pytest.mark.parametrize("voters", [120, 44])
@pytest.mark.parametrize(
    "method",
    [
        FAIR,
        Method(at_least=1),
        Method(Rule.GREEDY_PER_COST, at_least=1),
        Method(Rule.EQUAL_SHARES, Utility.CARDINALITY, Completion.ADD1, at_least=1),
    ],
)
def test_verify_counts_projects_that_exclude_each_other(method, voters):
    """Without their group 3 and 2 are funded; with it the second of them leaves, and 1 is paid for."""
    data = bundle(voters, method, group="23")

    assert json.loads(unpack(data)["result.json"])["winners"] == ["3", "1"]
    assert json.loads(unpack(bundle(voters, method))["result.json"])["winners"] == ["3", "2"]
    assert any("counted again, 2 winners" in line for line in verify(data)) is (
        voters == 120 or method.rule is not Rule.EQUAL_SHARES
    )
    assert len(recount(data)) == (voters == 120)


def test_verify_refuses_two_winners_that_exclude_each_other():
    data = changed(bundle(group="23"), "result.json", '["3","1"]', '["3","2"]', is_signed_again=True)
    data = changed(data, "result.json", '"spent_pence":7000000', '"spent_pence":5000000', is_signed_again=True)
    with pytest.raises(Refused, match="two projects of which the rules allow one"):
        verify(data)


PAYING_PARTS = [
    FAIR,
    Method(at_least=1),
    Method(Rule.GREEDY_PER_COST, at_least=1),
    Method(Rule.EQUAL_SHARES, Utility.CARDINALITY, Completion.ADD1_GREEDY, at_least=1),
]


@pytest.mark.parametrize("voters", [120, 44, 12])
@pytest.mark.parametrize("method", PAYING_PARTS)
def test_verify_counts_the_part_of_a_project_that_can_start_with_what_is_left(method, voters):
    """£50,000 of £100,000 are left when 3 and 2 are paid for; 1 costs £60,000, and starts with £45,000."""
    data = bundle(voters, method, least_pence=45_000_00)
    rules, result = (json.loads(unpack(data)[name]) for name in ("rules.json", "result.json"))

    assert (rules["counting"]["part_funding"], rules["projects"][0]["least_pence"]) == (True, 45_000_00)
    assert (result["winners"], result["part_pence"]) == (["3", "2", "1"], {"1": 50_000_00})
    assert result["spent_pence"] == 100_000_00
    assert any("counted again, 3 winners" in line for line in verify(data)) is (
        voters == 120 or (voters == 44 and method.rule is not Rule.EQUAL_SHARES)
    )
    assert len(recount(data)) == (voters == 120)
    assert "part_pence" not in json.loads(unpack(bundle(voters, method, least_pence=55_000_00))["result.json"])


@pytest.mark.parametrize("voters", [120, 44, 12])
@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('"part_pence":{"1":5000000},', "", "not add up|another part"),
        ('"part_pence":{"1":5000000},', '"part_pence":{"1":4900000},', "not add up|another part"),
        ('"part_pence":{"1":5000000}', '"part_pence":{"2":3000000}', "cannot start with as little"),
        ('"part_pence":{"1":5000000}', '"part_pence":{"1":4400000}', "cannot start with as little"),
        ('"part_pence":{"1":5000000}', '"part_pence":{"1":5000000,"2":1}', "parts of several"),
        ('"winners":["3","2","1"]', '"winners":["3","2"]', "a part of a project that did not win"),
        ('"spent_pence":10000000', '"spent_pence":9900000', "although money is left"),
    ],
)
def test_verify_refuses_another_part_than_the_rules_give(voters, old, new, sentence):
    data = bundle(voters, Method(at_least=1), least_pence=45_000_00)
    with pytest.raises(Refused, match=sentence):
        verify(changed(data, "result.json", old, new, is_signed_again=True))


def test_verify_pays_no_part_where_the_rules_do_not_say_so():
    """A least sum means nothing in rules that pay for whole projects only."""
    bundled = Bundle(unpack(bundle(120, Method(at_least=1), least_pence=45_000_00)))
    del bundled.rules["counting"]["part_funding"]
    with pytest.raises(Refused, match="cannot start with as little"):
        bundled.check_result()


def test_recount_refuses_another_sum_than_the_count_gives():
    data = changed(bundle(), "result.json", '"spent_pence":5000000', '"spent_pence":5000001', is_signed_again=True)
    with pytest.raises(Refused, match="own count of these ballots gives another result"):
        recount(data)


@pytest.mark.parametrize(
    ("method", "options", "fixed"),
    [
        (FAIR, {"group": "23"}, "b2fbc216cc6ceb50"),
        (Method(at_least=1), {"kind": Kind.POINTS, "group": "13", "least_pence": 45_000_00}, "6894b9550197de2e"),
        (Method(Rule.PRIORITY, at_least=1, most_winners=2), {"kind": Kind.RANKED}, "416af15e84a6cf4e"),
    ],
)
def test_rules_that_were_frozen_before_are_written_byte_for_byte_as_they_were(method, options, fixed):
    """Ballots are sealed to this fingerprint, with groups, parts and other kinds of ballots as well."""
    assert digest(rules_of(method, **options)).hex()[:16] == fixed
