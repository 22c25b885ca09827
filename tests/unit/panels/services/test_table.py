"""Somebody at the table who is not on the list: an entry that hangs on two people, an envelope that waits closed."""

from datetime import date, timedelta

import pytest
from django.db import DatabaseError, transaction

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import advance_clock
from cwf_portal.core.errors import NotAllowedError
from cwf_portal.core.models import User
from panels.errors import NotOnRollError, PaperError, PhaseError, ResidenceError, TakenError
from panels.models import (
    HelpedVote,
    HelpIntention,
    PaperEnvelope,
    Residence,
    RollEntry,
    Round,
    SealedBallot,
    SetAside,
    TableEntry,
)
from panels.selectors import roll
from panels.services import (
    cast_ballot,
    compare_batch,
    count_batch,
    declare_residence,
    enrol,
    enter_at_table,
    freeze_round,
    help_to_vote,
    issue_envelope,
    judge_match,
    key_paper,
    name_opening_set,
    notify_envelope,
    open_batch,
    print_labels,
    receive_envelope,
    vouch_for_residence,
)
from panels.services.roll_check import found_twice
from tests.unit.panels.builders import World, person
from tests.unit.panels.services.test_places import KNOWN, details, give_postcode

pytestmark = pytest.mark.django_db
State = PaperEnvelope.State


@pytest.fixture
def round(world, voting) -> Round:
    give_postcode(world)
    return voting


def entered(world: World, round: Round, name: str = "Cy Comer", **other: object) -> RollEntry:
    return enter_at_table(by=world.chair, round=round, details=details(full_name=name, postcode=KNOWN, **other))


def returned(world: World, round: Round, entry: RollEntry) -> PaperEnvelope:
    label = print_labels(by=world.chair, round=round, count=1)[0]
    issue_envelope(by=world.members[2], round=round, serial=label.serial, entry=entry)
    return receive_envelope(by=world.officer, round=round, serial=label.serial)


def confirmed(world: World, entry: RollEntry) -> RollEntry:
    residence = Residence.objects.get(user=entry.user_id)
    for by in (world.members[1], world.residents[3]):
        vouch_for_residence(by=by, residence=residence)
    return RollEntry.objects.get(pk=entry.pk)


def test_enter_at_table_makes_one_pending_entry_that_two_people_make_certain(world, round):
    entry = entered(world, round)
    again = enter_at_table(by=world.officer, round=round, details=details(full_name="Cy Comer", postcode=KNOWN))
    assert (again, again.is_pending, hasattr(again, "verification")) == (entry, True, False)
    assert TableEntry.objects.get().entered_by == world.chair
    assert entry.user.full_name == "Cy Comer"
    assert not entry.user.has_usable_password()
    assert hasattr(confirmed(world, entry), "verification")
    with pytest.raises(DatabaseError), transaction.atomic():
        TableEntry.objects.update(entered_by=world.officer)


def test_an_envelope_of_somebody_not_confirmed_stays_closed_and_holds_the_others_until_the_deadline(world, round):
    late, never = entered(world, round, "Cy Comer"), entered(world, round, "Di Doe", address="9 Far Lane")
    certain = RollEntry.objects.get(round=round, user=world.residents[0])
    for entry in (certain, late, never):
        returned(world, round, entry)
    world.close(round)
    with pytest.raises(PaperError, match="2 who voted on paper can still show"):
        open_batch(by=world.chair, round=round)
    confirmed(world, late)
    with pytest.raises(PhaseError, match="1 who voted can still show"):
        name_opening_set(by=world.chair, round=round)
    with pytest.raises(PaperError, match="1 who voted on paper can still show"):
        open_batch(by=world.chair, round=round)
    advance_clock(to=round.show_by + timedelta(seconds=60))
    batch = open_batch(by=world.chair, round=round)
    assert batch.envelopes_count == 2
    for by in (world.chair, world.officer):
        batch = count_batch(by=by, batch=batch, papers=2, empty=0)
    for by in (world.chair, world.officer):
        for number in (1, 2):
            key_paper(by=by, batch=batch, number=number, choices=["1"])
    assert compare_batch(by=world.chair, batch=batch) == []
    named = name_opening_set(by=world.chair, round=round)

    assert named.count == 2
    assert PaperEnvelope.objects.get(roll_entry=never).state == State.ASIDE
    assert SetAside.objects.get().roll_entry == never
    assert round.paper_count.aside_count == 1


def test_while_voting_is_open_only_envelopes_of_certain_people_are_opened(world, round):
    returned(world, round, entered(world, round))
    with pytest.raises(PaperError, match="0 envelopes can be opened now"):
        open_batch(by=world.chair, round=round)


def test_what_somebody_else_typed_before_takes_nobodys_vote_at_the_table(world, round):
    impostor, who = person(), details(full_name="Cy Comer", postcode=KNOWN)
    declare_residence(by=impostor, details=who)
    theirs = enrol(by=impostor, round=round)
    cast_ballot(by=impostor, round=round, choices=["1"], seen_version=0)
    entry = entered(world, round)

    assert entry.user != impostor
    assert entered(world, round) == entry
    assert hasattr(confirmed(world, entry), "verification")
    assert returned(world, round, entry).state == State.RECEIVED
    assert not hasattr(RollEntry.objects.get(pk=theirs.pk), "verification")
    assert Residence.objects.get(user=impostor).vouches.count() == 0
    with pytest.raises(TakenError):
        confirmed(world, theirs)


def test_who_has_shown_it_with_an_account_is_put_on_the_list_with_it(world, round):
    account, who = person(), details(full_name="Cy Comer", postcode=KNOWN)
    home = declare_residence(by=account, details=who)
    for by in (world.members[1], world.residents[3]):
        vouch_for_residence(by=by, residence=home)
    before = User.objects.count()

    assert entered(world, round).user == account
    assert User.objects.count() == before
    assert not TableEntry.objects.exists()  # they were on the list


def test_in_a_small_pot_who_showed_it_stays_and_who_only_said_so_first_goes_when_two_find_them_one(world):
    give_postcode(world)
    notify_envelope(by=world.officer, neighbourhood=world.place, amount_pence=1_000_000, version=2)
    world.budget_pence = 1_000_000
    round = freeze_round(by=world.chair, round=world.shaped_round())
    impostor, real, who = person(), person(), details(full_name="Cy Comer", postcode=KNOWN)
    for account in (impostor, real):
        declare_residence(by=account, details=who)
    entries = [enrol(by=account, round=round) for account in (impostor, real)]
    assert [entry.is_pending for entry in entries] == [False, True]
    advance_clock(to=round.voting_opens_at)
    for account in (impostor, real):
        cast_ballot(by=account, round=round, choices=["1"], seen_version=0)
    confirmed(world, entries[1])
    assert [(match.first, match.second) for match in roll.open_matches(round)] == [tuple(e.pk for e in entries)]
    for by in (world.chair, world.officer):
        judge_match(by=by, entries=tuple(entries), is_same=True, reason="One of them stood before us.")
    assert found_twice(round) == {entries[0].pk}


def test_enter_at_table_refusals(world, round):
    who = details(full_name="Cy Comer", postcode=KNOWN)
    with pytest.raises(NotAllowedError):
        enter_at_table(by=world.residents[0], round=round, details=who)
    with pytest.raises(NotOnRollError, match="They can vote here from their 16th birthday"):
        entered(world, round, born_on=date(2020, 1, 1))
    with pytest.raises(ResidenceError, match="full name"):
        entered(world, round, name="")
    declare_residence(by=world.members[3], details=who)
    with pytest.raises(NotAllowedError, match="your own details"):
        enter_at_table(by=world.members[3], round=round, details=who)
    other = World()
    elsewhere = details(full_name="Ed Elsewhere", address="1 Other Street")
    home = declare_residence(by=person(), details=elsewhere, neighbourhood=other.place)
    with acting("system:test", "shown for a test"):
        Residence.objects.filter(pk=home.pk).update(proved_by="post")
    with pytest.raises(NotOnRollError, match="another place"):
        enter_at_table(by=world.chair, round=round, details=elsewhere)
    assert not TableEntry.objects.exists()
    world.close(round)
    with pytest.raises(PhaseError, match="has closed"):
        entered(world, round)


def test_many_entered_by_one_person_are_looked_at_by_two_others(world, round):
    for number in range(11):
        entered(world, round, f"Comer {number}", address=f"{number} Far Lane")
    numbers = roll.numbers_on_roll(round)

    assert [(one.person, one.number, one.is_burst) for one in numbers.tables] == [(world.chair.pk, 11, True)]
    assert numbers.needs_review
    assert [numbers.is_about(user.pk) for user in (world.chair, world.officer)] == [True, False]
    before = numbers.hash
    entered(world, round, "Comer 12", address="12 Far Lane")
    assert roll.numbers_on_roll(round).hash != before


def test_whoever_put_somebody_on_the_list_neither_helps_them_nor_hands_them_an_envelope(world, round):
    entry = entered(world, round)
    label = print_labels(by=world.chair, round=round, count=1)[0]
    with pytest.raises(NotAllowedError, match="You put this person on the list"):
        issue_envelope(by=world.chair, round=round, serial=label.serial, entry=entry)
    with pytest.raises(NotAllowedError, match="You put this person on the list"):
        help_to_vote(by=world.chair, entry=entry, choices=["1"])
    assert not SealedBallot.objects.exists()
    with pytest.raises(DatabaseError, match="hands them no envelope"), transaction.atomic():
        PaperEnvelope.objects.filter(pk=label.pk).update(state="issued", roll_entry=entry, issued_by=world.chair)
    with pytest.raises(DatabaseError, match="does not help"), transaction.atomic():
        HelpedVote.objects.create(roll_entry=entry, helper=world.chair)
    with pytest.raises(DatabaseError, match="does not help"), transaction.atomic():
        HelpIntention.objects.create(leaf=bytes(32), roll_entry=entry, helper=world.chair)
    assert issue_envelope(by=world.members[2], round=round, serial=label.serial, entry=entry).roll_entry == entry


def test_who_was_entered_at_a_table_can_have_an_account_and_one_of_the_two_shows_it(world, round):
    entry, account = entered(world, round), person()
    home = declare_residence(by=account, details=details(full_name="Cy Comer", postcode=KNOWN))
    assert (home.user, home.person_hmac) == (account, entry.person_hmac)
    second = enrol(by=account, round=round)
    assert (second.is_pending, second.person_hmac == entry.person_hmac) == (True, False)
    assert hasattr(confirmed(world, second), "verification")
    with pytest.raises(TakenError, match="With another account somebody has shown"):
        confirmed(world, entry)
    assert not hasattr(RollEntry.objects.get(pk=entry.pk), "verification")
