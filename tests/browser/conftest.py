"""Fixtures of the browser tests: a real Chromium looking at a real portal."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from cwf_portal.embedded.bootstrap import find_chromium
from tests.browser.visitor import DESK, FLAGS, PHONE, Visitor
from tests.support.portal import Portal


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> Iterator[Browser]:
    """Chromium, started anew for each test.

    While Playwright runs, its loop stands in this thread and Django would refuse the test's own queries; the test
    makes them between the browser's steps, never during one.
    """
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=find_chromium(), args=list(FLAGS))
        yield started
        started.close()


@pytest.fixture
def visitor(browser: Browser, portal: Portal) -> Visitor:
    """Somebody with a phone."""
    return Visitor(browser.new_context(viewport=PHONE, locale="en-GB").new_page(), portal)


@pytest.fixture
def visitor_at_a_desk(browser: Browser, portal: Portal) -> Visitor:
    """Somebody with a large screen."""
    return Visitor(browser.new_context(viewport=DESK, locale="en-GB").new_page(), portal)


@pytest.fixture
def visitor_without_scripts(browser: Browser, portal: Portal) -> Visitor:
    """Somebody whose browser runs no scripts."""
    context = browser.new_context(viewport=PHONE, locale="en-GB", java_script_enabled=False)
    return Visitor(context.new_page(), portal)
