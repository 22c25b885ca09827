"""The demo's own pictures: one for each kind of idea, marked sample, small enough to be shown."""

import pytest

from cwf_portal.core.pictures import SMALL, read_picture
from cwf_portal.operations.acts.votes import Sketch
from cwf_portal.operations.demo.drawings import SHAPES, draw
from panels.models import Proposal


def test_every_kind_of_idea_has_a_picture():
    assert set(SHAPES) == set(Proposal.Kind.values)


@pytest.mark.parametrize("kind", ["meet", "connect"])
def test_a_drawing_is_taken_like_any_photo_and_is_the_same_each_time(kind):
    sketch = Sketch("Corner Hub", "A hub.", 0, 0, kind)
    drawn = draw(sketch)
    assert drawn == draw(sketch)
    assert draw(Sketch("Other", "A hub.", 0, 0, kind)) != drawn, "the name and the mark stand in the picture"
    assert len(read_picture(drawn)[1].content) < SMALL.most_bytes
