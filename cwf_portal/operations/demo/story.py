"""The demo's six real places and their invented projects, as written in `story/places.json`."""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from cwf_portal.operations.acts.votes import Sketch
from neighbourhoods.models import Neighbourhood
from panels.services.idea_words import Wording

FOLDER = Path(__file__).resolve().parent.parent / "story"
JOINED = Sketch("Café in the Shop", "A café in the empty shop.", 0, 0, "meet")
REFUSED = Sketch("Mend Potholes", "Fill the holes in the road by the school.", 0, 0, "connect")
WHY_JOINED = "The first idea on the list has room for a café, so the two go together."
WHY_REFUSED = "Roads are the council's duty; we have passed the idea on."


@dataclass(frozen=True)
class StoryPlace:
    """One place of the story; `sketches` in the order in which residents put them forward."""

    slug: str
    name: str
    authority: str
    money_pounds: int
    sketches: tuple[Sketch, ...]

    @cached_property
    def neighbourhood(self) -> Neighbourhood:
        return Neighbourhood.objects.get(name=self.name, authority_2017__name=self.authority)


def story_places() -> dict[str, StoryPlace]:
    """The places by their slug."""
    rows = json.loads((FOLDER / "places.json").read_text(encoding="utf-8"))
    places = [
        StoryPlace(
            slug=row["slug"],
            name=row["name"],
            authority=row["authority"],
            money_pounds=row["money_pounds"],
            sketches=tuple(Sketch(**project) for project in row["projects"]),
        )
        for row in rows
    ]
    return {place.slug: place for place in places}


def story_words() -> dict[str, dict[str, Wording]]:
    """What ideas are called in other languages: by their English title, then by the language's code."""
    rows = json.loads((FOLDER / "words.json").read_text(encoding="utf-8"))
    return {title: {code: Wording(**words) for code, words in languages.items()} for title, languages in rows.items()}
