"""Fixtures of the browser tests: a real Chromium looking at a real portal."""

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from cwf_portal.embedded.bootstrap import find_chromium
from tests.browser.visitor import DESK, FLAGS, PHONE, Visitor
from tests.support.portal import Portal


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests of this worker; each visitor has a context of their own.

    While Playwright runs, its loop stands in this thread and Django would refuse the tests' own queries; they make
    them between the browser's steps, never during one.
    """
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=find_chromium(), args=list(FLAGS))
        yield started
        started.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(autouse=True)
def _no_page_is_left_open(browser: Browser) -> Iterator[None]:
    """What a visitor had open is closed with the test."""
    yield
    for context in browser.contexts:
        context.close()


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
