"""The phases of a round, and what each permits: whoever changes something asks the phase, not the dates."""

from enum import StrEnum, auto

from django.db import models


class Act(StrEnum):
    """What somebody can do in a round, as far as its phase has a say in it."""

    PUT_FORWARD = auto()  # an idea
    SHAPE = auto()  # support an idea, talk about it, work it out, join it with others
    FREEZE = auto()
    ENROL = auto()  # come onto the voters' list
    PREPARE_PAPER = auto()  # labels for envelopes
    CAST = auto()  # on this site, helped or on paper; replace or withdraw a ballot
    TAKE_IN_PAPER = auto()  # envelopes and what is in them
    OPEN_BOX = auto()
    PUBLISH = auto()
    READ_RESULT = auto()  # and object to it, or decide on it
    ANNUL = auto()
    NAME_AGAIN = auto()  # another round may have its name


class Phase(models.TextChoices):
    """Where a round stands; derived from its dates and from what was done, never stored."""

    PREPARING = "preparing", "Being prepared"
    IDEAS = "ideas", "Collecting ideas"
    SHAPING = "shaping", "Working out what ideas cost"
    FROZEN = "frozen", "Ready for the vote"
    VOTING = "voting", "Voting"
    MISSED = "missed", "Not put to the vote"
    CLOSED = "closed", "Voting has closed"
    OPENED = "opened", "Counted"
    PUBLISHED = "published", "Result published"
    CERTIFIED = "certified", "Result final"
    ANNULLED = "annulled", "Annulled: it does not count"

    def permits(self, act: Act) -> bool:
        """Whether this phase declares the act."""
        return act in PERMITS[self]


SHAPING = frozenset({Act.SHAPE, Act.ENROL})
OVER = frozenset({Act.READ_RESULT, Act.ANNUL, Act.NAME_AGAIN})
PERMITS: dict[Phase, frozenset[Act]] = {
    Phase.PREPARING: frozenset({Act.ENROL}),
    Phase.IDEAS: SHAPING | {Act.PUT_FORWARD},
    Phase.SHAPING: SHAPING | {Act.FREEZE},
    Phase.FROZEN: frozenset({Act.ENROL, Act.PREPARE_PAPER}),
    Phase.VOTING: frozenset({Act.ENROL, Act.PREPARE_PAPER, Act.CAST, Act.TAKE_IN_PAPER}),
    Phase.MISSED: frozenset({Act.NAME_AGAIN}),
    Phase.CLOSED: frozenset({Act.TAKE_IN_PAPER, Act.OPEN_BOX, Act.ANNUL}),
    Phase.OPENED: frozenset({Act.PUBLISH, Act.ANNUL}),
    Phase.PUBLISHED: OVER | {Act.PUBLISH},
    Phase.CERTIFIED: OVER | {Act.PUBLISH},
    Phase.ANNULLED: frozenset({Act.NAME_AGAIN}),
}
