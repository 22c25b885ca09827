"""A field that takes a photo."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import InMemoryUploadedFile
from django.utils.translation import gettext_lazy

from cwf_portal.core.forms.base import GovField
from cwf_portal.core.languages import in_words
from cwf_portal.core.pictures import MOST_BYTES, Picture, PictureError, read_picture
from cwf_portal.core.turns import BusyError


class PhotoField(GovField, forms.FileField):
    """One photo, read and drawn anew: cleaned, it is a large and a small `Picture`. Its form needs `multipart`."""

    input_class = "govuk-file-upload"
    default_error_messages = {
        "empty": gettext_lazy("The file is empty. Choose another one"),
        "missing": gettext_lazy("Choose a photo"),
        "invalid": gettext_lazy("Choose a photo"),
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(error_messages={"required": gettext_lazy("Choose a photo")}, **kwargs)
        self.widget.attrs["accept"] = "image/jpeg,image/png,image/webp"

    def to_python(self, data: Any) -> Any:
        file = super().to_python(data)
        return _read(file) if isinstance(file, InMemoryUploadedFile) else file


def _read(file: InMemoryUploadedFile) -> list[Picture]:
    try:
        return read_picture(file.read(MOST_BYTES + 1))
    except (PictureError, BusyError) as error:
        raise ValidationError(in_words(error), code="picture") from error
