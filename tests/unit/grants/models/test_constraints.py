"""Every named constraint refuses what it is for. One case each, and no constraint without a case."""

from datetime import date
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, models, transaction
from psycopg.types.json import Jsonb

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from grants import services
from grants.models import BankAccount, Hold, Journal, Posting, Review
from grants.services.uplift import raise_with_prices
from tests.unit.grants.conftest import People, Programme, Story, allocate, make_story

HUGE = 10**6
UNACCEPTED = dict.fromkeys(("accepted_by_id", "accepted_at", "starts_on", "anchor_on", "ends_on"))

# Changes to a row of a complete story that break one constraint each; {} is an exact copy.
BROKEN: dict[str, list[tuple[dict[str, Any], str]]] = {
    "officerauthority": [
        ({"rank": 9}, "rank_known"),
        ({"team": ""}, "team_given"),
        ({"to_on": date(2019, 1, 1)}, "dates_in_order"),
        ({}, "one_open"),
    ],
    "authoritylimit": [
        ({}, "once_a_day"),
        ({"rank": 0}, "rank_known"),
        ({"risk": "none"}, "risk_known"),
        ({"limit_pence": -1}, "not_negative"),
    ],
    "agreement": [
        ({"status": "odd"} | UNACCEPTED, "status_known"),
        ({"risk": "odd"}, "risk_known"),
        ({"profile": "odd"}, "profile_known"),
        ({"amount_pence": 0}, "positive"),
        ({"cadence_months": 5}, "cadence_divides_a_year"),
        ({"profile": "custom"}, "weights_fit_profile"),
        ({"index_basis_points": 0}, "indexation_known"),
        ({"indexation": "none", "index_basis_points": 0}, "uplift_needs_indexation"),
        ({"offer_lapses_on": None}, "offered_pair"),
        ({"accepted_by_id": None}, "accepted_whole"),
        ({"status": "draft"}, "status_fits_acceptance"),
        ({"anchor_on": date(2020, 1, 1)}, "dates_in_order"),
        ({"reference": "other", "resolution_id": HUGE}, "one_standing"),
    ],
    "agreementfunding": [({}, "once"), ({"amount_pence": 0}, "positive")],
    "accountablebody": [({"legal_form": "club"}, "form_known")],
    "bodycontact": [
        ({}, "one_role_each"),
        ({"role": "friend"}, "role_known"),
        ({"to_on": date(2019, 1, 1)}, "dates_in_order"),
    ],
    "bankaccount": [
        ({"sort_code": "12345x"}, "sort_code_digits"),
        ({"account_number": "1234567"}, "number_digits"),
        ({"status": "odd"}, "status_known"),
        ({"decided_at": None}, "decided_pair"),
        ({"called_back_on_number": ""}, "approved_whole"),
        ({}, "one_approved"),
    ],
    "journal": [
        ({"line_count": 1}, "two_lines"),
        ({"kind": "odd"}, "kind_known"),
        ({"process": "system:test"}, "names_actor"),
        ({"approver_id": None}, "approver_named"),
        ({"value_on": date(2999, 1, 1)}, "value_before"),
    ],
    "posting": [
        ({"line": 99}, "within_seal"),
        ({"amount_pence": 0}, "moves_something"),
        ({"account": "odd", "strand": "place"}, "account_known"),
        ({"account": "free", "strand": ""}, "strand_fits"),
    ],
    "report": [
        ({}, "once_a_year"),
        ({"spent_pence": None}, "submitted_whole"),
        ({"summary": ""}, "says_something"),
        ({"accepted_at": None}, "accepted_pair"),
    ],
    "review": [
        ({}, "once_a_year"),
        ({"note": ""}, "proposed_whole"),
        ({"confirmed_at": None}, "confirmed_pair"),
    ],
    "programme": [
        ({"ceiling_pence": 1}, "award_makes_sense"),
        ({"residents_min": 5}, "band_makes_sense"),
        ({"term_years_min": 0}, "term_makes_sense"),
        ({"place_pct": 79}, "strands_make_a_whole"),
        ({"cadence_months": 5}, "cadence_divides_a_year"),
        ({"profile": "odd"}, "profile_known"),
        ({"indexation": "odd"}, "indexation_known"),
    ],
    "wave": [
        ({"announced_pence": 0}, "positive"),
        ({"received_pence": 0}, "received_positive"),
        ({"received_on": None}, "received_whole"),
        ({"bank_reference": ""}, "bank_reference_given"),
    ],
    "cohort": [({}, "once"), ({"allocated_at": None}, "allocated_pair")],
    "allocation": [({}, "once"), ({"amount_pence": 0}, "positive"), ({"returned_pence": -1}, "returned_within")],
    "allocationfunding": [({}, "once"), ({"amount_pence": 0}, "positive")],
    "tranche": [
        ({}, "once"),
        ({"status": "odd"}, "status_known"),
        ({"amount_pence": 0}, "positive"),
        ({"process_on": date(2060, 1, 1)}, "processed_before_due"),
    ],
    "tranchefunding": [
        ({}, "once"),
        ({"amount_pence": -1}, "not_negative"),
        ({"entry": 0}, "counts_from_one"),
        ({"entry": 2, "why": "odd"}, "why_known"),
    ],
    "uplift": [
        ({}, "once"),
        ({"year": 0}, "not_negative"),
        ({"journal_id": None, "used_pence": 1}, "money_has_journal"),
    ],
    "hold": [
        ({"reason": "odd"}, "reason_known"),
        ({"lifted_at": None}, "lifted_whole"),
    ],
}
# These need two people or two rows to break, and have tests of their own below.
TESTED_BELOW = {
    "grants_agreement_status_fits_offer",
    "grants_approval_one_a_step",
    "grants_approval_one_a_person",
    "grants_approval_step_known",
    "grants_approval_refusal_has_reason",
    "grants_approval_minute_fits",
    "grants_bankaccount_two_people",
    "grants_bankaccount_one_proposed",
    "grants_cohort_two_people",
    "grants_hold_two_people",
    "grants_hold_person_lifts",
    "grants_hold_one_open_a_payment",
    "grants_hold_one_open_an_agreement",
    "grants_journal_approver_differs",
    "grants_journal_reversal_named",
    "grants_journal_seal",
    "grants_posting_agreement_has_place",
    "grants_report_two_people",
    "grants_review_two_people",
}


@pytest.fixture
def full_story(story: Story, pass_time: Any) -> Story:
    """An accepted agreement with bank details, a hold lifted, a report accepted and a review confirmed."""
    people = story.people
    agreement = story.accept()
    account = services.propose_bank_account(
        by=people.treasurer,
        body=agreement.body,
        account_name="Corner House Trust",
        sort_code="12-34-56",
        account_number="12345678",
    )
    services.approve_bank_account(
        by=people.finance_manager,
        account=account,
        called_back_on_number="01234 567890",
        payee_check=BankAccount.PayeeCheck.MATCH,
    )
    hold = services.place_hold(by=people.officer, agreement=agreement, detail="A question about the lease")
    services.lift_hold(by=people.senior, hold=hold, reason="The lease is signed")
    pass_time(days=370)
    raise_with_prices(by="system:test", at=core_now())
    report = agreement.reports.get(year=1)
    services.submit_report(by=people.treasurer, report=report, spent_pence=5, unspent_pence=1, summary="All well.")
    services.accept_report(by=people.officer, report=report)
    review = agreement.reviews.get(year=1)
    services.propose_review(by=people.officer, review=review, outcome=Review.Outcome.CONTINUE, note="A good year.")
    services.confirm_review(by=people.senior, review=review)
    return story


def refused_by(row: models.Model, **changes: Any) -> str:
    """The constraint that refuses a copy of the row with some changes; empty when it is taken."""
    fields = [field for field in row._meta.concrete_fields if not (field.primary_key or field.generated)]
    values = {field.attname: getattr(row, field.attname) for field in fields} | changes
    columns = {field.attname: field.column for field in fields}
    names = ", ".join(f'"{columns[name]}"' for name in values)
    marks = ", ".join(["%s"] * len(values))
    statement = f'INSERT INTO "{row._meta.db_table}" ({names}) VALUES ({marks})'  # noqa: S608 - names from the model
    try:
        with acting("system:test", "tried"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, [Jsonb(value) if isinstance(value, list) else value for value in values.values()])
            transaction.set_rollback(True)
    except IntegrityError as error:
        return error.__cause__.diag.constraint_name or ""
    return ""


def test_every_constraint_has_a_case() -> None:
    named = {
        constraint.name
        for model in apps.get_app_config("grants").get_models()
        for constraint in model._meta.constraints
        if model._meta.model_name in BROKEN or model._meta.model_name == "approval"
    }
    tested = {f"grants_{model}_{rule}" for model, cases in BROKEN.items() for _, rule in cases} | TESTED_BELOW

    assert named == tested


def test_every_constraint_refuses_its_case(full_story: Story) -> None:
    wrong = []
    for model_name, cases in BROKEN.items():
        row = _row_to_break(model_name)
        for changes, rule in cases:
            refused = refused_by(row, **changes)
            if refused != f"grants_{model_name}_{rule}":
                wrong.append((model_name, changes, rule, refused))

    assert wrong == []


def _row_to_break(model_name: str) -> models.Model:
    model = apps.get_model("grants", model_name)
    if model is Journal:
        return Journal.objects.get(kind="allocation")
    if model is Posting:
        return Posting.objects.filter(account="cash").first()
    if model in {apps.get_model("grants", name) for name in ("report", "review")}:
        return model.objects.get(year=1)
    return model.objects.order_by("pk").first()


def test_agreement_offered_needs_its_offer(full_story: Story) -> None:
    no_offer = {"offered_at": None, "offer_lapses_on": None}

    refused = refused_by(full_story.agreement, status="offered", **UNACCEPTED, **no_offer)

    assert refused == "grants_agreement_status_fits_offer"


def test_approvals_are_one_a_step_and_one_a_person(story: Story) -> None:
    story.recommend()
    recommended = story.agreement.approvals.get()

    assert refused_by(recommended) in {"grants_approval_one_a_step", "grants_approval_one_a_person"}
    assert refused_by(recommended, step="odd") == "grants_approval_step_known"
    assert refused_by(recommended, outcome="refused", reason="") == "grants_approval_refusal_has_reason"
    assert refused_by(recommended, minute_reference="B 1") == "grants_approval_minute_fits"
    by_another = {"by_id": story.people.senior.pk, "rank": 2, "team": "north"}
    assert refused_by(recommended, **by_another) == "grants_approval_one_a_step"
    services.assure_agreement(by=story.people.senior, agreement=story.agreement)
    assured = story.agreement.approvals.get(step="assurance")
    assert refused_by(assured, step="first", outcome="refused", reason="no") == "grants_approval_one_a_person"


def test_bank_details_need_two_people_and_one_proposal_at_a_time(full_story: Story) -> None:
    account = BankAccount.objects.get()

    assert refused_by(account, decided_by_id=account.proposed_by_id) == "grants_bankaccount_two_people"
    services.propose_bank_account(
        by=full_story.people.treasurer,
        body=account.body,
        account_name="New",
        sort_code="654321",
        account_number="87654321",
    )
    assert refused_by(BankAccount.objects.proposed().get()) == "grants_bankaccount_one_proposed"


def test_starts_reports_and_reviews_need_two_people(full_story: Story) -> None:
    cohort = full_story.agreement.allocation.cohort
    report = full_story.agreement.reports.get(year=1)
    review = full_story.agreement.reviews.get(year=1)

    assert refused_by(cohort, allocated_by_id=cohort.proposed_by_id, number=7) == "grants_cohort_two_people"
    assert refused_by(report, accepted_by_id=report.submitted_by_id, year=40) == "grants_report_two_people"
    assert refused_by(review, confirmed_by_id=review.proposed_by_id, year=40) == "grants_review_two_people"


def test_a_hold_is_lifted_by_another_person_and_stands_once(full_story: Story) -> None:
    hold = Hold.objects.get()
    unlifted = {"lifted_by_id": None, "lifted_at": None, "lift_reason": ""}
    tranche = full_story.agreement.tranches.first()

    assert refused_by(hold, lifted_by_id=hold.placed_by_id) == "grants_hold_two_people"
    assert refused_by(hold, lifted_by_id=None) == "grants_hold_person_lifts"
    with acting("system:test", "held"):
        Hold.objects.create(agreement=full_story.agreement, reason="report", detail="late")
        Hold.objects.create(agreement=full_story.agreement, tranche=tranche, reason="report", detail="late")
    assert refused_by(hold, **unlifted, reason="report", placed_by_id=None) == "grants_hold_one_open_an_agreement"
    assert (
        refused_by(hold, **unlifted, reason="report", placed_by_id=None, tranche_id=tranche.pk)
        == "grants_hold_one_open_a_payment"
    )


def test_a_journal_is_never_approved_by_its_actor_and_its_seal_is_unique(full_story: Story) -> None:
    journal = Journal.objects.get(kind="allocation")
    posting = Posting.objects.filter(agreement__isnull=False).first()

    own = refused_by(journal, idempotency_key="other", approver_id=journal.actor_id)
    assert own == "grants_journal_approver_differs"
    lone = refused_by(journal, idempotency_key="other", kind="accepted", approver_id=journal.actor_id)
    assert lone == "grants_journal_approver_differs"
    assert refused_by(journal, idempotency_key="other", kind="reversal") == "grants_journal_reversal_named"
    assert refused_by(posting, neighbourhood_id=None) == "grants_posting_agreement_has_place"
    with connection.cursor() as cursor:
        cursor.execute("SELECT contype FROM pg_constraint WHERE conname = 'grants_journal_seal'")
        assert cursor.fetchone() == ("u",)


def test_a_second_allocation_of_a_place_is_refused(people: People, programme: Programme) -> None:
    allocate(people, programme)
    story = make_story(people, programme)

    copy = refused_by(story.agreement.allocation, residents=1)

    assert copy == "grants_allocation_once"
