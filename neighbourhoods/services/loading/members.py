"""Loading Members of Parliament and their seats; loading a newer file again is how they are kept up to date."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from cwf_portal.core.audit import Actor, acting
from neighbourhoods.domain.place_files import missing_places
from neighbourhoods.domain.tables import Line, Problem, TableError
from neighbourhoods.models import Area, AreaKind, ElectionResult, Member, Seat, SensitivePeriod
from neighbourhoods.services.loading.changes import Changes, sync_rows
from neighbourhoods.services.loading.places import ELECTION_2024, area_keys, sync_constituencies

ONE_DAY = timedelta(days=1)


def load_members(*, by: Actor, lines: Sequence[Line], as_of: date) -> list[Changes]:
    """Load every constituency's MP as of a day; a seat that changed hands ends and the new one begins.

    So does every seat that was held when Parliament was dissolved, whoever was elected.

    Every seat was fought on 4 July 2024, so a member first elected later came in at a by-election on that day.

    Raises:
        TableError: a constituency with places has no row, or the file is older than the seats that are held.
    """
    with acting(by, f"loaded Members of Parliament as of {as_of}"):
        wanted = Area.objects.of_kind(AreaKind.CONSTITUENCY_2024).filter(place_shares__isnull=False)
        problems = missing_places(lines, "pcon24_code", wanted.values_list("code", flat=True))
        if problems:
            raise TableError(problems)
        changes = [sync_constituencies({line["pcon24_code"]: line["pcon24_name"] for line in lines})]
        changes.append(sync_rows(Member.objects.all(), [_member(line) for line in lines], key=("parliament_id",)))
        areas = {code: pk for (kind, code), pk in area_keys().items() if kind == AreaKind.CONSTITUENCY_2024}
        changes.append(_sync_seats(lines, areas, as_of))
        results = [_result(line, areas[line["pcon24_code"]]) for line in lines]
        changes.append(sync_rows(ElectionResult.objects.all(), results, key=("constituency_id", "held_on")))
        return changes


def _member(line: Line) -> dict[str, object]:
    return {
        "parliament_id": line["parliament_member_id"],
        "name": line["mp_name"],
        "party_code": line["party"],
        "party_name": line["party_name"],
        "first_elected_on": line["first_elected"],
    }


def _result(line: Line, constituency: int) -> dict[str, object]:
    return {
        "constituency_id": constituency,
        "held_on": ELECTION_2024,
        "winner_name": line["ge2024_winner"],
        "majority_count": line["ge2024_majority"],
        "electorate_count": line["ge2024_electorate"],
    }


def _sync_seats(lines: Sequence[Line], areas: Mapping[str, int], as_of: date) -> Changes:
    """End seats whose holder changed or whose Parliament was dissolved, then begin the new ones."""
    members = {member.parliament_id: member for member in Member.objects.all()}
    held = {seat.constituency_id: seat for seat in Seat.objects.held().select_related("member", "constituency")}
    dissolutions = SensitivePeriod.objects.standing().filter(dissolves_on__lte=as_of)
    dissolved = sorted(day for day in dissolutions.values_list("dissolves_on", flat=True) if day)
    changes = Changes("Seats")
    ended, begun, problems = [], [], []
    for line in lines:
        area, member = areas[line["pcon24_code"]], members[line["parliament_member_id"]]
        seat = held.get(area)
        over = next((day for day in dissolved if seat is not None and day > seat.starts_on), None)
        if seat is not None and seat.member_id == member.pk and over is None:
            changes.kept_count += 1
            continue
        start = _start(line, seat, as_of)
        if over is not None and start < over:
            start = as_of
        if seat is not None:
            if start <= seat.starts_on:
                message = f"{seat.member} has held the seat since {seat.starts_on}: the file is older than that"
                problems.append(Problem(line.number, "parliament_member_id", message))
                continue
            seat.ends_on = (over or start) - ONE_DAY
            ended.append(seat)
            changes.changed.append(f"{seat.constituency}: {seat.member} until {seat.ends_on}, then {member}")
        else:
            changes.added.append(f"{line['pcon24_name']}: {member}")
        begun.append(Seat(member=member, constituency_id=area, starts_on=start))
    if problems:
        raise TableError(problems)
    Seat.objects.bulk_update(ended, ["ends_on"])
    Seat.objects.bulk_create(begun, batch_size=500)
    return changes


def _start(line: Line, seat: Seat | None, as_of: date) -> date:
    """The day the member came in: a by-election when first elected after the seat last changed hands."""
    before = seat.starts_on if seat is not None else ELECTION_2024
    if line["first_elected"] > before:
        return line["first_elected"]  # type: ignore[no-any-return]
    return ELECTION_2024 if seat is None else as_of
