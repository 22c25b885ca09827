import json
import signal
import subprocess
import sys

import pytest

from panels.domain import opening
from panels.domain.ballot_paper import BallotRules, Kind, encode, naming
from panels.domain.log import leaf_hash
from panels.domain.opening import OpenedBox, OpeningRequest, ballot_lines, contents_digest, open_box
from panels.domain.sealing import Context, new_key, private_bytes, seal

ROUND, RULES = bytes(16), bytes(32)
KEYS = [new_key() for _ in range(3)]
RULES_OF_BALLOT = BallotRules(Kind.APPROVAL, 3, 2)
CHOICES = [(0,), (1, 2), (0,), (2,)]


def sealed_box(choices: list[tuple[int, ...]]) -> list[bytes]:
    keepers = [key.public_key() for key in KEYS]
    box = [seal(encode(naming(chosen, 3), RULES_OF_BALLOT), keepers, Context(ROUND, RULES)) for chosen in choices]
    return sorted(box, key=leaf_hash)


def request(box: list[bytes], **changes: object) -> OpeningRequest:
    fields = {
        "round_id": ROUND.hex(),
        "rules_hash": RULES.hex(),
        "ballot": RULES_OF_BALLOT,
        "keepers": (1, 3),
        "keys": (private_bytes(KEYS[0]).hex(), private_bytes(KEYS[2]).hex()),
        "sealed": [sealed.hex() for sealed in box],
    }
    return OpeningRequest(**fields | changes)


def test_open_box_gives_the_contents_sorted():
    opened = open_box(request(sealed_box(CHOICES)))

    assert opened.ballots == ((0,), (0,), (1, 2), (2,))
    assert opened.invalid_count == 0
    assert opened.digest == contents_digest(CHOICES)


def test_open_box_counts_what_breaks_the_rules_as_invalid():
    box = sorted([*sealed_box([(0,), (0, 1, 2), ()]), b"\1" * 600], key=leaf_hash)
    opened = open_box(request(box))

    assert opened.ballots == ((0,),)
    assert opened.invalid_count == 3


def test_open_box_on_all_processors_gives_the_same(monkeypatch):
    monkeypatch.setattr(opening, "CHUNK", 3)
    box = sorted([*sealed_box([(0,), (0, 1, 2), (1, 2), (), (2,), (0,)]), b"\1" * 600], key=leaf_hash)
    opened = open_box(request(box))

    assert opened.ballots == ((0,), (0,), (1, 2), (2,))
    assert opened.invalid_count == 3
    with pytest.raises(ValueError, match="not ordered by their hashes"):
        open_box(request(box[::-1]))


def test_open_box_refuses_a_set_in_any_other_order():
    with pytest.raises(ValueError, match="not ordered by their hashes"):
        open_box(request(list(reversed(sealed_box(CHOICES)))))


def test_opener_process_answers_and_knows_nothing_of_django():
    asked = request(sealed_box(CHOICES))
    program = "import sys; from panels.domain import opening; opening.main(); assert 'django' not in sys.modules"
    run = subprocess.run(  # noqa: S603 - our own interpreter and program
        [sys.executable, "-c", program], input="".join(asked.to_lines()), capture_output=True, text=True
    )

    assert run.stderr == ""
    assert OpenedBox.from_json(run.stdout).ballots == ((0,), (0,), (1, 2), (2,))


def test_opener_request_survives_its_journey_in_lines():
    asked = request(sealed_box(CHOICES))
    first, *ballots, end = asked.to_lines()

    read = OpeningRequest.from_lines(first, list(ballot_lines([*ballots, end, "not of this request"])))
    assert read == asked
    assert json.loads(first)["sealed"] == []
    assert json.loads(first)["keepers"] == [1, 3]


def test_request_that_was_cut_short_is_not_opened():
    first, *ballots, _ = request(sealed_box(CHOICES)).to_lines()

    with pytest.raises(ValueError, match="before its last ballot"):
        open_box(OpeningRequest.from_lines(first, ballot_lines(ballots)))


def opener_that(does: str) -> "subprocess.Popen[str]":
    """The opener's process, in which whoever opens a chunk of two ballots does this."""
    program = f"import os, signal, time\nfrom panels.domain import opening\nopening.CHUNK = 2\n{does}\nopening.main()"
    return subprocess.Popen(  # noqa: S603 - our own interpreter and program
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def test_an_opener_of_which_one_process_was_killed_ends_and_waits_for_nothing():
    """As a host short of memory kills them: there is no answer, in part or whole, and nobody keeps the keys."""
    opener = opener_that("opening._Box.open_all = lambda *_: os.kill(os.getpid(), signal.SIGKILL)")
    answer, _ = opener.communicate("".join(request(sealed_box(CHOICES)).to_lines()), timeout=60)

    assert (answer, opener.returncode != 0) == ("", True)


def test_with_an_opener_that_was_killed_all_its_processes_end():
    """Each holds the keys, and the end of the pipe that is read here: it is closed once none of them is left."""
    opener = opener_that("opening._Box.open_all = lambda *_: os.write(1, b'at work\\n') and []")
    assert opener.stdin
    assert opener.stdout
    opener.stdin.writelines(list(request(sealed_box(CHOICES)).to_lines())[:-1])
    opener.stdin.flush()
    assert opener.stdout.readline() == "at work\n"
    opener.kill()

    rest, _ = opener.communicate(timeout=60)
    assert set(rest.split("\n")) <= {"at work", ""}


def test_an_opener_ends_by_itself_though_nobody_ends_it():
    """Whoever started it may be gone, and left both ends of its pipes open."""
    opener = opener_that("opening.LONGEST_SECONDS = 1")
    assert opener.stdin
    opener.stdin.write(next(request(sealed_box(CHOICES)).to_lines()))
    opener.stdin.flush()

    assert opener.wait(timeout=60) == -signal.SIGALRM
    opener.communicate()
