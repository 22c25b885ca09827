"""The sources whose money is published, and what they are called in a sentence."""

SOURCE_NAMES = {"dormant": "forgotten accounts", "lottery": "the Lottery match", "other": "other givers"}

# The same money year by year. A payment leaves what is to come when it is sent, and a promise adds to it.
BY_YEAR = {
    "grants.sent": ("grants.sent_in_year", "grants.to_come_in_year"),
    "grants.promised": ("grants.to_come_in_year",),
}


def with_parts(measures: list[str]) -> list[str]:
    """Measures of money with one more for each source, since sources are never only added up, and those by year."""
    by_source = [part_of_measure(measure, source) for measure in measures for source in SOURCE_NAMES]
    return [*measures, *by_source, *dict.fromkeys(code for measure in measures for code in BY_YEAR.get(measure, ()))]


def part_of_measure(measure: str, source: str) -> str:
    """The measure that says how much of another comes from one source."""
    return f"{measure}.{source}"
