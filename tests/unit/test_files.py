"""A key is made whole and once, whoever wants it at the same time."""

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

from cwf_portal.embedded.paths import secret
from cwf_portal.files import write_once

WRITERS = 8


def test_threads_that_make_one_file_all_read_the_same_whole_one(tmp_path: Path) -> None:
    """They have one process number together, as do containers on a shared folder."""
    start = Barrier(WRITERS)

    def make(number: int, file: Path) -> bytes:
        start.wait()
        write_once(file, bytes([number]) * 4096)
        return file.read_bytes()

    for turn in range(20):
        file = tmp_path / f"keys-{turn}" / "portal.key"
        with ThreadPoolExecutor(WRITERS) as pool:
            read = set(pool.map(make, range(WRITERS), [file] * WRITERS))
        assert len(read) == 1
        assert len(set(read.pop())) == 1
        assert os.listdir(file.parent) == ["portal.key"]


def test_file_and_folder_are_for_their_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "keys" / "portal.key"
    write_once(file, b"first")
    write_once(file, b"second")

    assert file.read_bytes() == b"first"
    assert [stat.S_IMODE(path.stat().st_mode) for path in (file, file.parent)] == [0o600, 0o700]


def test_secret_of_a_checkout_is_kept(tmp_path: Path) -> None:
    assert secret("one", tmp_path) == secret("one", tmp_path) != secret("two", tmp_path)
