"""Scenarios that are kept: run again from what was stored, with the same result."""

import hashlib
import json
from dataclasses import asdict
from datetime import date
from typing import Any

from cwf_portal.core.audit import acting
from cwf_portal.core.errors import DomainError
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Permission, require
from grants.domain.forecast import VERSION, Forecast
from grants.domain.prices import Series
from grants.domain.scenarios import Basis, ScenarioError, Suppositions, run_scenario
from grants.domain.schedule import Profile
from grants.models import SavedScenario, Source
from grants.selectors.days import today
from grants.selectors.scenarios import basis_of


def try_scenario(*, source: Source, suppositions: Suppositions, seed: int) -> tuple[Basis, Forecast]:
    """Forecast a source as its books stand now. Nothing is stored.

    Raises:
        DomainError: The source holds nothing to forecast, or the suppositions do not fit the books.
    """
    basis = basis_of(source, today())
    if basis is None:
        raise DomainError(f"There is nothing to forecast for “{source}”.", mend="Choose another source.")
    return basis, _run(basis, suppositions, seed)


def save_scenario(*, by: User, name: str, source: Source, suppositions: Suppositions, seed: int) -> SavedScenario:
    """Keep a scenario with its inputs, the books it started from, its seed and the digest of its result.

    Raises:
        NotAllowedError: `by` may not keep scenarios.
        DomainError: It has no name, or cannot be run.
    """
    require(by, Permission.SAVE_SCENARIO)
    if not name.strip():
        raise DomainError("A scenario that is kept needs a name.", mend="Enter one.")
    basis, found = try_scenario(source=source, suppositions=suppositions, seed=seed)
    with acting(by, f"kept the scenario {name.strip()}"):
        return SavedScenario.objects.create(
            name=name.strip(),
            source=source,
            inputs=_plain(asdict(suppositions)),
            basis=_plain(asdict(basis)),
            seed=seed,
            code_version=VERSION,
            result_sha256=digest(found),
            saved_by=by,
        )


def run_again(scenario: SavedScenario) -> tuple[Suppositions, Forecast, bool]:
    """Run a kept scenario from what was stored, and say whether the result is the same to the penny."""
    suppositions, basis = _suppositions(scenario.inputs), _basis(scenario.basis)
    found = run_scenario(basis, suppositions, seed=scenario.seed)
    return suppositions, found, digest(found) == scenario.result_sha256


def digest(found: Forecast) -> str:
    """64 hexadecimal digits that stand for a whole result."""
    return hashlib.sha256(json.dumps(asdict(found), sort_keys=True).encode()).hexdigest()


def _run(basis: Basis, suppositions: Suppositions, seed: int) -> Forecast:
    try:
        return run_scenario(basis, suppositions, seed=seed)
    except ScenarioError as error:
        raise DomainError(str(error)) from None


def _plain(content: dict[str, Any]) -> dict[str, Any]:
    """The same as JSON holds it: dates as text, enums by their values."""
    plain: dict[str, Any] = json.loads(json.dumps(content, default=str))
    return plain


def _suppositions(inputs: dict[str, Any]) -> Suppositions:
    return Suppositions(
        **inputs | {"prices": Series(inputs["prices"]), "spend_down_on": date.fromisoformat(inputs["spend_down_on"])}
    )


def _basis(stored: dict[str, Any]) -> Basis:
    return Basis(
        **stored
        | {
            "as_of": date.fromisoformat(stored["as_of"]),
            "wave_on": date.fromisoformat(stored["wave_on"]),
            "payments": [(date.fromisoformat(day), pence) for day, pence in stored["payments"]],
            "profile": Profile(stored["profile"]),
        }
    )
