"""Before the box is opened: pairs that may be one person, numbers that stand out, and the list on paper."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction

from cwf_portal.core.audit import acting
from cwf_portal.core.errors import NotAllowedError
from cwf_portal.core.models import OutgoingMessage, User
from panels.errors import PanelError, PaperError, PhaseError
from panels.models import (
    BoxOpening,
    BurstReview,
    MatchVerdict,
    PaperCount,
    PaperEnvelope,
    Reconciliation,
    RollEntry,
    RollPrint,
    Round,
    SetAside,
)
from panels.selectors import roll
from panels.services import (
    PersonDetails,
    cast_ballot,
    check_document,
    declare_residence,
    enrol,
    enter_code,
    issue_envelope,
    judge_match,
    name_opening_set,
    open_batch,
    open_box,
    print_labels,
    print_roll,
    receive_envelope,
    review_bursts,
    unexplained_entries,
    vouch_for_residence,
)
from panels.services.roll_check import found_twice
from tests.unit.panels.builders import World, person
from tests.unit.panels.services.test_places import KNOWN, give_postcode
from tests.unit.panels.services.test_routes import card_codes, posted_code

pytestmark = pytest.mark.django_db


@pytest.fixture
def round(world: World, voting: Round) -> Round:
    give_postcode(world)
    return voting


def shown(world: World, name: str, *, address: str, born_on: date = date(1990, 2, 1)) -> User:
    """A real person, confirmed by two members, who has voted nowhere yet."""
    who = person()
    home = declare_residence(by=who, details=PersonDetails(name, born_on, address, KNOWN))
    for voucher in (world.members[0], world.members[7]):
        vouch_for_residence(by=voucher, residence=home)
    return who


def vote(who: User, round: Round, choice: str = "1") -> RollEntry:
    entry = enrol(by=who, round=round)
    cast_ballot(by=who, round=round, choices=[choice], seen_version=0)
    return entry


@pytest.fixture
def pair(world: World, round: Round) -> tuple[RollEntry, RollEntry]:
    first = shown(world, "Ada Newcomer", address="1 New Road")
    second = shown(world, "Ada Jane Newcomer", address="2 Other Road")
    return vote(first, round, "1"), vote(second, round, "2")


def judge(by: User, pair: tuple[RollEntry, RollEntry], *, is_same: bool) -> MatchVerdict:
    return judge_match(by=by, entries=pair, is_same=is_same, reason="I asked them.")


def test_box_stays_closed_until_two_people_judged_the_pair(world, round, pair):
    world.close(round)
    judge(world.members[1], pair, is_same=False)
    judge(world.members[1], pair, is_same=False)
    judge(world.officer, pair, is_same=True)
    with pytest.raises(PhaseError, match="1 pair on the list may be one person each"):
        name_opening_set(by=world.chair, round=round)
    assert not SetAside.objects.exists()
    judge(world.keepers[2], pair, is_same=False)
    with pytest.raises(PanelError, match="settled this already"):
        judge(world.members[2], pair, is_same=True)
    assert name_opening_set(by=world.chair, round=round).count == 2
    with pytest.raises(PhaseError, match="fixed already"):
        judge(world.members[2], pair, is_same=True)


def test_of_one_person_twice_the_later_ballot_stays_closed(world, round, pair):
    world.close(round)
    for by in (world.members[1], world.officer):
        judge(by, (pair[1], pair[0]), is_same=True)
    open_box(by=world.chair, round=round, keys=world.keys)
    assert list(SetAside.objects.values_list("roll_entry", "reason")) == [(pair[1].pk, "twice")]
    sums = Reconciliation.objects.get()
    assert (BoxOpening.objects.get().counted_count, sums.leaves_count, sums.set_aside_count) == (1, 2, 1)
    assert unexplained_entries(Round.objects.get(pk=round.pk)) == 0


def test_two_of_one_side_settle_nothing_and_whose_ballot_stays_closed_is_told_once_it_is_settled(world, round, pair):
    told = OutgoingMessage.objects.filter(topic="panels.roll")
    for by in world.members[1:3]:
        judge(by, pair, is_same=True)
    assert [match.code for match in roll.open_matches(round)] == [f"{pair[0].pk}-{pair[1].pk}"]
    assert not told.exists()
    judge(world.officer, pair, is_same=True)
    assert not roll.open_matches(round)
    assert told.get().to == pair[1].user.email
    assert "Write to the fund or to your panel at once" in told.get().body
    assert not SetAside.objects.exists()  # it is not named yet what to open


def test_pair_of_which_one_did_not_vote_needs_no_judge(world, round):
    vote(shown(world, "Ada Newcomer", address="1 New Road"), round)
    enrol(by=shown(world, "Ada Jane Newcomer", address="2 Other Road"), round=round)
    world.close(round)
    assert name_opening_set(by=world.chair, round=round).count == 1


def test_pair_in_another_vote_is_not_of_this_one(world, round, pair):
    assert [(match.first, match.second) for match in roll.open_matches(round)] == [(pair[0].pk, pair[1].pk)]
    other = world.round_for_ideas()
    for entry in pair:
        enrol(by=entry.user, round=other)
    assert roll.open_matches(other) == []
    assert len(roll.open_matches(round)) == 1


@pytest.mark.parametrize("who", ["stranger", "resident", "one of them"])
def test_pairs_are_judged_by_scrutineers_who_are_neither(world, round, pair, who):
    by = {"stranger": World().members[0], "resident": world.residents[0]}.get(who)
    if by is None:
        by = world.members[4]
        declare_residence(by=by, details=PersonDetails("Bo Member", date(1980, 1, 1), "1 New Road", KNOWN))
    with pytest.raises(NotAllowedError):
        judge(by, pair, is_same=True)


def test_verdict_needs_a_reason_and_a_near_match(world, round, pair):
    with pytest.raises(PanelError, match="A reason is needed"):
        judge_match(by=world.members[1], entries=pair, is_same=True, reason=" ")
    other = vote(world.residents[0], round)
    with pytest.raises(PanelError, match="Nothing says"):
        judge(world.members[1], (pair[0], other), is_same=True)


def many(world: World, round: Round, number: int) -> None:
    for one in range(number):
        who = shown(
            world, f"{chr(65 + one) * 6} Person{one}", address=f"{one} Long Road", born_on=date(1960 + one, 1, 1)
        )
        enrol(by=who, round=round)


def test_burst_is_looked_at_by_two_who_did_not_confirm_it(world, round):
    many(world, round, 11)
    world.close(round)
    with pytest.raises(PhaseError, match="stands for many people"):
        name_opening_set(by=world.chair, round=round)
    with pytest.raises(NotAllowedError, match="stand for many of these people yourself"):
        review_bursts(by=world.members[0], round=round, note="All is well.")
    review_bursts(by=world.members[1], round=round, note="They met at the fair.")
    review_bursts(by=world.members[1], round=round, note="Twice.")
    with pytest.raises(PhaseError):
        name_opening_set(by=world.chair, round=round)
    review_bursts(by=world.keepers[2], round=round, note="I rang three of them.")
    assert name_opening_set(by=world.chair, round=round).count == 0
    assert BurstReview.objects.count() == 2


def test_own_part_in_a_burst_is_known_by_the_person_not_by_the_name(world, round):
    """Somebody called Ann may look at what Annette confirmed, and a namesake at what another confirmed."""
    with acting("system:test", "named for a test"):
        for member, name in ((world.members[0], "Annette Hill"), (world.members[1], "Ann"), (world.members[2], "Bo")):
            member.full_name = name
            member.save()
        world.members[7].full_name = "Bo"
        world.members[7].save()
    many(world, round, 11)
    for by in (world.members[0], world.members[7]):
        with pytest.raises(NotAllowedError, match="stand for many of these people yourself"):
            review_bursts(by=by, round=round, note="All is well.")
    for by in world.members[1:3]:
        assert review_bursts(by=by, round=round, note="I rang three of them.").reviewer == by


def test_ballot_that_will_be_set_aside_is_no_pair_to_judge(world, round):
    vote(shown(world, "Ada Newcomer", address="1 New Road"), round)
    other = person()
    declare_residence(by=other, details=PersonDetails("Ada Jane Newcomer", date(1990, 2, 1), "2 Other Road", KNOWN))
    vote(other, round)
    assert roll.matches_of(round) == []


def test_review_is_good_for_the_numbers_that_were_seen(world, round):
    many(world, round, 11)
    for by in (world.members[1], world.keepers[2]):
        review_bursts(by=by, round=round, note="They met at the fair.")
    enrol(by=shown(world, "Zed Latecomer", address="99 Long Road", born_on=date(1950, 1, 1)), round=round)
    world.close(round)
    with pytest.raises(PhaseError, match="Two people of different sides"):
        name_opening_set(by=world.chair, round=round)


def test_seven_at_one_address_are_looked_at(world, round):
    for one in range(7):
        who = person()
        details = PersonDetails(f"{chr(65 + one) * 6} Person", date(1960 + one, 1, 1), "1 Full House", KNOWN)
        declare_residence(by=who, details=details)
        enrol(by=who, round=round)
    assert roll.crowded_homes_on_roll(round) == [7]
    world.close(round)
    with pytest.raises(PhaseError, match="many live at one address"):
        name_opening_set(by=world.chair, round=round)


def test_every_way_is_counted_under_its_name(world, round):
    homes = [
        declare_residence(by=person(), details=PersonDetails(f"{name} Newcomer", date(1960, 1, 1), "1 New Road", KNOWN))
        for name in ("Letta", "Carda", "Docky")
    ]
    enter_code(by=homes[0].user, typed=posted_code(world, homes[0]))
    enter_code(by=homes[1].user, typed=card_codes(world)[0])
    check_document(by=world.officer, residence=homes[2], kind="bill", is_enough=True)
    for home in homes:
        enrol(by=home.user, round=round)
    counted = {count.by: count.total for count in roll.counts_on_roll(round)}
    officer, first, second = (str(user) for user in (world.officer, *world.members[:2]))
    assert counted == {
        f"In person: {first} and {second}": len(world.residents),
        f"Letters posted by {officer}": 1,
        f"Cards: Fair, by {officer} and {first}": 1,
        f"Documents seen by {officer}": 1,
    }


def test_review_says_what_was_found(world, round):
    with pytest.raises(PanelError, match="Say what you found"):
        review_bursts(by=world.members[1], round=round, note="")
    with pytest.raises(NotAllowedError, match="do not check the list"):
        review_bursts(by=world.residents[0], round=round, note="All is well.")


def test_list_for_polling_day_says_who_has_voted_and_is_noted(world, round):
    vote(world.residents[0], round)
    waiting = person()
    declare_residence(by=waiting, details=PersonDetails("Ada Newcomer", date(1990, 2, 1), "1 New Road", KNOWN))
    enrol(by=waiting, round=round)
    entries = print_roll(by=world.officer, round=round)
    assert [entry.user for entry in entries if entry.has_voted] == [world.residents[0]]
    assert [entry.user for entry in entries if entry.is_pending] == [waiting]
    assert [entry.user.full_name for entry in entries] == sorted(entry.user.full_name for entry in entries)
    assert RollPrint.objects.get().entries_count == len(entries)
    for stranger in (world.residents[0], World().members[0]):
        with pytest.raises(NotAllowedError):
            print_roll(by=stranger, round=round)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [({"reason": ""}, "says_why"), ({"side": "friends"}, "side_known"), ({"turned": True}, "in_order"), ({}, "once")],
)
def test_verdict_that_breaks_a_rule_is_refused(world, round, pair, changes, rule):
    judge(world.members[1], pair, is_same=True)
    turned = changes.pop("turned", False)
    first, second = reversed(pair) if turned else pair
    fields = {"first": first, "second": second, "judge": world.members[1], "is_same": True, "reason": "Again."}
    if changes or turned:
        fields["judge"] = world.members[2]
    with pytest.raises(IntegrityError, match=f"panels_matchverdict_{rule}"), transaction.atomic():
        MatchVerdict.objects.create(**fields | changes)


@pytest.mark.parametrize(("note", "rule"), [("", "says_what"), ("Again.", "once")])
def test_review_that_breaks_a_rule_is_refused(world, round, note, rule):
    known = review_bursts(by=world.members[1], round=round, note="All is well.")
    fields = {"round": round, "reviewer": known.reviewer, "counts_hash": known.counts_hash if note else "x"}
    with pytest.raises(IntegrityError, match=f"panels_burstreview_{rule}"), transaction.atomic():
        BurstReview.objects.create(**fields, note=note)


def test_an_envelope_of_a_pair_is_not_opened_before_it_is_judged_and_an_opened_one_is_never_set_aside(world, round):
    """The later of two entries voted on paper; once its envelope is opened, the earlier one's ballot stays closed."""
    first, second = (
        enrol(by=shown(world, name, address=address), round=round)
        for name, address in (("Ada Newcomer", "1 New Road"), ("Ada Jane Newcomer", "2 Other Road"))
    )
    label = print_labels(by=world.chair, round=round, count=1)[0]
    issue_envelope(by=world.chair, round=round, serial=label.serial, entry=second)
    receive_envelope(by=world.officer, round=round, serial=label.serial)
    cast_ballot(by=first.user, round=round, choices=["1"], seen_version=0)
    world.close(round)
    with pytest.raises(PaperError, match="may be on the list twice"):
        open_batch(by=world.chair, round=round)
    PaperEnvelope.objects.update(state="opened")
    assert found_twice(round) == set()
    for by in (world.members[1], world.officer):
        judge(by, (first, second), is_same=True)
    assert found_twice(round) == {first.pk}
    PaperEnvelope.objects.update(state="received")
    assert found_twice(round) == {second.pk}
    name_opening_set(by=world.chair, round=round)

    assert PaperEnvelope.objects.get().state == "aside"
    assert PaperCount.objects.get().aside_count == 1
