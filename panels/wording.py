"""Words that forms and pages share."""

from panels.domain.ballot_paper import GIVING_POINTS, Kind
from panels.domain.tally import Rule

RULES_IN_WORDS = {
    Rule.EQUAL_SHARES.value: "Fair shares",
    Rule.GREEDY.value: "Most votes first",
    Rule.GREEDY_PER_COST.value: "Most votes for each pound first",
    Rule.PRIORITY.value: "Order of priorities",
}
RULE_HINTS = {
    Rule.EQUAL_SHARES.value: "Every voter has an equal share of the money. It goes to projects they voted for.",
    Rule.GREEDY.value: "Projects are paid for in order of votes or points, as long as the money lasts.",
    Rule.GREEDY_PER_COST.value: "The same, but a project that costs half needs half as many votes or points.",
    Rule.PRIORITY.value: "A poll about what matters most. It shares out no money.",
}
KINDS_IN_WORDS = {
    Kind.APPROVAL.value: "Choose projects",
    Kind.RANKED.value: "Put projects in order",
    Kind.POINTS.value: "Share out points",
    Kind.KNAPSACK.value: "Choose projects that fit the money",
}
KIND_HINTS = {
    Kind.APPROVAL.value: "Each project chosen gets one vote, whatever it costs.",
    Kind.RANKED.value: "The first gets most points, the next one fewer, and so on.",
    Kind.POINTS.value: "Each voter has the same number of points and spreads them.",
    Kind.KNAPSACK.value: "Each voter spends the money on paper: together their projects cost no more than there is.",
}


def rule_in_words(rule: str, kind: Kind) -> str:
    """The name of a rule, about points where ballots of this kind give any."""
    words = RULES_IN_WORDS.get(rule, rule)
    return words.replace("votes", "points") if kind in GIVING_POINTS else words
