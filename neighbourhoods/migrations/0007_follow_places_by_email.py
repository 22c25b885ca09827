"""Who follows a place by email, and what there is to write about."""

import cwf_portal.core.clock
import django.db.models.deletion
import pghistory.utils
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

from cwf_portal.core.sql_operations import CreateTogether, protect_history


class Migration(migrations.Migration):
    dependencies = [
        ("neighbourhoods", "0006_fewer_indexes"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateTogether(
            [
                migrations.CreateModel(
                    name="PlaceFollow",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("is_weekly", models.BooleanField()),
                        ("told_to", models.PositiveBigIntegerField()),
                    ],
                ),
                migrations.CreateModel(
                    name="PlaceFollowEvent",
                    fields=[
                        ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                        ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                        ("pgh_label", models.TextField(help_text="The event label.")),
                        ("pgh_context", pghistory.utils.JSONField(null=True)),
                        ("pgh_context_id", models.UUIDField(null=True)),
                        ("id", models.BigIntegerField()),
                        ("is_weekly", models.BooleanField()),
                    ],
                    options={
                        "abstract": False,
                    },
                ),
                migrations.CreateModel(
                    name="PlaceNews",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("noted_at", models.DateTimeField(db_default=cwf_portal.core.clock.CoreNow(), editable=False)),
                        ("sent_at", models.DateTimeField(null=True)),
                        ("digested_at", models.DateTimeField(null=True)),
                    ],
                ),
                migrations.AddIndex(
                    model_name="event",
                    index=models.Index(fields=["done_at"], name="neighbourhoods_event_done"),
                ),
                migrations.AddField(
                    model_name="placefollow",
                    name="neighbourhood",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="follows",
                        to="neighbourhoods.neighbourhood",
                    ),
                ),
                migrations.AddField(
                    model_name="placefollow",
                    name="user",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                migrations.AddField(
                    model_name="placefollowevent",
                    name="neighbourhood",
                    field=models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="neighbourhoods.neighbourhood",
                    ),
                ),
                migrations.AddField(
                    model_name="placefollowevent",
                    name="pgh_obj",
                    field=models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        to="neighbourhoods.placefollow",
                    ),
                ),
                migrations.AddField(
                    model_name="placefollowevent",
                    name="user",
                    field=models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AddField(
                    model_name="placenews",
                    name="event",
                    field=models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="news", to="neighbourhoods.event"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="placefollow",
                    constraint=models.UniqueConstraint(
                        fields=("neighbourhood", "user"), name="neighbourhoods_placefollow_once"
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="placefollow",
                    trigger=pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "neighbourhoods_placefollowevent" ("id", "is_weekly", "neighbourhood_id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "user_id") VALUES (NEW."id", NEW."is_weekly", NEW."neighbourhood_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'insert\', NEW."id", NEW."user_id"); RETURN NULL;',
                            hash="73bb0b595e5c20913259525b854e5e2563754dc0",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_95e29",
                            table="neighbourhoods_placefollow",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="placefollow",
                    trigger=pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition='WHEN (OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."is_weekly" IS DISTINCT FROM (NEW."is_weekly") OR OLD."neighbourhood_id" IS DISTINCT FROM (NEW."neighbourhood_id") OR OLD."user_id" IS DISTINCT FROM (NEW."user_id"))',
                            func='INSERT INTO "neighbourhoods_placefollowevent" ("id", "is_weekly", "neighbourhood_id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "user_id") VALUES (NEW."id", NEW."is_weekly", NEW."neighbourhood_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'update\', NEW."id", NEW."user_id"); RETURN NULL;',
                            hash="6589c55244b6200a2805d5b1e363fcecbee68e62",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_36f22",
                            table="neighbourhoods_placefollow",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="placefollow",
                    trigger=pgtrigger.compiler.Trigger(
                        name="delete_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "neighbourhoods_placefollowevent" ("id", "is_weekly", "neighbourhood_id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "user_id") VALUES (OLD."id", OLD."is_weekly", OLD."neighbourhood_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'delete\', OLD."id", OLD."user_id"); RETURN NULL;',
                            hash="0a82970cd5698c5a9e3e2303794e3cbba39c380b",
                            operation="DELETE",
                            pgid="pgtrigger_delete_delete_f0d13",
                            table="neighbourhoods_placefollow",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="placefollowevent",
                    trigger=pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="6158bfd53bb395f41b90259ff8c9b74b16128442",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_e2a3a",
                            table="neighbourhoods_placefollowevent",
                            when="BEFORE",
                        ),
                    ),
                ),
                migrations.AddIndex(
                    model_name="placenews",
                    index=models.Index(
                        condition=models.Q(("sent_at", None)), fields=["id"], name="neighbourhoods_news_unsent"
                    ),
                ),
                migrations.AddIndex(
                    model_name="placenews",
                    index=models.Index(
                        condition=models.Q(("digested_at", None)), fields=["id"], name="neighbourhoods_news_of_week"
                    ),
                ),
            ]
        ),
        *protect_history("neighbourhoods_placefollowevent"),
    ]
