"""The public interface for programs: published votes and their results, read only, no account needed."""

from enum import StrEnum
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import generics, serializers

from neighbourhoods.api import OpenView
from panels import selectors
from panels.models import Round
from panels.services.bundle import published_result


class State(StrEnum):
    """What a published result is worth."""

    PUBLISHED = "published"  # people of the place can object to it, or an end is still to be put to it
    CERTIFIED = "certified"
    ANNULLED = "annulled"  # it does not count: nothing of it is told


class RoundSerializer(serializers.ModelSerializer[Round]):
    """A vote whose result was published; `disclosure` says how much of the count is.

    One that was annulled since has `state` "annulled" and the reason, and neither a bundle nor a result.
    """

    neighbourhood = serializers.CharField(source="panel.neighbourhood.code")
    published_at = serializers.DateTimeField(source="result.published_at")
    disclosure = serializers.CharField(source="result.disclosure")
    state = serializers.SerializerMethodField()
    annulled_because = serializers.CharField(source="annulment.reason", default=None, allow_null=True)
    bundle = serializers.SerializerMethodField()

    class Meta:
        model = Round
        fields = (
            "id", "title", "neighbourhood", "budget_pence", "ballot_kind", "rule", "voting_opens_at",
            "voting_closes_at", "published_at", "disclosure", "state", "annulled_because", "bundle", "is_sample",
        )  # fmt: skip

    @extend_schema_field(serializers.CharField(help_text=f"One of {', '.join(State)}."))
    def get_state(self, round: Round) -> str:
        """Whether the result counts."""
        if hasattr(round, "annulment"):
            return State.ANNULLED
        return State.CERTIFIED if round.certified_at else State.PUBLISHED

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_bundle(self, round: Round) -> str | None:
        """Where the whole record is, as a ZIP with the program that checks it."""
        return None if hasattr(round, "annulment") else reverse("panels:round-bundle", args=[round.pk])


class RoundDetailSerializer(RoundSerializer):
    """The same with the result: winners, and votes as far as they may be published."""

    result = serializers.SerializerMethodField()

    class Meta(RoundSerializer.Meta):
        fields = (*RoundSerializer.Meta.fields, "result")  # type: ignore[assignment]

    @extend_schema_field(serializers.DictField(allow_null=True))
    def get_result(self, round: Round) -> dict[str, Any] | None:
        return None if hasattr(round, "annulment") else published_result(round)


class RoundList(OpenView, generics.ListAPIView[Round]):
    """Votes whose results were published, the latest first; look at `state` before using one."""

    serializer_class = RoundSerializer

    def get_queryset(self) -> QuerySet[Round]:
        return selectors.rounds_once_published()


class RoundDetail(OpenView, generics.RetrieveAPIView[Round]):
    """One of them, with its result."""

    serializer_class = RoundDetailSerializer

    def get_queryset(self) -> QuerySet[Round]:
        return selectors.rounds_once_published()
