"""Crash points kill one process once where a scratch world armed them, and nowhere else."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import cluster

ARRIVE = "from cwf_portal.core.crash_points import crash_point; crash_point('here'); print('alive')"


def arrive_at_a_point(points: Path, **more: str) -> "subprocess.CompletedProcess[str]":
    """A process that comes by the point `here`."""
    surroundings = {
        name: value for name, value in os.environ.items() if not name.startswith(("CWF_", "DATABASE_", "DEMO"))
    }
    surroundings |= {"DJANGO_SETTINGS_MODULE": "cwf_portal.settings", "CWF_VAR": str(points), **more}
    return subprocess.run(
        [sys.executable, "-c", ARRIVE],
        cwd=cluster.CHECKOUT,
        env=surroundings,
        capture_output=True,
        text=True,
        check=False,
    )


def test_armed_point_kills_once_in_a_scratch_world(tmp_path: Path) -> None:
    (tmp_path / "here").touch()
    (tmp_path / "elsewhere").touch()

    first = arrive_at_a_point(tmp_path, CWF_SCRATCH="1", CWF_CRASH_POINTS=str(tmp_path))
    second = arrive_at_a_point(tmp_path, CWF_SCRATCH="1", CWF_CRASH_POINTS=str(tmp_path))

    assert (first.returncode, first.stdout) == (-signal.SIGKILL, "")
    assert (second.returncode, second.stdout) == (0, "alive\n")
    assert (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("kind", [{}, {"DEMO": "1"}, {"CWF_TESTING": "1"}, {"CWF_SCRATCH": "0"}])
def test_nothing_arms_a_point_outside_a_scratch_world(tmp_path: Path, kind: dict[str, str]) -> None:
    (tmp_path / "here").touch()

    came_by = arrive_at_a_point(tmp_path, CWF_CRASH_POINTS=str(tmp_path), **kind)

    assert (came_by.returncode, came_by.stdout) == (0, "alive\n")
    assert (tmp_path / "here").exists()
