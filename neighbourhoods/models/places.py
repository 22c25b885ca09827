"""The places: what they are called, where they lie, who lives there, and on which list they stand."""

from typing import Any

from django.db import models
from django.db.models import Q

from cwf_portal.core.audit import tracked
from neighbourhoods.models.areas import Area, AreaKind


class NeighbourhoodQuerySet(models.QuerySet["Neighbourhood"]):
    def with_areas(self) -> "NeighbourhoodQuerySet":
        return self.select_related("authority", "region", "county")

    def on_current_list(self) -> "NeighbourhoodQuerySet":
        """On the latest target list."""
        latest = TargetList.objects.order_by("-year").values("pk")[:1]
        return self.filter(list_entries__target_list=models.Subquery(latest))

    def matching(self, words: str) -> "NeighbourhoodQuerySet":
        """Every word is part of the place's, council's, region's or a constituency's name, or the code."""
        found = self
        for word in words.split():
            found = found.filter(
                Q(label__icontains=word)
                | Q(code__iexact=word)
                | Q(authority_2017__name__icontains=word)
                | Q(region__name__icontains=word)
                | Q(pk__in=_in_constituency(word))
            )
        return found


def _in_constituency(word: str) -> models.QuerySet[Any]:
    return (
        Neighbourhood.objects.filter(
            area_shares__area__kind=AreaKind.CONSTITUENCY_2024, area_shares__area__name__icontains=word
        )
        .order_by()
        .values("pk")
    )


@tracked()
class Neighbourhood(models.Model):
    """One of the target places, keyed by its 2017 ward code.

    Residents are the mid-2019 estimate, best fit from LSOAs. `label` adds the council to the name and is unique: three
    names occur twice. `authority` is the council of 2024, `authority_2017` the one of the list's day.
    """

    code = models.CharField(max_length=9, unique=True)
    name = models.CharField(max_length=120)
    label = models.CharField(max_length=250, unique=True)
    area = models.OneToOneField(Area, on_delete=models.PROTECT, related_name="neighbourhood")
    authority_2017 = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="+")
    authority = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="+")
    county = models.ForeignKey(Area, null=True, on_delete=models.PROTECT, related_name="+")
    region = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="+")
    population = models.PositiveIntegerField()
    imd_score = models.DecimalField(max_digits=6, decimal_places=3)
    imd_rank = models.PositiveIntegerField()
    most_deprived_pct = models.DecimalField(max_digits=4, decimal_places=1)
    lsoa_count = models.PositiveSmallIntegerField()
    is_code_live_2021 = models.BooleanField()
    is_code_live_2024 = models.BooleanField()

    objects = NeighbourhoodQuerySet.as_manager()

    class Meta:
        ordering = ("label",)
        constraints = (
            models.CheckConstraint(condition=Q(code__regex="^E05[0-9]{6}$"), name="%(app_label)s_%(class)s_code_form"),
            models.CheckConstraint(condition=Q(population__gt=0), name="%(app_label)s_%(class)s_has_residents"),
            models.CheckConstraint(
                condition=Q(imd_score__gte=0, imd_score__lte=100), name="%(app_label)s_%(class)s_imd_range"
            ),
            models.CheckConstraint(condition=Q(imd_rank__gte=1), name="%(app_label)s_%(class)s_imd_rank_from_one"),
            models.CheckConstraint(
                condition=Q(most_deprived_pct__gte=0, most_deprived_pct__lte=100),
                name="%(app_label)s_%(class)s_pct_range",
            ),
        )

    def __str__(self) -> str:
        return self.label


class TargetList(models.Model):
    """A dated version of which places count. The publisher gives the year."""

    year = models.PositiveSmallIntegerField(unique=True)
    name = models.CharField(max_length=120)
    source = models.CharField(max_length=200)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(year__gte=2019, year__lte=2100), name="%(app_label)s_%(class)s_year"),
        )

    def __str__(self) -> str:
        return self.name


class TargetListEntry(models.Model):
    """That a place stands on a list. A published list never changes; a new list is a new version."""

    target_list = models.ForeignKey(TargetList, on_delete=models.PROTECT, related_name="entries")
    neighbourhood = models.ForeignKey(Neighbourhood, on_delete=models.PROTECT, related_name="list_entries")

    class Meta:
        verbose_name_plural = "target list entries"
        constraints = (
            models.UniqueConstraint(fields=("target_list", "neighbourhood"), name="%(app_label)s_%(class)s_once"),
        )

    def __str__(self) -> str:
        return f"{self.target_list_id}: {self.neighbourhood_id}"


@tracked()
class Outline(models.Model):
    """A coarse outline as GeoJSON in degrees: for a picture, never for "is this address inside?"."""

    neighbourhood = models.OneToOneField(Neighbourhood, on_delete=models.PROTECT, related_name="outline")
    geometry = models.JSONField()
    longitude = models.DecimalField(max_digits=8, decimal_places=5)
    latitude = models.DecimalField(max_digits=8, decimal_places=5)
    source = models.CharField(max_length=120)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(longitude__gte=-7, longitude__lte=2, latitude__gte=49, latitude__lte=56),
                name="%(app_label)s_%(class)s_in_england",
            ),
        )

    def __str__(self) -> str:
        return f"outline of {self.neighbourhood_id}"


@tracked()
class SmallAreaDeprivation(models.Model):
    """Index of Multiple Deprivation 2019 of one small area (2011 LSOA). Rank and decile 1 = most deprived."""

    code = models.CharField(max_length=9, unique=True)
    name = models.CharField(max_length=120)
    neighbourhood = models.ForeignKey(Neighbourhood, on_delete=models.PROTECT, related_name="small_areas")
    population = models.PositiveIntegerField()
    imd_rank = models.PositiveIntegerField()
    imd_decile = models.PositiveSmallIntegerField()
    imd_score = models.DecimalField(max_digits=6, decimal_places=3)

    class Meta:
        verbose_name_plural = "small areas"
        constraints = (
            models.CheckConstraint(condition=Q(code__regex="^E01[0-9]{6}$"), name="%(app_label)s_%(class)s_code_form"),
            models.CheckConstraint(condition=Q(population__gt=0), name="%(app_label)s_%(class)s_has_residents"),
            models.CheckConstraint(
                condition=Q(imd_decile__gte=1, imd_decile__lte=10), name="%(app_label)s_%(class)s_decile_range"
            ),
            models.CheckConstraint(
                condition=Q(imd_score__gte=0, imd_score__lte=100), name="%(app_label)s_%(class)s_score_range"
            ),
        )

    def __str__(self) -> str:
        return self.name


@tracked()
class CommunityNeedsScore(models.Model):
    """A place's score in the Community Needs Index, as imported; the scores belong to OCSI and are not shipped."""

    neighbourhood = models.OneToOneField(Neighbourhood, on_delete=models.PROTECT, related_name="community_needs")
    score = models.DecimalField(max_digits=12, decimal_places=6)
    as_of = models.DateField()

    def __str__(self) -> str:
        return f"{self.neighbourhood_id}: {self.score}"


@tracked()
class Postcode(models.Model):
    """A postcode in use that lies, by best fit, in one of the places; written without its space.

    Source: ONS Postcode Directory. A postcode that is not here may be new, or elsewhere: nobody is refused for it.
    """

    code = models.CharField(max_length=7, unique=True)
    small_area_code = models.CharField(max_length=9)
    neighbourhood = models.ForeignKey(Neighbourhood, on_delete=models.PROTECT, related_name="postcodes")

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(code__regex="^[A-Z]{1,2}[0-9][0-9A-Z]?[0-9][A-Z]{2}$"),
                name="%(app_label)s_%(class)s_code_form",
            ),
            models.CheckConstraint(
                condition=Q(small_area_code__regex="^E01[0-9]{6}$"), name="%(app_label)s_%(class)s_small_area_form"
            ),
        )

    def __str__(self) -> str:
        return self.code
