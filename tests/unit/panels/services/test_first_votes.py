"""Vote first, show after: a pending entry under the one-vote rule, opened only when it was shown in time."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import advance_clock
from cwf_portal.core.models import OutgoingMessage, User
from panels.domain.verifier.checking import verify
from panels.errors import BallotRefusedError, CardRefusedError, NotOnRollError, PhaseError, ResidenceError
from panels.models import (
    BoxOpening,
    CountedBallot,
    Reconciliation,
    Residence,
    RollEntry,
    RollVerification,
    Round,
    SealedBallot,
    SetAside,
)
from panels.services import (
    FirstVoter,
    append_leaves,
    cast_ballot,
    declare_residence,
    enrol,
    name_opening_set,
    open_box,
    publish_result,
    unexplained_entries,
    vote_first,
    vouch_for_residence,
)
from panels.services.bundle import bundle_of
from panels.services.certifying import export_of
from panels.services.enrolling import enrol_everybody
from tests.unit.panels.builders import World, person
from tests.unit.panels.services.test_places import KNOWN, UNKNOWN, give_postcode
from tests.unit.panels.services.test_residence import details
from tests.unit.panels.services.test_routes import card_codes

pytestmark = pytest.mark.django_db
WEEK = timedelta(days=7)


@pytest.fixture
def round(world: World, voting: Round) -> Round:
    give_postcode(world)
    return voting


def newcomer(name: str = "Ada Newcomer") -> User:
    who = person()
    declare_residence(by=who, details=details(full_name=name, postcode=KNOWN))
    return who


def voter(**changes: object) -> FirstVoter:
    fields = {"details": details(postcode=KNOWN), "email": "Ada@example.org"}
    return FirstVoter(**fields | changes)


def show(world: World, who: User) -> None:
    for voucher in (world.members[0], world.residents[3]):
        vouch_for_residence(by=voucher, residence=who.residence)


def vote(who: User, round: Round, *choices: str) -> None:
    enrol(by=who, round=round)
    cast_ballot(by=who, round=round, choices=choices or ["1"], seen_version=0)


def test_entry_of_somebody_who_only_says_so_is_pending(world, round):
    entry = enrol(by=newcomer(), round=round)
    assert entry.is_pending
    assert not enrol(by=world.residents[0], round=round).is_pending


def test_bulk_enrolment_leaves_out_who_only_says_so(world, round):
    who = newcomer()
    enrol_everybody(round)
    assert not RollEntry.objects.filter(user=who).exists()


def test_ballot_shown_in_time_counts(world, round):
    who = newcomer()
    vote(who, round)
    advance_clock(to=round.voting_closes_at + WEEK - timedelta(hours=1))
    show(world, who)
    assert RollVerification.objects.get().roll_entry.user == who
    open_box(by=world.chair, round=round, keys=world.keys)
    assert (BoxOpening.objects.get().counted_count, SetAside.objects.count()) == (1, 0)


def test_box_waits_for_those_who_can_still_show_it(world, round):
    vote(newcomer(), round)
    world.close(round)
    with pytest.raises(PhaseError, match="1 who voted can still show where they live"):
        name_opening_set(by=world.chair, round=round)
    advance_clock(to=round.show_by + timedelta(seconds=60))
    assert name_opening_set(by=world.chair, round=round).count == 0


def test_box_waits_for_nobody_when_all_have_shown_it(world, round):
    vote(world.residents[0], round)
    world.close(round)
    assert name_opening_set(by=world.chair, round=round).count == 1


def test_ballot_not_shown_in_time_is_set_aside_unopened_and_counted(world, round):
    late, again = newcomer("Late Newcomer"), newcomer("Twice Newcomer")
    for resident in world.residents:
        vote(resident, round)
    vote(late, round, "2")
    vote(again, round, "2")
    cast_ballot(by=again, round=round, choices=["3"], seen_version=1)
    advance_clock(to=round.show_by + timedelta(seconds=60))
    show(world, late)  # too late
    assert not RollVerification.objects.exists()
    open_box(by=world.chair, round=round, keys=world.keys)
    opened = len(world.residents)
    assert set(CountedBallot.objects.values_list("choices", flat=True)) == {"0"}
    assert set(SetAside.objects.values_list("roll_entry__user", "reason")) == {
        (late.pk, "not_shown"),
        (again.pk, "not_shown"),
    }
    sums = Reconciliation.objects.get()
    assert (sums.leaves_count, sums.opened_count, sums.replaced_count, sums.set_aside_count) == (
        opened + 3,
        opened,
        1,
        2,
    )
    assert unexplained_entries(Round.objects.get(pk=round.pk)) == 0
    assert len(export_of(by=world.keepers[0], round=round)["sealed"]) == opened


def test_showing_it_after_the_set_is_named_changes_nothing(world, round):
    who = newcomer()
    vote(who, round)
    advance_clock(to=round.show_by + timedelta(seconds=60))
    named = name_opening_set(by=world.chair, round=round)
    RollVerification.objects.create(roll_entry=RollEntry.objects.get(user=who))
    open_box(by=world.chair, round=round, keys=world.keys)
    assert (named.count, BoxOpening.objects.get().counted_count) == (0, 0)


def test_bundle_with_ballots_set_aside_verifies(world, round):
    for resident in [*world.residents, *world.more_residents(30)]:
        vote(resident, round)
    vote(newcomer(), round)
    advance_clock(to=round.show_by + timedelta(seconds=60))
    opened = open_box(by=world.chair, round=round, keys=world.keys)
    publish_result(by=world.chair, round=opened)
    proven = verify(bundle_of(round=Round.objects.in_full().get(pk=round.pk), meta={"description": "Test"}))
    assert "entries = 1 + counted + invalid + replaced + set aside + withdrawn" in proven


def test_visitor_votes_with_an_email_address(world, round):
    receipt = vote_first(voter=voter(), round=round, choices=["1"])
    entry = RollEntry.objects.get(first_vote__account__email="ada@example.org")
    assert (entry.is_pending, entry.sealed.version, receipt.was_replayed) == (True, 1, False)
    letter = OutgoingMessage.objects.get(to="ada@example.org")
    assert receipt.code in letter.body
    assert "Then show, by the same time, that you live in" in letter.body
    again = vote_first(voter=voter(), round=round, choices=["2"])
    assert (again.leaf, again.was_replayed) == (receipt.leaf, True)
    assert OutgoingMessage.objects.filter(to="ada@example.org").count() == 1


def test_visitor_with_a_card_is_done_at_once(world, round):
    code = card_codes(world)[0]
    card = voter(email="", card_code=code)
    receipt = vote_first(voter=card, round=round, choices=["1"])
    assert vote_first(voter=card, round=round, choices=["1"]).leaf == receipt.leaf
    assert not RollEntry.objects.get(sealed__leaf=receipt.leaf).is_pending
    other = voter(details=details(full_name="Bo Other", postcode=KNOWN), email="", card_code=code)
    wrong = voter(email="", card_code="AAAA-AAAA")
    taken = voter(email="", card_code=card_codes(world)[1])
    said = set()
    for refused in (other, wrong, taken):
        with pytest.raises(CardRefusedError, match="not right, was used before") as error:
            vote_first(voter=refused, round=round, choices=["1"])
        said.add(str(error.value))
    assert len(said) == 1


def test_card_with_an_unknown_postcode_waits_for_two_people(world, round):
    card = voter(details=details(postcode=UNKNOWN), email="", card_code=card_codes(world)[0])
    vote_first(voter=card, round=round, choices=["1"])
    assert RollEntry.objects.get(user__email__endswith="@card.invalid").is_pending


@pytest.mark.parametrize(
    ("changes", "choices", "error"),
    [
        ({"email": ""}, ["1"], ResidenceError),
        ({"card_code": "AAAA-AAAA"}, ["1"], ResidenceError),
        ({"email": "", "card_code": "AAAA-AAAA"}, ["1"], ResidenceError),
        ({"email": "", "card_code": "!"}, ["1"], ResidenceError),
        ({}, ["9"], BallotRefusedError),
        ({}, [], BallotRefusedError),
        ({"details": details(born_on=date(2999, 1, 1))}, ["1"], ResidenceError),
    ],
)
def test_bad_first_vote_leaves_nothing(world, round, changes, choices, error):
    before = (User.objects.count(), Residence.objects.count(), SealedBallot.objects.count())
    with pytest.raises(error):
        vote_first(voter=voter(**changes), round=round, choices=choices)
    assert (User.objects.count(), Residence.objects.count(), SealedBallot.objects.count()) == before


def test_before_and_after_voting_nothing_is_taken(world, round):
    world.close(round)
    with pytest.raises(PhaseError, match="has closed"):
        vote_first(voter=voter(), round=round, choices=["1"])


def test_home_found_elsewhere_has_no_vote(world, round):
    who = newcomer()
    who.residence.placed_by = "elsewhere"
    with acting("system:test", "two people found so"):
        who.residence.save()
    with pytest.raises(NotOnRollError, match="another place"):
        enrol(by=who, round=round)


def test_set_aside_needs_a_known_reason(world, round):
    vote(world.residents[0], round)
    entry = RollEntry.objects.get(user=world.residents[0])
    with pytest.raises(IntegrityError, match="panels_setaside_reason_known"), transaction.atomic():
        SetAside.objects.create(roll_entry=entry, reason="dislike")


def test_log_holds_pending_ballots_too(world, round):
    vote(newcomer(), round)
    advance_clock(to=round.show_by + timedelta(seconds=60))
    assert append_leaves(by="system:log", round=round, at=round.show_by) is not None
