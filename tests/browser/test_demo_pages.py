"""In the demo anyone can be one of its people, and read the emails that would have been sent."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache

import pytest
from playwright.sync_api import Browser

from cwf_portal.core.audit import acting
from cwf_portal.core.models import OutgoingMessage, User
from tests.browser.visitor import PHONE, Visitor
from tests.support import databases
from tests.support.portal import Portal, running


@pytest.fixture(scope="module")
def demo_server(
    redis_server: None, built_static: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[], Portal]]:
    """One demo for all tests here, started by the first: it looks at its database when it starts."""
    with ExitStack() as stack:
        folder = tmp_path_factory.mktemp("demo")
        yield cache(lambda: stack.enter_context(running(databases.OURS, folder, DEMO="1")))


@pytest.fixture
def visitor(browser: Browser, committed_db: str, demo_server: Callable[[], Portal]) -> Visitor:
    """Somebody with a phone who looks at the demo."""
    return Visitor(browser.new_context(viewport=PHONE).new_page(), demo_server())


def given_a_sample_person(name):
    with acting("system:test", "made for a test"):
        User.objects.create_user(
            "sam@example.org", full_name=name, is_sample=True, sample_slug="sam", sample_detail="Lives in Sheerness"
        )


def test_demo_person_is_one_press_away_and_every_page_says_demo(visitor):
    given_a_sample_person("Sam Sample")
    answer = visitor.goes_to("/demo/sign-in/")
    assert answer.header_value("x-robots-tag") == "noindex, nofollow"
    visitor.sees("Demo.", "Sam Sample", "Lives in Sheerness", "Sample")

    visitor.presses("Sign in as Sam Sample")
    visitor.sees("Hello, Sam Sample", "Demo.")


def test_demo_shows_the_code_that_it_would_have_sent(visitor):
    given_a_sample_person("Sam Sample")
    visitor.goes_to("/demo/messages/")
    visitor.sees("No message yet.")
    visitor.goes_to("/account/login/")
    visitor.types("Your email address", "sam@example.org")
    visitor.presses("Send me a code")

    visitor.goes_to("/demo/messages/")
    visitor.sees("Your sign-in code", "To sam@example.org", OutgoingMessage.objects.get().body.splitlines()[4])
