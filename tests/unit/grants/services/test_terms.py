"""How a draft pays and rises: chosen by an officer, checked in words, frozen from the recommendation on."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import advance_clock, core_now
from cwf_portal.core.errors import DomainError, NotAllowedError
from grants import services
from grants.domain.award import Strand
from grants.domain.indexation import Indexation, IndexTerms
from grants.domain.ledger import Account
from grants.domain.schedule import Profile
from grants.errors import HeadroomError, WrongStateError
from grants.models import Agreement, Journal, Review
from grants.selectors.checks import ledger_identities
from grants.selectors.ledger import held_on, reserved_by_source, source_standings
from grants.selectors.values import whole_life_pence
from grants.services import ChosenTerms
from grants.services.uplift_cap import uplift_cap_by_source
from tests.unit.grants.conftest import People, Programme, Story, allocate, make_programme, make_story, receive, sealed

QUARTERLY = ChosenTerms(3, Profile.EVEN, IndexTerms(Indexation.CPIH, 250))


def choose(story: Story, chosen: ChosenTerms) -> Agreement:
    services.choose_terms(by=story.people.officer, agreement=story.agreement, chosen=chosen)
    return story.fresh()


def test_a_draft_takes_the_terms_of_its_programme(story: Story) -> None:
    agreement = story.agreement

    assert (agreement.cadence_months, agreement.profile) == (6, "ramped")
    assert agreement.index_terms == IndexTerms(Indexation.CPIH, 300)
    assert 0.145 < agreement.uplift_cap_pence / agreement.amount_pence < 0.146  # ten years, ramped, at 3%
    assert whole_life_pence(agreement) == agreement.value_pence + agreement.uplift_cap_pence


def test_chosen_terms_shape_the_schedule(story: Story) -> None:
    before = story.agreement.uplift_cap_pence

    agreement = choose(story, QUARTERLY)
    story.accept()

    assert agreement.uplift_cap_pence < before
    assert agreement.tranches.count() == 40
    amounts = set(agreement.tranches.values_list("amount_pence", flat=True))
    assert max(amounts) - min(amounts) <= 1
    assert ledger_identities() == []


def test_a_plan_with_its_own_shares(story: Story) -> None:
    agreement = choose(story, ChosenTerms(12, Profile.CUSTOM, IndexTerms(), weights=(5, *[10] * 8, 15)))
    story.accept()

    first, *_, last = agreement.tranches.order_by("number")
    assert (agreement.tranches.count(), last.amount_pence) == (10, first.amount_pence * 3)
    assert agreement.uplift_cap_pence == 0
    assert held_on(Account.INDEX_RESERVE) == 0


@pytest.mark.parametrize(
    ("chosen", "sentence"),
    [
        (ChosenTerms(5, Profile.EVEN, IndexTerms()), "once, twice, four or twelve times a year"),
        (ChosenTerms(6, Profile.CUSTOM, IndexTerms(), weights=(1, 2)), "must have 10 shares"),
        (ChosenTerms(6, Profile.CUSTOM, IndexTerms(), weights=(0,) * 10), "whole number from 1 to 1,000"),
        (ChosenTerms(6, Profile.EVEN, IndexTerms(), weights=(1,) * 10), "go with the plan's own spread"),
        (ChosenTerms(6, Profile.EVEN, IndexTerms(Indexation.CPIH, 301)), "rise by 3% a year at most"),
        (ChosenTerms(6, Profile.EVEN, IndexTerms(Indexation.FIXED, 0)), "Enter a rate from 0.01% to 3%"),
    ],
)
def test_terms_that_make_no_sense_are_refused_in_words(story: Story, chosen: ChosenTerms, sentence: str) -> None:
    with pytest.raises(DomainError, match=sentence):
        choose(story, chosen)


def test_a_programme_without_indexation_has_none(people: People) -> None:
    programme = make_programme(people, indexation="none", index_basis_points=0)
    receive(people, programme, "dormant", 60_000_000)
    allocate(people, programme)
    story = make_story(people, programme)

    with pytest.raises(DomainError, match="do not rise with prices"):
        choose(story, QUARTERLY)

    assert services.open_programme(by=people.director, preset="policy-2025").index_terms == IndexTerms()


def test_only_those_who_recommend_choose_and_only_on_a_draft(story: Story) -> None:
    with pytest.raises(NotAllowedError):
        services.choose_terms(by=story.people.head, agreement=story.agreement, chosen=QUARTERLY)
    story.recommend()

    with pytest.raises(WrongStateError, match="terms stand"):
        choose(story, QUARTERLY)


def test_the_database_keeps_the_terms_that_were_recommended(story: Story) -> None:
    story.recommend()
    for field, value in (
        ("amount_pence", 1),
        ("cadence_months", 12),
        ("index_basis_points", 1),
        ("uplift_cap_pence", 0),
    ):
        with (
            pytest.raises(IntegrityError, match="terms of agreement"),
            transaction.atomic(),
            acting("system:test", "changed"),
        ):
            Agreement.objects.filter(pk=story.agreement.pk).update(**{field: value})


def test_approval_keeps_the_uplift_at_the_cap_by_source(story: Story) -> None:
    funding = list(story.agreement.funding.order_by("source_id"))
    free = {standing.source.pk: standing.free_by_strand[Strand.PLACE] for standing in source_standings()}

    with sealed():
        agreement = story.approve()

    kept = dict(zip([part.source_id for part in funding], uplift_cap_by_source(agreement, funding), strict=True))
    assert reserved_by_source(agreement.pk) == kept
    assert sum(kept.values()) == agreement.uplift_cap_pence == held_on(Account.INDEX_RESERVE)
    after = {standing.source.pk: standing.free_by_strand[Strand.PLACE] for standing in source_standings()}
    assert {source: free[source] - after[source] for source in kept} == kept
    assert ledger_identities() == []


def test_an_approval_that_free_money_cannot_raise_with_prices_is_refused(people: People) -> None:
    programme = make_programme(people)
    receive(people, programme, "dormant", 9_000_000)
    allocate(people, programme)
    story = make_story(people, programme)

    with pytest.raises(HeadroomError, match="what rising prices may ask for"):
        story.approve()

    assert not Journal.objects.filter(kind="approval").exists()


def test_a_lapsed_offer_gives_the_reserve_back(story: Story, programme: Programme) -> None:
    story.approve()
    services.offer_agreement(by=story.people.officer, agreement=story.agreement)
    advance_clock(by=timedelta(days=programme.offer_days + 1))

    with sealed():
        services.lapse_offers(by="system:calendar", at=core_now())

    assert (held_on(Account.INDEX_RESERVE), held_on(Account.PLEDGED)) == (0, 0)
    assert ledger_identities() == []


@pytest.mark.usefixtures("accepted")
def test_a_discontinued_agreement_gives_the_reserve_back(story: Story, pass_time: Callable[..., None]) -> None:
    pass_time(days=366)
    review = story.agreement.reviews.get(year=1)
    services.propose_review(
        by=story.people.officer,
        review=review,
        outcome=Review.Outcome.DISCONTINUE,
        ground=Review.Ground.BREACH,
        note="Fraud.",
    )

    with sealed():
        services.confirm_review(by=story.people.head, review=review)

    assert held_on(Account.INDEX_RESERVE) == 0
    assert ledger_identities() == []
