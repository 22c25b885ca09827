"""Photos are what they hold, not what they are called; what comes out holds the picture and nothing else."""

import zlib
from io import BytesIO
from random import Random

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageFile

from cwf_portal.core import pictures
from cwf_portal.core.forms import GovForm, PhotoField
from cwf_portal.core.pictures import LARGE, MOST_BYTES, SMALL, PictureError, read_picture

SECRET = b"canary-of-a-photo"
GPS, ORIENTATION, MAKER = 0x8825, 0x0112, 0x010F
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="400" height="400"><script>alert(1)</script></svg>'


def photo(kind: str = "JPEG", size: tuple[int, int] = (400, 300), **options: object) -> bytes:
    """A picture with a red left half."""
    image = Image.new("RGB", size, "white")
    image.paste("red", (0, 0, size[0] // 2, size[1]))
    buffer = BytesIO()
    image.convert(options.pop("mode", "RGB")).save(buffer, kind, **options)
    return buffer.getvalue()


def opened(content: bytes) -> Image.Image:
    return Image.open(BytesIO(content))


@pytest.mark.parametrize(
    "raw", [photo("JPEG"), photo("PNG"), photo("WEBP"), photo("PNG", mode="P"), photo(mode="CMYK")]
)
def test_a_photo_becomes_webp_in_two_sizes(raw):
    large, small = read_picture(raw)
    for picture in (large, small):
        assert opened(picture.content).format == "WEBP"
        assert opened(picture.content).size == (picture.width, picture.height) == (400, 300)


def test_a_large_photo_is_made_smaller_and_keeps_its_shape():
    large, small = read_picture(photo(size=(3000, 2000)))
    assert [(p.width, p.height) for p in (large, small)] == [(1280, 853), (480, 320)]


def test_what_would_weigh_too_much_becomes_coarser_and_then_smaller():
    raw = BytesIO()
    Image.frombytes("RGB", (490, 490), Random(1).randbytes(490 * 490 * 3)).save(raw, "JPEG", quality=95)
    large, small = read_picture(raw.getvalue())
    assert (len(large.content) <= LARGE.most_bytes, len(small.content) <= SMALL.most_bytes) == (True, True)
    assert small.width < SMALL.side == 480


def test_place_time_camera_and_what_follows_the_end_are_gone():
    exif = Image.Exif()
    exif[MAKER] = SECRET.decode()
    exif[GPS] = {1: "N", 2: (51.0, 28.0, 40.0)}
    raw = photo(exif=exif, comment=SECRET, icc_profile=SECRET) + b"<?php " + SECRET
    assert raw.count(SECRET) == 4
    for picture in read_picture(raw):
        image = opened(picture.content)
        assert SECRET not in picture.content
        assert (dict(image.getexif()), image.info.get("icc_profile"), image.info.get("exif")) == ({}, None, None)


def test_a_photo_stands_upright_without_its_note_on_how_to_turn_it():
    exif = Image.Exif()
    exif[ORIENTATION] = 6  # the camera was held upright: turn it a quarter to the right
    picture = read_picture(photo(size=(400, 200), exif=exif))[0]
    assert (picture.width, picture.height) == (200, 400)
    assert opened(picture.content).convert("RGB").getpixel((100, 20))[1] < 60, "the red half is on top"


def test_what_is_see_through_is_white():
    raw = BytesIO()
    Image.new("RGBA", (200, 200), (0, 0, 0, 0)).save(raw, "PNG")
    assert opened(read_picture(raw.getvalue())[0].content).convert("RGB").getpixel((9, 9)) == (255, 255, 255)


def bomb() -> bytes:
    """A small PNG that says it is 60,000 points wide and high."""
    raw = photo("PNG")
    chunk = raw[12:16] + b"\x00\x00\xea\x60" * 2 + raw[24:29]
    return raw[:12] + chunk + zlib.crc32(chunk).to_bytes(4, "big") + raw[33:]


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (SVG, "cannot read this file"),
        (b"GIF89a" + SVG, "cannot read this file"),
        (photo("GIF"), "cannot read this file"),
        (photo("TIFF"), "cannot read this file"),
        (b"%PDF-1.4", "cannot read this file"),
        (b"", "cannot read this file"),
        (b"MZ" + photo(), "cannot read this file"),
        (photo()[:900], "cannot read this file"),
        (photo("PNG")[:200], "cannot read this file"),
        (photo(size=(119, 400)), "less than 120 points"),
        (bomb(), "more than 26 million points"),
        (photo("WEBP", size=(5000, 2601), lossless=True, method=0), "more than 13 million points"),
        (photo() + b"\xff\xda" * 101, "cannot read this photo"),
        (photo() + bytes(MOST_BYTES), "larger than 10 MB"),
    ],
)
def test_what_is_no_photo_is_refused_with_a_sentence(raw, why):
    with pytest.raises(PictureError, match=why):
        read_picture(raw)


def test_what_ends_a_scan_of_a_jpeg_may_stand_in_any_other_picture():
    assert len(read_picture(photo("PNG") + b"\xff\xda" * 101)) == 2


def test_half_a_photo_is_refused_after_somebody_printed_a_pdf(monkeypatch):
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)  # as WeasyPrint leaves it
    with pytest.raises(PictureError, match="cannot read this file"):
        read_picture(photo()[:900])


def test_nothing_is_decoded_before_its_size_is_known(monkeypatch):
    raw = bomb()
    monkeypatch.setattr(Image.Image, "load", lambda image: pytest.fail("decoded"))
    with pytest.raises(PictureError, match="million"):
        read_picture(raw)


def test_pillow_leaves_the_size_to_us():
    assert Image.MAX_IMAGE_PIXELS is None
    assert set(pictures.MOST_PIXELS) == {"JPEG", "PNG", "WEBP"}


class Form(GovForm):
    photo = PhotoField(label="Photo")


@pytest.mark.parametrize("name", ["../../etc/passwd", "photo.svg", "photo.exe", "é" * 90 + ".png"])
def test_the_name_of_a_file_says_nothing(name):
    form = Form({}, {"photo": SimpleUploadedFile(name, photo(), "image/svg+xml")})
    assert form.is_valid(), form.errors
    assert len(form.cleaned_data["photo"]) == 2


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({}, "Choose a photo"),
        ({"photo": SimpleUploadedFile("a.jpg", b"")}, "The file is empty. Choose another one"),
        ({"photo": SimpleUploadedFile("a.jpg", SVG)}, "We cannot read this file as a photo. Send a photo as JPEG"),
    ],
)
def test_the_form_says_how_to_mend_it(files, why):
    assert why in str(Form({}, files).errors["photo"][0])
