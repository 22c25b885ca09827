"""Before money is approved or released, a person whose sign-in is old shows again that it is them."""

import re
import time
from urllib.parse import urlencode

import pytest
from django.contrib.messages import get_messages
from django.http import HttpResponse
from django.test import Client
from django.urls import path, reverse

from cwf_portal.core import fresh
from cwf_portal.core.access import SignedInRequest, requires
from cwf_portal.core.models import OutgoingMessage, User
from cwf_portal.core.permissions import Permission
from cwf_portal.urls import urlpatterns as portal_urls
from tests.support.sessions import sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]
done: list[str] = []


@requires(Permission.CAST_BALLOT, fresh=True)
def spend(request: SignedInRequest) -> HttpResponse:
    if request.method == "POST":
        if request.POST["amount"] == "nothing":
            return HttpResponse("refused", status=400)
        done.append(request.POST["amount"])
    return HttpResponse("the page")


urlpatterns = [path("spend/", spend), *portal_urls]


@pytest.fixture(autouse=True)
def _nothing_done() -> None:
    done.clear()


@pytest.fixture
def ada(sample_user) -> User:
    return sample_user("ada@example.org")


def code() -> str:
    return re.search(r"^(\d{4}-\d{4})$", OutgoingMessage.objects.latest("pk").body, re.MULTILINE)[1]


def page_of(answer) -> str:
    return answer.content.decode()


def test_whoever_has_just_signed_in_is_not_asked_again(client: Client, ada: User) -> None:
    assert page_of(sign_in(client, ada).post("/spend/", {"amount": "5"})) == "the page"
    assert done == ["5"]


def test_an_old_sign_in_is_asked_and_what_was_sent_is_done_once_afterwards(
    client: Client, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(client, ada)
    later = time.time() + fresh.FRESH_SECONDS + 1
    monkeypatch.setattr(fresh.time, "time", lambda: later)

    asked = client.post("/spend/", {"amount": "5"})
    assert (asked.status_code, done) == (302, [])
    assert asked.url.startswith(reverse("core:confirm-identity"))
    assert "Send me a code" in page_of(client.get(asked.url))
    client.post(asked.url)
    assert "We sent a code to <strong>ada@example.org" in page_of(client.get(asked.url))
    answer = client.post(asked.url, {"code": code()})

    assert (page_of(answer), done) == ("the page", ["5"])
    assert client.post("/spend/", {"amount": "6"}).status_code == 200


def test_a_page_only_looked_at_opens_after_the_code(client: Client, ada: User) -> None:
    client.force_login(ada)
    asked = client.get("/spend/")
    client.post(asked.url)

    assert client.post(asked.url, {"code": code().replace("-", " ")}).url == "/spend/"


def test_what_is_refused_afterwards_is_shown_on_its_own_page(client: Client, ada: User) -> None:
    client.force_login(ada)
    asked = client.post("/spend/", {"amount": "nothing"})
    client.post(asked.url)

    assert client.post(asked.url, {"code": code()}).url == "/spend/"


@pytest.mark.parametrize("begun", [["/spend/?page=2"], ["/home/", "/spend/"]])
def test_what_could_not_be_sent_on_is_not_done_and_said_not_to_be(client: Client, ada: User, begun: list[str]) -> None:
    """It stands on one page of a list, or another tab sent something since: allauth drops it without a word."""
    client.force_login(ada)
    client.post(begun[-1], {"amount": "5"})
    asked = f"{reverse('core:confirm-identity')}?{urlencode({'next': begun[0]})}"
    client.post(asked)
    answer = client.post(asked, {"code": code()})

    assert (answer.url, done) == (begun[0], [])
    said = [str(message) for message in get_messages(answer.wsgi_request)]
    assert said == ["Thank you. What you had sent was not done yet: send it once more."]


def test_what_was_left_is_not_done_when_its_page_is_opened_later(client: Client, ada: User) -> None:
    client.force_login(ada)
    client.post("/spend/", {"amount": "5"})
    asked = client.get("/spend/")
    client.post(asked.url)

    assert (client.post(asked.url, {"code": code()}).url, done) == ("/spend/", [])


def test_a_wrong_code_is_said_and_three_end_it(client: Client, ada: User) -> None:
    client.force_login(ada)
    asked = client.post("/spend/", {"amount": "5"})
    client.post(asked.url)
    right = code()
    wrong = "0000-0000" if right != "0000-0000" else "1111-1111"

    answers = [client.post(asked.url, {"code": wrong}) for _ in range(3)]
    late = client.post(asked.url, {"code": right})

    assert [answer.status_code for answer in answers] == [400, 400, 400]
    assert "This code is not right." in page_of(answers[0])
    assert "This code no longer works." in page_of(late)
    assert done == []


def test_a_code_ends_after_a_quarter_of_an_hour_and_with_the_next_one(
    client: Client, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.force_login(ada)
    asked = client.post("/spend/", {"amount": "5"})
    client.post(asked.url)
    first = code()
    client.post(asked.url)
    replaced = client.post(asked.url, {"code": first})
    second = code()
    later = time.time() + fresh.CODE_SECONDS + 1
    monkeypatch.setattr(fresh.time, "time", lambda: later)
    old = client.post(asked.url, {"code": second})

    assert first == second or "This code is not right." in page_of(replaced)
    assert "This code no longer works." in page_of(old)
    assert done == []


@pytest.mark.parametrize("typed", ["", "abc", "１２３４-５６７８", "1" * 500, "\x00"])
def test_anything_else_typed_is_refused_in_words(client: Client, ada: User, typed: str) -> None:
    client.force_login(ada)
    asked = client.post("/spend/", {"amount": "5"})
    client.post(asked.url)

    answer = client.post(asked.url, {"code": typed})

    assert answer.status_code == 400
    assert "error-summary" in page_of(answer)
    assert done == []


def test_the_code_is_nowhere_in_the_session(client: Client, ada: User) -> None:
    client.force_login(ada)
    client.post(reverse("core:confirm-identity"))

    assert code().replace("-", "") not in str(dict(client.session))


def test_somebody_who_has_not_signed_in_signs_in(client: Client) -> None:
    assert client.post("/spend/", {"amount": "5"}).url.startswith("/account/login/")
    assert done == []
