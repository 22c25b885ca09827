"""Confirmed details corrected by two, and what was shown under nobody's account taken back by its owner."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import advance_clock
from cwf_portal.core.closing import close_account
from cwf_portal.core.errors import NotAllowedError
from cwf_portal.core.models import OutgoingMessage, User
from panels.errors import BallotRefusedError, PaperError, PhaseError, ResidenceError, TakenError
from panels.models import Correction, FormerFingerprint, Residence, RollEntry, Round, SealedBallot, SetAside
from panels.selectors import open_votes_for, roll
from panels.selectors.corrections import corrections_to_judge
from panels.services import (
    SeenOnPaper,
    ask_for_correction,
    cast_ballot,
    declare_residence,
    enrol,
    enter_at_table,
    help_to_vote,
    issue_envelope,
    judge_correction,
    name_opening_set,
    print_labels,
    receive_envelope,
    vouch_for_residence,
)
from tests.unit.panels.builders import World, person
from tests.unit.panels.services.test_places import KNOWN, details, give_postcode
from tests.unit.panels.services.test_table import confirmed, entered, returned

pytestmark = pytest.mark.django_db
WHY = "My birth date was mistyped."


@pytest.fixture
def round(world, voting) -> Round:
    give_postcode(world)
    return voting


def asked(world: World, user: User | None = None, **right: object) -> Correction:
    who = details(**{"full_name": "Res Ident", "postcode": KNOWN} | right)
    return ask_for_correction(by=user or world.residents[2], details=who, why=WHY)


def judged(by: User, correction: Correction, *, is_right: bool = True, **paper: object) -> Correction:
    read = details(**paper)
    seen = SeenOnPaper(read.born_on, read.address)
    return judge_correction(by=by, correction=correction, is_right=is_right, how="I saw her passport.", seen=seen)


def corrected(world: World, correction: Correction, **paper: object) -> Residence:
    for by in (world.members[2], world.officer):
        judged(by, correction, **paper)
    return Residence.objects.get(pk=correction.residence_id)


def test_details_are_corrected_by_one_of_the_panel_and_one_of_the_fund_and_the_vote_stays(world, round):
    voter = world.residents[2]
    receipt = cast_ballot(by=voter, round=round, choices=["1"], seen_version=0)
    before = voter.residence
    entry = RollEntry.objects.get(round=round, user=voter)
    advance_clock(to=round.show_by)
    correction = asked(world)
    assert asked(world) == correction
    judged(world.members[2], correction)
    assert judged(world.members[2], correction).second_by is None
    assert Residence.objects.get(pk=before.pk).person_hmac == before.person_hmac
    with pytest.raises(ResidenceError, match="an officer of the fund has to"):
        judged(world.members[3], correction)
    assert judged(world.officer, correction).state == "done"

    home = Residence.objects.select_related("user").get(pk=before.pk)
    assert (home.person_hmac, home.proved_by, home.level) == (correction.person_hmac, "corrected", "shown")
    assert (home.user.full_name, Correction.objects.get().full_name) == ("Res Ident", "")
    assert RollEntry.objects.get(pk=entry.pk).person_hmac == entry.person_hmac
    assert bytes(SealedBallot.objects.get(roll_entry=entry).leaf) == receipt.leaf
    told = OutgoingMessage.objects.filter(to=voter.email, subject__startswith="Your details").order_by("pk")
    assert ["nothing has changed yet" in told[0].body, "are corrected." in told[1].body] == [True, True]
    counted = {one.by: one.total for one in roll.counts_on_roll(round)}
    assert counted[f"Corrected by {' and '.join(sorted((str(world.members[2]), str(world.officer))))}"] == 1
    with pytest.raises(ResidenceError, match="details that were confirmed"):
        asked(world)


def test_nobody_leaves_free_what_they_vote_with_for_another_account(world, round):
    """Corrected now, whoever told the old details with a second account would have a second vote."""
    cast_ballot(by=world.residents[2], round=round, choices=["1"], seen_version=0)
    with pytest.raises(PhaseError, match="who or where they are"):
        asked(world, born_on=date(1979, 3, 4), address="9 New Street")
    with pytest.raises(PhaseError, match="who or where they are"):
        asked(world, full_name="Res Idents")


@pytest.mark.parametrize("paper", [{"born_on": date(1990, 1, 2)}, {"address": "1 New Row"}])
def test_a_yes_needs_what_the_paper_says(world, round, paper):
    advance_clock(to=round.show_by)
    correction = asked(world)
    with pytest.raises(ResidenceError, match="not what the person told us"):
        judged(world.officer, correction, **paper)
    with pytest.raises(ResidenceError, match="are missing"):
        judge_correction(by=world.officer, correction=correction, is_right=True, how="I know her.")
    assert Correction.objects.get().first_by is None
    assert judged(world.officer, correction, address="1, NEW ROAD").first_by == world.officer


def test_one_no_ends_it_with_the_reason_and_other_details_take_the_place_of_the_first(world, round):
    advance_clock(to=round.show_by)
    first = asked(world)
    second = asked(world, full_name="Res Idents")
    assert Correction.objects.get(pk=first.pk).state == "replaced"
    assert judged(world.officer, second, is_right=False).refused_why == "I saw her passport."
    assert "I saw her passport." in OutgoingMessage.objects.filter(subject__startswith="Your details").latest("pk").body
    with pytest.raises(ResidenceError, match="settled already"):
        judged(world.members[2], second)
    assert asked(world).pk not in {first.pk, second.pk}


def test_who_looks_at_it(world, round):
    newcomer = person()
    declare_residence(by=newcomer, details=details(full_name="New Comer", postcode=KNOWN))
    correction = asked(world, newcomer, address="7 Long Lane")
    for by in (world.residents[3], newcomer):
        with pytest.raises(NotAllowedError):
            judged(by, correction)
    declare_residence(by=world.members[4], details=details(full_name="M Ember", address="7 Long Lane", postcode=KNOWN))
    with pytest.raises(NotAllowedError, match="of their household"):
        judged(world.members[4], correction)
    declare_residence(by=world.members[5], details=details(full_name="Other", postcode=KNOWN))
    with acting("system:test", "moved in"):
        home = Residence.objects.get(user=world.residents[0])  # whose ideas the vote is about
        Residence.objects.filter(user=world.members[5]).update(household_hmac=home.household_hmac)
    with pytest.raises(NotAllowedError, match="have an idea in this place's vote"):
        judged(world.members[5], correction)
    with pytest.raises(ResidenceError, match="reason is needed"):
        judge_correction(by=world.officer, correction=correction, is_right=True, how=" ")
    judged(world.members[2], correction, address="7 Long Lane")
    shown_to = [user for user in world.members if corrections_to_judge(user, round.voting_opens_at)]
    assert (shown_to, list(corrections_to_judge(world.officer, round.voting_opens_at))) == ([], [correction])
    with pytest.raises(ResidenceError, match="have not told us yet"):
        asked(world, person())


def moved_in(user: User, host: User) -> None:
    """`user` lives at the address of `host` now, as far as anybody said."""
    if not Residence.objects.filter(user=user).exists():
        declare_residence(by=user, details=details(full_name=f"M {user.pk}", address="9 Lane", postcode=KNOWN))
    home = Residence.objects.get(user=host)
    with acting("system:test", "moved in"):
        Residence.objects.filter(user=user).update(household_hmac=home.household_hmac)


def test_two_of_one_household_are_one_pair_of_eyes(world, round):
    member, officer = world.members[2], world.officer
    moved_in(member, world.residents[4])
    moved_in(officer, member)
    advance_clock(to=round.show_by)
    correction = judged(member, asked(world))
    assert not corrections_to_judge(officer, round.voting_opens_at)
    with pytest.raises(NotAllowedError, match="household has done one part of this"):
        judged(officer, correction)
    done = {
        "state": "done",
        "full_name": "",
        "ended_at": correction.asked_at,
        "second_how": "S",
        "second_is_fund": True,
    }
    with by_hand("correction_households"):
        Correction.objects.filter(pk=correction.pk).update(second_by=officer, **done)
    moved_in(officer, world.residents[2])
    with by_hand("correction_households"):
        Correction.objects.filter(pk=correction.pk).update(second_by=officer, **done)
    assert judged(member, correction).second_by is None


@contextmanager
def by_hand(rule: str) -> Iterator[None]:
    with pytest.raises(IntegrityError, match=rule), acting("system:test", "by hand"), transaction.atomic():
        yield


@pytest.mark.parametrize("other", ["place", "age"])
def test_nothing_that_changes_where_somebody_may_vote_is_corrected_while_a_vote_hangs_on_it(world, round, other):
    there = World(members=3, residents=0)
    who = details(full_name="Res Ident", born_on=date(2020, 2, 3) if other == "age" else date(1980, 1, 1))
    place = there.place if other == "place" else world.place
    ask = {"by": world.residents[2], "details": who, "why": WHY, "neighbourhood": place}
    with pytest.raises(PhaseError, match="Until .* it stays as it is"):
        ask_for_correction(**ask)
    advance_clock(to=round.show_by)
    home = corrected(world, ask_for_correction(**ask), born_on=who.born_on)
    assert (home.neighbourhood, home.placed_by) == (place, "people")
    assert (home.of_age_on is None) == (other == "place")


def test_the_database_changes_no_shown_person_without_two(world, round):
    home = world.residents[2].residence
    advance_clock(to=round.show_by)
    correction = asked(world)
    untold = {"proved_by": "", "level": "declared", "shown_at": None}
    for values in (
        {"person_hmac": correction.person_hmac}, {"household_hmac": correction.household_hmac}, untold,
        {"born_hmac": correction.born_hmac}, {"of_age_on": date(2026, 1, 1)}, {"user": person()},
        {"neighbourhood": World(members=3, residents=0).place}, {"proved_by": "corrected"},
    ):  # fmt: skip
        with by_hand("by two"):
            Residence.objects.filter(pk=home.pk).update(**values)
    by_two = {"state": "done", "full_name": "", "ended_at": correction.asked_at, "second_how": "Seen."}
    alone = {"first_by": world.officer, "first_how": "Seen.", "first_is_fund": True, "second_by": world.officer}
    panel = {"first_by": world.members[1], "first_how": "Seen.", "second_by": world.members[2]}
    own = {"first_by": world.officer, "first_how": "S", "first_is_fund": True, "second_by": world.residents[2]}
    for two, rule in ((alone, "by_two"), (panel, "by_two"), (own, "not_own")):
        with by_hand(rule):
            Correction.objects.filter(pk=correction.pk).update(**by_two | two)
    correction.pk = None
    with by_hand("one_open"):
        correction.save()
    assert Residence.objects.get(pk=home.pk).person_hmac == home.person_hmac


def test_an_older_correction_is_no_way_back(world, round):
    advance_clock(to=round.show_by)
    first = corrected(world, asked(world))
    latest = corrected(world, asked(world, full_name="Third Name"))
    with by_hand("by two"):
        Residence.objects.filter(pk=first.pk).update(person_hmac=first.person_hmac)
    assert Residence.objects.get(pk=first.pk).person_hmac == latest.person_hmac


def test_details_that_another_account_has_shown_are_not_given_to_a_second(world, round):
    other = person()
    declare_residence(by=other, details=details(full_name="Cy Comer", postcode=KNOWN))
    confirmed(world, enrol(by=other, round=round))
    advance_clock(to=round.show_by)
    correction = asked(world, full_name="Cy Comer")
    judged(world.members[2], correction)
    with pytest.raises(TakenError, match="which of the two accounts"):
        judged(world.officer, correction)
    assert Correction.objects.get(pk=correction.pk).state == "open"


def told_again(**who: object) -> Residence:
    return declare_residence(by=person(), details=details(**{"full_name": "Old Name", "postcode": KNOWN} | who))


@pytest.fixture
def former(world, round) -> Residence:
    """Of somebody who was corrected from details that another account tells now; the vote is over."""
    home = told_again()
    for by in world.members[2:4]:
        vouch_for_residence(by=by, residence=home)
    advance_clock(to=round.show_by)
    corrected(world, asked(world, home.user, full_name="New Name"))
    return home


def test_what_somebody_gave_up_is_shown_with_no_other_account(world, round, former):
    """After the vote, too: one person would have two accounts that are proved."""
    assert FormerFingerprint.objects.get().person_hmac == former.person_hmac
    second = told_again()
    vouch_for_residence(by=world.members[2], residence=second)
    with pytest.raises(TakenError, match="Another account had these details before two people"):
        vouch_for_residence(by=world.members[3], residence=second)
    with pytest.raises(TakenError, match="Another account had these details before two people"):
        corrected(world, asked(world, second.user, full_name="Old Name"))
    assert Residence.objects.get(pk=second.pk).proved_by == ""
    assert corrected(world, asked(world, former.user, full_name="Old Name")).person_hmac == former.person_hmac


def test_two_give_it_to_another_person_whose_details_the_account_had_by_mistake(world, round, former):
    born_on = date(1971, 5, 6)
    corrected(world, asked(world, former.user, born_on=born_on), born_on=born_on)
    second = told_again()
    assert corrected(world, asked(world, second.user, full_name="Old Name")).proved_by == "corrected"


def joined(world: World, round: Round, account: User) -> Residence:
    declare_residence(by=account, details=details(full_name="Cy Comer", postcode=KNOWN))
    return corrected(world, asked(world, account, full_name="Cy Comer"))


def test_what_was_shown_and_voted_at_a_table_stands_with_the_own_account_and_nobody_votes_twice(world, round):
    entry, account = confirmed(world, entered(world, round)), person()
    returned(world, round, entry)
    declare_residence(by=account, details=details(full_name="Cy Comer", postcode=KNOWN))
    mine = enrol(by=account, round=round)
    cast_ballot(by=account, round=round, choices=["2"], seen_version=0)
    correction = asked(world, account, full_name="Cy Comer")
    with pytest.raises(NotAllowedError, match="You put this person on the list"):
        judged(world.chair, correction)
    home = corrected(world, correction)

    assert (home.user, home.level) == (account, "shown")
    assert Residence.objects.get(user=entry.user_id).level == "declared"
    assert (SetAside.objects.get().roll_entry, SetAside.objects.get().reason) == (mine, "twice")
    with pytest.raises(BallotRefusedError, match="voted at a polling place or with a card"):
        cast_ballot(by=account, round=round, choices=["1"], seen_version=1)
    assert open_votes_for(account, round.voting_opens_at) == []
    label = print_labels(by=world.chair, round=round, count=1)[0]
    mine = RollEntry.objects.get(pk=mine.pk)
    with pytest.raises(PaperError, match="their other entry counts"):
        issue_envelope(by=world.members[2], round=round, serial=label.serial, entry=mine)
    assert [one.pk for one in roll.roll_for_print(round) if one.user.full_name == "Cy Comer"] == [entry.pk]
    assert (
        enter_at_table(by=world.chair, round=round, details=details(full_name="Cy Comer", postcode=KNOWN)).user
        == account
    )


def test_whoever_has_shown_where_they_live_takes_over_what_was_shown_at_a_table_once_the_votes_are_over(world, round):
    """Moved, and put on a list with the new address: both are proved, and two people join them."""
    entry, account = confirmed(world, entered(world, round)), world.residents[2]
    with pytest.raises(PhaseError, match="who or where they are"):
        asked(world, full_name="Cy Comer")
    advance_clock(to=round.show_by)
    home = corrected(world, asked(world, full_name="Cy Comer"))
    assert (home.user, home.proved_by) == (account, "corrected")
    assert Residence.objects.get(user=entry.user_id).proved_by == ""
    assert FormerFingerprint.objects.get().residence == home


def test_without_a_vote_at_the_table_the_own_entry_counts(world, round):
    entry, account = confirmed(world, entered(world, round)), person()
    joined(world, round, account)
    mine = RollEntry.objects.get(round=round, user=account)

    assert SetAside.objects.get().roll_entry == entry
    assert not mine.is_pending
    cast_ballot(by=account, round=round, choices=["1"], seen_version=0)
    with pytest.raises(PaperError, match="their other entry counts"):
        help_to_vote(by=world.members[3], entry=RollEntry.objects.get(pk=entry.pk), choices=["1"])
    world.close(round)
    assert name_opening_set(by=world.members[1], round=round).count == 1


def test_whoever_closed_their_account_takes_over_what_it_had_shown_and_votes_once(world, round):
    first, again = person(name="Cy Comer"), person()
    old = declare_residence(by=first, details=details(full_name="Cy Comer", postcode=KNOWN))
    for voucher in (world.members[1], world.residents[1]):
        vouch_for_residence(by=voucher, residence=old)
    close_account(by=first)
    assert joined(world, round, again).level == "shown"
    old.refresh_from_db()
    assert old.level == "declared"
    cast_ballot(by=again, round=round, choices=["1"], seen_version=0)
    counted = RollEntry.objects.filter(round=round, user__in=(first, again), set_aside=None)
    assert [entry.user for entry in counted] == [again]


def test_an_envelope_that_is_out_holds_it_up(world, round):
    entry, account = confirmed(world, entered(world, round)), person()
    label = print_labels(by=world.chair, round=round, count=1)[0]
    issue_envelope(by=world.members[3], round=round, serial=label.serial, entry=entry)
    declare_residence(by=account, details=details(full_name="Cy Comer", postcode=KNOWN))
    correction = asked(world, account, full_name="Cy Comer")
    judged(world.members[2], correction)
    with pytest.raises(PaperError, match="An envelope is out"):
        judged(world.officer, correction)
    assert Residence.objects.get(user=entry.user_id).level == "shown"
    receive_envelope(by=world.officer, round=round, serial=label.serial)
    assert judged(world.officer, correction).state == "done"


def test_after_the_vote_the_account_takes_it_over_for_the_next_one(world, round):
    entry, account = confirmed(world, entered(world, round)), person()
    advance_clock(to=round.show_by + timedelta(hours=1))
    assert joined(world, round, account).level == "shown"
    assert not SetAside.objects.filter(roll_entry=entry).exists()
