"""Who was shown which kind of page: found by sending everybody to what anybody saw, held by a reviewed table."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from django.urls import resolve

from tests.attack.spider import Spider

TABLE = Path(__file__).with_name("audience.txt")
SHOWN = 200
EVERYBODY, SIGNED_IN = "everybody", "everybody who signed in"
Audience = dict[str, set[str]]


def seen_by(spiders: Sequence[Spider]) -> Audience:
    """For each kind of page, who was shown one of those that anybody saw: also of others’ objects, not only theirs.

    The first of the spiders is nobody.
    """
    audience: Audience = {}
    for address in sorted({address for spider in spiders for address in spider.opened}):
        kind = resolve(urlsplit(address).path).view_name
        shown = {spider.who for spider in spiders if (spider.opened.get(address) or spider.look_at(address)) == SHOWN}
        audience[kind] = audience.get(kind, set()) | shown
    everybody = frozenset(spider.who for spider in spiders)
    known = {everybody: {EVERYBODY}, everybody - {spiders[0].who}: {SIGNED_IN}}
    return {kind: known.get(frozenset(shown), shown) for kind, shown in audience.items() if shown}


def write_table(audience: Mapping[str, set[str]]) -> None:
    """Keep what was found as reviewed."""
    lines = [f"{kind}: {', '.join(sorted(shown))}\n" for kind, shown in sorted(audience.items())]
    TABLE.write_text("".join(lines), encoding="utf-8")


def differences(audience: Mapping[str, set[str]]) -> list[str]:
    """Where what was found is not what was reviewed."""
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    reviewed = {kind: set(names.split(", ")) for kind, _, names in (line.partition(": ") for line in lines)}
    kinds = sorted(reviewed.keys() | audience.keys())
    changed = [kind for kind in kinds if audience.get(kind) != reviewed.get(kind)]
    return [f"{kind}: {_names(audience.get(kind))} instead of {_names(reviewed.get(kind))}" for kind in changed]


def _names(shown: set[str] | None) -> str:
    return ", ".join(sorted(shown)) if shown else "nobody"
