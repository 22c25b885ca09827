"""Reminding those whose ballot stays closed unless they still do something: once voting has closed, and near the end.

Elsewhere one in four never comes back after voting first. A reminder does not say that somebody voted, since others may
read it; and each goes out in all languages, since nobody's is kept.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_noop

from cwf_portal.core.addresses import address_of
from cwf_portal.core.audit import acting
from cwf_portal.core.figures_text import moment_text
from cwf_portal.core.languages import in_every_language, paragraphs_in_every_language
from cwf_portal.core.messages import send_many
from cwf_portal.core.models import OutgoingMessage, User
from panels.models import FirstVote, Round, SealedBallot
from panels.models.round import TIME_TO_SHOW
from panels.services.certifying import REMINDER_TOPIC
from panels.services.helping import has_email

LAST_DAYS = timedelta(days=2)
STAGES = (("closed", TIME_TO_SHOW), ("last", LAST_DAYS))  # how long before the time to show is over
SUBJECT = gettext_noop("Something is still missing before a vote can count")
TO_SHOW = gettext_noop(
    "You are on the voters’ list of “{title}”, and you have not shown yet that you live in {place}. Only if you do by "
    "{until} can a vote of yours be counted."
)
WAYS = gettext_noop(
    "One of the panel and a second person can confirm it, or the fund looks at a document; a letter takes about a "
    "week. Begin here: {address}"
)
TO_SAY = gettext_noop(
    "A ballot in “{title}” was sent with this email address, and nobody has said whose it is. If it is yours, sign in "
    "and say so by {until}: {address}"
)
NOT_YOU = gettext_noop("Was this not you? Then do nothing: the ballot stays closed and is not counted.")


def remind_pending(at: datetime) -> int:
    """Write to those whose ballots are pending, once at each stage of each vote; returns how many letters.

    Not of invented votes. Whoever has no email address is not written to.
    """
    return sum(_remind(pk, stage, at) for stage, before in STAGES for pk in _rounds_in(at, before))


def _rounds_in(at: datetime, before: timedelta) -> list[int]:
    """Votes that are over, and in which something pending can still count for no longer than `before`."""
    ends = at - TIME_TO_SHOW
    found = Round.objects.standing().frozen().filter(voting_closes_at__lte=at, voting_closes_at__gt=ends)
    waits = SealedBallot.objects.in_box().pending().filter(roll_entry__round=OuterRef("pk"))
    found = found.filter(Exists(waits), voting_closes_at__lte=ends + before, is_sample=False)
    return list(found.order_by("pk").values_list("pk", flat=True))


def _remind(pk: int, stage: str, at: datetime) -> int:
    with acting("system:reminders", "reminded voters of what is missing"):
        round = (
            Round.objects.select_for_update(of=("self",), skip_locked=True)
            .select_related("panel__neighbourhood")
            .filter(pk=pk)
            .first()
        )
        topic = REMINDER_TOPIC.format(round=pk) + stage
        if round is None or OutgoingMessage.objects.filter(topic=topic).exists():
            return 0
        subject = in_every_language(SUBJECT, about=round.title)
        return send_many([(address, subject, body) for address, body in _letters(round)], topic=topic)


def _letters(round: Round) -> Iterator[tuple[str, str]]:
    """Addresses and texts, in the order of the addresses: not in that in which people voted."""
    pending = SealedBallot.objects.of(round).in_box().pending().filter(roll_entry__set_aside=None)
    sent = FirstVote.objects.unanswered().filter(roll_entry__in=pending.values("roll_entry"))
    owners = User.objects.filter(pk__in=sent.values("account"), is_active=True)
    voters = User.objects.filter(pk__in=pending.values("roll_entry__user"), is_active=True)
    values = {
        "title": round.title,
        "place": round.panel.neighbourhood.name,
        "until": moment_text(round.show_by),
        "address": address_of("panels:living-here"),
    }
    show = paragraphs_in_every_language(TO_SHOW, WAYS, **values)
    say = paragraphs_in_every_language(TO_SAY, NOT_YOU, **values)
    letters = [(one.email, say) for one in owners] + [(one.email, show) for one in voters if has_email(one)]
    yield from sorted(letters)
