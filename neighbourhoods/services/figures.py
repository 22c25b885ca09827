"""Publishing numbers: exact observations come in from the rooms above, figures of areas go out."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from django.db import connection, transaction
from django.db.models import Max

from cwf_portal.core.audit import Actor, acting, actor_name
from cwf_portal.core.clock import today
from cwf_portal.core.errors import DomainError
from neighbourhoods.domain.disclosure import Disclosure, RollUp, withhold
from neighbourhoods.domain.figure_values import FigureKey, FigureValue, figure_values
from neighbourhoods.domain.rollup import Amount, Share, roll_up, split_groups
from neighbourhoods.figures import (
    Compute,
    MeasureSpec,
    ObservationRow,
    compute_for,
    computed_codes,
    declared_measures,
    measure_spec,
)
from neighbourhoods.models import (
    AreaKind,
    AreaShare,
    DisclosureRule,
    Edition,
    Figure,
    Measure,
    Observation,
    StaleSlice,
)

Period = tuple[date, date]
SLOT = ("neighbourhood", "period_start", "period_end")
# When something must be withheld, the totals are kept in this order.
KEPT_FIRST = (
    AreaKind.COUNTRY,
    AreaKind.REGION,
    AreaKind.CONSTITUENCY_2024,
    AreaKind.AUTHORITY,
    AreaKind.COUNTY,
    AreaKind.CONSTITUENCY_2010,
)


def sync_measures(*, by: Actor) -> int:
    """Write the declared measures to the table and return how many were new or changed.

    What is published of a changed one follows from it in the same transaction, so that nothing stays public by a rule
    that the table no longer holds. What a later version declared stands: a process of the version before changes
    nothing back.
    """
    declared = {spec.code: spec for spec in declared_measures()}
    kept = {measure.code: measure for measure in Measure.objects.all()}
    new = _write_measures([spec for code, spec in declared.items() if code not in kept], kept, by=by)
    differing = sorted(code for code, spec in declared.items() if code in kept and _differs(spec, kept[code]))
    with transaction.atomic():
        for code in differing:
            lock_measure(code)  # before the rows: whoever publishes holds this lock and then refers to the row
        kept = {measure.code: measure for measure in Measure.objects.filter(code__in=differing)}
        changed = _write_measures([declared[code] for code in differing], kept, by=by)
        republish_figures(by=by, measures=[code for code in changed if compute_for(code) is None])
        refresh_figures(by=by, slices=dict.fromkeys(code for code in changed if compute_for(code)), is_rule_new=True)
    return len(new) + len(changed)


def _declared(spec: MeasureSpec) -> dict[str, object]:
    """What the table says of a measure that is declared like this."""
    return {
        "title": spec.title,
        "definition": spec.definition,
        "unit": spec.unit,
        "is_additive": spec.additive,
        "source": spec.source,
        "licence": spec.licence,
        "freshness": spec.freshness,
        "disclosure_rule": spec.disclosure_rule,
        "version": spec.version,
    }


def _differs(spec: MeasureSpec, held: Measure) -> bool:
    """Whether the declaration says something else than the table, and is not of an earlier version."""
    return held.version <= spec.version and any(getattr(held, name) != value for name, value in _declared(spec).items())


def _write_measures(specs: Iterable[MeasureSpec], kept: Mapping[str, Measure], *, by: Actor) -> list[str]:
    """The codes of the measures that were new or changed."""
    changed = []
    with acting(by, "declared measures"):
        for spec in specs:
            held = kept.get(spec.code)
            if held is None or _differs(spec, held):
                Measure.objects.update_or_create(code=spec.code, defaults=_declared(spec))
                changed.append(spec.code)
    return changed


def mark_stale(*, measures: Iterable[str], neighbourhood_ids: Iterable[int]) -> None:
    """Note in the caller's transaction that these measures of these places must be worked out again.

    Raises:
        DomainError: nobody says how to compute one of the measures.
    """
    codes, places = sorted(set(measures)), sorted(set(neighbourhood_ids))
    if unknown := [code for code in codes if compute_for(code) is None]:
        raise DomainError(f"Nobody says how to compute {', '.join(unknown)}.")
    StaleSlice.objects.bulk_create(
        StaleSlice(measure_code=code, neighbourhood_id=place) for code in codes for place in places
    )


def publish_observations(
    *,
    by: Actor,
    measures: Sequence[str],
    rows: Mapping[str, Iterable[ObservationRow]],
    as_of: date,
    complete_for: Sequence[int] | None,
) -> int:
    """Replace a slice of observations and publish the figures that follow from it.

    Args:
        by: who publishes.
        measures: codes of the measures; the slice is these measures of these places.
        rows: per measure code, every observation of the slice.
        as_of: the day on which the rows are true.
        complete_for: the places that `rows` covers in full; None for all. What is not in `rows` is gone.

    Returns:
        How many figures changed. They share one new edition per measure.

    Raises:
        DomainError: a measure nobody declared, or a row outside the slice.
    """
    with acting(by, "published figures"):
        measures_called(measures, by=by)
        changed = 0
        for code in sorted(set(measures)):
            measure = _locked(code)
            if _replace_slice(measure, list(rows.get(code, [])), as_of=as_of, places=complete_for):
                changed += _publish(measure, as_of, by)
        return changed


def refresh_figures(*, by: Actor, slices: Mapping[str, Sequence[int] | None], is_rule_new: bool = False) -> int:
    """Work measures out from their source for some places (None: all) and publish; returns the figures changed.

    The lock is taken before the source is read, so that an older reading never overwrites a newer one.

    Args:
        by: who publishes.
        slices: places by measure code.
        is_rule_new: publish even where every observation stayed: what follows from them may have changed.

    Raises:
        DomainError: nobody says how to compute one of the measures.
    """
    computes = {code: computation_of(code) for code in sorted(slices)}
    measures_called(slices, by=by)
    changed = 0
    for code, compute in computes.items():
        places = slices[code]
        with acting(by, "worked figures out again"):
            measure = _locked(code)
            rows = list(compute(None if places is None else list(places)))
            as_of = today()
            if _replace_slice(measure, rows, as_of=as_of, places=places) or is_rule_new:
                changed += _publish(measure, as_of, by)
    return changed


def republish_figures(*, by: Actor, measures: Iterable[str] | None = None) -> int:
    """Publish anew from what is held, where areas, their shares or a rule changed; returns the figures changed.

    Args:
        by: who publishes.
        measures: codes; None for every measure of which something is held.
    """
    known = Measure.objects.all() if measures is None else Measure.objects.filter(code__in=list(measures))
    changed = 0
    for code in known.order_by("code").values_list("code", flat=True):
        with acting(by, "published figures anew"):
            measure = _locked(code)
            as_of = measure.observations.aggregate(last=Max("as_of"))["last"]
            changed += _publish(measure, as_of, by) if as_of else 0
    return changed


def computation_of(code: str) -> Compute:
    """How a measure is worked out from its source.

    Raises:
        DomainError: nobody says how.
    """
    compute = compute_for(code)
    if compute is None:
        raise DomainError(f"Nobody says how to compute {code}.")
    return compute


def rebuild_figures(*, by: Actor, measures: Sequence[str] | None = None) -> int:
    """Work everything out again, or only some measures; on an up-to-date database this changes nothing."""
    sync_measures(by=by)
    return refresh_figures(by=by, slices=dict.fromkeys(measures or computed_codes()), is_rule_new=True)


def measures_called(codes: Iterable[str], *, by: Actor) -> dict[str, Measure]:
    """The measures' rows by code, written from the registry where they are not there yet.

    Raises:
        DomainError: a code that no room declares.
    """
    wanted = set(codes)
    kept = {measure.code: measure for measure in Measure.objects.filter(code__in=wanted)}
    if missing := wanted - set(kept):
        if unknown := sorted(code for code in missing if measure_spec(code) is None):
            raise DomainError(f"No room declares the measure {', '.join(unknown)}.")
        _write_measures([spec for code in sorted(missing) if (spec := measure_spec(code))], kept, by=by)
        kept = {measure.code: measure for measure in Measure.objects.filter(code__in=wanted)}
    return kept


def lock_measure(code: str) -> None:
    """Let nobody else publish this measure until the transaction ends. May be taken again in the same transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('neighbourhoods.figures'), hashtext(%s))", [code])


def _locked(code: str) -> Measure:
    """The measure with its rule as it stands once nobody else can publish it: a stricter one may have come since."""
    lock_measure(code)
    return Measure.objects.get(code=code)


def _replace_slice(
    measure: Measure, rows: Sequence[ObservationRow], *, as_of: date, places: Sequence[int] | None
) -> bool:
    """True when an observation was added, changed or removed."""
    held = Observation.objects.filter(measure=measure)
    if places is not None:
        held = held.filter(neighbourhood__in=places)
        if not {row.neighbourhood_id for row in rows} <= set(places):
            raise DomainError(f"An observation of {measure.code} is of a place that is not being published.")
    kept = held.values_list(*SLOT, "pk", "numerator", "denominator")
    before = {(place, start, end): (pk, amount) for place, start, end, pk, *amount in kept}
    after = {(row.neighbourhood_id, row.period_start, row.period_end): row for row in rows}
    if len(after) < len(rows):
        raise DomainError(f"Two observations of {measure.code} are of the same place and period.")
    gone = [pk for slot, (pk, _) in before.items() if slot not in after]
    new = [
        row for slot, row in after.items() if slot not in before or before[slot][1] != [row.numerator, row.denominator]
    ]
    Observation.objects.filter(pk__in=gone).delete()
    Observation.objects.bulk_create(
        [
            Observation(
                measure=measure,
                neighbourhood_id=row.neighbourhood_id,
                period_start=row.period_start,
                period_end=row.period_end,
                numerator=row.numerator,
                denominator=row.denominator,
                as_of=as_of,
            )
            for row in new
        ],
        update_conflicts=True,
        unique_fields=["measure", "neighbourhood", "period_start", "period_end"],
        update_fields=["numerator", "denominator", "as_of"],
    )
    return bool(gone or new)


def _publish(measure: Measure, as_of: date, by: Actor) -> int:
    """Roll the whole measure up, withhold what must be, and write only the figures that differ."""
    amounts: dict[Period, dict[int, Amount]] = {}
    observed = Observation.objects.filter(measure=measure)
    for place, start, end, *amount in observed.values_list(*SLOT, "numerator", "denominator"):
        amounts.setdefault((start, end), {})[place] = Amount(*amount)
    shares, own_areas = standing_shares()
    groups = split_groups(shares)
    wanted: dict[FigureKey, FigureValue] = {}
    for period, places in amounts.items():
        hidden = _withheld(measure, places, shares=shares, own_areas=own_areas)
        wanted |= figure_values(roll_up(places, groups), unit=measure.unit, withheld=hidden, period=period)
    return _write_changes(measure, wanted, as_of=as_of, by=by)


def standing_shares() -> tuple[list[Share], dict[int, int]]:
    """Every share in an area that stands, the most wanted kinds first; and each place's own area."""
    rows = AreaShare.objects.filter(area__valid_to=None).values_list(
        "neighbourhood_id", "area_id", "area__kind", "residents_count"
    )
    rank = {kind.value: number for number, kind in enumerate(KEPT_FIRST)}
    shares = [Share(*row) for row in rows]
    shares.sort(key=lambda share: (rank.get(share.kind, -1), share.area, share.place))
    own = {share.place: share.area for share in shares if share.kind == AreaKind.NEIGHBOURHOOD}
    return shares, own


def _withheld(
    measure: Measure, places: Mapping[int, Amount], *, shares: Sequence[Share], own_areas: Mapping[int, int]
) -> frozenset[int]:
    """Areas, single places included, whose number would give a small count of people away."""
    if measure.disclosure_rule != DisclosureRule.UNDER_TEN:
        return frozenset()
    parts: dict[tuple[int, str], int] = {}
    for share in shares:
        parts[share.place, share.kind] = parts.get((share.place, share.kind), 0) + 1
    whole: dict[int, set[int]] = {}
    partial: dict[int, set[int]] = {}
    for share in shares:
        if share.kind != AreaKind.NEIGHBOURHOOD and share.place in places:
            side = whole if parts[share.place, share.kind] == 1 else partial
            side.setdefault(share.area, set()).add(share.place)
    in_order = dict.fromkeys(share.area for share in shares if share.area in whole or share.area in partial)
    roll_ups = [RollUp(area, frozenset(whole.get(area, ())), frozenset(partial.get(area, ()))) for area in in_order]
    hidden: Disclosure = withhold({place: amount.numerator for place, amount in places.items()}, roll_ups)
    return frozenset({own_areas[place] for place in hidden.places} | hidden.areas)


def _write_changes(measure: Measure, wanted: Mapping[FigureKey, FigureValue], *, as_of: date, by: Actor) -> int:
    """Add, change and remove figures under one new edition; without a difference there is no edition."""
    figures = measure.figures.values_list("area", "period_start", "period_end", "pk", "value", "state")
    held = {(area, start, end): (pk, value, state) for area, start, end, pk, value, state in figures}
    gone = [pk for key, (pk, _, _) in held.items() if key not in wanted]
    differing = {
        key: value for key, value in wanted.items() if key not in held or held[key][1:] != (value.value, value.state)
    }
    if not gone and not differing:
        return 0
    edition = _new_edition(measure, by)
    Figure.objects.filter(pk__in=gone).delete()
    Figure.objects.bulk_create(
        [
            Figure(
                measure=measure,
                area_id=area,
                period_start=start,
                period_end=end,
                value=value.value,
                state=value.state,
                as_of=as_of,
                edition=edition,
            )
            for (area, start, end), value in differing.items()
        ],
        update_conflicts=True,
        unique_fields=["measure", "area", "period_start", "period_end"],
        update_fields=["value", "state", "as_of", "edition"],
    )
    return len(gone) + len(differing)


def _new_edition(measure: Measure, by: Actor) -> Edition:
    last = measure.editions.order_by("-number").values_list("number", flat=True).first() or 0
    return Edition.objects.create(measure=measure, number=last + 1, published_by=actor_name(by))


def drain_stale(*, by: Actor) -> int:
    """Work out again what was marked stale, one transaction per measure; returns how many marks were cleared."""
    waiting: dict[str, dict[int, int]] = {}
    for pk, code, place in StaleSlice.objects.values_list("pk", "measure_code", "neighbourhood_id"):
        waiting.setdefault(code, {})[pk] = place
    cleared = 0
    for code, marks in sorted(waiting.items()):
        with transaction.atomic():
            StaleSlice.objects.filter(pk__in=list(marks)).delete()
            refresh_figures(by=by, slices={code: sorted(set(marks.values()))})
        cleared += len(marks)
    return cleared
