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
        ("neighbourhoods", "0", "--neighbourhoods must be from 1 to 225, not 0."),
        ("neighbourhoods", "226", "--neighbourhoods must be from 1 to 225, not 226."),
        ("voters", "0", "--voters must be from 1 to 2000, not 0."),
        ("voters", "-1", "--voters must be from 1 to 2000, not -1."),
        ("years", "0", "--years must be from 1 to 15, not 0."),
        ("years", "1.5", "--years takes a whole number, not '1.5'."),
        ("years", "ten", "--years takes a whole number, not 'ten'."),
        ("seed", "-1", "--seed must be from 0 to 9223372036854775807, not -1."),
        ("workers", "", "--workers takes a whole number, not ''."),
    ],
)
def test_an_impossible_option_is_named(name, value, sentence):
    with pytest.raises(ArgumentsError) as refused:
        JourneyArguments.checked({**DEFAULTS, name: value})
    assert str(refused.value) == sentence
