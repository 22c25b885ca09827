import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import brotli
import pytest
from django.conf import settings
from django.core import mail
from django.core.mail import EmailMessage
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import get_resolver
from django.utils.html import strip_tags
from django.utils.translation import get_language, override

from cwf_portal.core.figures_text import day_text, moment_text, pounds, pounds_short
from cwf_portal.core.languages import LanguageMiddleware, as_written, in_words
from cwf_portal.core.said import Pence, Place, Said

AT = datetime(2027, 5, 3, 16, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "day", "moment", "money"),
    [
        ("en-gb", "3 May 2027", "3 May 2027, 5:05pm", "£1,234.50"),
        ("pl", "3 maja 2027", "3 maja 2027, godz. 17:05", "£1\u00a0234,50"),
        ("ur", "3 مئی 2027", "3 مئی 2027، وقت 17:05", "\u200e£1,234.50\u200e\u200f"),
        ("bn", "3 মে 2027", "3 মে 2027, সময় 17:05", "£1,234.50"),
    ],
)
def test_days_times_and_money_are_written_as_the_language_does(language, day, moment, money):
    with override(language):
        assert (day_text(AT), moment_text(AT), pounds(123450)) == (day, moment, money)


@pytest.mark.parametrize(
    ("language", "rounded"),
    [
        ("en-gb", ["£1.2m", "£2bn", "£330,000"]),
        ("pl", ["£1,2 mln", "£2 mld", "£330\u00a0000"]),
        ("ur", ["\u200e£1.2\u200e\u200f ملین", "\u200e£2\u200e\u200f ارب", "\u200e£330,000\u200e\u200f"]),
        ("bn", ["£1.2 মিলিয়ন", "£2 বিলিয়ন", "£330,000"]),
    ],
)
def test_rounded_money_is_written_as_the_language_does(language, rounded):
    with override(language):
        assert [pounds_short(pence) for pence in (120_000_000, 200_000_000_000, 33_000_000)] == rounded


def test_a_sentence_is_said_again_with_its_money_and_places():
    dear = Said("Take some away: it is {excess} too much.", excess=Pence(1_200_000))
    gap = Said("You gave {later} place, but not {missing}.", later=Place(3), missing=Place(2))

    assert (dear, gap) == ("Take some away: it is £12,000 too much.", "You gave 3rd place, but not 2nd.")
    with override("pl"):
        assert in_words(dear) == "Usuń któryś wybór: to o £12\u00a0000 za dużo."
        assert in_words(gap) == "Jest miejsce 3, ale nie ma miejsca 2."


def test_what_people_wrote_is_marked_as_english_and_escaped():
    assert as_written("Hall & <Garden>") == "Hall & <Garden>"
    with override("ur"):
        assert as_written("Hall & <Garden>") == '<bdi lang="en-GB">Hall &amp; &lt;Garden&gt;</bdi>'
        assert in_words("A sentence nobody translated.") == '<bdi lang="en-GB">A sentence nobody translated.</bdi>'


@pytest.mark.django_db
def test_a_page_in_english_only_says_so_in_the_language_that_was_chosen(client: Client):
    page = client.get("/licences/?language=ur")
    again = client.get("/licences/").content.decode()

    assert page.cookies["language"].value == "ur"
    assert page.cookies["language"]["httponly"]
    assert '<html lang="en-GB" dir="ltr">' in again
    assert '<p class="cwf-languages govuk-width-container" lang="ur" dir="rtl">یہ صفحہ' in again
    assert get_language() == "en-gb"


@pytest.mark.django_db
@pytest.mark.parametrize("asked", ["cy", "xx", "../../etc", ""])
def test_a_language_that_is_not_offered_changes_nothing(client: Client, asked):
    page = client.get("/licences/", {"language": asked})

    assert "language" not in page.cookies
    assert "cwf-languages" not in page.content.decode()


@pytest.mark.django_db
def test_signing_in_its_mistakes_and_its_letter_are_in_the_language_that_was_chosen(client: Client):
    client.cookies["language"] = "pl"
    empty = client.post("/account/signup/", {"email": ""}).content.decode()
    wrong = client.post("/account/login/", {"login": "nobody"}).content.decode()
    client.post("/account/signup/", {"email": "ala@example.com"})
    letter = mail.outbox[-1]
    code = client.post("/account/confirm-email/", {"code": "0000-0000"}).content.decode()

    assert "<title>Błąd: Załóż konto" in empty
    assert "Wpisz swój adres e-mail" in empty
    assert "Wpisz adres e-mail w poprawnej postaci" in wrong
    assert (letter.subject, "Działa przez 15 minut." in letter.body) == ("Twój kod", True)
    assert "Ten kod się nie zgadza." in code


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["ur", "bn"])
def test_signing_in_and_out_and_changing_an_address_are_told_in_the_language_that_was_chosen(client: Client, language):
    client.cookies["language"] = language
    client.post("/account/signup/", {"email": f"{language}@example.com"})
    client.post("/account/confirm-email/", {"code": code_in(mail.outbox[-1])})
    pages = [
        client.get("/cookies/"),
        client.get("/account/email/"),
        client.post("/account/email/", {"action_add": "1"}),
    ]
    moved = {"email": f"new.{language}@example.com", "action_add": "1"}
    pages.append(client.post("/account/email/", moved, follow=True))
    pages.append(client.post("/account/confirm-email/", {"code": code_in(mail.outbox[-1])}, follow=True))
    out = client.post("/account/logout/", follow=True).content.decode()

    assert "You have signed out" not in out
    assert [english_in(page) for page in pages] == [[]] * len(pages)
    told = str(mail.outbox[-1].body)
    assert moved["email"] in told
    assert re.findall("[A-Za-z]{2,}", re.sub(r"\S+@\S+|https?://\S+|Community Wealth Fund", "", told)) == []


def code_in(letter: EmailMessage) -> str:
    """The code of a letter."""
    return re.findall(r"\d{4}-?\d{4}", str(letter.body))[0]


@pytest.mark.django_db
@pytest.mark.parametrize(("path", "names"), [("/about/", []), ("/accessibility/", ["WCAG", "AA"])])
@pytest.mark.parametrize("language", ["ur", "bn"])
def test_what_the_fund_is_and_whom_to_tell_are_in_the_language_that_was_chosen(client: Client, language, path, names):
    page = client.get(path, {"language": language})

    assert f'<html lang="{language}" dir="{"rtl" if language == "ur" else "ltr"}">' in page.content.decode()
    assert english_in(page) == names


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/account/login/", "/how-your-vote-stays-secret/"])
@pytest.mark.parametrize("language", ["pl", "ur", "bn"])
def test_the_first_page_of_a_stranger_is_as_light_in_every_language(client: Client, language, path):
    """As `test_weight` holds it in English."""
    static = Path(settings.STATIC_ROOT)
    page = brotli.compress(client.get(path, {"language": language}).content)
    sheet = brotli.compress((static / ("site-rtl.css" if language == "ur" else "site.css")).read_bytes())
    script = brotli.compress((static / "js/site.js").read_bytes())

    assert len(page) <= 5 * 1024
    assert len(page) + len(sheet) + len(script) <= 14 * 1024


@pytest.mark.parametrize(
    ("kept_by", "cookie", "said"),
    [
        ("public, max-age=300", False, "public, max-age=300"),
        ("", True, "private"),
        ("no-store", True, "no-store, private"),
    ],
)
def test_a_cache_that_many_share_is_never_handed_a_visitors_language(rf, kept_by, cookie, said):
    answer = HttpResponse("a photo", headers={"Cache-Control": kept_by} if kept_by else {})
    given = LanguageMiddleware(lambda _: answer)(rf.get("/", {"language": "ur"}))

    assert ("language" in given.cookies, given["Cache-Control"]) == (cookie, said)


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["ur", "bn"])
@pytest.mark.parametrize("status", [400, 403, 404, 500])
def test_what_goes_wrong_before_or_after_a_view_is_said_in_the_language_that_was_chosen(language, status):
    client = Client(enforce_csrf_checks=True)
    client.cookies["language"] = language
    page = GOES_WRONG[status](client)

    assert page.status_code == status
    assert f'lang="{language}" dir="{"rtl" if language == "ur" else "ltr"}"' in page.content.decode()
    assert english_in(page) == []


@pytest.mark.django_db
def test_what_goes_wrong_is_said_in_english_to_whoever_chose_nothing_or_sent_too_much(client: Client, settings):
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 1
    missing, both = client.get("/nowhere/"), client.get("/nowhere/?language=ur&a=b")
    unreadable = client.get("/how-your-vote-stays-secret/?language=ur&a=b")

    assert [page.status_code for page in (missing, both, unreadable)] == [404, 404, 400]
    assert "Page not found" in missing.content.decode()
    assert "We could not read that request" in unreadable.content.decode()


@pytest.mark.django_db
def test_what_was_tried_too_often_is_refused_in_the_language_that_was_chosen(client: Client, settings):
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"signup": "1/m/ip"}
    client.cookies["language"] = "ur"
    page = [client.post("/account/signup/", {"email": f"{name}@example.com"}) for name in ("ada", "ben")][-1]

    assert page.status_code == 429
    assert english_in(page) == []


def english_in(page: HttpResponse) -> list[str]:
    """Words of ours in English, after what says that it is English."""
    said = re.sub(r'<bdi lang="en-GB">.*?</bdi>', "", page.content.decode().partition('<body class="govuk-body">')[2])
    said = re.sub(r'<bdi lang="en-GB" dir="ltr">.*?</bdi>|<strong dir="ltr">.*?</strong>|[\w.]+@[\w.]+', "", said)
    said = re.sub(r"<nav.*?</nav>", "", said, count=1, flags=re.DOTALL)  # the languages, each named in itself
    return re.findall(r"[A-Za-z]{2,}", strip_tags(said).replace("Community Wealth Fund", ""))


def broken(client: Client) -> HttpResponse:
    """What a visitor reads when a view fails; no view of ours does."""
    request = RequestFactory().get("/")
    request.COOKIES["language"] = client.cookies["language"].value
    return get_resolver().resolve_error_handler(500)(request)


GOES_WRONG: dict[int, Callable[[Client], HttpResponse]] = {
    400: lambda client: client.get("/", headers={"host": "elsewhere.example"}),
    403: lambda client: client.post("/account/login/", {"login": "a"}),
    404: lambda client: client.get("/nowhere/"),
    500: broken,
}
