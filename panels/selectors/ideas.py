"""What is read about ideas: the list with its filter, one idea, its steps and its support."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db.models import Case, Count, Exists, F, OuterRef, Prefetch, QuerySet, Subquery, When
from django.db.models.functions import Coalesce

from cwf_portal.core.models import User
from neighbourhoods.models import Outline
from panels.domain.excluding import exclusion_sets
from panels.models import IdeaExclusion, IdeaStep, IdeaSupport, IdeaWords, ModerationCase, Panel, Proposal, Round

# With this read, an idea knows what it is called in other languages.
CHECKED_WORDS = Prefetch("words", IdeaWords.objects.checked(), to_attr="words_checked")
SHOWN_FROM = 10  # fewer supporters are never counted out in public


def ideas() -> QuerySet[Proposal]:
    """All ideas with their votes, places, and `supporters`: people who support them or one joined with them.

    `other_is_hidden` says so of the idea with which one was joined.
    """
    root = Coalesce("proposal__merged_into", "proposal")
    people = IdeaSupport.objects.annotate(root=root).filter(root=OuterRef("pk")).order_by().values("root")
    number = Subquery(people.annotate(number=Count("user", distinct=True)).values("number"))
    together = Proposal.objects.select_related("round__panel__neighbourhood", "merged_into", "author")
    together = together.prefetch_related(CHECKED_WORDS)
    return together.annotate(supporters=Coalesce(number, 0), other_is_hidden=_is_hidden("merged_into"))


def ideas_of(round: Round, *, kind: str = "", state: str = "", order: str = "") -> QuerySet[Proposal]:
    """Ideas of a vote, filtered; few supporters do not move an idea up, since that would give their number away."""
    wanted = {name: value for name, value in (("kind", kind), ("state", state)) if value}
    found = ideas().filter(round=round, **wanted).exclude(pk__in=Proposal.objects.hidden().values("pk"))
    if order == "support":
        shown = Case(When(supporters__gte=SHOWN_FROM, then=F("supporters")), default=0)
        return found.order_by(shown.desc(), "pk")
    return found.order_by("-pk" if order == "newest" else "pk")


def steps_of(proposal: Proposal) -> QuerySet[IdeaStep]:
    """Every step of an idea, the first first; `other_is_hidden` where another one is concerned."""
    steps = IdeaStep.objects.filter(proposal=proposal).select_related("taken_by", "other")
    return steps.annotate(other_is_hidden=_is_hidden("other")).order_by("pk")


def joined_with(proposal: Proposal) -> QuerySet[Proposal]:
    """Ideas that were joined with this one and are not hidden."""
    return Proposal.objects.shown().filter(merged_into=proposal).order_by("pk")


def exclusions(rounds: Iterable[int]) -> list[dict[int, str]]:
    """Of the ideas that stand in these votes, each set of which only one can be paid for, as titles by their keys.

    An idea excludes what those joined with it exclude, and no more once they are parted.
    """
    whole = {f"{end}_whole": Coalesce(f"{end}__merged_into", end) for end in ("first", "second")}
    said = IdeaExclusion.objects.filter(first__round__in=rounds).annotate(**whole).order_by("pk")
    pairs = list(said.values_list(*whole))
    if not pairs:
        return []
    named = {key for pair in pairs for key in pair}
    titles = dict(Proposal.objects.standing().filter(pk__in=named).order_by("pk").values_list("pk", "title"))
    return [{pk: titles[pk] for pk in keys} for keys in exclusion_sets(list(titles), pairs)]


def excluded_by(ideas: Iterable[Proposal]) -> dict[int, list[str]]:
    """Of those of these ideas that stand and exclude others: the titles of these, by its key."""
    listed = {idea.pk: idea.round_id for idea in ideas}
    sets = exclusions(set(listed.values())) if listed else []
    return {
        pk: [title for other, title in titles.items() if other != pk]
        for titles in sets
        for pk in titles.keys() & listed
    }


def words_to_check(panel: Panel, user: User, at: datetime) -> QuerySet[IdeaWords]:
    """Words that somebody else wrote for ideas of this panel, the oldest first, while they can still be checked."""
    open_rounds = Round.objects.filter(panel=panel, frozen_at=None, voting_opens_at__gt=at)
    waiting = IdeaWords.objects.filter(read_by=None, proposal__round__in=open_rounds).exclude(written_by=user)
    return (
        waiting.exclude(proposal__in=Proposal.objects.hidden()).select_related("proposal").order_by("written_at", "pk")
    )


def supports(user: User, proposal: Proposal) -> bool:
    return IdeaSupport.objects.filter(user=user, proposal=proposal).exists()


def ideas_put_forward_by(user: User) -> QuerySet[Proposal]:
    """Ideas of one person, the latest first."""
    return Proposal.objects.filter(author=user).select_related("round").order_by("-pk")


def outline_of(round: Round) -> Mapping[str, Any] | None:
    """The outline of the place of a vote as GeoJSON, None when none is loaded."""
    outline = Outline.objects.filter(neighbourhood=round.panel.neighbourhood_id).first()
    return outline.geometry if outline else None


def _is_hidden(name: str) -> Exists:
    return Exists(ModerationCase.objects.hiding().about_ideas().filter(proposal=OuterRef(name)))
