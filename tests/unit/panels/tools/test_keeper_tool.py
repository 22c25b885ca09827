"""The one-file tool gives the same answers as the portal, with `cryptography` and without anything installed."""

import base64
import importlib.util
import json
import subprocess
import sys
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from panels.domain import key_sheet
from panels.domain.ballot_paper import BallotError, BallotRules, Kind, content_of, decode, encode, naming
from panels.domain.canonical import canonical_json
from panels.domain.log import leaf_hash, tree_hash
from panels.domain.opening import OpeningRequest, open_box
from panels.domain.sealing import SUITE, Context, new_key, private_bytes, public_bytes, seal
from tests.support.cluster import CHECKOUT

FILE = CHECKOUT / "static" / "tools" / "keeper_tool.py"
KEYS = [new_key() for _ in range(3)]
ROUND = bytes(range(16))
PROJECTS, MOST = 5, 3
RULES = canonical_json(
    {
        "round": ROUND.hex(),
        "keepers": [public_bytes(key).hex() for key in KEYS],
        "projects": [{"id": str(number)} for number in range(PROJECTS)],
        "ballot": {"kind": "approval", "most_choices": MOST},
    }
)
PAPER = BallotRules(Kind.APPROVAL, PROJECTS, MOST)
CONTEXT = Context(ROUND, sha256(RULES).digest())
CHOICES = ((0, 4), (1,), (2, 3, 4), (1,))


def load():
    spec = importlib.util.spec_from_file_location("keeper_tool", FILE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


tool = load()


def number_of(key) -> int:
    return key.private_numbers().private_value


def sealed_box() -> list[bytes]:
    """Four ballots of the rules, one with too many choices, one that is no ballot, one tampered with."""
    public = [key.public_key() for key in KEYS]
    plain = [encode(naming(chosen, PROJECTS), PAPER) for chosen in (*CHOICES, (0, 1, 2, 3))] + [b"\1" * 14]
    box = [seal(ballot, public, CONTEXT) for ballot in plain]
    return sorted([*box, bytes([box[0][0]]) + bytes(len(box[0]) - 1)], key=leaf_hash)


BOX = sealed_box()
SALT = bytes(range(32, 64))
LOG = [leaf_hash(RULES), *sorted([*map(leaf_hash, BOX), leaf_hash(b"replaced since")])]
LOG_WITHOUT_ONE = [leaf.hex() for leaf in LOG if leaf != leaf_hash(BOX[2])]
EXPORT = {
    "rules": RULES.decode(),
    "set_salt": SALT.hex(),
    "set_hash": sha256(SALT + b"".join(sorted(map(leaf_hash, BOX)))).hexdigest(),
    "log": [leaf.hex() for leaf in LOG],
    "sealed": [ballot.hex() for ballot in BOX],
}


def opened_by_the_portal(pair: tuple[int, int]):
    keys = tuple(private_bytes(KEYS[number - 1]).hex() for number in pair)
    request = OpeningRequest(ROUND.hex(), sha256(RULES).hexdigest(), PAPER, pair, keys, [b.hex() for b in BOX])
    return open_box(request)


@pytest.mark.parametrize("plain", [True, False])
@pytest.mark.parametrize("pair", [(1, 2), (1, 3), (2, 3)])
def test_tool_opens_what_the_portal_sealed_and_finds_the_same(pair, plain):
    ours = opened_by_the_portal(pair)
    found = tool.open_export(EXPORT, {number: number_of(KEYS[number - 1]) for number in pair}, plain=plain)

    assert found == (len(ours.ballots), ours.invalid_count, ours.digest) == (4, 3, ours.digest)


@given(
    rules=st.sampled_from(
        [
            BallotRules(Kind.APPROVAL, 3, 2),
            BallotRules(Kind.RANKED, 3, 2),
            BallotRules(Kind.POINTS, 3, 3, points=4, most_points=3),
            BallotRules(Kind.KNAPSACK, 3, 3, budget=9, prices=(6, 5, 3)),
        ]
    ),
    marks=st.tuples(*[st.integers(0, 4)] * 3),
)
def test_tool_reads_ballots_of_every_kind_as_the_portal_does(rules, marks):
    content = {
        "projects": [{"price_pence": price} for price in (6, 5, 3)],
        "budget_pence": 9,
        "ballot": {
            "kind": rules.kind.value,
            "most_choices": rules.most_choices,
            "points": rules.points,
            "most_points": rules.most_points,
        },
    }
    paper = encode(marks, rules)
    try:
        ours = content_of(decode(paper, rules), rules.kind)
    except BallotError:
        ours = None

    assert tool.decode_ballot(paper, content) == ours
    assert BallotRules.from_rules(content) == rules


@settings(max_examples=25, deadline=None)
@given(text=st.binary(max_size=70), info=st.binary(max_size=40))
def test_plain_python_decrypts_what_cryptography_encrypts(text, info):
    secret = number_of(KEYS[0])
    public = public_bytes(KEYS[0])

    assert tool.hpke_open(secret, SUITE.encrypt(text, KEYS[0].public_key(), info), info=info, public=public) == text


def test_plain_python_refuses_another_info_and_a_changed_tag():
    public = public_bytes(KEYS[0])
    sealed = SUITE.encrypt(b"ballot", KEYS[0].public_key(), b"info")
    for changed, info in ((sealed, b"other"), (sealed[:-1] + bytes([sealed[-1] ^ 1]), b"info")):
        with pytest.raises(tool.ToolError, match="does not open"):
            tool.hpke_open(number_of(KEYS[0]), changed, info=info, public=public)


@pytest.mark.parametrize("key", [*KEYS, *(new_key() for _ in range(5))])
def test_sheets_and_fingerprints_are_the_portals(key):
    secret = number_of(key)
    lines = tool.write_sheet(secret)

    assert tuple(lines) == key_sheet.write_sheet(key).lines
    assert tool.read_sheet([line.lower() for line in lines]) == secret
    assert tool.public_of(secret) == public_bytes(key)
    assert tool.fingerprint(public_bytes(key)) == key_sheet.fingerprint(public_bytes(key))


def test_tool_names_the_line_that_is_mistyped():
    lines = tool.write_sheet(number_of(KEYS[0]))
    lines[2] = lines[2][:-1] + ("0" if lines[2][-1] != "0" else "1")
    with pytest.raises(tool.ToolError, match="line 3 is mistyped"):
        tool.read_sheet(lines)


@pytest.mark.parametrize(
    ("change", "pair", "sentence"),
    [
        ({}, {1: KEYS[0], 2: new_key()}, "not key 2 of this vote"),
        ({}, {1: KEYS[0]}, "two different keepers"),
        ({"sealed": EXPORT["sealed"][1:]}, {1: KEYS[0], 2: KEYS[1]}, "does not hold the ballots that were signed"),
        ({"set_salt": ""}, {1: KEYS[0], 2: KEYS[1]}, "does not hold the ballots that were signed"),
        (
            {"log": LOG_WITHOUT_ONE},
            {1: KEYS[0], 2: KEYS[1]},
            "1 of the ballots in the copy are not on the public",
        ),
        ({"log": []}, {1: KEYS[0], 2: KEYS[1]}, "lacks the public list of this vote"),
        ({"log": EXPORT["log"][1:]}, {1: KEYS[0], 2: KEYS[1]}, "lacks the public list of this vote"),
        ({"rules": EXPORT["rules"].replace('"most_choices":3', '"most_choices":9')}, {1: KEYS[0], 2: KEYS[1]}, "lacks"),
    ],
)
def test_tool_refuses_other_keys_and_another_box(change, pair, sentence):
    secrets = {number: number_of(key) for number, key in pair.items()}
    with pytest.raises(tool.ToolError, match=sentence):
        tool.open_export(EXPORT | change, secrets)


def run(*arguments: str, typed: str, isolated: bool = True) -> subprocess.CompletedProcess[str]:
    """The tool as a keeper starts it; isolated, it sees no installed package."""
    flags = ["-I", "-S"] if isolated else []
    return subprocess.run(
        [sys.executable, *flags, str(FILE), *arguments], input=typed, capture_output=True, text=True, check=False
    )


def test_tool_makes_a_key_and_asks_for_line_2_without_any_package():
    refused = run("make", typed="00000 00000 00000\n")
    lines = [line.split("   ")[1] for line in refused.stdout.splitlines() if line.startswith("  ")]

    assert len(lines) == 4
    assert "line 2 is mistyped" in refused.stdout
    assert "Give the portal" not in refused.stdout


def test_tool_says_how_it_is_used():
    assert "keeper_tool.py make" in run(typed="").stderr


def test_tool_opens_an_export_typed_by_two_keepers_without_any_package(tmp_path):
    file = tmp_path / "box.json"
    file.write_text(json.dumps(EXPORT), encoding="utf-8")
    sheets = [line for number in (3, 1) for line in tool.write_sheet(number_of(KEYS[number - 1]))]
    done = run("open", str(file), typed="\n".join(sheets) + "\n")

    assert opened_by_the_portal((1, 3)).digest in done.stdout, done.stderr
    assert base64.b64encode(tree_hash(LOG)).decode() in done.stdout  # as the heads say it
    assert not any(line in done.stdout + done.stderr for line in sheets)
