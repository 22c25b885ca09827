"""Every named constraint of investments and orders refuses what it is for. One case each, and none without a case."""

from datetime import date
from typing import Any

import pytest
from django.apps import apps
from django.db import models

from cwf_portal.core.audit import acting
from grants import services
from grants.domain.investments import AssetClass
from grants.models import FundOrder, Programme, Source, StatementLine, Valuation
from grants.services.orders import Terms
from tests.unit.grants.conftest import MILLION, People
from tests.unit.grants.models.test_constraints import refused_by
from tests.unit.grants.services.test_investments import buy, open_holding, value

DAY = date(2020, 1, 1)
FRESH = {"bank_reference": "other", "journal_id": None, "settled_on": None}
WITHDRAWN = {"withdrawn_at": "now", "withdrawn_by_id": "director"}

# Changes to a row that break one constraint each; {} is an exact copy.
BROKEN: dict[str, list[tuple[dict[str, Any], str]]] = {
    "holding": [
        ({}, "once"),
        ({"name": "x", "asset_class": "tulips"}, "class_known"),
        ({"name": ""}, "named"),
    ],
    "holdingentry": [({"value_pence": 0}, "moves_something")],
    "valuation": [
        ({}, "once_a_day"),
        ({"value_pence": -1}, "not_negative"),
        ({"statement_reference": ""}, "statement_named"),
        ({"confirmed_at": None}, "confirmed_pair"),
        ({"valued_on": DAY, "withdrawn_at": "now"}, "withdrawn_pair"),
        ({"confirmed_by_id": "manager"}, "two_people"),
        ({"valued_on": DAY} | WITHDRAWN, "one_end"),
    ],
    "fundorder": [
        (FRESH | {"kind": "odd"}, "kind_fits"),
        (FRESH | {"amount_pence": 0}, "kind_fits"),
        (FRESH | {"amount_pence": None}, "kind_fits"),
        (FRESH | {"holding_id": None}, "kind_fits"),
        (FRESH | {"kind": "sale"}, "kind_fits"),
        (FRESH | {"kind": "sale", "part_basis_points": 10_001}, "kind_fits"),
        (FRESH | {"kind": "running_cost"}, "kind_fits"),
        (FRESH | {"kind": "interest", "holding_id": None}, "kind_fits"),
        (FRESH | {"purpose": ""}, "says_what_for"),
        (FRESH | {"confirmed_at": None}, "confirmed_pair"),
        (FRESH | {"withdrawn_at": "now"}, "withdrawn_pair"),
        (FRESH | {"settled_on": DAY}, "settled_pair"),
        (FRESH | {"confirmed_by_id": "manager"}, "two_people"),
        ({"bank_reference": "other"} | WITHDRAWN, "settled_once_confirmed"),
    ],
}
TESTED_BELOW = {"grants_valuation_one_proposed", "grants_fundorder_one_sale_awaited"}


@pytest.fixture
def rows(people: People, programme: Programme) -> dict[str, models.Model]:
    """A holding bought and valued."""
    holding = open_holding(people, programme, AssetClass.EQUITIES)
    buy(people, holding)
    value(people, holding, 9 * MILLION)
    names = {name: apps.get_model("grants", name) for name in BROKEN}
    return {name: model.objects.order_by("pk").first() for name, model in names.items()}


def test_every_constraint_has_a_case() -> None:
    named = {constraint.name for model in BROKEN for constraint in apps.get_model("grants", model)._meta.constraints}

    assert named == {f"grants_{model}_{rule}" for model, cases in BROKEN.items() for _, rule in cases} | TESTED_BELOW


def test_every_constraint_refuses_its_case(people: People, rows: dict[str, models.Model]) -> None:
    meant = {
        "now": rows["fundorder"].confirmed_at,
        "manager": people.finance_manager.pk,
        "director": people.director.pk,
    }
    wrong = []
    for name, cases in BROKEN.items():
        for changes, rule in cases:
            real = {
                field: meant.get(value, value) if isinstance(value, str) else value for field, value in changes.items()
            }
            refused = refused_by(rows[name], **real)
            if refused != f"grants_{name}_{rule}":
                wrong.append((name, changes, rule, refused))

    assert wrong == []


def test_a_holding_waits_for_one_valuation_at_a_time(rows: dict[str, models.Model]) -> None:
    unconfirmed = {"confirmed_by": None, "confirmed_at": None}
    with acting("system:test", "unconfirmed"):
        Valuation.objects.filter(pk=rows["valuation"].pk).update(**unconfirmed)

    assert refused_by(Valuation.objects.get(), valued_on=DAY) == "grants_valuation_one_proposed"


def test_one_sale_of_a_holding_is_awaited(rows: dict[str, models.Model]) -> None:
    sale = {"kind": "sale", "part_basis_points": 1, "journal": None, "settled_on": None}
    with acting("system:test", "a sale that is awaited"):
        FundOrder.objects.filter(pk=rows["fundorder"].pk).update(**sale)

    assert refused_by(FundOrder.objects.get(), bank_reference="other") == "grants_fundorder_one_sale_awaited"


def test_a_line_that_settles_an_order_names_it(people: People, rows: dict[str, models.Model]) -> None:
    order = FundOrder.objects.get()
    line = StatementLine(
        statement_id=1, position=1, bank_reference="x", amount_pence=1, value_on=DAY, match="order", journal_id=1
    )

    assert refused_by(line) == "grants_statementline_match_fits"
    assert refused_by(line, order_id=order.pk, match="wave") == "grants_statementline_match_fits"


def test_a_rule_about_interest_is_never_settled(people: People, rows: dict[str, models.Model]) -> None:
    rule = services.propose_interest(
        by=people.finance_manager,
        source=Source.objects.get(code="dormant"),
        programme=rows["holding"].programme,
        terms=Terms("INTEREST", "Interest"),
    )
    services.confirm_order(by=people.finance_director, order=rule)
    rule.refresh_from_db()
    journal = FundOrder.objects.get(bank_reference="BUY-1").journal_id

    refused = refused_by(rule, bank_reference="other", journal_id=journal, settled_on=DAY)

    assert refused == "grants_fundorder_settled_once_confirmed"
