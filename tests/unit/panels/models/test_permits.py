"""What each phase declares, and that it is what the services ask for."""

import pytest

from panels.models import Act, Phase
from panels.models.phases import PERMITS

TABLE = {
    Act.PUT_FORWARD: "ideas",
    Act.SHAPE: "ideas shaping",
    Act.FREEZE: "shaping",
    Act.ENROL: "preparing ideas shaping frozen voting",
    Act.PREPARE_PAPER: "frozen voting",
    Act.CAST: "voting",
    Act.TAKE_IN_PAPER: "voting closed",
    Act.OPEN_BOX: "closed",
    Act.PUBLISH: "opened published certified",
    Act.READ_RESULT: "published certified",
    Act.ANNUL: "closed opened published certified",
    Act.NAME_AGAIN: "missed published certified annulled",
}


def test_every_phase_declares_what_it_permits():
    assert set(PERMITS) == set(Phase)
    assert set(TABLE) == set(Act)


@pytest.mark.parametrize("act", Act)
def test_an_act_is_permitted_in_these_phases_and_no_other(act):
    assert [phase.value for phase in Phase if phase.permits(act)] == TABLE[act].split()
