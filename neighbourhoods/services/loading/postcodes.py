"""Loading the ONS postcode directory: which place a postcode lies in."""

from pathlib import Path

from django.db import transaction

from cwf_portal.core.audit import Actor, acting
from neighbourhoods.domain.postcodes import PostcodeDirectory, read_postcodes
from neighbourhoods.domain.tables import Problem, TableError
from neighbourhoods.models import Neighbourhood, Postcode, SmallAreaDeprivation
from neighbourhoods.services.loading.changes import Changes, sync_rows
from neighbourhoods.services.loading.everything import LoadReport, bad_file, unreadable_file


def load_postcodes(*, by: Actor, path: Path, is_dry_run: bool = False) -> LoadReport:
    """Make the lookup equal to the directory, all or nothing: only what differs is written, postcodes that ended go.

    Raises:
        BadFileError: the file is missing or has a problem, or a place has no postcode in it; nothing was loaded.
    """
    places = dict(SmallAreaDeprivation.objects.values_list("code", "neighbourhood"))
    directory = _read(path, places)
    report = LoadReport(is_dry_run)
    with transaction.atomic():
        with acting(by, "loaded the ONS postcode directory"):
            report.changes.append(_sync(directory, places))
        transaction.set_rollback(is_dry_run)
    report.notes = [
        f"Passed over: {directory.elsewhere_count} postcodes elsewhere, {directory.ended_count} no longer in use"
    ]
    return report


def _read(path: Path, places: dict[str, int]) -> PostcodeDirectory:
    try:
        with path.open("rb") as file:
            directory = read_postcodes(file, places)
        _check_every_place(directory, places)
    except OSError as error:
        raise unreadable_file(path, error) from None
    except TableError as error:
        raise bad_file(path, error) from None
    return directory


def _check_every_place(directory: PostcodeDirectory, places: dict[str, int]) -> None:
    """A file of one region would take away the postcodes of all others."""
    found = {places[row.small_area] for row in directory.rows}
    wanted = set(places.values()) - found
    names = Neighbourhood.objects.filter(pk__in=wanted).order_by("code").values_list("code", flat=True)
    problems = [
        Problem(1, "lsoa11", f"no postcode of {code} is in the file: is it the whole directory?") for code in names
    ]
    if problems or not directory.rows:
        raise TableError(problems or [Problem(1, "lsoa11", "no postcode of our places is in the file")])


def _sync(directory: PostcodeDirectory, places: dict[str, int]) -> Changes:
    wanted = [
        {"code": row.code, "small_area_code": row.small_area, "neighbourhood_id": places[row.small_area]}
        for row in directory.rows
    ]
    return sync_rows(Postcode.objects.all(), wanted, key=("code",), remove=True)
