"""Loading from files: read and check them all, then change the tables in one transaction, or show what would change."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from django.db import transaction

from cwf_portal.core.audit import Actor
from neighbourhoods.domain import place_files
from neighbourhoods.domain.outlines import OutlineError, read_outlines
from neighbourhoods.domain.tables import TableError
from neighbourhoods.measures import PLACE_MEASURES
from neighbourhoods.models import Ranking, TargetList
from neighbourhoods.services.figures import refresh_figures, republish_figures, standing_shares, sync_measures
from neighbourhoods.services.loading.changes import BadFileError, Changes
from neighbourhoods.services.loading.facts import load_community_needs, load_deprivation, load_outlines
from neighbourhoods.services.loading.members import load_members
from neighbourhoods.services.loading.places import load_constituencies, load_neighbourhoods
from neighbourhoods.services.ranking import compute_ranking

SHIPPED = Path(__file__).resolve().parent.parent.parent / "data"
SHIPPED_LIST_YEAR = 2020
SHIPPED_MEMBERS_AS_OF = date(2026, 4, 30)  # the publisher names the month, April 2026

NEIGHBOURHOODS_FILE = SHIPPED / "neighbourhoods_225.csv"
ABOLISHED_FILE = SHIPPED / "authorities_abolished.csv"
CONSTITUENCIES_FILE = SHIPPED / "neighbourhood_constituency_2024.csv"
MEMBERS_FILE = SHIPPED / "members_of_parliament_2024.csv"
DEPRIVATION_FILE = SHIPPED / "imd2019_lsoa_of_the_225.csv"
OUTLINES_FILE = SHIPPED / "neighbourhoods_225_outline.geojson"


@dataclass
class LoadReport:
    """What a load did, or with `is_dry_run` would do: the tables' differences, figures changed, ranking published.

    `figures_count` is None where no figure depends on what was loaded.
    """

    is_dry_run: bool
    changes: list[Changes] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    figures_count: int | None = None
    new_ranking: int | None = None


@dataclass(frozen=True)
class Step:
    """One file and what becomes of it: `apply(what was read) -> changes`."""

    path: Path
    read: Callable[[bytes], Any]
    apply: Callable[[Any], list[Changes]]


def neighbourhoods_step(by: Actor, path: Path = NEIGHBOURHOODS_FILE, *, year: int = SHIPPED_LIST_YEAR) -> Step:
    abolished = _read(ABOLISHED_FILE, place_files.read_authority_changes)
    return Step(
        path,
        place_files.read_neighbourhoods,
        lambda lines: load_neighbourhoods(by=by, lines=lines, abolished=abolished, year=year),
    )


def constituencies_step(by: Actor, path: Path = CONSTITUENCIES_FILE) -> Step:
    return Step(path, place_files.read_constituencies, lambda lines: load_constituencies(by=by, lines=lines))


def members_step(by: Actor, path: Path = MEMBERS_FILE, *, as_of: date = SHIPPED_MEMBERS_AS_OF) -> Step:
    return Step(path, place_files.read_members, lambda lines: load_members(by=by, lines=lines, as_of=as_of))


def deprivation_step(by: Actor, path: Path = DEPRIVATION_FILE) -> Step:
    return Step(path, place_files.read_deprivation, lambda lines: load_deprivation(by=by, lines=lines))


def outlines_step(by: Actor, path: Path = OUTLINES_FILE) -> Step:
    return Step(path, read_outlines, lambda features: load_outlines(by=by, features=features))


def community_needs_step(by: Actor, path: Path, *, as_of: date) -> Step:
    return Step(
        path, place_files.read_community_needs, lambda lines: load_community_needs(by=by, lines=lines, as_of=as_of)
    )


def shipped_steps(by: Actor) -> list[Step]:
    """All files that come with the portal, in the order in which they build on each other."""
    steps = (neighbourhoods_step, constituencies_step, members_step, deprivation_step, outlines_step)
    return [step(by) for step in steps]


def run_steps(*, by: Actor, steps: Sequence[Step], is_dry_run: bool = False) -> LoadReport:
    """Load files, all or nothing, then publish the places' figures and, for data never ranked, a ranking.

    Where places lie otherwise than before, every figure of the areas around them is published anew.

    Raises:
        BadFileError: a file is missing or has a problem; nothing was loaded.
    """
    contents = [_read(step.path, step.read) for step in steps]
    report = LoadReport(is_dry_run)
    with transaction.atomic():
        before, _ = standing_shares()
        for step, content in zip(steps, contents, strict=True):
            try:
                report.changes += step.apply(content)
            except (TableError, OutlineError) as error:
                raise bad_file(step.path, error) from None
        sync_measures(by=by)
        report.figures_count = refresh_figures(by=by, slices=dict.fromkeys(PLACE_MEASURES))
        if before and standing_shares()[0] != before:
            report.figures_count += republish_figures(by=by)
        report.new_ranking = _rank_new_data(by)
        transaction.set_rollback(is_dry_run)
    return report


def _rank_new_data(by: Actor) -> int | None:
    """The version of the ranking made for this data, None when there was one or deprivation is not loaded yet."""
    target = TargetList.objects.filter(entries__neighbourhood__small_areas__isnull=False).order_by("-year").first()
    if target is None:
        return None
    before = Ranking.objects.count()
    ranking = compute_ranking(by=by, target_list=target)
    return ranking.version if Ranking.objects.count() > before else None


def _read(path: Path, read: Callable[[bytes], Any]) -> Any:
    try:
        return read(path.read_bytes())
    except OSError as error:
        raise unreadable_file(path, error) from None
    except (TableError, OutlineError) as error:
        raise bad_file(path, error) from None


def unreadable_file(path: Path, error: OSError) -> BadFileError:
    """The refusal of a file that is not there or may not be read."""
    reason = error.strerror or type(error).__name__
    return BadFileError(f"{path} cannot be read: {reason}.", mend="Check the path.")


def bad_file(path: Path, error: ValueError) -> BadFileError:
    """The refusal of a file with problems, each by line and column."""
    lines = "\n".join(f"{path.name}: {line}" for line in str(error).splitlines())
    return BadFileError(lines, mend="\nNothing was loaded. Mend the file and load it again.")
