from itertools import permutations

import pytest

from panels.domain.ballot_paper import BallotRules, Kind, encode, naming
from panels.domain.sealing import (
    PAIRS,
    Context,
    KeeperKey,
    SealError,
    load_public,
    new_key,
    public_bytes,
    seal,
    sealed_length,
    unseal,
)

CONTEXT = Context(round_id=bytes(16), rules_hash=bytes(range(32)))
KEYS = [new_key() for _ in range(3)]
KEEPERS = [key.public_key() for key in KEYS]
RULES_OF_BALLOT = BallotRules(Kind.APPROVAL, 60, 60)
BALLOT = encode(naming([1, 3], 60), RULES_OF_BALLOT)


def keeper(number: int) -> KeeperKey:
    return KeeperKey(number, KEYS[number - 1])


@pytest.mark.parametrize("pair", list(permutations((1, 2, 3), 2)))
def test_unseal_by_any_two_keepers_in_any_order(pair):
    assert unseal(seal(BALLOT, KEEPERS, CONTEXT), (keeper(pair[0]), keeper(pair[1])), CONTEXT) == BALLOT


def test_seal_has_one_length_per_round_as_measured_for_sixty_projects():
    full, one = (encode(naming(chosen, 60), RULES_OF_BALLOT) for chosen in (range(60), [0]))

    assert len(seal(full, KEEPERS, CONTEXT)) == len(seal(one, KEEPERS, CONTEXT)) == sealed_length(len(full)) == 859


def test_seal_of_equal_ballots_shares_no_bytes_to_compare():
    first, second = (seal(BALLOT, KEEPERS, CONTEXT) for _ in range(2))
    third = len(first) // len(PAIRS)

    assert first != second
    assert len({first[1:third], second[1:third]}) == 2


def test_unseal_by_one_keeper_twice_fails():
    with pytest.raises(SealError, match="no pair"):
        unseal(seal(BALLOT, KEEPERS, CONTEXT), (keeper(1), keeper(1)), CONTEXT)


def test_unseal_with_a_strangers_key_fails():
    with pytest.raises(SealError, match="does not open"):
        unseal(seal(BALLOT, KEEPERS, CONTEXT), (keeper(1), KeeperKey(2, new_key())), CONTEXT)


@pytest.mark.parametrize("context", [Context(b"\1" * 16, CONTEXT.rules_hash), Context(CONTEXT.round_id, bytes(32))])
def test_unseal_of_another_round_or_other_rules_fails(context):
    with pytest.raises(SealError, match="does not open"):
        unseal(seal(BALLOT, KEEPERS, CONTEXT), (keeper(1), keeper(2)), context)


@pytest.mark.parametrize("change", [lambda b: b[:-1], lambda b: b"\2" + b[1:], lambda b: b"", lambda b: b"\1" * 10])
def test_unseal_of_other_bytes_is_refused(change):
    with pytest.raises(SealError, match="not a sealed ballot"):
        unseal(change(seal(BALLOT, KEEPERS, CONTEXT)), (keeper(1), keeper(2)), CONTEXT)


def test_unseal_of_an_altered_copy_fails():
    sealed = bytearray(seal(BALLOT, KEEPERS, CONTEXT))
    sealed[120] ^= 1
    with pytest.raises(SealError, match="does not open"):
        unseal(bytes(sealed), (keeper(1), keeper(2)), CONTEXT)


def test_seal_needs_three_keepers():
    with pytest.raises(SealError, match="three keepers"):
        seal(BALLOT, KEEPERS[:2], CONTEXT)


def test_load_public_reads_back_a_key_and_refuses_other_bytes():
    assert load_public(public_bytes(KEYS[0])) == KEEPERS[0]
    with pytest.raises(SealError, match=r"point of P-256"):
        load_public(b"\4" + bytes(64))
