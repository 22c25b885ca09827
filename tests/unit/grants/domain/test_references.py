"""References: computed, never repeated, accepted by every format we speak."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grants.domain.references import is_reference, reference_for


def test_reference_of_a_key_never_changes() -> None:
    assert reference_for(natural_key="tranche:812:attempt:1") == "PP54EFN37Q54KFPD"


def test_next_attempt_has_another_reference() -> None:
    keys = [f"tranche:{tranche}:attempt:{attempt}" for tranche in range(2_000) for attempt in (1, 2, 3)]

    assert len({reference_for(natural_key=key) for key in keys}) == len(keys)


@given(st.text(min_size=1))
def test_every_key_has_a_well_formed_reference(key: str) -> None:
    assert is_reference(reference_for(natural_key=key))


def test_empty_key_is_refused() -> None:
    with pytest.raises(ValueError, match="something to refer to"):
        reference_for(natural_key="")


@pytest.mark.parametrize("text", ["", "NOTPROVIDED", "J7ZTGYDEKFCLAW5", "j7ztgydekfclaw5x", "J7ZTGYDEKFCLAW50"])
def test_foreign_reference_is_recognised_as_foreign(text: str) -> None:
    assert not is_reference(text)
