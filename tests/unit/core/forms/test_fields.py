"""Text, numbers, choices, and what a form shows of its errors."""

import pytest
from django import forms as django_forms
from django.template import engines
from hypothesis import given
from hypothesis import strategies as st

from cwf_portal.core.forms import (
    CharField,
    ChoiceField,
    ConfirmField,
    EmailField,
    GovForm,
    HiddenTokenField,
    IntegerField,
    MobileField,
    MultiChoiceField,
    SelectField,
    TextareaField,
    summary_of,
)
from cwf_portal.core.forms.base import lower_first

KINDS = [("meet", "Somewhere to meet"), ("green", "Green space")]


class IdeaForm(GovForm):
    name = CharField(label="Your name", hint="First and last", max_length=20, width=20, autocomplete="name")
    idea = TextareaField(label="Your idea", max_length=10, required=False)
    email = EmailField(required=False)
    phone = MobileField(required=False)
    years = IntegerField(label="Years", min_value=1, max_value=15, required=False)
    kind = ChoiceField(label="What kind is it?", choices=KINDS, hints={"meet": "A hall or a café"})
    tags = MultiChoiceField(label="Tags", choices=KINDS, required=False)
    place = SelectField(label="Place", choices=[("", "Choose"), ("a", "A")], required=False)
    agreed = ConfirmField(label="I have read it", required=False)
    seen = HiddenTokenField(initial="7")


GOOD = {"name": "Ada", "kind": "meet", "seen": "7"}


def errors_of(**changed):
    return IdeaForm(GOOD | changed).errors


def test_form_with_what_is_needed_is_valid():
    assert IdeaForm(GOOD).is_valid()


@pytest.mark.parametrize(
    ("field", "typed", "says"),
    [
        ("name", "", "Enter your name"),
        ("name", "   ", "Enter your name"),
        ("name", "x" * 21, "Your name must be 20 characters or fewer"),
        ("name", "a\x00b", "Remove the hidden characters: type the text again instead of pasting it"),
        ("name", "a\x1b[2Jb", "Remove the hidden characters: type the text again instead of pasting it"),
        ("name", "abc\u202etxt.exe", "Remove the hidden characters: type the text again instead of pasting it"),
        ("idea", "x" * 11, "Your idea must be 10 characters or fewer"),
        ("phone", "0770", "Enter a UK mobile number, like 07700 900 982 or +44 7700 900 982"),
        ("email", "ada@", "Enter an email address in the right form, like name@example.com"),
        ("email", f"{'a' * 60}@{'b' * 300}.org", "An email address must be 320 characters or fewer"),
        ("years", "1.5", "Years must be a whole number in plain digits, like 12"),
        ("years", "１２", "Years must be a whole number in plain digits, like 12"),
        ("years", "0", "Years must be between 1 and 15"),
        ("years", "-3", "Years must be between 1 and 15"),
        ("years", "9" * 5000, "Years must be between 1 and 15"),
        ("kind", "", "Choose an answer to “What kind is it?”"),
        ("kind", "other", "Choose one of the answers listed"),
        ("tags", ["other"], "Choose one of the answers listed"),
        ("place", "z", "Choose one of the answers listed"),
        ("seen", "", "This page is out of date. Open it again and send it once more."),
        ("seen", "<b>", "This page is out of date. Open it again and send it once more."),
    ],
)
def test_field_refused_says_how_to_mend_it(field, typed, says):
    assert says in errors_of(**{field: typed})[field]


def test_text_in_urdu_and_with_accents_and_line_ends_is_kept():
    form = IdeaForm(GOOD | {"name": "Zoë العربية\u200f", "idea": "a\r\nb\tc"})
    assert form.is_valid(), form.errors
    assert form.cleaned_data["name"] == "Zoë العربية\u200f"
    assert form.cleaned_data["idea"] == "a\nb\tc"


def test_line_breaks_count_as_one_character_each():
    assert IdeaForm(GOOD | {"idea": "\r\n".join("abcde") + "x"}).is_valid()


@given(st.text(max_size=40))
def test_any_name_is_kept_or_refused_in_words(text):
    form = IdeaForm(GOOD | {"name": text})
    if form.is_valid():
        assert form.cleaned_data["name"] == text.strip()
    else:
        assert all(len(sentence.split()) > 2 for sentence in form.errors["name"])


@given(st.text(max_size=30))
def test_any_number_is_in_range_or_refused_in_words(text):
    form = IdeaForm(GOOD | {"years": text})
    if form.is_valid():
        assert form.cleaned_data["years"] in [None, *range(1, 16)]
    else:
        assert form.errors["years"][0].startswith("Years must be")


def test_confirmation_left_out_says_to_tick_the_box():
    class Confirm(GovForm):
        agreed = ConfirmField(label="I agree")

    assert Confirm({}).errors["agreed"] == ["Tick the box to say that you have read this and agree"]


def test_summary_links_each_error_to_where_it_is_mended():
    form = IdeaForm({"years": "x"})
    form.add_error(None, "The round has closed. Nothing was saved.")
    assert summary_of(form) == [
        {"href": "#id_name", "text": "The round has closed. Nothing was saved."},
        {"href": "#id_name", "text": "Enter your name"},
        {"href": "#id_years", "text": "Years must be a whole number in plain digits, like 12"},
        {"href": "#id_kind_0", "text": "Choose an answer to “What kind is it?”"},
        {"href": "#id_name", "text": "This page is out of date. Open it again and send it once more."},
    ]


def test_every_link_of_the_summary_leads_to_an_element_that_is_there():
    form = IdeaForm({"email": "x", "tags": "x", "place": "x"})
    page = form.render()
    links = {row["href"] for row in summary_of(form)}
    assert {"#id_kind_0", "#id_tags_0", "#id_place", "#id_email"} <= links
    assert all(f'id="{link[1:]}"' in page for link in links)


def test_summary_of_a_form_by_others_links_to_its_fields():
    class Plain(django_forms.Form):
        name = django_forms.CharField()

    assert summary_of(Plain({}))[0]["href"] == "#id_name"


def test_field_in_error_is_marked_and_described():
    page = str(IdeaForm({})["name"].as_field_group())
    assert "govuk-form-group--error" in page
    assert 'class="govuk-input govuk-input--width-20 govuk-input--error"' in page
    assert 'aria-describedby="id_name_helptext id_name_error"' in page
    assert '<span class="govuk-visually-hidden">Error:</span> Enter your name' in page


def test_optional_fields_say_so_unless_the_form_says_nothing_about_it():
    class Filters(IdeaForm):
        mark_optional = False

    assert "Years (optional)" in IdeaForm().render()
    assert "(optional)" not in Filters().render()


def test_hint_of_a_choice_belongs_to_its_button():
    page = IdeaForm().render()
    assert 'aria-describedby="id_kind_0_hint"' in page
    assert '<div class="govuk-hint govuk-radios__hint" id="id_kind_0_hint">A hall or a café</div>' in page


def test_text_area_says_how_much_fits():
    page = str(IdeaForm()["idea"].as_field_group())
    assert 'aria-describedby="id_idea_count"' in page
    assert "You can write up to 10 characters." in page


def test_one_question_page_has_the_question_as_its_heading():
    class Question(GovForm):
        kind = ChoiceField(label="What kind is it?", choices=KINDS, as_heading=True)
        name = CharField(label="Your name", as_heading=True)

    page = Question().render()
    assert '<h1 class="govuk-fieldset__heading">What kind is it?</h1>' in page
    assert '<h1 class="govuk-label-wrapper"><label class="govuk-label govuk-label--l" for="id_name">' in page


def test_what_a_person_types_is_escaped_everywhere():
    hostile = '"><script>alert(1)</script>'
    form = IdeaForm({"name": hostile, "kind": hostile, "email": hostile, "years": hostile, "place": hostile})
    page = engines["django"].from_string("{% load cwf %}{% form_errors form %}{% gov_form form %}")
    assert "<script" not in page.render({"form": form})


@pytest.mark.parametrize(("label", "inside"), [("Your name", "your name"), ("MP", "MP"), ("X", "x"), ("", "")])
def test_label_inside_a_sentence(label, inside):
    assert lower_first(label) == inside
