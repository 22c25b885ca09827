"""Helping somebody who is present to vote on this site: who helped is kept, and the voter is told afterwards."""

from cwf_portal.core.audit import acting
from cwf_portal.core.errors import NotAllowedError
from cwf_portal.core.figures_text import moment_text
from cwf_portal.core.messages import send_message
from cwf_portal.core.models import User
from panels.errors import PaperError
from panels.models import HelpedVote, RollEntry, Round
from panels.services.casting import Choices, Receipt, cast_ballot
from panels.services.certifying import RECEIPT_TOPIC
from panels.services.paper import NOWHERE, lock_for_polling, require_voting


def help_to_vote(*, by: User, entry: RollEntry, choices: Choices, seen_version: int) -> Receipt:
    """Put the ballot of somebody who is present into the box, on the helper's device. They can replace or withdraw it.

    The helper is noted before the ballot is sealed, so that no helped ballot is in the box without its helper; what was
    chosen is sealed like any other. The same form sent twice gives the first receipt.

    Args:
        by: a member of the panel or an officer; the helper.
        entry: of the voter.
        choices: as on a ballot of this round.
        seen_version: of the voter's ballot in the box when they began, 0 for none.

    Raises:
        NotAllowedError: `by` neither sits on the panel nor is an officer, or it is their own vote.
        PhaseError: voting is not open.
        PaperError: nobody has signed in for this entry yet.
        BallotRefusedError: these choices are no ballot, or the vote is on paper.
    """
    with acting(by, "helped somebody to vote"):
        round = lock_for_polling(by, entry.round)
        require_voting(round)
        if entry.user_id == by.pk:
            raise NotAllowedError("This vote is your own.", mend="Vote from your home page.")
        if hasattr(entry, "first_vote"):
            raise PaperError("This ballot was sent by e-mail; nobody has said yet that it is theirs.")
        HelpedVote.objects.get_or_create(roll_entry=entry, helper=by)
    receipt = cast_ballot(by=entry.user, round=round, choices=choices, seen_version=seen_version)
    if not receipt.was_replayed:
        _tell(entry.user, round, helper=by, receipt=receipt)
    return receipt


def has_email(user: User) -> bool:
    """Whether a message can reach this person; who registered with a card has no address."""
    return not user.email.endswith(NOWHERE)


def _tell(user: User, round: Round, *, helper: User, receipt: Receipt) -> None:
    """What was chosen is in no message; without an address the page with the receipt is printed and handed over."""
    if not has_email(user):
        return
    body = (
        f"With the help of {helper}, a ballot of yours in \u201c{round.title}\u201d was put into the box. "
        f"Its receipt code: {receipt.code}\n\n"
        f"Until {moment_text(round.voting_closes_at)} you can vote again or withdraw it, at home and without anybody's "
        "help. Only the last ballot counts, and nobody is shown that you changed it.\n\n"
        "Were you not there? Then tell the fund, and vote yourself.\n"
    )
    topic = RECEIPT_TOPIC.format(round=round.pk)
    send_message(to=user.email, subject=f"You were helped to vote: {round.title}", body=body, topic=topic)
