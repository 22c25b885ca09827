"""Spending by a rule that smooths, what the reconciler derives from agreements, and small changes that count together.

A change is small measured from what was last approved in full: many small ones move no more than one.
"""

from importlib import import_module

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

from cwf_portal.core.sql_operations import CreateTogether

BEFORE = import_module("grants.migrations.0016_variations").SMALL.replace(
    "CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"
)
SMALL = """
CREATE OR REPLACE FUNCTION grants_moves_little(subject bigint)
RETURNS boolean LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    WITH asked AS (SELECT * FROM grants_variation WHERE agreement_id = subject AND status = 'proposed'),
    base AS (
        SELECT v.* FROM grants_agreementversion AS v LEFT JOIN grants_variation AS made ON made.id = v.variation_id
         WHERE v.agreement_id = subject AND NOT coalesce(made.is_small, false) ORDER BY v.number DESC LIMIT 1),
    old AS (SELECT l.due_on, l.amount_pence FROM grants_scheduleline AS l JOIN base ON base.id = l.version_id),
    new AS (
        SELECT l.due_on, l.amount_pence FROM grants_variationline AS l JOIN asked ON asked.id = l.variation_id
        UNION ALL
        SELECT due_on, amount_pence FROM grants_tranche
         WHERE agreement_id = subject AND status NOT IN ('pledged', 'committed', 'cancelled'))
    SELECT EXISTS (SELECT 1 FROM asked JOIN base ON true
                    WHERE asked.amount_pence = base.amount_pence AND asked.contribution_pence = base.contribution_pence
                      AND asked.ends_on
                          BETWEEN base.ends_on - interval '6 months' AND base.ends_on + interval '6 months')
       AND NOT EXISTS (SELECT 1 FROM old AS o
                        WHERE (SELECT coalesce(sum(amount_pence), 0) FROM new
                                WHERE due_on <= o.due_on + interval '6 months 7 days')
                            < (SELECT sum(amount_pence) FROM old WHERE due_on <= o.due_on))
       AND NOT EXISTS (SELECT 1 FROM new AS n
                        WHERE (SELECT coalesce(sum(amount_pence), 0) FROM old
                                WHERE due_on <= n.due_on + interval '6 months 7 days')
                            < (SELECT sum(amount_pence) FROM new WHERE due_on <= n.due_on))
$$;
"""


class Migration(migrations.Migration):
    dependencies = (("grants", "0037_bulk_debits"),)
    operations = (
        CreateTogether(
            [
                pgtrigger.migrations.RemoveTrigger(
                    model_name="spendingpolicy",
                    name="insert_insert",
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name="spendingpolicy",
                    name="update_update",
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name="spendingpolicy",
                    name="delete_delete",
                ),
                migrations.RemoveConstraint(
                    model_name="reconciliationdifference",
                    name="grants_reconciliationdifference_kind_known",
                ),
                migrations.AddField(
                    model_name="spendingpolicy",
                    name="cap_basis_points",
                    field=models.PositiveSmallIntegerField(null=True),
                ),
                migrations.AddField(
                    model_name="spendingpolicy",
                    name="inflation_basis_points",
                    field=models.PositiveSmallIntegerField(null=True),
                ),
                migrations.AddField(
                    model_name="spendingpolicy",
                    name="kind",
                    field=models.CharField(
                        choices=[
                            ("spend_down", "All is spent by a day, evenly"),
                            ("hybrid", "Each year follows the year before and what remains, up to a cap"),
                        ],
                        db_default="spend_down",
                        default="spend_down",
                        max_length=10,
                    ),
                ),
                migrations.AddField(
                    model_name="spendingpolicy",
                    name="rate_basis_points",
                    field=models.PositiveSmallIntegerField(null=True),
                ),
                migrations.AddField(
                    model_name="spendingpolicy",
                    name="smoothing_basis_points",
                    field=models.PositiveSmallIntegerField(null=True),
                ),
                migrations.AddField(
                    model_name="spendingpolicyevent",
                    name="cap_basis_points",
                    field=models.PositiveSmallIntegerField(null=True),
                ),
                migrations.AddField(
                    model_name="spendingpolicyevent",
                    name="inflation_basis_points",
                    field=models.PositiveSmallIntegerField(null=True),
                ),
                migrations.AddField(
                    model_name="spendingpolicyevent",
                    name="kind",
                    field=models.CharField(
                        choices=[
                            ("spend_down", "All is spent by a day, evenly"),
                            ("hybrid", "Each year follows the year before and what remains, up to a cap"),
                        ],
                        db_default="spend_down",
                        default="spend_down",
                        max_length=10,
                    ),
                ),
                migrations.AddField(
                    model_name="spendingpolicyevent",
                    name="rate_basis_points",
                    field=models.PositiveSmallIntegerField(null=True),
                ),
                migrations.AddField(
                    model_name="spendingpolicyevent",
                    name="smoothing_basis_points",
                    field=models.PositiveSmallIntegerField(null=True),
                ),
                migrations.AlterField(
                    model_name="reconciliationdifference",
                    name="kind",
                    field=models.CharField(
                        choices=[
                            ("paid_twice", "Paid twice"),
                            ("paid_not_due", "Paid, but not due"),
                            ("not_asked", "Money went out that nobody asked for"),
                            ("not_instructed", "Due, but never sent to the bank"),
                            ("unanswered", "Sent, but the bank has not answered"),
                            ("agreement_differs", "Payments do not come to what was agreed"),
                            ("schedule_differs", "A payment does not follow from its agreement"),
                            ("ledger_differs", "The ledger does not hold what is promised"),
                            ("amount_differs", "The amount differs"),
                            ("account_differs", "The account is not the approved one"),
                            ("state_differs", "The portal says something else than the bank"),
                            ("cash_differs", "The ledger’s cash is not the bank’s balance"),
                            ("paid_differs", "The ledger’s payments are not the bank’s"),
                            ("line_differs", "A line was taken in otherwise than it came"),
                            ("suspense_old", "A line has stayed unexplained for long"),
                            ("statement_gap", "A statement is missing or does not follow"),
                        ],
                        max_length=20,
                    ),
                ),
                migrations.AlterField(
                    model_name="spendingpolicy",
                    name="spend_down_on",
                    field=models.DateField(null=True),
                ),
                migrations.AlterField(
                    model_name="spendingpolicyevent",
                    name="spend_down_on",
                    field=models.DateField(null=True),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="spendingpolicy",
                    trigger=pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "grants_spendingpolicyevent" ("cap_basis_points", "confirmed_at", "confirmed_by_id", "id", "inflation_basis_points", "kind", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "programme_id", "proposed_at", "proposed_by_id", "rate_basis_points", "reason", "smoothing_basis_points", "spend_down_on", "withdrawn_at", "withdrawn_by_id") VALUES (NEW."cap_basis_points", NEW."confirmed_at", NEW."confirmed_by_id", NEW."id", NEW."inflation_basis_points", NEW."kind", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'insert\', NEW."id", NEW."programme_id", NEW."proposed_at", NEW."proposed_by_id", NEW."rate_basis_points", NEW."reason", NEW."smoothing_basis_points", NEW."spend_down_on", NEW."withdrawn_at", NEW."withdrawn_by_id"); RETURN NULL;',
                            hash="f1fd0f1cd8dda9dd7d36da66a19357b243460b27",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_668cb",
                            table="grants_spendingpolicy",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="spendingpolicy",
                    trigger=pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "grants_spendingpolicyevent" ("cap_basis_points", "confirmed_at", "confirmed_by_id", "id", "inflation_basis_points", "kind", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "programme_id", "proposed_at", "proposed_by_id", "rate_basis_points", "reason", "smoothing_basis_points", "spend_down_on", "withdrawn_at", "withdrawn_by_id") VALUES (NEW."cap_basis_points", NEW."confirmed_at", NEW."confirmed_by_id", NEW."id", NEW."inflation_basis_points", NEW."kind", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'update\', NEW."id", NEW."programme_id", NEW."proposed_at", NEW."proposed_by_id", NEW."rate_basis_points", NEW."reason", NEW."smoothing_basis_points", NEW."spend_down_on", NEW."withdrawn_at", NEW."withdrawn_by_id"); RETURN NULL;',
                            hash="5a5ae12e82a85701adb0d7061f34e54b84e6860f",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_2d31e",
                            table="grants_spendingpolicy",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="spendingpolicy",
                    trigger=pgtrigger.compiler.Trigger(
                        name="delete_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "grants_spendingpolicyevent" ("cap_basis_points", "confirmed_at", "confirmed_by_id", "id", "inflation_basis_points", "kind", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "programme_id", "proposed_at", "proposed_by_id", "rate_basis_points", "reason", "smoothing_basis_points", "spend_down_on", "withdrawn_at", "withdrawn_by_id") VALUES (OLD."cap_basis_points", OLD."confirmed_at", OLD."confirmed_by_id", OLD."id", OLD."inflation_basis_points", OLD."kind", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'delete\', OLD."id", OLD."programme_id", OLD."proposed_at", OLD."proposed_by_id", OLD."rate_basis_points", OLD."reason", OLD."smoothing_basis_points", OLD."spend_down_on", OLD."withdrawn_at", OLD."withdrawn_by_id"); RETURN NULL;',
                            hash="110c6187b720ad5cf422f65b95747b0edd1d1ed0",
                            operation="DELETE",
                            pgid="pgtrigger_delete_delete_d0224",
                            table="grants_spendingpolicy",
                            when="AFTER",
                        ),
                    ),
                ),
                migrations.AddConstraint(
                    model_name="reconciliationdifference",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                [
                                    "account_differs",
                                    "agreement_differs",
                                    "amount_differs",
                                    "cash_differs",
                                    "ledger_differs",
                                    "line_differs",
                                    "not_asked",
                                    "not_instructed",
                                    "paid_differs",
                                    "paid_not_due",
                                    "paid_twice",
                                    "schedule_differs",
                                    "state_differs",
                                    "statement_gap",
                                    "suspense_old",
                                    "unanswered",
                                ],
                            )
                        ),
                        name="grants_reconciliationdifference_kind_known",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="spendingpolicy",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                models.Q(
                                    ("cap_basis_points", None),
                                    ("inflation_basis_points", None),
                                    ("rate_basis_points", None),
                                    ("smoothing_basis_points", None),
                                ),
                                ("kind", "spend_down"),
                                ("spend_down_on__isnull", False),
                            ),
                            models.Q(
                                models.Q(
                                    ("cap_basis_points__isnull", False),
                                    ("inflation_basis_points__isnull", False),
                                    ("rate_basis_points__isnull", False),
                                    ("smoothing_basis_points__isnull", False),
                                ),
                                ("kind", "hybrid"),
                                ("spend_down_on", None),
                            ),
                            _connector="OR",
                        ),
                        name="grants_spendingpolicy_kind_fits",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="spendingpolicy",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            ("kind", "spend_down"),
                            models.Q(
                                ("cap_basis_points__lte", 3000),
                                ("inflation_basis_points__lte", 1000),
                                ("rate_basis_points__gte", 1),
                                ("rate_basis_points__lte", models.F("cap_basis_points")),
                                ("smoothing_basis_points__lt", 10000),
                            ),
                            _connector="OR",
                        ),
                        name="grants_spendingpolicy_rule_in_bounds",
                    ),
                ),
            ]
        ),
        migrations.RunSQL(SMALL, BEFORE),
    )
