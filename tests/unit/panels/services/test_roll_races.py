"""Showing where one lives and the voters' list, raced with real threads and connections."""

from functools import partial

from panels.models import Residence
from panels.services import declare_residence, judge_place
from tests.unit.panels.builders import World, person
from tests.unit.panels.services.test_races import at_once
from tests.unit.panels.services.test_residence import details


def test_judges_at_once_settle_it_once(committed_db):
    """Without the lock of the residence neither of two sees the other, and it stays open."""
    world = World(residents=1)
    homes = [
        declare_residence(by=person(), neighbourhood=world.place, details=details(address=f"{number} New Road"))
        for number in range(4)
    ]
    for home in homes:
        tasks = [
            partial(judge_place, by=judge, question=home.place_question, neighbourhood=world.place, reason="I know it.")
            for judge in world.members[:2]
        ]
        at_once(tasks)
    assert set(Residence.objects.filter(pk__in=[home.pk for home in homes]).values_list("placed_by", flat=True)) == {
        "people"
    }
