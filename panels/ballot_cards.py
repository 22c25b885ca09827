"""The projects of a ballot as they stand on its page: each is written once for its rules, and kept by each process."""

from functools import lru_cache

from cwf_portal.core.figures_text import pounds
from cwf_portal.core.forms import Card, NumbersField, TicksField
from panels.ballot_presenters import notes_on, price_sentence
from panels.domain.ballot_paper import NAMING
from panels.domain.rules_sheet import FrozenProject, RulesSheet, draw_order

FIELD = "project"
BALLOTS_KEPT = 256  # of sixty projects at most, each with about a kilobyte


@lru_cache(maxsize=BALLOTS_KEPT)
def cards_of(sheet: RulesSheet) -> tuple[Card, ...]:
    """A card for each project, in the order of the rules. The rules say all that stands on it."""
    field = TicksField if sheet.ballot.kind in NAMING else NumbersField
    years, notes = sheet.content["years_covered"], notes_on(sheet.projects)
    texts = (
        (project.id, *_as_option(project, years, note)) for project, note in zip(sheet.projects, notes, strict=True)
    )
    return tuple(field.write(code, label=label, hint=hint, field=FIELD) for code, label, hint in texts)


def drawn_cards(sheet: RulesSheet, voter: int) -> list[Card]:
    """The cards in the order drawn for this voter."""
    cards = cards_of(sheet)
    return [cards[place] for place in draw_order(sheet.content["order_seed"], voter, len(cards))]


def _as_option(project: FrozenProject, years: int, note: str) -> tuple[str, str]:
    """Title with price; what it is, how the price comes about, and a note on it. A poll has no prices."""
    if not project.price_pence:
        return project.title, project.what
    hint = f"{project.what} {price_sentence(project, years)}. {note}".strip()
    return f"{project.title}: {pounds(project.price_pence)}", hint
