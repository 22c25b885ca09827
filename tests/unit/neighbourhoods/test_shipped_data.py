"""The shipped places as every database has them: the template is built with `load_places`."""

import pytest

from neighbourhoods.models import AreaKind, AreaShare, Neighbourhood, Seat
from neighbourhoods.selectors import current_ranking, neighbourhood_by_code, neighbourhoods_on_target_list

pytestmark = pytest.mark.django_db


def test_all_225_places_stand_on_the_list():
    assert neighbourhoods_on_target_list().count() == 225


def test_every_place_has_figures_ranking_and_an_mp():
    ranking = current_ranking()
    assert ranking is not None
    assert ranking.entries.count() == 225
    assert Seat.objects.held().count() == 650
    assert Neighbourhood.objects.filter(area_shares__area__seats__ends_on=None).distinct().count() == 225


def test_split_place_names_both_constituencies_with_their_shares():
    place = neighbourhood_by_code("E05009086")
    shares = AreaShare.objects.filter(neighbourhood=place, area__kind=AreaKind.CONSTITUENCY_2024)
    assert sorted(str(share.share) for share in shares) == ["0.481", "0.519"]


def test_share_of_a_2010_constituency_that_no_source_gives_stays_unknown():
    place = neighbourhood_by_code("E05009086")
    old = AreaShare.objects.filter(neighbourhood=place, area__kind=AreaKind.CONSTITUENCY_2010)
    assert {share.share for share in old} == {None}
    assert old.count() == 3
