"""The shape of a payment file: what is built passes, and each thing wrong with it is named."""

import pytest

from grants.domain.iso20022_pain001 import NAMESPACE, build_payment_file
from grants.domain.iso20022_shape import faults
from tests.unit.grants.domain.test_iso20022_pain001 import order, transfer

BUILT = build_payment_file(order(transfer(1), transfer(2))).content.decode()


def found(*changes: tuple[str, str]) -> list[str]:
    text = BUILT
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return list(faults(text, namespace=NAMESPACE))


def test_what_is_built_has_the_shape() -> None:
    assert found() == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("<PmtMtd>TRF</PmtMtd>", "", "PmtInf holds PmtInfId BtchBookg"),
        ("<PmtMtd>TRF</PmtMtd>", "<PmtMtd>TRF</PmtMtd><PmtMtd>TRF</PmtMtd>", "PmtInf holds PmtInfId PmtMtd PmtMtd"),
        ("<PmtMtd>TRF<", "<PmtMtd>CHK<", "PmtMtd says 'CHK'"),
        ("<MsgId>", "<Other>x</Other><MsgId>", "GrpHdr holds Other MsgId"),
        ('Ccy="GBP"', 'Ccy="EUR"', "InstdAmt carries"),
        ("<Nm>", "<Nm>" + "x" * 70, "Nm says"),
        ("<EndToEndId>", "<EndToEndId>é", "EndToEndId says"),
        ("Z</CreDtTm>", "</CreDtTm>", "CreDtTm says"),
        ("<BtchBookg>false<", "<BtchBookg>no<", "BtchBookg says 'no'"),
        ("<GrpHdr>", "<GrpHdr>words", "GrpHdr holds text beside elements"),
        ("<Nm>", "<Nm><b>x</b>", "Nm holds b"),
    ],
)
def test_each_thing_wrong_is_named(old: str, new: str, said: str) -> None:
    assert any(fault.startswith(said) for fault in found((old, new)))


def test_elements_out_of_order_and_another_message_are_named() -> None:
    method, batching = "<PmtMtd>TRF</PmtMtd>", "<BtchBookg>false</BtchBookg>"
    swapped = (f"{method}\n   {batching}", f"{batching}{method}")

    said = found(("<Document", "<Dokument"), ("</Document>", "</Dokument>"), swapped)

    assert "Dokument, not a Document" in said[0]
    assert any(fault.startswith("PmtInf holds PmtInfId BtchBookg PmtMtd") for fault in said)


def test_what_is_no_xml_or_of_another_namespace_is_named() -> None:
    assert found(("</Document>", ""))[0].startswith("It is not well-formed XML")
    assert found((f'"{NAMESPACE}"', '"urn:other"'))[0].startswith("The message is {urn:other}Document")
