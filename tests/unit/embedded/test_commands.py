"""`manage.py` and servers that somebody else runs: a wrong address is one line that says which and why."""

import subprocess
import sys

import pytest

from cwf_portal.embedded import external
from tests.support import cluster, portal

UNREACHABLE = {
    "DATABASE_URL": "postgresql://cwf_app:s3cret@127.0.0.1:1/cwf",
    "DATABASE_OWNER_URL": "postgresql://cwf_owner:s3cret@127.0.0.1:1/cwf",
    "REDIS_URL": "redis://:s3cret@127.0.0.1:1/0",
}


def manage(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "manage.py", *arguments]
    environ = portal.environment("cwf") | environment
    return subprocess.run(command, cwd=cluster.CHECKOUT, env=environ, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", UNREACHABLE)
def test_unreachable_server_is_one_line_without_the_password(name, postgres_server, redis_server):
    done = manage("shell", "-c", "1", **{name: UNREACHABLE[name]})
    lines = done.stderr.splitlines()
    assert (done.returncode, done.stdout, len(lines)) == (1, "", 1)
    assert lines[0].startswith(f"{name} (")
    assert "refused" in lines[0]
    assert "s3cret" not in lines[0]


@pytest.mark.parametrize(("name", "address"), [("DATABASE_URL", "nonsense"), ("REDIS_URL", "nonsense")])
def test_address_that_is_none_is_one_line(name, address, postgres_server):
    done = manage("shell", "-c", "1", **{name: address})
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    assert done.stderr.startswith(f"{name} (nonsense) cannot be reached")


def test_command_that_needs_no_server_asks_for_none():
    done = manage("version", DATABASE_URL=UNREACHABLE["DATABASE_URL"])
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("postgresql://a:b@h/d", "postgresql://a:***@h/d"),
        ("redis://:pw@h:1/0", "redis://:***@h:1/0"),
        ("redis://h:1/0", "redis://h:1/0"),
        ("redis://[::1", "not an address"),
    ],
)
def test_password_is_never_shown(address, shown):
    assert external.without_password(address) == shown
