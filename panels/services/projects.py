"""Funded projects after the vote: what the panel tells residents, milestones, and who is told of a change."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.utils.timezone import localdate

from cwf_portal.core.addresses import address_of
from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.messages import Letter, send_many
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Permission
from cwf_portal.core.stopping import ended_by_link, stop_address, stop_line
from panels.errors import ProposalError
from panels.models import Project, ProjectDelivery, ProjectFollow, ProjectMilestone, ProjectNews
from panels.permissions import require_member
from panels.selectors.projects import follows_to_tell
from panels.services.announcing import announce_project

TOPIC = "panels.project"
MOST_MILESTONES = 20


@dataclass(frozen=True)
class DeliveryReport:
    """What the panel tells residents about a funded project."""

    state: str
    owner: str
    note: str
    spent_pence: int


def report_on_project(*, by: User, project: Project, report: DeliveryReport) -> ProjectDelivery:
    """Tell residents where a funded project stands; whoever follows it is told when its state changes.

    The same report twice is told once.

    Raises:
        ProposalError: no decision funds the project, the state is unknown, or a change, a stop or more money spent than
            it gets is not explained.
    """
    with acting(by, "reported on a project"):
        delivery = _locked_delivery(by, project)
        needs_note = report.state in {ProjectDelivery.State.CHANGED, ProjectDelivery.State.STOPPED}
        if report.state not in ProjectDelivery.State.values or (needs_note and not report.note.strip()):
            raise ProposalError("Say where the project stands and, when it changed or stopped, why.")
        if report.spent_pence > delivery.granted_pence and not report.note.strip():
            most = "price on the ballot" if delivery.part_pence is None else "part of the price that it gets"
            raise ProposalError(f"More was spent than the {most}.", mend="Say why.")
        told = (report.state, report.owner.strip(), report.note.strip(), report.spent_pence)
        before = (delivery.state, delivery.owner, delivery.note, delivery.spent_pence)
        if told == before and ProjectNews.objects.filter(project=project).exists():
            return delivery
        delivery.state, delivery.owner, delivery.note, delivery.spent_pence = told
        delivery.reported_at = core_now()
        delivery.save()
        _publish(by, project, delivery, has_moved=before[0] != report.state)
        return delivery


def plan_milestone(*, by: User, project: Project, title: str, due_on: date) -> ProjectMilestone:
    """Name a part of a project and by when it is done; the same name again moves its date.

    Raises:
        ProposalError: no decision funds the project, there is no name, there are too many, or this one is done.
    """
    with acting(by, "planned a milestone"):
        _locked_delivery(by, project)
        name = title.strip()
        known = ProjectMilestone.objects.filter(project=project, title=name).first()
        if known and known.done_on:
            raise ProposalError("This is done already.", mend="Give the new one another name.")
        if known:
            known.due_on = due_on
            known.save(update_fields=["due_on"])
            return known
        if not name or ProjectMilestone.objects.filter(project=project).count() >= MOST_MILESTONES:
            raise ProposalError(f"A milestone needs a name, and a project has at most {MOST_MILESTONES}.")
        return ProjectMilestone.objects.create(project=project, title=name, due_on=due_on)


def finish_milestone(*, by: User, milestone: ProjectMilestone) -> ProjectMilestone:
    """Say that a milestone is reached today; saying so twice keeps the day."""
    with acting(by, "reached a milestone"):
        _locked_delivery(by, milestone.project)
        locked = ProjectMilestone.objects.select_for_update().get(pk=milestone.pk)
        if locked.done_on is None:
            locked.done_on = localdate(core_now())
            locked.save(update_fields=["done_on"])
        return locked


def follow_project(*, by: User, project: Project) -> ProjectFollow:
    """Be told when the state of a funded project changes; anyone with an account may, once.

    Raises:
        ProposalError: no decision funds the project.
    """
    with acting(by, "followed a project"):
        if not ProjectDelivery.objects.filter(project=project).exists():
            raise ProposalError("No decision of the panel funds this project.")
        return ProjectFollow.objects.get_or_create(project=project, user=by)[0]


def unfollow_project(*, by: User, project: Project) -> None:
    """Be told no longer."""
    with acting(by, "followed a project no longer"):
        ProjectFollow.objects.filter(project=project, user=by).delete()


@ended_by_link("project")
def end_follow(pk: int) -> None:
    """Whoever holds a letter about the project ended it there; called under `acting`."""
    ProjectFollow.objects.filter(pk=pk).delete()


def _locked_delivery(by: User, project: Project) -> ProjectDelivery:
    require_member(by, project.round.panel, day=localdate(core_now()), permission=Permission.REPORT_PROJECT)
    delivery = ProjectDelivery.objects.select_for_update().filter(project=project).first()
    if delivery is None:
        raise ProposalError("No decision of the panel funds this project.")
    return delivery


def _publish(by: User, project: Project, delivery: ProjectDelivery, *, has_moved: bool) -> None:
    news = ProjectNews.objects.create(
        project=project,
        state=delivery.state,
        owner=delivery.owner,
        note=delivery.note,
        spent_pence=delivery.spent_pence,
        told_by=by,
    )
    if has_moved:
        announce_project(news)
        send_many(_letters(project, delivery), topic=TOPIC)


def _letters(project: Project, delivery: ProjectDelivery) -> Iterator[Letter]:
    """To each who follows it, with a link of their own that ends it."""
    state, page = delivery.get_state_display().lower(), address_of("panels:project-detail", project.pk)
    for follow in follows_to_tell(project):
        stop = stop_address("project", follow.pk)
        body = f"“{project.title}”: {state}. {delivery.note}\n\n{page}\n\n{stop_line(stop)}\n"
        yield Letter(follow.user.email, f"{project.title}: {state}", body, stop)
