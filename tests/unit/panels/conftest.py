from collections.abc import Iterator

import pytest

from panels.keys import PORTAL_KEY_FILE
from panels.models import Round
from tests.support.remembered import remembered
from tests.unit.panels.builders import World, tell_box, tell_result, tell_voting

BEGINNINGS = {"result": tell_result, "box": tell_box, "voting": tell_voting, "panel": World}  # the furthest first


@pytest.fixture(autouse=True)
def _keys_folder(settings, tmp_path):
    """Private keys of tests never touch the checkout."""
    settings.KEYS_DIR = tmp_path / "keys"


@pytest.fixture
def world(request, db, settings) -> Iterator[World]:
    """A place with a panel; as far as the test asks for, `voting`, `box` or `result` is a round of this world."""
    name = next((name for name in BEGINNINGS if name in request.fixturenames), "panel")
    with remembered(name, BEGINNINGS[name]) as world:
        if world.signing_key:
            settings.KEYS_DIR.mkdir(exist_ok=True)
            (settings.KEYS_DIR / PORTAL_KEY_FILE).write_bytes(world.signing_key)
        yield world


@pytest.fixture
def voting(world: World) -> Round:
    """A round in which the residents can vote now; nobody has."""
    assert world.told is not None
    return world.told


@pytest.fixture
def round(voting: Round) -> Round:
    return voting


@pytest.fixture
def box(world: World) -> Round:
    """Five of six residents voted, one of them twice; voting closed a minute ago."""
    assert world.told is not None
    return world.told


@pytest.fixture
def result(world: World) -> Round:
    """Its result was published two weeks ago."""
    assert world.told is not None
    return world.told
