"""What is read about funded projects: how far they are, their milestones and news, and who follows them."""

from django.db.models import QuerySet

from cwf_portal.core.models import User
from neighbourhoods.selectors import told_at_once
from panels.models import Project, ProjectFollow, ProjectMilestone, ProjectNews


def projects_with_news() -> QuerySet[Project]:
    """Projects that a decision funded, be their vote annulled since; with their votes, places and where they stand."""
    found = Project.objects.filter(delivery__isnull=False)
    return found.select_related("round__panel__neighbourhood", "round__annulment", "delivery", "proposal")


def funded_projects() -> QuerySet[Project]:
    """Projects that a decision funds, with their votes, places and where they stand."""
    return projects_with_news().filter(round__annulment=None)


def followed_by(user: User) -> QuerySet[Project]:
    """Funded projects that `user` follows, the latest news first."""
    followed = funded_projects().filter(follows__user=user)
    return followed.order_by("-delivery__reported_at", "-pk")


def news_of(project: Project) -> QuerySet[ProjectNews]:
    """Everything the panel told residents, the latest first."""
    return ProjectNews.objects.filter(project=project).order_by("-pk")


def milestones_of(project: Project) -> QuerySet[ProjectMilestone]:
    return ProjectMilestone.objects.filter(project=project).order_by("due_on", "pk")


def follows(user: User, project: Project) -> bool:
    return ProjectFollow.objects.filter(user=user, project=project).exists()


def follows_to_tell(project: Project) -> QuerySet[ProjectFollow]:
    """Who is told when the state changes; whoever is told of all that happens in its place is told there."""
    follows = ProjectFollow.objects.filter(project=project, user__is_active=True).select_related("user")
    follows_place = told_at_once(project.round.panel.neighbourhood_id)
    return follows.exclude(user__in=follows_place.values("user")).order_by("user")
