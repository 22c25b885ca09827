"""Helping somebody who is present to vote on this site: who helped is kept, and the voter is told afterwards."""

from dataclasses import dataclass

from django.conf import settings

from cwf_portal.core.audit import acting
from cwf_portal.core.errors import NotAllowedError
from cwf_portal.core.figures_text import moment_text
from cwf_portal.core.messages import send_message, send_text
from cwf_portal.core.models import User
from cwf_portal.core.phones import mobile_number
from panels.errors import BallotRefusedError, PaperError
from panels.models import HelpedVote, Residence, RollEntry, SealedBallot, TableEntry
from panels.selectors.paper import has_project_at_home
from panels.services.casting import Choices, Receipt, cast_ballot
from panels.services.certifying import RECEIPT_TOPIC
from panels.services.letters import is_address_of, write_notice
from panels.services.paper import NOWHERE, lock_for_polling, require_voting


@dataclass(frozen=True)
class Contact:
    """How somebody without an e-mail address is written to: a mobile number, or else the address they told us."""

    number: str = ""
    address: str = ""


NO_CONTACT = Contact()
TELL = "Then tell the fund at once."


def help_to_vote(*, by: User, entry: RollEntry, choices: Choices, contact: Contact = NO_CONTACT) -> Receipt:
    """Put the first ballot of somebody who is present into the box, on the helper's device. It never replaces one.

    The ballot is stored by a statement of its own, then the helper is noted: whatever is refused notes nobody. A crash
    between the two leaves a ballot in the box that counts, without its helper and without a message to the voter.

    Args:
        by: a member of the panel or an officer; the helper.
        entry: of the voter.
        choices: as on a ballot of this round.
        contact: of somebody who has no e-mail address; the way in which they are told who helped them.

    Returns:
        The receipt of these choices, never of a ballot that was there before.

    Raises:
        NotAllowedError: `by` neither sits on the panel nor is an officer, it is their own vote or that of somebody of
            their household, they put the voter on the list, or they or their household have a project in the vote.
        PhaseError: voting is not open.
        PaperError: there is a vote for this entry already, or nobody has signed in for it yet.
        BallotRefusedError: these choices are no ballot.
        DomainError: as `check_contact`.
    """
    with acting(by, "helped somebody to vote"):
        round = lock_for_polling(by, entry.round)
        check_may_help(by=by, entry=entry)
        check_contact(entry=entry, contact=contact)
    try:
        receipt = cast_ballot(by=entry.user, round=round, choices=choices, seen_version=0)
    except BallotRefusedError:
        _check_unused(entry)
        raise
    if receipt.was_replayed:  # somebody was faster: theirs is in the box, and its receipt is not for this page
        raise _used()
    with acting(by, "helped somebody to vote"):
        HelpedVote.objects.create(roll_entry=entry, helper=by)
    _tell(entry, contact, helper=by, receipt=receipt)
    return receipt


def check_may_help(*, by: User, entry: RollEntry) -> None:
    """Refuse before anything is filled in; raises what `help_to_vote` does, but for the choices and the panel."""
    require_voting(entry.round)
    if entry.user_id == by.pk:
        raise NotAllowedError("This vote is your own.", mend="Vote from your home page.")
    if TableEntry.objects.filter(roll_entry=entry, entered_by=by).exists():
        raise NotAllowedError("You put this person on the list here.", mend="Somebody else helps them.")
    homes = Residence.objects.filter(user=entry.user_id).values("household_hmac")
    if Residence.objects.filter(user=by, household_hmac__in=homes).exists():
        raise NotAllowedError("Nobody helps somebody of their household to vote here.", mend="Ask somebody else.")
    if has_project_at_home(by, entry.round):
        raise NotAllowedError("You or your household have a project in this vote.", mend="Somebody else helps.")
    if hasattr(entry, "first_vote"):
        raise PaperError("This ballot was sent by e-mail; nobody has said yet that it is theirs.")
    _check_unused(entry)


def _check_unused(entry: RollEntry) -> None:
    """The same sentence for a ballot in the box, one withdrawn and a vote on paper: helpers need to know no more."""
    if SealedBallot.objects.filter(roll_entry=entry).exists():
        raise _used()


def _used() -> PaperError:
    return PaperError(
        "This person has voted already. Nothing was changed, and nothing chosen here was kept.",
        mend="Help is for a first vote. Whoever can sign in changes their vote on this site on their own.",
    )


def has_email(user: User) -> bool:
    """Whether a message can reach this person; who registered with a card has no address."""
    return not user.email.endswith(NOWHERE)


def check_contact(*, entry: RollEntry, contact: Contact) -> None:
    """Refuse unless the voter can be told.

    Raises:
        PaperError: they have no e-mail address, and there is neither a number nor the address they told us.
        DomainError: the number is no UK mobile number.
    """
    if has_email(entry.user):
        return
    if contact.number and settings.SMS_OFFERED:
        mobile_number(contact.number)
        return
    if not contact.address.strip():
        raise PaperError("Say how we can write to them, so that they are told who helped them.")
    home = Residence.objects.filter(user=entry.user_id).first()
    if home is None or not is_address_of(home, contact.address):
        raise PaperError("This is not the address they told us.", mend="Write it as they did the first time.")


def _tell(entry: RollEntry, contact: Contact, *, helper: User, receipt: Receipt) -> None:
    """By e-mail, else by text message, else by a letter that another person than the helper prints.

    What was chosen is in no message.
    """
    user, round, topic = entry.user, entry.round, RECEIPT_TOPIC.format(round=entry.round_id)
    happened = (
        f"With the help of {helper}, a ballot of yours in \u201c{round.title}\u201d was put into the box. "
        f"Its receipt code: {receipt.code}\n\n"
    )
    subject = f"You were helped to vote: {round.title}"
    if has_email(user):
        body = (
            f"{happened}Until {moment_text(round.voting_closes_at)} you can vote again or withdraw it, at home and "
            "without anybody's help. Only the last ballot counts, and nobody is shown that you changed it.\n\n"
            "Were you not there? Then tell the fund, and vote yourself.\n"
        )
        send_message(to=user.email, subject=subject, body=body, topic=topic)
    elif contact.number and settings.SMS_OFFERED:
        body = f"Community Wealth Fund: {helper} helped you to vote. Receipt code {receipt.code}\nNot you? {TELL}"
        send_text(to=contact.number, body=body, topic=topic)
    else:
        body = f"{happened}Were you not there, or did you not want this? {TELL}\n"
        write_notice(to=user, address=contact.address, subject=subject, body=body, topic=topic, kept_from=helper)
