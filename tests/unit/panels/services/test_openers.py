"""The process that stands by to open boxes, each in a child of its own."""

import os
import resource
import signal

import pytest

from panels.errors import PanelError
from panels.services.openers import StandingOpener
from panels.services.opening import run_opener
from tests.unit.panels.domain.test_opening import request, sealed_box


@pytest.fixture
def opener():
    with StandingOpener() as standing:
        yield standing


def test_standing_opener_opens_many_boxes_as_one_process_each_does(opener):
    few, many = request(sealed_box([(0, 1), (2,)])), request(sealed_box([(1,)] * 300))

    assert opener(few) == run_opener(few)
    assert opener(many).ballots == ((1,),) * 300
    assert opener(few) == run_opener(few)


def test_standing_opener_goes_on_after_a_box_that_does_not_open_and_names_no_ballot(opener):
    good, box = request(sealed_box([(0,)])), sealed_box([(0,), (1,), (2,)])
    unordered = request(box[::-1])

    with pytest.raises(PanelError) as refusal:
        opener(unordered)

    assert all(sealed not in str(refusal.value) for sealed in unordered.sealed)
    assert opener(good).ballots == ((0,),)


def test_standing_opener_that_was_killed_says_so(opener):
    good = request(sealed_box([(0,)]))
    opener(good)
    os.kill(opener._process.pid, signal.SIGKILL)
    opener._process.wait()

    with pytest.raises(PanelError, match="could not be opened"):
        opener(good)


def test_standing_opener_ends_with_its_block():
    with StandingOpener() as opener:
        opener(request(sealed_box([(0,)])))
    assert opener._process.returncode == 0


def test_no_core_dump_of_an_opener_can_hold_a_key(opener):
    """Neither now nor later: the hard limit is gone with the soft one, and its children have both from it."""
    opener(request(sealed_box([(0,)])))

    assert resource.prlimit(opener._process.pid, resource.RLIMIT_CORE) == (0, 0)
