"""Where private keys lie: the portal's signing key, and the keepers' keys of each round.

Until the three keepers make keys of their own, the portal makes them when a round is frozen and keeps each in its own
file outside the database. The format of a sealed ballot does not depend on who holds the keys.
"""

import os
from pathlib import Path
from typing import Protocol, cast
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_der_private_key
from django.conf import settings

from panels.domain.sealing import KeeperKey, new_key, private_bytes, public_bytes

KEEPERS = (1, 2, 3)
PORTAL_KEY_FILE = "portal.ed25519"


class KeepersKeys(Protocol):
    """Makes and hands out the three private keys of a round."""

    def create(self, round_code: UUID) -> list[bytes]:
        """Makes the keys if they are not there; returns the three public keys, 65 bytes each."""

    def read(self, round_code: UUID, number: int) -> KeeperKey:
        """One keeper's private key."""


class KeysInFolder:
    """Three files per round, readable by the portal's system user only."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or settings.KEYS_DIR

    def create(self, round_code: UUID) -> list[bytes]:
        for number in KEEPERS:
            _write_once(self._file(round_code, number), private_bytes(new_key()))
        return [public_bytes(self.read(round_code, number).private) for number in KEEPERS]

    def read(self, round_code: UUID, number: int) -> KeeperKey:
        key = load_der_private_key(self._file(round_code, number).read_bytes(), None)
        return KeeperKey(number, cast(ec.EllipticCurvePrivateKey, key))

    def _file(self, round_code: UUID, number: int) -> Path:
        return self.folder / str(round_code) / f"keeper-{number}.key"


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


def portal_key() -> Ed25519PrivateKey:
    """The key that signs rules, heads and receipts; made at its first use, kept outside the database."""
    file = settings.KEYS_DIR / PORTAL_KEY_FILE
    if not file.exists():
        _write_once(file, Ed25519PrivateKey.generate().private_bytes_raw())
    return Ed25519PrivateKey.from_private_bytes(file.read_bytes())


def _write_once(file: Path, content: bytes) -> None:
    """Creates the file with mode 0600 and whole; the first of several processes wins."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = file.with_suffix(f".{os.getpid()}")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as handle:
        handle.write(content)
    try:
        os.link(draft, file)
    except FileExistsError:
        pass  # another process made it; ours is discarded
    finally:
        draft.unlink()
