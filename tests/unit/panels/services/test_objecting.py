"""Objections to a result: who can make one, who answers, and that no vote ends while one waits."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import advance_clock, core_now
from cwf_portal.core.errors import NotAllowedError
from cwf_portal.core.models import OutgoingMessage
from panels.errors import PanelError, PhaseError
from panels.models import (
    Annulment,
    Certification,
    Objection,
    ObjectionAnswer,
    Phase,
    Round,
    SealedBallot,
    Withholding,
)
from panels.selectors.objections import agreed_among, objections_to, objections_to_answer, withholdings_to_answer
from panels.services import (
    agree_to_withhold,
    answer_alike,
    answer_objection,
    ask_to_withhold,
    certify_round,
    declare_residence,
    object_to_result,
    publish_result,
    refuse_to_withhold,
    vouch_for_residence,
)
from tests.unit.panels.builders import World, moves_in, person
from tests.unit.panels.services.test_certifying import attested, opened
from tests.unit.panels.services.test_places import details

pytestmark = pytest.mark.django_db
WHY = "My neighbour was told the wrong day by the library."


def published(world: World, box: Round) -> Round:
    round = attested(world, opened(world, box))
    publish_result(by=world.chair, round=round)
    return round


def objected(world: World, box: Round) -> Objection:
    return object_to_result(by=world.residents[1], round=published(world, box), text=WHY)


def agreed_on(objection: Objection) -> bool | None:
    return agreed_among([objection.pk])[objection.pk]


def answer(world: World, objection: Objection, who: str = "chair", *, is_right: bool = False) -> ObjectionAnswer:
    by = {"chair": world.chair, "second": world.members[2], "officer": world.officer, "resident": world.residents[3]}[
        who
    ]
    return answer_objection(by=by, objection=objection, is_right=is_right, reason="We asked at the library.")


def test_an_objection_is_answered_by_panel_and_fund_before_the_vote_is_certified(world, box):
    objection = objected(world, box)
    round = objection.round
    advance_clock(by=timedelta(days=14))
    with pytest.raises(PhaseError, match="1 objection waits"):
        certify_round(by=world.chair, round=round)
    first = answer(world, objection)
    assert answer(world, objection, is_right=True) == first
    answer(world, objection, "second")
    assert agreed_on(objection) is None  # two of the panel are one side
    assert objections_to(round) == [(objection, [])]
    with pytest.raises(PhaseError, match="1 objection waits"):
        certify_round(by=world.chair, round=round)
    answer(world, objection, "officer")

    assert agreed_on(objection) is False
    assert [len(answers) for _, answers in objections_to(round)] == [3]
    assert "The result stands." in OutgoingMessage.objects.get(to=world.residents[1].email).body
    with pytest.raises(PanelError, match="have answered"):
        answer_objection(by=world.members[3], objection=objection, is_right=True, reason="I think it is right.")
    certify_round(by=world.chair, round=round)
    assert certify_round(by=world.officer, round=round).certified_at


def test_the_database_lets_no_vote_end_while_an_objection_waits(world, box):
    objection = objected(world, box)
    at = core_now()
    ended = {"round": objection.round, "asked_by": world.chair, "certified_by": world.officer, "certified_at": at}
    answers = (lambda: None, lambda: answer(world, objection), lambda: answer(world, objection, "second"))
    for say in answers:
        say()
        with (
            pytest.raises(IntegrityError, match="is not answered"),
            acting("system:test", "by hand"),
            transaction.atomic(),
        ):
            Certification.objects.create(**ended)


def test_an_objection_that_both_find_right_annuls_the_vote_and_lets_it_be_erased(world, box):
    objection = objected(world, box)
    answer(world, objection, "officer", is_right=True)
    assert not Annulment.objects.exists()
    answer(world, objection, is_right=True)

    round = Round.objects.in_full().get(pk=objection.round_id)
    assert round.phase_at(core_now()) is Phase.ANNULLED
    assert "We asked at the library." in round.annulment.reason
    certify_round(by=world.chair, round=round)
    certify_round(by=world.officer, round=round)
    assert not SealedBallot.objects.filter(roll_entry__round=round).exists()


def test_object_to_result_is_for_voters_once_and_in_time(world, box):
    with pytest.raises(PhaseError, match="no published result"):
        object_to_result(by=world.residents[1], round=box, text=WHY)
    objection = objected(world, box)
    round = objection.round
    assert object_to_result(by=world.residents[1], round=round, text="Something else entirely.") == objection
    with pytest.raises(NotAllowedError, match="on the voters' list"):
        object_to_result(by=person(), round=round, text=WHY)
    newcomer = person()
    home = declare_residence(by=newcomer, details=details(), neighbourhood=world.place)
    with pytest.raises(NotAllowedError, match="have shown that they live there"):
        object_to_result(by=newcomer, round=round, text=WHY)
    for by in world.members[:2]:
        vouch_for_residence(by=by, residence=home)
    assert object_to_result(by=newcomer, round=round, text=WHY).objector == newcomer
    with pytest.raises(PanelError, match="Say why"):
        object_to_result(by=world.residents[2], round=round, text="Bad.")
    advance_clock(by=timedelta(days=14))
    with pytest.raises(PhaseError, match="ended on"):
        object_to_result(by=world.residents[2], round=round, text=WHY)


def test_nobody_answers_for_themselves_their_home_or_their_project(world, box):
    objection = objected(world, box)
    with pytest.raises(NotAllowedError):
        answer(world, objection, "resident")
    mine = Objection.objects.create(round=objection.round, objector=world.chair, text=WHY)
    with pytest.raises(NotAllowedError, match="You or your household objected"):
        answer(world, mine)
    with pytest.raises(PanelError, match="reason is missing"):
        answer_objection(by=world.chair, objection=objection, is_right=False, reason="No.")
    with pytest.raises(IntegrityError, match="does not answer"), transaction.atomic():
        ObjectionAnswer.objects.create(objection=mine, judge=world.chair, side="panel", is_right=False, reason="No!")
    with pytest.raises(DatabaseError), transaction.atomic():
        Objection.objects.filter(pk=mine.pk).update(text="Never mind.")
    assert set(objections_to_answer(world.chair, core_now())) == {objection}
    moves_in(world.chair, with_=world.residents[0])  # of whose projects the vote is
    with pytest.raises(NotAllowedError, match="have a project in this vote"):
        answer(world, objection)
    assert not objections_to_answer(world.chair, core_now())
    assert set(objections_to_answer(world.officer, core_now())) == {objection, mine}
    assert not objections_to_answer(world.residents[3], core_now())


def test_objections_that_say_the_same_are_answered_at_once_all_or_none(world, result):
    made = [Objection.objects.create(round=result, objector=who, text=WHY) for who in world.residents[1:4]]
    other = Objection.objects.create(round=result, objector=world.chair, text=WHY)
    say = {"is_right": False, "reason": "We asked at the library."}
    with pytest.raises(NotAllowedError, match="You or your household objected"):
        answer_alike(by=world.chair, objections=[*made, other], **say)
    assert not ObjectionAnswer.objects.exists()
    for by in (world.members[2], world.officer):
        assert len(answer_alike(by=by, objections=made, **say)) == 3
        answer_alike(by=by, objections=made, **say)  # twice is once
    assert ObjectionAnswer.objects.count() == 6
    assert [agreed_on(objection) for objection in (*made, other)] == [False, False, False, None]
    told = OutgoingMessage.objects.filter(body__contains="The result stands.").values_list("to", flat=True)
    assert set(told) == {who.email for who in world.residents[1:4]}
    with pytest.raises(PanelError, match="of one vote"):
        answer_alike(by=world.officer, objections=[], **say)


def asked_to_withhold(world: World, round: Round) -> Withholding:
    objection = Objection.objects.create(round=round, objector=world.residents[1], text=WHY)
    return ask_to_withhold(by=world.chair, objection=objection, why="personal", reason="It names a neighbour.")


def test_what_an_objection_says_is_withheld_by_panel_and_fund_with_a_reason_that_is_published(world, result):
    asked = asked_to_withhold(world, result)
    objection = asked.objection
    again = ask_to_withhold(by=world.officer, objection=objection, why="vote", reason="Something else.")
    assert (again, again.reason) == (asked, "It names a neighbour.")
    for by in (world.chair, world.members[2]):
        with pytest.raises(NotAllowedError, match="Your side has asked"):
            agree_to_withhold(by=by, withholding=asked)
    at = core_now()
    assert not withholdings_to_answer(world.members[2], at)
    assert not Objection.objects.get(pk=objection.pk).is_withheld
    assert list(withholdings_to_answer(world.officer, at)) == [asked]
    agreed = agree_to_withhold(by=world.officer, withholding=asked)
    assert agree_to_withhold(by=world.officer, withholding=asked).agreed_at == agreed.agreed_at
    assert (Objection.objects.get(pk=objection.pk).is_withheld, objection.text) == (True, WHY)
    assert (
        "It names a neighbour."
        in OutgoingMessage.objects.get(to=world.residents[1].email, topic="panels.objections").body
    )
    with pytest.raises(PanelError, match="have agreed"):
        refuse_to_withhold(by=world.officer, withholding=asked)
    assert not withholdings_to_answer(world.officer, at)


def test_the_other_side_can_refuse_to_withhold_and_it_is_asked_anew(world, result):
    asked = asked_to_withhold(world, result)
    refuse_to_withhold(by=world.officer, withholding=asked)
    for settle in (refuse_to_withhold, agree_to_withhold):
        with pytest.raises(PanelError, match="did not agree"):
            settle(by=world.officer, withholding=asked)
    with pytest.raises(PanelError, match="reason is missing"):
        ask_to_withhold(by=world.officer, objection=asked.objection, why="personal", reason="No.")
    with pytest.raises(NotAllowedError):
        ask_to_withhold(by=world.residents[1], objection=asked.objection, why="personal", reason="It names me.")
    ask_to_withhold(by=world.officer, objection=asked.objection, why="harm", reason="Nothing shows that it is true.")


def test_the_database_withholds_nothing_by_one_side(world, result):
    asked = asked_to_withhold(world, result)
    at = core_now()
    for by, side in ((world.chair, "fund"), (world.members[2], "panel")):
        with (
            pytest.raises(IntegrityError, match="by_two_sides"),
            acting("system:test", "by hand"),
            transaction.atomic(),
        ):
            Withholding.objects.filter(pk=asked.pk).update(agreed_by=by, agreed_side=side, agreed_at=at)
    with pytest.raises(IntegrityError, match="says_why"), acting("system:test", "by hand"), transaction.atomic():
        Withholding.objects.filter(pk=asked.pk).update(reason="")


def test_two_of_one_household_withhold_nothing(world, result):
    """The chair asks, and the officer who lives with them is not the other pair of eyes."""
    asked = asked_to_withhold(world, result)
    for number, by in enumerate((world.chair, world.officer)):
        declare_residence(by=by, neighbourhood=world.place, details=details(full_name=f"Of Home {number}"))
    assert not withholdings_to_answer(world.officer, core_now())
    for settle in (agree_to_withhold, refuse_to_withhold):
        with pytest.raises(NotAllowedError, match="household has done one part"):
            settle(by=world.officer, withholding=asked)
    agreed = {"agreed_by": world.officer, "agreed_side": "fund", "agreed_at": core_now()}
    with pytest.raises(IntegrityError, match="households"), acting("system:test", "by hand"), transaction.atomic():
        Withholding.objects.filter(pk=asked.pk).update(**agreed)
    objection = Objection.objects.create(round=result, objector=world.officer, text=WHY)
    with pytest.raises(IntegrityError, match="households"), acting("system:test", "by hand"), transaction.atomic():
        Withholding.objects.create(
            objection=objection, why="vote", reason="It says so.", asked_by=world.chair, asked_side="panel"
        )
