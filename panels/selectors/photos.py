"""What is read about photos; a page lists them without their pictures, which have addresses of their own."""

import uuid
from collections.abc import Iterable

from django.db.models import QuerySet

from panels.models import Photo, PhotoFile, Project, Proposal, Round


def photos_of(proposal: Proposal) -> QuerySet[Photo]:
    """Photos of an idea that are neither taken away nor hidden; also where the idea itself is hidden."""
    return Photo.objects.standing().filter(proposal=proposal, news=None).order_by("pk")


def first_photos(proposals: Iterable[int | None]) -> dict[int, Photo]:
    """The first photo that everybody sees, by the key of its idea; nothing for one without."""
    found = Photo.objects.shown().filter(proposal__in=list(proposals), news=None).order_by("-pk")
    return {photo.proposal_id: photo for photo in found}


def shown_photos(proposal: Proposal) -> QuerySet[Photo]:
    """Every photo that everybody sees, of the idea and of news about the project it became."""
    return Photo.objects.shown().filter(proposal=proposal)


def has_photos(round: Round) -> bool:
    """Whether any idea of a vote has a photo that everybody sees."""
    return Photo.objects.shown().filter(proposal__round=round, news=None).exists()


def photos_of_news(project: Project) -> dict[int, list[Photo]]:
    """Photos by the key of the news to which they were added."""
    by_news: dict[int, list[Photo]] = {}
    for photo in Photo.objects.shown().filter(news__project=project).order_by("pk"):
        by_news.setdefault(photo.news_id or 0, []).append(photo)
    return by_news


def shown_photo(key: uuid.UUID) -> Photo | None:
    """A photo that everybody sees."""
    return Photo.objects.shown().filter(key=key).first()


def kept_photos() -> QuerySet[Photo]:
    """Not taken away; shown or hidden."""
    return Photo.objects.filter(removed_at=None).select_related("proposal__round__panel", "news__project")


def picture_of(photo: Photo, size: str) -> bytes | None:
    file = PhotoFile.objects.filter(photo=photo, size=size).first()
    return bytes(file.content) if file else None
