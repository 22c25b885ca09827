"""What is read about votes on paper: counts and people, never what a paper says."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet

from cwf_portal.core.models import User
from panels.models import (
    KeyedPaper,
    LogLeaf,
    PaperBatch,
    PaperCount,
    PaperEnvelope,
    Proposal,
    Residence,
    RollEntry,
    Round,
    SealedBallot,
    SealedPaper,
)
from panels.models.box import LeafHash
from panels.models.round import TIME_TO_SHOW, ProposalQuerySet

MOST_FOUND = 20


def envelope_counts(round: Round) -> dict[str, int]:
    """Envelopes by state, every state named."""
    rows = PaperEnvelope.objects.filter(round=round).values("state").annotate(number=Count("pk")).order_by("state")
    return dict.fromkeys(PaperEnvelope.State.values, 0) | {row["state"]: row["number"] for row in rows}


def people_for_paper(round: Round, name: str) -> QuerySet[RollEntry]:
    """People on the list whose name holds this, those included who must still show where they live."""
    return people_to_help(round, name).select_related("user", "round", "verification")


def entries_to_help(round: Round) -> QuerySet[RollEntry]:
    """Entries of people, those included who must still show where they live."""
    return RollEntry.objects.filter(round=round, first_vote=None).select_related("user", "round")


def people_to_help(round: Round, name: str) -> QuerySet[RollEntry]:
    """People on the list whose name holds this, the first twenty by name."""
    entries = entries_to_help(round)
    found = entries.filter(user__full_name__icontains=name.strip()) if name.strip() else entries.none()
    return found.order_by("user__full_name", "pk")[:MOST_FOUND]


def envelopes_by_person(round: Round) -> list[tuple[str, int, int]]:
    """Who handed out how many envelopes and received how many that count, by name."""
    received = PaperEnvelope.State.RECEIVED, PaperEnvelope.State.OPENED
    issued_by = _by_person(PaperEnvelope.objects.filter(round=round), "issued_by")
    taken_by = _by_person(PaperEnvelope.objects.filter(round=round, state__in=received), "taken_by")
    return [(name, issued_by[name, pk], taken_by[name, pk]) for name, pk in sorted(issued_by | taken_by)]


def _by_person(envelopes: QuerySet[PaperEnvelope], field: str) -> Counter[tuple[str, int]]:
    """Envelopes by the name and key of whoever did this with them."""
    rows = envelopes.filter(**{f"{field}__isnull": False}).values(f"{field}__full_name", f"{field}__email", field)
    counted = rows.annotate(number=Count("pk")).order_by(field)
    return Counter(
        {(row[f"{field}__full_name"] or row[f"{field}__email"], row[field]): row["number"] for row in counted}
    )


def people_at_home(user: User) -> QuerySet[User, Any]:
    """A person and everybody of their household, as far as they said where they live; primary keys."""
    homes = Residence.objects.filter(user=user).values("household_hmac")
    return User.objects.filter(Q(pk=user.pk) | Q(residence__household_hmac__in=homes)).values("pk")


def projects_at_home(user: User) -> ProposalQuerySet:
    """Of `user` and their household, of all votes: ideas that stand, and those joined with one that stands."""
    return Proposal.objects.in_play().filter(author__in=people_at_home(user))


def has_project_at_home(user: User, round: Round) -> bool:
    """Whether `user`, or somebody of their household, has something to win in this vote."""
    from_home = Proposal.objects.filter(round=round, author__in=people_at_home(user))
    # Of most people nothing stands in the vote at all: what became of it is asked only where something does.
    return from_home.exists() and from_home.in_play().exists()


def has_project_in_place(user: User, neighbourhood_pk: int, at: datetime) -> bool:
    """The same for any vote of a place in which it can still change whose ballot counts."""
    return places_with_project_of(user, at).filter(round__panel__neighbourhood=neighbourhood_pk).exists()


def places_with_project_of(user: User, at: datetime) -> QuerySet[Proposal, Any]:
    """Primary keys of the places where that is so."""
    still = projects_at_home(user).filter(round__voting_closes_at__gt=at - TIME_TO_SHOW)
    return still.values("round__panel__neighbourhood")


def batches_of(round: Round) -> QuerySet[PaperBatch]:
    """Opened together, the latest first."""
    people = ("opened_by", "counted_by", "confirmed_by", "first_keyer", "second_keyer", "round__panel__neighbourhood")
    return PaperBatch.objects.filter(round=round).select_related(*people).order_by("-number")


def differing_papers(batch: PaperBatch) -> list[int]:
    """Numbers of papers that were entered differently."""
    entered = KeyedPaper.objects.filter(batch=batch).values("number")
    several = entered.annotate(kinds=Count("fingerprint", distinct=True)).filter(kinds__gt=1)
    return list(several.order_by("number").values_list("number", flat=True))


def entered_by(batch: PaperBatch, user: User) -> set[int]:
    """Numbers of the papers that `user` has entered."""
    return set(KeyedPaper.objects.filter(batch=batch, keyer=user).values_list("number", flat=True))


def next_paper(batch: PaperBatch, user: User) -> int | None:
    """The first paper that `user` has not entered yet; None when nothing of this batch is for them to enter."""
    others = {batch.first_keyer_id, batch.second_keyer_id} - {None, user.pk}
    if batch.is_sealed or not batch.confirmed_by_id or not batch.papers_count or len(others) > 1:
        return None
    done = entered_by(batch, user)
    return next((number for number in range(1, batch.papers_count + 1) if number not in done), None)


def others_entering(batch: PaperBatch, user: User) -> list[User]:
    """Those of the two who enter an unsealed batch that `user` can release."""
    keyers = (batch.first_keyer, batch.second_keyer)
    return [] if batch.is_sealed else [keyer for keyer in keyers if keyer and keyer != user]


def entered_counts(batch: PaperBatch) -> dict[int, int]:
    """How many papers each of the two has entered, by person."""
    rows = KeyedPaper.objects.filter(batch=batch).values("keyer").annotate(number=Count("pk")).order_by("keyer")
    return {row["keyer"]: row["number"] for row in rows}


def paper_count_of(round: Round) -> PaperCount | None:
    """What became of every envelope; None where there were none, or before it is named what to open."""
    return PaperCount.objects.filter(round=round).first()


def leaves_in_order(round: Round) -> list[bytes]:
    """Of everything to open, from this site and from paper alike; of its bytes, whatever stands beside them."""
    web, papers = (sealed.values_list("hash") for sealed in _to_open(round))
    return [bytes(leaf) for (leaf,) in web.union(papers, all=True).order_by("hash")]


def sealed_in_order(round: Round) -> Iterator[bytes]:
    """Everything to open in the order of its leaves, one by one: a box is never in memory whole."""
    web, papers = (sealed.values_list("hash", "sealed") for sealed in _to_open(round))
    for _, sealed in web.union(papers, all=True).order_by("hash").iterator():
        yield bytes(sealed or b"")


def entries_of_changed_ballots(round: Round) -> list[int]:
    """Entries of the voters' list whose ballot in the box is none of those on the public list."""
    web, _ = _to_open(round)
    return list(web.exclude(hash__in=_on_the_list(round)).order_by("pk").values_list("pk", flat=True))


def changed_papers_count(round: Round) -> int:
    """How many ballots entered from paper are none of those on the public list."""
    _, papers = _to_open(round)
    return papers.exclude(hash__in=_on_the_list(round)).count()


def _on_the_list(round: Round) -> QuerySet[LogLeaf, Any]:
    return LogLeaf.objects.filter(round=round, position__gte=1).values_list("leaf", flat=True)


def _to_open(round: Round) -> tuple[QuerySet[Any], QuerySet[Any]]:
    """Ballots from this site and from paper, each with the `hash` of its bytes."""
    web, papers = SealedBallot.objects.of(round).to_open(), SealedPaper.objects.filter(round=round)
    return web.annotate(hash=LeafHash("sealed")), papers.annotate(hash=LeafHash("sealed"))
