"""Languages: which there are, which one a visitor chose, and which pages speak it.

A page is in another language only where its view is marked `translated`, and then all of it. Every other page is in
English and says so, to people and to screen readers. The choice is an address (`?language=ur`), so that it works
without scripts, on old phones and from a poster, and a cookie that keeps it. Nobody's language is guessed.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import patch_cache_control
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import activate, get_language, gettext, override

from cwf_portal.core.errors import DomainError
from cwf_portal.core.figures_text import pounds
from cwf_portal.core.said import Named, Pence, Said, Written

ENGLISH = "en-gb"
PARAMETER = "language"
A_YEAR = 365 * 24 * 3600
RIGHT_TO_LEFT = frozenset({"ur"})
FULL_STOPS = {"ur": "۔", "bn": "।"}
# On a page that is in English only, to somebody who has chosen another language.
ONLY_ENGLISH = {
    "cy": "Dim ond yn Saesneg y mae’r dudalen hon.",
    "pl": "Ta strona jest na razie tylko po angielsku.",
    "ur": "یہ صفحہ ابھی صرف انگریزی میں ہے۔",
    "bn": "এই পাতাটি এখন শুধু ইংরেজিতে আছে।",
}

Answer = Callable[[HttpRequest], HttpResponse]
View = Callable[..., HttpResponseBase]


@dataclass(frozen=True)
class Language:
    """A language of the portal.

    Attributes:
        code: as Django has it.
        name: in itself.
    """

    code: str
    name: str

    @property
    def tag(self) -> str:
        """For `lang`."""
        return "en-GB" if self.code == ENGLISH else self.code

    @property
    def direction(self) -> str:
        """For `dir`."""
        return "rtl" if self.code in RIGHT_TO_LEFT else "ltr"

    @property
    def style_sheet(self) -> str:
        """The style sheet for its direction."""
        return "site-rtl.css" if self.direction == "rtl" else "site.css"


@lru_cache(maxsize=1)
def offered() -> Mapping[str, Language]:
    """English, and every language whose catalogue was whole at set-up, by code."""
    folders = {
        path.parent.parent.name for folder in settings.LOCALE_PATHS for path in folder.glob("*/LC_MESSAGES/*.mo")
    }
    return {code: Language(code, str(name)) for code, name in settings.LANGUAGES if code == ENGLISH or code in folders}


def besides_english() -> Mapping[str, Language]:
    """The languages into which somebody may put what was written in English, by code."""
    return {code: language for code, language in offered().items() if code != ENGLISH}


def language_now() -> Language:
    """The language of the page that is being made."""
    return offered().get(get_language() or ENGLISH, Language(ENGLISH, "English"))


def is_english() -> bool:
    """Whether the page that is being made is in English."""
    return language_now().code == ENGLISH


def translated(view: View) -> View:
    """All that this view shows is in every language of the portal; a test holds its templates to that."""
    view.is_translated = True  # type: ignore[attr-defined]
    return view


def chosen_language(request: HttpRequest) -> str:
    """The code of the language that the address or the cookie asks for; English where neither names one of ours."""
    for asked in (_asked_in_address(request), request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")):
        if asked in offered():
            return asked
    return ENGLISH


def _asked_in_address(request: HttpRequest) -> str:
    """What the address asks for; nothing where it cannot be read, since the page that says so asks too."""
    try:
        return request.GET.get(PARAMETER, "")
    except SuspiciousOperation:
        return ""


def is_translated(request: HttpRequest) -> bool:
    """Whether the page at this address is one that speaks every language."""
    match = getattr(request, "resolver_match", None)
    return bool(getattr(match and match.func, "is_translated", False))


def choices_on(request: HttpRequest) -> dict[str, Any]:
    """For the header: the other languages of this page with their addresses, or a sentence that it has none.

    A page that answers what was sent has no address of its own, so no language can be chosen there.
    """
    chosen = chosen_language(request)
    if not is_translated(request):
        said = ONLY_ENGLISH.get(chosen, "") if language_now().code == ENGLISH else ""
        return {"only_english": {"text": said, "in": offered()[chosen]} if said else None, "languages": []}
    if request.method != "GET" or len(offered()) == 1:
        return {"languages": []}
    query, now = request.GET.copy(), language_now().code
    links = []
    for language in offered().values():
        query[PARAMETER] = language.code
        links.append({"language": language, "href": f"?{query.urlencode()}", "is_here": language.code == now})
    return {"languages": links}


class LanguageMiddleware:
    """Makes the page in the chosen language, where it is one that speaks it, and remembers the choice."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with override(ENGLISH):  # ends whatever process_view begins
            response = self.get_response(request)
        asked = _asked_in_address(request)
        is_new = asked in offered() and asked != request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, ENGLISH)
        if is_new and "public" not in response.headers.get("Cache-Control", ""):
            self._keep(response, asked)
        return response

    def process_view(self, request: HttpRequest, view: View, *_: Any) -> None:
        """Before the view runs; what it raises is then said in the same language."""
        if getattr(view, "is_translated", False):
            activate(chosen_language(request))

    def _keep(self, response: HttpResponse, code: str) -> None:
        """A cache that many share must not hand one visitor's choice to others: what it may keep sets no cookie."""
        secure = not settings.PLAIN_HTTP
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME, code, max_age=A_YEAR, secure=secure, httponly=True, samesite="Lax"
        )
        patch_cache_control(response, private=True)


def in_this_language(text: str) -> str:
    """What people wrote, in the language of the page where somebody put it into that, else as it is."""
    return text.elsewhere.get(language_now().code, str(text)) if isinstance(text, Written) else text


def as_written(text: object) -> SafeString | str:
    """What people wrote, such as the title of a project: in English, and marked so on a page in another language.

    Where somebody put it into the language of the page, it is in that.
    """
    if isinstance(text, Written) and language_now().code in text.elsewhere:
        return in_this_language(text)
    if is_english() or not str(text):
        return text if isinstance(text, SafeString) else str(text)
    return format_html('<bdi lang="en-GB">{}</bdi>', text)


def in_words(text: object) -> SafeString | str:
    """A sentence of ours that comes from far below, such as a refusal; marked as English where it is not translated."""
    if isinstance(text, DomainError):
        parts = [part for part in (text.message, text.mend) if part]
        return str(text) if is_english() else format_html_join(" ", "{}", ((in_words(part),) for part in parts))
    if isinstance(text, SafeString):
        return text  # somebody has seen to it
    if isinstance(text, Said) and any(isinstance(value, Named) for value in text.values.values()):
        return _with_names(text)
    said = said_again(text)
    return as_written(text) if said == str(text) else SafeString(conditional_escape(said))


def told(pattern: str, **values: object) -> SafeString | str:
    """A sentence of ours in the language of the page, with what stands in its braces; names are marked as theirs."""
    return in_words(Said(pattern, **values))


def in_every_language(sentence: str, *, about: str = "") -> str:
    """A short sentence of ours in all languages of the portal, and after a colon what it is about.

    For subjects of letters: those are kept, and must not tell which language somebody reads.
    """
    said = " · ".join(_said_in(code, [sentence]) for code in offered())
    return f"{said}: {about}" if about else said


def paragraphs_in_every_language(*sentences: str, **values: object) -> str:
    """The text of a letter to somebody whose language nobody knows: a paragraph in each, English first."""
    return "\n\n".join(_said_in(code, sentences).format(**values) for code in offered())


def _said_in(code: str, sentences: Iterable[str]) -> str:
    with override(code):
        return " ".join(gettext(sentence) for sentence in sentences)


def as_code(text: object) -> SafeString | str:
    """A code, a fingerprint or an address: from left to right on every page."""
    if language_now().direction == "ltr" or not str(text):
        return text if isinstance(text, SafeString) else str(text)
    return format_html('<bdi dir="ltr">{}</bdi>', text)


def full_stop() -> str:
    """What ends a sentence in the language of the page."""
    return FULL_STOPS.get(language_now().code, ".")


def sentences(*parts: object) -> SafeString | str:
    """The parts one after another, a full stop between them."""
    stop = f"{full_stop()} "
    if any(isinstance(part, SafeString) for part in parts):
        return format_html_join(stop, "{}", ((part,) for part in parts))
    return stop.join(str(part) for part in parts)


def said_again(text: object) -> str:
    """The sentence in the language of the page, or as it is where that has none for it."""
    pattern = text.pattern if isinstance(text, Said) else str(text)
    said = gettext(pattern) if pattern else ""
    if is_english() or said == pattern or not isinstance(text, Said):
        return str(text) if said == pattern else said
    return said.format(**{name: _shown(value) for name, value in text.values.items()})


def _with_names(text: Said) -> SafeString | str:
    said = gettext(text.pattern)
    if is_english() or said == text.pattern:
        return as_written(str(text))
    shown = {name: as_written(value) if isinstance(value, Named) else value for name, value in text.values.items()}
    return format_html(said, **{name: _shown(value) for name, value in shown.items()})


def _shown(value: object) -> str:
    """Money as the language writes it; a place as its number."""
    if isinstance(value, SafeString):
        return value
    return pounds(value) if isinstance(value, Pence) else str(value)
