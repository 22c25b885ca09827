"""An invented postcode for each place: the real directory is not shipped, and nobody uses the area `ZA`."""

import csv
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from neighbourhoods.models import SmallAreaDeprivation
from neighbourhoods.services.loading.postcodes import load_postcodes

UNITS = 9


def load_invented_postcodes(first: Sequence[int]) -> None:
    """One postcode for each place, by the loader of the real ones; ZA1 1AA, ZA1 2AA … for the places named first.

    Args:
        first: Primary keys of places.
    """
    areas = dict(
        SmallAreaDeprivation.objects.order_by("neighbourhood__label", "-code").values_list("neighbourhood", "code")
    )
    places = [*first, *(place for place in areas if place not in first)]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "postcodes.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(("pcds", "doterm", "lsoa11"))
            rows.writerows((invented_postcode(number), "", areas[place]) for number, place in enumerate(places))
        load_postcodes(by="system:demo", path=path)


def invented_postcode(number: int) -> str:
    """The postcode with this number, from 0 on."""
    area, unit = divmod(number, UNITS)
    return f"ZA{area + 1} {unit + 1}AA"
