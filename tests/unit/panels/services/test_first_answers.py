"""A ballot sent by email is nobody's until the owner of the address has signed in and said that it is theirs."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils.timezone import localdate

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import advance_clock, core_now
from cwf_portal.core.errors import DomainError, NotAllowedError
from cwf_portal.core.models import OutgoingMessage, User
from panels.errors import BallotRefusedError, NotOnRollError, PanelError, PhaseError, ResidenceError
from panels.models import (
    BoxOpening,
    FirstVote,
    FirstVoteAnswer,
    Reconciliation,
    Residence,
    RollEntry,
    RollVerification,
    Round,
    SealedBallot,
    SetAside,
    TypedName,
)
from panels.selectors import residences_to_confirm, roll, vote_that_waits
from panels.services import (
    answer_first_vote,
    cast_ballot,
    certify_round,
    declare_residence,
    enrol,
    judge_place,
    name_opening_set,
    open_box,
    publish_result,
    unexplained_entries,
    vote_first,
    vouch_for_residence,
    withdraw_ballot,
)
from tests.support.remembered import remembered
from tests.unit.panels.builders import World, person, taken_up, with_its_key
from tests.unit.panels.services.test_certifying import attested
from tests.unit.panels.services.test_first_votes import round, vote, voter
from tests.unit.panels.services.test_places import KNOWN, UNKNOWN, give_postcode
from tests.unit.panels.services.test_residence import details

pytestmark = pytest.mark.django_db
__all__ = ["round"]
Sent = Callable[..., FirstVote]


@pytest.fixture
def small(db) -> tuple[World, Round]:
    """A place with a pot so small that saying where one lives is enough."""
    with remembered("small pot", tell_small_pot) as world:
        yield taken_up(world), world.told


def tell_small_pot() -> World:
    world = World(budget_pence=10_000_00)
    give_postcode(world)
    world.told = world.open_round()
    return with_its_key(world)


def send(round: Round, **changes: object) -> FirstVote:
    receipt = vote_first(voter=voter(**changes), round=round, choices=["1"])
    return FirstVote.objects.get(roll_entry__sealed__leaf=receipt.leaf)


def owner(first: FirstVote) -> User:
    return User.objects.get(pk=first.account_id)


def show(world: World, who: User) -> None:
    for voucher in (world.members[0], world.members[7]):
        vouch_for_residence(by=voucher, residence=who.residence)


def claim(first: FirstVote, *, is_mine: bool = True) -> FirstVoteAnswer:
    return answer_first_vote(by=owner(first), first_vote=first, is_mine=is_mine)


def set_aside_count(world: World, round: Round) -> tuple[int, int, int]:
    """Opened, counted as set aside, and entries of the log that nothing explains."""
    advance_clock(to=round.show_by + timedelta(seconds=60))
    open_box(by=world.chair, round=round, keys=world.keys)
    fresh = Round.objects.get(pk=round.pk)
    return (
        BoxOpening.objects.get().counted_count,
        Reconciliation.objects.get().set_aside_count,
        unexplained_entries(fresh),
    )


def test_in_a_small_pot_a_ballot_by_email_counts_only_once_its_owner_has_said_so(small):
    world, round = small
    mine, other = send(round), send(round, email="other@example.org", details=details(full_name="Bo", postcode=KNOWN))
    assert set(RollEntry.objects.filter(first_vote__in=(mine, other)).values_list("is_pending", flat=True)) == {True}
    assert claim(mine).is_mine
    entry = RollEntry.objects.get(user=mine.account)
    assert (entry.is_pending, hasattr(entry, "sealed")) == (False, True)
    assert set_aside_count(world, round) == (1, 1, 0)
    assert list(SetAside.objects.values_list("roll_entry", "reason")) == [(other.pk, "not_shown")]


def test_a_no_keeps_no_box_waiting_and_the_name_of_nobody_is_erased_at_the_end(world, round):
    """Whoever owns the address can no longer change it, so the week for showing where they live is over for it."""
    refused, silent = (
        send(round),
        send(round, email="other@example.org", details=details(full_name="Bo", postcode=KNOWN)),
    )
    claim(refused, is_mine=False)
    claim(silent, is_mine=False)
    send(round, email="third@example.org", details=details(full_name="Cy", postcode=KNOWN))
    assert [row.full_name for row in TypedName.objects.all()] == ["Cy"]
    for resident in world.residents[:2]:
        vote(resident, round, "1")
    world.close(round)
    with pytest.raises(PhaseError, match="1 who voted can still show"):
        open_box(by=world.chair, round=round, keys=world.keys)
    advance_clock(to=round.show_by + timedelta(seconds=60))
    opened = open_box(by=world.chair, round=round, keys=world.keys)
    assert opened.opening.counted_count == 2
    assert SetAside.objects.filter(reason="not_shown").count() == 3
    attested(world, opened)
    publish_result(by=world.chair, round=round)
    advance_clock(by=timedelta(days=14))
    certify_round(by=world.chair, round=round)
    certify_round(by=world.officer, round=round)

    assert not TypedName.objects.exists()
    assert not User.objects.filter(full_name="Cy").exists()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM core_accountdetails WHERE full_name = 'Cy'")
        assert cursor.fetchone() == (0,)


def test_mail_of_a_small_pot_asks_for_no_proof(small):
    _, round = small
    first = send(round)
    assert "show" not in OutgoingMessage.objects.get(to=first.account.email).body


def test_in_a_larger_pot_the_owner_must_still_show_where_they_live(world, round):
    first = send(round)
    claim(first)
    me = owner(first)
    assert RollEntry.objects.get(user=me).is_pending
    assert vote_that_waits(me, round.voting_opens_at) == round
    show(world, me)
    assert RollVerification.objects.get().roll_entry.user == me
    assert set_aside_count(world, round) == (1, 0, 0)


def test_home_with_an_unknown_postcode_is_still_judged_by_two(small):
    world, round = small
    first = send(round, details=details(postcode=UNKNOWN))
    assert not Residence.objects.filter(user__first_votes=first).exists()
    claim(first)
    question = owner(first).residence.place_question
    for judge in world.members[:2]:
        judge_place(by=judge, question=question, neighbourhood=world.place, reason="I know it.")
    assert RollVerification.objects.get().roll_entry.user == first.account


def test_form_takes_the_place_of_nobody(world, round):
    """Mallory types Alice's name, birth date and address with his own email: she votes as if he had not."""
    mallory = send(round, email="mallory@example.org")
    alice = person()
    declare_residence(by=alice, details=details(postcode=KNOWN))
    vote(alice, round, "2")
    show(world, alice)
    claim(mallory)  # says that he is Alice, and cannot show it
    assert set_aside_count(world, round) == (1, 1, 0)
    assert SetAside.objects.get().roll_entry.user_id == mallory.account_id


def test_form_leaves_nothing_that_others_could_confirm(world, round):
    before = set(residences_to_confirm([world.panel]))
    first = send(round, email="mallory@example.org")
    assert set(residences_to_confirm([world.panel])) == before
    assert not Residence.objects.filter(user__in=(first.account_id, first.roll_entry.user_id)).exists()
    assert first.roll_entry not in roll.roll_for_print(round)


def test_not_mine_leaves_the_address_free_and_the_ballot_closed(world, round):
    first = send(round)
    assert claim(first, is_mine=False).is_mine is False
    assert claim(first).is_mine is False  # the first answer stands
    me = owner(first)
    declare_residence(by=me, details=details(full_name="Bea Owner", postcode=KNOWN))
    vote(me, round, "2")
    show(world, me)
    assert set_aside_count(world, round) == (1, 1, 0)


def test_known_address_and_known_person_get_the_same_answer(world, round):
    """Whoever types cannot tell from it who has an account here or has voted."""
    alice = person()
    declare_residence(by=alice, details=details(postcode=KNOWN))
    known_address = send(round, email=alice.email.upper())
    known_person = send(round, email="second@example.org")
    assert (known_address.account, known_person.account.email) == (alice, "second@example.org")
    assert OutgoingMessage.objects.filter(to__in=(alice.email, "second@example.org")).count() == 2
    claim(known_address)
    assert RollEntry.objects.get(user=alice).sealed


def test_of_two_ballots_of_one_person_one_counts(world, round):
    first = send(round)
    me = owner(first)
    declare_residence(by=me, details=details(postcode=KNOWN))
    vote(me, round)
    with pytest.raises(BallotRefusedError, match="voted already"):
        claim(first)
    assert not FirstVoteAnswer.objects.exists()
    assert SealedBallot.objects.filter(roll_entry=first.pk).exists()


def test_yes_after_ones_own_ballot_was_withdrawn_puts_this_one_in_its_place(world, round):
    first = send(round)
    me = owner(first)
    declare_residence(by=me, details=details(postcode=KNOWN))
    vote(me, round, "2")
    withdraw_ballot(by=me, round=round, seen_version=1)
    claim(first)
    mark = SealedBallot.objects.get()
    assert (mark.roll_entry.user, mark.state, mark.version) == (me, "box", 2)
    show(world, me)
    assert set_aside_count(world, round) == (1, 0, 0)
    sums = Reconciliation.objects.get()
    assert (sums.leaves_count, sums.replaced_count, sums.withdrawn_count) == (2, 1, 0)


def test_yes_of_somebody_who_voted_on_paper_is_refused_in_words_of_its_own(world, round):
    first = send(round)
    me = owner(first)
    declare_residence(by=me, details=details(postcode=KNOWN))
    SealedBallot.objects.create(roll_entry=enrol(by=me, round=round), version=0, state="paper")
    with pytest.raises(BallotRefusedError, match="voted on paper"):
        claim(first)
    assert SealedBallot.objects.filter(roll_entry=first.pk, state="box").exists()


def test_ballot_taken_over_can_be_replaced(small):
    _, round = small
    first = send(round)
    claim(first)
    assert cast_ballot(by=owner(first), round=round, choices=["2"], seen_version=1).version == 2


def test_answer_is_of_the_owner_and_in_time(world, round):
    first = send(round)
    with pytest.raises(NotAllowedError):
        answer_first_vote(by=world.chair, first_vote=first, is_mine=True)
    advance_clock(to=round.show_by)
    with pytest.raises(PhaseError, match="time to say so is over"):
        claim(first)
    assert claim(first, is_mine=False).is_mine is False


def test_yes_after_it_is_named_what_to_open_is_too_late(small):
    world, round = small
    first = send(round)
    SealedBallot.objects.filter(pk=first.pk).delete()  # else the box waits for it
    world.close(round)
    name_opening_set(by=world.chair, round=round)
    with pytest.raises(PhaseError):
        claim(first)


@pytest.mark.parametrize("problem", ["other details", "elsewhere"])
def test_yes_of_somebody_known_otherwise_is_refused(world, round, problem):
    first = send(round)
    me = owner(first)
    name = "Bea Owner" if problem == "other details" else details().full_name
    home = declare_residence(by=me, details=details(full_name=name, postcode=KNOWN))
    if problem == "elsewhere":
        home.placed_by = "elsewhere"
        with acting("system:test", "two people found so"):
            home.save()
    with pytest.raises((ResidenceError, NotOnRollError)):
        claim(first)
    assert not FirstVoteAnswer.objects.exists()


def test_too_young_is_refused_with_a_sentence(world, round):
    with pytest.raises(DomainError, match="You can vote here from your 16th birthday"):
        send(round, details=details(born_on=date.today().replace(day=1) - timedelta(days=3650), postcode=KNOWN))  # noqa: DTZ011
    assert not FirstVote.objects.exists()


def test_somebody_young_takes_their_ballot_over_and_stays_young(world):
    give_postcode(world)
    round = world.open_round(minimum_age=12)
    today = localdate(core_now())
    born_on = today.replace(year=today.year - 14, day=min(today.day, 28))
    first = send(round, details=details(born_on=born_on, postcode=KNOWN))
    claim(first)

    assert owner(first).residence.of_age_on == born_on.replace(year=born_on.year + 16)


def test_hundred_forms_are_no_pair_to_judge(world, round):
    """Whatever is typed in them, they ask nobody to judge anything."""
    alice = person()
    declare_residence(by=alice, details=details(postcode=KNOWN))
    enrol(by=alice, round=round)
    for number in range(4):
        name = f"{details().full_name} {number}"
        send(round, email=f"m{number}@example.org", details=details(full_name=name, postcode=KNOWN))
    assert roll.matches_of(round) == []


def test_place_of_a_first_vote_is_known_or_open(world, round):
    first = send(round)
    other = enrol(by=world.residents[0], round=round)
    with pytest.raises(IntegrityError, match="panels_firstvote_placed_by_known"), transaction.atomic():
        FirstVote.objects.create(roll_entry=other, account=first.account, placed_by="people")


def test_a_ballot_that_somebody_changed_in_the_database_is_not_taken_over(small):
    """The portal would else put its own mark on it."""
    _, round = small
    mine, other = send(round), send(round, email="other@example.org", details=details(full_name="Bo", postcode=KNOWN))
    sealed = SealedBallot.objects.get(roll_entry=other.roll_entry)
    SealedBallot.objects.filter(pk=sealed.pk).delete()
    SealedBallot.objects.filter(roll_entry=mine.roll_entry).update(sealed=sealed.sealed, leaf=sealed.leaf)
    with pytest.raises(PanelError, match="Somebody changed this ballot"):
        claim(mine)
    assert not FirstVoteAnswer.objects.exists()
    assert claim(mine, is_mine=False).is_mine is False
