"""Form fields that render as GOV.UK components. Import everything a form needs from here."""

from cwf_portal.core.forms.base import GovBoundField, GovField, GovForm, summary_of
from cwf_portal.core.forms.cards import Card, CardsField, TicksField
from cwf_portal.core.forms.choices import ChoiceField, ConfirmField, MultiChoiceField, SelectField, in_their_language
from cwf_portal.core.forms.dates import DateField
from cwf_portal.core.forms.files import PhotoField
from cwf_portal.core.forms.money import MoneyField, pence_from_text
from cwf_portal.core.forms.numbers import NumbersField, numbers_in, small_number
from cwf_portal.core.forms.people import PersonForm
from cwf_portal.core.forms.text import CharField, EmailField, HiddenTokenField, IntegerField, MobileField, TextareaField

__all__ = [
    "Card",
    "CardsField",
    "CharField",
    "ChoiceField",
    "ConfirmField",
    "DateField",
    "EmailField",
    "GovBoundField",
    "GovField",
    "GovForm",
    "HiddenTokenField",
    "IntegerField",
    "MobileField",
    "MoneyField",
    "MultiChoiceField",
    "NumbersField",
    "PersonForm",
    "PhotoField",
    "SelectField",
    "TextareaField",
    "TicksField",
    "in_their_language",
    "numbers_in",
    "pence_from_text",
    "small_number",
    "summary_of",
]
