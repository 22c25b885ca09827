"""Taking the files of a bundle out of it."""

from __future__ import annotations

import io
import zipfile
import zlib
from typing import Dict

from panels.domain.verifier.signatures import Unreadable

Files = Dict[str, bytes]
MOST_BYTES = 500_000_000


def unpack(data: bytes) -> Files:
    """The files of the bundle by name."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = [item.filename for item in archive.infolist()]
            if sum(item.file_size for item in archive.infolist()) > MOST_BYTES or len(set(names)) != len(names):
                raise Unreadable("The bundle is too large, or holds a file twice.")
            return {name: archive.read(name) for name in names}
    except (zipfile.BadZipFile, zlib.error, RuntimeError, EOFError, OSError, ValueError, LookupError) as error:
        raise Unreadable(f"This is not a ZIP file, or it is damaged: {error}.") from error
