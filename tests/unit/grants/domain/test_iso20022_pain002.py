"""The bank's report of rejections."""

from datetime import date

import pytest

from cwf_portal.sandbox_bank.messages import Rejection as BankRejection
from cwf_portal.sandbox_bank.messages import write_rejections
from grants.domain.iso20022_pain002 import read_status_report, reason_in_words
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
        ("<TxSts>RJCT<", "<TxSts>ACSC<", r"Line \d+: The report gives the status ACSC"),
        (">BBBB<", ">AAAA<", "names a payment twice"),
        ("TxInfAndSts>", "Other>", "names no payment"),
        ("<OrgnlMsgId>RUN1</OrgnlMsgId>", "", "OrgnlMsgId must stand exactly once"),
    ],
)
def test_report_with_one_thing_wrong_is_refused(found: str, put: str, message: str) -> None:
    assert found in GOOD

    with pytest.raises(BankMessageError, match=message):
        read_status_report(GOOD.replace(found, put).encode())


@pytest.mark.parametrize(
    ("code", "words"),
    [("AC04", "the account is closed"), ("ZZ99", "code ZZ99"), ("", "none was given")],
)
def test_reason_is_said_in_words(code: str, words: str) -> None:
    assert reason_in_words(code) == words
