"""The supervisor against real servers: killed, left behind, shared, side by side."""

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from cwf_portal.embedded import paths, processes
from cwf_portal.embedded.errors import ServerError
from cwf_portal.embedded.postgres import LOG_SETTINGS, Postgres
from cwf_portal.embedded.redis import Redis
from cwf_portal.embedded.supervisor import hold, watching
from tests.support import cluster


@pytest.fixture
def home() -> Iterator[Path]:
    """A short folder (a socket's path is limited) that the server's user may enter."""
    folder = Path(tempfile.mkdtemp(prefix="cwf-", dir=cluster.home().parent))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def postgres(home: Path) -> Iterator[Postgres]:
    server = Postgres(home=home, sockets=home / "run", settings=dict(cluster.FAST))
    yield server
    server.stop()


@pytest.fixture
def redis(home: Path) -> Iterator[Redis]:
    server = Redis(home=home, socket=home / "run" / "redis.sock")
    yield server
    server.stop()


def postmaster(server: Postgres) -> int:
    return int((server.data / "postmaster.pid").read_text().split()[0])


def one(server: Postgres, query: str, *, user: str = "cwf_app") -> object:
    with server.connect(user=user) as connection:
        return connection.execute(query).fetchone()[0]


def test_postgres_has_our_roles_locale_and_silence(postgres):
    postgres.start()
    assert one(postgres, "SELECT current_setting('server_version_num')::int / 10000") == 18
    assert one(postgres, "SELECT datlocprovider = 'b' FROM pg_database WHERE datname = current_database()") is True
    assert one(postgres, "SELECT rolcreatedb FROM pg_roles WHERE rolname = 'cwf_owner'") is True
    assert {name: one(postgres, f"SHOW {name}") for name in LOG_SETTINGS} == LOG_SETTINGS


def test_postgres_keeps_its_folders_to_itself(postgres):
    postgres.start()
    assert [oct(folder.stat().st_mode & 0o777) for folder in (postgres.data, postgres.sockets)] == ["0o700"] * 2
    assert one(postgres, "SHOW listen_addresses") == ""


def test_postgres_killed_comes_back_with_what_was_committed(postgres):
    postgres.settings.update(synchronous_commit="on", full_page_writes="on")
    postgres.start()
    with postgres.connect(user="cwf_owner") as connection:
        connection.execute("CREATE TABLE kept (n int)")
        connection.execute("INSERT INTO kept VALUES (7)")
    os.kill(postmaster(postgres), signal.SIGKILL)
    postgres.start()
    assert one(postgres, "SELECT n FROM kept") == 7


def test_postgres_ignores_a_lock_file_that_names_a_stranger(postgres):
    postgres.start()
    postgres.stop()
    (postgres.data / "postmaster.pid").write_text(f"{os.getppid()}\n{postgres.data}\n")
    postgres.start()
    assert postgres.is_running()


def test_postgres_interrupted_while_made_is_made_anew(postgres, home):
    (home / "postgres.new.1").mkdir()
    postgres.start()
    assert (postgres.is_running(), list(home.glob("postgres.new.*"))) == (True, [])


def test_redis_killed_comes_back(redis):
    redis.start()
    for pid in processes.working_in(redis.home / "redis"):
        os.kill(pid, signal.SIGKILL)
    assert processes.wait_until(lambda: not redis.is_running(), 30)
    redis.start()
    assert redis.is_running()


def test_servers_are_started_by_the_first_and_stopped_by_the_last(home, redis):
    with hold(home, [redis]):
        with hold(home, [redis]):
            assert redis.is_running()
        assert redis.is_running()
    assert not redis.is_running()


def test_server_that_dies_while_watched_comes_back(home, redis):
    with hold(home, [redis]), watching(home, [redis]):
        before = set(processes.working_in(home / "redis"))
        for pid in before:
            os.kill(pid, signal.SIGKILL)
        assert processes.wait_until(
            lambda: redis.is_running() and before != set(processes.working_in(home / "redis")), 60
        )
    assert not redis.is_running()


def test_servers_left_by_a_killed_command_are_used_and_then_stopped(home, redis):
    redis.start()
    with hold(home, [redis]):
        assert redis.is_running()
    assert not redis.is_running()


def test_start_that_fails_leaves_no_user_behind(home, redis, monkeypatch):
    def refuse() -> Path:
        raise ServerError("There is no Redis here.")

    with monkeypatch.context() as broken:
        broken.setattr("cwf_portal.embedded.redis.find_program", refuse)
        with pytest.raises(ServerError), hold(home, [redis]):
            pass
    with hold(home, [redis]):
        assert redis.is_running()
    assert not redis.is_running()


def test_socket_folder_of_somebody_else_is_refused(home, monkeypatch):
    (home / "taken").mkdir()
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    with pytest.raises(ServerError, match="belongs to somebody else"):
        processes.private_folder(home / "taken", None)


def test_two_checkouts_have_folders_of_their_own(home):
    folders = {paths.socket_folder(home / name / "var") for name in ("one", "two")}
    assert len(folders) == 2


def test_long_path_still_gives_a_short_socket(home):
    deep = home / ("x" * 120) / "var"
    assert len(str(paths.socket_folder(deep))) <= paths.LONGEST_SOCKET_PATH
    assert paths.socket_folder(deep) != paths.socket_folder(home / ("y" * 120) / "var")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as somebody else")
def test_home_moves_where_the_servers_user_may_not_go(home):
    closed = home / "closed"
    closed.mkdir(mode=0o700)
    assert paths.home(closed / "var").parent == paths.SYSTEM_HOME
    assert paths.home(home / "var") == home / "var"
