"""What a constraint or a lock guards about ideas, raced with real threads and connections."""

from functools import partial

from panels.models import IdeaSupport
from panels.services.ideas import support_idea
from tests.unit.panels.builders import World
from tests.unit.panels.services.test_races import at_once


def test_support_at_once_is_one(committed_db):
    """Without the constraint several find none yet, and one person counts more than once."""
    world = World(residents=2)
    idea = world.idea(world.round_for_ideas(), "Warm Halls")
    done = at_once([partial(support_idea, by=world.residents[1], proposal=idea)] * 8)

    assert {type(one) for one in done} == {IdeaSupport}
    assert IdeaSupport.objects.filter(proposal=idea).count() == 1
