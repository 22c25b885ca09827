from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cwf_portal.core.forms import DateField, GovForm


class StartForm(GovForm):
    starts_on = DateField(label="Start date", earliest=date(2020, 2, 29), latest=date(2041, 12, 31), birth_date=True)


class LooseForm(GovForm):
    on = DateField(label="Day", required=False)


def typed(day, month, year, name="starts_on"):
    return {f"{name}_day": day, f"{name}_month": month, f"{name}_year": year}


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (("3", "5", "2027"), date(2027, 5, 3)),
        (("03", "05", "2027"), date(2027, 5, 3)),
        ((" 29 ", "Feb", "2028"), date(2028, 2, 29)),
        (("1", "september", "2030"), date(2030, 9, 1)),
    ],
)
def test_date_read_from_three_boxes(parts, expected):
    form = StartForm(typed(*parts))
    assert form.is_valid(), form.errors
    assert form.cleaned_data["starts_on"] == expected


@pytest.mark.parametrize(
    ("parts", "says"),
    [
        (("", "", ""), "Enter the start date"),
        (("3", "", "2027"), "Start date must include a month"),
        (("", "5", ""), "Start date must include a day and a year"),
        (("31", "2", "2027"), "Start date must be a real date, like 27 3 2027"),
        (("29", "2", "2027"), "Start date must be a real date, like 27 3 2027"),
        (("0", "1", "2027"), "Start date must be a real date, like 27 3 2027"),
        (("1", "1", "27"), "The year of start date must have four digits, like 2027"),
        (("1", "1", "0000"), "Start date must be a real date, like 27 3 2027"),
        (("x", "1", "2027"), "Start date must be a real date in digits, like 27 3 2027"),
        (("１", "1", "2027"), "Start date must be a real date in digits, like 27 3 2027"),
        (("28", "2", "2020"), "Start date must be on or after 29 February 2020"),
        (("1", "1", "2042"), "Start date must be on or before 31 December 2041"),
    ],
)
def test_date_refused_says_how_to_mend_it(parts, says):
    assert StartForm(typed(*parts)).errors["starts_on"] == [says]


@given(st.dates())
def test_any_date_typed_reads_back_the_same(day):
    form = LooseForm(typed(str(day.day), str(day.month), f"{day.year:04}", name="on"))
    assert form.is_valid()
    assert form.cleaned_data["on"] == day


@given(st.tuples(st.text(max_size=9), st.text(max_size=9), st.text(max_size=9)))
def test_any_three_texts_are_a_date_nothing_or_refused(parts):
    form = LooseForm(typed(*parts, name="on"))
    if form.is_valid():
        assert isinstance(form.cleaned_data["on"], date | None)
    else:
        assert form.errors["on"][0].startswith(("Day must", "The year of day must"))


def test_date_boxes_have_labels_and_keep_what_was_typed():
    page = StartForm(typed("31", "2", "2027")).render()
    for number, (part, text) in enumerate([("day", "31"), ("month", "2"), ("year", "2027")]):
        assert f'<label class="govuk-label govuk-date-input__label" for="id_starts_on_{number}">' in page
        assert f'name="starts_on_{part}" value="{text}"' in page
        assert f'autocomplete="bday-{part}"' in page
    assert 'aria-describedby="id_starts_on_helptext id_starts_on_error"' in page


def test_date_shown_from_an_initial_date():
    assert 'name="on_month" value="5"' in LooseForm(initial={"on": date(2027, 5, 3)}).render()
