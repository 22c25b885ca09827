from collections.abc import Iterator
from functools import partial
from zlib import crc32

import pytest

from panels.models import Round
from panels.services import open_box, run_opener
from panels.services.openers import StandingOpener
from tests.support.remembered import remembered
from tests.unit.panels.builders import World, taken_up, tell_box, tell_result, tell_shaped, tell_voting

# The furthest first.
BEGINNINGS = {
    "result": tell_result,
    "box": tell_box,
    "voting": tell_voting,
    "shaped": tell_shaped,
}


@pytest.fixture(autouse=True)
def _keys_folder(settings, tmp_path):
    """Private keys of tests never touch the checkout."""
    settings.KEYS_DIR = tmp_path / "keys"


@pytest.fixture(scope="session")
def standing_opener() -> Iterator[StandingOpener]:
    """Opens each box in a process of its own, as `run_opener` does, and has loaded all that it needs before."""
    with StandingOpener() as opener:
        yield opener


@pytest.fixture(autouse=True)
def _opener_stands_by(standing_opener, monkeypatch):
    """Whoever opens a box need not wait until an interpreter has started; `run_opener` has tests of its own."""
    assert open_box.__kwdefaults__["opener"] is run_opener
    monkeypatch.setitem(open_box.__kwdefaults__, "opener", standing_opener)


@pytest.fixture
def options() -> dict[str, object]:
    """Of the round that `shaped`, `voting` or `box` is: its ballot, its rule. A test is parametrized with others."""
    return {}


@pytest.fixture
def world(request, db, options) -> Iterator[World]:
    """A place with a panel; as far as the test asks for `shaped`, `voting`, `box` or `result`, its round too."""
    name = next((name for name in BEGINNINGS if name in request.fixturenames), "panel")
    tell = World if name == "panel" else partial(BEGINNINGS[name], **options)
    if options and name != "panel":
        name = f"{name}_{crc32(repr(sorted(options.items())).encode()):08x}"
    with remembered(name, tell) as world:
        yield taken_up(world)


@pytest.fixture
def shaped(world: World) -> Round:
    """A round with three projects and three keepers; ideas are closed, and it is not frozen yet."""
    assert world.told is not None
    return world.told


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
