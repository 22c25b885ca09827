"""The Bacs file, read back by fixed columns: a second reading of the standard, written for these tests alone."""

from dataclasses import dataclass, replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grants.domain.bacs_standard18 import (
    LARGEST_PENCE,
    PaymentOrderError,
    ServiceUser,
    bacs_date,
    bacs_text,
    build_bacs_file,
)
from grants.domain.bank_text import Account, BankTextError
from grants.domain.iso20022_pain001 import PaymentOrder
from grants.domain.working_days import england_and_wales
from tests.unit.grants.domain.test_iso20022_pain001 import order, transfer

# The run is released on Friday 30 April; Monday 3 May is a bank holiday.
FIRST, SECOND = date(2027, 5, 6), date(2027, 5, 7)
USER = ServiceUser("123456", england_and_wales().shift)


@dataclass(frozen=True)
class Read:
    """A file taken apart by columns."""

    labels: list[str]
    records: list[str]

    @property
    def credits(self) -> list[str]:
        return [record for record in self.records if record[15:17] == "99"]

    @property
    def contras(self) -> list[str]:
        return [record for record in self.records if record[15:17] == "17"]


def read(content: bytes) -> Read:
    lines = content.decode("ascii").split("\r\n")
    assert lines.pop() == ""
    records, labels = lines[4:-3], [*lines[:4], *lines[-3:]]
    assert {len(label) for label in labels} == {80}
    assert {len(record) for record in records} == {106}
    return Read(labels, records)


def two_days() -> PaymentOrder:
    first = (transfer(1, on=FIRST), transfer(2, pence=1, on=FIRST))
    return order(*first, transfer(3, on=SECOND), transfer(4, on=SECOND))


def test_labels_stand_in_order_and_name_the_fund_and_the_days() -> None:
    labels = read(build_bacs_file(two_days(), USER).content).labels

    assert [label[:4] for label in labels] == ["VOL1", "HDR1", "HDR2", "UHL1", "EOF1", "EOF2", "UTL1"]
    serial = two_days().message_id[:6]
    assert (labels[0][4:10], labels[0][41:47], labels[0][79]) == (serial, "123456", "1")
    assert (labels[1][4:21], labels[1][21:27], labels[1][27:35]) == ("A123456S  1123456", serial, "00010001")
    assert labels[1][41:53] == bacs_date(date(2027, 4, 30)) + bacs_date(date(2027, 5, 13))
    assert (labels[2][4:15], labels[2][50:52]) == ("F0212000106", "00")
    assert labels[3][4:40] == bacs_date(date(2027, 5, 5)) + "999999    000000004 MULTI  001"
    assert labels[4][4:] == labels[1][4:]
    assert labels[5][4:] == labels[2][4:]


def test_credit_holds_payee_amount_names_and_day_each_in_its_columns() -> None:
    record = read(build_bacs_file(order(transfer(7, pence=123_45, on=FIRST)), USER).content).credits[0]

    assert (record[0:6], record[6:14], record[14]) == ("102030", "00000007", "0")
    assert (record[17:23], record[23:31], record[31:35]) == ("000100", "00010001", "    ")
    assert record[35:46] == "00000012345"
    assert record[46:64] == "COMMUNITY WEALTH F"
    assert record[64:82] == transfer(7).end_to_end_id + "  "
    assert record[82:100] == "SHEERNESS SAMPLE T"
    assert record[100:106] == bacs_date(date(2027, 5, 5))


@pytest.mark.parametrize(
    ("arrive_on", "processed_on"),
    [
        (date(2027, 5, 4), date(2027, 5, 4)),  # too late: the day after the bank holiday is the soonest
        (date(2027, 5, 5), date(2027, 5, 4)),
        (date(2027, 5, 10), date(2027, 5, 7)),  # over a weekend
    ],
)
def test_file_keeps_the_cycle_of_three_working_days(arrive_on: date, processed_on: date) -> None:
    record = read(build_bacs_file(order(transfer(1, on=arrive_on)), USER).content).credits[0]

    assert record[100:106] == bacs_date(processed_on)


def test_every_processing_day_ends_with_the_debit_that_pays_for_it() -> None:
    file = read(build_bacs_file(two_days(), USER).content)

    assert [record[15:17] for record in file.records] == ["99", "99", "17", "99", "99", "17"]
    for day in {record[100:106] for record in file.records}:
        paid = sum(int(record[35:46]) for record in file.credits if record[100:106] == day)
        assert [int(record[35:46]) for record in file.contras if record[100:106] == day] == [paid]
    assert {record[64:82] for record in file.contras} == {"CONTRA            "}
    assert {record[0:14] + record[17:31] for record in file.contras} == {"00010000010001" * 2}


@given(st.lists(st.integers(1, LARGEST_PENCE // 50), min_size=1, max_size=40))
def test_totals_and_counts_of_the_last_label_are_those_of_the_records(pence: list[int]) -> None:
    built = build_bacs_file(order(*(transfer(number, pence=one) for number, one in enumerate(pence))), USER)
    file = read(built.content)
    last = file.labels[-1]

    assert int(last[4:17]) == int(last[17:30]) == sum(pence) == built.total_pence
    assert (int(last[30:37]), int(last[37:44])) == (1, len(pence))
    assert sum(int(record[35:46]) for record in file.credits) == sum(int(record[35:46]) for record in file.contras)


def test_same_order_gives_the_same_bytes_in_whatever_order_it_is_told() -> None:
    shuffled = replace(two_days(), transfers=tuple(reversed(two_days().transfers)))

    assert build_bacs_file(two_days(), USER) == build_bacs_file(shuffled, USER)


@pytest.mark.parametrize(
    ("written", "carried"),
    [
        ("Théâtre & Søn, Ltd.", "THEATRE & SON LTD."),
        ("A very long name of a trust", "A VERY LONG NAME O"),
        ("x_y*z", "X Y Z             "),
        ("ß", "SS                "),
    ],
)
def test_names_are_carried_in_eighteen_allowed_characters(written: str, carried: str) -> None:
    assert bacs_text(written) == carried


@given(st.text(min_size=1, max_size=60))
def test_whatever_is_written_only_allowed_characters_leave(text: str) -> None:
    try:
        carried = bacs_text(text)
    except BankTextError:
        return
    assert len(carried) == 18
    assert set(carried) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.&/- ")


def test_name_in_another_script_is_refused() -> None:
    with pytest.raises(BankTextError, match="no letter or digit"):
        bacs_text("名前")


@pytest.mark.parametrize(
    ("broken", "fact"),
    [
        (order(), "1 to 10000 payments, not 0"),
        (order(transfer(1), transfer(1)), "same reference"),
        (order(replace(transfer(1), end_to_end_id="short")), "16-character"),
        (order(transfer(1, pence=0)), "a penny at least"),
        (order(transfer(1, pence=10**11)), "eleven digits at most"),
        (order(*(transfer(number, pence=LARGEST_PENCE) for number in (1, 2))), "eleven digits together"),
    ],
)
def test_order_that_no_file_can_carry_is_refused(broken: PaymentOrder, fact: str) -> None:
    with pytest.raises(PaymentOrderError, match=fact):
        build_bacs_file(broken, USER)


def test_file_needs_a_service_user_number() -> None:
    with pytest.raises(PaymentOrderError, match="service user number"):
        build_bacs_file(order(transfer(1)), replace(USER, number=""))


def test_account_with_too_few_digits_is_refused_rather_than_shifted() -> None:
    with pytest.raises(PaymentOrderError, match="has 106 characters, this has 105"):
        build_bacs_file(order(replace(transfer(1), payee=Account("10203", "00000001"))), USER)
