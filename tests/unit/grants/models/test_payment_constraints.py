"""Every named constraint of the payment tables refuses what it is for. One case each, and none without a case."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import models

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from grants.models import (
    BankMessage,
    DoubtSettlement,
    LineClearing,
    Payment,
    PaymentNotice,
    PaymentRun,
    Source,
    StatementLine,
)
from grants.services.pauses import pause_payments
from grants.services.retries import confirm_retry, request_retry
from tests.unit.grants.models.test_constraints import refused_by
from tests.unit.grants.payment_world import World, make_world, running_bank

DAY = date(2030, 1, 1)
FRESH_PAYMENT = {"end_to_end_id": "B" * 16, "attempt": 9, "status": "returned", "failed_on": DAY}
FRESH_RUN = {"message_id": "B" * 16}
FRESH_LINE = {"bank_reference": "other", "position": 99, "journal_id": 10**6}
FRESH_MESSAGE = {"sequence": 99}
CANCELS_ANOTHER = {"kind": "cancels", "source_id": None, "counter_line_id": "countered", "line_id": 10**6}
ASKED_AGAIN = {"after": "returned"}
NOBODY_RELEASED = {"released_by_id": None, "released_at": None}

# Changes to a confirmed payment's row, its run, file and lines that break one constraint each; {} is an exact copy.
BROKEN: dict[str, list[tuple[dict[str, Any], str]]] = {
    "releaselimit": [
        ({}, "once_a_day"),
        ({"role": "auditor"}, "role_releases"),
        ({"limit_pence": 0, "from_on": DAY}, "positive"),
    ],
    "paymentrun": [
        (FRESH_RUN | {"status": "odd"}, "status_known"),
        (FRESH_RUN | {"payment_count": 0, "total_pence": 0}, "holds_something"),
        (FRESH_RUN | {"checked_at": None}, "checked_pair"),
        (FRESH_RUN | {"released_at": None}, "released_pair"),
        (FRESH_RUN | {"co_released_at": "now"}, "co_released_pair"),
        (FRESH_RUN | {"withdrawn_at": "now"}, "withdrawn_pair"),
        (FRESH_RUN | {"stop_reason": "for fun"}, "stopped_whole"),
        (FRESH_RUN | NOBODY_RELEASED, "status_suits_people"),
        (FRESH_RUN | {"released_by_id": "checker"}, "releaser_did_not_check"),
        (FRESH_RUN | {"co_released_by_id": "checker", "co_released_at": "now"}, "co_releaser_is_third"),
        (
            FRESH_RUN
            | {"status": "withdrawn", "stopped_by_id": "checker", "stopped_at": "now", "stop_reason": "Wrong."}
            | {"withdrawn_by_id": "checker", "withdrawn_at": "now"},
            "two_people_withdraw",
        ),
    ],
    "payment": [
        (FRESH_PAYMENT | {"status": "odd", "confirmed_on": None, "failed_on": None}, "status_known"),
        (FRESH_PAYMENT | {"amount_pence": 0}, "positive"),
        (FRESH_PAYMENT | {"account_number": "1234567"}, "well_formed"),
        (FRESH_PAYMENT | {"attempt": 1}, "attempt_once"),
        ({"end_to_end_id": "B" * 16, "attempt": 9}, "one_live_attempt"),
        (FRESH_PAYMENT | {"confirmed_on": None}, "confirmed_has_day"),
        (FRESH_PAYMENT | {"failed_on": None}, "failed_has_day"),
    ],
    "retryrequest": [
        ({}, "once"),
        ({"after": "claimed"}, "after_failure"),
        (ASKED_AGAIN | {"reason": ""}, "reason_given"),
        (ASKED_AGAIN | {"confirmed_at": None}, "confirmed_pair"),
        (ASKED_AGAIN | {"confirmed_by_id": "checker"}, "two_people"),
        (ASKED_AGAIN | {"refusal": "Not theirs."}, "refused_whole"),
        (ASKED_AGAIN | {"refused_by_id": "checker", "refused_at": "now", "refusal": "No."}, "one_answer"),
    ],
    "pause": [
        ({"scope": "everything"}, "scope_fits"),
        ({"reason": ""}, "reason_given"),
        ({"lift_reason": "for fun"}, "asked_whole"),
        ({"lifted_at": "now"}, "lifted_pair"),
        ({"lifted_at": "now", "lifted_by_id": "checker"}, "two_people_lift"),
        ({}, "one_open_each"),
    ],
    "lineclearing": [
        ({"source_id": None}, "target_fits"),
        ({"note": ""}, "note_given"),
        ({"refusal": "for fun"}, "status_fits"),
        ({"decided_at": "now"}, "decided_pair"),
        ({"status": "confirmed", "decided_by_id": "checker", "decided_at": "now", "journal_id": 10**6}, "two_people"),
        ({"kind": "cancels", "source_id": None, "counter_line_id": "line"}, "not_its_own_counter"),
        ({}, "one_standing"),
        (CANCELS_ANOTHER, "one_counter"),
    ],
    "doubtsettlement": [
        ({"outcome": "odd"}, "outcome_known"),
        ({"letter": ""}, "letter_named"),
        ({"status": "odd"}, "status_fits"),
        ({"decided_at": "now"}, "decided_pair"),
        ({"status": "confirmed", "decided_by_id": "checker", "decided_at": "now"}, "two_people"),
        ({}, "one_proposed"),
    ],
    "paymentnotice": [({}, "once"), ({"kind": "odd"}, "kind_known")],
    "paymentfile": [
        ({"status": "odd"}, "status_known"),
        ({"sha256": "X" * 64}, "hash_well_formed"),
        ({"tries": 0}, "status_suits_tries"),
        ({"run_id": None}, "of_a_run_or_replaced"),
    ],
    "bankmessage": [
        ({"sha256": "0" * 64}, "applied_once"),
        ({}, "kept_once"),
        (FRESH_MESSAGE | {"kind": "letter"}, "kind_known"),
        (FRESH_MESSAGE | {"problem": "x"}, "refusal_says_why"),
    ],
    "bankstatement": [({"sequence": 0, "message_id": 10**6}, "counts_from_one")],
    "statementline": [
        (FRESH_LINE | {"position": 1, "match": "suspense", "finding": "x", "payment_id": None}, "once"),
        (FRESH_LINE | {"amount_pence": 0, "match": "suspense", "finding": "x", "payment_id": None}, "moves_something"),
        (FRESH_LINE | {"match": "returned"}, "match_fits"),
        (FRESH_LINE, "match_once"),
    ],
}


@pytest.fixture
def paid(db: None, tmp_path: Path) -> Iterator[World]:
    """One payment that failed, was asked for again by two people, and was then paid."""
    with running_bank(tmp_path / "bank.sqlite3") as bank:
        world = make_world(bank)
        bank.misbehave(kind="reject")
        world.pay()
        request = request_retry(by=world.checker, payment=Payment.objects.get(), reason="Mended.")
        confirm_retry(by=world.releaser, request=request)
        run = world.sweep()
        assert run is not None
        world.release(run)
        world.send()
        world.let_bank_live(run.payments.get().arrive_on)
        _explain_and_settle(world, run)
        pause_payments(by=world.checker, reason="Wait.", source=Source.objects.get(code="lottery"))
        yield world


def _explain_and_settle(world: World, run: PaymentRun) -> None:
    """A line that waits for a second person, another that cancels one, a letter and a notice: rows alone."""
    lines = list(StatementLine.objects.order_by("pk")[:3])
    by, source = world.checker, Source.objects.get(code="dormant")
    with acting("system:test", "made rows"):
        LineClearing.objects.create(line=lines[0], counter_line=lines[1], kind="cancels", note="x", proposed_by=by)
        LineClearing.objects.create(line=lines[2], source=source, kind="interest", note="x", proposed_by=by)
        DoubtSettlement.objects.create(run=run, outcome="paid", letter="L-1", proposed_by=by)
        message = BankMessage.objects.order_by("pk")[0]
        PaymentNotice.objects.create(message=message, payment=run.payments.get(), kind="debited", value_on=DAY)


def test_every_payment_constraint_has_a_case() -> None:
    named = {
        constraint.name
        for model in apps.get_app_config("grants").get_models()
        for constraint in model._meta.constraints
        if model._meta.model_name in BROKEN
    }

    assert named == {f"grants_{model}_{rule}" for model, cases in BROKEN.items() for _, rule in cases}


def test_every_payment_constraint_refuses_its_case(paid: World) -> None:
    values = {"checker": paid.checker.pk, "now": core_now()}
    lines = StatementLine.objects.order_by("pk")
    values |= {"countered": lines[1].pk, "line": lines[2].pk}
    wrong = []
    for model_name, cases in BROKEN.items():
        row = _latest(model_name)
        for changes, rule in cases:
            refused = refused_by(row, **{name: values.get(value, value) for name, value in changes.items()})
            if refused != f"grants_{model_name}_{rule}":
                wrong.append((model_name, changes, rule, refused))

    assert wrong == [], "\n".join(map(str, wrong))


def _latest(model_name: str) -> models.Model:
    row = apps.get_model("grants", model_name).objects.order_by("pk").last()
    assert row is not None
    return row
