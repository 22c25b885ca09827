"""Funded projects after the vote: what the panel tells residents."""

from dataclasses import dataclass

from django.utils.timezone import localdate

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Permission
from panels.errors import ProposalError
from panels.models import Project, ProjectDelivery
from panels.permissions import require_member


@dataclass(frozen=True)
class DeliveryReport:
    """What the panel tells residents about a funded project."""

    state: str
    owner: str
    note: str
    spent_pence: int


def report_on_project(*, by: User, project: Project, report: DeliveryReport) -> ProjectDelivery:
    """Tell residents where a funded project stands.

    Raises:
        ProposalError: no decision funds the project, the state is unknown, or a change or stop is not explained.
    """
    with acting(by, "reported on a project"):
        require_member(by, project.round.panel, day=localdate(core_now()), permission=Permission.REPORT_PROJECT)
        delivery = ProjectDelivery.objects.select_for_update().filter(project=project).first()
        if delivery is None:
            raise ProposalError("No decision of the panel funds this project.")
        needs_note = report.state in {ProjectDelivery.State.CHANGED, ProjectDelivery.State.STOPPED}
        if report.state not in ProjectDelivery.State.values or (needs_note and not report.note.strip()):
            raise ProposalError("Say where the project stands and, when it changed or stopped, why.")
        delivery.state, delivery.owner, delivery.note = report.state, report.owner, report.note.strip()
        delivery.spent_pence, delivery.reported_at = report.spent_pence, core_now()
        delivery.save()
        return delivery
