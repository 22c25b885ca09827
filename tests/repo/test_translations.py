"""Whoever chose a language reads no English on the way of a vote, and nothing that is not meant."""

import gettext
import io
import re
import string

import pytest

from cwf_portal.core.languages import ONLY_ENGLISH, offered
from cwf_portal.embedded.catalogues import CatalogueError, Entry, compiled, form_count, read_catalogue
from panels.ballot_words import SAID_BY_SCRIPTS
from tests.support import translations

LANGUAGES = ("pl", "ur", "bn")
FORMS = {"pl": 3, "ur": 2, "bn": 2}
PLACEHOLDERS = re.compile(r"%\(\w+\)s|%d|{\w+}|<[^>]+>")


def entries_of(language: str) -> list[Entry]:
    file = translations.CHECKOUT / "locale" / language / "django.po"
    return read_catalogue(file.read_text(encoding="utf-8"), language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_says_all_that_its_pages_say_and_nothing_else(language: str):
    entries = entries_of(language)
    have = {entry.source: entry.plural for entry in entries[1:]}
    wanted = translations.wanted()

    assert form_count(entries) == FORMS[language]
    assert [entry.source for entry in entries if not entry.is_whole(FORMS[language])] == []
    assert {source: plural for source, plural in wanted.items() if have.get(source) != plural} == {}
    assert sorted(set(have) - set(wanted)) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_stands_in_a_sentence_stands_in_its_translation(language: str):
    """A number, a name or a link is neither lost nor misspelled. One of a thing may leave its number out."""
    wrong = []
    for entry in entries_of(language)[1:]:
        whole = set(PLACEHOLDERS.findall(entry.plural or entry.source))
        for number, said in entry.forms.items():
            found = set(PLACEHOLDERS.findall(said))
            least = set(PLACEHOLDERS.findall(entry.source)) if entry.plural and number == 0 else whole
            if not least <= found <= whole:
                wrong.append(said)
        if any(said.strip() != said for said in entry.forms.values()) and entry.source.strip() == entry.source:
            wrong.append(entry.source)

    assert wrong == []


@pytest.mark.parametrize("name", translations.TEMPLATES)
def test_no_template_of_the_way_says_anything_unmarked(name: str):
    assert translations.bare_text(name) == []


def test_the_search_for_unmarked_text_finds_some():
    assert "Back to the start" in translations.bare_text_of('<a href="/">Back to the start</a>')
    assert "Send it" in translations.bare_text_of('{% button "Send it" %}')
    assert "Menu" in translations.bare_text_of('<nav aria-label="Menu"></nav>')


def test_scripts_of_a_ballot_say_only_what_is_translated():
    folder = translations.CHECKOUT / "static" / "js"
    said = {
        sentence
        for name in ("ballot.js", "seal.js")
        for sentence in re.findall(r'say\(\s*"([^"]+)"', (folder / name).read_text(encoding="utf-8"))
    }

    assert said == set(SAID_BY_SCRIPTS)


def test_only_languages_with_a_whole_catalogue_are_offered():
    assert set(offered()) == {"en-gb", *LANGUAGES}
    assert set(ONLY_ENGLISH) == {*LANGUAGES, "cy"}


@pytest.mark.parametrize(
    ("number", "said"), [(1, "1 punkt"), (2, "2 punkty"), (5, "5 punktów"), (12, "12 punktów"), (22, "22 punkty")]
)
def test_polish_counts_in_three_forms(number: int, said: str):
    catalogue = gettext.GNUTranslations(io.BytesIO(compiled(entries_of("pl"))))

    assert catalogue.ngettext("{points} point", "{points} points", number).format(points=number) == said


def test_no_sign_of_a_catalogue_is_broken():
    """No sign that stands for one lost on the way, and no formatting sign left over from another text."""
    odd = {"\ufffd", "\ufeff", "\u202e", "\u202d"}
    for language in LANGUAGES:
        for entry in entries_of(language):
            assert not odd & set("".join(entry.forms.values())), entry.source
            if "{" in entry.source:
                names = [name for said in entry.forms.values() for _, name, _, _ in string.Formatter().parse(said)]
                assert names


@pytest.mark.parametrize(
    "broken",
    [
        'msgid "a"\nmsgstr "b"\n\nmsgid "a"\nmsgstr "c"\n',
        'msgid "a\nmsgstr "b"\n',
        'msgctxt "x"\nmsgid "a"\nmsgstr "b"\n',
    ],
)
def test_a_catalogue_that_cannot_be_read_is_refused_with_its_name(broken: str):
    with pytest.raises(CatalogueError, match="pl"):
        read_catalogue(broken, "pl")
