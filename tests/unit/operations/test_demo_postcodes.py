import pytest

from cwf_portal.operations.demo.postcodes import invented_postcode, load_invented_postcodes
from neighbourhoods.models import Neighbourhood, Postcode
from neighbourhoods.selectors import neighbourhood_of_postcode


@pytest.mark.django_db
def test_demo_knows_one_postcode_of_every_place_and_those_of_its_story_first():
    last = Neighbourhood.objects.latest("label")
    load_invented_postcodes([last.pk])
    assert neighbourhood_of_postcode("ZA1 1AA") == last
    assert Postcode.objects.values("neighbourhood").distinct().count() == Postcode.objects.count() == 225


def test_no_invented_postcode_is_given_twice():
    assert len({invented_postcode(number) for number in range(225)}) == 225
