"""Areas of every kind, and which part of a place lies in which."""

from django.db import models
from django.db.models import Q

from cwf_portal.core.audit import tracked


class AreaKind(models.TextChoices):
    """What an area is. Both generations of constituencies stand side by side; councils end by `valid_to`."""

    NEIGHBOURHOOD = "neighbourhood", "Neighbourhood"
    AUTHORITY = "authority", "Local authority"
    COUNTY = "county", "County"
    REGION = "region", "Region"
    COUNTRY = "country", "Country"
    CONSTITUENCY_2010 = "constituency_2010", "Constituency, 2010 to 2024"
    CONSTITUENCY_2024 = "constituency_2024", "Constituency"


class AreaQuerySet(models.QuerySet["Area"]):
    def of_kind(self, *kinds: AreaKind) -> "AreaQuerySet":
        return self.filter(kind__in=kinds)

    def standing(self) -> "AreaQuerySet":
        """Areas that have not been abolished. Figures are published for these."""
        return self.filter(valid_to=None)


@tracked()
class Area(models.Model):
    """A named area with its ONS code. `valid_to` is its last day; None for `valid_from`: the sources do not say."""

    kind = models.CharField(max_length=20, choices=AreaKind)
    code = models.CharField(max_length=9)
    name = models.CharField(max_length=120)
    valid_from = models.DateField(null=True)
    valid_to = models.DateField(null=True)

    objects = AreaQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("kind", "code"), name="%(app_label)s_%(class)s_code"),
            models.CheckConstraint(condition=Q(kind__in=AreaKind.values), name="%(app_label)s_%(class)s_kind_known"),
            models.CheckConstraint(
                condition=Q(code__regex=r"^[EWSN][0-9]{8}$"), name="%(app_label)s_%(class)s_code_form"
            ),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_from=None) | Q(valid_to__gte=models.F("valid_from")),
                name="%(app_label)s_%(class)s_ends_after_start",
            ),
        )

    def __str__(self) -> str:
        return self.name


@tracked()
class AreaShare(models.Model):
    """That a place lies in an area, itself included.

    `share` (0–1] is the part of the place's residents who live there as the source prints it, `residents_count` how
    many they are (mid-2019). Both are None where the source only says that the place lies across several areas.
    """

    neighbourhood = models.ForeignKey("Neighbourhood", on_delete=models.PROTECT, related_name="area_shares")
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="place_shares")
    share = models.DecimalField(max_digits=4, decimal_places=3, null=True)
    residents_count = models.PositiveIntegerField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("neighbourhood", "area"), name="%(app_label)s_%(class)s_once"),
            models.CheckConstraint(condition=Q(share__gt=0, share__lte=1), name="%(app_label)s_%(class)s_share_range"),
            models.CheckConstraint(
                condition=Q(share=None, residents_count=None) | Q(share__isnull=False, residents_count__gt=0),
                name="%(app_label)s_%(class)s_share_pair",
            ),
        )

    def __str__(self) -> str:
        return f"{self.neighbourhood_id} in {self.area_id}"
