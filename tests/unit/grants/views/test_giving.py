"""Agreements as open data: anybody reads them, and they say what the published figures say."""

import csv
import io
from decimal import Decimal

import pytest
from django.test import Client

from cwf_portal.core.audit import acting
from grants.models import Agreement, Tranche, TrancheStatus
from panels.models import Organisation
from tests.unit.grants.conftest import Story
from tests.unit.grants.payment_world import World

pytestmark = pytest.mark.django_db
FILE = "/open-data/grants.csv"
# What the standard asks of every grant.
REQUIRED = {
    "Identifier", "Title", "Description", "Currency", "Amount Awarded", "Award Date", "Recipient Org:Identifier",
    "Recipient Org:Name", "Funding Org:Identifier", "Funding Org:Name",
}  # fmt: skip


def read() -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(Client().get(FILE).content.decode("utf-8-sig"))))


def test_anybody_reads_of_every_accepted_agreement_what_the_standard_asks_for(accepted: Story) -> None:
    (row,) = read()
    agreement, place = accepted.fresh(), accepted.agreement.allocation.neighbourhood
    assert all(row[name] for name in REQUIRED)
    assert row["Identifier"] == f"360G-cwf-{agreement.reference}"
    assert Decimal(row["Amount Awarded"]) * 100 == agreement.amount_pence
    assert row["Amount Disbursed"] == "0"
    assert (row["Planned Dates:Start Date"], row["Planned Dates:End Date"]) == (
        str(agreement.starts_on),
        str(agreement.ends_on),
    )
    assert row["Beneficiary Location:Geographic Code"] == place.code
    assert row["URL"].endswith(f"/places/{place.code}/")


def test_an_offer_that_nobody_accepted_is_no_grant(story: Story) -> None:
    story.approve()
    assert read() == []
    assert "0 accepted agreements" in Client().get("/open-data/").content.decode()


@pytest.mark.usefixtures("paid")
def test_what_was_sent_is_the_places_part_of_what_was_paid(world: World) -> None:
    sent = Tranche.objects.filter(agreement=world.agreement, status=TrancheStatus.PAID)
    row = next(one for one in read() if one["Identifier"].endswith(world.agreement.reference))
    assert sent.exists()
    assert Decimal(row["Amount Disbursed"]) * 100 == sum(one.amount_pence + one.uplift_pence for one in sent)


@pytest.mark.parametrize(
    ("form", "number", "identifier"),
    [
        ("charity", "1234567", "GB-CHC-1234567"),
        ("company", "01234567", "GB-COH-01234567"),
        ("council", "", "360G-given-org-{pk}"),
        ("charity", "applied for", "360G-given-org-{pk}"),
    ],
)
def test_an_organisation_has_the_identifier_of_its_register(
    accepted: Story, settings: object, form: str, number: str, identifier: str
) -> None:
    settings.GIVING_PREFIX = "given"  # type: ignore[attr-defined]
    body = accepted.fresh().body
    with acting("system:test", "another register"):
        Organisation.objects.filter(pk=body.organisation_id).update(registration=number)
        type(body).objects.filter(pk=body.pk).update(legal_form=form)
    (row,) = read()
    assert row["Recipient Org:Identifier"] == identifier.format(pk=body.pk)
    assert row["Funding Org:Identifier"] == "360G-given"


def test_files_take_one_question_however_many_agreements_there_are(
    wide_world: World, django_assert_num_queries
) -> None:
    assert Agreement.objects.exclude(accepted_at=None).count() > 1
    with django_assert_num_queries(1):
        rows = read()
    assert len(rows) == Agreement.objects.exclude(accepted_at=None).count()
    assert Client().get("/open-data/grants.xlsx").content.startswith(b"PK")


def test_page_leads_to_every_file(accepted: Story) -> None:
    page = Client().get("/open-data/").content.decode()
    for address in (FILE, "/open-data/grants.xlsx", "/places/export/", "/verify_round.py", "/api/v1/schema/"):
        assert f'href="{address}"' in page
        assert Client().get(address).status_code == 200
    assert 'href="/open-data/"' in Client().get("/licences/").content.decode()
