"""The projects of a ballot as they stand on its page: each is written once for its rules, and kept by each process."""

from functools import lru_cache

from django.utils.html import format_html

from cwf_portal.core.figures_text import pounds
from cwf_portal.core.forms import Card, NumbersField, TicksField
from cwf_portal.core.languages import as_written, is_english, language_now, told
from cwf_portal.core.said import Named
from panels.ballot_presenters import notes_on, price_sentence
from panels.domain.ballot_paper import NAMING
from panels.domain.rules_sheet import FrozenProject, RulesSheet, draw_order

FIELD = "project"
BALLOTS_KEPT = 256  # of sixty projects at most, each with about a kilobyte


def cards_of(sheet: RulesSheet) -> tuple[Card, ...]:
    """A card for each project, in the order of the rules, which say all that stands on it but the words around it."""
    return _cards_of(sheet, language_now().code)


@lru_cache(maxsize=BALLOTS_KEPT)
def _cards_of(sheet: RulesSheet, language: str) -> tuple[Card, ...]:
    """In the language of the page that asks first: it is part of the key."""
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
    what = as_written(project.described)
    if language_now().code in project.in_languages:  # neighbours, posters and the result may call it by its own name
        what = format_html("{} {}", what, told("In English: {title}.", title=Named(project.title)))
    if not project.price_pence:
        return as_written(project.named), what
    price, around = pounds(project.price_pence), f"{price_sentence(project, years)}. {note}".strip()
    if is_english():
        return f"{project.title}: {price}", f"{project.what} {around}"
    return format_html("{}: {}", as_written(project.named), price), format_html("{} {}", what, around)
