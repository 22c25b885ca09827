"""What the bank refuses to read, with the reason."""

import pytest

from cwf_portal.sandbox_bank.messages import Account, RefusedError, read_payment_file

from .bank_files import payment_file

ACCOUNT = Account("000100", "00010001")
GOOD = payment_file("RUN1", {"A": 12_345})


def test_good_file_is_read_to_the_penny() -> None:
    file = read_payment_file(GOOD, ACCOUNT)

    assert file.message_id == "RUN1"
    assert [one.amount_pence for one in file.instructions] == [12_345]


@pytest.mark.parametrize(
    ("found", "put", "reason"),
    [
        (b"pain.001.001.09", b"pain.001.001.03", "not a pain.001.001.09"),
        (b'Ccy="GBP"', b'Ccy="EUR"', "in EUR, only GBP"),
        (b">123.45</Inst", b">123.450</Inst", "InstdAmt has an unreadable value"),
        (b">123.45</Inst", b">-23.45</Inst", "InstdAmt has an unreadable value"),
        (b">123.45</Inst", ">１23.45</Inst".encode(), "InstdAmt has an unreadable value"),
        (b">123.45</Inst", b">0.00</Inst", "asks for nothing"),
        (b">123.45</Inst", b">123.46</Inst", "CtrlSum is not the sum"),
        (b"<NbOfTxs>1<", b"<NbOfTxs>2<", "NbOfTxs says 2, the file holds 1"),
        (b"2027-05-04", b"2027-02-30", "not a date"),
        (b"<Id>11112222<", b"<Id>1111222<", "unreadable value: '1111222'"),
        (b"<MmbId>102030<", b"<MmbId>10-20-30<", "unreadable value"),
        (b"<Id>00010001<", b"<Id>00010002<", "not held here"),
        (b"<Nm>Sample Trust</Nm>", b"", "Cdtr/Nm must stand exactly once"),
        (b"<EndToEndId>A<", b"<EndToEndId>A;drop<", "EndToEndId has an unreadable value"),
        (b"</Document>", b"", "not well-formed"),
        (b"<Document", b'<?xml version="1.0" encoding="klingon"?><Document', "not well-formed"),
    ],
)
def test_file_with_one_thing_wrong_is_refused(found: bytes, put: bytes, reason: str) -> None:
    assert found in GOOD

    with pytest.raises(RefusedError, match=reason):
        read_payment_file(GOOD.replace(found, put), ACCOUNT)


def test_payment_standing_twice_in_a_file_is_refused() -> None:
    two = payment_file("RUN1", {"A": 100, "B": 100}).replace(b">B<", b">A<")

    with pytest.raises(RefusedError, match="EndToEndId A stands in the file twice"):
        read_payment_file(two, ACCOUNT)


@pytest.mark.parametrize(
    "declaration",
    [
        b'<!DOCTYPE d [<!ENTITY a "1234567890"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>',
        b'<!DOCTYPE d SYSTEM "file:///etc/passwd">',
        b'<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
    ],
)
def test_entities_and_document_types_are_never_read(declaration: bytes) -> None:
    with pytest.raises(RefusedError, match="never read"):
        read_payment_file(declaration + GOOD, ACCOUNT)
