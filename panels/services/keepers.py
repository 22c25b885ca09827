"""The three people who keep the keys of a vote: named, their public keys noted, reminded, and what if one is lost."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from django.utils.timezone import localdate

from cwf_portal.core.addresses import address_of
from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import NotAllowedError
from cwf_portal.core.figures_text import moment_text
from cwf_portal.core.messages import send_message
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Permission
from panels.domain.key_sheet import fingerprint
from panels.domain.sealing import SealError, load_public
from panels.errors import KeeperError, PhaseError
from panels.models import Certification, Keeper, PanelMembership, Round
from panels.permissions import fund_staff_among, membership_of, require_member, require_member_or_officer
from panels.selectors.paper import has_project_at_home, people_at_home
from panels.services.annulling import annul
from panels.services.pairs import check_other_home

REMIND_BEFORE = timedelta(days=7)
NEEDED_KEYS = 3
LOST_ANNULS = 2
TOPIC = "panels.keepers"
SIDES = {  # sits on the panel, works for the fund
    Keeper.Body.PANEL: (True, False),
    Keeper.Body.FUND: (False, True),
    Keeper.Body.INDEPENDENT: (False, False),
}
WANTED = {
    Keeper.Body.PANEL: "must sit on the panel and not work for the fund",
    Keeper.Body.FUND: "must work for the fund and not sit on the panel",
    Keeper.Body.INDEPENDENT: "must neither sit on the panel nor work for the fund",
}


def appoint_keeper(*, by: User, round: Round, body: Keeper.Body, email: str) -> Keeper:
    """Name who keeps one body's key. Until the vote is fixed, naming another person takes the first one's place.

    The panel names its keeper, the fund its own; either may name the third, whom everybody sees.

    Raises:
        PhaseError: the vote is fixed.
        KeeperError: there is no such account, or the person is of the wrong body, keeps another key or lives with
            whoever does, or has a project in the vote at home.
    """
    with acting(by, "appointed a keeper"):
        locked = _locked(round)
        at = core_now()
        _check_may_appoint(by, locked, body=body, at=at)
        _check_not_frozen(locked)
        person = User.objects.filter(email__iexact=email.strip(), is_active=True).first()
        if person is None:
            raise KeeperError("Nobody has an account with this email address.", mend="Ask them to sign in here once.")
        _check_bodies({body: person}, locked, at)
        if locked.keepers.filter(user__in=people_at_home(person)).exclude(body=body).exists():
            raise KeeperError(
                f"{person} keeps another key of this vote, or lives with whoever does.",
                mend="Two of the three open the box: name somebody else.",
            )
        known = locked.keepers.filter(body=body).first()
        if known and known.user_id == person.pk:
            return known
        if known:
            known.delete()
        send_message(to=person.email, subject=f"Your key: {locked.title}", body=_invitation(locked), topic=TOPIC)
        return Keeper.objects.create(round=locked, body=body, user=person, appointed_by=by)


def register_key(*, by: User, round: Round, public_key: str, made_with: Keeper.MadeWith) -> Keeper:
    """Note a keeper's public key; until the vote is fixed a new one takes its place. The same again changes nothing.

    Raises:
        PhaseError: the vote is fixed.
        KeeperError: `by` keeps no key of this vote, or this is no fresh public key.
    """
    with acting(by, "made a keeper's key"):
        locked = _locked(round)
        keeper = _keeper(by, locked)
        _check_not_frozen(locked)
        typed = "".join(public_key.split()).lower()
        if keeper.public_key == typed:
            return keeper
        _check_public(typed)
        keeper.public_key, keeper.made_with, keeper.made_at = typed, made_with, core_now()
        keeper.save(update_fields=["public_key", "made_with", "made_at"])
        return keeper


def keys_of_round(round: Round, at: datetime) -> list[bytes]:
    """The three public keys in the order of the bodies, for the rules. The caller holds the lock of the round.

    Raises:
        KeeperError: a keeper or a key is missing, or a keeper has changed sides or has now a project in the vote.
    """
    keepers = list(round.keepers.select_related("user"))
    ready = {keeper.body for keeper in keepers if keeper.public_key}
    missing = [body.label.lower() for body in Keeper.Body if body not in ready]
    if missing:
        raise KeeperError(
            f"A vote needs three keys, and {len(missing)} {'is' if len(missing) == 1 else 'are'} missing: "
            f"from {', '.join(missing)}.",
            mend="Name the keepers, and let each make a key.",
        )
    _check_bodies({Keeper.Body(keeper.body): keeper.user for keeper in keepers}, round, at)
    return [bytes.fromhex(keeper.public_key) for keeper in keepers]


def report_lost_key(*, by: User, round: Round, body: Keeper.Body, note: str) -> Keeper:
    """Note, for everybody to read, that a key is lost. With the second, nobody can open the box: the vote is annulled.

    The keeper's own word is enough. What somebody else says is a question, of which the keeper is told, until the
    keeper or somebody of the other side, the panel or the fund, says the same.

    Args:
        by: the keeper; for them a member of the panel or an officer, each the first to say it of one key only.
        round: fixed. Once its box is open, the vote goes on whoever loses a sheet; it is noted who cannot check it.
        body: whose key.
        note: what happened, in a sentence.

    Raises:
        PhaseError: the vote is not fixed yet (then the keeper makes another key), or it is over.
        KeeperError: no note, `by` has reported another key of this vote, or somebody of the same side has said so.
    """
    with acting(by, "reported a lost key"):
        locked = _locked(round)
        keeper = locked.keepers.select_related("user").filter(body=body).first()
        side = _side_of(by, locked, keeper)
        if locked.frozen_at is None or keeper is None:
            raise PhaseError("This vote is not fixed yet.", mend="Make another key; it takes the place of the first.")
        if Certification.objects.filter(round=locked, certified_at__isnull=False).exists():
            raise PhaseError("This vote is over; the key is not needed any more.")
        if not note.strip():
            raise KeeperError("Say in a sentence how the key was lost.", mend="Everybody can read it.")
        if keeper.lost_at is None:
            _note_lost(keeper, by, side, note=note)
        if not keeper.is_lost and _agrees(keeper, by, side):
            keeper.lost_agreed_by, keeper.lost_agreed_side = by, side
            keeper.save(update_fields=["lost_agreed_by", "lost_agreed_side"])
            if not hasattr(locked, "opening"):
                _annul_if_nobody_can_open(by, locked)
        return keeper


def still_have_key(*, by: User, round: Round) -> Keeper:
    """The keeper answers that their key is not lost: what one side said is taken back. Twice changes nothing.

    Raises:
        NotAllowedError: `by` keeps no key of this vote.
        KeeperError: they said themselves that it is lost, or the panel and the fund have both said so.
    """
    with acting(by, "answered that a key is not lost"):
        keeper = _keeper(by, _locked(round))
        if keeper.is_lost:
            raise KeeperError("It is noted already that your key is lost.", mend="Please tell the panel and the fund.")
        keeper.lost_at, keeper.lost_note, keeper.lost_reported_by, keeper.lost_side = None, "", None, ""
        keeper.save(update_fields=["lost_at", "lost_note", "lost_reported_by", "lost_side"])
        return keeper


def remind_keepers(at: datetime) -> int:
    """Tell keepers, a week before voting closes, to look whether their sheet is where they put it; returns how many."""
    due = Keeper.objects.filter(
        reminded_at=None,
        lost_agreed_by=None,
        round__frozen_at__isnull=False,
        round__voting_closes_at__gt=at,
        round__voting_closes_at__lte=at + REMIND_BEFORE,
    ).select_related("round", "user")
    if not due.exists():
        return 0
    with acting("system:keepers", "reminded keepers of their keys"):
        keepers = list(due.select_for_update(of=("self",), skip_locked=True).order_by("pk"))
        for keeper in keepers:
            send_message(
                to=keeper.user.email,
                subject=f"Is your key where you put it? {keeper.round.title}",
                body=_reminder(keeper),
                topic=TOPIC,
            )
        Keeper.objects.filter(pk__in=[keeper.pk for keeper in keepers]).update(reminded_at=at)
        return len(keepers)


def _locked(round: Round) -> Round:
    return Round.objects.select_for_update(of=("self",)).select_related("panel").get(pk=round.pk)


def _side_of(by: User, round: Round, keeper: Keeper | None) -> Keeper.Side:
    if keeper is not None and keeper.user_id == by.pk:
        return Keeper.Side.KEEPER
    day = localdate(core_now())
    require_member_or_officer(by, round.panel, day=day, permission=Permission.APPOINT_KEEPER)
    return Keeper.Side.PANEL if membership_of(by, round.panel, day) else Keeper.Side.FUND


def _note_lost(keeper: Keeper, by: User, side: Keeper.Side, *, note: str) -> None:
    """What somebody says first; unless it is the keeper, they are asked."""
    if Keeper.objects.filter(round=keeper.round_id, lost_reported_by=by).exists():
        raise KeeperError("You have reported a key of this vote.", mend="Somebody else reports another one.")
    keeper.lost_at, keeper.lost_note = core_now(), note.strip()[:300]
    keeper.lost_reported_by, keeper.lost_side = by, side
    keeper.save(update_fields=["lost_at", "lost_note", "lost_reported_by", "lost_side"])
    if side is not Keeper.Side.KEEPER:
        subject, body = f"Have you lost your key? {keeper.round.title}", _is_it_lost(keeper)
        send_message(to=keeper.user.email, subject=subject, body=body, topic=TOPIC)


def _agrees(keeper: Keeper, by: User, side: Keeper.Side) -> bool:
    """Whether this makes it certain. The first to say it may say it again; it changes nothing."""
    if side is Keeper.Side.KEEPER:
        return True
    if side == keeper.lost_side and keeper.lost_reported_by_id != by.pk:
        raise KeeperError(
            "Somebody of your side has said so already.", mend="Now the keeper or somebody of the other side says it."
        )
    if side != keeper.lost_side:
        check_other_home(by, [keeper.lost_reported_by_id])
    return side != keeper.lost_side


def _keeper(by: User, round: Round) -> Keeper:
    keeper = round.keepers.filter(user=by).first()
    if keeper is None:
        raise NotAllowedError("You keep no key of this vote.", mend="The panel names its keepers.")
    return keeper


def _check_may_appoint(by: User, round: Round, *, body: Keeper.Body, at: datetime) -> None:
    day, permission = localdate(at), Permission.APPOINT_KEEPER
    if body is Keeper.Body.PANEL:
        require_member(by, round.panel, day=day, permission=permission)
        return
    require_member_or_officer(by, round.panel, day=day, permission=permission)
    if body is Keeper.Body.FUND and not fund_staff_among([by]):
        raise NotAllowedError("The fund names its own keeper.", mend="Ask your grants officer.")


def _check_bodies(people: Mapping[Keeper.Body, User], round: Round, at: datetime) -> None:
    """Each body's keeper belongs to it and to no other, lives with no other keeper, and has nothing to win."""
    staff = fund_staff_among(people.values())
    sitting = PanelMembership.objects.on(localdate(at)).filter(panel=round.panel_id, user__in=people.values())
    members = set(sitting.values_list("user", flat=True))
    for body, person in people.items():
        sides = (person.pk in members, person.pk in staff)
        if sides != SIDES[body]:
            raise KeeperError(f"{person} cannot keep this key: its keeper {WANTED[body]}.", mend="Name somebody else.")
        if has_project_at_home(person, round):
            raise KeeperError(f"{person} or their household have a project in this vote.", mend="Name somebody else.")
        others = [other.pk for other in people.values() if other.pk != person.pk]
        if people_at_home(person).filter(pk__in=others).exists():
            raise KeeperError(f"{person} lives with another keeper.", mend="Two open the box: name somebody else.")


def _check_not_frozen(round: Round) -> None:
    if round.frozen_at is not None:
        raise PhaseError("This vote is fixed. Its keepers and their keys can no longer be changed.")


def _check_public(typed: str) -> None:
    try:
        load_public(bytes.fromhex(typed))
    except (ValueError, SealError):
        raise KeeperError(
            "This is not a public key.", mend="Copy the whole line of 130 letters and digits that begins with 04."
        ) from None
    if Keeper.objects.filter(public_key=typed).exists():
        raise KeeperError("This key has been used before.", mend="Every vote needs a new key: make another one.")


def check_two_bodies(round: Round, numbers: Collection[int]) -> None:
    """Refuse two keepers who have come to one body since the vote was fixed: no body opens a box alone.

    Whoever has only left theirs can still open it: then nobody is closer to two keys.

    Raises:
        KeeperError: both work for the fund, or both sit on the panel.
    """
    pair = [keeper.user for keeper in round.keepers.filter(body__in=numbers).select_related("user")]
    sitting = PanelMembership.objects.on(localdate(core_now())).filter(panel=round.panel_id, user__in=pair)
    members = set(sitting.values_list("user", flat=True))
    for people, what in ((fund_staff_among(pair), "work for the fund"), (members, "sit on the panel")):
        if len(people) > 1:
            raise KeeperError(f"Both keepers {what} now.", mend="One of them opens the box with the third keeper.")


def _annul_if_nobody_can_open(by: User, round: Round) -> None:
    lost = round.keepers.exclude(lost_agreed_by=None).count()
    if lost >= LOST_ANNULS:
        reason = f"{lost} of {NEEDED_KEYS} keys are lost, so nobody can open the box."
        annul(round, by=by, reason=reason)


def _invitation(round: Round) -> str:
    return (
        f"You were named as one of three people who keep the keys of the vote “{round.title}”.\n\n"
        f"Please make your key before {moment_text(round.voting_opens_at)}: {_address(round)}\n\n"
        "It takes about ten minutes. You need a printer, or a pen and paper. Two of the three keys together open the "
        "box after voting has closed; yours alone opens nothing."
    )


def _reminder(keeper: Keeper) -> str:
    round = keeper.round
    return (
        f"Voting in “{round.title}” closes on {moment_text(round.voting_closes_at)}. After that, two keepers open the "
        f"box together.\n\nPlease look today whether your key sheet is where you put it. The fingerprint of its key is "
        f"{fingerprint(bytes.fromhex(keeper.public_key))}.\n\nIs it lost? Say so here: {_address(round)}"
    )


def _is_it_lost(keeper: Keeper) -> str:
    return (
        f"{keeper.lost_reported_by} says that your key of the vote “{keeper.round.title}” is lost: "
        f"{keeper.lost_note}\n\n"
        f"Is it there? Then say so here, and nothing changes: {_address(keeper.round)}\n\n"
        "Is it lost? Then say that there. If you do not answer, it counts as lost once somebody of the panel and "
        "somebody of the fund have both said so. With two lost keys nobody can open the box, and the vote is annulled."
    )


def _address(round: Round) -> str:
    return address_of("panels:key-detail", round.pk)
