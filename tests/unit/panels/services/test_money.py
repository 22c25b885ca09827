"""No money is promised twice: by votes beside each other, or after the fund took some back."""

from dataclasses import replace

import pytest

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import advance_clock, core_now
from panels.errors import PanelError
from panels.models import Certification, Round
from panels.selectors.money import MoneyToDecide, money_of
from panels.services import Costs, assess_proposal, create_round, freeze_round, notify_envelope
from tests.unit.panels.builders import DAY, World
from tests.unit.panels.services.test_decisions import move
from tests.unit.panels.services.test_setting_up import plan
from tests.unit.panels.views.test_voting import signed_in, text_of

pytestmark = pytest.mark.django_db
NAMED = 500_000_00


def shaped(world: World, count: int) -> list[Round]:
    """So many votes beside each other, each about £100,000, that wait to be fixed."""
    rounds = [world.round_for_ideas() for _ in range(count)]
    for round in rounds:
        idea = world.idea(round, "Warm Halls")
        assess_proposal(by=world.chair, proposal=idea, costs=Costs(10_000_00, 0), reason="It can be done.")
        world.keep(round)
    advance_clock(by=2 * DAY)
    return rounds


def lower(world: World, amount_pence: int) -> None:
    notify_envelope(by="system:grants", neighbourhood=world.place, amount_pence=amount_pence, version=2)


def test_a_vote_is_about_money_that_no_other_vote_has(world):
    first, second = plan(), replace(plan(), title="Another", budget_pence=450_000_01)
    create_round(by=world.chair, panel=world.panel, plan=first)
    with pytest.raises(
        PanelError, match="£50,000 is in other votes or was chosen in them: £450,000 is left. This vote"
    ):
        create_round(by=world.chair, panel=world.panel, plan=second)
    page = text_of(signed_in(world.chair).get(f"/panels/{world.panel.pk}/rounds/new/"))
    assert "Money you can decide: <strong>£450,000</strong>. The fund has named £500,000; £50,000 of it" in page

    advance_clock(to=first.voting_opens_at)  # nobody fixed it in time
    assert money_of(world.panel, core_now()) == MoneyToDecide(NAMED, 0)


def test_a_vote_is_not_fixed_once_the_fund_has_taken_its_money_back(world):
    first, second = shaped(world, 2)
    lower(world, 150_000_00)
    freeze_round(by=world.chair, round=first)
    with pytest.raises(PanelError, match="£50,000 is left. This vote needs £100,000. Let it pass"):
        freeze_round(by=world.chair, round=second)


def test_after_the_result_only_what_was_chosen_is_taken_and_nothing_once_it_is_over_without_a_decision(world, result):
    assert money_of(world.panel, core_now()) == MoneyToDecide(NAMED, 52_000_00)
    with acting("system:test", "by hand"):
        Certification.objects.create(
            round=result, asked_by=world.chair, certified_by=world.officer, certified_at=core_now()
        )
    assert money_of(world.panel, core_now()) == MoneyToDecide(NAMED, 0)
    other = create_round(by=world.chair, panel=world.panel, plan=replace(plan(), budget_pence=NAMED))
    with pytest.raises(PanelError, match="£500,000 is in other votes or was chosen in them: £0 is left"):
        move(world, result)

    advance_clock(to=other.voting_opens_at)
    move(world, result)
    assert money_of(world.panel, core_now()) == MoneyToDecide(NAMED, 52_000_00)
