"""This room's part of every tick: the public log, and dates that have come to pass."""

from datetime import datetime, timedelta

from django.db.models import QuerySet

from cwf_portal.core.audit import acting
from cwf_portal.core.ticks import each_tick, pending
from panels.models import HelpIntention, LeafQueue
from panels.models.round import OPENING_PAUSE
from panels.selectors.rounds import rounds_with_waiting_leaves
from panels.services.announcing import tick_off_passed
from panels.services.helping import settle_all_help
from panels.services.keepers import remind_keepers
from panels.services.log import append_leaves
from panels.services.reminding import remind_pending

BETWEEN_HEADS = timedelta(hours=20)  # while voting is open: once a night


@each_tick(name="panels.log", title="Sealed ballots go on the public list", order=40)
def append_waiting_leaves(at: datetime) -> int:
    """Append what waits: at once after close, else once a night; returns how many heads were published."""
    heads = 0
    for round in rounds_with_waiting_leaves():
        is_rested = not round.heads.filter(published_at__gt=at - BETWEEN_HEADS).exists()
        if round.voting_closes_at <= at or is_rested:
            heads += append_leaves(by="system:log", round=round, at=at) is not None
    return heads


@pending(name="panels.log", title="Sealed ballots not yet on the public list")
def waiting_after_close(at: datetime) -> QuerySet[LeafQueue]:
    """Leaves of closed votes that the public log does not hold yet."""
    return LeafQueue.objects.filter(round__voting_closes_at__lte=at)


@each_tick(name="panels.help", title="Voters who were helped are told", order=35)
def settle_help(at: datetime) -> int:
    """Tell voters who were helped in the moment in which a process ended."""
    return settle_all_help()


@pending(name="panels.help", title="Voters to tell that they were helped")
def help_to_settle(at: datetime) -> QuerySet[HelpIntention]:
    """Help of closed votes that is neither noted nor forgotten yet."""
    return HelpIntention.objects.filter(roll_entry__round__voting_closes_at__lte=at - OPENING_PAUSE)


@each_tick(name="panels.dates", title="Votes that opened or closed", order=60)
def tick_off_dates(at: datetime) -> int:
    """Note on the places' pages which votes have opened and closed."""
    with acting("system:dates", "a date of a vote came to pass"):
        return tick_off_passed(at)


@each_tick(name="panels.keepers", title="Keepers of keys are reminded", order=65)
def remind_of_keys(at: datetime) -> int:
    """A week before voting closes, keepers are asked to look for their sheets."""
    return remind_keepers(at)


@each_tick(name="panels.reminders", title="Voters are reminded of what is missing", order=66)
def remind_voters(at: datetime) -> int:
    """Once voting has closed, and two days before the end, whoever must still show where they live is written to."""
    return remind_pending(at)
