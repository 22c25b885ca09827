"""Rows of the rooms below, made directly: a ranking, a lawful panel, and a decision that its members carried."""

from datetime import date, datetime, timedelta

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.models import User
from neighbourhoods.models import Neighbourhood, Ranking, RankingEntry, TargetList
from panels.models import Organisation, Panel, PanelMembership, Resolution, ResolutionVote, Round, RoundResult

MEMBERS = 8


def ranking_of(places: int, cohort: int) -> Ranking:
    """A ranking of the next `places` of the list that no earlier ranking has; all of them start as `cohort`."""
    before = RankingEntry.objects.filter(ranking__method="test").count()
    number = Ranking.objects.count() + 1
    ranking = Ranking.objects.create(
        version=number,
        target_list=TargetList.objects.latest("year"),
        method="test",
        cohort_sizes=[places],
        input_sha256=f"{number:064x}",
        computed_by="system:test",
    )
    RankingEntry.objects.bulk_create(
        RankingEntry(
            ranking=ranking,
            neighbourhood=place,
            points_numerator=100,
            points_denominator=position,
            position=position,
            cohort=cohort,
            is_close_call=False,
        )
        for position, place in enumerate(Neighbourhood.objects.order_by("code")[before : before + places], start=1)
    )
    return ranking


def lawful_panel(neighbourhood: Neighbourhood) -> Panel:
    """Eight residents, one of them in the chair."""
    panel, created = Panel.objects.get_or_create(neighbourhood=neighbourhood, defaults={"name": f"{neighbourhood}"})
    if created:
        for number in range(MEMBERS):
            PanelMembership.objects.create(
                panel=panel,
                user=User.objects.create_user(f"member-{number}-{neighbourhood.code}@example.org"),
                is_resident=True,
                is_chair=number == 0,
                starts_on=date(2020, 1, 1),
            )
    return panel


def result_to_carry_out(round: Round, at: datetime) -> None:
    """As it was published, long enough ago that nobody can object any more; who counted is no matter here."""
    RoundResult.objects.create(
        round=round,
        disclosure="winners",
        counted_count=20,
        spent_pence=round.budget_pence,
        published_at=at - timedelta(days=14),
        published_by=round.panel.memberships.earliest("pk").user,
    )


def carried_resolution(
    *,
    neighbourhood: Neighbourhood,
    organisation: Organisation,
    term_years: int,
    title: str = "First vote",
    votes: str = "for",
) -> Resolution:
    """A decision that every member voted for, or against."""
    with acting("system:test", "made a decision"):
        panel = lawful_panel(neighbourhood)
        at = core_now()
        members = list(panel.memberships.order_by("pk"))
        resolution = Resolution.objects.create(
            panel=panel,
            kind=Resolution.Kind.ENDORSE_RESULT,
            title=f"Our plan for {neighbourhood.name}",
            round=Round.objects.create(
                panel=panel,
                title=title,
                budget_pence=30_000_000,
                most_choices=3,
                rule="equal_shares",
                ideas_open_at=at - timedelta(days=90),
                ideas_close_at=at - timedelta(days=60),
                voting_opens_at=at - timedelta(days=40),
                voting_closes_at=at - timedelta(days=20),
            ),
            accountable_body=organisation,
            term_years=term_years,
            moved_by=members[0],
        )
        for member in members:
            ResolutionVote.objects.create(resolution=resolution, member=member, vote=votes, voted_by=member.user)
        result_to_carry_out(resolution.round, at)
        resolution.status = Resolution.Status.CARRIED if votes == "for" else Resolution.Status.NOT_CARRIED
        resolution.outcome, resolution.decided_at = "All members took part.", at
        resolution.save()
        return resolution
