"""Every constraint of the places' tables, each broken once."""

from datetime import date

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from cwf_portal.core.audit import acting
from neighbourhoods import models

pytestmark = pytest.mark.django_db
DAY, BEFORE = date(2026, 3, 1), date(2026, 2, 1)
BROKEN = [
    ("area", {"kind": "village"}, "kind_known"),
    ("area", {"code": "X12345678"}, "code_form"),
    ("area", {"valid_from": DAY, "valid_to": BEFORE}, "ends_after_start"),
    ("areashare", {"share": "1.001"}, "share_range"),
    ("areashare", {"share": 0}, "share_range"),
    ("areashare", {"share": None}, "share_pair"),
    ("areashare", {"residents_count": 0}, "share_pair"),
    ("neighbourhood", {"code": "E99000001"}, "code_form"),
    ("neighbourhood", {"population": 0}, "has_residents"),
    ("neighbourhood", {"imd_score": "100.1"}, "imd_range"),
    ("neighbourhood", {"imd_rank": 0}, "imd_rank_from_one"),
    ("neighbourhood", {"most_deprived_pct": "100.1"}, "pct_range"),
    ("outline", {"latitude": "60"}, "in_england"),
    ("smallareadeprivation", {"code": "E05000001"}, "code_form"),
    ("smallareadeprivation", {"population": 0}, "has_residents"),
    ("smallareadeprivation", {"imd_decile": 11}, "decile_range"),
    ("smallareadeprivation", {"imd_score": "100.1"}, "score_range"),
    ("seat", {"ends_on": date(2020, 1, 1)}, "ends_after_start"),
    ("electionresult", {"majority_count": 1_000_000}, "majority_range"),
    ("measure", {"unit": "metres"}, "unit_known"),
    ("measure", {"disclosure_rule": "some"}, "rule_known"),
    ("measure", {"is_additive": False, "disclosure_rule": "under_ten"}, "ratio_has_no_rule"),
    ("observation", {"period_end": date(1999, 1, 1)}, "period"),
    ("observation", {"denominator": 0}, "denominator"),
    ("figure", {"value": None}, "value_iff_ok"),
    ("figure", {"state": "suppressed"}, "value_iff_ok"),
    ("figure", {"period_end": date(1999, 1, 1)}, "period"),
]


@pytest.fixture(autouse=True)
def _as_somebody():
    with acting("system:test", "test"):
        yield


@pytest.mark.parametrize(("table", "values", "rule"), BROKEN)
def test_row_that_breaks_a_rule_is_refused(table, values, rule):
    model = models.Area._meta.apps.get_model("neighbourhoods", table)
    row = model.objects.exclude(share=None).first() if table == "areashare" else model.objects.first()
    with pytest.raises(IntegrityError, match=f"neighbourhoods_{table}_{rule}"), transaction.atomic():
        model.objects.filter(pk=row.pk).update(**values)


@pytest.mark.parametrize(
    ("model", "rule"),
    [
        (models.Area, "code"),
        (models.AreaShare, "once"),
        (models.Seat, "one_holder"),
        (models.ElectionResult, "once"),
        (models.Observation, "once"),
        (models.Figure, "once"),
        (models.Edition, "number"),
        (models.TargetListEntry, "once"),
        (models.RankingWeight, "once"),
        (models.RankingInput, "once"),
    ],
)
def test_row_that_stands_already_is_refused(model, rule):
    row = model.objects.first()
    row.pk = None
    with pytest.raises(IntegrityError, match=f"neighbourhoods_{model._meta.model_name}_{rule}"), transaction.atomic():
        row.save(force_insert=True)


def test_member_holds_one_seat_at_a_time():
    first, second = models.Seat.objects.held()[:2]
    models.Seat.objects.filter(pk=second.pk).update(ends_on=second.starts_on)
    with pytest.raises(IntegrityError, match="one_at_a_time"), transaction.atomic():
        models.Seat.objects.create(member=first.member, constituency=second.constituency, starts_on=DAY)


@pytest.mark.parametrize(
    ("values", "rule"),
    [
        ({"points_numerator": -1}, "points_range"),
        ({"points_denominator": 0}, "points_range"),
        ({"points_numerator": 101, "points_denominator": 1}, "points_range"),
        ({"cohort": 0}, "cohort_from_one"),
    ],
)
def test_ranking_entry_that_breaks_a_rule_is_refused(values, rule):
    entry = models.RankingEntry.objects.first()
    other = models.Ranking.objects.create(
        version=9, target_list=models.TargetList.objects.first(), method="t", cohort_sizes=[1], input_sha256="0" * 64,
        computed_by="t",
    )  # fmt: skip
    fields = {
        "points_numerator": 1, "points_denominator": 1, "position": 1, "cohort": 1, "is_close_call": False, **values
    }  # fmt: skip
    with pytest.raises(IntegrityError, match=rule), transaction.atomic():
        models.RankingEntry.objects.create(ranking=other, neighbourhood_id=entry.neighbourhood_id, **fields)


@pytest.mark.parametrize(
    ("statement", "rule"),
    [
        ("UPDATE neighbourhoods_targetlist SET year = 1900", "year"),
        ("UPDATE neighbourhoods_ranking SET input_sha256 = 'x'", "sha256_form"),
        ("UPDATE neighbourhoods_rankingweight SET used_pct = 5 WHERE NOT is_counted", "used_iff_counted"),
        ("UPDATE neighbourhoods_rankinginput SET denominator = 0", "denominator"),
        ("UPDATE neighbourhoods_rankinginput SET percentile = 101", "percentile_range"),
    ],
)
def test_append_only_table_refuses_the_change_before_any_rule_is_asked(statement, rule):
    table = statement.split()[1]
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_constraint WHERE conname = %s", [f"{table}_{rule}"])
        assert cursor.fetchone() == (1,)


@pytest.mark.parametrize("audience", ["press", ""])
def test_event_for_nobody_known_is_refused(trimdon, audience):
    with pytest.raises(IntegrityError, match="audience_known"), transaction.atomic():
        models.Event.objects.create(key="k", kind="t", neighbourhood=trimdon, happens_on=DAY, audience=audience)


def test_access_ends_after_it_starts_and_is_open_once(mp):
    access = mp.constituency_accesses.get()
    with pytest.raises(IntegrityError, match="ends_after_start"), transaction.atomic():
        mp.constituency_accesses.update(ends_on=date(2000, 1, 1))
    access.pk = None
    with pytest.raises(IntegrityError, match="constituencyaccess_once"), transaction.atomic():
        access.save(force_insert=True)


def test_twin_label_is_refused(trimdon):
    with pytest.raises(IntegrityError, match="label"), transaction.atomic():
        models.Neighbourhood.objects.exclude(pk=trimdon.pk).filter(code="E05001645").update(label=trimdon.label)


def test_models_read_as_what_they_are(trimdon):
    for name in ("Area", "Member", "SmallAreaDeprivation", "TargetList", "Ranking", "Measure"):
        assert str(getattr(models, name).objects.first())
    assert str(trimdon) == "Trimdon and Thornley (County Durham)"
