"""How much of a result is published, in words, and why no more."""

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from panels.domain.ballot_paper import GIVING_POINTS
from panels.domain.disclosure import FULL_FROM, TOTALS_FROM, Disclosure
from panels.models import Round, RoundResult
from panels.presenters import ResultRow

POINTS_KEPT_BACK = gettext_noop("Points are not published: they could tell how somebody voted.")
DISCLOSURE_IN_WORDS = {
    Disclosure.FULL.value: gettext_noop("All ballots are published, in sorted order and without names."),
    Disclosure.TOTALS.value: gettext_noop(
        "Only totals are published, because {because}. Very small and very large totals are masked, so that no single "
        "vote can be worked out."
    ),
    Disclosure.WINNERS.value: gettext_noop(
        "Fewer than {fewest} votes were counted. To keep every vote secret, only the winners are published."
    ),
}
WINNERS_OF_MANY = gettext_noop(
    "From the totals of this vote, numbers of a few voters could be worked out. To keep every vote secret, only the"
    " winners are published."
)


def counted_words(result: RoundResult) -> str:
    """How many ballots were counted, as exactly as may be said."""
    if result.disclosure == Disclosure.WINNERS:
        is_few = result.counted_count < TOTALS_FROM
        said = _("Fewer than {fewest} ballots were counted.") if is_few else _("{fewest} ballots or more were counted.")
        return said.format(fewest=TOTALS_FROM)
    return _("{number} ballots were counted.").format(number=f"{result.counted_count:,}")


def disclosure_words(result: RoundResult) -> str:
    """What is published of a result, and why no more."""
    if result.disclosure == Disclosure.WINNERS and result.counted_count >= TOTALS_FROM:
        return _(WINNERS_OF_MANY)
    because = _("more than a third of the ballots are like nobody else’s, and could tell who cast them")
    if result.counted_count < FULL_FROM:
        because = _("fewer than {full} votes were counted").format(full=FULL_FROM)
    return _(DISCLOSURE_IN_WORDS[result.disclosure]).format(because=because, fewest=TOTALS_FROM)


def points_kept_back(round: Round, rows: Sequence[ResultRow]) -> str:
    """That points are not told although ballots gave some; empty where they are, or where no votes are either."""
    is_kept = round.kind in GIVING_POINTS and round.result.disclosure == Disclosure.TOTALS
    return _(POINTS_KEPT_BACK) if is_kept and all(row.points is None for row in rows) else ""
