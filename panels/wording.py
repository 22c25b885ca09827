"""Words that forms and pages share."""

from panels.domain.tally import Rule

RULES_IN_WORDS = {
    Rule.EQUAL_SHARES.value: "Fair shares",
    Rule.GREEDY.value: "Most votes first",
}
RULE_HINTS = {
    Rule.EQUAL_SHARES.value: "Every voter has an equal share of the money. It goes to projects they voted for.",
    Rule.GREEDY.value: "Projects are paid for in order of votes, as long as the money lasts.",
}
