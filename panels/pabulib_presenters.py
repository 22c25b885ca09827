"""What a file of ballots says about its vote, in the words of Pabulib."""

from django.utils.timezone import localdate

from panels.domain import pabulib
from panels.domain.ballot_paper import Kind
from panels.domain.tally import Completion, Method, Rule
from panels.models import Round


def pabulib_meta(round: Round) -> dict[str, str]:
    """What a reader of the ballots' file must know to count them again."""
    method = round.method
    return {
        "description": round.title,
        "country": "United Kingdom",
        "unit": round.panel.neighbourhood.name,
        "instance": str(round.voting_closes_at.year),
        "rule": _pabulib_rule(method),
        pabulib.COUNTING: f"{method.rule} {method.utility} {method.completion}",
        "date_begin": f"{localdate(round.voting_opens_at):%d.%m.%Y}",
        "date_end": f"{localdate(round.voting_closes_at):%d.%m.%Y}",
        "max_length": str(round.most_choices),
        **({pabulib.NEEDED: str(round.at_least)} if round.at_least > 1 else {}),
        **_limits_of(round),
        "currency": "GBP",
        **({"comment": "Sample data: invented for the demonstration."} if round.is_sample else {}),
    }


def _pabulib_rule(method: Method) -> str:
    """The rule by the name that Pabulib gives it, as far as it has one; ours stands beside it."""
    if method.rule is Rule.GREEDY:
        return "greedy" if method.at_least <= 1 else "greedy-threshold"
    if method.rule is Rule.EQUAL_SHARES:
        return "equalshares" if method.completion is Completion.NONE else "equalshares/add1"
    return "unknown"


def _limits_of(round: Round) -> dict[str, str]:
    """What a ballot could hold, in the words of Pabulib."""
    if round.kind is Kind.POINTS:
        return {"max_sum_points": str(round.points), "max_points": str(round.most_points)}
    return {"max_sum_cost": f"{round.budget_pence / 100:.2f}"} if round.kind is Kind.KNAPSACK else {}
