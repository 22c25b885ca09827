import gettext
from pathlib import Path

from cwf_portal.embedded.catalogues import compile_all

HEAD = (
    'msgid ""\nmsgstr ""\n'
    + '"Content-Type: text/plain; charset=UTF-8\\n"\n'
    + '"Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n\n'
)
WHOLE = HEAD + 'msgid "Vote"\nmsgstr "Głos"\n\nmsgid "one"\nmsgid_plural "{n}"\nmsgstr[0] "jeden"\nmsgstr[1] "wiele"\n'


def made(folder: Path, **catalogues: str) -> list[str]:
    for language, text in catalogues.items():
        (folder / "locale" / language).mkdir(parents=True)
        (folder / "locale" / language / "django.po").write_text(text, encoding="utf-8")
    return compile_all(folder / "locale", folder / "made")


def test_a_whole_catalogue_is_what_the_standard_library_reads(tmp_path):
    assert made(tmp_path, pl=WHOLE) == ["pl"]
    read = gettext.translation("django", tmp_path / "made", ["pl"])

    assert read.gettext("Vote") == "Głos"
    assert [read.ngettext("one", "{n}", number) for number in (1, 2)] == ["jeden", "wiele"]


def test_a_catalogue_with_a_gap_is_not_made(tmp_path):
    """Missing, not certain, a form too few: whoever chose it would read a page that is half in theirs."""
    missing = WHOLE.replace('"Głos"', '""')
    fuzzy = WHOLE.replace('msgid "Vote"', '#, fuzzy\nmsgid "Vote"')
    short = WHOLE.replace('msgstr[1] "wiele"\n', "")

    assert made(tmp_path, cy=missing, ur=fuzzy, bn=short, pl=WHOLE) == ["pl"]


def test_what_is_no_longer_there_is_taken_away(tmp_path):
    made(tmp_path, pl=WHOLE)
    (tmp_path / "locale" / "pl" / "django.po").unlink()

    assert compile_all(tmp_path / "locale", tmp_path / "made") == []
    assert not list((tmp_path / "made").rglob("*.mo"))
