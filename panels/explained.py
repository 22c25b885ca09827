"""Why each project got what it got, in the language of the page.

A result is stored with its reasons in English, as they were published and signed; here those sentences are known again
by their patterns and said in another language. A test holds that nothing which `explain` says is unknown here.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_noop

from cwf_portal.core.figures_text import pounds
from cwf_portal.core.languages import as_written, is_english

MONEY, NUMBER, PLACE = r"£[\d,]+(?:\.\d\d)?", r"[\d,]+", r"\d+(?:st|nd|rd|th)"
KINDS = {
    "cost": MONEY, "left": MONEY, "part": MONEY, "least": MONEY, "most": MONEY, "held": MONEY, "missing": MONEY,
    "place": PLACE, "name": ".+?",
}  # fmt: skip
# "(s)" stands for an ending that English leaves out of one thing.
SENTENCES = (
    gettext_noop("fewer than {number}"),
    gettext_noop("more than {number}"),
    gettext_noop("not published"),
    gettext_noop("It came {place}."),
    gettext_noop("Funded: it needs {cost}, and that was there."),
    gettext_noop("Funded {place}: it needs {cost}, and {left} was still there."),
    gettext_noop("Funded {place} with {part} of {cost}, because {left} was left and it can start with {least}."),
    gettext_noop("Not funded: it needs {cost}, more than all the money there was."),
    gettext_noop("Not funded: it needs {cost}, and only one of it and {name} could be funded."),
    gettext_noop("Not funded: it needs {cost}, and {left} was left."),
    gettext_noop("Not funded: it needs {cost}, and {left} was left when its turn came."),
    gettext_noop("Not funded: it needs {cost}, and too little support stood behind it."),
    gettext_noop(
        "Not funded: it needs {cost}, and fewer than the {number} votes that a project needs stood behind it."
    ),
    gettext_noop(
        "Not funded: it needs {cost}, and fewer than the {number} points that a project needs stood behind it."
    ),
    gettext_noop("It can start with {least}, but only {left} was left in the end."),
    gettext_noop("It can start with {least}, but nothing was left in the end."),
    gettext_noop("It can start with {least}, but only one of it and {name} could be funded."),
    gettext_noop("It can start with {least}, but too little support stood behind it."),
    gettext_noop("It can start with {least}, but fewer than the {number} votes that a project needs stood behind it."),
    gettext_noop("It can start with {least}, but fewer than the {number} points that a project needs stood behind it."),
    gettext_noop("It can start with {least}, but what was left in the end went to {name}."),
    gettext_noop("It is among the first {number}."),
    gettext_noop("It is not among the priorities."),
    gettext_noop("It is not among the first."),
    gettext_noop("It is not among the first {number}."),
    gettext_noop("{number} of {all} voters chose it."),
    gettext_noop("{number} of {all} voters ranked it: {points} point(s)."),
    gettext_noop("{number} of {all} voters gave it points: {points} point(s)."),
    gettext_noop("It was paid from the money that was left at the end."),
    gettext_noop("Each of these voters paid up to {most} for it from an equal share."),
    gettext_noop("These voters had {held} of their shares left between them."),
    gettext_noop("These voters had {held} of their shares left between them, {missing} too little."),
    gettext_noop("A project needs {number} votes or more."),
    gettext_noop("A project needs {number} points or more."),
    gettext_noop("{number} more vote(s) would have been enough."),
    gettext_noop("{number} more vote(s) would have been enough for all of it."),
    gettext_noop("{number} more vote(s) would have been enough to start it."),
    gettext_noop("{number} more vote(s) would have been enough to start it, and {all} for all of it."),
    gettext_noop("{number} more point(s) would have been enough."),
    gettext_noop("{number} more point(s) would have been enough for all of it."),
    gettext_noop("{number} more point(s) would have been enough to start it."),
    gettext_noop("{number} more point(s) would have been enough to start it, and {all} for all of it."),
    gettext_noop("{number} more voter(s) who chose nothing else would have been enough."),
    gettext_noop("{number} more voter(s) who chose nothing else would have been enough for all of it."),
    gettext_noop("{number} more voter(s) who chose nothing else would have been enough to start it."),
    gettext_noop(
        "{number} more voter(s) who chose nothing else would have been enough to start it, and {all} for all of it."
    ),
)


def explained(text: str, names: Iterable[str] = ()) -> SafeString | str:
    """What was stored about a project, in the language of the page; where a sentence is unknown, all of it as it is.

    Args:
        text: one or more of `SENTENCES`, filled in.
        names: titles of the projects of this vote, which may be in the language of the page.
    """
    if is_english() or text.replace(",", "").isdigit() or not text:
        return text
    said, at = [], 0
    while at < len(text):
        found = next((match for _, known in _patterns() if (match := known.match(text, at))), None)
        if found is None:
            return as_written(text)
        said.append(_said(found, {str(name): name for name in names}))
        at = found.end()
    return SafeString(" ".join(said))


def _said(found: re.Match[str], names: Mapping[str, str]) -> SafeString:
    pattern = SENTENCES[int(str(found.lastgroup).removeprefix("sentence"))]
    values = {name: value for name, value in found.groupdict().items() if not name.startswith("sentence")}
    shown = {name: _shown(name, names.get(str(value), str(value))) for name, value in values.items()}
    return format_html(gettext(pattern), **shown) if shown else SafeString(gettext(pattern))


def _shown(name: str, value: str) -> SafeString | str:
    kind = KINDS.get(name, NUMBER)
    if kind == MONEY:
        whole, _, rest = value.removeprefix("£").replace(",", "").partition(".")
        return pounds(int(whole) * 100 + int(rest or 0))
    if kind == PLACE:
        return value.rstrip("stndrh")
    return value if kind == NUMBER else as_written(value)


@lru_cache(maxsize=1)
def _patterns() -> list[tuple[str, re.Pattern[str]]]:
    """Each sentence, the longest first, so that none is taken for the beginning of another."""
    numbered = sorted(enumerate(SENTENCES), key=lambda row: -len(row[1]))
    return [(sentence, _compiled(number, sentence)) for number, sentence in numbered]


def _compiled(number: int, sentence: str) -> re.Pattern[str]:
    plain = re.escape(sentence).replace(re.escape("(s)"), "s?")
    known = re.sub(r"\\{(\w+)\\}", lambda one: f"(?P<{one[1]}>{KINDS.get(one[1], NUMBER)})", plain)
    return re.compile(f"(?P<sentence{number}>{known})(?: |$)")
