"""Paper in a published bundle: every envelope accounted for, every paper a ballot."""

import json

import pytest

from panels.domain.verifier.checking import verify
from panels.domain.verifier.signatures import Refused
from tests.unit.panels.domain.bundles import bundle, changed

PAPER = {
    "issued": 30,
    "spoilt": 2,
    "not_returned": 3,
    "late": 1,
    "set_aside": 2,
    "opened": 22,
    "papers": 20,
    "empty": 2,
}


def with_paper(channels: dict[str, int] | None = None, **changes: int | None) -> bytes:
    """A bundle of 120 ballots, twenty of them on paper, with these numbers changed; None leaves the envelopes out."""
    told = json.dumps({"paper": 20, "web": 100} if channels is None else channels)
    paper = "" if None in changes.values() else f',"paper":{json.dumps(PAPER | changes)}'
    new = f'"by_channel":{told}{paper}'
    return changed(bundle(), "reconciliation.json", '"by_channel":{"web":120}', new, is_signed_again=True)


def test_paper_that_adds_up_is_proven():
    assert "envelopes = spoilt + not returned + late + set aside + opened; opened = papers + empty" in verify(
        with_paper()
    )


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (with_paper(spoilt=3), "The envelopes handed out do not add up"),
        (with_paper(spoilt=-1, late=4), "The envelopes handed out do not add up"),
        (with_paper(empty=3), "not the papers and the empty ones"),
        (with_paper(papers=21, empty=1), "Another number of papers"),
        (with_paper(channels={"web": 120}), "Another number of papers"),
        (with_paper(envelopes=None), "the envelopes are not accounted for"),
        (with_paper(channels={"paper": 21, "web": 100}), "do not add up to the ballots opened"),
    ],
)
def test_paper_that_does_not_add_up_is_refused(data, sentence):
    with pytest.raises(Refused, match=sentence):
        verify(data)
