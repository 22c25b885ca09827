"""What keeps the rooms moving: the clock's shift, the outbox, the jobs' last runs, and letters to people."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connections, models
from django.db.models import Q

from cwf_portal.core.clock import CoreNow
from cwf_portal.core.phones import UK_MOBILE


class ClockShift(models.Model):
    """One row: how far the clock of record stands ahead of real time. Always zero in production.

    A trigger lets it only grow once somebody has an account; before that the demo may start it in the past.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    shift = models.DurationField(default=timedelta(0))

    class Meta:
        db_table = "core_clock"
        constraints = (models.CheckConstraint(condition=Q(id=1), name="%(app_label)s_%(class)s_one_row"),)

    def __str__(self) -> str:
        return str(self.shift)


class PersonKey(models.Model):
    """One row, never changed: the fingerprint of the key by which people in this database are known again."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    fingerprint = models.CharField(max_length=64)
    kept_at = models.DateTimeField(db_default=CoreNow(), editable=False)

    class Meta:
        constraints = (models.CheckConstraint(condition=Q(id=1), name="%(app_label)s_%(class)s_one_row"),)

    def __str__(self) -> str:
        return self.fingerprint[:8]


class OutboxMessageQuerySet(models.QuerySet["OutboxMessage"]):
    def unfinished(self) -> "OutboxMessageQuerySet":
        return self.filter(finished_at=None)

    def due(self, at: datetime) -> "OutboxMessageQuerySet":
        """Not put off beyond `at` after an error."""
        return self.filter(Q(next_attempt_at=None) | Q(next_attempt_at__lte=at))


class OutboxMessage(models.Model):
    """Something an upper room must hear, committed with the row it is about."""

    topic = models.CharField(max_length=60)
    key = models.CharField(max_length=120)
    payload = models.JSONField()
    emitted_at = models.DateTimeField(db_default=CoreNow(), editable=False)
    finished_at = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=120, blank=True)

    objects = OutboxMessageQuerySet.as_manager()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("topic", "key"), name="%(app_label)s_%(class)s_key"),)
        indexes = (models.Index(fields=("id",), condition=Q(finished_at=None), name="core_outbox_unfinished"),)

    def __str__(self) -> str:
        return f"{self.topic} {self.key}"


class OutboxDelivery(models.Model):
    """That a handler ran for a message; committed with what the handler wrote."""

    message = models.ForeignKey(OutboxMessage, on_delete=models.PROTECT, related_name="deliveries")
    handler = models.CharField(max_length=80)
    delivered_at = models.DateTimeField(db_default=CoreNow(), editable=False)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("message", "handler"), name="%(app_label)s_%(class)s_once"),)

    def __str__(self) -> str:
        return f"{self.message_id} {self.handler}"


# An idle run that says nothing new is written at most once a minute.
NOTE_RUNS = """
INSERT INTO core_jobrun AS kept (name, finished_at, work, error)
SELECT name, core_now(), work, error FROM unnest(%s::text[], %s::int[], %s::text[]) AS ran (name, work, error)
ON CONFLICT (name) DO UPDATE SET finished_at = EXCLUDED.finished_at, work = EXCLUDED.work, error = EXCLUDED.error
    WHERE EXCLUDED.work > 0 OR EXCLUDED.error <> '' OR kept.error <> ''
        OR kept.finished_at <= EXCLUDED.finished_at - interval '1 minute'
"""


class JobRunQuerySet(models.QuerySet["JobRun"]):
    def note(self, ran: "Sequence[JobRun]") -> None:
        """Keep what the latest runs did, in one statement."""
        columns: list[Any] = [[run.name for run in ran], [run.work for run in ran], [run.error for run in ran]]
        with connections[self.db].cursor() as cursor:
            cursor.execute(NOTE_RUNS, columns)


class JobRun(models.Model):
    """The latest run of a job, for the operations page; nothing decides by it."""

    name = models.CharField(max_length=80, primary_key=True)
    finished_at = models.DateTimeField()
    work = models.PositiveIntegerField()
    error = models.CharField(max_length=120, blank=True)

    objects = JobRunQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name


class OutgoingMessageQuerySet(models.QuerySet["OutgoingMessage"]):
    def undelivered(self) -> "OutgoingMessageQuerySet":
        return self.filter(delivered_at=None)

    def due(self, at: datetime) -> "OutgoingMessageQuerySet":
        """Not put off beyond `at` after an error, and not given up."""
        due = Q(next_attempt_at=None) | Q(next_attempt_at__lte=at)
        return self.filter(due, attempts__lt=OutgoingMessage.MOST_TRIES)

    def to_print(self, by: models.Model) -> "OutgoingMessageQuerySet":
        """Letters that wait for the post, but for those that `by` must not see."""
        letters = self.undelivered().filter(channel=OutgoingMessage.Channel.LETTER)
        return letters.filter(Q(kept_from=None) | ~Q(kept_from=by.pk))


class OutgoingMessage(models.Model):
    """A message of ours to one person, kept until it has gone out. The demo shows them instead of sending.

    E-mails and text messages go out by themselves; a letter on paper is printed and posted by an officer, and its
    address (encrypted by the room that wrote it) and its text are erased then.

    The server refused it `MOST_TRIES` times, about three days: it is given up and its text goes, as if it had gone out.
    """

    class Channel(models.TextChoices):
        EMAIL = "email", "E-mail"
        SMS = "sms", "Text message"
        LETTER = "letter", "Letter"

    MOST_TRIES = 72

    channel = models.CharField(max_length=6, choices=Channel, default=Channel.EMAIL, db_default=Channel.EMAIL)
    to = models.TextField()
    subject = models.CharField(max_length=200)
    body = models.TextField()
    topic = models.CharField(max_length=60)
    kept_from = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    queued_at = models.DateTimeField(db_default=CoreNow(), editable=False)
    delivered_at = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(db_default=0)
    next_attempt_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=120, blank=True, db_default="")
    stop_address = models.CharField(max_length=300, blank=True, db_default="")  # ends letters that one asked for

    objects = OutgoingMessageQuerySet.as_manager()

    class Meta:
        indexes = (models.Index(fields=("id",), condition=Q(delivered_at=None), name="core_message_undelivered"),)
        constraints = (
            models.CheckConstraint(
                condition=Q(channel="email", to__regex="@")
                | Q(channel="sms", to__regex=UK_MOBILE, subject="")
                | Q(channel="letter", delivered_at=None, to__regex=".")
                | Q(channel="letter", delivered_at__isnull=False, to="", body=""),
                name="%(app_label)s_%(class)s_address_fits",
            ),
        )

    def __str__(self) -> str:
        return f"{self.topic} by {self.get_channel_display()}"
