"""What we install is pinned by hash, and from wherever the machine's own settings say."""

import ast
import json
import re
import tomllib

import pytest

from tests.support.cluster import CHECKOUT

NAME = re.compile(r"^([A-Za-z0-9._-]+)")
ADDRESS = re.compile(r"https?:|file:|--(extra-)?index-url|--find-links|--trusted-host")


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def requirements(text: str) -> dict[str, str]:
    """Name → its whole entry, of a lock in pip's format."""
    joined = text.replace("\\\n", " ")
    entries = [line for line in joined.splitlines() if line and not line.startswith(("#", " "))]
    return {normal(NAME.match(entry)[0]): entry for entry in entries}


@pytest.mark.parametrize("lock", ["requirements.lock", "cwf_portal/embedded/node.lock"])
def test_every_python_package_is_pinned_with_hashes_and_no_address(lock):
    text = (CHECKOUT / lock).read_text(encoding="utf-8")
    unpinned = [
        name for name, entry in requirements(text).items() if "==" not in entry or "--hash=sha256:" not in entry
    ]
    addresses = [line for line in text.splitlines() if ADDRESS.search(line) and not line.startswith("#")]
    assert (unpinned, addresses) == ([], [])


def test_lock_holds_whatever_pyproject_asks_for():
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = project["dependencies"] + [name for extra in project["optional-dependencies"].values() for name in extra]
    locked = requirements((CHECKOUT / "requirements.lock").read_text(encoding="utf-8"))
    assert [name for name in wanted if normal(NAME.match(name)[0]) not in locked] == []


def test_npm_lock_has_hashes_and_no_address():
    lock = json.loads((CHECKOUT / "package-lock.json").read_text(encoding="utf-8"))
    packages = {path: entry for path, entry in lock["packages"].items() if path}
    assert [path for path, entry in packages.items() if "integrity" not in entry or "resolved" in entry] == []


def test_bootstrap_can_be_read_by_an_older_python():
    source = (CHECKOUT / "cwf_portal" / "embedded" / "bootstrap.py").read_text(encoding="utf-8")
    assert ast.parse(source, feature_version=(3, 7)).body
