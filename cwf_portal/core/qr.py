"""A text as a picture that a phone can read."""

import segno
from django.utils.safestring import SafeString, mark_safe


def qr_code(text: str, title: str) -> SafeString:
    """The text as a picture that a phone can read, without any style of its own."""
    code = segno.make(text, error="m", micro=False)
    drawn = code.svg_inline(
        scale=4, border=2, svgclass="cwf-qr", lineclass=None, title=title, dark="#000", light="#fff"
    )
    return mark_safe(drawn)  # noqa: S308 - drawn by us from our own text
