"""What is printed: the result, the poster of a vote, the ballot; as PDF where the system can, else as pages."""

import importlib
import re
import zlib

import pytest
from django.conf import settings
from django.template.loader import render_to_string
from django.test import Client
from django.utils.html import escape

from cwf_portal.core import paper
from panels.presenters import who_may_vote
from panels.services import open_box, publish_result
from tests.unit.panels.views.test_voting import text_of

pytestmark = pytest.mark.django_db
# What WeasyPrint says when it draws a box instead of a letter: the glyph it takes for that is not number 0.
NO_LETTER = ".notdef glyph rendered"


@pytest.fixture
def pango() -> None:
    if not paper.can_make_pdf():
        pytest.skip("this system has no Pango")


def unpacked(pdf: bytes) -> bytes:
    """All its streams in the clear."""
    return b"".join(zlib.decompress(part) for part in re.findall(rb"FlateDecode.*?stream\n(.*?)\nendstream", pdf, re.S))


@pytest.fixture
def without_pango(monkeypatch):
    monkeypatch.setattr(paper, "_weasyprint", lambda: None)


def pages_of(round) -> list[tuple[str, str]]:
    """(page, its PDF) of a vote that is fixed."""
    here = f"/rounds/{round.pk}"
    return [(f"{here}/poster/", f"{here}/poster.pdf"), (f"{here}/paper/", f"{here}/paper.pdf")]


def test_pages_say_how_to_print_and_offer_a_pdf_where_there_is_one(round):
    for page, pdf in pages_of(round):
        read, offered = text_of(Client().get(page)), Client().get(pdf)
        if paper.can_make_pdf():
            assert f'href="{pdf}"' in read
            assert (offered.status_code, offered["Content-Type"]) == (200, "application/pdf")
        else:
            assert "this computer cannot make that file for you" in read
            assert offered["Location"] == page


def test_without_pango_the_pages_serve_and_say_so(round, without_pango):
    for page, pdf in pages_of(round):
        read = text_of(Client().get(page))
        assert "this computer cannot make that file for you" in read
        assert pdf not in read
        assert Client().get(pdf)["Location"] == page
    large = Client().get(f"/rounds/{round.pk}/paper.pdf?print=large")["Location"]
    assert large == f"/rounds/{round.pk}/paper/?print=large"
    with pytest.raises(paper.PaperError, match="makes no PDF"):
        paper.pdf_of("panels/vote_poster.html", {})


def test_the_poster_says_where_who_and_until_when(round):
    read = text_of(Client().get(f"/rounds/{round.pk}/poster/"))
    for words in (round.title, "People of 16 and over", "until", f"http://testserver/rounds/{round.pk}/vote/", "<svg"):
        assert words in read


def test_nothing_is_printed_of_a_vote_that_is_not_fixed(world):
    round = world.round_for_ideas()
    for page, pdf in [
        *pages_of(round),
        (f"/rounds/{round.pk}/result/poster/", f"/rounds/{round.pk}/result/poster.pdf"),
    ]:
        assert [Client().get(page).status_code, Client().get(pdf).status_code] == [404, 404]


@pytest.mark.usefixtures("pango")
def test_the_result_is_one_tagged_sheet_that_is_laid_out_once(world, box, monkeypatch):
    publish_result(by=world.chair, round=open_box(by=world.chair, round=box, keys=world.keys))
    first = Client().get(f"/rounds/{box.pk}/result/poster.pdf")
    content = first.content
    assert content.startswith(b"%PDF-")
    plain = unpacked(content)
    assert len(re.findall(rb"/Type ?/Page\b", plain)) == 1
    for part in (b"/StructTreeRoot", b"/MarkInfo", b"(en-GB)", b"pdfuaid:part", b"/Alt"):
        assert part in plain
    monkeypatch.setattr(paper, "_laid_out", lambda html: pytest.fail("laid out again"))
    assert Client().get(f"/rounds/{box.pk}/result/poster.pdf").content == content


@pytest.mark.usefixtures("pango")
def test_the_ballot_is_printed_with_fonts_that_have_all_its_letters(round, caplog):
    plain = unpacked(Client().get(f"/rounds/{round.pk}/paper.pdf?print=large").content)

    assert re.search(rb"/BaseFont ?/\w+\+Noto-Naskh-Arabic", plain)
    assert re.search(rb"/BaseFont ?/\w+\+Noto-Sans-Bengali", plain)
    assert NO_LETTER not in caplog.text


@pytest.mark.usefixtures("pango")
@pytest.mark.parametrize("language", ["pl", "ur", "bn"])
def test_fonts_for_paper_have_every_letter_of_a_language(language, caplog):
    text = "".join(sorted(set((settings.BASE_DIR / f"locale/{language}/django.po").read_text(encoding="utf-8"))))
    page = f'<html lang="{language}"><title>T</title><p>{escape(text)}</p><p><strong>{escape(text)}</strong></p>'
    paper._laid_out(page)
    assert NO_LETTER not in caplog.text

    paper._laid_out(page + "<p>\uac00</p>")
    assert NO_LETTER in caplog.text


@pytest.mark.usefixtures("pango")
def test_a_page_to_print_fetches_nothing():
    html = '<html lang="en"><title>T</title><img src="http://169.254.169.254/" alt="A"><img src="file:///etc/passwd">'
    assert b"/Subtype /Image" not in paper._laid_out(html)


def test_what_is_a_sample_says_so_on_paper():
    assert "Sample: made up for the demo" in render_to_string("print.html", {"round": {"is_sample": True}})
    assert "Sample" not in render_to_string("print.html", {"round": {"is_sample": False}})


def test_a_missing_pango_is_noticed_and_not_a_fault(monkeypatch):
    def missing(name: str) -> None:
        raise OSError("cannot load library 'libpango-1.0-0'")

    monkeypatch.setattr(importlib, "import_module", missing)
    assert paper._weasyprint.__wrapped__() is None


def test_a_poster_says_when_the_vote_is_over(world, round):
    page = f"/rounds/{round.pk}/poster/"
    assert "no one person can open it" in text_of(Client().get(page))
    assert "This vote is over" not in text_of(Client().get(page))
    world.close(round)
    assert "This vote is over. Nobody can vote in it any more." in text_of(Client().get(page))


@pytest.mark.parametrize(
    ("pounds", "says"), [(10_000, "who tell us that they live in"), (10_001, "you can vote first, and show it until")]
)
def test_who_may_vote_is_told_by_what_the_money_asks_for(round, pounds, says):
    round.budget_pence = pounds * 100
    assert says in who_may_vote(round)
