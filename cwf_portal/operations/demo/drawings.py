"""Plain drawn pictures for the ideas of the demo, each marked sample in the picture itself."""

import uuid
from collections.abc import Callable, Sequence
from io import BytesIO

from PIL import Image, ImageDraw, ImageFont

from cwf_portal.core.pictures import read_picture
from cwf_portal.operations.acts.places import Place
from cwf_portal.operations.acts.votes import Sketch
from panels.models import Project, Proposal
from panels.services.photos import Shot, add_photo_of_idea, add_photo_of_news

SIDE = (960, 640)
SKY, GRASS, INK, BRICK, LEAF, HONEY, PAPER = "#d7e8ee", "#a9c6a0", "#1d2321", "#b9673f", "#2f7d57", "#f6c667", "#ffffff"
MARK_FROM = 560
Drawer = Callable[[ImageDraw.ImageDraw], None]


def draw(sketch: Sketch) -> bytes:
    """A picture of what the kind of an idea is about, with its name and the mark; the same each time."""
    image = Image.new("RGB", SIDE, SKY)
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 400, *SIDE), fill=GRASS)
    shape, _ = SHAPES[sketch.kind]
    shape(pen)
    pen.rectangle((0, MARK_FROM, *SIDE), fill=INK)
    pen.text((24, MARK_FROM + 20), f"SAMPLE: {sketch.title}", fill=PAPER, font=ImageFont.load_default(size=36))
    buffer = BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def show_ideas(ideas: Sequence[Proposal], sketches: Sequence[Sketch]) -> None:
    """Whoever put each idea forward adds a picture."""
    for idea, sketch in zip(ideas, sketches, strict=True):
        add_photo_of_idea(by=idea.author, proposal=idea, shot=_shot(sketch, idea.submission), is_sample=True)


def show_news(place: Place, project: Project) -> None:
    """The chair adds a picture to the latest news."""
    sketch = Sketch(project.title, project.what, 0, 0, project.kind)
    shot = _shot(sketch, project.proposal.submission, when="news")
    add_photo_of_news(by=place.chair, project=project, shot=shot, is_sample=True)


def _shot(sketch: Sketch, submission: uuid.UUID, *, when: str = "idea") -> Shot:
    _, shows = SHAPES[sketch.kind]
    return Shot(read_picture(draw(sketch)), f"Sample drawing: {shows}", uuid.uuid5(submission, when))


def _house(pen: ImageDraw.ImageDraw) -> None:
    pen.polygon([(260, 260), (480, 110), (700, 260)], fill=INK)
    pen.rectangle((300, 260, 660, 500), fill=BRICK)
    pen.rectangle((440, 350, 520, 500), fill=LEAF)
    for left in (330, 560):
        pen.rectangle((left, 300, left + 70, 370), fill=HONEY)


def _bus(pen: ImageDraw.ImageDraw) -> None:
    pen.rectangle((0, 450, SIDE[0], 540), fill="#8a8f8d")
    pen.rounded_rectangle((240, 230, 740, 460), 30, fill=LEAF)
    for left in range(270, 680, 120):
        pen.rectangle((left, 265, left + 90, 345), fill=PAPER)
    for middle in (340, 640):
        pen.ellipse((middle - 45, 415, middle + 45, 505), fill=INK)


def _flags(pen: ImageDraw.ImageDraw) -> None:
    pen.line((60, 140, 900, 140), fill=INK, width=6)
    for number, left in enumerate(range(80, 860, 110)):
        pen.polygon([(left, 140), (left + 80, 140), (left + 40, 230)], fill=(BRICK, HONEY, LEAF)[number % 3])
    for middle in (300, 480, 660):
        _person(pen, middle)


def _tools(pen: ImageDraw.ImageDraw) -> None:
    pen.rectangle((180, 380, 780, 420), fill=BRICK)
    for left in (220, 700):
        pen.rectangle((left, 420, left + 40, 530), fill=BRICK)
    pen.rectangle((300, 230, 330, 380), fill=HONEY)
    pen.rectangle((260, 210, 370, 260), fill=INK)
    pen.rounded_rectangle((500, 260, 690, 380), 16, fill=LEAF)
    pen.arc((550, 220, 640, 300), 180, 360, fill=INK, width=10)


def _bench(pen: ImageDraw.ImageDraw) -> None:
    pen.rectangle((240, 400, 720, 430), fill=BRICK)
    pen.rectangle((240, 330, 720, 355), fill=BRICK)
    for left in (270, 670):
        pen.rectangle((left, 330, left + 20, 510), fill=INK)
    for middle in (390, 570):
        _person(pen, middle)


def _trees(pen: ImageDraw.ImageDraw) -> None:
    for middle, top in ((260, 150), (500, 100), (720, 180)):
        pen.rectangle((middle - 16, top + 150, middle + 16, 500), fill=BRICK)
        pen.ellipse((middle - 100, top, middle + 100, top + 210), fill=LEAF)


def _person(pen: ImageDraw.ImageDraw, middle: int) -> None:
    pen.ellipse((middle - 32, 270, middle + 32, 334), fill=HONEY)
    pen.rounded_rectangle((middle - 44, 340, middle + 44, 500), 30, fill=INK)


SHAPES: dict[str, tuple[Drawer, str]] = {
    Proposal.Kind.MEET: (_house, "a brick house with a green door and lit windows"),
    Proposal.Kind.CONNECT: (_bus, "a green minibus on a road"),
    Proposal.Kind.GROUPS: (_flags, "three people under a row of small flags"),
    Proposal.Kind.SKILLS: (_tools, "a workbench with a hammer and a toolbox"),
    Proposal.Kind.HEALTH: (_bench, "two people on a bench"),
    Proposal.Kind.GREEN: (_trees, "three trees on grass"),
    Proposal.Kind.OTHER: (_trees, "three trees on grass"),
}
