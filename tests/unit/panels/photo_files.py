"""Photos for tests of this room."""

import uuid
from io import BytesIO

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from cwf_portal.core.pictures import read_picture
from panels.models import Photo, Proposal
from panels.services.photos import Shot, add_photo_of_idea

SHOWS = "An empty shop with a red door"


def jpeg(colour: str = "red", size: tuple[int, int] = (160, 120)) -> bytes:
    buffer = BytesIO()
    Image.new("RGB", size, colour).save(buffer, "JPEG")
    return buffer.getvalue()


def shot(shows: str = SHOWS, submission: uuid.UUID | None = None) -> Shot:
    return Shot(pictures=read_picture(jpeg()), shows=shows, submission=submission or uuid.uuid4())


def photo_of(idea: Proposal) -> Photo:
    """A photo that whoever put an idea forward added to it."""
    return add_photo_of_idea(by=idea.author, proposal=idea, shot=shot())


def form(**changes: object) -> dict[str, object]:
    """What the form for a photo sends."""
    file = SimpleUploadedFile("../door.jpg", jpeg(), "image/jpeg")
    return {"photo": file, "shows": SHOWS, "may": "on", "submission": str(uuid.uuid4()), **changes}
