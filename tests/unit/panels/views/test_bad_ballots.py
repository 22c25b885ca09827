"""Every kind of bad input for every kind of ballot: a sentence, nothing stored, nothing counted."""

import pytest

from cwf_portal.core.clock import advance_clock
from panels.domain.ballot_paper import Kind, Marks, encode
from panels.domain.opening import open_box as open_in_process
from panels.domain.sealing import Context, seal
from panels.errors import BallotRefusedError
from panels.models import CountedBallot, LeafQueue, Round, SealedBallot
from panels.services import cast_ballot, freeze_round, open_box, rules_sheet
from tests.unit.panels.builders import World
from tests.unit.panels.services.test_kinds import KNAPSACK, POINTS, POLL, RANKED
from tests.unit.panels.views.test_kinds_of_ballots import in_the_box
from tests.unit.panels.views.test_voting import address, send_sealed, signed_in, text_of

pytestmark = pytest.mark.django_db
APPROVAL = {"kind": Kind.APPROVAL}
FITTING = KNAPSACK | {"most_choices": 2}
KINDS = (APPROVAL, RANKED, POLL, POINTS, FITTING)
EVERY_KIND = pytest.mark.parametrize("options", KINDS, ids=("approval", "ranked", "poll", "points", "knapsack"))
BOTH_STEPS = pytest.mark.parametrize("step", ["check/", "cast/"])


def typed(round: Round, **marks: int) -> dict[str, object]:
    """A form that names these projects, `p2=1`: ticked, or with their numbers."""
    numbers = {name[1:]: number for name, number in marks.items()}
    if round.kind in (Kind.APPROVAL, Kind.KNAPSACK):
        return {"project": list(numbers), "seen": "0"}
    return {f"project-{code}": str(number) for code, number in numbers.items()} | {"seen": "0"}


def refused(world: World, round: Round, form: dict[str, object], *, status: int, step: str = "cast/") -> str:
    """What the page says that refuses it; nothing was stored."""
    response = signed_in(world.residents[0]).post(address(round, step), form)
    assert response.status_code == status
    assert not SealedBallot.objects.exists()
    assert not LeafQueue.objects.exists()
    return text_of(response)


@BOTH_STEPS
@EVERY_KIND
def test_a_project_that_is_not_on_the_ballot(world, round, step):
    page = refused(world, round, typed(round, p1=1, p9=2), status=400, step=step)

    assert "A project you chose is not part of this vote" in page


@BOTH_STEPS
@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (APPROVAL, "You chose 3 projects; you can choose up to 2. Take some away"),
        (RANKED, "You ranked 3 projects; you can rank up to 2. Take some away"),
        (POLL, "You ranked 3 projects; you can rank up to 2. Take some away"),
        (
            POINTS | {"most_choices": 2, "points": 9},
            "You gave points to 3 projects; you can give points to up to 2. Take some",
        ),
        (FITTING, "You chose 3 projects; you can choose up to 2. Take some away"),
    ],
)
def test_more_projects_than_the_ballot_allows(world, round, step, sentence):
    assert sentence in refused(world, round, typed(round, p1=1, p2=2, p3=3), status=400, step=step)


@pytest.mark.parametrize("options", [POINTS, FITTING], ids=("points", "knapsack"))
def test_more_points_or_money_than_there_is(world, round):
    page = refused(world, round, typed(round, p1=4, p2=4), status=400)

    assert ("You gave 8 points; you have 5 to give" in page) is (round.kind is Kind.POINTS)
    assert ("cost £130,000, and there is £100,000" in page) is (round.kind is Kind.KNAPSACK)


@BOTH_STEPS
@EVERY_KIND
def test_the_same_project_twice(world, round, step):
    """Ticked twice, it is one project, and once is meant; with two numbers nobody knows which."""
    twice = {"project": ["2", "2"], "project-2": ["1", "2"], "seen": "0"}
    if round.kind not in (Kind.APPROVAL, Kind.KNAPSACK):
        assert "“1, 2” beside Hall Repairs" in refused(world, round, twice, status=400, step=step)
        return
    response = signed_in(world.residents[0]).post(address(round, step), twice)
    assert response.status_code == (200 if step == "check/" else 302)
    assert step == "check/" or in_the_box(world, round) == (0, 1, 0)


@pytest.mark.parametrize("options", [APPROVAL, RANKED, FITTING], ids=("approval", "ranked", "knapsack"))
def test_the_same_project_twice_past_the_form(world, round):
    with pytest.raises(BallotRefusedError, match="A project was chosen twice"):
        cast_ballot(by=world.residents[0], round=round, choices=["2", "2"], seen_version=0)
    assert not SealedBallot.objects.exists()


@EVERY_KIND
def test_nothing_at_all(world, round):
    assert "There is a problem" in refused(world, round, {"seen": "0"}, status=400)


@EVERY_KIND
def test_after_close(world, round):
    advance_clock(to=round.voting_closes_at)

    assert "has closed. Nothing was stored." in refused(world, round, typed(round, p2=1), status=409)


@EVERY_KIND
def test_before_voting_opens(world, shaped):
    round = freeze_round(by=world.chair, round=shaped)

    assert "has not begun yet. Nothing was stored." in refused(world, round, typed(round, p2=1), status=409)


@EVERY_KIND
def test_in_the_vote_of_another_place(world, round):
    stranger = World(residents=1)

    assert "for people who live in another place" in refused(stranger, round, typed(round, p2=1), status=409)


@EVERY_KIND
def test_a_form_sent_again_with_other_choices_changes_nothing(world, round):
    voter = signed_in(world.residents[0])
    for form in (typed(round, p2=1), typed(round, p3=1)):
        assert voter.post(address(round, "cast/"), form)["Location"] == address(round, "receipt/")

    assert in_the_box(world, round) == (0, 1, 0)
    assert (SealedBallot.objects.get().version, LeafQueue.objects.count()) == (1, 1)


def by_a_browser(round: Round, marks: Marks, *, context: Context | None = None) -> bytes:
    """Sealed as a browser seals, which checks nothing."""
    sheet = rules_sheet(round)
    return seal(encode(marks, sheet.ballot), sheet.keepers, context or sheet.context)


@EVERY_KIND
def test_what_was_sealed_against_the_rules_or_changed_since_is_counted_as_invalid(world, round):
    """Nobody can tell before the box is opened: too much in it, of another vote, a byte changed on its way."""
    sheet = rules_sheet(round)
    good = by_a_browser(round, (0, 1, 0))
    position = len(good) // 6  # in the copy that the first two keepers open
    bad = [
        by_a_browser(round, (9, 9, 9)),
        by_a_browser(round, (0, 0, 0)),
        by_a_browser(round, (0, 1, 0), context=Context(bytes(16), sheet.hash)),
        by_a_browser(round, (0, 1, 0), context=Context(round.code.bytes, bytes(32))),
        good[:position] + bytes([good[position] ^ 1]) + good[position + 1 :],
    ]
    for resident, sealed in zip(world.residents, [*bad, good], strict=True):
        assert send_sealed(signed_in(resident), round, sealed=sealed).status_code == 302
    world.close(round)
    opened = open_box(by=world.chair, round=round, keys=world.keys, opener=open_in_process)

    assert (opened.opening.counted_count, opened.opening.invalid_count) == (1, 5)
    assert CountedBallot.objects.get().choices == ("0,1,0" if round.kind is Kind.POINTS else "1")


@EVERY_KIND
def test_a_keepers_key_that_somebody_swapped(world, round):
    """No ballot is sealed to it: the rules are not those that the portal signed."""
    keepers = rules_sheet(round).content["keepers"]
    theirs = World(residents=1).open_round()
    swapped = rules_sheet(theirs).content["keepers"][0]
    round.rules = bytes(round.rules).replace(keepers[0].encode(), swapped.encode())
    choices = {"2": 1} if round.kind is Kind.POINTS else ["2"]
    with pytest.raises(BallotRefusedError, match="not those that were signed"):
        cast_ballot(by=world.residents[0], round=round, choices=choices, seen_version=0)
    assert not SealedBallot.objects.exists()
