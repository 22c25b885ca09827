"""Decisions of two directors about free money and money set aside."""

import pytest

from cwf_portal.core.errors import ConflictError, DomainError, NotAllowedError
from grants import services
from grants.domain.award import Strand
from grants.domain.ledger import Account
from grants.errors import WrongStateError
from grants.figures import set_aside
from grants.models import Allocation, FundDecision, Journal, Programme, Source
from grants.selectors.checks import ledger_identities
from grants.selectors.ledger import allocated_by_source
from neighbourhoods.models import Event
from panels.models import MoneyEnvelope
from tests.unit.grants.conftest import MILLION, People, Story, allocate, sealed
from tests.unit.grants.services.test_investments import standing


def transfer(people: People, **changes: object) -> FundDecision:
    said = {
        "by": people.director,
        "source": Source.objects.get(code="dormant"),
        "giver": Strand.CONTINGENCY,
        "taker": Strand.RUNNING,
        "amount_pence": MILLION,
        "reason": "Rents have risen.",
    }
    return services.propose_transfer(**said | changes)


def give_back(people: People, **changes: object) -> FundDecision:
    said = {
        "by": people.director,
        "allocation": Allocation.objects.get(),
        "source": Source.objects.get(code="dormant"),
        "amount_pence": 1000,
        "reason": "The panel asked for it.",
    }
    return services.propose_return(**said | changes)


def confirm(people: People, decision: FundDecision) -> FundDecision:
    return services.confirm_decision(by=people.finance_director, decision=decision)


def test_free_money_changes_its_purpose_when_two_directors_agree(people: People, programme: Programme) -> None:
    before = dict(standing().free_by_strand)
    decision = transfer(people)
    assert transfer(people) == decision
    assert standing().free_by_strand == before

    with sealed():
        confirmed = confirm(people, decision)

    assert standing().free_by_strand[Strand.RUNNING] == before[Strand.RUNNING] + MILLION
    assert standing().free_by_strand[Strand.CONTINGENCY] == before[Strand.CONTINGENCY] - MILLION
    assert (confirmed.journal.actor, confirmed.journal.approver) == (people.director, people.finance_director)
    assert confirm(people, decision) == confirmed
    assert Journal.objects.filter(kind="strand_transfer").count() == 1
    assert ledger_identities() == []


def test_money_set_aside_goes_back_and_everyone_is_told(people: People, programme: Programme) -> None:
    allocate(people, programme)
    allocation = Allocation.objects.get()
    place, amount = allocation.neighbourhood_id, allocation.amount_pence
    dormant = Source.objects.get(code="dormant").pk
    before = allocated_by_source(place)[dormant]

    with sealed():
        decision = confirm(people, give_back(people))

    allocation.refresh_from_db()
    assert allocated_by_source(place)[dormant] == before - 1000
    assert (allocation.amount_pence, allocation.kept_pence) == (amount, amount - 1000)
    assert MoneyEnvelope.objects.get(neighbourhood=place).amount_pence == amount - 1000
    assert next(iter(set_aside([place]))).numerator == amount - 1000
    event = Event.objects.get(key=f"grants:returned:{decision.pk}")
    assert event.params["reason"] == "The panel asked for it."
    assert ledger_identities() == []


def test_money_of_an_agreement_under_decision_stays(story: Story) -> None:
    with pytest.raises(ConflictError, match="An agreement of this place is being decided"):
        give_back(story.people)
    story.approve()

    with pytest.raises(DomainError, match=r"only £0 from “Forgotten accounts” is set aside and in no agreement"):
        give_back(story.people)

    assert standing().held_by_account[Account.PLEDGED] > 0


def test_what_is_no_longer_there_is_not_moved(people: People, programme: Programme) -> None:
    first = transfer(people, amount_pence=MILLION)
    second = transfer(people, amount_pence=MILLION + 1)
    confirm(people, second)

    with pytest.raises(DomainError, match=r"£1,000,000 is to move, but only £799,999.99 .* is free for this purpose"):
        confirm(people, first)

    assert Journal.objects.filter(kind="strand_transfer").count() == 1


def test_a_decision_needs_two_directors(people: People, programme: Programme) -> None:
    decision = transfer(people)

    with pytest.raises(NotAllowedError, match="You proposed this decision"):
        services.confirm_decision(by=people.director, decision=decision)
    for step in (services.confirm_decision, services.withdraw_decision):
        with pytest.raises(NotAllowedError):
            step(by=people.finance_manager, decision=decision)
    with pytest.raises(NotAllowedError):
        transfer(people, by=people.officer)

    assert not Journal.objects.filter(kind="strand_transfer").exists()


def test_a_withdrawn_decision_is_not_posted_and_a_posted_one_stays(people: People, programme: Programme) -> None:
    decision = transfer(people)
    services.withdraw_decision(by=people.director, decision=decision)
    assert services.withdraw_decision(by=people.director, decision=decision).withdrawn_by == people.director
    with pytest.raises(WrongStateError, match="was withdrawn"):
        confirm(people, decision)
    posted = confirm(people, transfer(people))

    with pytest.raises(WrongStateError, match="is posted"):
        services.withdraw_decision(by=people.director, decision=posted)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"reason": " "}, "needs a reason that everyone may read"),
        ({"amount_pence": 0}, "must move money"),
        ({"taker": Strand.CONTINGENCY}, "would stay where it is"),
        ({"amount_pence": 100 * MILLION}, "only £1,800,000 from “Forgotten accounts” is free"),
    ],
)
def test_what_a_decision_must_say(people: People, programme: Programme, changes: dict[str, object], said: str) -> None:
    with pytest.raises(DomainError, match=said):
        transfer(people, **changes)


def test_nothing_is_decided_about_money_that_nobody_has_explained(people: People, programme: Programme) -> None:
    with pytest.raises(DomainError, match="Nothing is decided about"):
        transfer(people, source=Source.objects.get(code="unidentified"))
