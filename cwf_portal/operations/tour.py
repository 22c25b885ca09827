"""A picture of every kind of page that each role can reach from its home, at a phone's and a desk's width."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page
from playwright.sync_api import Error as BrowserError

WIDTHS = {320: 640, 1280: 900}
NUMBERS = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|E[0-9]{8}|[0-9]+")
OPEN_PAGES = ("/", "/places/", "/map/", "/ranking/", "/constituencies/", "/about/", "/how-your-vote-stays-secret/")
NO_PICTURE = ("/static/", "/account/logout/", "/api/")
MOST_PAGES = 25
# The links of a drawing have no plain href.
WHOLE_ADDRESSES = "links => links.map(link => new URL(link.getAttribute('href'), document.baseURI).href)"
REFUSED_FROM = 400
DOWNLOAD = "Download is starting"
VISITOR = "visitor"


@dataclass(frozen=True)
class Sight:
    """One page as one role saw it at one width.

    Attributes:
        problem: What is wrong with it at a glance; empty for a page that came and fits.
    """

    role: str
    path: str
    width: int
    problem: str = ""


@dataclass(frozen=True)
class Tour:
    """A walk through a running portal.

    Attributes:
        browser: A started Chromium.
        address: Of the portal, without a slash at the end.
        out: Folder of the pictures.
    """

    browser: Browser
    address: str
    out: Path

    def walk(self, roles: list[str]) -> Iterator[Sight]:
        """Every kind of page once per role, at both widths, open pages first."""
        for role in (VISITOR, *roles):
            context = self.browser.new_context()
            yield from self._look_around(context.new_page(), role)
            context.close()

    def _enter(self, page: Page, role: str) -> list[str]:
        """Sign in where the role has an account; returns the pages to begin with."""
        if role == VISITOR:
            return list(OPEN_PAGES)
        page.goto(f"{self.address}/demo/sign-in/{role}/")
        page.get_by_role("button", name=re.compile("^Sign in as ")).click()
        return [urlsplit(page.url).path]

    def _look_around(self, page: Page, role: str) -> Iterator[Sight]:
        waiting = self._enter(page, role)
        seen = {_kind(path) for path in waiting}
        for number in range(1, MOST_PAGES + 1):
            if not waiting:
                return
            path = waiting.pop(0)
            try:
                answer = page.goto(self.address + path)
            except BrowserError as error:
                if DOWNLOAD not in error.message:
                    raise
                continue
            status = answer.status if answer else 0
            for width, height in WIDTHS.items():
                page.set_viewport_size({"width": width, "height": height})
                yield self._picture(page, name=f"{role}-{number:02d}", status=status, sight=Sight(role, path, width))
            for link in self._links(page):
                if _kind(link) not in seen:
                    seen.add(_kind(link))
                    waiting.append(link)

    def _picture(self, page: Page, *, name: str, status: int, sight: Sight) -> Sight:
        page_name = re.sub(r"[^a-z0-9]+", "-", sight.path.lower()).strip("-") or "start"
        page.screenshot(path=self.out / f"{name}-{page_name[:50]}-{sight.width}.png", full_page=True)
        return replace(sight, problem=_problem(page, status))

    def _links(self, page: Page) -> list[str]:
        """Paths of this portal that the page leads to, in the order of the page, without downloads."""
        found: list[str] = page.eval_on_selector_all("main a[href], nav a[href]", WHOLE_ADDRESSES)
        paths = [urlsplit(link).path for link in found if link.startswith(self.address)]
        return [path for path in paths if path.endswith("/") and not path.startswith(NO_PICTURE)]


def _kind(path: str) -> str:
    """Pages that differ only in which place or row they show are of one kind."""
    return NUMBERS.sub("#", path)


def _problem(page: Page, status: int) -> str:
    if status >= REFUSED_FROM:
        return f"status {status}"
    wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if wider > 0:
        return f"{wider} px too wide"
    if page.locator("h1").count() != 1:
        return f"{page.locator('h1').count()} main headings"
    return ""
