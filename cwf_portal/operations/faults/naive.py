"""A worker as one would write it without thinking: read what is due, tell the bank, then note that it is paid.

It is here to be caught. No key is the same twice, so the bank cannot know a payment again; nothing is noted before the
bank is told. `python -m celery -A cwf_portal.operations.faults.naive worker -Q naive`.
"""

import os
import secrets
from datetime import UTC, date, datetime
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

import psycopg
from celery import Celery

from cwf_portal.core.crash_points import crash_point
from grants.domain.bank_text import Account
from grants.domain.iso20022_pain001 import PaymentOrder, Transfer, build_payment_file

SECONDS = 5
AMOUNT_PENCE = 100_00
TABLE = "CREATE TABLE naive_due (reference text PRIMARY KEY, due_on date, is_paid boolean NOT NULL DEFAULT false)"
app = Celery("naive", broker=os.environ.get("REDIS_URL", ""), set_as_current=False)
app.conf.update(task_ignore_result=True, broker_connection_retry_on_startup=True, worker_hijack_root_logger=False)


@app.task(name="naive.pay")
def pay() -> None:
    """Pay everything that is not noted as paid."""
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        for reference, due_on in connection.execute("SELECT reference, due_on FROM naive_due WHERE NOT is_paid"):
            crash_point("naive.before")
            if tell_bank(reference, due_on):
                crash_point("naive.told")
                connection.execute("UPDATE naive_due SET is_paid = true WHERE reference = %s", [reference])
                crash_point("naive.noted")


def tell_bank(reference: str, due_on: date) -> bool:
    """One file for one payment, under an id that nobody has ever seen; True when the bank says that it has it."""
    parts = urlsplit(os.environ["NAIVE_BANK"])
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=SECONDS)
    try:
        connection.request("POST", "/files", payment_file(reference, due_on))
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def payment_file(reference: str, due_on: date) -> bytes:
    """A file that the bank finds nothing wrong with."""
    order = PaymentOrder(
        message_id=fresh_id(),
        released_at=datetime(2026, 1, 1, tzinfo=UTC),
        payer_name="Naive Fund",
        payer=Account("000100", "00010001"),
        transfers=[Transfer(fresh_id(), AMOUNT_PENCE, "Payee", Account("000200", "00000001"), reference, due_on)],
    )
    return build_payment_file(order).content


def fresh_id() -> str:
    return "".join(secrets.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") for _ in range(16))
