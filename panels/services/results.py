"""Counting what was in the box, under the rule that decides and under the other for comparison; publishing it."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.utils.timezone import localdate

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.models import User
from cwf_portal.core.outbox import emit, may_go_unheard
from cwf_portal.core.permissions import Permission
from panels.domain.ballot_paper import Kind
from panels.domain.disclosure import Disclosure, Limits
from panels.domain.election import Choice, Election, read_contents
from panels.domain.explain import Backing, Explanation, explain
from panels.domain.rules_sheet import add1_step_pence
from panels.domain.tally import Method, Rule, count, other_rule
from panels.domain.telling import Telling
from panels.errors import PhaseError
from panels.models import Act, Project, ProjectResult, Round, RoundResult
from panels.permissions import require_member
from panels.services.announcing import announce_result
from panels.services.casting import rules_sheet
from panels.services.certifying import check_sums

PENCE_PER_POUND = 100
PUBLISHED_TOPIC = "panels.result_published"
may_go_unheard(PUBLISHED_TOPIC)


def election_of(round: Round, contents: Sequence[tuple[int, ...]]) -> Election:
    """The round as the counting rules see it; the projects stand in the order of the frozen rules."""
    return _election(round, _projects(round), contents)


def _projects(round: Round) -> list[Project]:
    return list(Project.objects.filter(round=round).order_by("place"))


def _election(round: Round, projects: Sequence[Project], contents: Sequence[tuple[int, ...]]) -> Election:
    ballots, points = read_contents(round.kind, contents, round.most_choices)
    return Election(
        budget=round.budget_pence,
        projects=tuple(
            Choice(project.code, project.price_pence, project.title, project.group_code, project.least_pence or 0)
            for project in projects
        ),
        ballots=ballots,
        unit=PENCE_PER_POUND,
        step=add1_step_pence(round.budget_pence, len(contents)),
        points=points,
        most_ranks=round.most_choices if round.kind is Kind.RANKED else 0,
    )


def other_method(round: Round) -> Method | None:
    """Another way of counting, for comparison; None where a poll shares out no money."""
    rule = other_rule(Rule(round.rule), round.kind)
    return Method(rule, round.method.utility, round.method.completion, round.method.at_least) if rule else None


def count_round(round: Round, ballots: Sequence[tuple[int, ...]]) -> RoundResult:
    """Store the result of the opened box. The caller holds the lock of the round and names the actor.

    What the rules of publication keep back is not stored as something to tell: no order of winners from which votes
    could be worked out, no points, and no second way of counting.
    """
    projects, rules = _projects(round), rules_sheet(round)
    election = _election(round, projects, ballots)
    limits = Limits.from_rules(rules.content)
    telling = Telling.of(election, ballots, rules=rules.ballot, limits=limits)
    decisive, other = round.method, other_method(round)
    outcome = count(election, decisive)
    result = RoundResult.objects.create(
        round=round,
        disclosure=telling.level,
        masked_below=telling.masked_below,
        counted_count=len(ballots),
        spent_pence=outcome.spent(election),
    )
    methods = [(decisive, outcome)]
    if other and telling.tells_another(election, other):
        methods.append((other, count(election, other)))
    tells_votes = telling.level is Disclosure.FULL  # nobody else hears how many more would have been enough
    lines = [
        _line(told, projects[told.place], election=election, rule=method.rule, part=counted.part_of(told.place))
        for method, counted in methods
        for told in explain(
            election,
            method,
            counted,
            recounts=tells_votes and method is decisive,
            turns=telling.turns(election, method, counted),
        )
    ]
    for line in lines:
        line.result, line.is_decisive = result, line.rule == decisive.rule
        if not telling.tells_points:
            line.points = None
    ProjectResult.objects.bulk_create(lines)
    return result


def publish_result(*, by: User, round: Round) -> RoundResult:
    """Show the result to everybody, as far as the publication rule allows; publishing twice changes nothing.

    Raises:
        PhaseError: the box is not open yet.
        PanelError: the public list and the ballots do not add up. Who lost a vote must not hear it from the result.
    """
    with acting(by, "published a result"):
        locked = Round.objects.select_for_update(of=("self",)).select_related("panel__neighbourhood").get(pk=round.pk)
        at = core_now()
        require_member(by, locked.panel, day=localdate(at), permission=Permission.MANAGE_ROUND)
        result = RoundResult.objects.select_for_update().filter(round=locked).first()
        if result is None or not locked.permits(Act.PUBLISH, at):
            raise PhaseError("There is no result yet.", mend="Open the box first.")
        if result.published_at is None:
            check_sums(locked)
            result.published_at, result.published_by = at, by
            result.save(update_fields=["published_at", "published_by"])
            announce_result(locked, result)
            emit(PUBLISHED_TOPIC, f"round:{locked.pk}", {"round": locked.pk})
        return result


def _backing(backing: Backing | None) -> dict[str, Any]:
    """Whole pence and tenths of votes, rounded down: nobody is told more money than there was."""
    if backing is None:
        return {}
    return {
        "money_pence": int(backing.money),
        "effective_votes": Decimal(int(backing.effective_votes * 10)) / 10,
    }


def _line(told: Explanation, project: Project, *, election: Election, rule: Rule, part: int | None) -> ProjectResult:
    return ProjectResult(
        project=project,
        rule=rule,
        votes=election.votes[told.place],
        points=election.support[told.place] if election.points else None,
        order=told.order,
        part_pence=part,
        reason=told.reason,
        support=told.support,
        **_backing(told.backing),
    )
