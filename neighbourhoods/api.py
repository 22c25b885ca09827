"""The public interface for programs: places and their figures, read only, no account needed."""

from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from drf_spectacular.views import SpectacularAPIView
from rest_framework import generics, serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from neighbourhoods import selectors
from neighbourhoods.models import Area, AreaShare, Figure, Neighbourhood

SEARCH = OpenApiParameter("q", str, description="Words of a place's, council's, region's or constituency's name.")
REGION = OpenApiParameter("region", str, description="ONS code of a region.")
LONGEST_SEARCH = 100


class AreaSerializer(serializers.ModelSerializer[Area]):
    """An area by code and name."""

    class Meta:
        model = Area
        fields = ("code", "name", "kind")


class NeighbourhoodSerializer(serializers.ModelSerializer[Neighbourhood]):
    """A place with where it lies and who lives there (mid-2019)."""

    authority = AreaSerializer(read_only=True)
    region = AreaSerializer(read_only=True)

    class Meta:
        model = Neighbourhood
        fields = ("code", "name", "label", "authority", "region", "population", "imd_score", "most_deprived_pct")


class ConstituencySerializer(serializers.ModelSerializer[AreaShare]):
    """A constituency of a place; `share` (0–1] is null where no source gives it."""

    constituency = AreaSerializer(source="area", read_only=True)

    class Meta:
        model = AreaShare
        fields = ("constituency", "share")


class NeighbourhoodDetailSerializer(serializers.ModelSerializer[Neighbourhood]):
    """The same with constituencies of both generations and the start (1 = first), null before there is a ranking."""

    authority = AreaSerializer(read_only=True)
    region = AreaSerializer(read_only=True)
    constituencies = serializers.SerializerMethodField()
    start = serializers.SerializerMethodField()
    is_close_call = serializers.SerializerMethodField()

    class Meta:
        model = Neighbourhood
        fields = (*NeighbourhoodSerializer.Meta.fields, "constituencies", "start", "is_close_call")

    @extend_schema_field(ConstituencySerializer(many=True))
    def get_constituencies(self, place: Neighbourhood) -> Any:
        return ConstituencySerializer(selectors.constituency_shares(selectors.shares_of(place)), many=True).data

    def get_start(self, place: Neighbourhood) -> int | None:
        entry = self.context.get("entry")
        return entry.cohort if entry else None

    def get_is_close_call(self, place: Neighbourhood) -> bool | None:
        entry = self.context.get("entry")
        return entry.is_close_call if entry else None


class FigureSerializer(serializers.ModelSerializer[Figure]):
    """A published number; `value` is null unless `state` is "ok"."""

    measure = serializers.CharField(source="measure.code")
    title = serializers.CharField(source="measure.title")
    definition = serializers.CharField(source="measure.definition")
    unit = serializers.CharField(source="measure.unit")
    source = serializers.CharField(source="measure.source")
    licence = serializers.CharField(source="measure.licence")

    class Meta:
        model = Figure
        fields = (
            "measure", "title", "definition", "unit", "source", "licence", "period_start", "period_end", "value",
            "state", "as_of",
        )  # fmt: skip


class OpenView:
    """Read only, for anyone."""

    access = "public"
    permission_classes = (AllowAny,)
    authentication_classes = ()


class NeighbourhoodList(OpenView, generics.ListAPIView[Neighbourhood]):
    """The places of the latest target list, by name."""

    serializer_class = NeighbourhoodSerializer

    def get_queryset(self) -> QuerySet[Neighbourhood]:
        places = selectors.neighbourhoods_on_target_list().with_areas()
        if words := self.request.query_params.get("q", "").replace("\x00", "")[:LONGEST_SEARCH]:
            places = places.filter(pk__in=Neighbourhood.objects.matching(words).values("pk"))
        if region := self.request.query_params.get("region", "").replace("\x00", ""):
            places = places.filter(region__code=region)
        return places

    @extend_schema(parameters=[SEARCH, REGION])
    def get(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        return super().get(request, *args, **kwargs)


class NeighbourhoodDetail(OpenView, generics.RetrieveAPIView[Neighbourhood]):
    """One place by its 2017 ward code."""

    serializer_class = NeighbourhoodDetailSerializer
    lookup_field = "code"
    queryset = Neighbourhood.objects.with_areas()

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        place = place_or_404(kwargs["code"])
        inputs = selectors.current_inputs_of(place)
        context = {**self.get_serializer_context(), "entry": inputs[0].entry if inputs else None}
        return Response(NeighbourhoodDetailSerializer(place, context=context).data)


class FigureList(OpenView, generics.ListAPIView[Figure]):
    """The latest published figures of one place."""

    serializer_class = FigureSerializer
    lookup_field = "code"
    queryset = Figure.objects.none()

    def get_queryset(self) -> QuerySet[Figure]:
        if "code" not in self.kwargs:
            return Figure.objects.none()
        return selectors.figures_of([place_or_404(self.kwargs["code"]).area_id])


class SchemaView(OpenView, SpectacularAPIView):
    """The description of this interface (OpenAPI 3)."""


def place_or_404(code: str) -> Neighbourhood:
    """The place with a 2017 ward code.

    Raises:
        Http404: there is none.
    """
    place = selectors.neighbourhood_by_code(code)
    if place is None:
        raise Http404("There is no place of this code")
    return place
