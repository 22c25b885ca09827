"""Money asked back: how a claim divides among sources and strands, and what each sum that comes pays of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from grants.domain.shares import running_shares, share_out


@dataclass(frozen=True)
class Share:
    """What one source has in a claim, or in what may be claimed: pence of the place's grant and of the contribution."""

    source: int
    place_pence: int
    body_pence: int


def merged(lists: Iterable[Iterable[Share]]) -> list[Share]:
    """Several lists as one, each source once, by source."""
    whole: dict[int, Share] = {}
    for share in (one for shares in lists for one in shares):
        had = whole.get(share.source, Share(share.source, 0, 0))
        whole[share.source] = Share(
            share.source, had.place_pence + share.place_pence, had.body_pence + share.body_pence
        )
    return [whole[source] for source in sorted(whole)]


def divide_claim(available: Sequence[Share], place_pence: int) -> list[Share]:
    """Divide what is asked back of the grant in proportion to what each source paid; the contribution follows it.

    Args:
        available: What was paid and is not asked back yet.
        place_pence: How much of the grant is asked back.

    Raises:
        ValueError: Nothing is asked back, or more than was paid.
    """
    paid = [share.place_pence for share in available]
    if not 0 < place_pence <= sum(paid):
        raise ValueError("A claim asks for something, and for no more than was paid.")
    claimed = zip(available, share_out(place_pence, paid), strict=True)
    return [
        Share(share.source, pence, share.body_pence * pence // share.place_pence) for share, pence in claimed if pence
    ]


def settled_between(claim: Sequence[Share], before_pence: int, after_pence: int) -> list[Share]:
    """What a sum settles of a claim, by source and strand: the claim's shares at one running total less at another.

    Running totals divide so that no share ever falls; the last penny of a claim leaves nothing of any share.

    Raises:
        ValueError: More than the claim would be settled, or less than before.
    """
    cells = [pence for share in claim for pence in (share.place_pence, share.body_pence)]
    if not 0 <= before_pence <= after_pence <= sum(cells):
        raise ValueError("A sum settles no more than is still open.")
    now, then = running_shares(after_pence, cells), running_shares(before_pence, cells)
    more = [late - early for late, early in zip(now, then, strict=True)]
    return [Share(share.source, *pair) for share, *pair in zip(claim, more[::2], more[1::2], strict=True)]
