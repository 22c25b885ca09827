"""The one-file verifier: it agrees with the portal, and refuses whatever was changed with a sentence about it."""

import ast
import csv
import io
import json
import subprocess
import sys
import zipfile
from dataclasses import replace
from fractions import Fraction

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from panels.domain import pabulib
from panels.domain.ballot_paper import Kind
from panels.domain.bundle import recount
from panels.domain.election import Election
from panels.domain.equal_shares import Utility
from panels.domain.log import leaf_hash, raw_public, short_code
from panels.domain.tally import Completion, Method, Rule, count
from panels.domain.verifier import one_file
from panels.domain.verifier import signatures as theirs
from panels.domain.verifier.checking import Bundle, verify
from panels.domain.verifier.counting import Vote
from panels.domain.verifier.counting import count as count_again
from panels.domain.verifier.reading import unpack
from panels.domain.verifier.signatures import Refused, Unreadable
from tests.support.shared_data import shared_file
from tests.unit.panels.domain.bundles import FAIR, KEY, bundle, changed
from tests.unit.panels.domain.elections import elections, with_points


def vote_of(election: Election) -> Vote:
    projects = [(choice.id, choice.cost, choice.group, choice.least) for choice in election.projects]
    return Vote(election.budget, projects, list(election.ballots), step=election.add1_step)


def assert_agrees(election: Election, method: Method) -> None:
    outcome = count(election, method)
    again = count_again(
        vote_of(election),
        method.rule.value,
        utility=method.utility.value,
        completion=method.completion.value,
        at_least=method.at_least,
    )
    assert again == (outcome.winners, outcome.spent(election))


@settings(max_examples=100, deadline=None)
@given(
    subject=elections(with_options=True),
    rule=st.sampled_from(Rule),
    utility=st.sampled_from(Utility),
    completion=st.sampled_from(Completion),
    at_least=st.integers(0, 2),
)
def test_verifier_counts_as_the_portal_does(subject, rule, utility, completion, at_least):
    assert_agrees(subject, Method(rule, utility, completion, at_least))


@settings(max_examples=100, deadline=None)
@given(
    subject=with_points(),
    rule=st.sampled_from([Rule.GREEDY, Rule.GREEDY_PER_COST, Rule.PRIORITY]),
    at_least=st.integers(0, 4),
)
def test_verifier_counts_points_as_the_portal_does(subject, rule, at_least):
    outcome = count(subject, Method(rule, at_least=at_least, most_winners=2))
    vote = vote_of(subject)
    vote.set_votes(subject.support)

    assert count_again(vote, rule.value, at_least=at_least, most=2) == (outcome.winners, outcome.spent(subject))


def test_verifier_counts_the_real_elections_as_the_portal_does():
    with shared_file("pabulib/expected_winners.csv").open(encoding="utf-8") as file:
        names = sorted({row["file"] for row in csv.DictReader(file)})
    for name in names:
        election = pabulib.read(shared_file(f"pabulib/{name}").read_bytes())
        # A round's own step: in these cities' currencies one unit is far less than a hundredth of a share.
        election = replace(election, step=max(1, Fraction(election.budget, len(election.ballots)) // 50))
        for method in (
            Method(),
            Method(Rule.GREEDY_PER_COST),
            Method(Rule.EQUAL_SHARES, Utility.CARDINALITY),
            Method(Rule.EQUAL_SHARES, Utility.COST, Completion.ADD1_GREEDY, at_least=1),
        ):
            assert_agrees(election, method)

    assert len(names) == 54


@settings(deadline=None, max_examples=10)
@given(message=st.binary(max_size=80), seed=st.binary(min_size=32, max_size=32), at=st.integers(0, 63))
def test_verifier_knows_good_signatures_and_only_these(message, seed, at):
    key = Ed25519PrivateKey.from_private_bytes(seed)
    signature = key.sign(message)
    wrong = signature[:at] + bytes([signature[at] ^ 1]) + signature[at + 1 :]

    assert theirs.is_signed(raw_public(key.public_key()), message, signature)
    assert not theirs.is_signed(raw_public(key.public_key()), message, wrong)
    assert not theirs.is_signed(raw_public(key.public_key()), message + b"x", signature)
    assert not theirs.is_signed(raw_public(KEY.public_key()), message, signature) or seed == bytes(range(32))


def test_verifier_refuses_a_signature_that_another_number_would_give_too():
    """RFC 8032: s must be below the order of the group, or anyone could make a second valid signature."""
    signature = KEY.sign(b"message")
    s = int.from_bytes(signature[32:], "little") + theirs.L

    assert not theirs.is_signed(raw_public(KEY.public_key()), b"message", signature[:32] + s.to_bytes(32, "little"))
    assert not theirs.is_signed(b"\xff" * 32, b"message", signature)


CHOSEN = [
    FAIR,
    Method(at_least=1),
    Method(Rule.GREEDY_PER_COST, at_least=23),
    Method(Rule.EQUAL_SHARES, Utility.CARDINALITY, Completion.ADD1, at_least=60),
    Method(Rule.EQUAL_SHARES, Utility.CARDINALITY, Completion.NONE, at_least=1),
]


@pytest.mark.parametrize("method", CHOSEN)
@pytest.mark.parametrize(("voters", "replaced"), [(120, 3), (100, 0), (44, 2), (12, 0)])
def test_verify_finds_that_a_good_bundle_holds(voters, replaced, method):
    data = bundle(voters, method, replaced)
    proven = verify(data) + recount(data)

    assert "the rules are unchanged since they were fixed, before anybody voted" in proven
    assert "both keepers say that the box, opened again off the portal, held the same" in proven
    counts_totals = voters == 44 and method.rule is not Rule.EQUAL_SHARES
    assert any("counted again" in line for line in proven) is (voters >= 100 or counts_totals)
    assert ("the portal's own, faster count gives the same result" in proven) is (voters >= 100)
    assert data == bundle(voters, method, replaced)


def test_verify_compares_the_set_that_was_opened_with_the_public_list_where_nothing_is_left_out():
    data = changed(bundle(100, replaced=0), "opening.json", '"set_salt":"00', '"set_salt":"01', is_signed_again=True)
    with pytest.raises(Refused, match="The ballots opened are not those of the public list"):
        verify(data)


CHANGES = [
    ("ballots.pb", "60;1,2", "60;1,3", "The ballots were changed", "not those that the keepers took out of the box"),
    (
        "rules.json",
        '"budget_pence":100000',
        '"budget_pence":200000',
        "The rules were changed",
        "not the ones the portal",
    ),
    ("result.json", '"winners":["', '"winners":["9","', "The result was changed", "names an unknown project"),
    ("result.json", '["3","2"]', '["2","3"]', "The result was changed", "not what the rules make of the ballots"),
    ("result.json", '"counted":120', '"counted":121', "The result was changed", "counts another number of ballots"),
    ("result.json", '"1":60', '"1":61', "The result was changed", "The votes in the result are not those of"),
    ("result.json", '"spent_pence":', '"spent_pence":9', "The result was changed", "spends more than there was"),
    ("opening.json", '"keepers":["1","3"]', '"keepers":["1","1"]', "the opening was changed", "opened by two keepers"),
    (
        "opening.json",
        '"keepers":["1","3"]',
        '"keepers":["1","2"]',
        "the opening was changed",
        "Somebody who did not open",
    ),
    ("opening.json", '"keeper":"3"', '"keeper":"1"', "the opening was changed", "Somebody who did not open"),
    (
        "opening.json",
        '"found_the_same":true',
        '"found_the_same":false',
        "the opening was changed",
        "found other ballots",
    ),
    ("opening.json", '{"digest":"', '{"digest":"0', "the opening was changed", "found other ballots"),
    ("opening.json", '"digest":"', '"digests":"', "the opening was changed", "found other ballots"),
    ("reconciliation.json", '"replaced":3', '"replaced":2', "The reconciliation was changed", "does not add up"),
    ("reconciliation.json", '"web":120', '"web":119', "The reconciliation was changed", "ways of voting do not add up"),
    ("opening.json", '"set_count":120', '"set_count":119', "record of the opening was changed", "Another number"),
    (
        "heads/00000124.txt",
        "\n124\n",
        "\n123\n",
        "A head of the public list was changed",
        "is not signed by the portal",
    ),
    ("heads/00000001.txt", "\u2014 ", "- ", "A head of the public list was changed", "not of the form it should have"),
]


@pytest.mark.parametrize(("name", "old", "new", "unsigned", "signed"), CHANGES)
def test_verify_refuses_one_change_with_a_sentence_about_it(name, old, new, unsigned, signed):
    """Also where the portal itself signed the changed bundle: the parts must fit each other."""
    good = bundle()
    with pytest.raises(Refused, match=unsigned):
        verify(changed(good, name, old, new, is_signed_again=False))
    with pytest.raises(Refused, match=signed):
        verify(changed(good, name, old, new, is_signed_again=True))


KINDS = [
    (Kind.RANKED, Method(at_least=1)),
    (Kind.RANKED, Method(Rule.PRIORITY, at_least=1, most_winners=2)),
    (Kind.POINTS, Method(Rule.GREEDY_PER_COST, at_least=1)),
    (Kind.KNAPSACK, FAIR),
]


@pytest.mark.parametrize(("kind", "method"), KINDS)
@pytest.mark.parametrize(("voters", "counts"), [(120, True), (44, None), (12, False)])
def test_verify_counts_ballots_of_every_kind(kind, method, voters, counts):
    data = bundle(voters, method, 2, kind)
    proven = verify(data) + recount(data)

    assert any("counted again" in line for line in proven) is (method is not FAIR if counts is None else counts)
    assert ("the portal's own, faster count gives the same result" in proven) is (voters == 120)


@pytest.mark.parametrize(
    ("kind", "name", "old", "new", "sentence"),
    [
        (Kind.RANKED, "result.json", '"points":{"1":90', '"points":{"1":91', "The points in the result are not those"),
        (Kind.RANKED, "ballots.pb", "\n1;1,2\n", "\n1;2,1\n", "not those that the keepers took out of the box"),
        (Kind.POINTS, "result.json", '"points":{"1":240', '"points":{"1":241', "The points in the result are not"),
        (Kind.POINTS, "ballots.pb", ";2,4\n", ";4,2\n", "not those that the keepers took out of the box"),
    ],
)
def test_verify_refuses_a_changed_rank_or_point(kind, name, old, new, sentence):
    data = bundle(method=Method(at_least=1), kind=kind)
    with pytest.raises(Refused, match=sentence):
        verify(changed(data, name, old, new, is_signed_again=True))


@pytest.mark.parametrize(
    ("kind", "ballot", "sentence"),
    [
        (Kind.APPROVAL, (0, 1, 2), "names more projects than the rules allow"),
        (Kind.RANKED, (0, 1, 2), "names more projects than the rules allow"),
        (Kind.RANKED, (), "names more projects than the rules allow"),
        (Kind.POINTS, (6, 0, 0), "gives more points than the rules allow"),
        (Kind.POINTS, (4, 3, 0), "gives more points than the rules allow"),
        (Kind.KNAPSACK, (0, 1), "spends more than the rules allow"),
    ],
)
def test_verify_refuses_a_ballot_that_the_rules_do_not_allow(kind, ballot, sentence):
    files = unpack(bundle(method=Method(at_least=1), kind=kind))
    files["rules.json"] = files["rules.json"].replace(b'"budget_pence":10000000', b'"budget_pence":9999999')
    theirs_to_check = Bundle.__new__(Bundle)
    theirs_to_check.rules, theirs_to_check.kind = json.loads(files["rules.json"]), kind.value
    with pytest.raises(Refused, match=sentence):
        theirs_to_check.check_ballot(ballot)


@pytest.mark.parametrize(("line", "sentence"), [(0, "not the first entry"), (5, "has changed"), (123, "has changed")])
def test_verify_refuses_one_changed_leaf(line, sentence):
    good = bundle()
    leaf = unpack(good)["log.txt"].decode().split()[line]
    other = leaf[:-1] + ("0" if leaf[-1] != "0" else "1")
    with pytest.raises(Refused, match="The public list of ballots was changed"):
        verify(changed(good, "log.txt", leaf, other, is_signed_again=False))
    with pytest.raises(Refused, match=sentence):
        verify(changed(good, "log.txt", leaf, other, is_signed_again=True))


def test_verify_refuses_a_list_longer_or_shorter_than_its_heads():
    good = bundle()
    leaves = unpack(good)["log.txt"].decode()
    last = leaves.split()[-1]
    with pytest.raises(Refused, match="longer than its last head"):
        verify(changed(good, "log.txt", last, f"{last}\n{'f' * 64}", is_signed_again=True))
    with pytest.raises(Refused, match="shorter than one of its heads"):
        verify(changed(good, "log.txt", f"{last}\n", "", is_signed_again=True))


def test_verify_finds_a_receipt_or_says_that_it_is_not_there():
    leaf = leaf_hash(b"sealed 7")

    assert verify(bundle(), receipt=short_code(leaf))[-1] == "the ballot of this receipt is in the public list"
    assert verify(bundle(), receipt=leaf.hex())
    with pytest.raises(Refused, match="No entry of the public list belongs to this receipt"):
        verify(bundle(), receipt=short_code(leaf_hash(b"never cast")))
    with pytest.raises(Unreadable, match="not a receipt code"):
        verify(bundle(), receipt="hello")


def test_verify_compares_the_key_with_the_one_known_from_elsewhere():
    assert verify(bundle(), key=raw_public(KEY.public_key()).hex())
    with pytest.raises(Refused, match="another key than the one you gave"):
        verify(bundle(), key="00" * 32)


def test_verify_says_of_other_files_that_they_are_no_bundle():
    good = bundle()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("portal.pub", "not hexadecimal")
    for data in (b"", b"PK", good[: len(good) // 2], out.getvalue(), good.replace(b'"round"', b'"rOund"')):
        with pytest.raises((Unreadable, Refused)) as refused:
            verify(data)

        assert str(refused.value).endswith(".")


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_verify_refuses_any_one_changed_byte_of_what_it_was_given(data):
    """Wherever a byte of a file changes, the answer is a sentence and never that all holds."""
    good = BUNDLE
    at = data.draw(st.integers(0, len(good) - 1))
    bad = good[:at] + bytes([good[at] ^ data.draw(st.integers(1, 255))]) + good[at + 1 :]
    try:
        files = unpack(bad)
        verify(bad)
    except (Refused, Unreadable) as refused:
        files = None
        sentence = str(refused)
    # Bytes of the ZIP's own frame, such as its dates, may change; then the files are the same.
    assert (files == unpack(good)) if files else sentence


BUNDLE = bundle()


def test_one_file_needs_nothing_but_an_old_python(tmp_path):
    """No site packages, no paths of ours, and a grammar that Python 3.8 reads."""
    ast.parse(one_file(), feature_version=(3, 8))
    script, good, bad = tmp_path / "verify_round.py", tmp_path / "good.zip", tmp_path / "bad.zip"
    script.write_text(one_file(), encoding="utf-8")
    good.write_bytes(BUNDLE)
    bad.write_bytes(changed(BUNDLE, "ballots.pb", "60;1,2", "60;1,3", is_signed_again=False))
    receipt = short_code(leaf_hash(b"sealed 7"))
    runs = [
        subprocess.run(  # noqa: S603 - our own interpreter and file
            [sys.executable, "-I", "-S", str(script), *arguments],
            capture_output=True, text=True, check=False, cwd=tmp_path,
        )
        for arguments in ([str(good), "--receipt", receipt], [str(bad)], [str(script)], [str(good), "--json"])
    ]  # fmt: skip

    assert [run.returncode for run in runs] == [0, 1, 2, 0]
    assert "counted again, 2 winners" in runs[0].stdout
    assert "No bundle can prove:" in runs[0].stdout
    assert "REFUSED. The ballots were changed after the portal signed the bundle." in runs[1].stdout
    assert json.loads(runs[3].stdout)["verified"] is True
    assert {run.stderr for run in runs} == {""}
    assert "import panels" not in one_file()
    assert "from panels" not in one_file()
