import pytest

from cwf_portal.operations.arguments import DEFAULTS, ArgumentsError, JourneyArguments


def test_defaults_are_the_real_225_over_ten_years():
    arguments = JourneyArguments.checked(dict(DEFAULTS))
    assert (arguments.neighbourhoods, arguments.years, arguments.voters) == (225, 10, 20)


def test_options_handed_on_are_read_back_equal():
    arguments = JourneyArguments(neighbourhoods=3, years=2, voters=7, seed=9, workers=4)
    options = arguments.as_options()
    named = {name.removeprefix("--"): value for name, value in zip(options[::2], options[1::2], strict=True)}
    assert JourneyArguments.checked(named) == arguments


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("neighbourhoods", "226", "from 1 to 225, not 226"),
        ("voters", "0", "from 1 to 2000, not 0"),
        ("years", "1.5", "takes a whole number, not '1.5'"),
        ("seed", "-1", "not -1"),
        ("workers", "", "takes a whole number, not ''"),
    ],
)
def test_an_impossible_option_is_named(name, value, sentence):
    with pytest.raises(ArgumentsError, match=sentence):
        JourneyArguments.checked({**DEFAULTS, name: value})
