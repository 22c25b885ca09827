"""Setting money aside for the places that start together."""

import pytest

from cwf_portal.core.errors import ConflictError, DomainError, NotAllowedError
from grants import services
from grants.domain.ledger import Account
from grants.errors import HeadroomError
from grants.models import Allocation, AllocationFunding, Cohort, Journal, Programme
from grants.selectors.checks import broken_seals, ledger_identities
from grants.selectors.ledger import held_on, source_standings
from neighbourhoods.models import Event, StaleSlice
from panels.errors import PanelError
from panels.models import MoneyEnvelope
from panels.services import notify_envelopes
from tests.unit.grants.conftest import POUND, People, make_programme, receive, sealed
from tests.unit.grants.sample import ranking_of


def propose(people: People, programme: Programme, places: int = 3, number: int = 1) -> Cohort:
    ranking = ranking_of(places, number)
    return services.propose_cohort(by=people.director, programme=programme, ranking=ranking, number=number)


def test_a_proposed_start_posts_nothing(people: People, programme: Programme) -> None:
    propose(people, programme)

    assert held_on(Account.ALLOCATED) == 0
    assert Allocation.objects.standing().count() == 0


def test_a_confirmed_start_sets_every_award_aside_from_both_sources_in_whole_pounds(
    people: People, programme: Programme
) -> None:
    cohort = propose(people, programme)

    with sealed():
        services.allocate_cohort(by=people.finance_director, cohort=cohort)

    total = Allocation.objects.standing().total_pence()
    assert held_on(Account.ALLOCATED) == total
    assert {funding.amount_pence % POUND for funding in AllocationFunding.objects.all()} == {0}
    dormant, lottery = source_standings()[:2]
    assert abs(dormant.held_by_account[Account.ALLOCATED] - total * 2 / 3) < POUND
    assert dormant.held_by_account[Account.ALLOCATED] + lottery.held_by_account[Account.ALLOCATED] == total
    assert (
        Journal.objects.filter(kind="allocation", actor=people.director, approver=people.finance_director).count() == 3
    )
    assert ledger_identities() == list(broken_seals()) == []


def test_panels_and_the_public_hear_of_it(people: People, programme: Programme) -> None:
    services.allocate_cohort(by=people.finance_director, cohort=propose(people, programme))

    allocation = Allocation.objects.first()
    envelope = MoneyEnvelope.objects.get(neighbourhood=allocation.neighbourhood)
    assert envelope.amount_pence == allocation.amount_pence
    event = Event.objects.get(key=f"grants:set-aside:{allocation.pk}")
    assert event.params == {"amount_pence": allocation.amount_pence}
    assert StaleSlice.objects.filter(measure_code="grants.set_aside").count() == 3


def test_an_older_word_about_the_money_changes_nothing(people: People, programme: Programme) -> None:
    services.allocate_cohort(by=people.finance_director, cohort=propose(people, programme))
    place = Allocation.objects.first().neighbourhood_id

    notify_envelopes(by="system:test", amounts={place: (5, 2)})
    notify_envelopes(by="system:test", amounts={place: (9, 1)})

    assert MoneyEnvelope.objects.get(neighbourhood=place).amount_pence == 5
    with pytest.raises(PanelError, match="less than nothing"):
        notify_envelopes(by="system:test", amounts={place: (-1, 3)})


def test_confirming_twice_and_proposing_twice_change_nothing(people: People, programme: Programme) -> None:
    cohort = propose(people, programme)
    again = services.propose_cohort(by=people.director, programme=programme, ranking=cohort.ranking, number=1)
    services.allocate_cohort(by=people.finance_director, cohort=cohort)
    services.allocate_cohort(by=people.finance_director, cohort=cohort)

    assert again == cohort
    assert Journal.objects.filter(kind="allocation").count() == 3


def test_the_director_who_proposed_cannot_confirm(people: People, programme: Programme) -> None:
    with pytest.raises(NotAllowedError, match="You proposed this start. Ask the other director"):
        services.allocate_cohort(by=people.director, cohort=propose(people, programme))


def test_only_directors_propose_and_confirm(people: People, programme: Programme) -> None:
    cohort = propose(people, programme)

    with pytest.raises(NotAllowedError):
        services.propose_cohort(by=people.officer, programme=programme, ranking=cohort.ranking, number=1)
    with pytest.raises(NotAllowedError):
        services.allocate_cohort(by=people.officer, cohort=cohort)


def test_a_start_that_needs_more_than_there_is_is_refused_whole_with_the_numbers(people: People) -> None:
    programme = make_programme(people)
    receive(people, programme, "dormant", 10_000_000)
    cohort = propose(people, programme)

    with pytest.raises(HeadroomError) as refused:
        services.allocate_cohort(by=people.finance_director, cohort=cohort)

    assert refused.value.available_pence == 8_000_000 * POUND
    assert refused.value.wanted_pence == sum(cohort.allocations.values_list("amount_pence", flat=True))
    assert "£8,000,000 can be promised" in str(refused.value)
    cohort.refresh_from_db()
    assert cohort.allocated_at is None
    assert held_on(Account.ALLOCATED) == AllocationFunding.objects.count() == 0


def test_places_outside_the_band_are_left_out(people: People) -> None:
    policy = services.open_programme(by=people.director, preset="policy-2025")
    ranking = ranking_of(60, 1)

    cohort = services.propose_cohort(by=people.director, programme=policy, ranking=ranking, number=1)

    residents = list(cohort.allocations.values_list("residents", flat=True))
    assert 0 < len(residents) < 60
    assert all(5_000 <= count <= 15_000 for count in residents)


def test_a_start_that_the_ranking_does_not_have_is_refused(people: People, programme: Programme) -> None:
    with pytest.raises(DomainError, match="No place of start 4 fits"):
        services.propose_cohort(by=people.director, programme=programme, ranking=ranking_of(1, 1), number=4)


def test_a_proposal_can_be_withdrawn_until_it_is_confirmed(people: People, programme: Programme) -> None:
    services.withdraw_proposal(by=people.director, cohort=propose(people, programme))
    assert Allocation.objects.count() == Cohort.objects.count() == 0
    cohort = propose(people, programme)
    services.allocate_cohort(by=people.finance_director, cohort=cohort)

    with pytest.raises(ConflictError, match="set aside already"):
        services.withdraw_proposal(by=people.director, cohort=cohort)
