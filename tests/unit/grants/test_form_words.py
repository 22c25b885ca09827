"""What a form says of an empty field is a sentence, not its label with a verb before it ("Enter left in the bank")."""

import importlib
import pkgutil
import re
from collections.abc import Iterator

import pytest

from cwf_portal.core.forms import GovForm
from grants import forms as all_forms

A_SENTENCE = re.compile(r"(Enter (the|a|their|its|what|how|by)|Say|Give|Choose|Select|Tick)\b")


# Every worker collects the same, whatever else it has imported by then.
for module in pkgutil.iter_modules(all_forms.__path__, f"{all_forms.__name__}."):
    importlib.import_module(module.name)


def forms_of_grants(kind: type[GovForm] = GovForm) -> Iterator[type[GovForm]]:
    for form in kind.__subclasses__():
        yield from forms_of_grants(form)
        if form.__module__.startswith(f"{all_forms.__name__}."):
            yield form


FORMS = sorted(set(forms_of_grants()), key=lambda form: (form.__module__, form.__name__))


def test_there_are_forms_to_read() -> None:
    assert len(FORMS) > 20


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_every_empty_field_is_asked_for_in_a_sentence(form: type[GovForm]) -> None:
    fields = form.base_fields.values()
    said = [str(field.error_messages["required"]) for field in fields if field.required]
    assert [words for words in said if not A_SENTENCE.match(words)] == []
