"""The pages of money in a real browser, by the people who use them, on a phone and at a desk."""

import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connections
from playwright.sync_api import Browser

from cwf_portal.core.clock import advance_clock
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Role
from grants import services
from grants.models import Journal, Review
from tests.browser.visitor import DESK, PHONE, Visitor
from tests.unit.grants.conftest import (
    Story,
    allocate,
    make_people,
    make_person,
    make_programme,
    make_story,
    receive,
)
from tests.unit.grants.sample import ranking_of


@pytest.fixture(autouse=True)
def _own_connections(browser: Browser) -> Iterator[None]:
    """Close what the test opened while Playwright's loop ran: Django keeps those connections apart."""
    yield
    connections.close_all()


def tell_drafted() -> Story:
    """A drafted agreement; the second of two places has money set aside and no decision yet."""
    people = make_people()
    programme = make_programme(people)
    receive(people, programme, "dormant", 60_000_000)
    receive(people, programme, "lottery", 30_000_000)
    allocate(people, programme, places=2)
    return make_story(people, programme)


@pytest.fixture
def begun(committed_beginning: Callable[..., Story]) -> Story:
    """Told once for all tests here."""
    return committed_beginning("drafted", tell_drafted)


@pytest.fixture
def story(begun: Story, portal: object) -> Story:
    """The same, where the portal runs."""
    return begun


def look(visitor: Visitor, user: User, path: str, name: str) -> None:
    """Open a page as somebody, on a phone and at a desk; keep pictures where `PICTURES` names a folder."""
    visitor.page.context.clear_cookies()
    visitor.is_signed_in_as(user)
    visitor.goes_to(path)
    folder = os.environ.get("PICTURES")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        for size in (PHONE, DESK):
            visitor.page.set_viewport_size(size)
            visitor.page.screenshot(path=f"{folder}/{name}-{size['width']}.png", full_page=True)


def test_every_page_of_approval_meets_the_standard(story: Story, visitor: Visitor) -> None:
    people, base = story.people, f"/agreements/{story.agreement.reference}/"
    look(visitor, people.officer, "/home/", "officer-home")
    look(visitor, people.officer, "/agreements/", "agreement-list")
    look(visitor, people.officer, base, "agreement-draft")
    look(visitor, people.officer, f"{base}recommend/", "agreement-recommend")
    visitor.presses("Recommend")
    visitor.sees("Choose an answer", "Tick the box")
    visitor.chooses("Low")
    visitor.chooses("I have read the agreement and its figures")
    visitor.presses("Recommend")
    visitor.sees("Recommended.", "A senior officer gives assurance")
    services.assure_agreement(by=people.senior, agreement=story.agreement)
    look(visitor, people.head, f"{base}approve/", "agreement-approve")
    visitor.chooses("I have read the agreement and its figures")
    visitor.presses("Approve")
    visitor.sees("you may approve up to £1,500,000")
    look(visitor, people.head, f"{base}send-back/", "agreement-send-back")
    services.approve_agreement(by=people.fund_director, agreement=story.agreement, minute_reference="B 12/26")
    services.approve_agreement(by=people.head, agreement=story.agreement)
    look(visitor, people.officer, f"{base}offer/", "agreement-offer")


def test_every_page_of_an_organisation_meets_the_standard(story: Story, visitor: Visitor) -> None:
    people, own = story.people, f"/your-agreements/{story.agreement.reference}/"
    story.approve()
    services.offer_agreement(by=people.officer, agreement=story.agreement)
    look(visitor, people.signatory, "/home/", "signatory-home")
    look(visitor, people.signatory, own, "own-offer")
    visitor.presses("Accept this agreement")
    visitor.chooses("I accept this agreement for our organisation, and I may sign for it")
    visitor.presses("Accept")
    visitor.sees("Accepted.", "Payments")
    advance_clock(by=timedelta(days=367))
    look(visitor, people.treasurer, "/home/", "treasurer-home")
    look(visitor, people.treasurer, "/your-agreements/", "own-list")
    look(visitor, people.treasurer, own, "own-agreement")
    look(visitor, people.treasurer, f"{own}reports/1/", "report-submit")
    look(
        visitor, people.treasurer, f"/your-organisation/{story.agreement.body.pk}/bank-details/", "bank-details-propose"
    )
    visitor.types("Name on the account", "Corner House Trust")
    visitor.types("Sort code", "12-34-56")
    visitor.types("Account number", "12345678")
    visitor.presses("Send the details")
    visitor.sees("We will call you")
    look(visitor, people.finance_manager, "/bank-details/", "bank-details-list")
    visitor.follows("Confirm the details of Corner House Trust")


def test_every_page_of_reports_and_reviews_meets_the_standard(story: Story, visitor: Visitor) -> None:
    people, base = story.people, f"/agreements/{story.agreement.reference}/"
    agreement = story.accept()
    advance_clock(by=timedelta(days=367))
    look(visitor, people.officer, "/reviews/", "review-list-late")
    services.submit_report(
        by=people.treasurer,
        report=agreement.reports.get(year=1),
        spent_pence=10_000_000,
        unspent_pence=500,
        summary="The hall has a roof.",
    )
    look(visitor, people.officer, f"{base}reports/1/", "report-detail")
    visitor.presses("Accept the report")
    look(visitor, people.officer, f"{base}reviews/1/", "review-propose")
    services.propose_review(
        by=people.officer, review=agreement.reviews.get(year=1), outcome=Review.Outcome.CONTINUE, note="A good year."
    )
    look(visitor, people.senior, f"{base}reviews/1/confirm/", "review-confirm")
    services.place_hold(by=people.officer, agreement=agreement, detail="The lease is not signed.")
    look(visitor, people.senior, base, "agreement-active")
    look(visitor, people.senior, f"{base}hold/", "agreement-hold")
    visitor.goes_to(base)
    visitor.follows("Lift this hold")
    visitor.sees("Lift the hold")


def test_every_page_of_the_fund_and_the_ledger_meets_the_standard(story: Story, visitor: Visitor) -> None:
    people = story.people
    cohort = services.propose_cohort(by=people.director, programme=story.programme, ranking=ranking_of(3, 2), number=2)
    look(visitor, people.finance_director, "/fund/", "fund")
    look(visitor, people.finance_director, f"/fund/starts/{cohort.pk}/", "start")
    visitor.presses("Set this money aside")
    look(visitor, people.director, "/fund/waves/new/", "wave-announce")
    look(visitor, people.director, "/fund/starts/new/", "start-propose")
    auditor = make_person("auditor", Role.AUDITOR)
    story.approve()
    look(visitor, auditor, "/ledger/", "trial-balance")
    look(visitor, auditor, "/ledger/journals/", "journal-list")
    look(visitor, auditor, f"/ledger/journals/{Journal.objects.get(kind='approval').pk}/", "journal")
    visitor.sees("Agreement approved")
