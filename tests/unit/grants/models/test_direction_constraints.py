"""Every named constraint of policies, decisions and kept scenarios refuses what it is for."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import models
from psycopg.types.json import Jsonb

from grants import services
from grants.models import Source
from grants.selectors.days import today
from grants.services.scenarios import save_scenario
from tests.unit.grants.conftest import People, Programme, allocate
from tests.unit.grants.models.test_constraints import refused_by
from tests.unit.grants.services.test_decisions import confirm, transfer
from tests.unit.grants.services.test_scenarios import supposed

WITHDRAWN = {"withdrawn_at": "now", "withdrawn_by_id": "director"}
FRESH = {"confirmed_by_id": None, "confirmed_at": None, "journal_id": None}
ALONE = {"journal_id": 10**6}

RULE = {
    "kind": "hybrid",
    "spend_down_on": None,
    "smoothing_basis_points": 7_000,
    "rate_basis_points": 500,
    "cap_basis_points": 600,
    "inflation_basis_points": 200,
}

BROKEN: dict[str, list[tuple[dict[str, Any], str]]] = {
    "spendingpolicy": [
        ({"kind": "odd"}, "kind_fits"),
        ({"spend_down_on": None}, "kind_fits"),
        ({"rate_basis_points": 1}, "kind_fits"),
        (RULE | {"cap_basis_points": None}, "kind_fits"),
        (RULE | {"smoothing_basis_points": 10_000}, "rule_in_bounds"),
        (RULE | {"rate_basis_points": 0}, "rule_in_bounds"),
        (RULE | {"rate_basis_points": 601}, "rule_in_bounds"),
        (RULE | {"cap_basis_points": 3_001}, "rule_in_bounds"),
        (RULE | {"inflation_basis_points": 1_001}, "rule_in_bounds"),
        ({"reason": ""}, "reason_given"),
        ({"confirmed_at": None}, "confirmed_pair"),
        ({"withdrawn_at": "now"}, "withdrawn_pair"),
        ({"confirmed_by_id": "director"}, "two_people"),
        (WITHDRAWN, "one_end"),
    ],
    "funddecision": [
        (FRESH | {"kind": "odd"}, "kind_fits"),
        (FRESH | {"giver": "running"}, "kind_fits"),
        (FRESH | {"taker": ""}, "kind_fits"),
        (FRESH | {"kind": "allocation_returned"}, "kind_fits"),
        (FRESH | {"allocation_id": "allocation"}, "kind_fits"),
        (FRESH | {"amount_pence": 0}, "positive"),
        (FRESH | {"reason": ""}, "reason_given"),
        ({"journal_id": None}, "confirmed_whole"),
        (FRESH | {"withdrawn_at": "now"}, "withdrawn_pair"),
        (ALONE | {"confirmed_by_id": "director"}, "two_people"),
        (ALONE | WITHDRAWN, "one_end"),
    ],
    "savedscenario": [({"name": ""}, "named"), ({"result_sha256": "x"}, "hash_well_formed")],
}
TESTED_BELOW = {"grants_spendingpolicy_one_proposed"}


@pytest.fixture
def rows(people: People, programme: Programme) -> dict[str, models.Model]:
    """A policy in force, a transfer posted, a scenario kept."""
    allocate(people, programme)
    policy = services.propose_policy(
        by=people.director, programme=programme, spend_down_on=today() + timedelta(days=900), reason="The plan."
    )
    services.confirm_policy(by=people.finance_director, policy=policy)
    confirm(people, transfer(people))
    source = Source.objects.get(code="dormant")
    save_scenario(by=people.officer, name="x", source=source, suppositions=supposed(), seed=1)
    return {name: apps.get_model("grants", name).objects.get() for name in BROKEN}


def test_every_constraint_has_a_case() -> None:
    named = {constraint.name for model in BROKEN for constraint in apps.get_model("grants", model)._meta.constraints}

    assert named == {f"grants_{model}_{rule}" for model, cases in BROKEN.items() for _, rule in cases} | TESTED_BELOW


def test_every_constraint_refuses_its_case(people: People, rows: dict[str, models.Model]) -> None:
    allocation = apps.get_model("grants", "allocation").objects.get()
    meant = {
        "now": rows["spendingpolicy"].confirmed_at,
        "director": people.director.pk,
        "allocation": allocation.pk,
    }
    wrong = []
    for name, cases in BROKEN.items():
        for changes, rule in cases:
            real = {
                field: meant.get(value, value) if isinstance(value, str) else value for field, value in changes.items()
            }
            if name == "savedscenario":
                real |= {field: Jsonb(getattr(rows[name], field)) for field in ("inputs", "basis")}
            refused = refused_by(rows[name], **real)
            if refused != f"grants_{name}_{rule}":
                wrong.append((name, changes, rule, refused))

    assert wrong == []


def test_a_programme_waits_for_one_policy_at_a_time(people: People, rows: dict[str, models.Model]) -> None:
    waiting = services.propose_policy(
        by=people.director,
        programme=rows["spendingpolicy"].programme,
        spend_down_on=date(2090, 1, 1),
        reason="Another.",
    )

    assert refused_by(waiting, reason="A third.") == "grants_spendingpolicy_one_proposed"
