"""Sealed ballot v1: `01 || B12 || B13 || B23`, Bij = HPKE(i, HPKE(j, ballot)).

HPKE is RFC 9180 base mode with DHKEM(P-256, HKDF-SHA256), HKDF-SHA256 and AES-256-GCM. There is no key of the round:
every pair of the three keepers holds its own copy of the ballot, so any two open it and none can alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

VERSION = b"\x01"
LABEL = b"cwf-ballot-v1"
PAIRS = ((1, 2), (1, 3), (2, 3))
LAYER_OVERHEAD = 65 + 16  # the ephemeral public key, and the tag
POINT_LENGTH = 65
SUITE = Suite(KEM.P256, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


class SealError(ValueError):
    """The bytes are no sealed ballot of this round, or not for these keys."""


@dataclass(frozen=True)
class Context:
    """What binds a sealed ballot to one round and its frozen rules."""

    round_id: bytes
    rules_hash: bytes

    def info(self, first: int, second: int) -> bytes:
        """The `info` of both layers for the pair (first, second)."""
        return self.prefix + bytes((first, second))

    @property
    def prefix(self) -> bytes:
        """What all pairs share."""
        return LABEL + self.round_id + self.rules_hash


@dataclass(frozen=True)
class KeeperKey:
    """One of the two keys that open a box: which keeper, and the private key."""

    number: int
    private: ec.EllipticCurvePrivateKey


def new_key() -> ec.EllipticCurvePrivateKey:
    """A fresh P-256 key for one keeper and one round."""
    return ec.generate_private_key(ec.SECP256R1())


def public_bytes(key: ec.EllipticCurvePrivateKey) -> bytes:
    """The public key as an uncompressed point, 65 bytes."""
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def private_bytes(key: ec.EllipticCurvePrivateKey) -> bytes:
    """PKCS #8, DER; for the key file and for the opener's standard input."""
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def load_public(point: bytes) -> ec.EllipticCurvePublicKey:
    """A keeper's public key from its 65 bytes.

    Raises:
        SealError: the bytes are no point of P-256.
    """
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except ValueError as error:
        raise SealError("a keeper's public key is not a point of P-256") from error


def sealed_length(ballot_length: int) -> int:
    """Bytes of a sealed ballot: the same for every ballot of a round."""
    return len(VERSION) + len(PAIRS) * (ballot_length + 2 * LAYER_OVERHEAD)


def seal(ballot: bytes, keepers: Sequence[ec.EllipticCurvePublicKey], context: Context) -> bytes:
    """Seals a ballot to each pair of the three keepers; never the same bytes twice."""
    if len(keepers) != 3:
        raise SealError(f"a ballot is sealed to three keepers, not {len(keepers)}")
    copies = []
    for first, second in PAIRS:
        info = context.info(first, second)
        inner = SUITE.encrypt(ballot, keepers[second - 1], info)
        copies.append(SUITE.encrypt(inner, keepers[first - 1], info))
    return VERSION + b"".join(copies)


def unseal(sealed: bytes, keys: tuple[KeeperKey, KeeperKey], context: Context) -> bytes:
    """The ballot, opened by two keepers.

    Raises:
        SealError: another version or length, or the copy of this pair does not open.
    """
    first, second = sorted(keys, key=lambda key: key.number)
    pair = (first.number, second.number)
    if pair not in PAIRS:
        raise SealError(f"keepers {pair} are no pair")
    copy = _copy_of(sealed, PAIRS.index(pair))
    info = context.info(*pair)
    try:
        return SUITE.decrypt(SUITE.decrypt(copy, first.private, info), second.private, info)
    except (InvalidTag, ValueError) as error:
        raise SealError("the sealed ballot does not open with these two keys") from error


def _copy_of(sealed: bytes, position: int) -> bytes:
    length, odd = divmod(len(sealed) - len(VERSION), len(PAIRS))
    if sealed[:1] != VERSION or odd or length <= 2 * LAYER_OVERHEAD:
        raise SealError("the bytes are not a sealed ballot of version 1")
    start = len(VERSION) + position * length
    return sealed[start : start + length]
