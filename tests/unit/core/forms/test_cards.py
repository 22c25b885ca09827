"""Lists whose things are written once: what was typed, and nothing else, differs from page to page."""

import re

import pytest
from django.http import QueryDict

from cwf_portal.core.forms import Card, CardsField, GovForm, NumbersField, TicksField, summary_of

NASTY = "<b>\"Hub\" & 'Hall'</b>"


class ListForm(GovForm):
    def __init__(self, data: str, field: CardsField) -> None:
        super().__init__(QueryDict(data))
        self.fields["thing"] = field


def cards(kind: type[CardsField], codes: str = "123") -> list[Card]:
    return [kind.write(code, label=f"{NASTY} {code}", hint=NASTY, field="thing") for code in codes]


def form_of(kind: type[CardsField], data: str, codes: str = "123") -> ListForm:
    field = kind(label="Which?", required=False)
    field.offer(cards(kind, codes))
    return ListForm(data, field)


@pytest.mark.parametrize(
    ("kind", "data", "states"),
    [
        (TicksField, "thing=2", {"2": "checked"}),
        (NumbersField, "thing-2=7", {"1": 'value=""', "2": 'value="7"'}),
        (NumbersField, "thing-2=%22%3Cb%3E", {"2": 'value="&quot;&lt;b&gt;"'}),
    ],
)
def test_a_card_is_the_same_wherever_it_stands_but_for_what_was_typed(kind, data, states):
    pages = [form_of(kind, data, codes).render() for codes in ("123", "321")]
    inputs = [dict(re.findall(r'(<input[^>]*id="id_thing_(\d)"[^>]*>)', page)) for page in pages]
    both = [{code: html for html, code in found.items()} for found in inputs]

    assert both[0] == both[1]
    assert len(both[0]) == 3
    assert [code for code, html in both[0].items() if " checked" in html] == (["2"] if kind is TicksField else [])
    for code, state in states.items():
        assert state in both[0][code]
        assert f'for="id_thing_{code}"' in pages[0]
        assert f'id="id_thing_{code}_hint"' in pages[0]
    assert NASTY not in pages[0]


def test_ticks_count_one_each_and_what_is_not_offered_is_refused():
    good, bad = form_of(TicksField, "thing=3&thing=1&thing=3"), form_of(TicksField, "thing=9")
    bad.fields["thing"].error_messages["invalid_choice"] = "Not here"

    assert good.is_valid()
    assert good.cleaned_data == {"thing": {"3": 1, "1": 1}}
    assert summary_of(bad) == [{"href": "#id_thing_1", "text": "Not here"}]


def test_the_summary_leads_to_the_first_wrong_number_in_the_order_of_the_page():
    form = form_of(NumbersField, "thing-1=x&thing-2=1&thing-3=y", codes="321")

    assert summary_of(form)[0]["href"] == "#id_thing_3"
    assert re.findall(r'id="id_thing_(\d)"[^>]*input--error', form.render()) == ["3", "1"]
