"""What is paid while money from before is not spent, by two people and the rule alone."""

import cwf_portal.core.clock
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.comparison
import pghistory.utils
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

from cwf_portal.core.sql_operations import CreateTogether, protect_history


class Migration(migrations.Migration):
    dependencies = [
        ("grants", "0017_what_is_taken_back"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateTogether(
            [
                CreateTogether(
                    [
                        migrations.CreateModel(
                            name="UnspentDecision",
                            fields=[
                                (
                                    "id",
                                    models.BigAutoField(
                                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                                    ),
                                ),
                                ("scheduled_pence", models.BigIntegerField()),
                                ("unspent_pence", models.BigIntegerField()),
                                ("plan_pence", models.BigIntegerField()),
                                ("margin_basis_points", models.PositiveSmallIntegerField()),
                                ("pay_pence", models.BigIntegerField()),
                                ("later_on", models.DateField(null=True)),
                                ("reason", models.CharField(max_length=300)),
                                (
                                    "status",
                                    models.CharField(
                                        choices=[
                                            ("proposed", "Waits for a second person"),
                                            ("confirmed", "Confirmed by two"),
                                            ("refused", "Refused"),
                                            ("reversed", "Taken back as an error"),
                                        ],
                                        default="proposed",
                                        max_length=9,
                                    ),
                                ),
                                (
                                    "proposed_at",
                                    models.DateTimeField(db_default=cwf_portal.core.clock.CoreNow(), editable=False),
                                ),
                                ("decided_at", models.DateTimeField(null=True)),
                                ("refusal", models.CharField(blank=True, max_length=300)),
                            ],
                            options={
                                "ordering": ("id",),
                            },
                        ),
                        migrations.CreateModel(
                            name="UnspentDecisionEvent",
                            fields=[
                                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                                ("pgh_label", models.TextField(help_text="The event label.")),
                                ("pgh_context", pghistory.utils.JSONField(null=True)),
                                ("pgh_context_id", models.UUIDField(null=True)),
                                ("id", models.BigIntegerField()),
                                ("scheduled_pence", models.BigIntegerField()),
                                ("unspent_pence", models.BigIntegerField()),
                                ("plan_pence", models.BigIntegerField()),
                                ("margin_basis_points", models.PositiveSmallIntegerField()),
                                ("pay_pence", models.BigIntegerField()),
                                ("later_on", models.DateField(null=True)),
                                ("reason", models.CharField(max_length=300)),
                                (
                                    "status",
                                    models.CharField(
                                        choices=[
                                            ("proposed", "Waits for a second person"),
                                            ("confirmed", "Confirmed by two"),
                                            ("refused", "Refused"),
                                            ("reversed", "Taken back as an error"),
                                        ],
                                        default="proposed",
                                        max_length=9,
                                    ),
                                ),
                                (
                                    "proposed_at",
                                    models.DateTimeField(db_default=cwf_portal.core.clock.CoreNow(), editable=False),
                                ),
                                ("decided_at", models.DateTimeField(null=True)),
                                ("refusal", models.CharField(blank=True, max_length=300)),
                            ],
                            options={
                                "abstract": False,
                            },
                        ),
                        migrations.AddField(
                            model_name="unspentdecision",
                            name="decided_by",
                            field=models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        migrations.AddField(
                            model_name="unspentdecision",
                            name="later",
                            field=models.OneToOneField(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="moved_by",
                                to="grants.tranche",
                            ),
                        ),
                        migrations.AddField(
                            model_name="unspentdecision",
                            name="proposed_by",
                            field=models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        migrations.AddField(
                            model_name="unspentdecision",
                            name="report",
                            field=models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="unspent_decisions",
                                to="grants.report",
                            ),
                        ),
                        migrations.AddField(
                            model_name="unspentdecision",
                            name="tranche",
                            field=models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="unspent_decisions",
                                to="grants.tranche",
                            ),
                        ),
                        migrations.AddField(
                            model_name="unspentdecisionevent",
                            name="decided_by",
                            field=models.ForeignKey(
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                related_query_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        migrations.AddField(
                            model_name="unspentdecisionevent",
                            name="later",
                            field=models.ForeignKey(
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                related_query_name="+",
                                to="grants.tranche",
                            ),
                        ),
                        migrations.AddField(
                            model_name="unspentdecisionevent",
                            name="pgh_obj",
                            field=models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                to="grants.unspentdecision",
                            ),
                        ),
                        migrations.AddField(
                            model_name="unspentdecisionevent",
                            name="proposed_by",
                            field=models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                related_query_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        migrations.AddField(
                            model_name="unspentdecisionevent",
                            name="report",
                            field=models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                related_query_name="+",
                                to="grants.report",
                            ),
                        ),
                        migrations.AddField(
                            model_name="unspentdecisionevent",
                            name="tranche",
                            field=models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                related_query_name="+",
                                to="grants.tranche",
                            ),
                        ),
                        migrations.AddConstraint(
                            model_name="unspentdecision",
                            constraint=models.CheckConstraint(
                                condition=models.Q(
                                    ("plan_pence__gte", 0), ("scheduled_pence__gt", 0), ("unspent_pence__gte", 0)
                                ),
                                name="grants_unspentdecision_not_negative",
                            ),
                        ),
                        migrations.AddConstraint(
                            model_name="unspentdecision",
                            constraint=models.CheckConstraint(
                                condition=models.Q(
                                    (
                                        "pay_pence",
                                        django.db.models.functions.comparison.Greatest(
                                            models.Value(0),
                                            django.db.models.functions.comparison.Least(
                                                models.F("scheduled_pence"),
                                                django.db.models.expressions.CombinedExpression(
                                                    django.db.models.expressions.CombinedExpression(
                                                        models.F("plan_pence"),
                                                        "+",
                                                        django.db.models.expressions.CombinedExpression(
                                                            django.db.models.expressions.CombinedExpression(
                                                                models.F("plan_pence"),
                                                                "*",
                                                                models.F("margin_basis_points"),
                                                            ),
                                                            "/",
                                                            models.Value(10000),
                                                        ),
                                                    ),
                                                    "-",
                                                    models.F("unspent_pence"),
                                                ),
                                            ),
                                        ),
                                    )
                                ),
                                name="grants_unspentdecision_by_the_rule",
                            ),
                        ),
                        migrations.AddConstraint(
                            model_name="unspentdecision",
                            constraint=models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("later", None), ("later_on", None), ("pay_pence", models.F("scheduled_pence"))
                                    ),
                                    models.Q(
                                        ("later_on__isnull", False), ("pay_pence__lt", models.F("scheduled_pence"))
                                    ),
                                    _connector="OR",
                                ),
                                name="grants_unspentdecision_rest_comes_later",
                            ),
                        ),
                        migrations.AddConstraint(
                            model_name="unspentdecision",
                            constraint=models.CheckConstraint(
                                condition=models.Q(
                                    ("later", None),
                                    models.Q(("pay_pence__gt", 0), ("status", "confirmed")),
                                    _connector="OR",
                                ),
                                name="grants_unspentdecision_later_made",
                            ),
                        ),
                        migrations.AddConstraint(
                            model_name="unspentdecision",
                            constraint=models.CheckConstraint(
                                condition=models.Q(("reason", ""), _negated=True),
                                name="grants_unspentdecision_says_why",
                            ),
                        ),
                        migrations.AddConstraint(
                            model_name="unspentdecision",
                            constraint=models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("decided_by", None), ("refusal", ""), ("status", "proposed")),
                                    models.Q(("decided_by__isnull", False), ("refusal", ""), ("status", "confirmed")),
                                    models.Q(
                                        ("decided_by__isnull", False),
                                        ("status", "refused"),
                                        models.Q(("refusal", ""), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                                name="grants_unspentdecision_status_fits",
                            ),
                        ),
                        migrations.AddConstraint(
                            model_name="unspentdecision",
                            constraint=models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("decided_at__isnull", True), ("decided_by__isnull", True)),
                                    models.Q(("decided_at__isnull", False), ("decided_by__isnull", False)),
                                    _connector="OR",
                                ),
                                name="grants_unspentdecision_decided_pair",
                            ),
                        ),
                        migrations.AddConstraint(
                            model_name="unspentdecision",
                            constraint=models.CheckConstraint(
                                condition=models.Q(
                                    ("status", "refused"),
                                    ("decided_by", None),
                                    models.Q(("decided_by", models.F("proposed_by")), _negated=True),
                                    _connector="OR",
                                ),
                                name="grants_unspentdecision_two_people",
                            ),
                        ),
                        migrations.AddConstraint(
                            model_name="unspentdecision",
                            constraint=models.UniqueConstraint(
                                condition=models.Q(("status", "proposed")),
                                fields=("tranche",),
                                name="grants_unspentdecision_one_proposed",
                            ),
                        ),
                        pgtrigger.migrations.AddTrigger(
                            model_name="unspentdecision",
                            trigger=pgtrigger.compiler.Trigger(
                                name="insert_insert",
                                sql=pgtrigger.compiler.UpsertTriggerSql(
                                    func='INSERT INTO "grants_unspentdecisionevent" ("decided_at", "decided_by_id", "id", "later_id", "later_on", "margin_basis_points", "pay_pence", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "plan_pence", "proposed_at", "proposed_by_id", "reason", "refusal", "report_id", "scheduled_pence", "status", "tranche_id", "unspent_pence") VALUES (NEW."decided_at", NEW."decided_by_id", NEW."id", NEW."later_id", NEW."later_on", NEW."margin_basis_points", NEW."pay_pence", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'insert\', NEW."id", NEW."plan_pence", NEW."proposed_at", NEW."proposed_by_id", NEW."reason", NEW."refusal", NEW."report_id", NEW."scheduled_pence", NEW."status", NEW."tranche_id", NEW."unspent_pence"); RETURN NULL;',
                                    hash="30e6bd7924a57e5f7e5dc7f33d5ed4b2a389d542",
                                    operation="INSERT",
                                    pgid="pgtrigger_insert_insert_c7fbf",
                                    table="grants_unspentdecision",
                                    when="AFTER",
                                ),
                            ),
                        ),
                        pgtrigger.migrations.AddTrigger(
                            model_name="unspentdecision",
                            trigger=pgtrigger.compiler.Trigger(
                                name="update_update",
                                sql=pgtrigger.compiler.UpsertTriggerSql(
                                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                                    func='INSERT INTO "grants_unspentdecisionevent" ("decided_at", "decided_by_id", "id", "later_id", "later_on", "margin_basis_points", "pay_pence", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "plan_pence", "proposed_at", "proposed_by_id", "reason", "refusal", "report_id", "scheduled_pence", "status", "tranche_id", "unspent_pence") VALUES (NEW."decided_at", NEW."decided_by_id", NEW."id", NEW."later_id", NEW."later_on", NEW."margin_basis_points", NEW."pay_pence", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'update\', NEW."id", NEW."plan_pence", NEW."proposed_at", NEW."proposed_by_id", NEW."reason", NEW."refusal", NEW."report_id", NEW."scheduled_pence", NEW."status", NEW."tranche_id", NEW."unspent_pence"); RETURN NULL;',
                                    hash="da4adeefd79b9fe6318f049e976f75c35fefe960",
                                    operation="UPDATE",
                                    pgid="pgtrigger_update_update_afb66",
                                    table="grants_unspentdecision",
                                    when="AFTER",
                                ),
                            ),
                        ),
                        pgtrigger.migrations.AddTrigger(
                            model_name="unspentdecision",
                            trigger=pgtrigger.compiler.Trigger(
                                name="delete_delete",
                                sql=pgtrigger.compiler.UpsertTriggerSql(
                                    func='INSERT INTO "grants_unspentdecisionevent" ("decided_at", "decided_by_id", "id", "later_id", "later_on", "margin_basis_points", "pay_pence", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "plan_pence", "proposed_at", "proposed_by_id", "reason", "refusal", "report_id", "scheduled_pence", "status", "tranche_id", "unspent_pence") VALUES (OLD."decided_at", OLD."decided_by_id", OLD."id", OLD."later_id", OLD."later_on", OLD."margin_basis_points", OLD."pay_pence", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'delete\', OLD."id", OLD."plan_pence", OLD."proposed_at", OLD."proposed_by_id", OLD."reason", OLD."refusal", OLD."report_id", OLD."scheduled_pence", OLD."status", OLD."tranche_id", OLD."unspent_pence"); RETURN NULL;',
                                    hash="7f8d6b890e563c20796f8815f34179afdff1473e",
                                    operation="DELETE",
                                    pgid="pgtrigger_delete_delete_e13ec",
                                    table="grants_unspentdecision",
                                    when="AFTER",
                                ),
                            ),
                        ),
                        pgtrigger.migrations.AddTrigger(
                            model_name="unspentdecisionevent",
                            trigger=pgtrigger.compiler.Trigger(
                                name="append_only",
                                sql=pgtrigger.compiler.UpsertTriggerSql(
                                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                                    hash="facf82c1f50a09936951d32eff4c74adf32a74bb",
                                    operation="UPDATE OR DELETE",
                                    pgid="pgtrigger_append_only_8b926",
                                    table="grants_unspentdecisionevent",
                                    when="BEFORE",
                                ),
                            ),
                        ),
                        migrations.RemoveConstraint(
                            model_name="hold",
                            name="grants_hold_reason_known",
                        ),
                        migrations.RemoveConstraint(
                            model_name="tranchefunding",
                            name="grants_tranchefunding_why_known",
                        ),
                        migrations.AlterField(
                            model_name="hold",
                            name="reason",
                            field=models.CharField(
                                choices=[
                                    ("officer", "Held by an officer"),
                                    ("report", "A yearly report is missing"),
                                    ("review", "The yearly review is not done"),
                                    ("bank_details", "Bank details are not confirmed"),
                                    ("panel", "The panel cannot decide"),
                                    ("due_diligence", "Checks on the organisation have run out"),
                                    ("rejected", "The bank rejected the payment"),
                                    ("returned", "The payment came back"),
                                    ("in_doubt", "The bank has not said whether it paid"),
                                    ("unspent", "Money from before is not spent yet"),
                                ],
                                max_length=20,
                            ),
                        ),
                        migrations.AlterField(
                            model_name="holdevent",
                            name="reason",
                            field=models.CharField(
                                choices=[
                                    ("officer", "Held by an officer"),
                                    ("report", "A yearly report is missing"),
                                    ("review", "The yearly review is not done"),
                                    ("bank_details", "Bank details are not confirmed"),
                                    ("panel", "The panel cannot decide"),
                                    ("due_diligence", "Checks on the organisation have run out"),
                                    ("rejected", "The bank rejected the payment"),
                                    ("returned", "The payment came back"),
                                    ("in_doubt", "The bank has not said whether it paid"),
                                    ("unspent", "Money from before is not spent yet"),
                                ],
                                max_length=20,
                            ),
                        ),
                        migrations.AlterField(
                            model_name="tranchefunding",
                            name="why",
                            field=models.CharField(
                                choices=[
                                    ("schedule", "As scheduled"),
                                    ("uplift", "Raised with prices"),
                                    ("variation", "Varied"),
                                    ("unspent", "Part of it comes later"),
                                ],
                                db_default="schedule",
                                default="schedule",
                                max_length=10,
                            ),
                        ),
                    ]
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name="programme",
                    name="insert_insert",
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name="programme",
                    name="update_update",
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name="programme",
                    name="delete_delete",
                ),
                migrations.AddField(
                    model_name="programme",
                    name="unspent_margin_basis_points",
                    field=models.PositiveSmallIntegerField(db_default=1000, default=1000),
                ),
                migrations.AddField(
                    model_name="programmeevent",
                    name="unspent_margin_basis_points",
                    field=models.PositiveSmallIntegerField(db_default=1000, default=1000),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="programme",
                    trigger=pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "grants_programmeevent" ("base_pence", "body_contribution_pct", "cadence_months", "capacity_pct", "ceiling_pence", "code", "contingency_pct", "contribution_basis_points", "first_payment_days", "floor_pence", "id", "index_basis_points", "indexation", "name", "offer_days", "opened_at", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_pct", "profile", "rate_pence_per_resident", "residents_max", "residents_min", "running_pct", "step_pence", "term_years_max", "term_years_min", "unspent_margin_basis_points", "wind_down_months") VALUES (NEW."base_pence", NEW."body_contribution_pct", NEW."cadence_months", NEW."capacity_pct", NEW."ceiling_pence", NEW."code", NEW."contingency_pct", NEW."contribution_basis_points", NEW."first_payment_days", NEW."floor_pence", NEW."id", NEW."index_basis_points", NEW."indexation", NEW."name", NEW."offer_days", NEW."opened_at", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'insert\', NEW."id", NEW."place_pct", NEW."profile", NEW."rate_pence_per_resident", NEW."residents_max", NEW."residents_min", NEW."running_pct", NEW."step_pence", NEW."term_years_max", NEW."term_years_min", NEW."unspent_margin_basis_points", NEW."wind_down_months"); RETURN NULL;',
                            hash="e4b11df20f385d92ae95a4527df052956dcbdb19",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_d29de",
                            table="grants_programme",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="programme",
                    trigger=pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "grants_programmeevent" ("base_pence", "body_contribution_pct", "cadence_months", "capacity_pct", "ceiling_pence", "code", "contingency_pct", "contribution_basis_points", "first_payment_days", "floor_pence", "id", "index_basis_points", "indexation", "name", "offer_days", "opened_at", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_pct", "profile", "rate_pence_per_resident", "residents_max", "residents_min", "running_pct", "step_pence", "term_years_max", "term_years_min", "unspent_margin_basis_points", "wind_down_months") VALUES (NEW."base_pence", NEW."body_contribution_pct", NEW."cadence_months", NEW."capacity_pct", NEW."ceiling_pence", NEW."code", NEW."contingency_pct", NEW."contribution_basis_points", NEW."first_payment_days", NEW."floor_pence", NEW."id", NEW."index_basis_points", NEW."indexation", NEW."name", NEW."offer_days", NEW."opened_at", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'update\', NEW."id", NEW."place_pct", NEW."profile", NEW."rate_pence_per_resident", NEW."residents_max", NEW."residents_min", NEW."running_pct", NEW."step_pence", NEW."term_years_max", NEW."term_years_min", NEW."unspent_margin_basis_points", NEW."wind_down_months"); RETURN NULL;',
                            hash="c544c69f539ee18a8f6bc739428ea78bd20ede37",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_02b7c",
                            table="grants_programme",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="programme",
                    trigger=pgtrigger.compiler.Trigger(
                        name="delete_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "grants_programmeevent" ("base_pence", "body_contribution_pct", "cadence_months", "capacity_pct", "ceiling_pence", "code", "contingency_pct", "contribution_basis_points", "first_payment_days", "floor_pence", "id", "index_basis_points", "indexation", "name", "offer_days", "opened_at", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_pct", "profile", "rate_pence_per_resident", "residents_max", "residents_min", "running_pct", "step_pence", "term_years_max", "term_years_min", "unspent_margin_basis_points", "wind_down_months") VALUES (OLD."base_pence", OLD."body_contribution_pct", OLD."cadence_months", OLD."capacity_pct", OLD."ceiling_pence", OLD."code", OLD."contingency_pct", OLD."contribution_basis_points", OLD."first_payment_days", OLD."floor_pence", OLD."id", OLD."index_basis_points", OLD."indexation", OLD."name", OLD."offer_days", OLD."opened_at", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'delete\', OLD."id", OLD."place_pct", OLD."profile", OLD."rate_pence_per_resident", OLD."residents_max", OLD."residents_min", OLD."running_pct", OLD."step_pence", OLD."term_years_max", OLD."term_years_min", OLD."unspent_margin_basis_points", OLD."wind_down_months"); RETURN NULL;',
                            hash="599cc160f9fc856c19e08537413402ee4422f250",
                            operation="DELETE",
                            pgid="pgtrigger_delete_delete_e2558",
                            table="grants_programme",
                            when="AFTER",
                        ),
                    ),
                ),
                migrations.AddConstraint(
                    model_name="hold",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            (
                                "reason__in",
                                [
                                    "officer",
                                    "report",
                                    "review",
                                    "bank_details",
                                    "panel",
                                    "due_diligence",
                                    "rejected",
                                    "returned",
                                    "in_doubt",
                                    "unspent",
                                ],
                            )
                        ),
                        name="grants_hold_reason_known",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="tranchefunding",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("why__in", ["schedule", "uplift", "variation", "unspent"])),
                        name="grants_tranchefunding_why_known",
                    ),
                ),
                *protect_history("grants_unspentdecisionevent"),
            ]
        ),
    ]
