"""What panels publish of their votes as figures."""

from neighbourhoods.figures import measure_spec
from panels.figures import TURNOUT


def test_votes_of_a_few_people_are_kept_back():
    """Under ten ballots tell of the people who cast them; the page of figures only does what is declared here."""
    declared = measure_spec(TURNOUT)
    assert declared is not None
    assert declared.disclosure_rule == "under_ten"
