"""After the result: what keepers found off the portal, the challenge window, certification by two, deletion."""

from datetime import datetime, timedelta

from django.db.models import Count, Q, Sum
from django.utils.timezone import localdate

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import NotAllowedError
from cwf_portal.core.figures_text import moment_text
from cwf_portal.core.messages import send_message
from cwf_portal.core.models import OutgoingMessage, User
from cwf_portal.core.permissions import Permission
from panels.errors import KeeperError, PanelError, PhaseError
from panels.models import (
    Attestation,
    Certification,
    Keeper,
    KeyedPaper,
    LeafQueue,
    LogLeaf,
    Objection,
    OpeningSet,
    PaperEnvelope,
    Reconciliation,
    Round,
    SealedBallot,
    SealedPaper,
    SetAside,
    TypedName,
)
from panels.models.round import CHALLENGE_WINDOW
from panels.permissions import require_member_or_officer
from panels.selectors.paper import paper_count_of, sealed_in_order
from panels.services.annulling import lock_for_ending
from panels.services.marking import cast_count
from panels.services.pairs import check_other_home

BACKUPS_KEPT = timedelta(days=35)
TOPIC = "panels.keepers"
RECEIPT_TOPIC = "panels.receipt:{round}"
REMINDER_TOPIC = "panels.reminder:{round}:"  # and the stage
TELL_AND_ANNUL = "Tell the fund at once. One of the panel and one of the fund can annul this vote."


def reconcile(*, round: Round) -> None:
    """Note at opening what became of every entry of the public list, by the way of voting.

    The caller holds the lock of the round.
    """
    is_in_box, is_changed = Q(state=SealedBallot.State.IN_BOX), Q(roll_entry__set_aside__reason=SetAside.Reason.CHANGED)
    is_aside = Q(roll_entry__set_aside__isnull=False)
    found = SealedBallot.objects.of(round).aggregate(
        opened=Count("pk", filter=is_in_box & ~is_aside),
        set_aside=Count("pk", filter=(is_in_box & is_aside) | (Q(version__gte=1) & is_changed)),
        withdrawn=Count("pk", filter=Q(version__gte=1) & ~is_in_box & ~is_changed),
    )
    cast = cast_count(round)
    Reconciliation.objects.create(
        round=round,
        channel=Reconciliation.Channel.WEB,
        leaves_count=cast,
        opened_count=found["opened"],
        replaced_count=cast - found["opened"] - found["set_aside"] - found["withdrawn"],
        set_aside_count=found["set_aside"],
        withdrawn_count=found["withdrawn"],
    )
    if paper_count_of(round):
        papers = SealedPaper.objects.filter(round=round).count()
        channel = Reconciliation.Channel.PAPER
        Reconciliation.objects.create(
            round=round, channel=channel, leaves_count=papers, opened_count=papers, replaced_count=0
        )


def unexplained_entries(round: Round) -> int:
    """Entries of the public list that no ballot explains, or ballots without an entry (below zero); 0 when all is well.

    `leaves = 1 + counted + invalid + replaced + set aside + withdrawn`, over all ways of voting.
    """
    explained = round.reconciliations.aggregate(all=Sum("leaves_count"))["all"] or 0
    return LogLeaf.objects.filter(round=round).count() - 1 - explained


def check_sums(round: Round) -> None:
    """Raise PanelError while the public list and the box do not add up: such a result is neither shown nor certified.

    It is a fact about two tables, not somebody's word: nobody can hold a result up with it who cannot write to the
    database.
    """
    unexplained = unexplained_entries(round)
    if unexplained:
        many = f"{abs(unexplained):,} {'entry' if abs(unexplained) == 1 else 'entries'} of the public list"
        said = f"no ballot explains {many}" if unexplained > 0 else f"ballots stand for {many} too many"
        raise PanelError(f"The public list and the ballots do not add up: {said}.", mend=TELL_AND_ANNUL)


def attest_contents(*, by: User, round: Round, digest: str, is_sure: bool = False) -> Attestation:
    """Note what a keeper found with the one-file tool, whether it agrees or not; once, for good.

    Another fingerprint than that of the counted ballots is taken only from somebody who says that they compared it.

    Raises:
        NotAllowedError: `by` is not one of the two keepers who opened the box.
        PhaseError: the box is not open.
        KeeperError: this is no fingerprint of ballots, another one than that of the counted ballots and `by` is not
            sure, or another one was noted before.
    """
    with acting(by, "opened the box again off the portal"):
        locked = Round.objects.select_for_update().get(pk=round.pk)
        keeper = locked.keepers.filter(user=by).first()
        if not hasattr(locked, "opening"):
            raise PhaseError("The box is not open yet.")
        if keeper is None or str(keeper.body) not in locked.opening.keepers.split(","):
            raise NotAllowedError("Only the two keepers who opened the box can say this.")
        typed = "".join(digest.split()).lower()
        if len(typed) != 64 or set(typed) - set("0123456789abcdef"):
            raise KeeperError("A fingerprint of ballots has 64 letters and digits.", mend="Copy the whole line.")
        known = Attestation.objects.filter(keeper=keeper).first()
        if known and known.digest != typed:
            raise KeeperError("You noted another fingerprint before.", mend="Please tell the panel and the fund.")
        if typed != locked.opening.contents_digest and not is_sure:
            raise KeeperError(
                "This is not the fingerprint of the ballots that were counted.",
                mend="Compare it with the last line of the tool. If it is what you found, tick the box as well.",
            )
        return known or Attestation.objects.create(keeper=keeper, digest=typed)


def certify_round(*, by: User, round: Round) -> Certification:
    """End a round: the first of two people asks, the second confirms. Then sealed ballots and receipts are deleted.

    A vote that was annulled has nothing left to wait for or to add up: it is ended in the same way.

    Raises:
        PhaseError: the result is not published, the challenge window is not over, an objection is not answered, a
            keeper who opened the box has not said what they found elsewhere, or neither can.
        PanelError: the public list and the ballots do not add up, or a keeper found other ballots.
        NotAllowedError: the person who asked cannot also confirm, nor anybody they live with.
    """
    with acting(by, "certified a vote"):
        locked, at = lock_for_ending(round), core_now()
        require_member_or_officer(by, locked.panel, day=localdate(at), permission=Permission.APPOINT_KEEPER)
        known = Certification.objects.select_for_update(of=("self",)).filter(round=locked).first()
        if known and known.certified_at:
            return known
        if not hasattr(locked, "annulment"):
            _check_window(locked, at)
            _check_adds_up(locked)
            _check_opened_again(locked)
        if known is None:
            return Certification.objects.create(round=locked, asked_by=by)
        if known.asked_by_id == by.pk:
            raise NotAllowedError("You asked for this; a second person certifies it.", mend="Ask somebody else.")
        check_other_home(by, [known.asked_by_id])
        known.certified_by, known.certified_at = by, at
        known.save(update_fields=["certified_by", "certified_at"])
        _erase(locked)
        return known


def challenge_ends_at(round: Round) -> datetime | None:
    """Until when people of the place can object; None before the result is published."""
    published_at = round.result.published_at if hasattr(round, "result") else None
    return published_at + CHALLENGE_WINDOW if published_at else None


def _check_window(round: Round, at: datetime) -> None:
    ends_at = challenge_ends_at(round)
    if ends_at is None:
        raise PhaseError("There is no published result to certify yet.")
    if at < ends_at:
        raise PhaseError(
            f"People of the place can object to the result until {moment_text(ends_at)}.", mend="Certify it then."
        )
    waiting = Objection.objects.filter(round=round).unanswered().count()
    if waiting:
        raise PhaseError(
            f"{waiting} objection{'s wait' if waiting > 1 else ' waits'} for an answer.",
            mend="Somebody of the panel and somebody of the fund answer first.",
        )


def _check_adds_up(round: Round) -> None:
    check_sums(round)
    others = Attestation.objects.filter(keeper__round=round).exclude(digest=round.opening.contents_digest)
    if others.exists():
        raise PanelError("A keeper found other ballots in the box.", mend="Please tell the fund.")


def keepers_to_open_again(round: Round) -> list[Keeper]:
    """Of the two who opened the box, those who have not said yet what they find in it off the portal.

    Whoever has lost their sheet since is not waited for, by their own word or by that of the panel and the fund; that
    they lost it is published. One of the two must look.
    """
    if not hasattr(round, "opening"):
        return []
    waiting = round.keepers.filter(body__in=round.opening.keepers.split(","), attestation=None, lost_agreed_by=None)
    return list(waiting.select_related("user").order_by("body"))


def _check_opened_again(round: Round) -> None:
    waiting = keepers_to_open_again(round)
    if waiting:
        names = " and ".join(str(keeper.user) for keeper in waiting)
        raise PhaseError(
            f"{names} opened the box here, and must open it once more off this site.",
            mend="Each types in what they found, on the page of their key.",
        )
    if not Attestation.objects.filter(keeper__round=round).exists():
        raise PhaseError(
            "Nobody has opened the box once more off this site, and both keepers who could have lost their keys.",
            mend="The panel and the fund can only annul this vote.",
        )


def _erase(round: Round) -> None:
    """What could still be opened: sealed rows and messages with receipts. The real erasure is the keepers' paper."""
    SealedBallot.objects.filter(roll_entry__round=round).delete()
    KeyedPaper.objects.filter(batch__round=round).delete()  # of a vote annulled before its papers were sealed
    SealedPaper.objects.filter(round=round).delete()
    PaperEnvelope.objects.filter(round=round).delete()  # who had them; what became of them stays counted
    LeafQueue.objects.filter(round=round).delete()
    TypedName.objects.filter(first_vote__roll_entry__round=round).delete()
    told = Q(topic=RECEIPT_TOPIC.format(round=round.pk)) | Q(topic__startswith=REMINDER_TOPIC.format(round=round.pk))
    OutgoingMessage.objects.filter(told).delete()
    for keeper in Keeper.objects.filter(round=round).select_related("user"):
        send_message(
            to=keeper.user.email,
            subject=f"Please destroy your key sheet: {round.title}",
            body=f"The vote “{round.title}” is over. Please tear up or burn your key sheet today.\n\n"
            "It is what really erases the votes: without two sheets nobody can open a copy of the box.",
            topic=TOPIC,
        )


def export_of(*, by: User, round: Round) -> dict[str, object]:
    """A copy of the box for the keepers' own tool: sealed ballots ordered by their hashes, without any voter.

    With it goes the public list, so that the tool sees of every ballot that it stands there.

    Raises:
        NotAllowedError: `by` is no keeper of this vote.
        PhaseError: what is going to be opened was not signed yet, or the ballots are deleted.
    """
    named = OpeningSet.objects.filter(round=round).first()
    if not Keeper.objects.filter(round=round, user=by).exists():
        raise NotAllowedError("Only keepers of this vote can have a copy of the box.")
    if named is None or round.rules is None or Certification.objects.filter(round=round, certified_at__isnull=False):
        raise PhaseError("There is no copy of the box now.", mend="It is there from opening until certification.")
    leaves = LogLeaf.objects.filter(round=round).order_by("position").values_list("leaf", flat=True)
    return {
        "format": "cwf-box-v1",
        "rules": bytes(round.rules).decode(),
        "rules_signature": bytes(round.rules_signature or b"").hex(),
        "set_salt": bytes(named.salt).hex(),
        "set_hash": bytes(named.hash).hex(),
        "set_signature": bytes(named.signature).hex(),
        "log": [bytes(leaf).hex() for leaf in leaves],
        "sealed": [sealed.hex() for sealed in sealed_in_order(round)],
    }
