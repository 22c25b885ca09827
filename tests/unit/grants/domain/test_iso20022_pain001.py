"""The payment file: the same bytes for the same order, and the bank reads back every penny of it."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cwf_portal.sandbox_bank.messages import Account as BankAccount
from cwf_portal.sandbox_bank.messages import read_payment_file
from grants.domain.bank_text import LARGEST_PENCE, Account, BankTextError
from grants.domain.iso20022_pain001 import PaymentOrder, PaymentOrderError, Transfer, build_payment_file
from grants.domain.references import reference_for

PAYER = Account("000100", "00010001")
DIGITS = "0123456789"


def transfer(number: int = 1, *, pence: int = 4_200_000, on: date = date(2027, 5, 4)) -> Transfer:
    return Transfer(
        end_to_end_id=reference_for(natural_key=f"tranche:{number}:attempt:1"),
        amount_pence=pence,
        payee_name="Sheerness Sample Trust & Friends",
        payee=Account("102030", f"{number:08d}"),
        remittance="Community wealth, payment 1 of 20",
        arrive_on=on,
    )


def order(*transfers: Transfer) -> PaymentOrder:
    return PaymentOrder(
        message_id=reference_for(natural_key="run:1"),
        released_at=datetime(2027, 4, 30, 9, 30, tzinfo=UTC),
        payer_name="Community Wealth Fund",
        payer=PAYER,
        transfers=transfers,
    )


def test_same_order_gives_same_bytes_in_any_sequence() -> None:
    one, two = transfer(1), transfer(2)

    first, second = build_payment_file(order(one, two)), build_payment_file(order(two, one))

    assert first == second
    assert first.sha256 == "ed7656ecb81baad55128ece95ac855cae22923cb3035cf3d9baefc0bd84cc220"


def test_time_of_release_in_another_zone_gives_the_same_bytes() -> None:
    plain = order(transfer())
    summer = replace(plain, released_at=plain.released_at.astimezone(timezone(timedelta(hours=1))))

    assert build_payment_file(plain) == build_payment_file(summer)


def test_any_difference_in_the_order_gives_other_bytes() -> None:
    assert build_payment_file(order(transfer())).sha256 != build_payment_file(order(transfer(pence=4_200_001))).sha256


def test_payments_are_batched_by_day_of_arrival() -> None:
    later = transfer(1, on=date(2027, 5, 10))

    text = build_payment_file(order(later, transfer(2), transfer(3))).content.decode()

    assert text.count("<PmtInf>") == 2
    assert text.index("2027-05-04") < text.index("2027-05-10")
    assert "<Nm>Sheerness Sample Trust + Friends</Nm>" in text
    assert "<Cd>GBDSC</Cd>" in text


transfers = st.builds(
    Transfer,
    end_to_end_id=st.integers(0, 10**9).map(lambda number: reference_for(natural_key=str(number))),
    amount_pence=st.integers(1, 10**11),
    payee_name=st.text(max_size=200).map(lambda text: f"A{text}"),
    payee=st.builds(
        Account,
        sort_code=st.text(DIGITS, min_size=6, max_size=6),
        account_number=st.text(DIGITS, min_size=8, max_size=8),
    ),
    remittance=st.text(max_size=200).map(lambda text: f"R{text}"),
    arrive_on=st.dates(date(2026, 1, 1), date(2045, 12, 31)),
)


@given(st.lists(transfers, min_size=1, max_size=8, unique_by=lambda transfer: transfer.end_to_end_id))
def test_bank_reads_back_what_was_ordered(ordered: list[Transfer]) -> None:
    built = build_payment_file(order(*ordered))

    read = read_payment_file(built.content, BankAccount(PAYER.sort_code, PAYER.account_number))

    assert read.message_id == built.message_id
    assert built.total_pence == sum(one.amount_pence for one in ordered)
    assert {
        one.end_to_end_id: (one.amount_pence, one.payee.sort_code, one.payee.number, one.execute_on)
        for one in read.instructions
    } == {
        one.end_to_end_id: (one.amount_pence, one.payee.sort_code, one.payee.account_number, one.arrive_on)
        for one in ordered
    }


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (order(), "holds 1 to 10000 payments, not 0"),
        (order(transfer(), transfer()), "carry the same reference"),
        (order(replace(transfer(), end_to_end_id="short")), "'short' is not one of our"),
        (replace(order(transfer()), message_id=""), "'' is not one of our"),
        (replace(order(transfer()), released_at=datetime(2027, 1, 1)), "must carry its zone"),  # noqa: DTZ001
    ],
)
def test_order_that_cannot_be_a_file_is_refused(wrong: PaymentOrder, message: str) -> None:
    with pytest.raises(PaymentOrderError, match=message):
        build_payment_file(wrong)


@pytest.mark.parametrize("pence", [0, -5, LARGEST_PENCE])
def test_amount_that_cannot_be_paid_is_refused(pence: int) -> None:
    with pytest.raises(BankTextError, match="not an amount"):
        build_payment_file(order(transfer(pence=pence)))
