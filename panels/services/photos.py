"""Photos of ideas and of news about funded projects: added with words for who cannot see them, taken away for good."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from django.utils.timezone import localdate

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import NotAllowedError
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Permission, require
from cwf_portal.core.pictures import Picture
from cwf_portal.core.said import Said
from panels.errors import PhaseError, ProposalError
from panels.models import Act, Photo, PhotoFile, Project, ProjectDelivery, ProjectNews, Proposal, Round
from panels.permissions import membership_of, require_member
from panels.services.ideas import check_shown
from panels.services.sending_again import made_before

MOST_PHOTOS = 3  # of an idea, and of one piece of news


@dataclass(frozen=True)
class Shot:
    """A photo to be added.

    Attributes:
        pictures: The large and the small one, as `read_picture` drew them.
        shows: What can be seen, for people who cannot.
        submission: Drawn with the form, so that sending it twice adds it once.
    """

    pictures: Sequence[Picture]
    shows: str
    submission: uuid.UUID


def add_photo_of_idea(*, by: User, proposal: Proposal, shot: Shot, is_sample: bool = False) -> Photo:
    """Add a photo to an idea; sending the same form again returns the first.

    Raises:
        NotAllowedError: `by` neither put the idea forward nor sits on the panel.
        PhaseError: the vote is fixed.
        ProposalError: the idea is hidden, has enough photos, or nothing is said about this one.
        ConflictError: the mark of the form is of another photo.
    """
    require(by, Permission.PROPOSE_IDEA)
    with acting(by, "added a photo"):
        round = Round.objects.select_for_update(of=("self",)).select_related("panel").get(pk=proposal.round_id)
        known = _sent_before(shot, by=by, proposal_id=proposal.pk)
        if known:
            return known
        role = check_may_add(by=by, proposal=proposal, round=round)
        photo = Photo(proposal=proposal, added_by=by, role=role, is_sample=is_sample)
        return _keep(photo, shot, number=Photo.objects.filter(proposal=proposal, news=None).standing().count())


def check_may_add(*, by: User, proposal: Proposal, round: Round) -> Photo.Role:
    """In which role `by` may add a photo to an idea now; raises what `add_photo_of_idea` does."""
    at = core_now()
    is_author = proposal.author_id == by.pk
    if not is_author and not membership_of(by, round.panel, localdate(at)):
        raise NotAllowedError("Photos come from whoever put the idea forward, or from the panel.")
    if not round.permits(Act.SHAPE, at):
        raise PhaseError("The vote is fixed: its ideas get no new photos.")
    check_shown([proposal.pk])
    _check_number(Photo.objects.filter(proposal=proposal, news=None).standing().count())
    return Photo.Role.PROPOSER if is_author else Photo.Role.PANEL


def add_photo_of_news(*, by: User, project: Project, shot: Shot, is_sample: bool = False) -> Photo:
    """Add a photo to the latest news about a funded project; sending the same form again returns the first.

    Raises:
        ProposalError: nothing was told yet, the news has enough photos, or nothing is said about this one.
        ConflictError: the mark of the form is of another photo.
    """
    with acting(by, "added a photo to news"):
        require_member(by, project.round.panel, day=localdate(core_now()), permission=Permission.REPORT_PROJECT)
        list(ProjectDelivery.objects.select_for_update().filter(project=project))  # nobody else adds one meanwhile
        known = _sent_before(shot, by=by, proposal_id=project.proposal_id)
        if known:
            return known
        news = ProjectNews.objects.filter(project=project).order_by("-pk").first()
        if news is None:
            raise ProposalError("There is no news about this project yet.", mend="Tell residents the news first.")
        photo = Photo(
            proposal_id=project.proposal_id, news=news, added_by=by, role=Photo.Role.PANEL, is_sample=is_sample
        )
        return _keep(photo, shot, number=Photo.objects.filter(news=news).standing().count())


def remove_photo(*, by: User, photo: Photo) -> Photo:
    """Take a photo away for good, its pictures are deleted; doing so twice changes nothing.

    Raises:
        NotAllowedError: somebody else added it.
    """
    with acting(by, "took a photo away"):
        locked = Photo.objects.select_for_update().get(pk=photo.pk)
        if locked.added_by_id != by.pk:
            raise NotAllowedError("Only whoever added a photo takes it away.", mend="You can report it.")
        if locked.removed_at is None:
            PhotoFile.objects.filter(photo=locked).delete()
            locked.removed_at = core_now()
            locked.save(update_fields=["removed_at"])
        return locked


def _sent_before(shot: Shot, *, by: User, proposal_id: int) -> Photo | None:
    """The photo that this form has added; news may have been told since."""
    return made_before(Photo.objects.filter(submission=shot.submission), proposal_id=proposal_id, added_by_id=by.pk)


def _keep(photo: Photo, shot: Shot, *, number: int) -> Photo:
    """Store the photo and its pictures, of a thing that has `number` already and is locked by the caller."""
    if not shot.shows.strip():
        raise ProposalError("Say what the photo shows.", mend="People who cannot see it have it read out.")
    _check_number(number)
    large, small = shot.pictures
    photo.submission, photo.shows = shot.submission, shot.shows.strip()
    photo.width, photo.height = small.width, small.height
    photo.digest = sha256(large.content + small.content).hexdigest()
    photo.save()
    PhotoFile.objects.bulk_create(
        [
            PhotoFile(photo=photo, size=PhotoFile.Size.LARGE, content=large.content),
            PhotoFile(photo=photo, size=PhotoFile.Size.SMALL, content=small.content),
        ]
    )
    return photo


def _check_number(number: int) -> None:
    if number >= MOST_PHOTOS:
        raise ProposalError(Said("There are {most} photos already.", most=MOST_PHOTOS), mend="Take one away first.")
