"""What the database itself refuses, whatever the application does."""

from datetime import date, timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from panels.domain.log import leaf_hash
from panels.models import (
    Annulment,
    CountedBallot,
    IdeaExclusion,
    IdeaWords,
    Keeper,
    LogLeaf,
    Organisation,
    PanelMembership,
    Project,
    ProjectResult,
    Proposal,
    Residence,
    RollEntry,
    Round,
    RoundResult,
    SealedBallot,
    Vouch,
)
from panels.services import cast_ballot
from tests.unit.panels.builders import World, person

pytestmark = pytest.mark.django_db


def by_hand():
    return acting("system:test", "by hand")


def seat_at_once(world: World, count: int, *, is_resident: bool) -> None:
    """Seats strangers to the service, and lets the deferred trigger look at once."""
    PanelMembership.objects.bulk_create(
        PanelMembership(panel=world.panel, user=person(), is_resident=is_resident, starts_on=date(2026, 1, 1))
        for _ in range(count)
    )
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_a_seat_from_elsewhere_needs_a_resident_majority(world):
    """Eight members, six of them residents: with six more from elsewhere residents would be 6 of 14."""
    with pytest.raises(DatabaseError, match="residents must be at least 51"), by_hand(), transaction.atomic():
        seat_at_once(world, 6, is_resident=False)


def test_a_panel_has_at_most_sixteen_seats(world):
    with pytest.raises(DatabaseError, match="at most 16 members"), by_hand(), transaction.atomic():
        seat_at_once(world, 9, is_resident=True)


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"is_chair": True, "is_resident": False}, "chair_lives_here"),
        ({"is_chair": True, "is_resident": True}, "one_chair"),
        ({"ends_on": date(2025, 1, 1), "is_resident": True}, "_term"),
    ],
)
def test_membership_rules(world, fields, rule):
    with pytest.raises(DatabaseError, match=rule), by_hand(), transaction.atomic():
        PanelMembership.objects.create(panel=world.panel, user=person(), starts_on=date(2026, 1, 1), **fields)


def test_one_seat_for_each_person(world):
    with pytest.raises(DatabaseError, match="panelmembership_once"), by_hand(), transaction.atomic():
        PanelMembership.objects.create(
            panel=world.panel, user=world.chair, is_resident=True, starts_on=date(2026, 1, 1)
        )


def test_an_organisation_has_a_name_of_its_own():
    with by_hand():
        Organisation.objects.create(name="Trust")
    for name in ("Trust", ""):
        with pytest.raises(DatabaseError, match="organisation"), by_hand(), transaction.atomic():
            Organisation.objects.create(name=name)


def test_of_all_who_say_the_same_about_themselves_one_has_shown_it(world):
    known = Residence.objects.get(user=world.residents[0])
    with by_hand():
        same = Residence.objects.create(user=person(), neighbourhood=world.place, person_hmac=known.person_hmac)
    with pytest.raises(DatabaseError, match="one_has_shown_it"), by_hand(), transaction.atomic():
        Residence.objects.filter(pk=same.pk).update(proved_by="post")
    with pytest.raises(DatabaseError, match="shown_pair"), by_hand(), transaction.atomic():
        Residence.objects.filter(pk=known.pk).update(shown_at=None)


def test_two_vouches_of_two_kinds_and_never_changed(world):
    residence = Residence.objects.get(user=world.residents[0])
    with pytest.raises(DatabaseError, match="one_of_each"), transaction.atomic():
        Vouch.objects.create(residence=residence, voucher=person(), is_by_panel=True)
    with pytest.raises(DatabaseError, match="vouch"), transaction.atomic():
        Vouch.objects.filter(residence=residence).update(is_by_panel=False)


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"rule": "priority"}, "round_has_money"),
        ({"budget_pence": 0}, "round_has_money"),
        ({"ballot_kind": "guess"}, "round_kind_known"),
        ({"points": 5}, "round_points_with_their_kind"),
        ({"ballot_kind": "points"}, "round_points_with_their_kind"),
        ({"ballot_kind": "points", "points": 3, "most_points": 4}, "round_points_with_their_kind"),
        ({"ballot_kind": "ranked", "rule": "equal-shares"}, "round_rule_fits_kind"),
        ({"ballot_kind": "knapsack", "rule": "priority", "budget_pence": 0}, "round_rule_fits_kind"),
        ({"minimum_age": 9}, "round_minimum_age"),
        ({"minimum_age": 19}, "round_minimum_age"),
        ({"at_least": 0}, "round_needs_a_vote"),
        ({"rule": "priority", "budget_pence": 0, "at_least": 2}, "round_needs_a_vote"),
        ({"years_covered": 11}, "round_years_covered"),
        ({"utility": "joy"}, "round_ways_known"),
        ({"completion": "dice"}, "round_ways_known"),
        ({"gives_parts": True, "rule": "priority", "budget_pence": 0}, "round_parts_of_what_is_left"),
        ({"gives_parts": True, "rule": "equal-shares", "completion": "add1"}, "round_parts_of_what_is_left"),
    ],
)
def test_the_parts_of_a_round_fit_each_other(world, fields, rule):
    round = world.round_for_ideas()
    with pytest.raises(DatabaseError, match=rule), by_hand(), transaction.atomic():
        Round.objects.filter(pk=round.pk).update(**fields)


def test_one_roll_entry_for_each_person_and_each_fingerprint(world, round):
    entry = RollEntry.objects.filter(round=round).first()
    with pytest.raises(DatabaseError, match="rollentry_once"), transaction.atomic():
        RollEntry.objects.create(round=round, user=entry.user, person_hmac="another")
    with pytest.raises(DatabaseError, match="rollentry_one_person"), transaction.atomic():
        RollEntry.objects.create(round=round, user=person(), person_hmac=entry.person_hmac)
    with pytest.raises(DatabaseError, match="permission denied|never changed"), transaction.atomic():
        RollEntry.objects.filter(pk=entry.pk).update(person_hmac="another")


def test_one_sealed_ballot_for_each_roll_entry(world, round):
    cast_ballot(by=world.residents[0], round=round, choices=["1"], seen_version=0)
    entry = RollEntry.objects.get(round=round, user=world.residents[0])
    with pytest.raises(IntegrityError, match="sealedballot_pkey"), transaction.atomic():
        SealedBallot.objects.create(roll_entry=entry, sealed=b"2", leaf=leaf_hash(b"2"), version=1, mark=b"m")


@pytest.mark.parametrize(
    "change",
    [
        {"budget_pence": 1},
        {"rule": "greedy-per-cost"},
        {"voting_closes_at": "2999-01-01T00:00Z"},
        {"rules": b"{}"},
        {"frozen_at": None, "frozen_by": None, "rules": None, "rules_signature": None},
    ],
)
def test_frozen_rules_never_change(world, round, change):
    with pytest.raises(DatabaseError, match="its rules never change"), by_hand(), transaction.atomic():
        Round.objects.filter(pk=round.pk).update(**change)


def test_a_frozen_round_and_its_projects_never_go(world, round):
    with pytest.raises(DatabaseError, match="permission denied|never changed"), transaction.atomic():
        Project.objects.filter(round=round).update(price_pence=1)
    with pytest.raises(DatabaseError, match="permission denied|never changed"), transaction.atomic():
        LogLeaf.objects.filter(round=round).delete()


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"budget_pence": 0}, "has_money"),
        ({"most_choices": 0}, "allows_a_choice"),
        ({"ideas_close_at": "2000-01-01T00:00Z"}, "dates_in_order"),
        ({"rules": b"{}"}, "frozen_together"),
    ],
)
def test_round_rules(world, change, rule):
    round = world.round_for_ideas()
    with pytest.raises(DatabaseError, match=rule), by_hand(), transaction.atomic():
        Round.objects.filter(pk=round.pk).update(**change)


def test_a_round_is_frozen_before_voting_begins(world):
    round = world.round_for_ideas()
    late = {"frozen_at": round.voting_opens_at + timedelta(seconds=1), "frozen_by": world.chair}
    with pytest.raises(DatabaseError, match="frozen_before_voting"), by_hand(), transaction.atomic():
        Round.objects.filter(pk=round.pk).update(rules=b"{}", rules_signature=b"1", **late)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"capital_pence": 1}, "costs_together"),
        ({"capital_pence": -1, "yearly_pence": 0}, "costs_together"),
        ({"state": "accepted", "reason": "Yes."}, "accepted_has_costs|reason_published"),
        ({"state": "refused"}, "reason_published"),
        ({"state": "merged", "reason": "Yes."}, "merged_pair|reason_published"),
        ({"state": "lost", "reason": "Yes."}, "state_known|reason_published"),
    ],
)
def test_proposal_rules(world, change, rule):
    idea = world.idea(world.round_for_ideas(), "Warm Halls")
    with pytest.raises(DatabaseError, match=rule), by_hand(), transaction.atomic():
        Proposal.objects.filter(pk=idea.pk).update(**change)


def test_an_exclusion_is_of_two_ideas_of_one_vote_and_said_once(world):
    round, other = world.round_for_ideas(), world.round_for_ideas()
    first, second, elsewhere = world.idea(round, "Hall"), world.idea(round, "Garden"), world.idea(other, "Hall")
    with by_hand():
        IdeaExclusion.objects.create(first=first, second=second, said_by=world.chair)
    for one, two, rule in (
        (first, second, "ideaexclusion_once"),
        (second, first, "ideaexclusion_in_order"),
        (first, first, "ideaexclusion_in_order"),
        (first, elsewhere, "ideas that exclude each other are of one vote"),
    ):
        with pytest.raises(IntegrityError, match=rule), by_hand(), transaction.atomic():
            IdeaExclusion.objects.create(first=one, second=two, said_by=world.chair)


def test_words_in_another_language_are_whole_once_and_by_two(world):
    idea = world.idea(world.round_for_ideas(), "Hall")
    words = {"proposal": idea, "title": "Sala", "what": "Dla wszystkich.", "written_by": world.chair}
    with by_hand():
        IdeaWords.objects.create(language="pl", **words)
    at = core_now()
    for change, rule in (
        ({"language": "pl"}, "ideawords_once"),
        ({"language": "en-gb"}, "ideawords_whole"),
        ({"title": ""}, "ideawords_whole"),
        ({"what": ""}, "ideawords_whole"),
        ({"read_by": world.members[1]}, "ideawords_read_together"),
        ({"read_by": world.chair, "read_at": at}, "ideawords_by_two"),
    ):
        with pytest.raises(IntegrityError, match=rule), by_hand(), transaction.atomic():
            IdeaWords.objects.create(**{"language": "ur", **words, **change})


def test_what_a_project_is_called_elsewhere_is_kept_by_language(world):
    idea = world.idea(world.round_for_ideas(), "Warm Halls")
    with pytest.raises(IntegrityError, match="in_languages_by_code"), transaction.atomic():
        Project.objects.create(
            round=idea.round, proposal=idea, place=0, code="1", title="Warm Halls", what="x", kind="meet",
            capital_pence=1, yearly_pence=0, years_covered=3, price_pence=1, in_languages=["pl"],
        )  # fmt: skip


def test_a_price_is_capital_and_running_cost(world):
    round = world.round_for_ideas()
    idea = world.idea(round, "Warm Halls")
    with pytest.raises(DatabaseError, match="price_is_capital_and_running"), transaction.atomic():
        Project.objects.create(
            round=round, proposal=idea, place=0, code="1", title="T", what="W", kind="meet",
            capital_pence=100, yearly_pence=10, years_covered=3, price_pence=129,
        )  # fmt: skip


def test_counted_ballots_are_added_and_never_changed(world, round):
    ballot = CountedBallot.objects.create(round=round, number=1, choices="0")
    with pytest.raises(DatabaseError, match="permission denied|never changed"), transaction.atomic():
        CountedBallot.objects.filter(pk=ballot.pk).update(choices="1")


def test_database_keeps_no_time_of_a_vote(world, round):
    """The roll entry was made before the ballot was cast, and stays as it was."""
    entry = RollEntry.objects.get(round=round, user=world.residents[0])
    cast_ballot(by=world.residents[0], round=round, choices=["1"], seen_version=0)

    assert RollEntry.objects.get(pk=entry.pk).enrolled_at == entry.enrolled_at < core_now()


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"body": 1}, "one_from_each_body"),
        ({"body": 4}, "body_known"),
        ({"body": 3, "user": "first"}, "three_people"),
        ({"body": 3, "public_key": "first"}, "fresh_key"),
        ({"body": 3, "public_key": "04"}, "key_together"),
        ({"body": 3, "made_with": "tool"}, "key_together"),
        ({"body": 3, "lost_note": "Lost."}, "lost_with_note"),
    ],
)
def test_keeper_rules(world, shaped, fields, rule):
    first = Keeper.objects.get(round=shaped, body=1)
    with by_hand():
        Keeper.objects.get(round=shaped, body=3).delete()
    values = {"user": person(), **fields}
    if values.get("public_key") == "first":
        values |= {"public_key": first.public_key, "made_with": "tool", "made_at": first.made_at}
    if values["user"] == "first":
        values["user"] = first.user
    with pytest.raises(DatabaseError, match=rule), by_hand(), transaction.atomic():
        Keeper.objects.create(round=shaped, appointed_by=world.chair, **values)


@pytest.mark.parametrize("change", [{"public_key": "04" + "1" * 128}, {"user_id": None}, {"body": 2}])
def test_a_frozen_keeper_is_kept_by_the_database(world, round, change):
    if "user_id" in change:
        change = {"user_id": world.members[4].pk}
    with pytest.raises(DatabaseError, match="its keepers and their keys never change"), by_hand(), transaction.atomic():
        Keeper.objects.filter(round=round, body=1).update(**change)
    with pytest.raises(DatabaseError, match="never change"), by_hand(), transaction.atomic():
        Keeper.objects.filter(round=round, body=1).delete()


def test_an_annulment_says_why(world, round):
    with pytest.raises(DatabaseError, match="says_why"), by_hand(), transaction.atomic():
        Annulment.objects.create(round=round, annulled_by=world.chair)


@pytest.mark.parametrize(
    "backing",
    [
        {"money_pence": 1},
        {"effective_votes": 1},
        {"money_pence": -1, "effective_votes": 1},
        {"money_pence": 1, "effective_votes": -1},
    ],
)
def test_money_behind_a_project_stands_with_its_effective_votes(world, round, backing):
    with by_hand():
        result = RoundResult.objects.create(round=round, disclosure="full", counted_count=0, spent_pence=0)
    line = {"result": result, "project": round.projects.first(), "rule": "greedy", "is_decisive": True, "votes": 0}
    with pytest.raises(IntegrityError, match="money_with_votes"), transaction.atomic():
        ProjectResult.objects.create(**line, reason="", support="", **backing)
    ProjectResult.objects.create(**line, reason="", support="", money_pence=0, effective_votes=0)

    assert ProjectResult.objects.filter(result=result).count() == 1
