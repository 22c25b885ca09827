"""Words that forms and pages share."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from cwf_portal.core.grids import Square
from panels.domain.ballot_paper import GIVING_POINTS, Kind
from panels.domain.equal_shares import Utility
from panels.domain.tally import Completion, Rule

RULES_IN_WORDS = {
    Rule.EQUAL_SHARES.value: gettext_noop("Fair shares"),
    Rule.GREEDY.value: gettext_noop("Most votes first"),
    Rule.GREEDY_PER_COST.value: gettext_noop("Most votes for each pound first"),
    Rule.PRIORITY.value: gettext_noop("Order of priorities"),
}
RULE_HINTS = {
    Rule.EQUAL_SHARES.value: "Every voter has an equal share of the money. It goes to projects they voted for.",
    Rule.GREEDY.value: "Projects are paid for in order of votes or points, as long as the money lasts.",
    Rule.GREEDY_PER_COST.value: "The same, but a project that costs half needs half as many votes or points.",
    Rule.PRIORITY.value: "A poll about what matters most. It shares out no money.",
}
# What residents read about a rule, on the page of the vote and of its result.
RULES_EXPLAINED = {
    Rule.EQUAL_SHARES.value: gettext_noop(
        "Every voter has an equal part of the money, and it goes to projects they voted for. So a smaller group that"
        " agrees can win something too."
    ),
    Rule.GREEDY.value: gettext_noop(
        "The project with the most votes is paid for first, then the next, as long as the money lasts."
    ),
    Rule.GREEDY_PER_COST.value: gettext_noop(
        "The project with the most votes for each pound it costs is paid for first, then the next, as long as the money"
        " lasts."
    ),
    Rule.PRIORITY.value: gettext_noop("What got the most votes comes first."),
}
# The same where ballots give points.
IN_POINTS = {
    RULES_IN_WORDS[Rule.GREEDY]: gettext_noop("Most points first"),
    RULES_IN_WORDS[Rule.GREEDY_PER_COST]: gettext_noop("Most points for each pound first"),
    RULES_EXPLAINED[Rule.GREEDY]: gettext_noop(
        "The project with the most points is paid for first, then the next, as long as the money lasts."
    ),
    RULES_EXPLAINED[Rule.GREEDY_PER_COST]: gettext_noop(
        "The project with the most points for each pound it costs is paid for first, then the next, as long as the"
        " money lasts."
    ),
    RULES_EXPLAINED[Rule.PRIORITY]: gettext_noop("What got the most points comes first."),
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

# What fair shares does with money that the voters of no project have enough of.
COMPLETIONS_IN_WORDS = {
    Completion.ADD1_GREEDY.value: "Larger shares, then whatever still fits",
    Completion.ADD1.value: "Larger shares only",
    Completion.NONE.value: "It is left over",
}
COMPLETION_HINTS = {
    Completion.ADD1_GREEDY.value: gettext_noop(
        "Every share grows step by step while that helps. Then what still fits is paid for, most votes first."
    ),
    Completion.ADD1.value: gettext_noop(
        "Every share grows step by step while that helps. The rest can be decided in another vote."
    ),
    Completion.NONE.value: gettext_noop("It can be decided in another vote."),
}
# Whether the last of the money can pay for a part.
WHOLE, PARTS = "whole", "parts"
PARTS_IN_WORDS = {WHOLE: "No, whole or not at all", PARTS: "Yes, one of them"}
PART_HINTS = {
    PARTS: "What is left in the end goes to the first project that can start with it. You say of each project with how "
    "much it can start.",
}
UTILITIES_IN_WORDS = {
    Utility.COST.value: gettext_noop("The one with most voters who can share its price"),
    Utility.CARDINALITY.value: gettext_noop("The one that costs each of its voters least"),
}
UTILITY_HINTS = {
    Utility.COST.value: "Large and small projects have the same chance.",
    Utility.CARDINALITY.value: "Many small projects come before one large one.",
}


def rule_in_words(rule: str, kind: Kind) -> str:
    """The name of a rule, about points where ballots of this kind give any."""
    return _about_points(RULES_IN_WORDS.get(rule, rule), kind)


def rule_explained(rule: str, kind: Kind) -> str:
    """How a rule turns ballots into a result, in a sentence or two for residents."""
    return _about_points(RULES_EXPLAINED.get(rule, ""), kind)


def _about_points(words: str, kind: Kind) -> str:
    said = IN_POINTS.get(words, words) if kind in GIVING_POINTS else words
    return _(said) if said else ""


def square_text(square: Square) -> str:
    """`Square 3, north-west`."""
    return _("Square {number}, {where}").format(number=square.number, where=_(square.where))
