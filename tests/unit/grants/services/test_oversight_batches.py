"""Many yearly reports and reviews at a time: the same few statements, all or none, in one order of locks."""

import re
from collections.abc import Callable, Sequence

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext
from zeal import zeal_context

from cwf_portal.core.errors import ConflictError, NotAllowedError
from grants import services
from grants.domain.ledger import Account, JournalKind
from grants.errors import WrongStateError
from grants.models import AgreementStatus, Journal, Report, Review, TrancheStatus
from grants.selectors.checks import ledger_identities
from grants.selectors.ledger import held_on
from neighbourhoods.models import Event
from tests.unit.grants.conftest import (
    PLACES,
    People,
    Story,
    accepted_stories,
    make_people,
    sealed,
)
from tests.unit.grants.test_races import at_once

CONTINUE, DISCONTINUE = Review.Outcome.CONTINUE, Review.Outcome.DISCONTINUE


def send_in(stories: Sequence[Story]) -> list[Report]:
    return [
        services.submit_report(
            by=story.people.treasurer,
            report=story.agreement.reports.get(year=1),
            spent_pence=100,
            unspent_pence=0,
            summary="The hall has a roof.",
        )
        for story in stories
    ]


def first_reviews(stories: Sequence[Story]) -> list[Review]:
    return [story.agreement.reviews.get(year=1) for story in stories]


def place_of(story: Story) -> str:
    return re.escape(str(story.agreement.allocation.neighbourhood))


def propose(people: People, reviews: Sequence[Review]) -> list[Review]:
    return services.propose_reviews(by=people.officer, reviews=reviews, outcome=CONTINUE, note="A good year.")


def test_many_reports_are_accepted_at_once_and_accepting_again_changes_nothing(
    people: People, stories: list[Story]
) -> None:
    reports = send_in(stories)

    accepted = services.accept_reports(by=people.officer, reports=[*reports, reports[0]])

    assert [report.pk for report in accepted] == [report.pk for report in reports]
    assert {report.accepted_by for report in accepted} == {people.officer}
    assert Report.objects.filter(accepted_by=people.officer).count() == PLACES
    assert Event.objects.filter(kind="grants.report", params__year=2, done_at=None).count() == PLACES
    again = services.accept_reports(by=people.senior, reports=reports)
    assert {report.accepted_by_id for report in again} == {people.officer.pk}


def test_one_report_that_has_not_come_keeps_all_back_and_is_named(people: People, stories: list[Story]) -> None:
    missing = stories[2].agreement.reports.get(year=1)
    reports = [*send_in([*stories[:2], stories[3]]), missing]

    with pytest.raises(WrongStateError, match=f"{place_of(stories[2])}, year 1: .*not come"):
        services.accept_reports(by=people.officer, reports=reports)

    assert not Report.objects.exclude(accepted_at=None).exists()


def test_none_chosen_is_none_done(people: People) -> None:
    assert services.accept_reports(by=people.officer, reports=[]) == []
    assert propose(people, []) == services.confirm_reviews(by=people.senior, reviews=[]) == []
    with pytest.raises(NotAllowedError):
        services.accept_reports(by=people.treasurer, reports=[])


def test_many_reviews_commit_every_place_its_next_year(people: People, stories: list[Story]) -> None:
    services.accept_reports(by=people.officer, reports=send_in(stories))
    reviews = propose(people, first_reviews(stories))
    before = held_on(Account.COMMITTED)

    with sealed():
        confirmed = services.confirm_reviews(by=people.senior, reviews=reviews)

    assert {review.confirmed_by for review in confirmed} == {people.senior}
    moved = 0
    for story in stories:
        committed = story.agreement.tranches.filter(status=TrancheStatus.COMMITTED)
        assert [tranche.number for tranche in committed] == [1, 2, 3, 4, 5]
        moved += sum(tranche.total_pence for tranche in committed if tranche.number > 3)
    assert held_on(Account.COMMITTED) - before == moved
    journals = Journal.objects.filter(kind=JournalKind.REVIEW_CONTINUED)
    assert set(journals.values_list("actor", "approver")) == {(people.officer.pk, people.senior.pk)}
    assert journals.count() == PLACES
    assert ledger_identities() == []
    services.confirm_reviews(by=people.head, reviews=reviews)
    assert journals.count() == PLACES


def test_each_review_goes_its_own_way_in_the_name_of_who_proposed_it(people: People, stories: list[Story]) -> None:
    services.accept_reports(by=people.officer, reports=send_in(stories))
    reviews = first_reviews(stories)
    services.propose_reviews(by=people.officer, reviews=reviews[:2], outcome=CONTINUE, note="A good year.")
    services.propose_reviews(by=people.head, reviews=reviews[2:3], outcome=CONTINUE, note="A good year.")
    services.propose_reviews(
        by=people.head, reviews=reviews[3:], outcome=DISCONTINUE, note="No panel.", ground=Review.Ground.NO_PANEL
    )

    with sealed():
        services.confirm_reviews(by=people.senior, reviews=reviews)

    kept = Journal.objects.filter(kind=JournalKind.REVIEW_CONTINUED).order_by("pk")
    assert [journal.actor for journal in kept] == [people.officer, people.officer, people.head]
    assert Journal.objects.get(kind=JournalKind.DISCONTINUED).actor == people.head
    assert [story.fresh().status for story in stories] == [AgreementStatus.ACTIVE] * 3 + [AgreementStatus.DISCONTINUED]
    assert ledger_identities() == []


def test_one_review_that_cannot_go_on_keeps_all_back(people: People, stories: list[Story]) -> None:
    services.accept_reports(by=people.officer, reports=send_in(stories[:3]))
    reviews = first_reviews(stories)

    with pytest.raises(ConflictError, match=f"{place_of(stories[3])}, year 1: .*not accepted"):
        propose(people, reviews)
    propose(people, reviews[:3])
    with pytest.raises(WrongStateError, match="Nothing is proposed yet"):
        services.confirm_reviews(by=people.senior, reviews=reviews)

    assert not Review.objects.exclude(confirmed_at=None).exists()
    assert not Journal.objects.filter(kind=JournalKind.REVIEW_CONTINUED).exists()


def test_own_proposals_are_not_confirmed_among_others(people: People, stories: list[Story]) -> None:
    services.accept_reports(by=people.officer, reports=send_in(stories))
    reviews = first_reviews(stories)
    services.propose_reviews(by=people.senior, reviews=reviews[:3], outcome=CONTINUE, note="A good year.")
    services.propose_reviews(by=people.officer, reviews=reviews[3:], outcome=CONTINUE, note="A good year.")

    with pytest.raises(NotAllowedError, match="You proposed this outcome"):
        services.confirm_reviews(by=people.officer, reviews=reviews)

    assert not Review.objects.exclude(confirmed_at=None).exists()


def test_the_number_of_queries_does_not_grow_with_the_number_of_places(people: People, stories: list[Story]) -> None:
    reports, reviews = send_in(stories), first_reviews(stories)

    def queries(step: Callable[[], object]) -> int:
        with zeal_context(), CaptureQueriesContext(connection) as made:
            step()
        return len(made)

    def all_steps(which: slice) -> list[int]:
        return [
            queries(lambda: services.accept_reports(by=people.officer, reports=reports[which])),
            queries(lambda: propose(people, reviews[which])),
            queries(lambda: services.confirm_reviews(by=people.senior, reviews=reviews[which])),
        ]

    one, three = all_steps(slice(0, 1)), all_steps(slice(1, PLACES))

    assert one == three
    assert all(number <= 24 for number in one), one


def test_a_report_accepted_while_it_is_sent_in_again_stays_accepted(committed_db: str) -> None:
    people = make_people()
    stories = accepted_stories(people, 1)
    (report,) = send_in(stories)

    results = at_once(lambda: services.accept_report(by=people.officer, report=report), *[lambda: send_in(stories)] * 3)

    assert isinstance(results[0], Report), results
    assert Report.objects.get(pk=report.pk).accepted_by == people.officer


def test_two_officers_who_confirm_the_same_reviews_at_once_confirm_each_once(committed_db: str) -> None:
    people = make_people()
    stories = accepted_stories(people, 2)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE core_clock SET shift = interval '367 days'")
    services.accept_reports(by=people.officer, reports=send_in(stories))
    reviews = propose(people, first_reviews(stories))

    results = at_once(
        lambda: services.confirm_reviews(by=people.senior, reviews=reviews),
        lambda: services.confirm_reviews(by=people.head, reviews=reviews[::-1]),
    )

    assert [type(result) for result in results] == [list, list], results
    assert len({review.confirmed_by_id for result in results for review in result}) == 1
    history = apps.get_model("grants", "ReviewEvent").objects
    assert history.filter(confirmed_at__isnull=False).count() == len(reviews)
    assert Journal.objects.filter(kind=JournalKind.REVIEW_CONTINUED).count() == len(reviews)
    assert ledger_identities() == []
