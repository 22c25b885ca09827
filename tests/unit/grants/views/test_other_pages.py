"""Pages of organisations, of the fund, of reports and reviews, and of the auditor."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from cwf_portal.core.audit import acting
from cwf_portal.core.figures_text import pounds
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Role
from grants import services
from grants.models import AgreementStatus, BankAccount, Cohort, Hold, Journal, Report, Review, Wave
from grants.selectors.days import today
from grants.waiting.agreements import waiting
from tests.support import sessions
from tests.unit.grants.conftest import People, Programme, Story, allocate, make_body, make_person, make_story
from tests.unit.grants.sample import ranking_of


@pytest.fixture
def as_user(client: Client) -> Callable[[User], Client]:
    def sign_in(user: User) -> Client:
        return sessions.sign_in(client, user)

    return sign_in


def text(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, (address, answer.status_code)
    return answer.content.decode()


def titles(user: User) -> list[str]:
    return [item.title for item in waiting(User.objects.get(pk=user.pk))]


def test_the_signatory_reads_and_accepts_the_offer(story: Story, as_user: Callable) -> None:
    story.approve()
    client = as_user(story.people.signatory)
    assert "There is none yet" in text(client, "/your-agreements/")
    services.offer_agreement(by=story.people.officer, agreement=story.agreement)
    own = reverse("grants:own-agreement", args=[story.agreement.reference])
    accept = reverse("grants:agreement-accept", args=[story.agreement.reference])

    assert titles(story.people.signatory) == [
        f"Read and accept the agreement for {story.agreement.allocation.neighbourhood}"
    ]
    assert "Accept this agreement" in text(client, own)
    assert client.post(accept, {}).status_code == 400
    assert client.post(accept, {"sure": "on"}).status_code == 302
    assert story.fresh().status == AgreementStatus.ACTIVE
    assert "Payments" in text(client, own)
    assert client.get(accept).status_code == 404


def test_an_organisation_reads_what_it_can_do_about_a_hold(accepted: Story, as_user: Callable) -> None:
    with acting("system:test", "a hold"):
        Hold.objects.create(agreement=accepted.agreement, reason=Hold.Reason.REPORT, detail="Ask the organisation.")

    page = text(
        as_user(accepted.people.treasurer), reverse("grants:own-agreement", args=[accepted.agreement.reference])
    )

    assert "A yearly report is missing. Send it below." in page
    assert "Ask the organisation." not in page


def test_another_bodys_people_do_not_find_the_agreement(story: Story, as_user: Callable) -> None:
    story.approve()
    services.offer_agreement(by=story.people.officer, agreement=story.agreement)
    client = as_user(make_person("stranger", Role.SIGNATORY))

    for name in ("own-agreement", "agreement-accept"):
        assert client.get(reverse(f"grants:{name}", args=[story.agreement.reference])).status_code == 404


def test_the_treasurer_reports_and_an_officer_reads_it(
    accepted: Story, as_user: Callable, pass_time: Callable[..., None]
) -> None:
    pass_time(days=367)
    reference = accepted.agreement.reference
    submit = reverse("grants:report-submit", args=[reference, 1])
    client = as_user(accepted.people.treasurer)
    assert any(title.startswith("Send the report of year 1") for title in titles(accepted.people.treasurer))
    place = accepted.agreement.allocation.neighbourhood
    assert f"The report of year 1 for {place} is late" in titles(accepted.people.officer)
    assert client.get(submit).status_code == 200
    wrong = client.post(submit, {"spent_pence": "1,000.005", "unspent_pence": "", "summary": ""})
    assert wrong.status_code == 400
    sent = {"spent_pence": "1,000.50", "unspent_pence": "0", "summary": "A new roof."}
    assert client.post(submit, sent).status_code == 302
    assert Report.objects.get(year=1).spent_pence == 100_050

    client = as_user(accepted.people.officer)
    detail = reverse("grants:report-detail", args=[reference, 1])
    assert "A report to read" in titles(accepted.people.officer)
    assert "A new roof." in text(client, detail)
    assert client.post(reverse("grants:report-send-back", args=[reference, 1]), {"reason": "More."}).status_code == 302
    as_user(accepted.people.treasurer).post(submit, sent)
    client = as_user(accepted.people.officer)
    accept = reverse("grants:report-accept", args=[reference, 1])
    assert client.post(accept).status_code == 409
    read = Report.objects.get(year=1).submitted_at.isoformat()
    assert f'name="read" value="{read}"' in text(client, detail)
    assert client.post(accept, {"read": read}).status_code == 302
    assert "Accepted by" in text(client, detail)


def test_a_review_is_proposed_and_confirmed_through_its_pages(
    story: Story, as_user: Callable, pass_time: Callable[..., None]
) -> None:
    story.accept()
    pass_time(days=367)
    address = [story.agreement.reference, 1]
    propose, confirm = reverse("grants:review-propose", args=address), reverse("grants:review-confirm", args=address)
    client = as_user(story.people.officer)
    assert f"Review {story.agreement.allocation.neighbourhood} after year 1" in titles(story.people.officer)
    assert "year 1" in text(client, "/reviews/")
    early = client.post(propose, {"outcome": "continue", "note": "Good."})
    assert (early.status_code, "report is not accepted" in early.content.decode()) == (400, True)
    assert client.post(propose, {"outcome": "discontinue", "note": "Bad."}).status_code == 400
    assert client.post(propose, {"outcome": "discontinue", "ground": "breach", "note": "Bad."}).status_code == 302
    assert client.post(confirm, {"sure": "on"}).status_code == 403
    client = as_user(story.people.senior)
    assert "A review to confirm" in titles(story.people.senior)
    assert "Bad." in text(client, confirm)
    assert client.post(confirm, {"sure": "on"}).status_code == 302
    assert Review.objects.get(year=1).confirmed_by == story.people.senior


def test_bank_details_are_proposed_confirmed_and_refused_through_their_pages(people: People, as_user: Callable) -> None:
    body = make_body(people)
    propose = reverse("grants:bank-details-propose", args=[body.pk])
    details = {"account_name": "Corner House", "sort_code": "12-34-56", "account_number": "12345678"}
    client = as_user(people.treasurer)
    assert titles(people.treasurer) == [f"Tell us where to pay {body}"]
    assert client.post(propose, details | {"sort_code": "12"}).status_code == 400
    assert client.post(propose, details).status_code == 302
    assert "Proposed" in text(client, "/your-agreements/")
    account = BankAccount.objects.get()

    client = as_user(people.finance_manager)
    assert titles(people.finance_manager)[0] == f"Call back {body} about its bank details"
    first = text(client, reverse("grants:bank-details-confirm", args=[account.pk]))
    assert "12345678" in first
    assert "None: these are its first details" in first
    assert str(body) in text(client, "/bank-details/")
    call = {"called_back_on_number": "01234", "payee_check": "match", "sure": "on"}
    confirm = reverse("grants:bank-details-confirm", args=[account.pk])
    assert client.post(confirm, call | {"payee_check": "no_match"}).status_code == 400
    assert client.post(confirm, call).status_code == 302
    second = services.propose_bank_account(
        by=people.treasurer, body=body, account_name="X", sort_code="111111", account_number="11111111"
    )
    refuse = reverse("grants:bank-details-refuse", args=[second.pk])
    shown = text(client, refuse)
    for told in ("X (until now Corner House)", "11-11-11 (until now 12-34-56)", "11111111 (until now 12345678)"):
        assert told in shown
    assert f"01234, by {people.finance_manager}" in shown
    assert client.post(refuse, {"reason": "Unknown there."}).status_code == 302


def test_a_treasurer_proposes_nothing_for_another_body(people: People, as_user: Callable) -> None:
    body = make_body(people)
    client = as_user(make_person("stranger", Role.TREASURER))

    assert client.get(reverse("grants:bank-details-propose", args=[body.pk])).status_code == 404


def test_the_fund_shows_each_source_by_itself(people: People, programme: Programme, as_user: Callable) -> None:
    page = text(as_user(people.officer), "/fund/")

    assert "£60,000,000" in page
    assert "£30,000,000" in page
    assert "£90,000,000" not in page
    assert "Announce a wave" not in page


def test_a_director_announces_a_wave_and_proposes_a_start(
    people: People, programme: Programme, as_user: Callable
) -> None:
    client = as_user(people.director)
    on = today() + timedelta(days=30)
    wave = {
        "programme": programme.pk,
        "source": programme.waves.first().source_id,
        "title": "Second wave",
        "announced_pence": "1,000,000",
        "expected_on_day": on.day,
        "expected_on_month": on.month,
        "expected_on_year": on.year,
        "bank_reference": "RFL-2",
    }
    form = text(client, "/fund/waves/new/")
    assert "Payer" in form
    answer = client.post("/fund/waves/new/", wave)
    assert answer.status_code == 302, answer.content.decode()
    assert Wave.objects.get(bank_reference="RFL-2").announced_pence == 100_000_000
    assert client.post("/fund/waves/new/", wave | {"source": "999"}).status_code == 400
    assert client.post("/fund/starts/new/", {"programme": programme.pk, "number": "9"}).status_code == 400
    assert client.post("/fund/starts/new/", {"programme": programme.pk, "number": "1"}).status_code == 302
    assert Cohort.objects.get().allocations.count() == 25


def test_a_start_is_confirmed_by_the_other_director_or_refused_with_the_numbers(
    people: People, programme: Programme, as_user: Callable
) -> None:
    ranking = ranking_of(2, 1)
    cohort = services.propose_cohort(by=people.director, programme=programme, ranking=ranking, number=1)
    large = services.propose_cohort(by=people.director, programme=programme, ranking=ranking_of(60, 2), number=2)
    client = as_user(people.finance_director)
    assert titles(people.finance_director)[0] == "Confirm the money for start 1"

    assert "Set this money aside" in text(client, reverse("grants:start-detail", args=[cohort.pk]))
    confirm = reverse("grants:start-confirm", args=[cohort.pk])
    assert client.get(confirm).status_code == 200
    assert client.post(confirm, {"sure": "on"}).status_code == 302
    refused = client.post(reverse("grants:start-confirm", args=[large.pk]), {"sure": "on"})
    assert refused.status_code == 400
    assert "can be promised" in refused.content.decode()
    assert client.post(reverse("grants:start-withdraw", args=[large.pk])).status_code == 302
    assert client.post(reverse("grants:start-withdraw", args=[cohort.pk])).status_code == 409


def test_the_auditor_reads_the_ledger_and_takes_it_away(story: Story, as_user: Callable) -> None:
    story.approve()
    client = as_user(make_person("auditor", Role.AUDITOR))

    assert "Debits less credits of the whole ledger: <strong>£0</strong>" in text(client, "/ledger/")
    found = text(client, "/ledger/journals/?kind=approval")
    assert "1 journal." in found
    assert "2 journals." in text(client, "/ledger/journals/?kind=wave_received&key=wave")
    assert "2 journals." not in text(client, f"/ledger/journals/?agreement={story.agreement.reference}")
    journal = Journal.objects.get(kind="approval")
    debits = sum(line.amount_pence for line in journal.postings.all() if line.amount_pence > 0)
    assert f'numeric">{pounds(debits)}</td><td class="govuk-table__cell">{story.agreement.reference}</td>' in found
    assert journal.request_hash in text(client, f"/ledger/journals/{journal.pk}/")
    csv = text(client, "/ledger/journals.csv?kind=approval")
    assert csv.count("\n") == journal.line_count + 1
    assert text(client, "/ledger/trial-balance.csv").startswith("\ufeffAccount")
    for address in ("/ledger/trial-balance.xlsx", "/ledger/journals.xlsx"):
        assert client.get(address).content.startswith(b"PK")


def test_the_ledger_is_not_for_grants_officers(people: People, as_user: Callable) -> None:
    client = as_user(people.officer)

    assert {client.get(address).status_code for address in ("/ledger/", "/ledger/journals/")} == {403}


def test_long_queues_are_one_line(people: People, programme: Programme, as_user: Callable) -> None:
    allocate(people, programme, places=4)
    first = make_story(people, programme)
    for _ in range(3):
        make_story(people, programme, body=first.agreement.body)

    assert titles(people.officer) == ["4 agreements to check"]
    assert "4 agreements" in text(as_user(people.officer), "/agreements/?status=draft")
