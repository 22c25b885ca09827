"""The bank's report of rejections."""

import re
from datetime import date

import pytest

from cwf_portal.sandbox_bank.messages import Rejection as BankRejection
from cwf_portal.sandbox_bank.messages import write_rejections
from grants.domain.iso20022_pain002 import is_pending, read_status_report, reason_in_words
from grants.domain.iso20022_xml import BankMessageError

GOOD = write_rejections(
    3,
    date(2027, 5, 4),
    [BankRejection("RUN1", "RUN1-1", "AAAA", "AC04"), BankRejection("RUN1", "RUN1-2", "BBBB", "AM04")],
)


def test_report_is_read() -> None:
    report = read_status_report(GOOD.encode())

    assert (report.report_id, report.message_id) == ("RPRT-0000000003", "RUN1")
    assert [(one.end_to_end_id, one.reason_code) for one in report.rejections] == [("AAAA", "AC04"), ("BBBB", "AM04")]


@pytest.mark.parametrize(
    ("found", "put", "message"),
    [
        ("pain.002.001.10", "pain.002.001.03", "The message is"),
        ("<TxSts>RJCT<", "<TxSts>CANC<", r"Line \d+: The report gives the status CANC, which nothing here acts upon"),
        ("<TxSts>RJCT<", "<TxSts>PART<", r"Line \d+: The report gives the status PART"),
        ("2027-05-04T", "2027-02-30T", "is no day of the calendar"),
        ("<Cd>AC04<", "<Cd>ac04<", "unreadable value"),
        (">BBBB<", ">AAAA<", "names a payment twice"),
        ("TxInfAndSts>", "Other>", "names no payment"),
        ("<OrgnlMsgId>RUN1</OrgnlMsgId>", "", "OrgnlMsgId must stand exactly once"),
    ],
)
def test_report_with_one_thing_wrong_is_refused(found: str, put: str, message: str) -> None:
    assert found in GOOD

    with pytest.raises(BankMessageError, match=message):
        read_status_report(GOOD.replace(found, put).encode())


def changed(*changes: tuple[str, str]) -> bytes:
    content = GOOD
    for found, put in changes:
        assert found in content
        content = content.replace(found, put, 1)
    return content.encode()


def test_statuses_that_are_no_rejection_are_signs() -> None:
    report = read_status_report(changed(("<TxSts>RJCT<", "<TxSts>ACSP<"), ("<TxSts>RJCT<", "<TxSts>PDNG<")))

    assert report.rejections == ()
    assert report.signs == {"AAAA": "ACSP", "BBBB": "PDNG"}
    assert [is_pending(status) for status in report.signs.values()] == [False, True]
    assert (report.whole_file, report.batches, report.told_on) == (None, {}, date(2027, 5, 4))


def test_whole_file_and_whole_batch_are_rejected_without_naming_a_payment() -> None:
    nobody = re.sub(r"<TxInfAndSts>.*?</TxInfAndSts>", "", GOOD, flags=re.DOTALL)
    why = "<StsRsnInf><Rsn><Cd>AM04</Cd></Rsn></StsRsnInf>"
    file = nobody.replace("</OrgnlMsgNmId>", f"</OrgnlMsgNmId><GrpSts>RJCT</GrpSts>{why}")
    batch = nobody.replace("</OrgnlPmtInfId>", "</OrgnlPmtInfId><PmtInfSts>RJCT</PmtInfSts>", 1)
    taken = nobody.replace("</OrgnlMsgNmId>", "</OrgnlMsgNmId><GrpSts>ACTC</GrpSts>")

    assert read_status_report(file.encode()).whole_file == "AM04"
    assert read_status_report(batch.encode()).batches == {"RUN1-1": ""}
    assert read_status_report(taken.encode()).whole_file is None


@pytest.mark.parametrize(
    ("code", "words"),
    [("AC04", "the account is closed"), ("ZZ99", "code ZZ99"), ("", "none was given")],
)
def test_reason_is_said_in_words(code: str, words: str) -> None:
    assert reason_in_words(code) == words
