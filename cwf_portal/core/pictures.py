"""Pictures that people send: read by what they hold, never by name, and drawn anew so that nothing hides in them."""

from dataclasses import dataclass
from io import BytesIO

from PIL import Image, ImageFile, ImageOps

from cwf_portal.core.errors import DomainError
from cwf_portal.core.said import Said
from cwf_portal.core.turns import OneAtATime

MEGABYTE = 1024 * 1024
MOST_BYTES = 10 * MEGABYTE
# Phones take 24 million unless told otherwise. WebP is held in memory four times over while it is decoded.
MOST_PIXELS = {"JPEG": 26_000_000, "PNG": 26_000_000, "WEBP": 13_000_000}
MOST_SCANS = 100  # of one JPEG; each costs a pass over the whole picture and may be a few bytes long
LEAST_SIDE = 120
QUALITIES = (75, 55, 35)
JPEG, SCAN = b"\xff\xd8", b"\xff\xda"

# We look at the size ourselves, before anything is decoded: Pillow would warn at a number of its own.
Image.MAX_IMAGE_PIXELS = None
# One at a time in each process: however many people send photos, the memory of one is needed.
_one_at_a_time = OneAtATime()


class PictureError(DomainError):
    """The file is no picture that we take."""


@dataclass(frozen=True)
class Size:
    """How large a picture may become."""

    side: int
    most_bytes: int


LARGE, SMALL = Size(side=1280, most_bytes=150 * 1024), Size(side=480, most_bytes=24 * 1024)


@dataclass(frozen=True)
class Picture:
    """A picture as WebP, with its width and height."""

    content: bytes
    width: int
    height: int


def read_picture(raw: bytes, *, sizes: tuple[Size, ...] = (LARGE, SMALL)) -> list[Picture]:
    """The picture in each of `sizes`, upright, drawn anew: without place, time, camera or anything after its end.

    Raises:
        PictureError: too large, of another kind, damaged, or tiny.
        BusyError: many photos are being read at this moment.
    """
    if len(raw) > MOST_BYTES:
        raise PictureError(
            Said("The photo is larger than {most} MB.", most=MOST_BYTES // MEGABYTE), mend="Send a smaller one."
        )
    if raw.startswith(JPEG) and raw.count(SCAN) > MOST_SCANS:
        raise PictureError("We cannot read this photo.", mend="Open it on your device, save it anew and send that.")
    with _one_at_a_time.turn():
        drawn = _drawn(raw, max(size.side for size in sizes))
        return [_written(drawn, size) for size in sizes]


def _drawn(raw: bytes, side: int) -> Image.Image:
    """The picture upright on white, no longer than `side`."""
    ImageFile.LOAD_TRUNCATED_IMAGES = False  # WeasyPrint turns it on for the whole process
    try:
        with Image.open(BytesIO(raw), formats=tuple(MOST_PIXELS)) as image:
            _check_size(image, most_pixels=MOST_PIXELS[str(image.format)])
            image.draft("RGB", (side, side))  # a JPEG is decoded no larger than needed
            whole = image.convert("RGBA") if image.mode == "P" else image
            whole.thumbnail((side, side))  # first: each step after it needs as much memory again
            see_through = ImageOps.exif_transpose(whole).convert("RGBA")
    except PictureError:
        raise
    except Exception as error:  # decoders raise whatever they like at damaged files
        raise PictureError("We cannot read this file as a photo.", mend="Send a photo as JPEG, PNG or WebP.") from error
    clean = Image.new("RGB", see_through.size, "white")
    clean.paste(see_through, mask=see_through)
    return clean


def _check_size(image: Image.Image, *, most_pixels: int) -> None:
    if image.width * image.height > most_pixels:
        said = Said("The photo has more than {most} million points.", most=most_pixels // 1_000_000)
        raise PictureError(said, mend="Send a smaller one.")
    if min(image.size) < LEAST_SIDE:
        raise PictureError(
            Said("The photo is less than {least} points wide or high.", least=LEAST_SIDE), mend="Send a larger one."
        )


def _written(drawn: Image.Image, size: Size) -> Picture:
    """As good as fits, and smaller where nothing fits."""
    side = size.side
    while True:
        image = drawn.copy()
        image.thumbnail((side, side))
        for quality in QUALITIES:
            buffer = BytesIO()
            image.save(buffer, "WEBP", quality=quality, method=4)
            if buffer.tell() <= size.most_bytes:
                return Picture(buffer.getvalue(), *image.size)
        side = side * 3 // 4
