"""Opening the box: a process of its own that reads two keys, sees sealed ballots ordered by hash, writes them sorted.

Run as `python -m panels.domain.opening`; the request comes in lines on standard input (one JSON object, one line for
each sealed ballot, an empty line), so that a box of any size is never in memory whole; the answer is one JSON object on
standard output. With `--standing` it opens one box after another, each in a child of its own. It knows no roll, no
person and no database, leaves no core dump, and keeps nothing.
"""

import json
import multiprocessing
import os
import resource
import select
import signal
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from itertools import chain, islice
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import cast

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_private_key

from panels.domain.ballot_paper import BallotError, BallotRules, content_of, decode
from panels.domain.canonical import digest
from panels.domain.log import leaf_hash
from panels.domain.sealing import Context, KeeperKey, SealError, unseal

CHUNK = 1_000  # ballots that one process opens at a time
LONGEST_SECONDS = 600  # after so long an opener ends by itself, with its keys: who started it may be gone
FAILED, NOTHING_ASKED = 1, 3  # how a child ends


@dataclass(frozen=True)
class OpeningRequest:
    """Everything the opener is told. Bytes travel as hexadecimal text; the ballots are gone through once."""

    round_id: str
    rules_hash: str
    ballot: BallotRules
    keepers: tuple[int, int]
    keys: tuple[str, str]
    sealed: Iterable[str]  # ordered by leaf hash

    def to_lines(self) -> Iterator[str]:
        """As it travels: everything else as JSON, then a line for each ballot, then an empty line."""
        yield json.dumps(asdict(replace(self, sealed=()))) + "\n"
        yield from (f"{sealed}\n" for sealed in self.sealed)
        yield "\n"

    @classmethod
    def from_lines(cls, first: str, sealed: Iterable[str]) -> "OpeningRequest":
        """What the first line says, with the ballots of the others (`ballot_lines`)."""
        data = json.loads(first)
        ballot, keepers, keys = BallotRules.from_table(data["ballot"]), tuple(data["keepers"]), tuple(data["keys"])
        return cls(**data | {"ballot": ballot, "keepers": keepers, "keys": keys, "sealed": sealed})


def ballot_lines(lines: Iterable[str]) -> Iterator[str]:
    """The ballots of a request, up to its empty line.

    Raises:
        ValueError: the lines end before it.
    """
    for line in lines:
        if line == "\n":
            return
        yield line.rstrip("\n")
    raise ValueError("the request ends before its last ballot")


@dataclass(frozen=True)
class OpenedBox:
    """Contents in sorted order, without any trace of the order in which they were sealed.

    Attributes:
        ballots: what each valid ballot says, as `content_of` gives it, sorted.
        invalid_count: ballots that did not open or broke the rules of the ballot.
        digest: SHA-256 over the sorted contents; the two keepers compare it with their own opening.
    """

    ballots: tuple[tuple[int, ...], ...]
    invalid_count: int
    digest: str

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "OpenedBox":
        data = json.loads(text)
        return cls(tuple(tuple(ballot) for ballot in data["ballots"]), data["invalid_count"], data["digest"])


def open_box(request: OpeningRequest) -> OpenedBox:
    """Opens every sealed ballot; what does not open or breaks the rules counts as invalid."""
    ballots: list[tuple[int, ...]] = []
    invalid_count = 0
    for opened in _opened(_box_of(request), _ordered(request.sealed)):
        valid = [ballot for ballot in opened if ballot is not None]
        invalid_count += len(opened) - len(valid)
        ballots += valid
    ballots.sort()
    return OpenedBox(tuple(ballots), invalid_count, contents_digest(ballots))


@dataclass(frozen=True)
class _Box:
    """What opens one ballot after another."""

    context: Context
    keys: tuple[KeeperKey, KeeperKey]
    rules: BallotRules

    def open_all(self, sealed: Iterable[bytes]) -> list[tuple[int, ...] | None]:
        return [self._open(ballot) for ballot in sealed]

    def _open(self, sealed: bytes) -> tuple[int, ...] | None:
        try:
            return content_of(decode(unseal(sealed, self.keys, self.context), self.rules), self.rules.kind)
        except (SealError, BallotError):
            return None


def _opened(box: _Box, sealed: Iterator[bytes]) -> Iterator[list[tuple[int, ...] | None]]:
    """The contents of the ballots, a chunk at a time; where there is more than one chunk, on all processors."""
    first = list(islice(sealed, CHUNK))
    if len(first) < CHUNK:
        yield box.open_all(first)
        return
    chunks = iter(lambda: list(islice(sealed, CHUNK)), [])
    yield from _opened_by_many(box, chain([first], chunks))


def _opened_by_many(box: _Box, chunks: Iterable[list[bytes]]) -> Iterator[list[tuple[int, ...] | None]]:
    """By forked processes, so that the keys are written nowhere. They end with this one, however it ends.

    Raises:
        EOFError, OSError: one of them was ended from outside. Then the box is not opened: nothing waits for an answer
            that cannot come, with keys in its memory.
    """
    workers = _start_workers(box)
    idle, busy = list(workers), list[Connection]()
    try:
        for chunk in chunks:
            if not idle:
                done = cast(Connection, wait(busy)[0])
                yield done.recv()
                busy.remove(done)
                idle.append(done)
            busy.append(idle.pop())
            busy[-1].send(chunk)
        for worker in busy:
            yield worker.recv()
    finally:
        for worker, process in workers.items():
            worker.close()
            process.join()


def _start_workers(box: _Box) -> dict[Connection, BaseProcess]:
    workers: dict[Connection, BaseProcess] = {}
    forking = multiprocessing.get_context("fork")
    for _ in range(os.cpu_count() or 1):
        ours, theirs = forking.Pipe()
        process = forking.Process(target=_open_chunks, args=(box, theirs, [*workers, ours]), daemon=True)
        process.start()
        theirs.close()
        workers[ours] = process
    return workers


def _open_chunks(box: _Box, mine: Connection, inherited: Iterable[Connection]) -> None:
    """In a forked process: open one chunk after another, until whoever sends them has gone."""
    for other in inherited:
        other.close()  # else this process would keep a line open on which it waits itself
    with suppress(EOFError, OSError):
        while True:
            mine.send(box.open_all(mine.recv()))


def contents_digest(ballots: Iterable[tuple[int, ...]]) -> str:
    """SHA-256 over the sorted contents, one ballot per line as `3,7,9`, see `content_of`."""
    return digest("".join(",".join(map(str, ballot)) + "\n" for ballot in sorted(ballots)).encode()).hex()


def _ordered(sealed: Iterable[str]) -> Iterator[bytes]:
    """Refuses a set that is not in the order of its hashes: any other order could carry the order of the voters."""
    before = b""
    for ballot in map(bytes.fromhex, sealed):
        leaf = leaf_hash(ballot)
        if leaf < before:
            raise ValueError("the sealed ballots are not ordered by their hashes")
        before = leaf
        yield ballot


def _box_of(request: OpeningRequest) -> _Box:
    first, second = (
        KeeperKey(number, cast(ec.EllipticCurvePrivateKey, load_der_private_key(bytes.fromhex(key), None)))
        for number, key in zip(request.keepers, request.keys, strict=True)
    )
    context = Context(bytes.fromhex(request.round_id), bytes.fromhex(request.rules_hash))
    return _Box(context, (first, second), request.ballot)


def main() -> None:
    """Reads the request, writes the answer; no core dump can hold a key."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.argv[1:] == ["--standing"]:
        serve()
    else:
        signal.alarm(LONGEST_SECONDS)
        request = OpeningRequest.from_lines(sys.stdin.readline(), ballot_lines(sys.stdin))
        sys.stdout.write(open_box(request).to_json())


def serve() -> None:
    """Open boxes one after another until standard input ends: an answer is one line, a failure an empty one.

    Every box is opened in a child that ends with its keys. This process reads no request: it only saves the time that
    loading takes.
    """
    while True:
        select.select([sys.stdin], [], [])
        child = os.fork()
        if child == 0:
            os._exit(_answer())
        _, status = os.waitpid(child, 0)
        if os.waitstatus_to_exitcode(status) == NOTHING_ASKED:
            return
        if status:
            os.write(1, b"\n")


def _answer() -> int:
    """In the child: open one box. Returns the status to end with."""
    with open(0, encoding="ascii", closefd=False) as asked:
        first = asked.readline()
        if not first:
            return NOTHING_ASKED
        signal.alarm(LONGEST_SECONDS)
        sealed = ballot_lines(asked)
        try:
            answer = open_box(OpeningRequest.from_lines(first, sealed)).to_json()
        except Exception:  # what is wrong could hold a ballot: it is not repeated
            with suppress(ValueError):
                list(sealed)  # what is left of this request is not the next one
            return FAILED
    with open(1, "wb", closefd=False) as output:
        output.write(answer.encode() + b"\n")
    return 0


if __name__ == "__main__":
    main()
