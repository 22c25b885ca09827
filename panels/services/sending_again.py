"""Forms that are sent twice: each carries a mark drawn with it, and what it makes is made once."""

from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from django.utils.translation import gettext_noop

from cwf_portal.core.errors import ConflictError

OUT_OF_DATE = gettext_noop("This page is out of date. Open it again and send it once more.")
Made = TypeVar("Made", bound=Model)


def made_before(marked: QuerySet[Made], **same: Any) -> Made | None:
    """What a form made when it was sent before; None where it was not.

    Marks are unique, and those of votes are published: one can come with a form that it was not drawn for.

    Args:
        marked: the rows with the mark of the form, at most one.
        same: what such a row has, field by field, if it came from this form: whose it is and what it is about.

    Raises:
        ConflictError: the mark belongs to something else.
    """
    known = marked.first()
    if known is not None and any(getattr(known, name) != value for name, value in same.items()):
        raise ConflictError(OUT_OF_DATE)
    return known
