"""Closed claims that a returned payment overtakes: what had come of them stays with the place, the payment counts as paid."""

from importlib import import_module

from django.db import migrations, models

from cwf_portal.core.sql_operations import CreateTogether

BEFORE = import_module("grants.migrations.0024_claims_withdrawn")
CLAIM = import_module("grants.migrations.0026_no_way_round").CLAIM
CLAIM_NOW = BEFORE.changed(
    CLAIM,
    ("('raised', 'revoked')) THEN", "('raised', 'revoked'), ('settled', 'moot'), ('revoked', 'moot')) THEN"),
    (
        "    IF NEW.status = 'revoked' AND NOT EXISTS",
        """    IF NEW.status = 'moot' AND NOT EXISTS (
        SELECT 1 FROM grants_lineclearing AS said
          JOIN grants_payment AS back ON back.id = said.payment_id
          JOIN grants_tranche AS due ON due.id = back.tranche_id
         WHERE due.agreement_id = NEW.agreement_id AND said.kind = 'returned' AND said.status = 'proposed')
    THEN
        RAISE EXCEPTION 'claim % is overtaken only by a payment that two people say came back', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_clawback_overtaken_by_two';
    END IF;
    IF NEW.status = 'revoked' AND NOT EXISTS""",
    ),
)
JOURNALS_NOW = BEFORE.changed(
    BEFORE.JOURNALS_NOW, ("'clawback_withdrawn', ", "'clawback_withdrawn', 'clawback_overtaken', ")
)
# Without the state a claim would be read as settled, and its money as gone from what was paid.
NONE_OVERTAKEN = """
DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM grants_clawbackevent WHERE status = 'moot') THEN
        RAISE EXCEPTION 'claims that were overtaken are kept: there is no way back from here';
    END IF;
END
$$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("grants", "0028_many_rows_at_once"),
    ]

    operations = [
        CreateTogether(
            [
                migrations.RemoveConstraint(
                    model_name="clawback",
                    name="grants_clawback_status_fits",
                ),
                migrations.RemoveConstraint(
                    model_name="journal",
                    name="grants_journal_kind_known",
                ),
                migrations.AlterField(
                    model_name="clawback",
                    name="status",
                    field=models.CharField(
                        choices=[
                            ("proposed", "Proposed"),
                            ("raised", "Asked back"),
                            ("refused", "Not to be"),
                            ("settled", "Settled"),
                            ("revoked", "Withdrawn"),
                            ("moot", "Overtaken by a returned payment"),
                        ],
                        default="proposed",
                        max_length=8,
                    ),
                ),
                migrations.AlterField(
                    model_name="clawbackevent",
                    name="status",
                    field=models.CharField(
                        choices=[
                            ("proposed", "Proposed"),
                            ("raised", "Asked back"),
                            ("refused", "Not to be"),
                            ("settled", "Settled"),
                            ("revoked", "Withdrawn"),
                            ("moot", "Overtaken by a returned payment"),
                        ],
                        default="proposed",
                        max_length=8,
                    ),
                ),
                migrations.AlterField(
                    model_name="journal",
                    name="kind",
                    field=models.CharField(
                        choices=[
                            ("wave_received", "Wave received"),
                            ("interest", "Interest received"),
                            ("allocation", "Set aside for a place"),
                            ("approval", "Agreement approved"),
                            ("accepted", "Agreement accepted"),
                            ("review_continued", "Yearly review: continue"),
                            ("released", "Payment released"),
                            ("release_withdrawn", "Release withdrawn"),
                            ("instructed", "Payment sent to the bank"),
                            ("confirmed", "Payment confirmed by the bank"),
                            ("rejected", "Payment rejected by the bank"),
                            ("returned", "Payment returned"),
                            ("lapsed", "Offer lapsed"),
                            ("discontinued", "Agreement discontinued"),
                            ("unknown_line", "Bank line not yet explained"),
                            ("unknown_cleared", "Bank line explained"),
                            ("bank_fee", "Bank fee"),
                            ("running_cost", "Cost of running the fund"),
                            ("invested", "Money invested"),
                            ("revalued", "Investments valued"),
                            ("sold", "Investments sold"),
                            ("uplift", "Raised with prices"),
                            ("varied", "Agreement varied"),
                            ("allocation_returned", "Money set aside returned to the fund"),
                            ("strand_transfer", "Moved to another purpose"),
                            ("clawback_raised", "Money asked back"),
                            ("clawback_received", "Money came back"),
                            ("clawback_withdrawn", "Claim withdrawn"),
                            ("clawback_overtaken", "Claim overtaken by a returned payment"),
                            ("written_off", "Debt written off"),
                            ("reversal", "Correction of a clerical error"),
                        ],
                        max_length=20,
                    ),
                ),
                migrations.AddConstraint(
                    model_name="clawback",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decided_by", None), ("journal", None), ("refusal", ""), ("status", "proposed")),
                            models.Q(
                                ("decided_by__isnull", False),
                                ("journal__isnull", False),
                                ("refusal", ""),
                                ("status__in", ["raised", "settled", "revoked", "moot"]),
                            ),
                            models.Q(
                                ("decided_by__isnull", False),
                                ("journal", None),
                                ("status", "refused"),
                                models.Q(("refusal", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="grants_clawback_status_fits",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="journal",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                [
                                    "accepted",
                                    "allocation",
                                    "allocation_returned",
                                    "approval",
                                    "bank_fee",
                                    "clawback_overtaken",
                                    "clawback_raised",
                                    "clawback_received",
                                    "clawback_withdrawn",
                                    "confirmed",
                                    "discontinued",
                                    "instructed",
                                    "interest",
                                    "invested",
                                    "lapsed",
                                    "rejected",
                                    "release_withdrawn",
                                    "released",
                                    "returned",
                                    "revalued",
                                    "reversal",
                                    "review_continued",
                                    "running_cost",
                                    "sold",
                                    "strand_transfer",
                                    "unknown_cleared",
                                    "unknown_line",
                                    "uplift",
                                    "varied",
                                    "wave_received",
                                    "written_off",
                                ],
                            )
                        ),
                        name="grants_journal_kind_known",
                    ),
                ),
                migrations.RunSQL(CLAIM_NOW + JOURNALS_NOW, NONE_OVERTAKEN + CLAIM + BEFORE.JOURNALS_NOW),
            ]
        ),
    ]
