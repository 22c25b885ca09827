"""The battery's own judgement: what counts as twice and as lost, and who spoils a request to the bank."""

import sqlite3
from collections import Counter
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import pytest
from celery import current_app

from cwf_portal.embedded.errors import ServerError
from cwf_portal.embedded.postgres import DATABASE
from cwf_portal.operations.bank import SandboxBank
from cwf_portal.operations.faults.battery import EXITS, PER_THOUSAND, wanted
from cwf_portal.operations.faults.naive import payment_file
from cwf_portal.operations.faults.naive_play import FIRST_DAY
from cwf_portal.operations.faults.proxy import Way, wire_to
from cwf_portal.operations.faults.servers import restore
from cwf_portal.operations.faults.table import Row, as_text, count, paid_at
from tests.support import cluster
from tests.unit.grants.payment_world import running_bank


def test_a_thousand_kills_are_a_thousand_and_every_kind_comes_even_in_a_small_battery() -> None:
    killing = [*EXITS, "children killed", "workers killed"]

    assert sum(wanted(name, 1_000) for name in killing) == 1_000
    assert all(wanted(name, 1) == 1 for name in PER_THOUSAND)
    assert len(PER_THOUSAND) >= 10


def test_who_reads_of_the_naive_worker_still_asks_the_portals() -> None:
    assert current_app.main == "cwf_portal"


def test_counting_knows_paid_twice_and_lost() -> None:
    assert count({"a", "b", "c"}, Counter({"a": 1, "b": 2, "stranger": 5})) == (2, 1, 1)


def test_table_adds_up_and_shows_what_went_wrong() -> None:
    rows = [Row("calm", 0, 0, 4, 4, 0, 0, 1.0), Row("storm", 9, 9, 4, 3, 1, 1, 2.0)]

    lines = as_text("Title", rows).splitlines()

    assert lines[0] == "Title"
    assert [row.is_clean for row in rows] == [True, False]
    assert lines[-1].split() == ["all", "9", "9", "8", "7", "1", "1", "3.0"]


def test_dump_that_breaks_off_leaves_nothing_of_itself(postgres_server: None, tmp_path: Path) -> None:
    (tmp_path / "half.sql").write_text("CREATE TABLE half_restored (id int); CREATE TABL")
    with pytest.raises(ServerError, match="syntax error"):
        restore(cluster.postgres(), tmp_path / "half.sql")
    with cluster.postgres().connect(DATABASE) as connection:
        assert connection.execute("SELECT to_regclass('half_restored')").fetchone() == (None,)


@pytest.mark.parametrize("way", ["whole", "half_answer", "half_file", "twice"])
def test_wire_spoils_one_request_and_the_bank_still_pays_once(tmp_path: Path, way: Way) -> None:
    store = tmp_path / "bank.sqlite3"
    content = payment_file("A payment", FIRST_DAY)
    with running_bank(store) as bank, wire_to(int(bank.netloc.partition(":")[2])) as wire:
        wire.ways.append(way)
        answered = [sent(wire.address, content), sent(wire.address, content)]
        SandboxBank(f"http://{bank.netloc}").credit(reference="M", amount_pence=10**6, on=FIRST_DAY)
        bank.advance(FIRST_DAY)

    with sqlite3.connect(store) as database:
        arrived = database.execute("SELECT count(*) FROM instruction").fetchone()[0]
    database.close()
    assert answered == [way in ("whole", "twice"), True]
    assert arrived == 1
    assert paid_at(store) == Counter({"A payment": 1})


def sent(address: str, content: bytes) -> bool:
    """Hand a file over as the portal does; True when a whole answer came."""
    connection = HTTPConnection(address.removeprefix("http://"), timeout=60)
    try:
        connection.request("POST", "/files", content)
        answer = connection.getresponse()
        return answer.status == 200 and len(answer.read()) > 0
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
