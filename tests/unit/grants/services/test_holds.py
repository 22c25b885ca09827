"""Holding payments and lifting the hold again."""

import pytest

from cwf_portal.core.errors import DomainError, NotAllowedError
from grants import services
from grants.models import Hold
from tests.unit.grants.conftest import People, Programme, Story, allocate, make_story


def test_a_hold_is_placed_once_and_lifted_by_another_person(story: Story) -> None:
    people, agreement = story.people, story.agreement
    hold = services.place_hold(by=people.officer, agreement=agreement, detail="The lease is not signed.")

    assert services.place_hold(by=people.senior, agreement=agreement, detail="Other words") == hold
    with pytest.raises(NotAllowedError, match="You placed this hold"):
        services.lift_hold(by=people.officer, hold=hold, reason="Signed.")
    with pytest.raises(DomainError, match="needs a reason"):
        services.lift_hold(by=people.senior, hold=hold, reason=" ")
    lifted = services.lift_hold(by=people.senior, hold=hold, reason="Signed.")
    assert lifted.lifted_by == people.senior
    assert services.lift_hold(by=people.head, hold=hold, reason="Again.").lifted_by == people.senior
    assert not Hold.objects.open().exists()


def test_one_payment_can_be_held_alone(accepted: Story) -> None:
    tranche = accepted.agreement.tranches.first()

    hold = services.place_hold(
        by=accepted.people.officer, agreement=accepted.agreement, tranche=tranche, detail="A query."
    )

    assert hold.tranche == tranche
    assert services.place_hold(by=accepted.people.officer, agreement=accepted.agreement, detail="All of them.") != hold


def test_a_hold_needs_a_reason_a_role_and_a_payment_of_the_agreement(people: People, programme: Programme) -> None:
    allocate(people, programme, places=2)
    first = make_story(people, programme)
    second = make_story(people, programme, body=first.agreement.body)
    tranche = first.accept().tranches.first()

    with pytest.raises(DomainError, match="needs a reason"):
        services.place_hold(by=people.officer, agreement=first.agreement, detail=" ")
    with pytest.raises(NotAllowedError):
        services.place_hold(by=people.treasurer, agreement=first.agreement, detail="x")
    with pytest.raises(DomainError, match="belongs to another agreement"):
        services.place_hold(by=people.officer, agreement=second.agreement, tranche=tranche, detail="x")
