import csv
import io
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from neighbourhoods.figures import ObservationRow
from neighbourhoods.models import (
    Area,
    AreaKind,
    AreaShare,
    CommunityNeedsScore,
    Figure,
    Member,
    Neighbourhood,
    Outline,
    Ranking,
    Seat,
    SmallAreaDeprivation,
    TargetList,
)
from neighbourhoods.services import publish_observations
from neighbourhoods.services.loading import everything

pytestmark = pytest.mark.django_db


def run(name: str, *arguments: object, **options: object) -> str:
    out = io.StringIO()
    call_command(name, *(str(argument) for argument in arguments), stdout=out, **options)
    return out.getvalue()


@pytest.fixture
def edited(tmp_path) -> Callable[..., Path]:
    """A copy of a shipped CSV file after `edit(rows)` changed its rows in place."""

    def make(shipped: Path, edit: Callable[[list[dict[str, str]]], object]) -> Path:
        rows = list(csv.DictReader(shipped.read_text().splitlines()))
        heading = list(rows[0])
        edit(rows)
        path = tmp_path / shipped.name
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, heading)
            writer.writeheader()
            writer.writerows(rows)
        return path

    return make


def snapshot():
    return [
        list(model.objects.order_by("pk").values())
        for model in (Area, AreaShare, Neighbourhood, Member, Seat, SmallAreaDeprivation, TargetList, Ranking)
    ]


def test_loading_everything_again_changes_nothing():
    before = snapshot()
    said = run("load_places")
    assert snapshot() == before
    assert "Figures: 0 changed" in said
    assert "Neighbourhoods: 0 added, 0 changed, 0 removed, 225 as before" in said
    assert "Ranking" not in said


def test_dry_run_shows_the_difference_and_changes_nothing(edited):
    path = edited(everything.MEMBERS_FILE, lambda rows: rows[0].update(mp_name="Alexandra Baker"))
    before = snapshot()
    said = run("load_members", path, as_of=date(2026, 11, 22), dry_run=True)
    assert "~ Alex Baker: name 'Alex Baker' becomes 'Alexandra Baker'" in said.replace(
        "name Alex Baker becomes Alexandra Baker", "name 'Alex Baker' becomes 'Alexandra Baker'"
    )
    assert "Dry run: nothing was changed." in said
    assert snapshot() == before


@pytest.mark.parametrize(
    ("command", "shipped", "edit", "said"),
    [
        (
            "load_members",
            everything.MEMBERS_FILE,
            lambda rows: rows[3].update(parliament_member_id="x"),
            "members_of_parliament_2024.csv: line 5, column parliament_member_id: 'x' is not a whole number",
        ),
        (
            "load_members",
            everything.MEMBERS_FILE,
            lambda rows: rows.pop([row["pcon24_name"] for row in rows].index("Easington")),
            "line 1, column pcon24_code: E14001211 is missing from the file",
        ),
        (
            "load_constituencies",
            everything.CONSTITUENCIES_FILE,
            lambda rows: rows[0].update(wd17cd="E05999999"),
            "line 2, column wd17cd: E05999999 is not one of the places",
        ),
        (
            "load_constituencies",
            everything.CONSTITUENCIES_FILE,
            lambda rows: rows.pop(0),
            "line 1, column wd17cd: E05000028 is missing from the file",
        ),
        (
            "load_deprivation",
            everything.DEPRIVATION_FILE,
            lambda rows: rows[0].update(pop_mid2019="1"),
            "column pop_mid2019: the small areas of E05000028 have 13699 residents, the place has 15261",
        ),
        (
            "load_deprivation",
            everything.DEPRIVATION_FILE,
            lambda rows: rows[0].update(IMD_decile="11"),
            "line 2, column IMD_decile: 11 is not between 1 and 10",
        ),
        (
            "load_neighbourhoods",
            everything.NEIGHBOURHOODS_FILE,
            lambda rows: rows[0].update(ward_name="=cmd|' /C calc'!A0"),
            "line 2, column ward_name",
        ),
    ],
)
def test_bad_row_is_named_and_nothing_is_loaded(edited, command, shipped, edit, said):
    before = snapshot()
    options = {"as_of": date(2026, 11, 22)} if command == "load_members" else {}
    with pytest.raises(CommandError) as caught:
        run(command, edited(shipped, edit), **options)
    assert said in str(caught.value)
    assert "Nothing was loaded" in str(caught.value)
    assert snapshot() == before


def test_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(CommandError, match=r"none\.csv cannot be read: No such file"):
        run("load_outlines", tmp_path / "none.csv")


def test_published_list_never_changes_membership(edited):
    path = edited(everything.NEIGHBOURHOODS_FILE, lambda rows: rows.pop())
    with pytest.raises(CommandError, match="published with other places") as caught:
        run("load_neighbourhoods", path)
    assert "load a new list under its own year" in str(caught.value)


def test_new_list_has_its_own_year_and_ranking(edited):
    path = edited(everything.NEIGHBOURHOODS_FILE, lambda rows: rows.pop())
    said = run("load_neighbourhoods", path, year=2027)
    assert "Ranking: version 2" in said
    assert TargetList.objects.get(year=2027).entries.count() == 224
    assert TargetList.objects.get(year=2020).entries.count() == 225


def by_election(rows):
    rows[0].update(mp_name="Nia Morgan", parliament_member_id="9999", first_elected="2026-09-17T00:00:00")


def test_refreshed_members_end_a_seat_and_begin_the_next(edited):
    said = run("load_members", edited(everything.MEMBERS_FILE, by_election), as_of=date(2026, 11, 22))
    seats = Seat.objects.filter(constituency__code="E14001063").order_by("starts_on").select_related("member")
    assert [(seat.member.name, seat.starts_on, seat.ends_on) for seat in seats] == [
        ("Alex Baker", date(2024, 7, 4), date(2026, 9, 16)),
        ("Nia Morgan", date(2026, 9, 17), None),
    ]
    assert "Seats: 0 added, 1 changed" in said


def test_member_who_came_back_starts_on_the_day_of_the_file(edited):
    def returned(rows):
        rows[0].update(mp_name="Nia Morgan", parliament_member_id="9999", first_elected="2015-05-07T00:00:00")

    run("load_members", edited(everything.MEMBERS_FILE, returned), as_of=date(2026, 11, 22))
    assert Seat.objects.held().get(constituency__code="E14001063").starts_on == date(2026, 11, 22)


def test_older_file_of_members_is_refused(edited):
    run("load_members", edited(everything.MEMBERS_FILE, by_election), as_of=date(2026, 11, 22))
    with pytest.raises(CommandError, match="Nia Morgan has held the seat since 2026-09-17: the file is older"):
        run("load_members", everything.MEMBERS_FILE)
    assert Seat.objects.held().get(constituency__code="E14001063").member.name == "Nia Morgan"


def test_own_file_of_members_needs_its_day(edited):
    with pytest.raises(CommandError, match="Say of which day your file is"):
        run("load_members", edited(everything.MEMBERS_FILE, by_election))


def test_by_elections_of_the_shipped_file_start_on_their_day():
    seat = Seat.objects.held().select_related("member").get(constituency__name="Runcorn and Helsby")
    assert (seat.member.name, seat.starts_on) == ("Sarah Pochin", date(2025, 5, 1))


def test_community_needs_come_by_import_and_count_when_complete(tmp_path):
    path = tmp_path / "needs.csv"
    codes = list(Neighbourhood.objects.order_by("code").values_list("code", flat=True))
    path.write_text("ward_code,score\n" + "".join(f"{code},{number}.5\n" for number, code in enumerate(codes)))
    assert "Ranking: version 2" in run("load_community_needs", path, as_of=date(2023, 10, 1))
    path.write_text(f"ward_code,score\n{codes[0]},1\n")
    assert "Ranking: version 3" in run("load_community_needs", path, as_of=date(2024, 10, 1))
    assert CommunityNeedsScore.objects.count() == 1
    first, _, third = Ranking.objects.order_by("version")
    assert third.input_sha256 == first.input_sha256


@pytest.mark.parametrize(
    ("content", "said"),
    [("ward_code,score\nE05999999,1\n", "E05999999 is not one of the places"), ("ward_code\nE05000028\n", "score")],
)
def test_bad_community_needs_are_refused(tmp_path, content, said):
    path = tmp_path / "needs.csv"
    path.write_text(content)
    with pytest.raises(CommandError, match=said):
        run("load_community_needs", path, as_of=date(2023, 10, 1))
    assert not CommunityNeedsScore.objects.exists()


def test_outlines_must_cover_the_places(tmp_path):
    content = everything.OUTLINES_FILE.read_text()
    path = tmp_path / "outlines.geojson"
    path.write_text(content.replace('"ward_code":"E05003131"', '"ward_code":"E05999999"'))
    with pytest.raises(CommandError, match="E05999999 is not one of the places"):
        run("load_outlines", path)
    path.write_text(
        '{"features": [' + content[content.index('{"type":"Feature",') : content.index(',{"type":"Fe', 99)] + "]}"
    )
    with pytest.raises(CommandError, match="has no outline in the file"):
        run("load_outlines", path)
    assert Outline.objects.count() == 225


def test_abolished_council_has_its_last_day_and_the_new_one_is_current():
    place = Neighbourhood.objects.select_related("authority", "authority_2017").get(code="E05003131")
    assert (place.authority.name, place.authority.valid_to) == ("Cumberland", None)
    assert place.authority_2017.valid_to == date(2023, 3, 31)


def test_constituencies_of_both_generations_end_and_begin_with_the_election():
    old, new = (Area.objects.of_kind(kind).first() for kind in (AreaKind.CONSTITUENCY_2010, AreaKind.CONSTITUENCY_2024))
    assert (old.valid_to, new.valid_from) == (date(2024, 7, 3), date(2024, 7, 4))


def test_rebuild_and_ranking_commands_report():
    assert "Figures: 0 changed" in run("rebuild_figures", "places.population")
    assert "Ranking: version 1" in run("compute_ranking")
    with pytest.raises(CommandError, match="how to compute"):
        run("rebuild_figures", "places.unheard")


def test_figures_of_constituencies_follow_when_a_place_lies_otherwise(edited):
    """Money sent to a place does not change when its residents are counted into other constituencies; theirs does."""
    trimdon = Neighbourhood.objects.get(code="E05009086")
    row = ObservationRow(trimdon.pk, date(2026, 1, 1), date(2026, 12, 31), 11_953)
    publish_observations(
        by="system:test", measures=["grants.sent"], rows={"grants.sent": [row]}, as_of=row.period_end, complete_for=None
    )
    easington = Figure.objects.filter(measure__code="grants.sent", area__name="Easington")
    assert easington.get().value == 5_747

    def move(rows: list[dict[str, str]]) -> None:
        first, second = (one for one in rows if one["wd17cd"] == "E05009086")
        first.update(pop_mid2019="11953", share="1")
        rows.remove(second)

    said = run("load_constituencies", edited(everything.CONSTITUENCIES_FILE, move))
    assert "Figures: 0 changed" not in said
    assert not easington.exists()
    moved = Figure.objects.get(measure__code="grants.sent", area__name="Newton Aycliffe and Spennymoor")
    assert (moved.value, moved.as_of) == (11_953, row.period_end)
