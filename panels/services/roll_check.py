"""Before opening: near matches judged and bursts reviewed by two sides; and the list printed for polling day."""

from collections.abc import Sequence

from django.utils.timezone import localdate

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import NotAllowedError
from cwf_portal.core.figures_text import moment_text
from cwf_portal.core.messages import send_message
from cwf_portal.core.models import User
from cwf_portal.core.models.people import NOWHERE
from cwf_portal.core.permissions import Permission, has_permission, require
from panels.errors import PanelError, PhaseError
from panels.models import BurstReview, Keeper, MatchVerdict, OpeningSet, Phase, RollEntry, RollPrint, Round, SetAside
from panels.permissions import membership_of
from panels.selectors import roll
from panels.selectors.paper import has_project_at_home
from panels.services.enrolling import enrol_everybody
from panels.services.pairs import check_other_home
from panels.services.places import check_not_of_household

ENOUGH = 2
TOPIC = "panels.roll"


def may_check_roll(user: User, round: Round) -> bool:
    """Members of the panel, officers who judge lists, and the keepers of this vote: they are its scrutineers."""
    if has_permission(user, Permission.JUDGE_ROLL) and has_permission(user, Permission.MANAGE_PANEL):
        return True
    is_member = membership_of(user, round.panel, localdate(core_now())) is not None
    return is_member or Keeper.objects.filter(round=round, user=user).exists()


def judge_match(*, by: User, entries: tuple[RollEntry, RollEntry], is_same: bool, reason: str) -> MatchVerdict:
    """Say whether two entries are one person; two people of different sides (the panel, the fund, a keeper of neither)
    who say the same settle it. Whose ballot will stay closed is told then. Twice changes nothing.

    Raises:
        NotAllowedError: `by` is no scrutineer of this vote, has a project in it at home, or is of the household of
            one of the two, or of somebody who has judged them.
        PhaseError: it is named already what to open.
        PanelError: there is no reason, the two are no near match, or two people have settled it.
    """
    first, second = sorted(entries, key=lambda entry: entry.pk)
    with acting(by, "judged whether two are one"):
        round = _locked_before_opening(by, first.round)
        for entry in (first, second):
            check_not_of_household(by, entry.user.residence)
        known = MatchVerdict.objects.filter(first=first, second=second, judge=by).first()
        if known:
            return known
        if (first.pk, second.pk) in roll.settled_matches(round):
            raise PanelError("Two people have settled this already.")
        if len(reason.strip()) < 3:
            raise PanelError("A reason is needed.", mend="Say in a sentence how you know.")
        if (first.pk, second.pk) not in {(match.first, match.second) for match in roll.matches_of(round)}:
            raise PanelError("Nothing says that these two could be one person.")
        judged = MatchVerdict.objects.filter(first=first, second=second)
        check_other_home(by, judged.values_list("judge", flat=True))
        verdict = MatchVerdict.objects.create(
            first=first, second=second, judge=by, side=_side_of(by, round), is_same=is_same, reason=reason.strip()
        )
        if is_same and roll.settled_matches(round).get((first.pk, second.pk)):
            _tell_found_twice((first, second), round)
        return verdict


def review_bursts(*, by: User, round: Round, note: str) -> BurstReview:
    """Note what `by` found who looked at the numbers: good for the numbers as they stand. Two people of different sides
    are enough: whoever sits on a panel could make people up, and a friend there look away. Twice changes nothing.

    Raises:
        NotAllowedError: `by` is no scrutineer of this vote, has a project in it at home, or confirmed, helped or
            entered many of these people, or lives with whoever has looked at these numbers.
        PhaseError: it is named already what to open.
        PanelError: nothing is said about what was found.
    """
    with acting(by, "looked at who confirmed how many"):
        locked = _locked_before_opening(by, round)
        numbers = roll.numbers_on_roll(locked)
        if numbers.is_about(by.pk):
            raise NotAllowedError("You stand for many of these people yourself.", mend="Somebody else looks at it.")
        known = BurstReview.objects.filter(round=locked, reviewer=by, counts_hash=numbers.hash).first()
        if known:
            return known
        reviews = BurstReview.objects.filter(round=locked, counts_hash=numbers.hash)
        check_other_home(by, reviews.values_list("reviewer", flat=True))
        if len(note.strip()) < 3:
            raise PanelError("Say what you found.", mend="One or two sentences.")
        return BurstReview.objects.create(
            round=locked, reviewer=by, side=_side_of(by, locked), counts_hash=numbers.hash, note=note.strip()
        )


def print_roll(*, by: User, round: Round) -> Sequence[RollEntry]:
    """The voters' list for polling day; that it was printed, and by whom, is kept.

    Raises:
        NotAllowedError: `by` is neither of the panel nor an officer.
    """
    require(by, Permission.JUDGE_ROLL)
    with acting(by, "printed the voters' list"):
        if not may_check_roll(by, round):
            raise NotAllowedError("This voters' list is for the panel and the fund.")
        if round.phase_at(core_now()) in {Phase.FROZEN, Phase.VOTING}:
            enrol_everybody(round)  # somebody can have come of age, or said where they live for a small pot
        entries = list(roll.roll_for_print(round))
        RollPrint.objects.create(round=round, printed_by=by, entries_count=len(entries))
        return entries


def check_roll(round: Round) -> None:
    """What must be settled before it is named what to open.

    Raises:
        PhaseError: a near match is not judged, or a burst not reviewed, by two of different sides.
    """
    waiting = len(roll.open_matches(round))
    if waiting:
        raise PhaseError(
            f"{waiting} pair{'s' if waiting > 1 else ''} on the list may be one person each.",
            mend="Two people of different sides judge them first.",
        )
    numbers = roll.numbers_on_roll(round)
    if not numbers.needs_review:
        return
    reviews = BurstReview.objects.filter(round=round, counts_hash=numbers.hash).exclude(side="")
    if reviews.values("side").distinct().count() < ENOUGH:
        raise PhaseError(
            "Somebody stands for many people on the list, many live at one address, or many have voted who only said "
            "where they live.",
            mend="Two people of different sides look at it first.",
        )


def set_aside_twice(round: Round) -> None:
    """The vote of one of two entries that two people found to be one person stays closed."""
    SetAside.objects.bulk_create(
        (SetAside(roll_entry_id=entry, reason=SetAside.Reason.TWICE) for entry in sorted(found_twice(round))),
        ignore_conflicts=True,
    )


def found_twice(round: Round) -> set[int]:
    """Of two entries that are one person the later; the earlier where only the later has shown where they live.

    A paper that is mixed with others cannot be taken out again: its entry stays, whichever it is.
    """
    same = [pair for pair, is_same in roll.settled_matches(round).items() if is_same]
    if not same:
        return set()
    found = {(match.first, match.second) for match in roll.matches_of(round)}
    opened = roll.entries_opened_on_paper(round)
    shown = roll.entries_shown(round)
    return {_to_set_aside(pair, opened, shown) for pair in same if pair in found}


def _to_set_aside(pair: tuple[int, int], opened: set[int], shown: set[int]) -> int:
    first, second = pair
    if opened & {first, second}:
        return first if second in opened else second
    return first if second in shown and first not in shown else second


def _side_of(user: User, round: Round) -> MatchVerdict.Side:
    if membership_of(user, round.panel, localdate(core_now())):
        return MatchVerdict.Side.PANEL
    is_officer = has_permission(user, Permission.JUDGE_ROLL) and has_permission(user, Permission.MANAGE_PANEL)
    return MatchVerdict.Side.FUND if is_officer else MatchVerdict.Side.INDEPENDENT


def _tell_found_twice(entries: tuple[RollEntry, RollEntry], round: Round) -> None:
    aside = found_twice(round)
    for entry in entries:
        if entry.pk in aside and not entry.user.email.endswith(NOWHERE):
            send_message(
                to=entry.user.email,
                subject=f"Your vote: {round.title}",
                body=f"You are on the voters' list of \u201c{round.title}\u201d twice, as two people found. "
                "You have one vote: the other ballot counts, and the one of this account stays closed.\n\n"
                "Is the other not you? Write to the fund or to your panel at once: the box can be opened from "
                f"{moment_text(round.voting_closes_at)} on.\n",
                topic=TOPIC,
            )


def _locked_before_opening(by: User, round: Round) -> Round:
    locked = Round.objects.select_for_update(of=("self",)).select_related("panel").get(pk=round.pk)
    if not may_check_roll(by, locked):
        raise NotAllowedError("You do not check the list of this vote.", mend="Ask its panel or its keepers.")
    if has_project_at_home(by, locked):
        raise NotAllowedError("You or your household have a project in this vote.", mend="Somebody else checks it.")
    if OpeningSet.objects.filter(round=locked).exists():
        raise PhaseError("It is fixed already which ballots are opened.")
    return locked
