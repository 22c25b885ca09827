"""What other rooms show of a vote: dated events on the place's page, and figures marked to be worked out again."""

from datetime import datetime

from django.utils.timezone import localdate

from neighbourhoods.models import Event
from neighbourhoods.services import mark_stale, publish_event
from panels.models import Panel, Resolution, Round, RoundResult

MEMBERS, TURNOUT, FUNDED = "panels.members_count", "panels.turnout_count", "panels.funded_projects_count"
OPENS, CLOSES, RESULT, DECISION = "panels.round_opens", "panels.round_closes", "panels.result", "panels.decision"


def announce_members(panel: Panel) -> None:
    """Somebody joined or left."""
    mark_stale(measures=[MEMBERS], neighbourhood_ids=[panel.neighbourhood_id])


def announce_round(round: Round) -> None:
    """The dates of a frozen vote."""
    for kind, at in ((OPENS, round.voting_opens_at), (CLOSES, round.voting_closes_at)):
        _publish(round, kind, at, is_done=False)


def announce_result(round: Round, result: RoundResult) -> None:
    """A published result."""
    if result.published_at:
        _publish(round, RESULT, result.published_at, is_done=True)
    mark_stale(measures=[TURNOUT, FUNDED], neighbourhood_ids=[round.panel.neighbourhood_id])


def announce_decision(resolution: Resolution) -> None:
    """A decision that was carried."""
    if resolution.decided_at:
        publish_event(
            key=f"panels:decision:{resolution.pk}",
            kind=DECISION,
            neighbourhood=resolution.panel.neighbourhood,
            happens_on=localdate(resolution.decided_at),
            done_at=resolution.decided_at,
            params={"title": resolution.title},
            link=f"/decisions/{resolution.pk}/",
        )


def tick_off_passed(at: datetime) -> int:
    """Mark openings and closings of votes that have come to pass as done; returns how many."""
    due = Event.objects.filter(kind__in=(OPENS, CLOSES), done_at=None, happens_on__lte=localdate(at))
    rounds = Round.objects.in_full().in_bulk([event.params["round"] for event in due])
    passed = 0
    for event in due:
        round = rounds[event.params["round"]]
        moment = round.voting_opens_at if event.kind == OPENS else round.voting_closes_at
        if moment <= at:
            _publish(round, event.kind, moment, is_done=True)
            passed += 1
    return passed


def _publish(round: Round, kind: str, at: datetime, *, is_done: bool) -> None:
    publish_event(
        key=f"{kind}:{round.pk}",
        kind=kind,
        neighbourhood=round.panel.neighbourhood,
        happens_on=localdate(at),
        done_at=at if is_done else None,
        params={"title": round.title, "round": round.pk},
        link=f"/rounds/{round.pk}/",
    )
