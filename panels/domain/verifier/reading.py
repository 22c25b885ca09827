"""Reading a bundle as strictly as it is written: nothing in it says one thing to one reader and another to the next."""

from __future__ import annotations

import io
import json
import re
import struct
import zipfile
import zlib
from typing import Any, Dict, List, Tuple

from panels.domain.verifier.signatures import Refused, Unreadable

Files = Dict[str, bytes]
MOST_BYTES = 100_000_000
MOST_HEADS = 1_000
NAMES = re.compile(
    r"README\.txt|verify_round\.py|(rules|opening|reconciliation|result|manifest)\.json|(rules|manifest)\.sig|portal\.pub"
    r"|log\.txt|ballots\.pb|heads/[0-9]{8}\.txt",
    re.ASCII,
)


def unpack(data: bytes) -> Files:
    """The files of the bundle by name."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            items = archive.infolist()
            names = [item.filename for item in items]
            if sum(item.file_size for item in items) > MOST_BYTES or len(set(names)) != len(names):
                raise Unreadable("The bundle is too large, or holds a file twice.")
            if any(item.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for item in items):
                raise Unreadable("The bundle is packed in a way that not every computer can read.")
            return {name: archive.read(name) for name in names}
    except (
        zipfile.BadZipFile,
        zlib.error,
        struct.error,
        RuntimeError,
        EOFError,
        OSError,
        ValueError,
        LookupError,
    ) as e:
        raise Unreadable(f"This is not a ZIP file, or it is damaged: {ascii(str(e))}.") from e


def check_names(names: List[str]) -> None:
    """Only files that a bundle has: another could look like one of them, or lie outside once it is unpacked."""
    if not all(NAMES.fullmatch(name) for name in names):
        raise Refused("The bundle holds a file that no record of a vote has.")
    if sum(name.startswith("heads/") for name in names) > MOST_HEADS:
        raise Refused("The bundle holds more heads than the public list of a vote can have.")


def table_of(text: str) -> Dict[str, Any]:
    """A JSON object with whole numbers, in which no key stands twice."""
    return dict(json.loads(text, object_pairs_hook=_once, parse_float=_no_number, parse_constant=_no_number))


def _once(pairs: List[Tuple[str, Any]]) -> Dict[str, Any]:
    table = dict(pairs)
    if len(table) < len(pairs):
        raise Refused("A file of the bundle says something twice: programs would differ in what they read.")
    return table


def _no_number(text: str) -> None:
    raise Refused(f"A file of the bundle holds a number that is not whole: {text[:20]}.")
