"""Pages for residents are written so that a child of ten or eleven can read them, without the fund's own jargon."""

import re

import pytest
from django.conf import settings
from django.template.loader import render_to_string
from django.utils.html import strip_tags

PAGES = [
    "core/page_about.html",
    "core/page_accessibility.html",
    "core/page_cookies.html",
    "core/page_vote_secrecy.html",
    "account/account_inactive.html",
    "404.html",
    "429.html",
    "403_csrf.html",
    "500.html",
    "503.html",
]
# Never said to residents; see the words in the design.
JARGON = re.compile(
    r"\b(left behind|least first|merkle|knapsack|quorum|tranche|envelope|accountable body|resolution"
    r"|verification|equal shares|greedy|dormant assets?|authenticat\w+|credentials|submit\w*)\b",
    re.IGNORECASE,
)
RESIDENT_FOLDERS = ("account", "components")
HARDEST_GRADE = 6.5  # Flesch-Kincaid: years of school, about age eleven


def text_of(name):
    """The words of the page's own part, one sentence or list item per line."""
    page = render_to_string(name, {"site_name": "Community Wealth Fund"})
    body = page.split('id="main-content"', 1)[1].split(">", 1)[1].split("<footer")[0]
    parts = re.sub(r"</(h1|h2|p|li|dt|dd)>", ".\n", body)
    return re.sub(r"[ \t]+", " ", strip_tags(parts))


def syllables(word):
    """Groups of vowels, less a silent last e: near enough for an average over a page."""
    groups = len(re.findall(r"[aeiouy]+", word))
    return max(groups - (word.endswith("e") and not word.endswith("le")), 1)


def school_years(text):
    """The Flesch-Kincaid grade of `text`."""
    sentences = [part for part in re.split(r"[.!?:]\s", text + " ") if re.search(r"[a-z]", part, re.IGNORECASE)]
    words = re.findall(r"[a-z’']+", " ".join(sentences).lower())
    return 0.39 * len(words) / len(sentences) + 11.8 * sum(map(syllables, words)) / len(words) - 15.59


@pytest.mark.parametrize("name", PAGES)
def test_page_for_residents_is_easy_to_read(name):
    assert school_years(text_of(name)) <= HARDEST_GRADE


@pytest.mark.parametrize("name", PAGES)
def test_page_for_residents_has_no_jargon(name):
    assert JARGON.findall(text_of(name)) == []


def test_sign_in_has_no_jargon():
    root = settings.BASE_DIR / "templates"
    found = {
        str(file.relative_to(root)): words
        for folder in RESIDENT_FOLDERS
        for file in (root / folder).rglob("*.*")
        if (words := JARGON.findall(re.sub(r"{[{%#].*?[}%#]}|<[^>]*>", " ", file.read_text())))
    }
    assert found == {}


def test_the_measure_tells_hard_from_easy():
    hard = "Verification of residential eligibility necessitates authoritative documentary corroboration. "
    assert school_years("The cat sat on the mat. It was a good day. ") < 3
    assert school_years(hard) > 12
