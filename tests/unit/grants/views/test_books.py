"""Pages and files of those who keep and audit the ledger."""

import csv
import io
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from cwf_portal.core.clock import advance_clock, core_now
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Role
from grants.domain.award import Strand
from grants.domain.dates import add_months
from grants.domain.ledger import JournalKind
from grants.domain.postings import strand_transfer
from grants.models import Correction, Journal, LedgerDay, LedgerExport, MonthClose, Source
from grants.selectors.days import today
from grants.services import Entry, post_journal
from grants.services.ledger_days import seal_days
from grants.waiting.books import waiting
from tests.support import sessions
from tests.support.days import let_a_day_pass
from tests.unit.grants.conftest import People, Story, make_person
from tests.unit.grants.services.test_posting import interest


@pytest.fixture
def as_user(client: Client) -> Callable[[User], Client]:
    def sign_in(user: User) -> Client:
        return sessions.sign_in(client, user)

    return sign_in


@pytest.fixture
def auditor(db: None) -> User:
    return make_person("auditor", Role.AUDITOR)


def text(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, (address, answer.status_code, answer.content[-2000:])
    return answer.content.decode()


def rows_of(client: Client, address: str) -> list[dict[str, str]]:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def titles(user: User) -> list[str]:
    return [item.title for item in waiting(User.objects.get(pk=user.pk))]


def seal() -> None:
    let_a_day_pass()
    seal_days(at=core_now())


def test_a_statement_opens_lists_and_closes(story: Story, auditor: User, as_user: Callable) -> None:
    agreement = story.accept()
    client = as_user(auditor)
    address = reverse("grants:statement")

    assert "Choose an account" in text(client, address)
    shown = text(client, f"{address}?agreement={agreement.reference}")
    assert "Agreement accepted" in shown
    assert "Opening" in shown
    rows = rows_of(client, f"/ledger/statement.csv?agreement={agreement.reference}")
    rows = [row for row in rows if row["Account"] != "Kept for price rises"]
    debits, credits = (
        sum(int(row[column]) for row in rows if row["Journal"]) for column in ("Debit (pence)", "Credit (pence)")
    )
    closing = [row for row in rows if row["What happened"] == "Closing balance"]
    assert credits - debits == agreement.amount_pence + agreement.contribution_pence
    assert sum(int(row["Credit (pence)"]) - int(row["Debit (pence)"]) for row in closing) == credits - debits
    assert client.get(f"/ledger/statement.xlsx?agreement={agreement.reference}").status_code == 200


@pytest.mark.parametrize("is_sealed", [False, True])
def test_a_statement_of_cash_carries_the_balance_on(
    story: Story, auditor: User, as_user: Callable, is_sealed: bool
) -> None:
    client = as_user(auditor)
    on = today()
    advance_clock(by=timedelta(days=3))
    post_journal(by="system:statements", entry=interest("later"))
    Journal.objects.get(idempotency_key="later")
    if is_sealed:
        seal()
    period = f"since_day={on.day}&since_month={on.month}&since_year={on.year}"

    rows = rows_of(client, f"/ledger/statement.csv?account=cash&source=dormant&{period}")

    assert rows[0]["What happened"] == "Opening balance"
    assert int(rows[0]["Debit (pence)"]) == 500  # dated 2 November, before the period
    assert int(rows[-1]["Debit (pence)"]) == 500 + 6_000_000_000


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ("account=", "Choose an account, a source, a place or an agreement"),
        ("agreement=NO-SUCH", "There is no agreement with this reference"),
        ("place=E99999999", "There is no place with this code"),
        ("account=cash&since_day=1&since_month=1&since_year=2020", "covers at most a year"),
        (
            "account=cash&since_day=2&since_month=1&since_year=2026&through_day=1&through_month=1&through_year=2026",
            "must begin before it ends",
        ),
        ("account=nonsense", "Account"),
    ],
)
def test_a_statement_that_cannot_be_says_why(auditor: User, as_user: Callable, asked: str, sentence: str) -> None:
    client = as_user(auditor)

    answer = client.get(f"/ledger/statement/?{asked}")

    assert answer.status_code == 400
    assert sentence in answer.content.decode()
    assert client.get(f"/ledger/statement.csv?{asked}").status_code == 404


def test_the_trial_balance_of_another_day(story: Story, auditor: User, as_user: Callable) -> None:
    client = as_user(auditor)
    before = today() - timedelta(days=1)
    asked = f"on_day={before.day}&on_month={before.month}&on_year={before.year}"

    assert "Nothing has been posted yet" in text(client, f"/ledger/?{asked}")
    assert "Cash at bank" in text(client, "/ledger/")
    assert rows_of(client, f"/ledger/trial-balance.csv?{asked}") == []
    assert client.get("/ledger/?on_day=32&on_month=1&on_year=2026").status_code == 400


def test_the_note_of_promises_agrees_with_the_ledger(accepted: Story, auditor: User, as_user: Callable) -> None:
    agreement = accepted.agreement
    client = as_user(auditor)

    assert "Within 1 year" in text(client, "/ledger/promises/")
    rows = rows_of(client, "/ledger/promises.csv")

    assert {row["Kind of promise"] for row in rows} == {"Committed", "Pledged"}
    assert sum(int(row["In all (pence)"]) for row in rows) == agreement.amount_pence + agreement.contribution_pence
    assert {row["No dates yet (pence)"] for row in rows} == {"0"}


def test_the_auditor_reads_the_head_and_keeps_nothing(story: Story, auditor: User, as_user: Callable) -> None:
    client = as_user(auditor)
    assert "No day is sealed yet" in text(client, "/ledger/days/")
    seal()

    assert LedgerDay.objects.get().digest in text(client, "/ledger/days/")
    assert "Make the next batch" not in text(client, "/ledger/batches/")
    assert client.post("/ledger/batches/new/").status_code == 403
    assert client.post("/ledger/months/2026-10/ask/").status_code == 403
    journal = Journal.objects.first()
    assert client.get(f"/ledger/journals/{journal.pk}/reverse/").status_code == 403


def test_each_day_is_exported_once_and_each_batch_is_the_same_again(
    story: Story, people: People, as_user: Callable
) -> None:
    seal()
    client = as_user(people.finance_manager)
    assert "Make the next batch" in text(client, "/ledger/batches/")

    assert client.post("/ledger/batches/new/").status_code == 302
    assert client.post("/ledger/batches/new/").status_code == 409
    story.accept()
    first = client.get("/ledger/batches/1.csv").content
    seal()
    assert client.post("/ledger/batches/new/").status_code == 302

    assert client.get("/ledger/batches/1.csv").content == first
    assert "Batch" in text(client, "/ledger/batches/")
    first_rows, second_rows = rows_of(client, "/ledger/batches/1.csv"), rows_of(client, "/ledger/batches/2.csv")
    journals = [{row["Journal"] for row in rows} for rows in (first_rows, second_rows)]
    assert journals[0] & journals[1] == set()
    assert {int(pk) for pk in journals[0] | journals[1]} == set(Journal.objects.values_list("pk", flat=True))
    for source in ("dormant", "lottery"):
        of_source = [row for row in first_rows + second_rows if row["Source"] == source]
        assert sum(Decimal(row["Debit (GBP)"]) - Decimal(row["Credit (GBP)"]) for row in of_source) == 0
    assert LedgerExport.objects.count() == 2
    assert client.get("/ledger/batches/3.csv").status_code == 404
    assert client.get("/ledger/batches/2.xlsx").status_code == 200


def test_a_month_is_closed_by_two_in_their_browsers(people: People, as_user: Callable) -> None:
    month = add_months(today().replace(day=1), -1)
    client = as_user(people.finance_manager)
    assert "Ask to close the last month" in text(client, "/ledger/months/")
    assert client.post(f"/ledger/months/{month.year}-{month.month}/ask/").status_code == 302
    close = MonthClose.objects.get()
    assert client.post(f"/ledger/months/{close.pk}/close/").status_code == 403
    assert titles(people.finance_manager) == []
    assert titles(people.finance_director) == [f"Close {close}?"]

    client = as_user(people.finance_director)
    assert "Close this month" in text(client, "/ledger/months/")
    assert client.post(f"/ledger/months/{close.pk}/close/").status_code == 302

    assert "Closed by" in text(client, "/ledger/months/")
    assert client.post(f"/ledger/months/{today():%Y-%m}/ask/").status_code == 409 or MonthClose.objects.count() == 1


def wrong_transfer(people: People) -> Journal:
    source = Source.objects.get(code="dormant").pk
    lines = strand_transfer(source, giver=Strand.CONTINGENCY, taker=Strand.PLACE, pence=700)
    entry = Entry(JournalKind.STRAND_TRANSFER, "wrong", lines, today(), approver=people.finance_director)
    return post_journal(by=people.director, entry=entry)


def test_a_journal_is_reversed_by_two_in_their_browsers(people: People, as_user: Callable) -> None:
    journal = wrong_transfer(people)
    client = as_user(people.finance_manager)
    ask = f"/ledger/journals/{journal.pk}/reverse/"
    assert "Ask to reverse it" in text(client, f"/ledger/journals/{journal.pk}/")
    assert client.post(ask, {"reason": ""}).status_code == 400
    assert client.post(ask, {"reason": "Keyed for the wrong purpose"}).status_code == 302
    correction = Correction.objects.get()
    assert client.post(f"/ledger/corrections/{correction.pk}/agree/").status_code == 403
    assert titles(people.finance_director) == [f"Reverse journal {journal.pk}?"]

    client = as_user(people.finance_director)
    assert "Keyed for the wrong purpose" in text(client, "/ledger/corrections/")
    assert client.post(f"/ledger/corrections/{correction.pk}/agree/").status_code == 302

    reversal = Journal.objects.get(reverses=journal)
    assert f"journal {reversal.pk}" in text(client, f"/ledger/journals/{journal.pk}/")
    assert f"journal {journal.pk}" in text(client, f"/ledger/journals/{reversal.pk}/")
    assert client.post(f"/ledger/corrections/{correction.pk}/refuse/").status_code == 409


def test_a_correction_is_refused_and_a_bank_line_says_why_not(people: People, as_user: Callable) -> None:
    journal = wrong_transfer(people)
    bank_line = post_journal(by="system:statements", entry=interest("a"))
    client = as_user(people.finance_manager)
    client.post(f"/ledger/journals/{journal.pk}/reverse/", {"reason": "Not sure"})
    assert "what undoes it is another line of the bank" in text(client, f"/ledger/journals/{bank_line.pk}/reverse/")
    answer = client.post(f"/ledger/journals/{bank_line.pk}/reverse/", {"reason": "wrong"})
    assert answer.status_code == 400
    assert "another line of the bank" in answer.content.decode()

    client = as_user(people.finance_director)
    assert client.post(f"/ledger/corrections/{Correction.objects.get().pk}/refuse/").status_code == 302
    assert "Refused by" in text(client, "/ledger/corrections/")


def test_links_lead_from_the_agreement_and_the_fund_to_their_statements(
    accepted: Story, people: People, as_user: Callable
) -> None:
    agreement = accepted.agreement
    client = as_user(people.finance_manager)

    assert f"/ledger/statement/?agreement={agreement.reference}" in text(client, f"/agreements/{agreement.reference}/")
    assert "/ledger/statement/?source=dormant" in text(client, "/fund/")
    assert "/ledger/statement/" in text(client, "/ledger/")
