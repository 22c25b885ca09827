"""A person at a browser: goes to pages, types, presses, and holds every page and state to the same standard."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ConsoleMessage, Locator, Page, Response, TimeoutError

from cwf_portal.core.models import User
from tests.support.portal import Portal

PATIENCE_MS = 30_000
AXE = Axe().axe_script
OUTLINE = "[document.querySelectorAll('h1').length, document.title, Boolean(document.getElementById('error-summary'))]"
VIOLATIONS = Path(__file__).with_name("violations.js").read_text(encoding="utf-8")
PHONE = {"width": 320, "height": 640}
DESK = {"width": 1280, "height": 900}
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def problems_of(page: Page) -> list[str]:
    """What is wrong with the page as it stands: its heading, title, width on a phone, and everything axe finds."""
    found = []
    headings, title, has_summary = page.evaluate(OUTLINE)
    if headings != 1:
        found.append(f"{headings} first-level headings")
    if not title.split(" – ")[0].strip():
        found.append("no title")
    if has_summary != title.startswith("Error: "):
        found.append("the title and the error summary disagree")
    if (too_wide := sideways(page)) > 0:
        found.append(f"{too_wide} pixels too wide on a phone")
    return found + axe_violations(page)


def sideways(page: Page) -> int:
    """By how many pixels the page is wider than a phone of 320 pixels."""
    before = page.viewport_size
    if before != PHONE:
        page.set_viewport_size(PHONE)
    excess: int = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    if before and before != PHONE:
        page.set_viewport_size(before)
    return excess


def comes(page: Page) -> None:
    """Wait for the page: a press returns when the next one begins to come, which may still be empty."""
    page.wait_for_load_state()
    with suppress(TimeoutError):
        page.wait_for_selector("h1", state="attached")


def axe_violations(page: Page) -> list[str]:
    """One line per rule of axe that the page breaks, once it has come, with the first elements that break it."""
    comes(page)
    if not page.evaluate("'axe' in window"):  # a page that was written, not navigated to
        page.evaluate(AXE)
    return [
        f"{rule['id']}: {rule['help']}: " + " ".join(node["html"][:160] for node in rule["nodes"][:3])
        for rule in page.evaluate(VIOLATIONS)
    ]


@dataclass
class Visitor:
    """Someone using the portal; after every step the page is checked (`problems_of`)."""

    page: Page
    portal: Portal
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.set_default_timeout(PATIENCE_MS)
        self.page.add_init_script(AXE)  # once to the browser, not once a page
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(f"script error: {error}"))

    def _hear(self, message: ConsoleMessage) -> None:
        # The browser also reports a 4xx answer here; which pages may answer so is for the test to say.
        if message.type in {"error", "warning"} and "the server responded with a status of" not in message.text:
            self.complaints.append(f"{message.type}: {message.text}")

    def is_signed_in_as(self, user: User) -> None:
        """Continue as `user`, without the sign-in pages."""
        cookie = self.portal.sign_in(user)
        self.page.context.add_cookies([{"name": cookie["name"], "value": cookie["value"], "url": cookie["url"]}])

    def goes_to(self, path: str, status: int = 200) -> Response:
        """Open the page at `path`, which must answer with `status`."""
        response = self.page.goto(self.portal.url + path)
        assert response is not None
        assert response.status == status, f"{path} answered {response.status}"
        self.finds_nothing_wrong()
        return response

    def types(self, label: str, text: str) -> None:
        """Fill in the field with the visible `label`."""
        self.page.get_by_label(label, exact=True).fill(text)

    def chooses(self, label: str) -> None:
        """Tick the box or button with the visible `label`."""
        self.page.get_by_label(label, exact=True).check()

    def presses(self, name: str) -> None:
        """Press the button that says `name`."""
        self._act(self.page.get_by_role("button", name=name, exact=True))

    def follows(self, name: str) -> None:
        """Follow the first link that says `name`."""
        self._act(self.page.get_by_role("link", name=name, exact=True).first)

    def submits(self, name: str) -> None:
        """Press the button that says `name` where scripts are off: the next page is there, but axe cannot run on it."""
        self._click(self.page.get_by_role("button", name=name, exact=True))

    def _act(self, target: Locator) -> None:
        self._click(target)
        self.finds_nothing_wrong()

    def _click(self, target: Locator) -> None:
        target.click()
        self.page.wait_for_load_state()

    def tabs_to(self, name: str, presses: int = 40) -> None:
        """Press Tab until the element with the text or value `name` has the focus, and see that the focus shows."""
        for _ in range(presses):
            self.page.keyboard.press("Tab")
            if self.page.evaluate("document.activeElement.textContent.trim()") == name:
                assert self.page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
                return
        raise AssertionError(f"{presses} presses of Tab did not reach {name!r}")

    def tabs_into(self, label: str, presses: int = 40) -> None:
        """Press Tab until the field with the visible `label` has the focus."""
        field = self.page.get_by_label(label, exact=True)
        for _ in range(presses):
            self.page.keyboard.press("Tab")
            if field.evaluate("element => element === document.activeElement"):
                return
        raise AssertionError(f"{presses} presses of Tab did not reach the field {label!r}")

    def tabs_and_types(self, **fields: str) -> None:
        """Fill in fields, by their visible labels and in their order on the page, with nothing but the keyboard."""
        for label, text in fields.items():
            self.tabs_into(label)
            self.page.keyboard.type(text)

    def tabs_and_presses(self, name: str) -> None:
        """Reach the link or button that says `name` with Tab, and press Enter."""
        self.tabs_to(name)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")
        self.page.wait_for_load_state()
        self.finds_nothing_wrong()

    def sees(self, *texts: str) -> None:
        """Every one of `texts` is on the page, or comes onto it while the browser still loads."""
        missing = [text for text in texts if not self._comes(text)]
        assert not missing, f"{missing} not on {self.page.url}:\n{self._shown()}"

    def does_not_see(self, *texts: str) -> None:
        """None of `texts` is on the page, which has come whole."""
        shown = self._shown()
        assert shown, f"nothing on {self.page.url}"
        assert not [text for text in texts if text in shown], shown

    def _comes(self, text: str) -> bool:
        # A press returns when the next page begins to come: its words may be a moment behind.
        if text in self._shown():
            return True
        with suppress(TimeoutError):
            self.page.locator("body", has_text=text).wait_for()
        return text in self._shown()

    def _shown(self) -> str:
        self.page.wait_for_load_state()
        return self.page.locator("body").inner_text()

    def finds_nothing_wrong(self) -> None:
        """The page as it stands, once it has come, meets the standard."""
        comes(self.page)
        found: Sequence[str] = [*problems_of(self.page), *self.complaints]
        assert not found, f"{self.page.url}:\n" + "\n".join(found)
