"""Somebody who follows every link and sends every form, and what was wrong with the answers.

In this process, on a database that is thrown away: so what each answer wrote to the database can be seen as well.
"""

import re
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.urls import Resolver404, resolve

from cwf_portal.core.models import User
from tests.attack.pages import Form, Page
from tests.support.sessions import sign_in

# Addresses of one kind that one person opens, and forms of one kind that they send.
OF_ONE_KIND = 3
ELSEWHERE = "https://evil.example/"
SERVER_ERROR, REFUSED, NOT_ALLOWED, FOUND = 500, 403, 405, 300
# What moves the clock, breaks the bank or changes who one is belongs to the demo, not to the portal.
NOT_OURS = re.compile(r"^/(demo|static)/|^/account/(logout|login/passkey)/")
WRITES = re.compile(r"^\s*(?:WITH\b.*\b)?(INSERT INTO|UPDATE|DELETE FROM)\s+\"?(\w+)", re.IGNORECASE | re.DOTALL)
# A session may begin at any page; allauth writes down whose an address is when its owner first looks at it.
MAY_BE_WRITTEN = {"django_session", "account_emailaddress"}
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


@dataclass(frozen=True)
class Finding:
    """Something that an answer must never be."""

    who: str
    asked: str
    what: str


@dataclass
class Spider:
    """One person, or nobody, with what they found; `tries` is what each field of a form is filled with in turn."""

    who: str
    user: User | None
    tries: list[Callable[[str, str], Any]]
    findings: list[Finding] = field(default_factory=list)
    opened: dict[str, int] = field(default_factory=dict)
    forms: list[tuple[str, Form]] = field(default_factory=list)
    sent: int = 0

    def __post_init__(self) -> None:
        self.client = Client(raise_request_exception=False)
        self.strict = Client(raise_request_exception=False, enforce_csrf_checks=True)
        if self.user:
            sign_in(self.client, self.user)
            sign_in(self.strict, self.user)
        self._kinds: Counter[str] = Counter()
        self._kinds_sent: Counter[str] = Counter()

    def walk(self, *starts: str) -> None:
        """Follow links from `starts`, each kind of page a few times."""
        waiting, seen = deque(starts), set(starts)
        while waiting:
            address = waiting.popleft()
            page = self._open(address)
            if page is None:
                continue
            for link in page.links:
                if link not in seen and self._is_wanted(link, self._kinds):
                    seen.add(link)
                    waiting.append(link)
            self.forms += [(address, form) for form in page.forms if form.method == "post"]

    def send(self) -> None:
        """Send every form that was seen, each kind of form a few times."""
        for address, form in self.forms:
            if self._is_wanted(form.action, self._kinds_sent):
                self._send_all(address, form)

    def look_at(self, address: str) -> int:
        """The status that this person gets at an address that somebody else was shown."""
        return self._get(address).status_code

    def _is_wanted(self, address: str, counted: Counter[str]) -> bool:
        if NOT_OURS.match(address):
            return False
        try:
            kind = resolve(urlsplit(address).path).view_name
        except Resolver404:
            self._note(f"GET {address}", "leads nowhere")
            return False
        counted[kind] += 1
        return counted[kind] <= OF_ONE_KIND

    def _open(self, address: str) -> Page | None:
        response = self._get(address)
        self.opened[address] = response.status_code
        if not response.get("Content-Type", "").startswith("text/html") or response.status_code >= FOUND:
            return None
        return Page(urlsplit(address).path, response.content.decode())

    def _get(self, address: str) -> HttpResponse:
        asked = f"GET {address}"
        with written() as tables:
            response = self.client.get(address)
        if changed := sorted(tables - MAY_BE_WRITTEN):
            self._note(asked, f"a GET wrote to {', '.join(changed)}")
        self._judge(asked, response)
        return response

    def _send_all(self, address: str, form: Form) -> None:
        without = self.strict.post(form.action, {})
        if without.status_code not in {REFUSED, NOT_ALLOWED}:
            self._note(f"POST {form.action}", f"answered {without.status_code} without a token")
        for fill in self.tries:
            values: dict[str, Any] = dict(parse_qsl(urlsplit(address).query))
            for name, kind, value in form.fields:
                filled = fill(kind, value)
                if filled is not None:
                    values[name] = filled
            self.sent += 1
            response = self.client.post(form.action, values | {"next": ELSEWHERE})
            self._judge(f"POST {form.action} {fill.__name__}", response)

    def _judge(self, asked: str, response: HttpResponse) -> None:
        if response.status_code >= SERVER_ERROR and response.get("Retry-After") is None:
            self._note(asked, f"answered {response.status_code}")
        if urlsplit(response.get("Location", "")).netloc not in {"", "testserver"}:
            self._note(asked, f"leads to {response['Location']}")
        policy = response.get("Content-Security-Policy", "")
        if "frame-ancestors 'none'" not in policy or "unsafe-inline" in policy or "default-src" not in policy:
            self._note(asked, f"its policy is {policy!r}")
        self._judge_headers(asked, response)

    def _judge_headers(self, asked: str, response: HttpResponse) -> None:
        for name, value in HEADERS.items():
            if response.get(name) != value:
                self._note(asked, f"{name} is {response.get(name)!r}")
        kept = response.get("Cache-Control", "")
        if kept.startswith("public") and response.cookies:
            self._note(asked, f"sets {', '.join(response.cookies)} on a page that caches keep")
        if self.user and not kept.startswith("public") and "no-store" not in kept:
            self._note(asked, f"may be kept by a cache: {kept!r}")

    def _note(self, asked: str, what: str) -> None:
        finding = Finding(self.who, asked, what)
        if finding not in self.findings:
            self.findings.append(finding)


DICE = Random(1)


@contextmanager
def written() -> Iterator[set[str]]:
    """The tables that were written to meanwhile, rolled back or not."""
    tables: set[str] = set()

    def look(execute: Callable[..., Any], statement: str, *rest: Any) -> Any:
        if found := WRITES.match(statement):
            tables.add(found[2])
        return execute(statement, *rest)

    with connection.execute_wrapper(look):
        yield tables


def nothing(kind: str, value: str) -> str | None:
    """A form of which only what is hidden was sent."""
    return value if kind == "hidden" else None


def as_it_stands(kind: str, value: str) -> str:
    """What the page itself would send, all boxes ticked."""
    return value


def unlikely(kind: str, value: str) -> Any:
    """What is no answer to any question."""
    if kind == "file":
        return SimpleUploadedFile("../../photo.jpg", b"\xff\xd8\xff" + DICE.randbytes(200), "image/jpeg")
    return DICE.choice(STRANGE)


def too_long(kind: str, value: str) -> str:
    """More than any field takes."""
    return "9" * 70_000 if kind != "hidden" else value


def of_hidden(kind: str, value: str) -> str:
    """What a page hides is not what it hid."""
    return DICE.choice(STRANGE) if kind == "hidden" else value


STRANGE = (
    "\x00", "a\x00b", "'; DROP TABLE core_user; --", "<script>alert(1)</script>", "=HYPERLINK(1)", "-1", "0", "1e400",
    "NaN", "Infinity", "9" * 40, "٣", "½", "🏠", "\u202eabc", "\ud7ff", "true", "[]", "{}", "%00", "../../etc/passwd",
    "0001-01-01", "9999-12-31", "2026-02-30", "24:61", " ", "\r\nX-Injected: 1", "＋441632960001",
)  # fmt: skip
TRIES = [nothing, unlikely, too_long, of_hidden, as_it_stands]
