"""Files that several processes may want to make at once: keys and secrets. Imports nothing of ours."""

import os
import tempfile
from pathlib import Path


def write_once(file: Path, content: bytes) -> None:
    """Make the file whole with mode 0600, in a folder of mode 0700; the first of several writers wins.

    No draft is shared: containers on one folder have the same process numbers, and threads have one number together.
    """
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor, draft = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with open(descriptor, "wb") as handle:
            handle.write(content)
            handle.flush()
            os.fsync(handle.fileno())
        os.link(draft, file)
    except FileExistsError:
        pass  # another writer made it; ours is discarded
    finally:
        os.unlink(draft)
