"""What other rooms show of a vote: dated events on the place's page, and figures marked to be worked out again."""

from dataclasses import replace
from datetime import datetime

from django.utils.timezone import localdate

from neighbourhoods.models import Event
from neighbourhoods.services import EventRow, mark_stale, publish_events, withdraw_events
from panels.models import Annulment, Panel, ProjectNews, Resolution, Round, RoundResult

MEMBERS, TURNOUT, FUNDED = "panels.members_count", "panels.turnout_count", "panels.funded_projects_count"
OPENS, CLOSES, RESULT, DECISION = "panels.round_opens", "panels.round_closes", "panels.result", "panels.decision"
ANNULLED, PROJECT = "panels.annulled", "panels.project_"  # and the state of a project: each is a sentence of its own


def announce_members(panel: Panel) -> None:
    """Somebody joined or left."""
    mark_stale(measures=[MEMBERS], neighbourhood_ids=[panel.neighbourhood_id])


def announce_round(round: Round) -> None:
    """The dates of a frozen vote."""
    dates = ((OPENS, round.voting_opens_at), (CLOSES, round.voting_closes_at))
    publish_events(rows=[_row(round, kind, at, is_done=False) for kind, at in dates])


def announce_result(round: Round, result: RoundResult) -> None:
    """A published result."""
    if result.published_at:
        publish_events(rows=[_row(round, RESULT, result.published_at, is_done=True)])
    mark_stale(measures=[TURNOUT, FUNDED], neighbourhood_ids=[round.panel.neighbourhood_id])


def announce_annulment(round: Round, annulment: Annulment) -> None:
    """A vote that no longer counts; what it had still before it does not happen."""
    ahead = Event.objects.filter(key__in=[f"{OPENS}:{round.pk}", f"{CLOSES}:{round.pk}"], done_at=None)
    withdraw_events(keys=list(ahead.values_list("key", flat=True)))
    row = _row(round, ANNULLED, annulment.annulled_at, is_done=True)
    publish_events(rows=[replace(row, params={**row.params, "note": annulment.reason})])
    mark_stale(measures=[TURNOUT, FUNDED], neighbourhood_ids=[round.panel.neighbourhood_id])


def announce_project(news: ProjectNews) -> None:
    """A funded project is in another state than before."""
    row = EventRow(
        key=f"panels:project-news:{news.pk}",
        kind=f"{PROJECT}{news.state}",
        neighbourhood_id=news.project.round.panel.neighbourhood_id,
        happens_on=localdate(news.told_at),
        done_at=news.told_at,
        params={"title": news.project.title, "note": news.note},
        link=f"/projects/{news.project_id}/",
    )
    publish_events(rows=[row])


def announce_decision(resolution: Resolution) -> None:
    """A decision that was carried."""
    if resolution.decided_at:
        row = EventRow(
            key=f"panels:decision:{resolution.pk}",
            kind=DECISION,
            neighbourhood_id=resolution.panel.neighbourhood_id,
            happens_on=localdate(resolution.decided_at),
            done_at=resolution.decided_at,
            params={"title": resolution.title},
            link=f"/decisions/{resolution.pk}/",
        )
        publish_events(rows=[row])


def tick_off_passed(at: datetime) -> int:
    """Mark openings and closings of votes that have come to pass as done; returns how many."""
    due = Event.objects.filter(kind__in=(OPENS, CLOSES), done_at=None, happens_on__lte=localdate(at))
    rounds = Round.objects.in_full().in_bulk([event.params["round"] for event in due])
    passed = []
    for event in due:
        round = rounds[event.params["round"]]
        moment = round.voting_opens_at if event.kind == OPENS else round.voting_closes_at
        if moment <= at:
            passed.append(_row(round, event.kind, moment, is_done=True))
    if passed:
        publish_events(rows=passed)
    return len(passed)


def _row(round: Round, kind: str, at: datetime, *, is_done: bool) -> EventRow:
    return EventRow(
        key=f"{kind}:{round.pk}",
        kind=kind,
        neighbourhood_id=round.panel.neighbourhood_id,
        happens_on=localdate(at),
        done_at=at if is_done else None,
        params={"title": round.title, "round": round.pk},
        link=f"/rounds/{round.pk}/",
    )
