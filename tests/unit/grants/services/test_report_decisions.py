"""Many reports, each accepted or sent back in one decision: all or none, and only as they were read."""

from datetime import timedelta

import pytest

from cwf_portal.core.errors import ConflictError, NotAllowedError
from grants import services
from grants.errors import WrongStateError
from grants.models import Report
from grants.services import ReportDecision
from tests.unit.grants.conftest import People, Story, accepted_stories, make_people
from tests.unit.grants.services.test_oversight_batches import place_of, send_in
from tests.unit.grants.test_races import at_once


def decided(report: Report, reason: str = "") -> ReportDecision:
    assert report.submitted_at is not None
    return ReportDecision(report, report.submitted_at, reason)


def test_some_are_accepted_and_some_sent_back_and_again_changes_nothing(
    people: People,
    stories: list[Story],
) -> None:
    one, two, three, _ = send_in(stories)
    decisions = [decided(one), decided(two, "Say who came. "), decided(three)]

    found = services.decide_reports(by=people.officer, decisions=decisions)

    assert [report.accepted_by for report in found] == [people.officer, None, people.officer]
    assert (found[1].sent_back_reason, found[1].submitted_at) == ("Say who came.", None)
    assert Report.objects.to_read().count() == 1
    assert services.decide_reports(by=people.senior, decisions=decisions) == found
    assert services.decide_reports(by=people.senior, decisions=[]) == []
    assert Report.objects.filter(accepted_by=people.officer).count() == 2


def test_report_that_came_in_anew_keeps_all_back_and_is_named(
    people: People,
    stories: list[Story],
) -> None:
    one, two, *_ = send_in(stories)
    read = [decided(one), decided(two)]
    send_in(stories[1:2])

    with pytest.raises(ConflictError, match=f"{place_of(stories[1])}, year 1: .*changed since you read it"):
        services.decide_reports(by=people.officer, decisions=read)

    assert not Report.objects.exclude(accepted_at=None).exists()


def test_four_eyes_and_states_are_as_for_one(people: People, stories: list[Story]) -> None:
    one, two, *_ = send_in(stories)
    with pytest.raises(NotAllowedError):
        services.decide_reports(by=people.treasurer, decisions=[decided(one)])
    services.accept_report(by=people.officer, report=one)
    with pytest.raises(WrongStateError, match="accepted already"):
        services.decide_reports(by=people.officer, decisions=[decided(one, "Too late."), decided(two)])
    never = ReportDecision(two, two.submitted_at - timedelta(days=1))
    with pytest.raises(ConflictError):
        services.decide_reports(by=people.officer, decisions=[never])


def test_two_officers_decide_otherwise_at_once_and_one_wins_whole(committed_db: str) -> None:
    people = make_people()
    two_stories = accepted_stories(people, 2)
    one, two = send_in(two_stories)

    results = at_once(
        lambda: services.decide_reports(by=people.officer, decisions=[decided(one), decided(two, "More.")]),
        lambda: services.decide_reports(by=people.senior, decisions=[decided(one, "More."), decided(two)]),
    )

    assert len([result for result in results if isinstance(result, ConflictError | WrongStateError)]) == 1
    assert Report.objects.exclude(accepted_at=None).count() == 1
    assert Report.objects.exclude(sent_back_reason="").count() == 1
