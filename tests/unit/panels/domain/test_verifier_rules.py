"""The rules of a vote that a panel chooses, in a bundle: signed, counted by, and older ones left as they were."""

import pytest

from panels.domain.canonical import digest
from panels.domain.equal_shares import Utility
from panels.domain.tally import Completion, Method, Rule
from panels.domain.verifier.checking import verify
from panels.domain.verifier.signatures import Refused
from tests.unit.panels.domain.test_verifier import FAIR, bundle, changed, rules_of


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"at_least_votes":60', '"at_least_votes":61'),
        ('"utility":"cardinality"', '"utility":"cost"'),
        ('"completion":"none"', '"completion":"add1"'),
    ],
)
def test_verify_refuses_rules_with_another_way_of_counting(old, new):
    data = bundle(method=Method(Rule.EQUAL_SHARES, Utility.CARDINALITY, Completion.NONE, at_least=60))
    with pytest.raises(Refused, match="not the ones the portal signed before the vote"):
        verify(changed(data, "rules.json", old, new, is_signed_again=True))


def test_rules_that_use_nothing_new_are_written_as_they_always_were():
    """Whoever fixed a vote with an earlier version finds the same fingerprint."""
    assert digest(rules_of(FAIR)).hex() == "dd05c4491a4b64805b5b2edcee913ce0723ca3bb4b9dd1cd0271e7d039c3849c"
