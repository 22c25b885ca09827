"""Bundles of a vote, made up and signed, and changed as somebody might change them."""

import io
import json
import zipfile
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from panels.domain import pabulib
from panels.domain.ballot_paper import Kind
from panels.domain.bundle import LABEL, BundleContents, write_bundle
from panels.domain.canonical import canonical_json, digest
from panels.domain.disclosure import Disclosure, disclosure_of, published_count
from panels.domain.election import Choice, Election, read_contents
from panels.domain.equal_shares import Utility
from panels.domain.log import Head, checkpoint, leaf_hash, raw_public, tree_hash
from panels.domain.opening import contents_digest
from panels.domain.rules_sheet import FrozenProject, RulesInput, add1_step_pence, write_rules
from panels.domain.tally import Completion, Method, Rule, count
from panels.domain.verifier.reading import unpack

"""The one-file verifier: it agrees with the portal, and refuses whatever was changed with a sentence about it."""


SALT = bytes(range(32))
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
CODE = "12345678-1234-5678-1234-567812345678"
COSTS = {"1": 60_000_00, "2": 40_000_00, "3": 10_000_00}
PATTERN = ((0,), (1, 2), (2,), (0, 1))
FAIR = Method(Rule.EQUAL_SHARES, Utility.COST, Completion.ADD1_GREEDY, at_least=1)


PATTERNS = {
    Kind.APPROVAL: PATTERN,
    Kind.KNAPSACK: PATTERN,
    Kind.RANKED: ((0, 1), (2, 1), (2,), (1, 0)),
    Kind.POINTS: ((5, 0, 0), (0, 2, 4), (0, 0, 1), (3, 2, 0)),
}


def rules_of(method: Method, kind: Kind = Kind.APPROVAL, group: str = "", least_pence: int = 0) -> bytes:
    """Rules of three projects, some of one group; with a least sum the first can start with that."""
    costs = dict.fromkeys(COSTS, 0) if method.rule is Rule.PRIORITY else COSTS
    projects = [
        FrozenProject(
            code, f"Project {code}", "For all.", cost, 0, cost,
            "1" if code in group else "", least_pence if code == "1" else 0,
        )
        for code, cost in costs.items()
    ]  # fmt: skip
    budget = 0 if method.rule is Rule.PRIORITY else 100_000_00
    points = (6, 5) if kind is Kind.POINTS else (0, 0)
    return write_rules(
        RulesInput(
            CODE.replace("-", ""), "E05000001", "A vote", budget, 2, 3, method,
            "2026-01-01T00:00:00+00:00", "2026-01-31T00:00:00+00:00", "00", ["aa", "bb", "cc"], projects,
            kind, *points, gives_parts=least_pence > 0,
        )
    )  # fmt: skip


def result_of(subject: Election, method: Method, level: Disclosure) -> dict[str, Any]:
    """What is published of the count."""
    outcome, voters = count(subject, method), len(subject.ballots)
    result: dict[str, Any] = {
        "format": "cwf-round-result-v1",
        "disclosure": level.value,
        "published_at": "2026-02-02T09:00:00+00:00",
        "winners": [subject.projects[place].id for place in outcome.winners],
        "spent_pence": outcome.spent(subject),
    }
    if outcome.part is not None:
        result["part_pence"] = {result["winners"][-1]: outcome.part}
    if level is not Disclosure.WINNERS:
        result["counted"] = voters
        votes = zip(COSTS, subject.votes, strict=True)
        result["votes"] = {code: published_count(number, voters, level) for code, number in votes}
    if level is not Disclosure.WINNERS and subject.points:
        shown = zip(COSTS, subject.support, strict=True)
        result["points"] = {
            code: number if isinstance(result["votes"][code], int) else result["votes"][code] for code, number in shown
        }
    return result


def bundle(
    voters: int = 120, method: Method = FAIR, replaced: int = 3, kind: Kind = Kind.APPROVAL, **options: Any
) -> bytes:
    """The record of a vote in which voters chose by a pattern and some of them twice; `options` are of the rules."""
    rules = rules_of(method, kind, **options)
    contents = tuple(sorted(PATTERNS[kind][number % 4] for number in range(voters)))
    ballots, points = read_contents(kind, contents, 2)
    cast = sorted(leaf_hash(b"sealed %d" % number) for number in range(voters + replaced))
    half = len(cast) // 2
    leaves = [leaf_hash(rules), *sorted(cast[::2]), *sorted(cast[1::2])]
    heads = [Head(f"community-wealth-fund/round/{CODE}", n, tree_hash(leaves[:n])) for n in (1, len(leaves))]
    heads.insert(1, Head(heads[0].origin, 1 + len(cast) - half, tree_hash(leaves[: 1 + len(cast) - half])))
    set_hash = digest(SALT + b"".join(cast[:voters]))
    signed_set = b"cwf-opening-v1" + bytes.fromhex(CODE.replace("-", "")) + voters.to_bytes(8) + set_hash
    fixed = json.loads(rules)
    budget = fixed["budget_pence"]
    choices = tuple(
        Choice(one["id"], one["price_pence"], one["title"], group=one.get("group", ""), least=one.get("least_pence", 0))
        for one in fixed["projects"]
    )
    subject = Election(
        budget, choices, ballots, unit=100, step=add1_step_pence(budget, voters), points=points,
        most_ranks=2 if kind is Kind.RANKED else 0,
    )  # fmt: skip
    level = disclosure_of(contents)
    numbers = {"counted": voters, "invalid": 0, "replaced": replaced, "set_aside": 0, "withdrawn": 0}
    told = {"contents_digest": contents_digest(contents)} if level is Disclosure.FULL else {}
    found = {"found_the_same": True} | ({"digest": told["contents_digest"]} if told else {})
    contents = BundleContents(
        rules=rules,
        rules_signature=KEY.sign(rules),
        portal_key=raw_public(KEY.public_key()),
        leaves=leaves,
        heads=[(head.size, checkpoint(head, KEY)) for head in heads],
        opening={
            "opened_at": "2026-02-01T09:00:00+00:00",
            "set_count": voters,
            "set_hash": set_hash.hex(),
            "set_signature": KEY.sign(signed_set).hex(),
            **({} if replaced else {"set_salt": SALT.hex()}),
            "keepers": ["1", "3"],
            "opened_again": [{"keeper": who} | found for who in ("1", "3")],
        }
        | told,
        reconciliation={"leaves": len(leaves)}
        if level is Disclosure.WINNERS
        else {"leaves": len(leaves), **numbers, "by_channel": {"web": voters}},
        result=result_of(subject, method, level),
        ballots=pabulib.write(subject, {"description": "A vote"}) if level is Disclosure.FULL else None,
    )
    return write_bundle(contents, KEY.sign)


def told_otherwise(data: bytes, name: str, table: Any) -> bytes:
    """The bundle with another table in it, signed anew: what a fund could publish that lies."""
    files = unpack(data)
    return _signed_anew(files, name, json.dumps(table).encode())


def added(data: bytes, name: str, text: str) -> bytes:
    """The bundle with a file more, signed anew."""
    return _signed_anew(unpack(data), name, text.encode())


def changed(data: bytes, name: str, old: str, new: str, *, is_signed_again: bool) -> bytes:
    """The bundle with a file changed, and perhaps its list of files signed anew, as only the portal itself could."""
    files = unpack(data)
    assert old in files[name].decode()
    content = files[name].decode().replace(old, new, 1).encode()
    return _signed_anew(files, name, content) if is_signed_again else _zipped(files | {name: content})


def _signed_anew(files: dict[str, bytes], name: str, content: bytes) -> bytes:
    manifest = json.loads(files["manifest.json"])
    manifest["files"][name] = digest(content).hex()
    listed = canonical_json(manifest)
    return _zipped(
        files | {name: content, "manifest.json": listed, "manifest.sig": KEY.sign(LABEL + listed).hex().encode()}
    )


def _zipped(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for each, content in files.items():
            archive.writestr(each, content)
    return out.getvalue()
