"""Photos of ideas and of news: their pictures, adding one, taking one's own away."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import parse_etags
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_POST, require_safe

from cwf_portal.core.access import SignedInRequest, public, requires, same_for_everybody, signed_in
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import DomainError
from cwf_portal.core.languages import in_words, translated
from cwf_portal.core.permissions import Permission
from panels import selectors
from panels.idea_forms import PhotoForm
from panels.models import Photo
from panels.selectors import moderation, photos
from panels.services.photos import add_photo_of_idea, add_photo_of_news, check_may_add, remove_photo
from panels.views.limits import check_how_often

MANY_PHOTOS = gettext_noop("You have sent many photos.")
KEPT_BY_BROWSERS = "public, no-cache"  # kept, and asked each time whether it still stands: what is hidden is gone


@same_for_everybody
@public
@require_safe
def photo_file(request: HttpRequest, key: uuid.UUID, size: str) -> HttpResponse:
    """A picture; one that is hidden only for whoever added it and who looks after ideas of the place."""
    photo = photos.shown_photo(key)
    if photo is None:
        return _picture(_hidden_photo(request, key), size)
    tag = f'"{photo.digest}-{size}"'
    is_known = tag in parse_etags(request.headers.get("If-None-Match", ""))
    response = HttpResponseNotModified() if is_known else _picture(photo, size)
    response["ETag"], response["Cache-Control"] = tag, KEPT_BY_BROWSERS
    return response


@translated
@requires(Permission.PROPOSE_IDEA)
def proposal_photo(request: SignedInRequest, pk: int) -> HttpResponse:
    """Add a photo to one's own idea or, for the panel, to any."""
    proposal = get_object_or_404(selectors.proposals().shown(), pk=pk)
    if request.method == "POST" and not _was_sent_before(request):
        check_may_add(by=request.user, proposal=proposal, round=proposal.round)  # before anything is decoded
        check_how_often(request, "photo", MANY_PHOTOS)
    form = _form(request)
    if request.method == "POST" and form.is_valid():
        try:
            add_photo_of_idea(by=request.user, proposal=proposal, shot=form.shot())
        except DomainError as error:
            form.add_error(None, in_words(error))
        else:
            messages.success(request, _("The photo is published."))
            return redirect("panels:proposal-detail", pk=pk)
    context = {"form": form, "subject": proposal.title, "is_sample": proposal.is_sample}
    return _page(request, context | {"back": reverse("panels:proposal-detail", args=[pk])})


@requires(Permission.REPORT_PROJECT)
def project_photo(request: SignedInRequest, pk: int) -> HttpResponse:
    """Add a photo to the latest news about a funded project."""
    project = get_object_or_404(selectors.projects_run_by(request.user, core_now()), pk=pk)
    if request.method == "POST":
        check_how_often(request, "photo", MANY_PHOTOS)
    form = _form(request)
    if request.method == "POST" and form.is_valid():
        try:
            add_photo_of_news(by=request.user, project=project, shot=form.shot())
        except DomainError as error:
            form.add_error(None, in_words(error))
        else:
            messages.success(request, "Residents now see the photo beside the latest news.")
            return redirect("panels:project-detail", pk=pk)
    context = {"form": form, "subject": project.title, "is_sample": project.round.is_sample}
    return _page(request, context | {"back": reverse("panels:project-detail", args=[pk])})


@translated
@signed_in
@require_POST
def photo_remove(request: SignedInRequest, key: uuid.UUID) -> HttpResponse:
    """Take one's own photo away for good."""
    photo = get_object_or_404(Photo.objects.filter(added_by=request.user).select_related("news"), key=key)
    remove_photo(by=request.user, photo=photo)
    messages.success(request, _("The photo is deleted."))
    if photo.news:
        return redirect("panels:project-detail", pk=photo.news.project_id)
    return redirect("panels:proposal-detail", pk=photo.proposal_id)


def _was_sent_before(request: SignedInRequest) -> bool:
    try:
        submission = uuid.UUID(request.POST.get("submission", ""))
    except ValueError:
        return False
    return Photo.objects.filter(submission=submission, added_by=request.user).exists()


def _form(request: HttpRequest) -> PhotoForm:
    initial = {"submission": str(uuid.uuid4())}
    return PhotoForm(request.POST, request.FILES) if request.method == "POST" else PhotoForm(initial=initial)


def _page(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    return render(request, "panels/photo_new.html", context, status=400 if context["form"].errors else 200)


def _hidden_photo(request: HttpRequest, key: uuid.UUID) -> Photo:
    photo = get_object_or_404(photos.kept_photos(), key=key)
    is_mine = photo.added_by_id == request.user.pk
    if not is_mine and not moderation.may_see(request.user, photo.proposal, core_now()):
        raise Http404
    return photo


def _picture(photo: Photo, size: str) -> HttpResponse:
    content = photos.picture_of(photo, size)
    if content is None:
        raise Http404
    return HttpResponse(content, content_type="image/webp")
