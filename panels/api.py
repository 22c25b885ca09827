"""The public interface for programs: published votes and their results, read only, no account needed."""

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import generics, serializers

from neighbourhoods.api import OpenView
from panels import selectors
from panels.models import Round
from panels.services.bundle import published_result


class RoundSerializer(serializers.ModelSerializer[Round]):
    """A vote whose result is published; `disclosure` says how much of the count is."""

    neighbourhood = serializers.CharField(source="panel.neighbourhood.code")
    published_at = serializers.DateTimeField(source="result.published_at")
    disclosure = serializers.CharField(source="result.disclosure")
    bundle = serializers.SerializerMethodField()

    class Meta:
        model = Round
        fields = (
            "id", "title", "neighbourhood", "budget_pence", "ballot_kind", "rule", "voting_opens_at",
            "voting_closes_at", "published_at", "disclosure", "bundle", "is_sample",
        )  # fmt: skip

    @extend_schema_field(serializers.CharField())
    def get_bundle(self, round: Round) -> str:
        """Where the whole record is, as a ZIP with the program that checks it."""
        return reverse("panels:round-bundle", args=[round.pk])


class RoundDetailSerializer(RoundSerializer):
    """The same with the result: winners, and votes as far as they may be published."""

    result = serializers.SerializerMethodField()

    class Meta(RoundSerializer.Meta):
        fields = (*RoundSerializer.Meta.fields, "result")  # type: ignore[assignment]

    @extend_schema_field(serializers.DictField())
    def get_result(self, round: Round) -> dict[str, Any]:
        return published_result(round)


class RoundList(OpenView, generics.ListAPIView[Round]):
    """Votes whose results are published, the latest first."""

    serializer_class = RoundSerializer

    def get_queryset(self) -> QuerySet[Round]:
        return selectors.published_rounds()


class RoundDetail(OpenView, generics.RetrieveAPIView[Round]):
    """One of them, with its result."""

    serializer_class = RoundDetailSerializer

    def get_queryset(self) -> QuerySet[Round]:
        return selectors.published_rounds()
