from decimal import Decimal

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from cwf_portal.core.audit import acting
from cwf_portal.core.errors import DomainError, NotAllowedError
from cwf_portal.core.permissions import Role
from neighbourhoods.measures import COMMUNITY_NEEDS, IMD_SCORE
from neighbourhoods.models import CommunityNeedsScore, Neighbourhood, Ranking, RankingEntry, TargetList
from neighbourhoods.selectors import current_ranking
from neighbourhoods.services import compute_ranking, refresh_figures
from tests.unit.neighbourhoods.conftest import A_DAY

pytestmark = pytest.mark.django_db


@pytest.fixture
def target():
    return TargetList.objects.get(year=2020)


def test_shipped_ranking_has_the_starts_of_the_rule():
    sizes = [current_ranking().entries.filter(cohort=cohort).count() for cohort in (1, 2, 3, 4)]
    assert sizes == [25, 50, 75, 75]


def test_shipped_ranking_says_which_measure_did_not_count():
    weights = {weight.measure.code: weight for weight in current_ranking().weights.select_related("measure")}
    assert weights[IMD_SCORE].used_pct == Decimal(75)
    assert not weights[COMMUNITY_NEEDS].is_counted


def test_same_inputs_return_the_version_there_is(target):
    assert compute_ranking(by="system:test", target_list=target) == current_ranking()
    assert Ranking.objects.count() == 1


def test_other_weights_are_a_new_version(target):
    ranking = compute_ranking(by="system:test", target_list=target, weights={IMD_SCORE: 1}, cohort_sizes=(100, 125))
    assert (ranking.version, ranking.cohort_sizes) == (2, [100, 125])
    assert current_ranking() == ranking
    assert not ranking.entries.filter(is_close_call=True).exists()


def test_community_needs_count_once_every_place_has_them(target):
    places = list(Neighbourhood.objects.order_by("code"))
    with acting("system:test", "test"):
        CommunityNeedsScore.objects.bulk_create(
            CommunityNeedsScore(neighbourhood=place, score=number, as_of=A_DAY) for number, place in enumerate(places)
        )
    refresh_figures(by="system:test", slices={COMMUNITY_NEEDS: None})
    ranking = compute_ranking(by="system:test", target_list=target)
    used = {weight.measure.code: weight.used_pct for weight in ranking.weights.select_related("measure")}
    assert used[COMMUNITY_NEEDS] == Decimal("29.412")
    assert ranking.entries.first().inputs.count() == 3


def test_person_needs_the_permission(person, target):
    with pytest.raises(NotAllowedError):
        compute_ranking(by=person("officer@example.com", Role.GRANTS_OFFICER), target_list=target)
    administrator = person("admin@example.com", Role.ADMINISTRATOR)
    assert compute_ranking(by=administrator, target_list=target) == current_ranking()


def test_empty_list_and_data_without_a_full_measure_are_refused(target):
    empty = TargetList.objects.create(year=2030, name="Empty", source="test")
    with pytest.raises(DomainError, match="holds no places"):
        compute_ranking(by="system:test", target_list=empty)
    with pytest.raises(DomainError, match="no measure is known for every place"):
        compute_ranking(by="system:test", target_list=target, weights={COMMUNITY_NEEDS: 1})
    assert Ranking.objects.count() == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE neighbourhoods_rankingentry SET cohort = 1",
        "DELETE FROM neighbourhoods_ranking",
        "TRUNCATE neighbourhoods_rankinginput",
        "UPDATE neighbourhoods_targetlistentry SET target_list_id = 1",
        "DELETE FROM neighbourhoods_edition",
    ],
)
def test_published_ranking_and_list_are_never_changed(statement):
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert RankingEntry.objects.count() == 225


def test_position_occurs_once():
    entry = RankingEntry.objects.order_by("position").first()
    entry.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        entry.save(force_insert=True)
