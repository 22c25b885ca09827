"""A round from its set-up to the moment its rules are frozen."""

import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import connection
from django.utils.timezone import localdate

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.figures_text import moment_text
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Permission
from neighbourhoods.services import require_no_election
from panels.domain.ballot_paper import Kind
from panels.domain.equal_shares import Utility
from panels.domain.log import leaf_hash
from panels.domain.people import HIGHEST_AGE, LOWEST_AGE, USUAL_AGE
from panels.domain.rules_sheet import FrozenProject, RulesInput, RulesSheet, write_rules
from panels.domain.tally import Completion, Rule, can_give_parts, rules_for
from panels.errors import PanelError, PhaseError
from panels.keys import portal_key
from panels.models import Act, LogLeaf, ModerationCase, Panel, Project, Proposal, Round
from panels.models.moderation import TIME_TO_APPEAL
from panels.models.round import MOST_YEARS_COVERED
from panels.permissions import require_member
from panels.selectors.ideas import CHECKED_WORDS, exclusions
from panels.services.announcing import announce_round
from panels.services.enrolling import enrol_everybody
from panels.services.keepers import keys_of_round
from panels.services.log import publish_head
from panels.services.money import check_money_is_left, check_money_is_there
from panels.services.sending_again import made_before

MOST_PROJECTS = 60
MOST_POINTS = 1000
MOST_AT_LEAST = 10_000
LOG_SETTINGS = {
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "log_min_duration_sample": "-1",
    "log_transaction_sample_rate": "0",
}
LIBRARY_SETTINGS = ("shared_preload_libraries", "session_preload_libraries", "local_preload_libraries")
EXPLAINER = "auto_explain"  # would write the statements of voters into the log


@dataclass(frozen=True)
class RoundPlan:
    """What a panel sets up: the money, the dates (aware), the ballot with its limits, and how it is counted.

    `at_least` is the fewest votes (or points) with which a project can be funded; `utility` and `completion` are of
    fair shares; a price covers `years_covered` years of running. Who is younger than `minimum_age` has no vote. If it
    `gives_parts`, the last of the money can go to a project that can start with it.
    """

    title: str
    budget_pence: int
    ideas_open_at: datetime
    ideas_close_at: datetime
    voting_opens_at: datetime
    voting_closes_at: datetime
    most_choices: int = 10
    rule: Rule = Rule.EQUAL_SHARES
    kind: Kind = Kind.APPROVAL
    points: int = 0
    most_points: int = 0
    at_least: int = 1
    years_covered: int = 3
    utility: Utility = Utility.COST
    completion: Completion = Completion.ADD1_GREEDY
    minimum_age: int = USUAL_AGE
    gives_parts: bool = False

    @property
    def is_poll(self) -> bool:
        """Whether it is about what matters and shares out no money."""
        return self.rule is Rule.PRIORITY


def create_round(
    *, by: User, panel: Panel, plan: RoundPlan, code: uuid.UUID | None = None, is_sample: bool = False
) -> Round:
    """Set up a round; the same code again returns the first.

    Args:
        by: a member of the panel.
        panel: whose vote it is.
        plan: what it is about.
        code: drawn with the form, so that sending it twice sets one up; it names the vote for good.
        is_sample: whether it is invented.

    Raises:
        PanelError: another vote of this name is not over, the money is more than is left to decide, a date is out of
            order, or no choice is allowed.
        ElectionError: ideas or voting would open before an election. What was set up before it was declared goes on.
        ConflictError: the code is of another panel's vote.
    """
    with acting(by, "set up a vote"):
        panel = Panel.objects.select_for_update().get(pk=panel.pk)
        require_member(by, panel, day=localdate(core_now()), permission=Permission.MANAGE_ROUND)
        known = made_before(Round.objects.filter(code=code), panel_id=panel.pk) if code else None
        if known:
            return known
        _check_title(panel, plan.title)
        _check_plan(plan)
        for opens_at in (plan.ideas_open_at, plan.voting_opens_at):
            require_no_election(panel.neighbourhood, localdate(opens_at))
        check_money_is_left(panel, plan.budget_pence, core_now())
        return Round.objects.create(
            panel=panel,
            code=code or uuid.uuid4(),
            title=plan.title,
            budget_pence=plan.budget_pence,
            ballot_kind=plan.kind,
            most_choices=plan.most_choices,
            points=plan.points,
            most_points=plan.most_points,
            rule=plan.rule,
            at_least=plan.at_least,
            years_covered=plan.years_covered,
            utility=plan.utility,
            completion=plan.completion,
            minimum_age=plan.minimum_age,
            gives_parts=plan.gives_parts,
            ideas_open_at=plan.ideas_open_at,
            ideas_close_at=plan.ideas_close_at,
            voting_opens_at=plan.voting_opens_at,
            voting_closes_at=plan.voting_closes_at,
            is_sample=is_sample,
        )


def freeze_round(*, by: User, round: Round) -> Round:
    """Fix everything voters are promised: projects, prices, rules, keepers' keys; sign it; make it leaf 0 of the log.

    Everybody who may vote for certain is put on the list now; whoever becomes certain later, at that moment.

    Freezing twice returns the frozen round.

    Args:
        by: a member of the panel.
        round: in the phase of shaping.

    Raises:
        PhaseError: ideas are still being collected, or voting would already have begun.
        PanelError: an idea is not worked out or was hidden in the last three days, no project is accepted or fits the
            money, the money is gone, or the database would log too much.
        KeeperError: one of the three keepers has no key yet.
    """
    with acting(by, "froze the rules of a vote"):
        locked = Round.objects.select_for_update(of=("self",)).select_related("panel__neighbourhood").get(pk=round.pk)
        at = core_now()
        require_member(by, locked.panel, day=localdate(at), permission=Permission.MANAGE_ROUND)
        if locked.frozen_at is not None:
            return locked
        if not locked.permits(Act.FREEZE, at):
            raise PhaseError(
                "A vote is fixed after its ideas have closed and before voting opens.",
                mend="Check the dates of the vote.",
            )
        check_log_settings()
        check_money_is_there(locked, at)
        projects = _projects_of(locked, at)
        locked.most_choices = min(locked.most_choices, len(projects))  # more is never possible: the rules say so
        rules = write_rules(_rules_of(locked, projects, keys_of_round(locked, at)))
        Project.objects.bulk_create(projects)
        locked.rules, locked.rules_signature = rules, portal_key().sign(rules)
        locked.frozen_at, locked.frozen_by = at, by
        locked.save(update_fields=["most_choices", "rules", "rules_signature", "frozen_at", "frozen_by"])
        LogLeaf.objects.create(round=locked, position=0, leaf=leaf_hash(rules))
        enrol_everybody(locked)
        publish_head(locked)
        announce_round(locked)
        return locked


def rules_in_preview(round: Round) -> tuple[RulesSheet, list[Project]]:
    """The ballot of a round as it is fixed, or as it would be if it were fixed now; nothing is stored or signed.

    Ideas that are not worked out yet are left out, and no keepers are named, so that no ballot can be sealed with it.
    """
    projects = list(Project.objects.filter(round=round).order_by("place"))
    if round.frozen_at is None:
        accepted = round.proposals.accepted().prefetch_related(CHECKED_WORDS).order_by("pk")[:MOST_PROJECTS]
        projects = _as_projects(round, list(accepted))
    draft = replace(_rules_of(round, projects, []), order_seed=round.code.hex)
    most = max(1, min(round.most_choices, len(projects)))
    return RulesSheet(write_rules(replace(draft, most_choices=most))), projects


def check_log_settings() -> None:
    """Refuse to go on where PostgreSQL could write a ballot into its log.

    Raises:
        PanelError: a setting differs from what keeps ballots out of logs.
    """
    with connection.cursor() as cursor:
        names = [*LOG_SETTINGS, *LIBRARY_SETTINGS]
        cursor.execute("SELECT name, setting FROM pg_settings WHERE name = ANY(%s)", [names])
        found = dict(cursor.fetchall())
    if any(EXPLAINER in found.get(name, "") for name in LIBRARY_SETTINGS):
        raise PanelError(
            "The database server explains statements in its log, so no vote can be held on it.",
            mend=f"Its operator must take {EXPLAINER} out of {', '.join(LIBRARY_SETTINGS)}.",
        )
    wrong = sorted(name for name, wanted in LOG_SETTINGS.items() if found.get(name) != wanted)
    if wrong:
        raise PanelError(
            "The database server might write votes into its log, so no vote can be held on it.",
            mend=f"Its operator must set {', '.join(f'{name}={LOG_SETTINGS[name]}' for name in wrong)}.",
        )


def _check_title(panel: Panel, title: str) -> None:
    at = core_now()
    same = Round.objects.in_full().filter(panel=panel, title__iexact=title.strip())
    if not all(round.permits(Act.NAME_AGAIN, at) for round in same):
        raise PanelError("A vote of this name is being held or prepared.", mend="Give this one another name.")


def _check_plan(plan: RoundPlan) -> None:
    dates = (plan.ideas_open_at, plan.ideas_close_at, plan.voting_opens_at, plan.voting_closes_at)
    if not (dates[0] < dates[1] <= dates[2] < dates[3]):
        raise PanelError("The dates are out of order.", mend="Ideas open, ideas close, voting opens, voting closes.")
    if (plan.budget_pence <= 0 and not plan.is_poll) or not 1 <= plan.most_choices <= MOST_PROJECTS:
        raise PanelError("A vote needs some money, and one choice or more.")
    if not LOWEST_AGE <= plan.minimum_age <= HIGHEST_AGE:
        raise PanelError(f"The lowest age can be between {LOWEST_AGE} and {HIGHEST_AGE}.", mend="Change the number.")
    _check_ballot(plan)


def _check_ballot(plan: RoundPlan) -> None:
    if not 1 <= plan.at_least <= MOST_AT_LEAST:
        raise PanelError(f"A project can need between 1 and {MOST_AT_LEAST:,} votes.", mend="Change the number.")
    if not 1 <= plan.years_covered <= MOST_YEARS_COVERED:
        raise PanelError(f"A price covers between 1 and {MOST_YEARS_COVERED} years.", mend="Change the number.")
    if plan.rule not in rules_for(plan.kind, is_poll=plan.is_poll):
        raise PanelError("This way of counting does not fit this kind of ballot.", mend="Choose another one.")
    if plan.gives_parts and not can_give_parts(plan.rule, plan.completion):
        raise PanelError(
            "This way of counting pays for no project in part.",
            mend="Choose another one, or one that spends what still fits.",
        )
    if plan.is_poll and plan.at_least > 1:
        raise PanelError("A poll finds what comes first, however few name it.", mend="Ask for one vote.")
    if plan.is_poll and plan.budget_pence:
        raise PanelError("A poll about what matters shares out no money.", mend="Leave the money empty.")
    if plan.kind is Kind.POINTS and not 1 <= plan.most_points <= plan.points <= MOST_POINTS:
        raise PanelError(
            f"A voter needs between 1 and {MOST_POINTS} points, and for one project 1 or more of them.",
            mend="Change one of the two numbers.",
        )


def _projects_of(round: Round, at: datetime) -> list[Project]:
    """The accepted ideas as they go on the ballot, in the order they were put forward."""
    proposals = list(round.proposals.standing().prefetch_related(CHECKED_WORDS).order_by("pk"))
    if round.proposals.asking_again().exists():
        raise PanelError("Somebody asked for a hidden idea to be shown again.", mend="Another person answers first.")
    if any(proposal.state == Proposal.State.SUBMITTED for proposal in proposals):
        raise PanelError("An idea has not been worked out yet.", mend="Accept it with its costs, join it or refuse it.")
    just_hidden = ModerationCase.objects.about_ideas().filter(proposal__round=round)
    latest = just_hidden.can_be_appealed(at).order_by("decided_at").last()
    if latest and latest.decided_at:
        raise PanelError(
            "An idea was hidden a short time ago, and whoever put it forward can ask another person to look at it.",
            mend=f"Fix the vote from {moment_text(latest.decided_at + TIME_TO_APPEAL)} on.",
        )
    if not 1 <= len(proposals) <= MOST_PROJECTS:
        raise PanelError(f"A vote needs between 1 and {MOST_PROJECTS} projects; this one has {len(proposals)}.")
    projects = _as_projects(round, proposals)
    if round.kind is Kind.KNAPSACK and all(project.price_pence > round.budget_pence for project in projects):
        raise PanelError("Every project costs more than there is to share out.", mend="Work one out that costs less.")
    return projects


def _as_projects(round: Round, proposals: Sequence[Proposal]) -> list[Project]:
    """The ideas as they stand on the ballot; groups with one idea left are none, the others numbered in its order."""
    listed = {proposal.pk for proposal in proposals}
    groups = [keys for titles in exclusions([round.pk]) if len(keys := titles.keys() & listed) > 1]
    numbers = {pk: number for number, keys in enumerate(groups, start=1) for pk in keys}
    return [
        _project(round, proposal, place, group=numbers.get(proposal.pk, 0)) for place, proposal in enumerate(proposals)
    ]


def _project(round: Round, proposal: Proposal, place: int, *, group: int) -> Project:
    capital, yearly = proposal.capital_pence or 0, proposal.yearly_pence or 0
    return Project(
        round=round,
        proposal=proposal,
        place=place,
        code=str(place + 1),
        title=proposal.title,
        what=proposal.what,
        kind=proposal.kind,
        capital_pence=capital,
        yearly_pence=yearly,
        years_covered=round.years_covered,
        price_pence=capital + yearly * round.years_covered,
        least_pence=proposal.least_pence if round.gives_parts else None,
        group=group,
        in_languages=proposal.in_languages,
    )


def _rules_of(round: Round, projects: list[Project], keepers: list[bytes]) -> RulesInput:
    return RulesInput(
        round_id=round.code.hex,
        neighbourhood=round.panel.neighbourhood.code,
        title=round.title,
        budget_pence=round.budget_pence,
        most_choices=round.most_choices,
        years_covered=round.years_covered,
        method=round.method,
        voting_opens_at=round.voting_opens_at.isoformat(),
        voting_closes_at=round.voting_closes_at.isoformat(),
        order_seed=secrets.token_hex(16),
        keepers=[key.hex() for key in keepers],
        projects=[
            FrozenProject(
                id=project.code,
                title=project.title,
                what=project.what,
                capital_pence=project.capital_pence,
                yearly_pence=project.yearly_pence,
                price_pence=project.price_pence,
                group=project.group_code,
                least_pence=project.least_pence or 0,
                in_languages=project.in_languages,
            )
            for project in projects
        ],
        kind=round.kind,
        points=round.points,
        most_points=round.most_points,
        minimum_age=round.minimum_age,
        gives_parts=round.gives_parts,
    )
