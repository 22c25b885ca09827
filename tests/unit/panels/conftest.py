from collections.abc import Iterator

import pytest

from tests.support.remembered import remembered
from tests.unit.panels.builders import World


@pytest.fixture(autouse=True)
def _keys_folder(settings, tmp_path):
    """Private keys of tests never touch the checkout."""
    settings.KEYS_DIR = tmp_path / "keys"


@pytest.fixture
def world(db) -> Iterator[World]:
    with remembered("panel", World) as world:
        yield world
