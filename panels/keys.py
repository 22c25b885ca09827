"""Where private keys lie: the portal's signing key, and for a short while the keepers' keys of a round.

Keepers make their keys themselves and hold them on paper. The portal sees two of them for the moment of opening; only
the demo keeps sheets in a folder, and the journey in its memory.
"""

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Protocol
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from cwf_portal.core.errors import DomainError
from cwf_portal.files import write_once
from panels.domain.key_sheet import read_sheet, write_sheet
from panels.domain.sealing import KeeperKey, new_key, public_bytes
from panels.models import Round

KEEPERS = (1, 2, 3)
PORTAL_KEY_FILE = "portal.ed25519"
BOX_KEY_INFO = b"cwf-box-mark-v1"


class KeepersKeys(Protocol):
    """Hands out private keys of a round for the moment of opening."""

    def read(self, round_code: UUID, number: int) -> KeeperKey:
        """One keeper's private key; LookupError when it is not here."""


class SampleKeys(KeepersKeys, Protocol):
    """Also makes the three keys of a round, for invented keepers."""

    def create(self, round_code: UUID) -> list[bytes]:
        """Makes the keys if they are not there; returns the three public keys, 65 bytes each."""


class EnteredKeys:
    """What keepers typed from their sheets: gone with the request."""

    def __init__(self, keys: Iterable[KeeperKey]) -> None:
        self.keys = {key.number: key for key in keys}

    def read(self, round_code: UUID, number: int) -> KeeperKey:
        return self.keys[number]


class KeysInMemory:
    """For rounds whose keys must never touch a disk: they are gone with the process."""

    def __init__(self) -> None:
        self.keys: dict[tuple[UUID, int], ec.EllipticCurvePrivateKey] = {}

    def create(self, round_code: UUID) -> list[bytes]:
        for number in KEEPERS:
            self.keys.setdefault((round_code, number), new_key())
        return [public_bytes(self.keys[round_code, number]) for number in KEEPERS]

    def read(self, round_code: UUID, number: int) -> KeeperKey:
        return KeeperKey(number, self.keys[round_code, number])


class SheetsInFolder:
    """The demo's key sheets, so that its visitors can open its boxes. Refused anywhere else."""

    def __init__(self) -> None:
        if not settings.DEMO:
            raise RuntimeError("key sheets are kept in a folder in the demo only")
        self.folder: Path = settings.VAR_DIR / "demo" / "keys"

    def create(self, round_code: UUID) -> list[bytes]:
        for number in KEEPERS:
            write_once(self._file(round_code, number), write_sheet(new_key()).text.encode())
        return [public_bytes(self.read(round_code, number).private) for number in KEEPERS]

    def read(self, round_code: UUID, number: int) -> KeeperKey:
        return KeeperKey(number, read_sheet(self.sheet(round_code, number)))

    def sheet(self, round_code: UUID, number: int) -> str:
        """The four lines, or "" where this round's keepers are not invented."""
        file = self._file(round_code, number)
        return file.read_text(encoding="ascii") if file.exists() else ""

    def _file(self, round_code: UUID, number: int) -> Path:
        return self.folder / str(round_code) / f"keeper-{number}.txt"


def portal_key() -> Ed25519PrivateKey:
    """The key that signs rules, heads and receipts; made at its first use, kept outside the database.

    Raises:
        DomainError: It is not here, although rules were signed with it: another host has it, or its folder was lost.
    """
    file = settings.KEYS_DIR / PORTAL_KEY_FILE
    if not file.exists():
        if not settings.TIME_MACHINE and Round.objects.exclude(frozen_at=None).exists():
            raise DomainError(
                "The portal’s signing key is missing here, and votes were signed with it.",
                mend="Its operator must give every host the same folder CWF_KEYS, or restore it from its backup.",
            )
        write_once(file, Ed25519PrivateKey.generate().private_bytes_raw())
    return _read_key(file.read_bytes())


def box_key() -> bytes:
    """The key of the marks in a box, 32 bytes: worked out of the portal's, so that it lies outside the database too."""
    return _box_key(portal_key().private_bytes_raw())


@lru_cache(maxsize=1)
def _box_key(content: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=BOX_KEY_INFO).derive(content)


@lru_cache(maxsize=1)
def _read_key(content: bytes) -> Ed25519PrivateKey:
    """Working a key out of its bytes takes as long as signing with it."""
    return Ed25519PrivateKey.from_private_bytes(content)
