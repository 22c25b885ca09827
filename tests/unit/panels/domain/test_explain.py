from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from panels.domain import explain as module
from panels.domain.election import Choice, Election, borda
from panels.domain.equal_shares import Utility
from panels.domain.explain import explain
from panels.domain.recounting import with_more
from panels.domain.rules_sheet import add1_step_pence
from panels.domain.tally import Completion, Method, Outcome, Rule, count
from panels.domain.words import ordinal, pounds
from tests.unit.panels.domain.elections import elections
from tests.unit.panels.domain.test_greedy import election

FAIR = Method(Rule.EQUAL_SHARES, Utility.COST, Completion.ADD1_GREEDY, at_least=1)
FAIR_FROM_THREE = replace(FAIR, at_least=3)


def explained(subject: Election, method: Method):
    return explain(subject, method, count(subject, method))


def test_explain_greedy_says_when_and_why():
    subject = election(10_000, {"a": 6_000, "b": 5_000, "c": 4_000}, ["ab", "ab", "abc", "a"])
    a, b, c = explained(subject, Method())

    assert a.reason == "Funded 1st: it needs £60, and £100 was still there."
    assert a.support == "4 of 4 voters chose it."
    assert b.reason == "Not funded: it needs £50, and £40 was left when its turn came."
    assert c.order == 2


def test_explain_greedy_counts_the_further_votes_that_would_have_been_enough():
    """b costs less than a, so drawing level with a's four votes puts it first."""
    subject = election(10_000, {"a": 6_000, "b": 5_000}, ["ab", "ab", "a", "a"])
    b = explained(subject, Method())[1]

    assert b.more_votes == 2
    assert b.support.endswith("2 more votes would have been enough.")
    raised = election(10_000, {"a": 6_000, "b": 5_000}, ["ab", "ab", "a", "a", "b", "b"])
    assert 1 in count(raised, Method()).winners


def test_explain_greedy_names_a_project_dearer_than_all_the_money():
    subject = election(100, {"a": 101}, ["a"])

    assert explained(subject, Method())[0].reason == "Not funded: it needs £1.01, more than all the money there was."


def test_explain_greedy_keeps_votes_out_of_the_reason():
    subject = election(100, {"a": 50, "b": 50}, ["a"])
    b = explained(subject, Method(at_least=1))[1]

    assert b.reason == "Not funded: it needs £0.50, and too little support stood behind it."
    assert b.support.endswith("1 more vote would have been enough.")


def test_explain_says_that_a_project_had_fewer_votes_than_the_rules_ask_for():
    """The reason tells it only where everybody can see it from the result: all that fits is funded otherwise."""
    subject = election(10_000, {"a": 5_000, "b": 5_000}, ["a", "a", "a", "b"])
    told = " 1 of 4 voters chose it. A project needs 3 votes or more."
    fewer = "fewer than the 3 votes that a project needs stood behind it."
    for method, reason, what in (
        (Method(at_least=3), fewer, "votes"),
        (FAIR_FROM_THREE, fewer, "voters who chose nothing else"),
        (replace(FAIR_FROM_THREE, completion=Completion.ADD1), "too little support stood behind it.", "voters who"),
    ):
        b = explained(subject, method)[1]

        assert b.reason == f"Not funded: it needs £50, and {reason}"
        assert b.support.startswith(f"{told.strip()} 2 more {what}")


def test_explain_shares_says_what_each_voter_paid_and_what_was_missing():
    subject = election(10_000, {"a": 5_000, "b": 5_000, "c": 4_000}, ["ab"] * 6 + ["c"] * 4)
    a, b, c = explained(subject, Method(Rule.EQUAL_SHARES))

    assert a.support == "6 of 10 voters chose it. Each of these voters paid up to £8.34 for it from an equal share."
    assert c.order == 2
    assert b.reason == "Not funded: it needs £50, and £10 was left."
    assert "had £10 of their shares left between them, £40 too little." in b.support
    assert b.support.endswith(" 1 more voter who chose nothing else would have been enough.")


def test_explain_shares_names_what_completion_added():
    subject = election(10_000, {"a": 6_000, "b": 4_000}, ["a", "a", "a", "b"])
    outcome = Outcome([0, 1], paid_by_shares=1, share=Fraction(2_500))

    assert explain(subject, FAIR, outcome)[1].support.endswith("It was paid from the money that was left at the end.")


def test_explain_shares_counts_again_since_more_voters_have_smaller_shares():
    """One of four has £25 for a. Of eight, five would have £12.50 each, enough for £60; of seven, four would not."""
    subject = election(10_000, {"a": 6_000, "b": 3_000}, ["a", "b", "", ""])
    method = Method(Rule.EQUAL_SHARES)
    a = explained(subject, method)[0]

    assert a.more_votes == 4
    assert explain(subject, method, count(subject, method), recounts=False)[0].more_votes is None


def test_explain_shares_of_a_large_election_says_no_number(monkeypatch):
    monkeypatch.setattr(module, "MOST_RECOUNTED", 3)
    a = explained(election(10_000, {"a": 6_000}, ["a", "", "", ""]), Method(Rule.EQUAL_SHARES))[0]

    assert "enough" not in a.support


def test_explain_shares_says_no_number_beyond_all_measure():
    """It costs all the money, so that not one voter may have chosen anything else, or nothing."""
    a = explained(election(10_000, {"a": 10_000}, ["a", ""]), Method(Rule.EQUAL_SHARES))[0]

    assert a.more_votes is None


def test_explain_has_one_entry_per_project_in_the_order_of_the_ballot():
    subject = Election(500, tuple(Choice(name, 100) for name in "xyz"), ((0, 2), (1,)))

    assert [told.place for told in explained(subject, FAIR)] == [0, 1, 2]


@pytest.mark.parametrize(("pence", "text"), [(0, "£0"), (123_400, "£1,234"), (5, "£0.05"), (Fraction(100, 3), "£0.34")])
def test_pounds(pence, text):
    assert pounds(pence) == text


@pytest.mark.parametrize(("number", "text"), [(1, "1st"), (2, "2nd"), (3, "3rd"), (11, "11th"), (22, "22nd")])
def test_ordinal(number, text):
    assert ordinal(number) == text


@settings(max_examples=60, deadline=None)
@given(
    subject=elections(with_options=True),
    rule=st.sampled_from([Rule.GREEDY, Rule.GREEDY_PER_COST]),
    at_least=st.integers(0, 2),
)
def test_explain_greedy_names_the_fewest_further_votes(subject, rule, at_least):
    """Counted again with that many votes more it is funded whole, with one fewer it is not."""
    method = Method(rule, at_least=at_least)
    for told in explained(subject, method):
        if told.more_votes:
            for more, is_funded in ((told.more_votes, True), (told.more_votes - 1, False)):
                raised = replace(subject, ballots=subject.ballots + ((told.place,),) * more)

                outcome = count(raised, method)

                assert (told.place in outcome.winners and outcome.part_of(told.place) is None) is is_funded


def test_explain_names_the_project_that_took_the_place_of_its_group():
    projects = (Choice("a", 50, "Old hall", group="hall"), Choice("b", 40, "New hall", group="hall"))
    b = explained(Election(100, projects, ((0,), (0, 1))), Method())[1]

    assert b.reason == "Not funded: it needs £0.40, and only one of it and Old hall could be funded."
    assert b.more_votes == 1


def test_explain_shares_counts_again_for_what_left_with_its_group():
    """b leaves when a is bought, whatever its voters have left; with one more of them it comes first."""
    projects = (Choice("a", 40, "Old hall", group="hall"), Choice("b", 30, "New hall", group="hall"))
    b = explained(Election(100, projects, ((0,), (0,), (1,), ())), FAIR)[1]

    assert b.reason == "Not funded: it needs £0.30, and only one of it and Old hall could be funded."
    assert (
        b.support
        == "1 of 4 voters chose it. These voters had £0.25 of their shares left between them, £0.05 too little. "
        "1 more voter who chose nothing else would have been enough."
    )


def test_explain_says_that_a_project_got_a_part():
    projects = (Choice("a", 6_000), Choice("b", 5_000, least=3_000), Choice("c", 9_000))
    b, c = explained(Election(10_000, projects, ((0, 1), (0, 1), (0, 2))), Method())[1:]

    assert b.reason == "Funded 2nd with £40 of £50, because £40 was left and it can start with £30."
    assert c.reason == "Not funded: it needs £90, and £40 was left when its turn came."


@pytest.mark.parametrize(
    ("least", "at_least", "said"),
    [
        (4_500, 0, "when its turn came. It can start with £45, but only £40 was left in the end."),
        (
            3_500,
            0,
            "when its turn came. It can start with £35, but what was left in the end went to b.",
        ),
        (3_500, 2, "when its turn came. It can start with £35, but what was left in the end went to b."),
    ],
)
def test_explain_says_why_what_can_start_with_less_got_nothing(least, at_least, said):
    """c has one vote, and needs more than what a leaves; b, with two, takes that."""
    second = 3_000 if least == 3_500 else 0
    projects = (Choice("a", 6_000), Choice("b", 5_000, least=second), Choice("c", 9_000, least=least))
    c = explained(Election(10_000, projects, ((0, 1), (0, 1), (0, 2))), Method(at_least=at_least))[2]

    assert c.reason == f"Not funded: it needs £90, and £40 was left {said}"
    assert " for all of it." in c.support
    nothing = explained(Election(6_000, projects, ((0, 1), (0, 1), (0, 2))), Method())[2]
    assert nothing.reason.endswith(f"It can start with {pounds(least)}, but nothing was left in the end.")


@pytest.mark.parametrize(
    ("at_least", "why", "more"),
    [
        (1, "too little support", "1 more vote would have been enough to start it, and 3 for all of it."),
        (2, "fewer than the 2 votes that a project needs", "2 more votes would have been enough to start it, and 3"),
    ],
)
def test_explain_says_that_what_could_have_started_had_too_few_votes(at_least, why, more):
    """£40 are left and nobody else can start with them, but nobody voted for b."""
    subject = Election(10_000, (Choice("a", 6_000), Choice("b", 9_000, least=3_500)), ((0,), (0,)))
    b = explained(subject, Method(at_least=at_least))[1]

    assert b.reason.endswith(f"£40 was left when its turn came. It can start with £35, but {why} stood behind it.")
    assert more in b.support


def test_explain_says_how_many_more_votes_would_have_paid_for_all_of_what_got_a_part():
    projects = (Choice("a", 6_000), Choice("b", 5_000, least=3_000))
    b = explained(Election(10_000, projects, ((0, 1), (0,))), Method())[1]

    assert b.reason.startswith("Funded 2nd with £40 of £50")
    assert b.support == "1 of 2 voters chose it. 1 more vote would have been enough for all of it."


def test_explain_names_no_start_that_takes_more_votes_than_the_whole():
    """d passes b with two votes, and then fits whole; the part, which c got, would have taken four."""
    projects = (
        Choice("a", 6_000),
        Choice("b", 2_000),
        Choice("c", 9_000, least=1_000),
        Choice("d", 3_000, least=1_000),
    )
    votes = ((0, 2), (0, 2), (0, 2), (0, 2), (0, 1))
    d = explained(Election(10_000, projects, votes), Method())[3]

    assert (d.more_votes, d.votes_to_start) == (2, None)
    assert d.support.endswith(" 2 more votes would have been enough for all of it.")


def test_recount_raises_shares_as_the_rules_would_with_as_many_voters():
    subject = Election(50_000_00, (Choice("a", 100),), ((0,),) * 10, step=add1_step_pence(50_000_00, 10))

    assert subject.step == 50_00
    assert with_more(subject, 0, 15).step == add1_step_pence(50_000_00, 25) == 20_00
    assert with_more(replace(subject, step=0), 0, 15).step == 0


def test_explain_says_that_the_start_of_a_project_was_left_out_for_its_rival():
    """b, reached first, does not fit the £40 that are left; c of the same group does."""
    projects = (Choice("a", 6_000), Choice("b", 9_000, group="hall", least=1_000), Choice("c", 2_000, group="hall"))
    b = explained(Election(10_000, projects, ((0, 1), (0, 1), (0,), (2,))), Method())[1]

    assert b.reason.endswith(
        "£40 was left when its turn came. It can start with £10, but only one of it and c could be funded."
    )


def test_explain_shares_gives_the_money_behind_each_project_and_its_effective_votes():
    """Each of five voters holds £20. Once b is bought, the three who name a hold £10, £10 and £20."""
    subject = election(10_000, {"a": 4_500, "b": 3_000, "c": 2_000}, ["ab", "ab", "b", "a", "c"])
    a, b, c = explained(subject, Method(Rule.EQUAL_SHARES))

    assert (a.backing.money, a.backing.effective_votes) == (4_000, 2)
    assert (b.backing.money, b.backing.effective_votes) == (3_000, 3)
    assert (c.backing.money, c.backing.effective_votes) == (2_000, 1)
    assert explained(subject, Method())[0].backing is None


def ranked(budget: int, costs: dict[str, int], rankings: list[str], most: int) -> Election:
    """Rankings as strings of one-letter project ids, the first first."""
    names = list(costs)
    ballots, points = borda([tuple(map(names.index, ranking)) for ranking in rankings], most)
    return Election(budget, tuple(Choice(*item) for item in costs.items()), ballots, points=points, most_ranks=most)


def test_explain_tells_points_beside_voters():
    subject = ranked(10_000, {"a": 6_000, "b": 5_000, "c": 4_000}, ["ab", "ab", "cb"], 2)
    a, b, c = explained(subject, Method(at_least=1))

    assert a.support == "2 of 3 voters ranked it: 4 points."
    assert b.support == "3 of 3 voters ranked it: 3 points. 1 more point would have been enough."
    assert (a.order, b.order, c.order) == (1, None, 2)
    given = replace(subject, most_ranks=0)
    assert explained(given, Method())[0].support == "2 of 3 voters gave it points: 4 points."


def test_explain_of_a_poll_speaks_of_places_and_not_of_money():
    subject = ranked(0, {"a": 0, "b": 0, "c": 0}, ["ab", "ab", "b"], 2)
    a, b, c = explained(subject, Method(Rule.PRIORITY, at_least=1, most_winners=1))

    assert (a.order, b.order, c.order) == (1, None, None)
    assert a.reason == "It came 1st."
    assert b.reason == "It is not among the first."
    assert b.support == "3 of 3 voters ranked it: 4 points. 1 more point would have been enough."
    assert c.reason == "It is not among the priorities."
    assert c.support == "0 of 3 voters ranked it: 0 points."
    two = explained(ranked(0, {"a": 0, "b": 0, "c": 0}, ["ab", "ab", "bc"], 2), Method(Rule.PRIORITY, most_winners=2))
    assert two[2].reason == "It is not among the first 2."


@settings(max_examples=40)
@given(data=st.data())
def test_explain_names_the_fewest_further_points(data):
    """As many more points fund the project, or make it a priority; one fewer does not."""
    names, most = "abcd", 3
    rankings = data.draw(st.lists(st.permutations(names).map(lambda p: "".join(p[:most])), min_size=1, max_size=5))
    poll = data.draw(st.booleans())
    costs = {name: 0 if poll else data.draw(st.integers(1, 9)) for name in names}
    method = Method(Rule.PRIORITY, at_least=1, most_winners=2) if poll else Method(at_least=1)
    subject = ranked(data.draw(st.integers(1, 15)), costs, rankings, most)
    for told in explained(subject, method):
        for more, wins in ((told.more_votes, True), ((told.more_votes or 1) - 1, False)):
            if not told.more_votes or not more:
                continue
            ballots, points = (*subject.ballots, (told.place,)), (*subject.points, (more,))
            raised = replace(subject, ballots=ballots, points=points)
            assert (told.place in count(raised, method).winners) is wins
