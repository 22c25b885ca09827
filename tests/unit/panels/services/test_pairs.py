"""Wherever two people are asked for, two of one household are one pair of eyes; the database says it too."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import pytest
from django.db import IntegrityError, models, transaction

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import advance_clock, core_now
from cwf_portal.core.errors import DomainError
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Role
from panels.models import (
    AnnulmentCall,
    BurstReview,
    CardBatch,
    Keeper,
    MatchVerdict,
    ModerationCase,
    ObjectionAnswer,
    PaperBatch,
    PaperEnvelope,
    PlaceVerdict,
    Round,
    Vouch,
)
from panels.models.round import CHALLENGE_WINDOW
from panels.services import (
    answer_objection,
    appoint_keeper,
    call_for_annulment,
    certify_round,
    count_batch,
    issue_envelope,
    judge_match,
    judge_place,
    key_paper,
    make_cards,
    object_to_result,
    open_batch,
    receive_envelope,
    release_cards,
    report_lost_key,
    restore_envelope,
    review_bursts,
    spoil_envelope,
    vouch_for_residence,
)
from panels.services.enrolling import enrol_everybody
from panels.services.ideas_moderation import answer_appeal, appeal_case, decide_case
from tests.unit.panels.builders import World, moves_in, person
from tests.unit.panels.services.test_certifying import attested
from tests.unit.panels.services.test_ideas_moderation import reported
from tests.unit.panels.services.test_nothing_to_win import a_label, newcomer, some_entry
from tests.unit.panels.services.test_objecting import published
from tests.unit.panels.services.test_places import give_postcode
from tests.unit.panels.services.test_roll_check import shown, vote
from tests.unit.panels.services.test_routes import order

pytestmark = pytest.mark.django_db
WHY = "We looked at it together."


@dataclass(frozen=True)
class Part:
    """What a second person does, and the same written past the service."""

    act: Callable[[User], object]
    by_hand: Callable[[User], object]


def changes(thing: models.Model, person: str, **values: object) -> Callable[[User], object]:
    rows = type(thing)._default_manager.filter(pk=thing.pk)
    return lambda by: rows.update(**{person: by}, **values)


def adds(model: type[models.Model], person: str, **values: object) -> Callable[[User], object]:
    return lambda by: model._default_manager.create(**{person: by}, **values)


def vouching(world: World, round: Round, first: User) -> Part:
    home = newcomer(world)
    vouch_for_residence(by=first, residence=home)
    act = partial(vouch_for_residence, residence=home)
    return Part(lambda by: act(by=by), adds(Vouch, "voucher", residence=home, is_by_panel=False))


def placing(world: World, round: Round, first: User) -> Part:
    said = {"question": newcomer(world).place_question, "neighbourhood": world.place, "reason": WHY}
    judge_place(by=first, **said)
    return Part(lambda by: judge_place(by=by, **said), adds(PlaceVerdict, "judge", **said))


def matching(world: World, round: Round, first: User) -> Part:
    give_postcode(world)
    names = ("Ada Newcomer", "1 New Road"), ("Ada Jane Newcomer", "2 Other Road")
    pair = tuple(vote(shown(world, name, address=address), round) for name, address in names)
    said = {"is_same": False, "reason": WHY}
    judge_match(by=first, entries=pair, **said)
    by_hand = adds(MatchVerdict, "judge", first=pair[0], second=pair[1], side="fund", **said)
    return Part(lambda by: judge_match(by=by, entries=pair, **said), by_hand)


def reviewing(world: World, round: Round, first: User) -> Part:
    review = review_bursts(by=first, round=round, note=WHY)
    by_hand = adds(BurstReview, "reviewer", round=round, counts_hash=review.counts_hash, note=WHY)
    return Part(lambda by: review_bursts(by=by, round=round, note=WHY), by_hand)


def taking_cards(world: World, round: Round, first: User) -> Part:
    maker = moves_in(person(Role.GRANTS_OFFICER), with_=first)
    batch = make_cards(by=maker, neighbourhood=world.place, order=order())
    by_hand = changes(CardBatch.objects.get(pk=batch.pk), "released_by", released_at=core_now(), salt=None)
    return Part(lambda by: release_cards(by=by, batch=batch), by_hand)


def receiving(world: World, round: Round, first: User) -> Part:
    serial = a_label(world, round)
    envelope = issue_envelope(by=first, round=round, serial=serial, entry=some_entry(world, round))
    act = partial(receive_envelope, round=round, serial=serial)
    return Part(lambda by: act(by=by), changes(envelope, "taken_by", state="received"))


def restoring(world: World, round: Round, first: User) -> Part:
    serial = a_label(world, round, is_out=True)
    envelope = spoil_envelope(by=first, round=round, serial=serial, reason="It is torn.")
    act = partial(restore_envelope, round=round, serial=serial)
    return Part(lambda by: act(by=by), changes(envelope, "restored_by", state="issued", taken_by=None))


def a_batch(world: World, round: Round) -> PaperBatch:
    voters = world.more_residents(10)
    enrol_everybody(round)
    people = {"made_by": world.chair, "issued_by": world.chair, "taken_by": world.members[1], "state": "received"}
    entries = round.roll.filter(user__in=voters)
    envelopes = (PaperEnvelope(round=round, roll_entry=entry, serial=f"S{entry.pk}", **people) for entry in entries)
    PaperEnvelope.objects.bulk_create(envelopes)
    return open_batch(by=world.chair, round=round)


def counting(world: World, round: Round, first: User) -> Part:
    said = {"batch": a_batch(world, round), "papers": 10, "empty": 0}
    batch = count_batch(by=first, **said)
    return Part(lambda by: count_batch(by=by, **said), changes(batch, "confirmed_by"))


def entering(world: World, round: Round, first: User) -> Part:
    batch = a_batch(world, round)
    for by in (world.chair, world.members[1]):
        count_batch(by=by, batch=batch, papers=10, empty=0)
    key_paper(by=first, batch=batch, number=1, choices=["1"])
    act = partial(key_paper, batch=batch, number=1, choices=["1"])
    return Part(lambda by: act(by=by), changes(batch, "second_keyer"))


def losing_a_key(world: World, round: Round, first: User) -> Part:
    said = {"round": round, "body": Keeper.Body.INDEPENDENT, "note": WHY}
    keeper = report_lost_key(by=first, **said)
    return Part(lambda by: report_lost_key(by=by, **said), changes(keeper, "lost_agreed_by", lost_agreed_side="fund"))


def keeping(world: World, round: Round, first: User) -> Part:
    other = world.round_for_ideas()
    keeper = {"round": other, "body": Keeper.Body.FUND}
    appoint_keeper(by=world.chair, round=other, body=Keeper.Body.PANEL, email=first.email)
    by_hand = adds(Keeper, "user", appointed_by=world.officer, **keeper)
    return Part(lambda by: appoint_keeper(by=world.officer, email=by.email, **keeper), by_hand)


def showing_again(world: World, round: Round, first: User) -> Part:
    case = decide_case(by=first, case=reported(world), hides=True, reason=WHY)
    appeal_case(by=User.objects.get(pk=case.author_id), case=case, text="It names nobody at all.")
    answer = {"answer": "shown", "answer_reason": WHY, "answered_at": core_now()}
    by_hand = changes(ModerationCase.objects.get(pk=case.pk), "answered_by", **answer)
    return Part(lambda by: answer_appeal(by=by, case=case, shows=True, reason=WHY), by_hand)


PARTS = (
    vouching, placing, matching, reviewing, taking_cards, receiving, restoring, counting, entering, losing_a_key,
    keeping, showing_again,
)  # fmt: skip


def answering(world: World, round: Round, first: User) -> Part:
    said = {"is_right": False, "reason": WHY}
    objection = object_to_result(by=world.residents[1], round=round, text="The library told us the wrong day.")
    answer_objection(by=first, objection=objection, **said)
    by_hand = adds(ObjectionAnswer, "judge", objection=objection, side="fund", **said)
    return Part(lambda by: answer_objection(by=by, objection=objection, **said), by_hand)


def annulling(world: World, round: Round, first: User) -> Part:
    call_for_annulment(by=first, round=round, reason=WHY)
    by_hand = adds(AnnulmentCall, "called_by", round=round, side="fund", reason=WHY)
    return Part(lambda by: call_for_annulment(by=by, round=round, reason=WHY), by_hand)


def certifying(world: World, round: Round, first: User) -> Part:
    advance_clock(by=CHALLENGE_WINDOW)
    certification = certify_round(by=first, round=attested(world, round))
    by_hand = changes(certification, "certified_by", certified_at=core_now())
    return Part(lambda by: certify_round(by=by, round=round), by_hand)


def one_home(world: World) -> tuple[User, User]:
    """A member of the panel and an officer who live together."""
    member = moves_in(world.members[2], with_=world.residents[4])
    return member, moves_in(person(Role.GRANTS_OFFICER), with_=member)


def needs_two_homes(world: World, round: Round, part: Callable[[World, Round, User], Part]) -> object:
    """What the second did in the end, of another home."""
    member, officer = one_home(world)
    rest = part(world, round, member)
    with pytest.raises(DomainError, match=r"somebody of your household|lives with whoever does"):
        rest.act(officer)
    refusal = pytest.raises(IntegrityError, match="two of one household are one pair of eyes")
    with refusal, acting("system:test", "by hand"), transaction.atomic():
        rest.by_hand(officer)
    return rest.act(moves_in(person(Role.GRANTS_OFFICER), with_=world.residents[3]))


@pytest.mark.parametrize("part", PARTS)
def test_two_of_one_household_are_one_of_two(world, voting, part):
    assert needs_two_homes(world, voting, part)


@pytest.mark.parametrize("part", [annulling, certifying])
def test_two_of_one_household_do_not_end_a_vote_together(world, result, part):
    assert needs_two_homes(world, result, part)


def test_two_of_one_household_answer_no_objection_together(world, box):
    assert needs_two_homes(world, published(world, box), answering)


def test_a_keepers_own_word_that_a_key_is_lost_is_enough_though_they_live_with_whoever_asked(world, voting):
    member = moves_in(world.members[2], with_=world.residents[4])
    keeper = moves_in(world.keepers[2], with_=member)
    said = {"round": voting, "body": Keeper.Body.INDEPENDENT, "note": WHY}
    report_lost_key(by=member, **said)
    assert report_lost_key(by=keeper, **said).is_lost
