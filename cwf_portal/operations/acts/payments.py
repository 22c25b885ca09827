"""What is due is claimed by the portal; people check and release it; the bank pays and says so."""

from cwf_portal.core.models import User
from cwf_portal.operations.acts.office import Office
from cwf_portal.operations.machine import Machine
from grants.models import PaymentRun, RunStatus
from grants.services.runs import check_run, release_run


def release_prepared(office: Office) -> list[PaymentRun]:
    """Check and release every run that waits for people; the largest take both directors."""
    released = []
    for run in PaymentRun.objects.filter(status=RunStatus.PREPARED).order_by("pk"):
        checked = check_run(by=office.payments_officer, run=run)
        released.append(_release(office, checked))
    return released


def _release(office: Office, run: PaymentRun) -> PaymentRun:
    """The directors release, one alone or both where the sum asks for it."""
    directors: tuple[User, User] = (office.finance_director, office.fund_director)
    for director in directors:
        run = release_run(by=director, run=run)
        if run.status == RunStatus.RELEASED:
            return run
    return run


def pay_what_is_due(office: Office, machine: Machine) -> int:
    """Sweep and claim, check and release, send; returns how many runs went to the bank."""
    machine.go_on()
    released = release_prepared(office)
    if released:
        machine.go_on()
    return len(released)
