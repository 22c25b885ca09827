"""Somebody at the table who is not on the list: an entry that hangs on two people, an envelope that waits closed."""

from datetime import date, timedelta

import pytest
from django.db import DatabaseError, transaction

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
    compare_batch,
    count_batch,
    declare_residence,
    enter_at_table,
    help_to_vote,
    issue_envelope,
    key_paper,
    name_opening_set,
    open_batch,
    print_labels,
    receive_envelope,
    vouch_for_residence,
)
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


def test_who_has_an_account_and_is_not_on_the_list_is_put_on_it_with_it(world, round):
    account, who = person(), details(full_name="Cy Comer", postcode=KNOWN)
    declare_residence(by=account, details=who)
    before = User.objects.count()

    assert enter_at_table(by=world.chair, round=round, details=who).user == account
    assert User.objects.count() == before


def test_enter_at_table_refusals(world, round):
    who = details(full_name="Cy Comer", postcode=KNOWN)
    with pytest.raises(NotAllowedError):
        enter_at_table(by=world.residents[0], round=round, details=who)
    with pytest.raises(NotOnRollError, match="sixteenth birthday"):
        entered(world, round, born_on=date(2020, 1, 1))
    with pytest.raises(ResidenceError, match="full name"):
        entered(world, round, name="")
    declare_residence(by=world.members[3], details=who)
    with pytest.raises(NotAllowedError, match="your own details"):
        enter_at_table(by=world.members[3], round=round, details=who)
    other = World()
    elsewhere = details(full_name="Ed Elsewhere", address="1 Other Street")
    declare_residence(by=person(), details=elsewhere, neighbourhood=other.place)
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


def test_who_was_entered_at_a_table_gets_an_account_once_that_vote_is_over(world, round):
    entry, account = entered(world, round), person()
    who = details(full_name="Cy Comer", postcode=KNOWN)
    with pytest.raises(TakenError, match="put on the list of a vote at a polling place"):
        declare_residence(by=account, details=who)
    advance_clock(to=round.show_by + timedelta(seconds=60))
    home = declare_residence(by=account, details=who)

    assert (home.user, home.person_hmac) == (account, entry.person_hmac)
    assert not Residence.objects.filter(user=entry.user_id).exists()
    with pytest.raises(TakenError, match="another account"):
        declare_residence(by=person(), details=who)


def test_details_that_somebody_confirmed_are_not_taken_over(world, round):
    entry = entered(world, round)
    vouch_for_residence(by=world.members[1], residence=Residence.objects.get(user=entry.user_id))
    advance_clock(to=round.show_by + timedelta(seconds=60))
    with pytest.raises(TakenError, match="another account"):
        declare_residence(by=person(), details=details(full_name="Cy Comer", postcode=KNOWN))
