"""The shape of a payment file: what is built passes, and each thing wrong with it is named."""

from collections.abc import Callable
from xml.etree import ElementTree as ET

import pytest
from defusedxml.ElementTree import fromstring

from grants.domain.iso20022_pain001 import NAMESPACE, build_payment_file
from grants.domain.iso20022_shape import faults
from tests.unit.grants.domain.test_iso20022_pain001 import order, transfer

BUILT = build_payment_file(order(transfer(1), transfer(2))).content.decode().replace(f' xmlns="{NAMESPACE}"', "")


def found(*changes: tuple[str, str], do: Callable[[ET.Element], None] = lambda root: None) -> list[str]:
    text = BUILT
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    root = fromstring(text)
    root.set("xmlns", NAMESPACE)
    do(root)
    return list(faults(root, namespace=NAMESPACE))


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
    def swap(root: ET.Element) -> None:
        header = root[0][0]
        header[0].tag, header[1].tag = header[1].tag, header[0].tag
        root.tag = "Dokument"

    said = found(do=swap)

    assert said[0].startswith("The message is Dokument")
    assert any(fault.startswith("GrpHdr holds CreDtTm MsgId") for fault in said)
