"""The portal's mark on what it puts into a box: a row without a true one was written by somebody else.

The keepers' public keys are published, so whoever can write to the database can seal a ballot for somebody who did not
vote, say that a ballot was withdrawn, or that another was replaced more often than it was. A mark takes a key that lies
outside the database. It says nothing of what was chosen, and not when.
"""

import hmac
from dataclasses import dataclass

MARK_BYTES = 32
_HALF = MARK_BYTES // 2
_NUMBER, _BALLOT, _PAPER = b"number\n", b"ballot\n", b"paper\n"
_WITHDRAWN = b"withdrawn"


@dataclass(frozen=True)
class Standing:
    """What stands in a box for one voter.

    Attributes:
        round_code: 16 bytes.
        voter: number of the account.
        version: how many ballots they cast on this site, from 1.
        leaf: of the ballot in the box; None where the voter took it out again.
    """

    round_code: bytes
    voter: int
    version: int
    leaf: bytes | None

    def mark(self, key: bytes) -> bytes:
        """32 bytes: a half for the number of ballots alone, and a half for that number with this ballot.

        With the first, the replaced ballots of somebody whose last ballot was changed stay explained.
        """
        return self._half(key, _NUMBER, b"") + self._half(key, _BALLOT, self.leaf or _WITHDRAWN)

    def is_marked(self, mark: bytes, key: bytes) -> bool:
        """Whether the portal put this ballot there, or took it out, as this number of this voter."""
        return hmac.compare_digest(self.mark(key), mark)

    def is_numbered(self, mark: bytes, key: bytes) -> bool:
        """Whether this voter cast so many ballots, whatever stands there now."""
        return hmac.compare_digest(self._half(key, _NUMBER, b""), mark[:_HALF])

    def _half(self, key: bytes, label: bytes, what: bytes) -> bytes:
        message = label + self.round_code + b"%d\n%d\n" % (self.voter, self.version) + what
        return hmac.digest(key, message, "sha256")[:_HALF]


def paper_mark(round_code: bytes, leaf: bytes, key: bytes) -> bytes:
    """The mark of a ballot that two people entered from paper: of nobody, and of no number."""
    return hmac.digest(key, _PAPER + round_code + leaf, "sha256")
