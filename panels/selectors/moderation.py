"""What is read about comments, and about what should not be shown."""

from datetime import datetime

from django.db.models import Count, Q, QuerySet

from cwf_portal.core.models import User
from cwf_portal.core.permissions import AnyUser, Permission, has_permission
from panels.models import IdeaComment, IdeaDiscussion, IdeaReport, ModerationCase, Proposal, Round
from panels.models.moderation import ModerationCaseQuerySet
from panels.selectors.panels import panels_of
from panels.selectors.paper import projects_at_home


def comments_are_on(round: Round) -> bool:
    return IdeaDiscussion.objects.filter(round=round, is_on=True).exists()


def comments_on(proposal: Proposal) -> QuerySet[IdeaComment]:
    """What was said about an idea and is not hidden, the first first."""
    hidden = ModerationCase.objects.hiding().filter(proposal=proposal, comment__isnull=False)
    return proposal.comments.exclude(pk__in=hidden.values("comment")).select_related("author").order_by("pk")


def cases() -> ModerationCaseQuerySet:
    about = ("proposal__round__panel", "comment", "photo")
    return ModerationCase.objects.select_related(*about, "author", "decided_by")


def cases_for(user: User, at: datetime) -> QuerySet[ModerationCase]:
    """Of every place for officers, of their own for members of panels; the oldest first, with how many reported it."""
    found = cases().annotate(report_count=Count("reports")).order_by("pk")
    if has_permission(user, Permission.MANAGE_PANEL):
        return found
    return found.filter(proposal__round__panel__in=panels_of(user, at))


def cases_waiting_for(user: User, at: datetime) -> QuerySet[ModerationCase]:
    """Those that `user` can decide: not what they wrote or hid themselves, now or before, and of no vote in which they
    have an idea, at home too.
    """
    mine = cases_for(user, at) if has_permission(user, Permission.SHAPE_PROPOSAL) else cases().none()
    others = mine.filter(pk__in=ModerationCase.objects.waiting()).exclude(author=user).exclude(decided_by=user)
    others = others.exclude(proposal__round__in=projects_at_home(user).values("round"))
    before = ModerationCase.objects.overruled().filter(decided_by=user)
    ideas = Q(comment=None, photo=None, proposal__in=before.about_ideas().values("proposal"))
    comments = Q(comment__in=before.exclude(comment=None).values("comment"))
    photos = Q(photo__in=before.exclude(photo=None).values("photo"))
    return others.exclude(ideas).exclude(comments).exclude(photos)


def may_see(user: AnyUser, proposal: Proposal, at: datetime) -> bool:
    """Whether somebody looks after ideas of this place, and so sees what is hidden."""
    if not user.is_authenticated or not has_permission(user, Permission.SHAPE_PROPOSAL):
        return False
    is_officer = has_permission(user, Permission.MANAGE_PANEL)
    return is_officer or panels_of(user, at).filter(pk=proposal.round.panel_id).exists()


def reports_of(case: ModerationCase) -> QuerySet[IdeaReport]:
    return IdeaReport.objects.filter(case=case).order_by("pk")


def hiding_of(proposal: Proposal) -> ModerationCase | None:
    """What keeps an idea hidden; None for one that is shown."""
    return ModerationCase.objects.hiding().about_ideas().filter(proposal=proposal).first()
