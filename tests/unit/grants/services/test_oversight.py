"""Yearly reports and reviews."""

from collections.abc import Callable
from typing import Any

import pytest

from cwf_portal.core.audit import acting
from cwf_portal.core.errors import ConflictError, DomainError, NotAllowedError
from cwf_portal.core.permissions import Role
from grants import services
from grants.domain.ledger import Account
from grants.errors import WrongStateError
from grants.models import AgreementStatus, Report, Review, TrancheStatus
from grants.selectors.checks import ledger_identities
from grants.selectors.days import today
from grants.selectors.ledger import held_on
from tests.unit.grants.conftest import Story, make_person, sealed

CONTINUE, DISCONTINUE = Review.Outcome.CONTINUE, Review.Outcome.DISCONTINUE


@pytest.fixture
def running(accepted: Story, pass_time: Callable[..., None]) -> Story:
    """An agreement one year after its acceptance."""
    pass_time(days=367)
    return accepted


def submit(story: Story, **changes: Any) -> Report:
    report = story.agreement.reports.get(year=1)
    said = {"spent_pence": 100, "unspent_pence": 5, "summary": "The hall has a roof."}
    return services.submit_report(by=story.people.treasurer, report=report, **said | changes)


def propose(story: Story, outcome: Review.Outcome = CONTINUE, **changes: Any) -> Review:
    request = {
        "by": story.people.officer,
        "review": story.agreement.reviews.get(year=1),
        "outcome": outcome,
        "note": "A good year.",
    }
    return services.propose_review(**request | changes)


def test_a_report_is_sent_mended_and_accepted_by_an_officer(running: Story) -> None:
    report = submit(running)
    report = services.send_back_report(by=running.people.officer, report=report, reason="What of the heating?")
    assert (report.submitted_at, report.spent_pence) == (None, None)
    report = submit(running, summary="The hall has a roof and heating.")

    accepted = services.accept_report(by=running.people.officer, report=report)

    assert accepted.accepted_by == running.people.officer
    assert services.accept_report(by=running.people.senior, report=report).accepted_by == running.people.officer
    assert not Report.objects.not_accepted(today()).exists()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"spent_pence": -1}, "cannot be negative"),
        ({"unspent_pence": -1}, "cannot be negative"),
        ({"summary": "  "}, "says nothing yet"),
    ],
)
def test_a_report_that_makes_no_sense_is_refused(running: Story, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(DomainError, match=message):
        submit(running, **changes)

    assert Report.objects.get(year=1).submitted_at is None


def test_only_the_bodys_treasurer_reports(running: Story) -> None:
    report = running.agreement.reports.get(year=1)
    said = {"report": report, "spent_pence": 1, "unspent_pence": 0, "summary": "x"}

    with pytest.raises(NotAllowedError, match="do not keep the accounts"):
        services.submit_report(by=make_person("stranger", Role.TREASURER), **said)
    with pytest.raises(NotAllowedError):
        services.submit_report(by=running.people.officer, **said)


def test_nobody_accepts_what_is_not_there_or_their_own(running: Story) -> None:
    report = running.agreement.reports.get(year=1)
    with pytest.raises(WrongStateError, match="has not come in"):
        services.accept_report(by=running.people.officer, report=report)
    with pytest.raises(WrongStateError, match="has not come in"):
        services.send_back_report(by=running.people.officer, report=report, reason="x")
    report = submit(running)
    with acting("system:test", "two hats"):
        Report.objects.filter(pk=report.pk).update(submitted_by=running.people.officer)

    with pytest.raises(NotAllowedError, match="You sent this report in"):
        services.accept_report(by=running.people.officer, report=report)


def test_an_accepted_report_is_final_and_sending_back_needs_a_reason(running: Story) -> None:
    report = submit(running)
    with pytest.raises(DomainError, match="needs a reason"):
        services.send_back_report(by=running.people.officer, report=report, reason="")
    services.accept_report(by=running.people.officer, report=report)

    with pytest.raises(WrongStateError, match="accepted already"):
        submit(running)
    with pytest.raises(WrongStateError, match="accepted already"):
        services.send_back_report(by=running.people.officer, report=report, reason="More.")


def test_a_review_that_continues_commits_the_next_year(running: Story) -> None:
    services.accept_report(by=running.people.officer, report=submit(running))
    review = propose(running)
    before = held_on(Account.COMMITTED)

    with sealed():
        services.confirm_review(by=running.people.senior, review=review)

    tranches = running.agreement.tranches.filter(status=TrancheStatus.COMMITTED)
    assert [tranche.number for tranche in tranches] == [1, 2, 3, 4, 5]
    assert held_on(Account.COMMITTED) - before == sum(tranche.total_pence for tranche in tranches if tranche.number > 3)
    assert ledger_identities() == []
    again = services.confirm_review(by=running.people.senior, review=review)
    assert again.confirmed_by == running.people.senior


def test_a_review_that_discontinues_gives_back_only_what_was_pledged(running: Story) -> None:
    review = propose(running, DISCONTINUE, ground=Review.Ground.NO_PANEL)

    with sealed():
        services.confirm_review(by=running.people.senior, review=review)

    agreement = running.fresh()
    kept = agreement.tranches.filter(status=TrancheStatus.COMMITTED)
    cancelled = agreement.tranches.filter(status=TrancheStatus.CANCELLED)
    assert agreement.status == AgreementStatus.DISCONTINUED
    assert (kept.count(), cancelled.count()) == (3, 17)
    assert held_on(Account.PLEDGED) == 0
    assert held_on(Account.COMMITTED) == sum(tranche.total_pence for tranche in kept)
    assert held_on(Account.ALLOCATED) == sum(tranche.amount_pence for tranche in cancelled)
    assert ledger_identities() == []


def test_the_officer_who_proposed_does_not_confirm(running: Story) -> None:
    services.accept_report(by=running.people.officer, report=submit(running))
    review = propose(running)

    with pytest.raises(NotAllowedError, match="You proposed this outcome"):
        services.confirm_review(by=running.people.officer, review=review)


def test_a_review_cannot_continue_without_the_years_report(running: Story) -> None:
    with pytest.raises(ConflictError, match="report is not accepted yet"):
        propose(running)


def test_a_review_needs_its_reasons_and_its_ground(running: Story) -> None:
    with pytest.raises(DomainError, match="needs its reasons"):
        propose(running, note=" ")
    with pytest.raises(DomainError, match="A ground is named"):
        propose(running, DISCONTINUE)
    with pytest.raises(DomainError, match="A ground is named"):
        propose(running, CONTINUE, ground=Review.Ground.BREACH)


def test_a_review_before_its_day_or_without_a_proposal_is_refused(running: Story) -> None:
    with pytest.raises(WrongStateError, match="This review is due on"):
        propose(running, review=running.agreement.reviews.get(year=2))
    with pytest.raises(WrongStateError, match="Nothing is proposed yet"):
        services.confirm_review(by=running.people.senior, review=running.agreement.reviews.get(year=1))


def test_nothing_is_reviewed_after_the_end_or_twice(running: Story) -> None:
    review = propose(running, DISCONTINUE, ground=Review.Ground.BREACH)
    services.confirm_review(by=running.people.senior, review=review)

    with pytest.raises(WrongStateError, match="no longer runs"):
        propose(running, review=running.agreement.reviews.get(year=1))


def test_a_confirmed_review_is_final(running: Story) -> None:
    services.accept_report(by=running.people.officer, report=submit(running))
    services.confirm_review(by=running.people.senior, review=propose(running))

    with pytest.raises(WrongStateError, match="confirmed already"):
        propose(running)


def test_a_panel_member_reviews_nothing(running: Story) -> None:
    with pytest.raises(NotAllowedError):
        propose(running, by=running.people.treasurer)


def test_a_review_is_confirmed_as_it_was_read(running: Story) -> None:
    services.accept_report(by=running.people.officer, report=submit(running))
    read = propose(running)
    propose(running, DISCONTINUE, ground=Review.Ground.NO_PANEL)

    with pytest.raises(ConflictError, match="Something else is proposed now"):
        services.confirm_review(by=running.people.senior, review=read, seen_at=read.proposed_at)
    assert running.fresh().status == AgreementStatus.ACTIVE
