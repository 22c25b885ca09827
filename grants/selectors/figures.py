"""What dashboards show at present, where it must be compared with the source."""

from neighbourhoods.models import Observation


def published_late_counts() -> dict[int, int]:
    """Late payments as last published, by primary key of the place; zeros are left out."""
    rows = Observation.objects.filter(measure__code="grants.late_count", numerator__gt=0)
    return dict(rows.values_list("neighbourhood", "numerator"))
