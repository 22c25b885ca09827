"""The sources whose money is published, and what they are called in a sentence."""

SOURCE_NAMES = {"dormant": "forgotten accounts", "lottery": "the Lottery match", "other": "other givers"}


def with_parts(measures: list[str]) -> list[str]:
    """Measures of money with one more for each source: sources are never only added up."""
    return measures + [part_of_measure(measure, source) for measure in measures for source in SOURCE_NAMES]


def part_of_measure(measure: str, source: str) -> str:
    """The measure that says how much of another comes from one source."""
    return f"{measure}.{source}"
