"""Elections: when what is new waits, and when Parliament is dissolved."""

import cwf_portal.core.clock
import datetime
import django.db.models.deletion
import django.db.models.expressions
import pghistory.utils
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

from cwf_portal.core.sql_operations import CreateTogether, protect_history


class Migration(migrations.Migration):
    dependencies = [
        ("neighbourhoods", "0007_follow_places_by_email"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateTogether(
            [
                migrations.CreateModel(
                    name="SensitivePeriod",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("name", models.CharField(max_length=120)),
                        ("starts_on", models.DateField()),
                        ("ends_on", models.DateField()),
                        ("dissolves_on", models.DateField(null=True)),
                        (
                            "declared_at",
                            models.DateTimeField(db_default=cwf_portal.core.clock.CoreNow(), editable=False),
                        ),
                        ("taken_back_at", models.DateTimeField(null=True)),
                        (
                            "area",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="neighbourhoods.area"
                            ),
                        ),
                        (
                            "declared_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "taken_back_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="SensitivePeriodEvent",
                    fields=[
                        ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                        ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                        ("pgh_label", models.TextField(help_text="The event label.")),
                        ("pgh_context", pghistory.utils.JSONField(null=True)),
                        ("pgh_context_id", models.UUIDField(null=True)),
                        ("id", models.BigIntegerField()),
                        ("name", models.CharField(max_length=120)),
                        ("starts_on", models.DateField()),
                        ("ends_on", models.DateField()),
                        ("dissolves_on", models.DateField(null=True)),
                        (
                            "declared_at",
                            models.DateTimeField(db_default=cwf_portal.core.clock.CoreNow(), editable=False),
                        ),
                        ("taken_back_at", models.DateTimeField(null=True)),
                        (
                            "area",
                            models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                related_query_name="+",
                                to="neighbourhoods.area",
                            ),
                        ),
                        (
                            "declared_by",
                            models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                related_query_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "pgh_obj",
                            models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                to="neighbourhoods.sensitiveperiod",
                            ),
                        ),
                        (
                            "taken_back_by",
                            models.ForeignKey(
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                related_query_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "abstract": False,
                    },
                ),
                migrations.AddConstraint(
                    model_name="sensitiveperiod",
                    constraint=models.UniqueConstraint(
                        condition=models.Q(("taken_back_at", None)),
                        fields=("area", "starts_on"),
                        name="neighbourhoods_sensitiveperiod_once",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="sensitiveperiod",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            ("ends_on__gte", models.F("starts_on")),
                            (
                                "ends_on__lt",
                                django.db.models.expressions.CombinedExpression(
                                    models.F("starts_on"), "+", models.Value(datetime.timedelta(days=120))
                                ),
                            ),
                        ),
                        name="neighbourhoods_sensitiveperiod_length",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="sensitiveperiod",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            ("dissolves_on", None),
                            models.Q(
                                ("dissolves_on__gte", models.F("starts_on")), ("dissolves_on__lte", models.F("ends_on"))
                            ),
                            _connector="OR",
                        ),
                        name="neighbourhoods_sensitiveperiod_dissolves_within",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="sensitiveperiod",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("taken_back_at", None), ("taken_back_by", None)),
                            models.Q(("taken_back_at__isnull", False), ("taken_back_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="neighbourhoods_sensitiveperiod_taken_back",
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="sensitiveperiod",
                    trigger=pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "neighbourhoods_sensitiveperiodevent" ("area_id", "declared_at", "declared_by_id", "dissolves_on", "ends_on", "id", "name", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "starts_on", "taken_back_at", "taken_back_by_id") VALUES (NEW."area_id", NEW."declared_at", NEW."declared_by_id", NEW."dissolves_on", NEW."ends_on", NEW."id", NEW."name", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'insert\', NEW."id", NEW."starts_on", NEW."taken_back_at", NEW."taken_back_by_id"); RETURN NULL;',
                            hash="6d78e6b8c57141b38681023d63f2c90a8cd4a8c3",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_57054",
                            table="neighbourhoods_sensitiveperiod",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="sensitiveperiod",
                    trigger=pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "neighbourhoods_sensitiveperiodevent" ("area_id", "declared_at", "declared_by_id", "dissolves_on", "ends_on", "id", "name", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "starts_on", "taken_back_at", "taken_back_by_id") VALUES (NEW."area_id", NEW."declared_at", NEW."declared_by_id", NEW."dissolves_on", NEW."ends_on", NEW."id", NEW."name", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'update\', NEW."id", NEW."starts_on", NEW."taken_back_at", NEW."taken_back_by_id"); RETURN NULL;',
                            hash="6cafed7762949f4dff7cabc6702a3fc36c1cab8f",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_4e1ff",
                            table="neighbourhoods_sensitiveperiod",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="sensitiveperiod",
                    trigger=pgtrigger.compiler.Trigger(
                        name="delete_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "neighbourhoods_sensitiveperiodevent" ("area_id", "declared_at", "declared_by_id", "dissolves_on", "ends_on", "id", "name", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "starts_on", "taken_back_at", "taken_back_by_id") VALUES (OLD."area_id", OLD."declared_at", OLD."declared_by_id", OLD."dissolves_on", OLD."ends_on", OLD."id", OLD."name", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'delete\', OLD."id", OLD."starts_on", OLD."taken_back_at", OLD."taken_back_by_id"); RETURN NULL;',
                            hash="858dc077dec4e9583d12d8f65eb6b3391740c942",
                            operation="DELETE",
                            pgid="pgtrigger_delete_delete_152a0",
                            table="neighbourhoods_sensitiveperiod",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="sensitiveperiodevent",
                    trigger=pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="797ec453dfcaa2a8d1e8d4cd5264b993e7a0da4b",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_e295b",
                            table="neighbourhoods_sensitiveperiodevent",
                            when="BEFORE",
                        ),
                    ),
                ),
            ]
        ),
        *protect_history("neighbourhoods_sensitiveperiodevent"),
    ]
