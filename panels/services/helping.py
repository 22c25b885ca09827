"""Helping somebody who is present to vote on this site: who helped is kept, and the voter is told afterwards."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import NotAllowedError
from cwf_portal.core.figures_text import moment_text
from cwf_portal.core.messages import queue_letter, send_message, send_text
from cwf_portal.core.models import OutgoingMessage, User
from cwf_portal.core.models.people import NOWHERE
from cwf_portal.core.phones import mobile_number
from panels.domain.log import leaf_hash, short_code
from panels.domain.sealing import seal
from panels.errors import BallotRefusedError, PaperError
from panels.models import (
    HelpedVote,
    HelpIntention,
    LeafQueue,
    LogLeaf,
    Residence,
    RollEntry,
    Round,
    SealedBallot,
    TableEntry,
)
from panels.models.round import OPENING_PAUSE
from panels.selectors.paper import has_project_at_home
from panels.services.casting import Choices, Receipt, cast_sealed_ballot, plain_ballot, rules_sheet
from panels.services.certifying import RECEIPT_TOPIC
from panels.services.letters import is_address_of, sealed_address
from panels.services.paper import check_counts, lock_for_polling, require_voting


@dataclass(frozen=True)
class Contact:
    """How somebody without an email address is told: by letter to the address they told us; a text comes on top."""

    number: str = ""
    address: str = ""


NO_CONTACT = Contact()
TELL = "Then tell the fund at once."


def help_to_vote(*, by: User, entry: RollEntry, choices: Choices, contact: Contact = NO_CONTACT) -> Receipt:
    """Put the first ballot of somebody who is present into the box, on the helper's device. It never replaces one.

    Who helps, and how the voter is told, is stored before the ballot is: a crash in between leaves a ballot in the box
    whose helper is known, and the next tick tells the voter (`settle_all_help`).

    Args:
        by: a member of the panel or an officer; the helper.
        entry: of the voter.
        choices: as on a ballot of this round.
        contact: of somebody who has no email address; the way in which they are told who helped them.

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
        sheet = rules_sheet(round)
        sealed = seal(plain_ballot(sheet, choices), sheet.keepers, sheet.context)
        leaf = leaf_hash(sealed)
        _intend(by, entry, contact, leaf=leaf)
    try:
        receipt = cast_sealed_ballot(by=entry.user, round=round, sealed=sealed, seen_version=0)
    except BallotRefusedError:
        _check_unused(entry)
        raise
    if receipt.was_replayed:  # somebody was faster: theirs is in the box, and its receipt is not for this page
        raise _used()
    settle_help(leaf)
    return receipt


def settle_help(leaf: bytes) -> bool:
    """Once the ballot is in the box: note the helper and tell the voter, together and once. True when it did.

    An intention whose ballot can no longer come is forgotten.
    """
    with acting("system:help", "noted who helped"):
        intentions = HelpIntention.objects.select_related("roll_entry__round", "roll_entry__user", "helper")
        intention = intentions.select_for_update(of=("self",)).filter(leaf=leaf).first()
        if intention is None:
            return False
        entry, at = intention.roll_entry, core_now()
        has_come = _has_come(entry, leaf)
        if has_come:
            HelpedVote.objects.create(roll_entry=entry, helper=intention.helper)
            _tell(intention)
        if has_come or _can_come_no_more(entry, at):
            intention.delete()
        return has_come


def settle_all_help() -> int:
    """What a crash has left behind, settled; returns how many voters were told."""
    return sum(settle_help(bytes(leaf)) for leaf in HelpIntention.objects.values_list("leaf", flat=True))


def _intend(by: User, entry: RollEntry, contact: Contact, *, leaf: bytes) -> HelpIntention:
    is_reached = has_email(entry.user)
    number = "" if is_reached or not settings.SMS_OFFERED else contact.number
    return HelpIntention.objects.create(
        leaf=leaf,
        roll_entry=entry,
        helper=by,
        letter_to="" if is_reached else sealed_address(to=entry.user, address=contact.address),
        number=mobile_number(number) if number else "",
    )


def _has_come(entry: RollEntry, leaf: bytes) -> bool:
    """Whether the ballot was put into the box, even where the voter has replaced or withdrawn it since."""
    return (
        SealedBallot.objects.filter(roll_entry=entry, leaf=leaf).exists()
        or LeafQueue.objects.filter(leaf=leaf).exists()
        or LogLeaf.objects.filter(round=entry.round_id, leaf=leaf).exists()
    )


def _can_come_no_more(entry: RollEntry, at: datetime) -> bool:
    """It replaces none, and what was cast before close has come a minute later."""
    is_taken = SealedBallot.objects.filter(roll_entry=entry).exists()
    return is_taken or at >= entry.round.voting_closes_at + OPENING_PAUSE


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
        raise PaperError("This ballot was sent by email; nobody has said yet that it is theirs.")
    check_counts(entry)
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
    """Refuse unless the voter can be told by something that the helper does not choose.

    Raises:
        PaperError: they have no email address, and this is not the address they told us; or the number, which gets a
            text on top of the letter, is that of another message about this vote.
        DomainError: the number is no UK mobile number.
    """
    if has_email(entry.user):
        return
    if not contact.address.strip():
        raise PaperError("Say where a letter reaches them, so that they are told who helped them.")
    home = Residence.objects.filter(user=entry.user_id).first()
    if home is None or not is_address_of(home, contact.address):
        raise PaperError("This is not the address they told us.", mend="Write it as they did the first time.")
    if contact.number and settings.SMS_OFFERED:
        _check_number(entry.round, mobile_number(contact.number))


def _check_number(round: Round, number: str) -> None:
    texts = OutgoingMessage.objects.filter(topic=RECEIPT_TOPIC.format(round=round.pk), to=number)
    if texts.exists() or HelpIntention.objects.filter(roll_entry__round=round, number=number).exists():
        raise PaperError(
            "This number has had a message about this vote already.", mend="Leave it empty: they get a letter."
        )


def _tell(intention: HelpIntention) -> None:
    """By email, else by a letter that another person than the helper prints, and by text message on top of it.

    What was chosen is in no message.
    """
    entry, helper, code = intention.roll_entry, intention.helper, short_code(bytes(intention.leaf))
    round, topic = entry.round, RECEIPT_TOPIC.format(round=entry.round_id)
    happened = (
        f"With the help of {helper}, a ballot of yours in \u201c{round.title}\u201d was put into the box. "
        f"Its receipt code: {code}\n\n"
    )
    subject = f"You were helped to vote: {round.title}"
    if not intention.letter_to:
        body = (
            f"{happened}Until {moment_text(round.voting_closes_at)} you can vote again or withdraw it, at home and "
            "without anybody's help. Only the last ballot counts, and nobody is shown that you changed it.\n\n"
            "Were you not there? Then tell the fund, and vote yourself.\n"
        )
        send_message(to=entry.user.email, subject=subject, body=body, topic=topic)
        return
    body = f"{happened}Were you not there, or did you not want this? {TELL}\n"
    queue_letter(to=intention.letter_to, subject=subject, body=body, topic=topic, kept_from=helper)
    if intention.number and settings.SMS_OFFERED:
        body = f"Community Wealth Fund: {helper} helped you to vote. Receipt code {code}\nNot you? {TELL}"
        send_text(to=intention.number, body=body, topic=topic)
