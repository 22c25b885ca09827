"""Panels, money to decide, and rounds up to the freeze."""

import json
import uuid
from dataclasses import replace
from datetime import timedelta

import pytest

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import advance_clock, core_now, today
from cwf_portal.core.errors import DomainError, NotAllowedError
from cwf_portal.core.permissions import Role
from neighbourhoods.models import AreaShare, Event, StaleSlice
from neighbourhoods.services import declare_period
from neighbourhoods.services.elections import ElectionError
from panels.domain.canonical import canonical_json
from panels.errors import PanelError, PhaseError, ProposalError
from panels.keys import portal_key
from panels.models import MoneyEnvelope, Phase, Project
from panels.services import (
    Costs,
    RoundPlan,
    Seat,
    add_member,
    add_members,
    assess_proposal,
    create_panel,
    create_round,
    end_membership,
    freeze_round,
    join_ideas,
    notify_envelope,
    refuse_proposal,
    rules_sheet,
)
from panels.tasks import tick_off_dates
from tests.unit.panels.builders import DAY, World, person

pytestmark = pytest.mark.django_db


def plan() -> RoundPlan:
    at = core_now()
    return RoundPlan("Vote", 50_000_00, at, at + DAY, at + 2 * DAY, at + 3 * DAY)


@pytest.mark.parametrize("opens", [0, 2])
def test_no_vote_is_set_up_whose_ideas_or_voting_would_open_before_an_election(world, opens):
    region, first = world.place.region, today() + opens * DAY
    with acting("system:test", "made for a test"):
        AreaShare.objects.create(neighbourhood=world.place, area=region)
    older = world.round_for_ideas()
    declare_period(by=person(Role.FUND_DIRECTOR), area=region, name="Election of May", starts_on=first, ends_on=first)
    with pytest.raises(ElectionError, match=r"lies before an election \(Election of May\)") as refused:
        create_round(by=world.chair, panel=world.panel, plan=plan())
    assert refused.value.mend.startswith("Choose a day after ")
    assert older.phase_at(core_now()) is Phase.IDEAS
    assert older.panel.rounds.count() == 1


def test_create_panel_twice_gives_one(world):
    assert create_panel(by=world.officer, neighbourhood=world.place) == world.panel


def test_add_member_twice_keeps_the_seat_and_marks_the_figure(world):
    seat = Seat(is_resident=True)
    first = add_member(by=world.officer, panel=world.panel, user=world.chair, seat=seat)

    assert first.is_chair
    assert StaleSlice.objects.filter(neighbourhood=world.place, measure_code="panels.members_count").exists()


@pytest.mark.parametrize(
    ("seat", "sentence"),
    [
        (Seat(is_resident=False, is_chair=True), "The chair must live in the place"),
        (Seat(is_resident=True, is_chair=True), "has a chair already"),
    ],
)
def test_add_member_refuses_a_second_or_distant_chair(world, seat, sentence):
    with pytest.raises(PanelError, match=sentence):
        add_member(by=world.officer, panel=world.panel, user=person(), seat=seat)


def test_add_member_keeps_the_resident_majority_and_the_size(world):
    """Six of eight are residents; three more from elsewhere make 6 of 11, a fourth would make 6 of 12."""
    for _ in range(3):
        add_member(by=world.officer, panel=world.panel, user=person(), seat=Seat(is_resident=False))
    with pytest.raises(PanelError, match="this would make it 6 of 12"):
        add_member(by=world.officer, panel=world.panel, user=person(), seat=Seat(is_resident=False))
    for _ in range(5):
        add_member(by=world.officer, panel=world.panel, user=person(), seat=Seat(is_resident=True))
    with pytest.raises(PanelError, match="the most it may have"):
        add_member(by=world.officer, panel=world.panel, user=person(), seat=Seat(is_resident=True))


def test_add_members_seats_all_or_none_in_the_same_few_queries(world, django_assert_num_queries):
    before = world.panel.memberships.count()
    people = [person() for _ in range(4)]
    resident, other = Seat(is_resident=True), Seat(is_resident=False)
    with pytest.raises(PanelError, match="this would make it 6 of 12"):
        add_members(by=world.officer, panel=world.panel, seats=[(one, other) for one in people])
    assert world.panel.memberships.count() == before

    seats = [(world.chair, resident), *((one, resident) for one in [*people, people[0]])]
    with django_assert_num_queries(9):
        seated = add_members(by=world.officer, panel=world.panel, seats=seats)

    assert [member.user for member in seated] == [world.chair, *people, people[0]]
    assert seated[0].is_chair
    assert world.panel.memberships.count() == before + len(people)


def test_end_membership_twice_keeps_the_day(world):
    member = world.panel.memberships.get(user=world.members[3])
    ended = end_membership(by=world.officer, membership=member)
    advance_clock(by=2 * DAY)

    assert end_membership(by=world.officer, membership=member).ends_on == ended.ends_on


def test_panels_are_set_up_by_officers_only(world):
    with pytest.raises(NotAllowedError):
        create_panel(by=world.chair, neighbourhood=world.place)


def test_notify_envelope_ignores_older_versions(world):
    for amount, version in ((200, 3), (999, 2), (300, 4)):
        notify_envelope(by="system:grants", neighbourhood=world.place, amount_pence=amount, version=version)

    assert MoneyEnvelope.objects.get(neighbourhood=world.place).amount_pence == 300
    with pytest.raises(PanelError, match="less than nothing"):
        notify_envelope(by="system:grants", neighbourhood=world.place, amount_pence=-1, version=5)


def test_create_round_by_the_same_form_twice_gives_one(world):
    form = {"panel": world.panel, "plan": plan(), "code": uuid.uuid4()}
    assert create_round(by=world.chair, **form) == create_round(by=world.members[1], **form)


def test_a_name_is_free_again_once_the_vote_of_that_name_is_over(world):
    first = create_round(by=world.chair, panel=world.panel, plan=plan())
    with pytest.raises(PanelError, match="A vote of this name is being held"):
        create_round(by=world.chair, panel=world.panel, plan=replace(plan(), title=f" {first.title.upper()}"))
    advance_clock(to=first.voting_opens_at + DAY)  # nobody fixed it: it was missed
    again = create_round(by=world.chair, panel=world.panel, plan=plan())
    assert (again.title, again.pk != first.pk) == (first.title, True)


def test_create_round_within_the_money_and_the_calendar(world):
    at = core_now()
    for changed, sentence in (
        ({"budget_pence": 500_000_01}, "The money you can decide is £500,000. This vote needs £500,000.01"),
        ({"budget_pence": 0}, "needs some money"),
        ({"most_choices": 0}, "needs some money, and one choice"),
        ({"voting_closes_at": at}, "out of order"),
    ):
        with pytest.raises(PanelError, match=sentence):
            create_round(by=world.chair, panel=world.panel, plan=replace(plan(), **changed))


def test_create_round_by_another_panel_is_refused(world):
    with pytest.raises(NotAllowedError, match="not a member"):
        create_round(by=World().chair, panel=world.panel, plan=plan())


def test_freeze_round_writes_rules_that_read_back(world, shaped):
    round = freeze_round(by=world.chair, round=shaped)
    rules = json.loads(bytes(round.rules))

    assert canonical_json(rules) == bytes(round.rules)
    assert rules["projects"][0] | {"what": ""} == {
        "id": "1",
        "title": "Corner Hub",
        "what": "",
        "capital_pence": 60_000_00,
        "yearly_pence": 10_000_00,
        "price_pence": 90_000_00,
    }
    assert len(rules["keepers"]) == 3
    assert rules_sheet(round).ballot.most_choices == 2
    assert rules["who_may_vote"]["minimum_age"] == 16
    assert list(Project.objects.values_list("price_pence", flat=True)) == [90_000_00, 40_000_00, 12_000_00]


def test_freeze_round_twice_freezes_once(world, shaped):
    first = freeze_round(by=world.chair, round=shaped)
    again = freeze_round(by=world.members[1], round=shaped)

    assert (again.frozen_by_id, bytes(again.rules)) == (world.chair.pk, bytes(first.rules))


def test_signing_key_is_made_once_and_never_anew_where_it_is_missing(world, shaped, settings, tmp_path):
    """A second host without the folder of the first, or one whose folder was lost."""
    settings.TIME_MACHINE = False
    freeze_round(by=world.chair, round=shaped)
    key = portal_key().private_bytes_raw()
    assert portal_key().private_bytes_raw() == key

    settings.KEYS_DIR = tmp_path / "another host's"
    with pytest.raises(DomainError, match=r"signing key is missing here.*same folder CWF_KEYS"):
        portal_key()
    assert not settings.KEYS_DIR.exists()


def test_freeze_round_waits_for_ideas_and_ends_with_voting(world):
    round = world.round_for_ideas()
    with pytest.raises(PhaseError, match="after its ideas have closed"):
        freeze_round(by=world.chair, round=round)
    advance_clock(to=round.voting_opens_at)
    assert round.phase_at(core_now()) is Phase.MISSED
    with pytest.raises(PhaseError):
        freeze_round(by=world.chair, round=round)


def test_freeze_round_needs_every_idea_worked_out_and_one_project(world):
    round = world.round_for_ideas()
    idea = world.idea(round, "Warm Halls")
    advance_clock(by=2 * DAY)
    with pytest.raises(PanelError, match="has not been worked out yet"):
        freeze_round(by=world.chair, round=round)
    refuse_proposal(by=world.chair, proposal=idea, reason="The council's duty.")
    with pytest.raises(PanelError, match="this one has 0"):
        freeze_round(by=world.chair, round=round)


def test_dates_of_a_frozen_vote_are_published_and_ticked_off(world, shaped):
    round = freeze_round(by=world.chair, round=shaped)
    dates = Event.objects.filter(neighbourhood=world.place).order_by("happens_on")
    assert [event.kind for event in dates] == ["panels.round_opens", "panels.round_closes"]
    advance_clock(to=round.voting_opens_at + timedelta(minutes=1))

    assert tick_off_dates(core_now()) == 1
    assert [event.done_at is not None for event in dates.all()] == [True, False]
    assert tick_off_dates(core_now()) == 0


def test_ideas_are_worked_out_by_members_and_officers_until_the_freeze(world, shaped):
    idea = shaped.proposals.first()
    costs = Costs(1_00, 0)
    assess_proposal(by=person(Role.GRANTS_OFFICER), proposal=idea, costs=costs, reason="Cheaper.")
    with pytest.raises(NotAllowedError):
        assess_proposal(by=World().chair, proposal=idea, costs=costs, reason="Mine.")
    freeze_round(by=world.chair, round=shaped)
    with pytest.raises(PhaseError, match="The vote is fixed"):
        assess_proposal(by=world.chair, proposal=idea, costs=costs, reason="Later.")


def test_ideas_are_joined_only_with_ideas_that_stand(world, shaped):
    first, second, third = shaped.proposals.order_by("pk")
    join_ideas(by=world.chair, ideas=[second], into=first, reason="The same.")
    for into in (second, third):
        with pytest.raises(ProposalError):
            join_ideas(by=world.chair, ideas=[third], into=into, reason="The same.")
    with pytest.raises(ProposalError, match="The reason is missing"):
        refuse_proposal(by=world.chair, proposal=third, reason=" ")
    with pytest.raises(ProposalError, match="between nothing and £10,000,000"):
        assess_proposal(by=world.chair, proposal=third, costs=Costs(0, 0), reason="Free.")
