"""Makes of each `locale/<language>/django.po` the catalogue that Django reads, in `var/locale`.

Django's own command needs the program msgfmt, which a fresh machine has not. Only a catalogue that is whole is made: a
language with a sentence missing is not offered, so nobody reads a page that is half in theirs. The standard library
only: set-up runs it before anything else is there.
"""

import ast
import os
import shutil
import struct
import sys
from dataclasses import dataclass, field
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent.parent
SOURCES = CHECKOUT / "locale"
VAR = Path(os.environ.get("CWF_VAR", str(CHECKOUT / "var")))
MAGIC = 0x950412DE


class CatalogueError(Exception):
    """A catalogue cannot be read; the sentence names the file and the line."""


@dataclass
class Entry:
    """One sentence: in English, its English plural where it has one, and its forms in the other language."""

    source: str = ""
    plural: str = ""
    forms: dict[int, str] = field(default_factory=dict)
    is_fuzzy: bool = False

    def is_whole(self, form_count: int) -> bool:
        """Whether somebody has said all forms of it and is sure of them."""
        wanted = range(form_count) if self.plural else (0,)
        return not self.is_fuzzy and all(self.forms.get(number) for number in wanted)


def read_catalogue(text: str, name: str = "catalogue") -> list[Entry]:
    """The entries of a `.po` file, its head (with an empty source) first.

    Raises:
        CatalogueError: a line is none of those that we use, or a sentence stands twice.
    """
    entries: list[Entry] = []
    entry, key = Entry(), ""
    for number, line in enumerate(text.splitlines(), start=1):
        line = line.strip()
        if not line or line.startswith("#"):
            if key.startswith("msgstr"):
                entries.append(entry)
                entry, key = Entry(), ""
            entry.is_fuzzy |= line.startswith("#,") and "fuzzy" in line
            continue
        if not line.startswith('"'):
            key, _, line = line.partition(" ")
        try:
            _add(entry, key, ast.literal_eval(line.strip()))
        except (ValueError, SyntaxError) as error:
            raise CatalogueError(f"{name}, line {number}: {error}") from None
    if key:
        entries.append(entry)
    sources = [entry.source for entry in entries]
    if twice := {source for source in sources if sources.count(source) > 1}:
        raise CatalogueError(f"{name}: twice: {sorted(twice)[0]!r}")
    return entries


def _add(entry: Entry, key: str, text: str) -> None:
    if key == "msgid":
        entry.source += text
    elif key == "msgid_plural":
        entry.plural += text
    elif key == "msgstr" or key.startswith("msgstr["):
        number = int(key[7:-1] or 0) if key != "msgstr" else 0
        entry.forms[number] = entry.forms.get(number, "") + text
    else:
        raise ValueError(f"unknown word {key!r}")


def form_count(entries: list[Entry]) -> int:
    """How many forms a number can ask for, as the head says (`nplurals=3`)."""
    head = entries[0].forms[0]
    return int(head.partition("nplurals=")[2].partition(";")[0])


def compiled(entries: list[Entry]) -> bytes:
    """The entries in GNU's binary form: two tables of lengths and offsets, sorted by source, and the texts."""
    texts = {
        entry.source + (f"\0{entry.plural}" if entry.plural else ""): "\0".join(
            entry.forms[number] for number in sorted(entry.forms)
        )
        for entry in entries
    }
    pairs = sorted((source.encode(), said.encode()) for source, said in texts.items())
    count, at = len(pairs), 28 + 16 * len(pairs)
    tables, body = [b"", b""], b""
    for column in (0, 1):
        for pair in pairs:
            tables[column] += struct.pack("<II", len(pair[column]), at + len(body))
            body += pair[column] + b"\0"
    return struct.pack("<7I", MAGIC, 0, count, 28, 28 + 8 * count, 0, 0) + b"".join(tables) + body


def compile_all(sources: Path, target: Path) -> list[str]:
    """Write every whole catalogue anew; returns the languages there are now.

    Raises:
        CatalogueError: one cannot be read.
    """
    made: dict[str, bytes] = {}
    for file in sorted(sources.glob("*/django.po")):
        entries = read_catalogue(file.read_text(encoding="utf-8"), str(file))
        if all(entry.is_whole(form_count(entries)) for entry in entries):
            made[file.parent.name] = compiled(entries)
    shutil.rmtree(target, ignore_errors=True)
    for language, content in made.items():
        folder = target / language / "LC_MESSAGES"
        folder.mkdir(parents=True)
        (folder / "django.mo").write_bytes(content)
    return list(made)


if __name__ == "__main__":
    try:
        compile_all(SOURCES, VAR / "locale")
    except CatalogueError as problem:
        sys.exit(str(problem))
