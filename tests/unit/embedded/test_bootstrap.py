"""Set-up says what is missing and which command mends it, and does nothing twice."""

import sys
from collections import namedtuple
from pathlib import Path

import pytest

from cwf_portal.embedded import bootstrap

Version = namedtuple("Version", "major minor micro releaselevel serial")


def program(folder: Path, name: str, text: str = "exit 0") -> Path:
    file = folder / name
    file.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    file.chmod(0o755)
    return file


@pytest.fixture
def lonely(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH with nothing on it but what the test puts there, an empty home, and no root."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name, value in {"PATH": str(folder), "HOME": str(tmp_path), "PLAYWRIGHT_BROWSERS_PATH": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setattr(bootstrap.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(bootstrap, "VAR", tmp_path / "var")
    return folder


def test_too_old_python_names_the_command(lonely, monkeypatch):
    monkeypatch.setattr(sys, "version_info", Version(3, 9, 2, "final", 0))
    with pytest.raises(SystemExit) as ended:
        bootstrap.use_a_new_enough_python()
    assert "this is 3.9. Run: sudo apt install python3.11" in str(ended.value)


def test_too_old_python_goes_on_in_a_newer_one(lonely, monkeypatch):
    program(lonely, "python3.12")
    gone_to = []
    monkeypatch.setattr(sys, "version_info", Version(3, 9, 2, "final", 0))
    monkeypatch.setattr(bootstrap.os, "execv", lambda path, argv: gone_to.append(path) or sys.exit())
    with pytest.raises(SystemExit):
        bootstrap.use_a_new_enough_python()
    assert gone_to == [str(lonely / "python3.12")]


def test_python_without_venv_names_its_package(lonely, monkeypatch):
    monkeypatch.setattr(bootstrap, "try_venv", lambda: False)
    with pytest.raises(bootstrap.SetupError, match=r"Run: sudo apt install python3\.\d+-venv"):
        bootstrap.create_venv()


def test_python_without_venv_gets_its_package_as_root(lonely, monkeypatch):
    program(lonely, "apt-get")
    tries, installed = iter([False, True]), []
    monkeypatch.setattr(bootstrap, "try_venv", lambda: next(tries))
    monkeypatch.setattr(bootstrap.os, "geteuid", lambda: 0)
    monkeypatch.setattr(bootstrap, "apt_install", installed.append)
    bootstrap.create_venv()
    assert installed == ["python{}.{}-venv".format(*sys.version_info)]


@pytest.mark.parametrize(("version", "is_taken"), [("v20.19.0", True), ("v24.1.0", True), ("v20.18.9", False)])
def test_node_on_path_is_taken_when_new_enough(lonely, monkeypatch, version, is_taken):
    program(lonely, "node", f"echo {version}")
    npm = program(lonely, "npm")
    monkeypatch.setattr(bootstrap, "pip", lambda *arguments: None)
    folder, command = bootstrap.find_node()
    assert ((folder, command) == (lonely, [str(npm)])) is is_taken


def test_chromium_named_by_the_environment_comes_first(lonely, monkeypatch):
    program(lonely, "chromium")
    monkeypatch.setenv("CHROMIUM", str(program(lonely, "mine")))
    assert bootstrap.find_chromium() == str(lonely / "mine")


def test_chromium_named_wrongly_is_said(lonely, monkeypatch):
    monkeypatch.setenv("CHROMIUM", "/nowhere/chromium")
    with pytest.raises(bootstrap.SetupError, match="CHROMIUM names /nowhere/chromium"):
        bootstrap.find_chromium()


def test_chromium_of_playwright_is_found(lonely, tmp_path):
    own = tmp_path / "chromium-1200" / "chrome-linux"
    own.mkdir(parents=True)
    assert bootstrap.find_chromium() == ""
    program(own, "chrome")
    assert bootstrap.find_chromium() == str(own / "chrome")


def test_chromium_missing_names_the_command(lonely):
    with pytest.raises(bootstrap.SetupError, match="Run: sudo apt install chromium"):
        bootstrap.find_or_install_chromium()


def test_step_that_fails_shows_why(lonely, capsys):
    with pytest.raises(bootstrap.SetupError, match="npm ci failed, see above. Once mended, run again: make setup"):
        bootstrap.run([str(program(lonely, "npm", "echo no space left; exit 3"))], "npm ci", lonely)
    assert "no space left" in capsys.readouterr().err


def test_stamp_is_fresh_only_for_the_same_content(tmp_path):
    source, stamp = tmp_path / "a.lock", tmp_path / "new" / "stamp"
    source.write_text("1")
    wanted = bootstrap.digest([source])
    assert not bootstrap.is_fresh(stamp, wanted)
    bootstrap.mark(stamp, wanted)
    assert bootstrap.is_fresh(stamp, wanted)
    source.write_text("2")
    assert not bootstrap.is_fresh(stamp, bootstrap.digest([source]))
