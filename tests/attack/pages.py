"""What a page offers: its links, and its forms with their fields."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

Attributes = dict[str, str]


@dataclass
class Form:
    """A form of a page: where it leads, and its fields as they stand; `fields` has name, kind and value of each."""

    action: str
    method: str
    fields: list[tuple[str, str, str]] = field(default_factory=list)


class Page(HTMLParser):
    """The links and forms of a page; addresses are paths with their query, from this site alone."""

    def __init__(self, address: str, text: str) -> None:
        super().__init__()
        self.address = address
        self.links: list[str] = []
        self.forms: list[Form] = []
        self._form: Form | None = None
        self._select = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "a" and "href" in given:
            self._note_link(given["href"])
        elif tag == "form":
            self._form = Form(self._here(given.get("action", "")) or self.address, given.get("method", "get").lower())
            self.forms.append(self._form)
        elif tag == "select":
            self._select = given.get("name", "")
        elif self._form is not None:
            self._note_field(tag, given)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = ""

    def _note_field(self, tag: str, given: Attributes) -> None:
        assert self._form is not None
        if tag == "option" and self._select:
            self._form.fields.append((self._select, "select", given.get("value", "")))
        elif tag in {"input", "button", "textarea"} and given.get("name"):
            kind = tag if tag != "input" else given.get("type", "text")
            self._form.fields.append((given["name"], kind, given.get("value", "")))

    def _note_link(self, href: str) -> None:
        if address := self._here(href):
            self.links.append(address)

    def _here(self, href: str) -> str:
        parts = urlsplit(urljoin(self.address, href))
        if parts.scheme or parts.netloc:
            return ""
        return parts.path + (f"?{parts.query}" if parts.query else "")
