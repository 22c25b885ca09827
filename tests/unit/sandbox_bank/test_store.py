"""The bank's promises: it takes each file and payment once, and its statements add up."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from defusedxml import ElementTree as ET

from cwf_portal.sandbox_bank.messages import Account, RefusedError
from cwf_portal.sandbox_bank.store import Bank

from .bank_files import payment_file

DAY = date(2027, 5, 4)
NAMESPACE = {
    "c": "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08",
    "p": "urn:iso:std:iso:20022:tech:xsd:pain.002.001.10",
}


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[Bank]:
    bank = Bank(tmp_path / "bank.sqlite3", account=Account("000100", "00010001"))
    bank.take_credit(reference="WAVE1", amount_pence=1_000_000, on=date(2027, 5, 3))
    yield bank
    bank.close()


def entries_of(document: str) -> list[tuple[str, str, str]]:
    """(EndToEndId, amount, direction) of each line."""
    found = []
    for entry in ET.fromstring(document).iterfind(".//c:Ntry", NAMESPACE):
        found.append(
            (
                entry.findtext(".//c:EndToEndId", None, NAMESPACE),
                entry.findtext("c:Amt", None, NAMESPACE),
                entry.findtext("c:CdtDbtInd", None, NAMESPACE),
            )
        )
    return found


def balances_of(document: str) -> list[str]:
    return [node.text or "" for node in ET.fromstring(document).iterfind(".//c:Bal/c:Amt", NAMESPACE)]


def test_file_sent_twice_is_paid_once(bank: Bank) -> None:
    content = payment_file("RUN1", {"A": 12_345, "B": 700})

    first, second = bank.take_file(content), bank.take_file(content)
    bank.advance(DAY)

    assert (first["outcome"], second["outcome"]) == ("accepted", "duplicate")
    assert bank.totals()["credited"] == 2
    assert bank.totals()["credited_twice"] == 0
    assert bank.totals()["balance_pence"] == 1_000_000 - 13_045


def test_file_of_the_same_name_with_other_content_is_refused(bank: Bank) -> None:
    bank.take_file(payment_file("RUN1", {"A": 100}))

    with pytest.raises(RefusedError, match="RUN1 was used before for a different file"):
        bank.take_file(payment_file("RUN1", {"A": 101}))


def test_payment_known_from_another_file_refuses_the_whole_file(bank: Bank) -> None:
    bank.take_file(payment_file("RUN1", {"A": 100}))

    with pytest.raises(RefusedError, match="EndToEndId A was used before, in file RUN1"):
        bank.take_file(payment_file("RUN2", {"A": 100, "B": 5}))

    bank.advance(DAY)
    assert bank.totals()["credited"] == 1


def test_bank_without_dedupe_pays_twice_and_says_so(tmp_path: Path) -> None:
    bank = Bank(tmp_path / "naive.sqlite3", account=Account("000100", "00010001"), dedupe=False)
    bank.take_credit(reference="WAVE1", amount_pence=1_000, on=DAY)
    bank.take_file(payment_file("RUN1", {"A": 100}))
    bank.take_file(payment_file("RUN1", {"A": 100}))

    bank.advance(DAY)

    assert bank.totals()["credited_twice"] == 1
    bank.close()


def test_statements_run_on_without_gap_and_balances_meet(bank: Bank) -> None:
    bank.take_file(payment_file("RUN1", {"B": 200, "A": 100}))
    bank.take_file(payment_file("RUN2", {"C": 300}, on=date(2027, 5, 10)))

    bank.advance(date(2027, 5, 31))
    statements = bank.statements_after(0)

    assert [one["sequence"] for one in statements] == [1, 2, 3]
    assert [balances_of(one["document"]) for one in statements] == [
        ["0.00", "10000.00"],
        ["10000.00", "9997.00"],
        ["9997.00", "9994.00"],
    ]
    assert entries_of(statements[1]["document"]) == [("A", "1.00", "DBIT"), ("B", "2.00", "DBIT")]
    assert [one["sequence"] for one in bank.statements_after(2)] == [3]


def test_day_without_money_has_no_statement(bank: Bank) -> None:
    bank.advance(DAY)

    answer = bank.advance(date(2027, 12, 31))

    assert answer == {"on": "2027-12-31", "statements": 1, "reports": 0, "notices": 0}


def test_file_for_a_day_already_lived_is_paid_on_the_day_reached(bank: Bank) -> None:
    bank.advance(date(2027, 5, 20))
    bank.take_file(payment_file("RUN1", {"A": 100}, on=date(2027, 5, 4)))

    bank.advance(date(2027, 5, 20))

    [statement] = bank.statements_after(1)
    assert "<Dt>2027-05-20</Dt>" in statement["document"]
    assert "2027-05-04" not in statement["document"]


def test_going_back_is_refused(bank: Bank) -> None:
    bank.advance(DAY)

    with pytest.raises(RefusedError, match="cannot go back to 2027-05-03"):
        bank.advance(date(2027, 5, 3))


def test_payment_without_money_is_rejected_not_overdrawn(bank: Bank) -> None:
    bank.take_file(payment_file("RUN1", {"A": 1_000_001}))

    bank.advance(DAY)

    [report] = bank.reports_after(0)
    root = ET.fromstring(report["document"])
    assert root.findtext(".//p:OrgnlEndToEndId", None, NAMESPACE) == "A"
    assert root.findtext(".//p:Rsn/p:Cd", None, NAMESPACE) == "AM04"
    assert bank.totals()["balance_pence"] == 1_000_000


def test_rejected_payment_stands_in_a_report_and_on_no_statement(bank: Bank) -> None:
    bank.set_fault(kind="reject", account_number="99998888", reason="AC01")
    bank.take_file(payment_file("RUN1", {"A": 100}, account="99998888"))
    bank.take_file(payment_file("RUN2", {"B": 100}))

    bank.advance(DAY)

    assert [entries_of(one["document"]) for one in bank.statements_after(1)] == [[("B", "1.00", "DBIT")]]
    [report] = bank.reports_after(0)
    assert "<OrgnlMsgId>RUN1</OrgnlMsgId>" in report["document"]
    assert "<Cd>AC01</Cd>" in report["document"]


def test_returned_payment_comes_back_days_later_with_its_reason(bank: Bank) -> None:
    bank.set_fault(kind="return", days=3)
    bank.take_file(payment_file("RUN1", {"A": 100, "B": 200}))

    bank.advance(date(2027, 5, 7))

    paid, returned = bank.statements_after(1)
    assert entries_of(paid["document"]) == [("A", "1.00", "DBIT"), ("B", "2.00", "DBIT")]
    assert entries_of(returned["document"]) == [("A", "1.00", "CRDT")]
    assert "<RtrInf>" in returned["document"]
    assert "<Cd>AC04</Cd>" in returned["document"]
    assert bank.totals()["returned"] == 1


def test_delayed_payment_is_paid_later(bank: Bank) -> None:
    bank.set_fault(kind="delay", days=4)
    bank.take_file(payment_file("RUN1", {"A": 100}))

    bank.advance(DAY)
    on_the_day = bank.totals()["credited"]
    bank.advance(date(2027, 5, 8))

    assert (on_the_day, bank.totals()["credited"]) == (0, 1)


def test_credit_of_the_same_reference_arrives_once(bank: Bank) -> None:
    again = bank.take_credit(reference="WAVE1", amount_pence=1_000_000, on=date(2027, 5, 3))

    bank.advance(DAY)

    assert again["outcome"] == "duplicate"
    assert bank.totals()["balance_pence"] == 1_000_000
    with pytest.raises(RefusedError, match="used before for another credit of that day"):
        bank.take_credit(reference="WAVE1", amount_pence=5, on=date(2027, 5, 3))


def test_reference_of_another_day_is_another_credit(bank: Bank) -> None:
    """As with interest, which comes again and again under one reference."""
    bank.take_credit(reference="WAVE1", amount_pence=7, on=DAY)

    bank.advance(DAY)

    assert bank.totals()["balance_pence"] == 1_000_007


def test_debit_without_a_file_leaves_once_and_is_no_payment_to_anybody(bank: Bank) -> None:
    outcomes = [bank.take_debit(reference="GILTS", amount_pence=400_000, on=DAY)["outcome"] for _ in range(2)]

    bank.advance(DAY)

    assert outcomes == ["accepted", "duplicate"]
    assert bank.totals()["balance_pence"] == 600_000
    assert (bank.totals()["credited"], bank.totals()["paid_pence"]) == (0, 0)
    assert "DBIT" in bank.statements_after(0)[-1]["document"]
    with pytest.raises(RefusedError, match="used before for another debit"):
        bank.take_debit(reference="GILTS", amount_pence=5, on=DAY)


@pytest.mark.parametrize("pence", [0, -1])
def test_debit_of_nothing_is_refused(bank: Bank, pence: int) -> None:
    with pytest.raises(RefusedError, match="a debit must be of at least one penny"):
        bank.take_debit(reference="X", amount_pence=pence, on=DAY)


@pytest.mark.parametrize("pence", [0, -1])
def test_credit_of_nothing_is_refused(bank: Bank, pence: int) -> None:
    with pytest.raises(RefusedError, match="at least one penny"):
        bank.take_credit(reference="X", amount_pence=pence, on=DAY)


def test_unknown_fault_is_refused(bank: Bank) -> None:
    with pytest.raises(RefusedError, match="no such fault: gremlins"):
        bank.set_fault(kind="gremlins")


def test_store_opened_again_remembers_everything(tmp_path: Path) -> None:
    path, account = tmp_path / "bank.sqlite3", Account("000100", "00010001")
    first = Bank(path, account=account)
    first.take_credit(reference="WAVE1", amount_pence=500, on=DAY)
    first.take_file(payment_file("RUN1", {"A": 100}))
    first.close()

    second = Bank(path, account=account)
    answer = second.take_file(payment_file("RUN1", {"A": 100}))
    second.advance(DAY)

    assert answer["outcome"] == "duplicate"
    assert second.totals()["balance_pence"] == 400
    second.close()


def test_equal_histories_give_equal_documents(tmp_path: Path) -> None:
    documents = []
    for name in ("one", "two"):
        bank = Bank(tmp_path / name, account=Account("000100", "00010001"))
        bank.take_credit(reference="WAVE1", amount_pence=500, on=DAY)
        bank.take_file(payment_file("RUN1", {"B": 100, "A": 50} if name == "one" else {"A": 50, "B": 100}))
        bank.advance(DAY)
        documents.append(bank.statements_after(0))
        bank.close()

    assert documents[0] == documents[1]
