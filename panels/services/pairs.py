"""Two people: wherever one is not enough, two of one household are one pair of eyes. The database holds the same."""

from collections.abc import Iterable

from cwf_portal.core.errors import NotAllowedError
from cwf_portal.core.models import User
from panels.selectors.paper import people_at_home


def check_other_home(by: User, others: Iterable[int | None]) -> None:
    """What one of them did is not done a second time by the same person, or by somebody who lives with them.

    Args:
        by: the one who does their part now.
        others: who did theirs before, by their keys; None where nobody has.

    Raises:
        NotAllowedError: `by` is one of them or of the household of one.
    """
    if people_at_home(by).filter(pk__in=[pk for pk in others if pk]).exists():
        raise NotAllowedError(
            "You or somebody of your household has done one part of this.", mend="Somebody else does the other."
        )
