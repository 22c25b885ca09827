"""The published bundle of a round: one ZIP that is the same, byte for byte, whoever writes it and whenever.

What may be in it depends on how much of the count may be published: a fingerprint of few ballots would give them away
to anyone who tries all that are possible, so it is there only beside the ballots themselves.
"""

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from panels.domain import pabulib
from panels.domain.canonical import canonical_json, digest
from panels.domain.equal_shares import Utility
from panels.domain.tally import Completion, Method, Rule, count
from panels.domain.verifier import NAME, one_file
from panels.domain.verifier.checking import CANNOT
from panels.domain.verifier.reading import unpack
from panels.domain.verifier.signatures import Refused

PENCE_PER_POUND = 100
LABEL = b"cwf-bundle-v1"
FORMAT = "cwf-round-bundle-v1"
EPOCH = (1980, 1, 1, 0, 0, 0)  # a file of a ZIP must have a date; ours has none
READ_ME = """The published record of a vote of the Community Wealth Fund.

rules.json           what was fixed before the vote, as signed; rules.sig is the signature
log.txt              fingerprints of all entries of the public list; the first is that of the rules
heads/               the signed heads of that list, as they were published
opening.json         the opening of the box
reconciliation.json  how entries and ballots add up
result.json          the result
ballots.pb           all ballots, in the format of pabulib.org, where the rules allow it
manifest.json        fingerprints (SHA-256) of these files; manifest.sig is the portal's signature
portal.pub           the portal's key (Ed25519)

To check it, with nothing but Python 3.8 or later:

    python3 verify_round.py BUNDLE.zip

What no bundle can prove:
"""


@dataclass(frozen=True)
class BundleContents:
    """What goes into a bundle; tables are written as canonical JSON.

    Attributes:
        rules: the frozen rules as signed.
        rules_signature: 64 bytes.
        portal_key: 32 bytes, public.
        leaves: the public list, in its order.
        heads: (entries, signed note) of every published head.
        opening: which set was opened, by which keepers.
        reconciliation: how entries and ballots add up.
        result: winners, and votes as far as they may be published.
        ballots: the file of all ballots; None where it may not be published.
    """

    rules: bytes
    rules_signature: bytes
    portal_key: bytes
    leaves: list[bytes]
    heads: list[tuple[int, str]]
    opening: dict[str, Any]
    reconciliation: dict[str, Any]
    result: dict[str, Any]
    ballots: str | None


def write_bundle(contents: BundleContents, sign: Callable[[bytes], bytes]) -> bytes:
    """The ZIP, with a signed list of its files."""
    files = {
        "README.txt": (READ_ME + "".join(f"- {line}\n" for line in CANNOT)).encode(),
        NAME: one_file().encode(),
        "rules.json": contents.rules,
        "rules.sig": _hex_line(contents.rules_signature),
        "portal.pub": _hex_line(contents.portal_key),
        "log.txt": b"".join(_hex_line(leaf) for leaf in contents.leaves),
        "opening.json": canonical_json(contents.opening),
        "reconciliation.json": canonical_json(contents.reconciliation),
        "result.json": canonical_json(contents.result),
    }
    files |= {f"heads/{size:08}.txt": note.encode() for size, note in contents.heads}
    if contents.ballots is not None:
        files["ballots.pb"] = contents.ballots.encode()
    listed = {name: digest(content).hex() for name, content in files.items()}
    manifest = canonical_json({"format": FORMAT, "files": listed})
    return _zipped(files | {"manifest.json": manifest, "manifest.sig": _hex_line(sign(LABEL + manifest))})


def recount(data: bytes) -> list[str]:
    """The count once more by the portal's own code, where the bundle holds the ballots; says so.

    Raises:
        Refused: it gives another result than the one published.
    """
    files = unpack(data)
    if "ballots.pb" not in files:
        return []
    try:
        election = pabulib.read(files["ballots.pb"])
    except pabulib.PabulibError as error:
        raise Refused(f"The portal's own reader refuses the file of ballots: {error}.") from error
    how, result = json.loads(files["rules.json"])["counting"], json.loads(files["result.json"])
    method = Method(
        Rule(how["rule"]),
        Utility(how["utility"]),
        Completion(how["completion"]),
        at_least=how["at_least_votes"],
        most_winners=how.get("most_winners", 0),
    )
    outcome = count(election, method)
    spent = outcome.spent(election) * PENCE_PER_POUND == result["spent_pence"] * election.unit
    if [election.projects[place].id for place in outcome.winners] != result["winners"] or not spent:
        raise Refused("The portal's own count of these ballots gives another result.")
    return ["the portal's own, faster count gives the same result"]


def _zipped(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    # Stored, not compressed: versions of the compressor differ in their bytes.
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            item = zipfile.ZipInfo(name, EPOCH)
            item.create_system, item.external_attr = 3, 0o644 << 16
            archive.writestr(item, files[name])
    return out.getvalue()


def _hex_line(data: bytes) -> bytes:
    return data.hex().encode() + b"\n"
