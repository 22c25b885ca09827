"""What compose asks of web, worker and beat."""

from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
from django.db import connection

from cwf_portal.core.clock import advance_clock
from cwf_portal.core.models import JobRun
from cwf_portal.healthcheck import do_jobs_run, is_web_well


class ByName(BaseHTTPRequestHandler):
    """Well for its public name, as Django answers."""

    def do_GET(self) -> None:
        self.send_response(200 if self.headers["Host"] == "portal.example" else 503)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def address() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), ByName) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/healthz"
        server.shutdown()


def test_web_is_well_when_it_answers_to_its_name(address: str) -> None:
    assert is_web_well(address, {"ALLOWED_HOSTS": ".portal.example,other.example"})
    assert not is_web_well(address, {"ALLOWED_HOSTS": "elsewhere.example"})


def test_web_that_does_not_answer_is_not_well() -> None:
    assert not is_web_well("http://127.0.0.1:9/healthz", {})


@pytest.mark.usefixtures("committed_db")
def test_jobs_run_while_one_was_finished_lately() -> None:
    names = connection.settings_dict
    environment = {"DATABASE_URL": f"postgresql://{names['USER']}@/{names['NAME']}?host={names['HOST']}"}
    seen = [do_jobs_run(environment)]
    JobRun.objects.note([JobRun(name="test", work=0, error="")])
    seen.append(do_jobs_run(environment))
    advance_clock(by=timedelta(minutes=6))
    seen.append(do_jobs_run(environment))

    assert seen == [False, True, False]
    assert not do_jobs_run({"DATABASE_URL": "postgresql://nobody@/nothing?host=/nowhere"})
