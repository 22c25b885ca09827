import pytest
from django.core.exceptions import ValidationError
from hypothesis import example, given
from hypothesis import strategies as st

from cwf_portal.core.forms import GovForm, MoneyField, pence_from_text
from cwf_portal.core.forms.money import LARGEST_PENCE, pounds_text


class AnyForm(GovForm):
    cost = MoneyField(label="Cost", required=False)


class CostForm(GovForm):
    cost = MoneyField(label="Cost", min_pence=100, max_pence=100_000_00)


@pytest.mark.parametrize(
    ("typed", "pence"),
    [
        ("£1,000.50", 100_050),
        ("1000", 100_000),
        (" £ 12.00 ", 1_200),
        ("0.99", 99),
        ("0", 0),
        ("1,234,567.89", 123_456_789),
        ("007", 700),
    ],
)
def test_amount_read_to_the_penny(typed, pence):
    assert pence_from_text(typed) == pence


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("1,000.005", "two digits after the point"),
        ("1,000.5", "two digits after the point"),
        ("1000.", "two digits after the point"),
        ("-5", "must not be negative"),
        ("−5", "must not be negative"),
        ("(5)", "must not be negative"),
        ("£-5", "must not be negative"),
        ("１２３", "plain digits 0 to 9"),
        ("٣", "plain digits 0 to 9"),
        ("1²", "plain digits 0 to 9"),
        ("10,00", "commas between thousands"),
        ("1,0000.00", "commas between thousands"),
        (",", "commas between thousands"),
        ("ten", "in digits"),
        ("1e9", "in digits"),
        ("$5", "in digits"),
        ("££5", "in digits"),
        ("1 000", "in digits"),
        ("NaN", "in digits"),
        ("9" * 41, "too long"),
        ("'; DROP TABLE", "in digits"),
    ],
)
def test_amount_refused_says_how_to_mend_it(typed, says):
    with pytest.raises(ValidationError) as refusal:
        pence_from_text(typed)
    assert says in refusal.value.message
    assert "like 1,000 or 1,000.50" in refusal.value.message


@given(st.integers(min_value=0, max_value=10**20))
def test_amount_written_by_us_reads_back_the_same(pence):
    assert pence_from_text(pounds_text(pence)) == pence


@given(st.text(max_size=60))
@example("1.00\n")
@example("١.00")
@example("0" * 40 + ".00")
def test_any_text_is_an_amount_or_refused_in_words(text):
    form = AnyForm({"cost": text})
    if form.is_valid():
        assert form.cleaned_data["cost"] is None or form.cleaned_data["cost"] >= 0
    else:
        assert form.errors["cost"][0].endswith(("like 1,000 or 1,000.50", "or less"))


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("", "Enter the cost"),
        ("0.99", "The amount must be £1 or more"),
        ("100,000.01", "The amount must be £100,000 or less"),
        ("1000000000000000000", "The amount must be £100,000 or less"),
    ],
)
def test_amount_out_of_range_names_the_limit(typed, says):
    form = CostForm({"cost": typed})
    assert form.errors["cost"] == [says]


def test_amount_without_a_limit_of_its_own_fits_the_ledger():
    class Open(GovForm):
        cost = MoneyField(label="Cost")

    assert "or less" in Open({"cost": str(10**18)}).errors["cost"][0]
    assert Open({"cost": pounds_text(LARGEST_PENCE)}).is_valid()


def test_amount_refused_stays_as_typed_and_initial_pence_show_as_pounds():
    assert 'value="1,000.005"' in str(CostForm({"cost": "1,000.005"})["cost"])
    assert 'value="1,234.50"' in str(CostForm(initial={"cost": 123_450})["cost"])


@pytest.mark.parametrize(("typed", "changed"), [("1,000", False), ("1000.00", False), ("1001", True), ("x", True)])
def test_amount_changed_means_other_money(typed, changed):
    assert CostForm({"cost": typed}, initial={"cost": 100_000}).has_changed() is changed
