"""What is read about votes: who may take part, what stands on the ballot, what came of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import BooleanField, Count, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce
from django.utils.timezone import localdate

from cwf_portal.core.models import User
from panels.domain.people import age_reached
from panels.domain.rules_sheet import DECLARED_UP_TO_PENCE
from panels.models import (
    CountedBallot,
    HeadReader,
    LeafQueue,
    LogHead,
    LogLeaf,
    Panel,
    PanelMembership,
    Project,
    ProjectResult,
    Proposal,
    Residence,
    RollEntry,
    Round,
    SealedBallot,
    SetAside,
)
from panels.models.box import LEAF_BYTES
from panels.models.round import TIME_TO_SHOW, ProposalQuerySet, RoundQuerySet

IN_BOX = SealedBallot.State.IN_BOX
TWICE = SetAside.Reason.TWICE


def rounds() -> RoundQuerySet:
    """All votes with their places and results, the latest first."""
    return Round.objects.in_full().order_by("-voting_opens_at", "-pk")


def rounds_once_published() -> RoundQuerySet:
    """Votes whose result was published, also those annulled since, with how they ended; the latest first."""
    return rounds().filter(result__published_at__isnull=False).select_related("certification")


def rounds_of(panel: Panel) -> QuerySet[Round]:
    return rounds().filter(panel=panel)


def rounds_with_waiting_leaves() -> QuerySet[Round]:
    """Votes with sealed ballots that the public log does not hold yet."""
    return Round.objects.filter(pk__in=LeafQueue.objects.values("round")).order_by("pk")


def projects_of(round: Round) -> QuerySet[Project]:
    """The ballot in the order of the frozen rules."""
    return Project.objects.filter(round=round).select_related("delivery").order_by("place")


def proposals() -> ProposalQuerySet:
    return Proposal.objects.select_related("round__panel__neighbourhood", "author", "merged_into")


def result_lines(round: Round, *, is_decisive: bool) -> QuerySet[ProjectResult]:
    """Projects of a result: the funded ones in the order of funding, then the others as on the ballot."""
    lines = ProjectResult.objects.filter(result__round=round, is_decisive=is_decisive)
    return lines.select_related("project__delivery").order_by(F("order").asc(nulls_last=True), "project__place")


def counted_ballots(round: Round) -> list[tuple[int, ...]]:
    """Contents of the box, sorted; for rounds published in full."""
    choices = CountedBallot.objects.filter(round=round).order_by("number").values_list("choices", flat=True)
    return [tuple(int(place) for place in text.split(",")) for text in choices]


def rounds_run_by(user: User, at: datetime) -> RoundQuerySet:
    """Votes of panels on which `user` sits now."""
    sitting = PanelMembership.objects.on(localdate(at)).filter(user=user)
    return rounds().filter(panel__in=sitting.values("panel"))


def projects_run_by(user: User, at: datetime) -> QuerySet[Project]:
    """Funded projects of panels on which `user` sits now."""
    running = Project.objects.filter(round__in=rounds_run_by(user, at).standing(), delivery__isnull=False)
    return running.select_related("round__panel", "delivery")


def proposal_counts(round: Round) -> dict[str, int]:
    """Ideas by state, without those that are hidden."""
    counts = Proposal.objects.shown().filter(round=round).values("state").annotate(number=Count("pk")).order_by("state")
    return {row["state"]: row["number"] for row in counts}


def ideas_to_work_out(rounds: Iterable[Round]) -> dict[int, int]:
    """Ideas that wait to be worked out, by the key of their vote; votes without any are left out."""
    waiting = Proposal.objects.shown().filter(round__in=list(rounds), state=Proposal.State.SUBMITTED)
    return dict(waiting.values_list("round").annotate(number=Count("pk")).order_by("round"))


def others_to_join(proposal: Proposal) -> QuerySet[Proposal]:
    """Ideas of the same vote that still stand."""
    return Proposal.objects.standing().filter(round=proposal.round_id).exclude(pk=proposal.pk).order_by("title")


def heads_of(round: Round) -> QuerySet[LogHead]:
    """Signed heads of the public list, the latest first."""
    return LogHead.objects.filter(round=round).order_by("-size")


def latest_head(round: Round) -> LogHead | None:
    return LogHead.objects.filter(round=round).order_by("-size").first()


def leaf_by_prefix(round: Round, prefix: bytes) -> LogLeaf | None:
    """The entry of the public log whose hash begins so; None when there is none."""
    last = prefix.ljust(LEAF_BYTES, b"\xff")
    return LogLeaf.objects.filter(round=round, leaf__gte=prefix, leaf__lte=last).first()


@dataclass(frozen=True)
class VoteOfResident:
    """An open vote of somebody's place, and whether their ballot is in the box."""

    round: Round
    has_voted: bool


def open_votes_for(user: User, at: datetime) -> list[VoteOfResident]:
    """Votes open now in which `user` may vote, or already has."""
    home = Residence.objects.exclude(placed_by=Residence.PlacedBy.ELSEWHERE).filter(user=user).first()
    elsewhere = SetAside.objects.filter(roll_entry__user=user, reason=TWICE).values("roll_entry__round")
    voting, may = Round.objects.in_full().voting(at).exclude(pk__in=elsewhere), Q(roll__user=user)
    if home:
        age = age_reached(home.of_age_on, localdate(at))
        may |= Q(panel__neighbourhood=home.neighbourhood_id, minimum_age__lte=age)
    standing = SealedBallot.objects.standing().filter(roll_entry__user=user)
    cast = set(standing.values_list("roll_entry__round", flat=True))
    return [
        VoteOfResident(round, round.pk in cast) for round in voting.filter(may).distinct().order_by("voting_closes_at")
    ]


def times_cast(user: User, round: Round) -> int:
    """Ballots of `user` that went into the box, withdrawn and replaced ones included; what a ballot page has seen."""
    mark = SealedBallot.objects.of(round).filter(roll_entry__user=user).only("version").first()
    return mark.version if mark else 0


def has_voted_on_paper(user: User, round: Round) -> bool:
    """Whether an envelope of `user` was received and counts."""
    marks = SealedBallot.objects.of(round).filter(roll_entry__user=user)
    return marks.filter(state=SealedBallot.State.ON_PAPER).exists()


def voted_elsewhere(user: User, round: Round) -> bool:
    """Whether another entry of the same person counts in this vote, that of a polling place or card (`correcting`)."""
    return SetAside.objects.filter(roll_entry__round=round, roll_entry__user=user, reason=TWICE).exists()


def reads_heads(user: User, round: Round) -> bool:
    """Whether `user` gets every signed head by email."""
    return HeadReader.objects.filter(round=round, user=user).exists()


@dataclass(frozen=True)
class OwnBallot:
    """Somebody's ballot in the box, sealed.

    Attributes:
        leaf: Its entry of the public list, there already or to come.
        version: Of how many ballots of theirs it is the last.
        is_pending: It counts only once they have shown where they live.
        set_aside: Why it stays closed; empty where it does not.
        is_in_log: The public list holds it.
    """

    leaf: bytes
    version: int
    is_pending: bool
    set_aside: str
    is_in_log: bool


def own_ballot(user: User, round: Round) -> OwnBallot | None:
    """The ballot that will count for `user`, and how it stands, in one question; None when there is none."""
    listed = LogLeaf.objects.filter(round=round, leaf=OuterRef("leaf"))
    ballots = SealedBallot.objects.of(round).in_box().filter(roll_entry__user=user)
    row = ballots.values_list(
        "leaf",
        "version",
        ExpressionWrapper(Q(roll_entry__is_pending=True, roll_entry__verification=None), BooleanField()),
        Coalesce("roll_entry__set_aside__reason", Value("")),
        Exists(listed),
    ).first()
    return OwnBallot(bytes(row[0] or b""), *row[1:]) if row else None


def is_pending(user: User, round: Round) -> bool:
    """Whether the vote of `user` counts only once they have shown where they live."""
    return RollEntry.objects.filter(user=user, round=round, is_pending=True, verification=None).exists()


def vote_that_waits(user: User, at: datetime) -> Round | None:
    """The first vote to end in which a vote of `user` waits for them to show where they live; None for none."""
    standing = SealedBallot.objects.standing()
    waiting = RollEntry.objects.filter(user=user, is_pending=True, verification=None, sealed__in=standing)
    still = Round.objects.filter(roll__in=waiting, voting_closes_at__gt=at - TIME_TO_SHOW)
    return still.order_by("voting_closes_at").first()


def changed_ballots_count(round: Round) -> int:
    """Ballots that stay closed because they are none of those on the public list."""
    return SetAside.objects.filter(roll_entry__round=round, reason=SetAside.Reason.CHANGED).count()


def votes_to_come(residence: Residence, at: datetime) -> QuerySet[Round]:
    """Fixed votes of somebody's place that are not over and ask for more than their word where they live."""
    here = rounds().frozen().standing().not_over(at).filter(panel__neighbourhood=residence.neighbourhood_id)
    return here.filter(budget_pence__gt=DECLARED_UP_TO_PENCE).order_by("voting_closes_at")


def rounds_taking_ideas_for(user: User, at: datetime) -> QuerySet[Round]:
    """Votes collecting ideas in the place where `user` says that they live."""
    here = Residence.objects.filter(user=user).values("neighbourhood")
    return rounds().taking_ideas(at).filter(panel__neighbourhood__in=here)


def votes_cast_by(user: User) -> QuerySet[RollEntry]:
    """Every vote in which a ballot of `user` is in the box, the latest first."""
    entries = RollEntry.objects.filter(user=user, sealed__state=IN_BOX)
    return entries.select_related("sealed", "round__panel__neighbourhood").order_by("-round__voting_closes_at")
