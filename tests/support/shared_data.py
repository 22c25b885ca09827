"""Public files that serve as oracles but are not ours to carry: found beside the checkout, or the test is skipped."""

from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data"


def shared_file(name: str) -> Path:
    """The file or folder of this name; skips the calling test where it is not at hand."""
    path = FOLDER / name
    if not path.exists():
        pytest.skip(f"{name} is not at hand: no folder shared/data beside this checkout")
    return path
