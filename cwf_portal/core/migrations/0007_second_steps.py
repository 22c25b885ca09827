"""Second steps of signing in: what happened to them, and resets that two administrators agree to."""

import cwf_portal.core.clock
import django.db.models.deletion
import pghistory.utils
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

from cwf_portal.core.sql_operations import CreateTogether, protect_append_only, protect_history

# allauth adds and deletes the steps; the database itself writes down that it did.
NOTE_CHANGE = """
CREATE FUNCTION core_note_second_step() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO core_secondstepchange (user_id, kind, is_added) VALUES (NEW.user_id, NEW.type, true);
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO core_secondstepchange (user_id, kind, is_added) VALUES (OLD.user_id, OLD.type, false);
    ELSIF (NEW.user_id, NEW.type) IS DISTINCT FROM (OLD.user_id, OLD.type) THEN
        RAISE EXCEPTION 'a second step stays the person''s own' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER core_note_second_step AFTER INSERT OR UPDATE OR DELETE ON mfa_authenticator
    FOR EACH ROW EXECUTE FUNCTION core_note_second_step();
ALTER TABLE mfa_authenticator ENABLE ALWAYS TRIGGER core_note_second_step;
"""
NOTE_NO_CHANGE = """
DROP TRIGGER core_note_second_step ON mfa_authenticator;
DROP FUNCTION core_note_second_step();
"""
# What was asked stays as it was asked, and an answer stays.
ANSWER_STANDS = """
CREATE FUNCTION core_check_second_step_reset() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE'
       OR (NEW.user_id, NEW.reason, NEW.requested_by_id, NEW.requested_at)
          IS DISTINCT FROM (OLD.user_id, OLD.reason, OLD.requested_by_id, OLD.requested_at)
       OR OLD.confirmed_by_id IS NOT NULL OR OLD.refused_by_id IS NOT NULL
    THEN
        RAISE EXCEPTION 'a reset of a second step stands as it was asked and answered' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER core_check_second_step_reset BEFORE UPDATE OR DELETE ON core_secondstepreset
    FOR EACH ROW EXECUTE FUNCTION core_check_second_step_reset();
ALTER TABLE core_secondstepreset ENABLE ALWAYS TRIGGER core_check_second_step_reset;
"""
ANSWER_FALLS = """
DROP TRIGGER core_check_second_step_reset ON core_secondstepreset;
DROP FUNCTION core_check_second_step_reset();
"""


class Migration(migrations.Migration):
    dependencies = [("core", "0006_which_key_people_are_known_by"), ("mfa", "0003_authenticator_type_uniq")]

    operations = [
        CreateTogether(
            [
                migrations.CreateModel(
                    name="SecondStepChange",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("kind", models.CharField(max_length=20)),
                        ("is_added", models.BooleanField()),
                        (
                            "changed_at",
                            models.DateTimeField(db_default=cwf_portal.core.clock.CoreNow(), editable=False),
                        ),
                        (
                            "user",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="second_step_changes",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="SecondStepReset",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("reason", models.TextField()),
                        (
                            "requested_at",
                            models.DateTimeField(db_default=cwf_portal.core.clock.CoreNow(), editable=False),
                        ),
                        ("confirmed_at", models.DateTimeField(null=True)),
                        ("refused_at", models.DateTimeField(null=True)),
                        (
                            "confirmed_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "refused_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "requested_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "user",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="second_step_resets",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="SecondStepResetEvent",
                    fields=[
                        ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                        ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                        ("pgh_label", models.TextField(help_text="The event label.")),
                        ("pgh_context", pghistory.utils.JSONField(null=True)),
                        ("pgh_context_id", models.UUIDField(null=True)),
                        ("id", models.BigIntegerField()),
                        ("reason", models.TextField()),
                        (
                            "requested_at",
                            models.DateTimeField(db_default=cwf_portal.core.clock.CoreNow(), editable=False),
                        ),
                        ("confirmed_at", models.DateTimeField(null=True)),
                        ("refused_at", models.DateTimeField(null=True)),
                        (
                            "confirmed_by",
                            models.ForeignKey(
                                db_constraint=False,
                                null=True,
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
                                to="core.secondstepreset",
                            ),
                        ),
                        (
                            "refused_by",
                            models.ForeignKey(
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                related_query_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "requested_by",
                            models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                related_query_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "user",
                            models.ForeignKey(
                                db_constraint=False,
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
                    model_name="secondstepreset",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("reason__regex", "\\S")), name="core_secondstepreset_has_reason"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="secondstepreset",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("confirmed_at", None), ("confirmed_by", None)),
                            models.Q(("confirmed_at__isnull", False), ("confirmed_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="core_secondstepreset_confirmed_pair",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="secondstepreset",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("refused_at", None), ("refused_by", None)),
                            models.Q(("refused_at__isnull", False), ("refused_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="core_secondstepreset_refused_pair",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="secondstepreset",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("confirmed_by", None), ("refused_by", None), _connector="OR"),
                        name="core_secondstepreset_one_answer",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="secondstepreset",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            ("confirmed_by", None),
                            models.Q(("confirmed_by", models.F("requested_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="core_secondstepreset_two_people",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="secondstepreset",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("user", models.F("requested_by")), _negated=True),
                            models.Q(
                                ("confirmed_by", None),
                                models.Q(("user", models.F("confirmed_by")), _negated=True),
                                _connector="OR",
                            ),
                        ),
                        name="core_secondstepreset_not_for_oneself",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="secondstepreset",
                    constraint=models.UniqueConstraint(
                        condition=models.Q(("confirmed_by", None), ("refused_by", None)),
                        fields=("user",),
                        name="core_secondstepreset_one_waits",
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="secondstepreset",
                    trigger=pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "core_secondstepresetevent" ("confirmed_at", "confirmed_by_id", "id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "refused_at", "refused_by_id", "requested_at", "requested_by_id", "user_id") VALUES (NEW."confirmed_at", NEW."confirmed_by_id", NEW."id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'insert\', NEW."id", NEW."reason", NEW."refused_at", NEW."refused_by_id", NEW."requested_at", NEW."requested_by_id", NEW."user_id"); RETURN NULL;',
                            hash="c736fd297e471cad306a1b2113b52b0e84a15615",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_ffdea",
                            table="core_secondstepreset",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="secondstepreset",
                    trigger=pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "core_secondstepresetevent" ("confirmed_at", "confirmed_by_id", "id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "refused_at", "refused_by_id", "requested_at", "requested_by_id", "user_id") VALUES (NEW."confirmed_at", NEW."confirmed_by_id", NEW."id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'update\', NEW."id", NEW."reason", NEW."refused_at", NEW."refused_by_id", NEW."requested_at", NEW."requested_by_id", NEW."user_id"); RETURN NULL;',
                            hash="e9f12dca1ba005c661be198818822e7cc29c848a",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_cc5ce",
                            table="core_secondstepreset",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="secondstepreset",
                    trigger=pgtrigger.compiler.Trigger(
                        name="delete_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "core_secondstepresetevent" ("confirmed_at", "confirmed_by_id", "id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "refused_at", "refused_by_id", "requested_at", "requested_by_id", "user_id") VALUES (OLD."confirmed_at", OLD."confirmed_by_id", OLD."id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'delete\', OLD."id", OLD."reason", OLD."refused_at", OLD."refused_by_id", OLD."requested_at", OLD."requested_by_id", OLD."user_id"); RETURN NULL;',
                            hash="1164ff26dd2e987615201b84a881fe9583ccb229",
                            operation="DELETE",
                            pgid="pgtrigger_delete_delete_59e64",
                            table="core_secondstepreset",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="secondstepresetevent",
                    trigger=pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="f8c5027b2a21e3e3ec495eb09e742e6daa3d65b6",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_3dbd3",
                            table="core_secondstepresetevent",
                            when="BEFORE",
                        ),
                    ),
                ),
            ]
        ),
        *protect_append_only("core_secondstepchange"),
        *protect_history("core_secondstepresetevent"),
        migrations.RunSQL(NOTE_CHANGE, NOTE_NO_CHANGE),
        migrations.RunSQL(ANSWER_STANDS, ANSWER_FALLS),
    ]
