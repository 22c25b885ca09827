import pytest

from cwf_portal.core.errors import DomainError
from cwf_portal.core.phones import mobile_number


@pytest.mark.parametrize(
    "typed",
    [
        "07700900982",
        "+44 7700 900982",
        "0044 7700 900 982",
        "+44 (0)7700-900\u2011982",
        " 07700.900.982 ",
        "447700900982",
    ],
)
def test_mobile_number_as_people_type_it(typed):
    assert mobile_number(typed) == "+447700900982"


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "0770090098",
        "077009009820",
        "020 7946 0018",
        "070 1234 5678",
        "07612 345 678",
        "+33 7700 900982",
        "٠7700900982",
    ],
)
def test_what_is_no_uk_mobile_is_refused_with_an_example(typed):
    with pytest.raises(DomainError, match="Enter a UK mobile number, like 07700 900 982"):
        mobile_number(typed)


def test_mobiles_of_the_isle_of_man_are_taken():
    assert mobile_number("07624 900982") == "+447624900982"
