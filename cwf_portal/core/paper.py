"""Pages as tagged PDF files, where the system has Pango; elsewhere people print the page itself."""

import importlib
from base64 import b64encode
from functools import cache as once
from hashlib import sha256
from types import ModuleType
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.template.loader import render_to_string

from cwf_portal.core.errors import DomainError
from cwf_portal.core.turns import OneAtATime

VARIANT = "pdf/ua-1"  # tagged, with a title and a language, so that it can be read aloud
STYLE = "print/paper.css"
# Letters that the system's fonts may not have: the files that set-up took from npm packages, and how pages name them.
FONTS = {"noto-naskh-arabic-arabic": "Noto Naskh Arabic", "noto-sans-bengali-bengali": "Noto Sans Bengali"}
WEIGHTS = (400, 700)
KEPT_SECONDS = 3600
_one_at_a_time = OneAtATime()  # laying out a page is work for one processor; the fonts are shared


class PaperError(DomainError):
    """No PDF can be made here."""


@once
def _weasyprint() -> ModuleType | None:
    """Loaded when somebody prints for the first time: it takes most of a second."""
    try:
        return importlib.import_module("weasyprint")
    except (ImportError, OSError):  # the latter where Pango is missing
        return None


@once
def _style() -> str:
    return (settings.BASE_DIR / "static" / STYLE).read_text(encoding="utf-8")


@once
def _fonts() -> str:
    """Each font as part of the style itself, so that laying out a page opens no address.

    Where set-up made none, it made no catalogues either: such a portal speaks English only.
    """
    folder = settings.VAR_DIR / "assets" / "fonts"
    files = [
        (folder / f"{file}-{weight}-normal.woff2", name, weight) for file, name in FONTS.items() for weight in WEIGHTS
    ]
    return "".join(
        f'@font-face{{font-family:"{name}";font-weight:{weight};src:url("data:font/woff2;base64,'
        f'{b64encode(path.read_bytes()).decode()}") format("woff2")}}'
        for path, name, weight in files
        if path.exists()
    )


def can_make_pdf() -> bool:
    """Whether this computer makes PDF files."""
    return _weasyprint() is not None


def pdf_of(template: str, context: dict[str, Any]) -> bytes:
    """A template that extends `layout`, as PDF; the same content is laid out once an hour.

    Raises:
        PaperError: the system has no Pango.
        BusyError: many pages are being laid out at this moment.
    """
    if not can_make_pdf():
        raise PaperError("This computer makes no PDF files.", mend="Print the page itself.")
    html = render_to_string(template, context | {"layout": "print.html"})
    key = f"pdf:{sha256((html + _style()).encode()).hexdigest()}"
    made: bytes | None = cache.get(key)
    if made is None:
        made = _laid_out(html)
        cache.set(key, made, KEPT_SECONDS)
    return made


def _laid_out(html: str) -> bytes:
    tool: Any = _weasyprint()
    with _one_at_a_time.turn():
        fetches_nothing = tool.URLFetcher(allowed_protocols=[])  # everything stands in the page
        known = importlib.import_module("weasyprint.text.fonts").FontConfiguration()
        ours = tool.URLFetcher(allowed_protocols=["data"])
        fonts = tool.CSS(string=_fonts(), url_fetcher=ours, font_config=known)
        style = tool.CSS(string=_style(), url_fetcher=fetches_nothing)
        page = tool.HTML(string=html, url_fetcher=fetches_nothing)
        content: bytes = page.write_pdf(pdf_variant=VARIANT, stylesheets=[fonts, style], font_config=known)
        return content
