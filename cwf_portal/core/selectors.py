"""What core's pages read."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Case, Max, Prefetch, Q, QuerySet, When

from cwf_portal.core.models import JobRun, OutboxMessage, OutgoingMessage, RoleGrant, SecondStepReset, User
from cwf_portal.core.permissions import Role

SENT_WITHIN = timedelta(minutes=15)  # a code to sign in lapses then
RAN_WITHIN = timedelta(minutes=5)  # some job; an idle one is noted once a minute
EACH_RAN_WITHIN = timedelta(minutes=15)  # one tick may take ten
TAKEN_UP_WITHIN = timedelta(minutes=5)  # a sweep comes every minute


def people(*, search: str = "") -> QuerySet[User]:
    """Accounts with their roles, by name; `search` is part of a name or an address."""
    grants = RoleGrant.objects.filter(revoked_at=None).select_related("requested_by", "confirmed_by")
    found = User.objects.prefetch_related(Prefetch("role_grants", queryset=grants, to_attr="held"))
    if search:
        found = found.filter(Q(full_name__icontains=search) | Q(email__icontains=search))
    return found.order_by("full_name", "email")


def roles_to_confirm() -> QuerySet[RoleGrant]:
    """Requests that wait for a second administrator, oldest first."""
    return RoleGrant.objects.unconfirmed().select_related("user", "requested_by").order_by("pk")


def resets() -> QuerySet[SecondStepReset]:
    """Requests to take somebody's second step away, answered or not."""
    return SecondStepReset.objects.select_related("user")


def resets_waiting() -> QuerySet[SecondStepReset]:
    """Second steps that one administrator wants taken away and no other has looked at, oldest first."""
    return SecondStepReset.objects.waiting().select_related("user", "requested_by").order_by("pk")


def sample_people() -> QuerySet[User]:
    """People of the demo who can be signed in as, residents first, then as the roles are listed."""
    steps = [When(role_grants__role=role, role_grants__revoked_at=None, then=step) for step, role in enumerate(Role)]
    people = User.objects.filter(is_sample=True, is_active=True).exclude(sample_slug=None)
    return people.alias(step=Max(Case(*steps, default=0))).order_by("step", "pk")


def latest_messages(count: int = 100) -> QuerySet[OutgoingMessage]:
    """E-mails and text messages, newest first. Letters on paper are not among them: officers print those."""
    sent = OutgoingMessage.objects.exclude(channel=OutgoingMessage.Channel.LETTER)
    return sent.order_by("-pk")[:count]


def letters_not_sent(at: datetime) -> QuerySet[OutgoingMessage]:
    """Letters that should long have left, tried or not, oldest first; without those that were given up."""
    by_machine = OutgoingMessage.objects.exclude(channel=OutgoingMessage.Channel.LETTER)
    late = by_machine.undelivered().filter(queued_at__lt=at - SENT_WITHIN)
    return late.filter(attempts__lt=OutgoingMessage.MOST_TRIES).order_by("pk")


def letters_given_up() -> QuerySet[OutgoingMessage]:
    """Letters that were refused to the last try, newest first."""
    given_up = OutgoingMessage.objects.undelivered().filter(attempts__gte=OutgoingMessage.MOST_TRIES)
    return given_up.order_by("-pk")


def job_runs() -> QuerySet[JobRun]:
    return JobRun.objects.order_by("name")


def are_jobs_running(at: datetime) -> bool:
    """Whether any job was finished in the last minutes: a worker and a beat are there."""
    return JobRun.objects.filter(finished_at__gte=at - RAN_WITHIN).exists()


def jobs_in_trouble(at: datetime, names: Iterable[str]) -> QuerySet[JobRun]:
    """Of these jobs those whose latest run failed or is long ago, the oldest first."""
    amiss = ~Q(error="") | Q(finished_at__lt=at - EACH_RAN_WITHIN)
    return JobRun.objects.filter(amiss, name__in=names).order_by("finished_at", "name")


def forgotten_messages(at: datetime) -> QuerySet[OutboxMessage]:
    """Outbox messages that should long have reached their room, whether they failed or nobody took them up."""
    return OutboxMessage.objects.unfinished().filter(emitted_at__lt=at - TAKEN_UP_WITHIN).order_by("pk")


def stuck_messages(at: datetime) -> QuerySet[OutboxMessage]:
    """Those, and what failed at least once and is not finished, however new."""
    return forgotten_messages(at) | OutboxMessage.objects.unfinished().filter(attempts__gt=0)


def roles_held() -> QuerySet[RoleGrant]:
    """Roles that stand or wait for confirmation."""
    return RoleGrant.objects.filter(revoked_at=None).select_related("user")
