"""Closing an account: who it belongs to stands apart from the history that nobody can change, and can be deleted."""

import cwf_portal.core.clock
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

from cwf_portal.core.sql_operations import CreateTogether


MOVE = """
INSERT INTO core_accountdetails (user_id, email, full_name, noted_at, noted_for)
SELECT id, email, full_name, pgh_created_at, pgh_context ->> 'actor'
FROM (
    SELECT id, email, full_name, pgh_created_at, pgh_context, pgh_id,
        lag(email) OVER versions AS email_before, lag(full_name) OVER versions AS name_before
    FROM core_userevent WHERE pgh_label <> 'delete'
    WINDOW versions AS (PARTITION BY id ORDER BY pgh_id)
) AS version
WHERE (email, full_name) IS DISTINCT FROM (email_before, name_before) AND EXISTS (
    SELECT FROM core_user WHERE core_user.id = version.id)
ORDER BY pgh_id;
"""

# The database notes them itself, as it writes history, and they go only with the account.
KEEP = """
CREATE FUNCTION core_note_details() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO core_accountdetails (user_id, email, full_name, noted_for) VALUES (NEW.id, NEW.email, NEW.full_name,
        coalesce(nullif(current_setting('pghistory.context_metadata', true), '')::jsonb ->> 'actor', ''));
    RETURN NULL;
END $$;
CREATE TRIGGER core_user_details_begin AFTER INSERT ON core_user FOR EACH ROW EXECUTE FUNCTION core_note_details();
CREATE TRIGGER core_user_details_change AFTER UPDATE ON core_user FOR EACH ROW
    WHEN (NEW.closed_at IS NULL AND (OLD.email, OLD.full_name) IS DISTINCT FROM (NEW.email, NEW.full_name))
    EXECUTE FUNCTION core_note_details();
ALTER TABLE core_user ENABLE ALWAYS TRIGGER core_user_details_begin;
ALTER TABLE core_user ENABLE ALWAYS TRIGGER core_user_details_change;
CREATE FUNCTION core_details_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM core_user WHERE id = OLD.user_id AND closed_at IS NULL) THEN
        RAISE EXCEPTION 'What stood in an account goes when the account is closed'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'core_accountdetails_stay';
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER core_accountdetails_stay BEFORE DELETE ON core_accountdetails
    FOR EACH ROW EXECUTE FUNCTION core_details_stay();
CREATE TRIGGER core_accountdetails_unchanged BEFORE UPDATE OR TRUNCATE ON core_accountdetails
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
ALTER TABLE core_accountdetails ENABLE ALWAYS TRIGGER core_accountdetails_stay;
ALTER TABLE core_accountdetails ENABLE ALWAYS TRIGGER core_accountdetails_unchanged;
REVOKE UPDATE, TRUNCATE ON core_accountdetails FROM cwf_app;
"""
FORGET = """
DROP TRIGGER core_accountdetails_unchanged ON core_accountdetails;
DROP TRIGGER core_accountdetails_stay ON core_accountdetails;
DROP FUNCTION core_details_stay();
DROP TRIGGER core_user_details_change ON core_user;
DROP TRIGGER core_user_details_begin ON core_user;
DROP FUNCTION core_note_details();
"""

CLOSED = """
CREATE FUNCTION core_closed_for_good() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.closed_at IS NOT NULL THEN
        RAISE EXCEPTION 'A closed account stays as it is'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'core_user_stays_closed';
    END IF;
    IF EXISTS (SELECT FROM core_rolegrant
               WHERE user_id = NEW.id AND confirmed_by_id IS NOT NULL AND revoked_at IS NULL) THEN
        RAISE EXCEPTION 'Whoever holds a role gives it back before their account is closed'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'core_user_closed_without_role';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER core_user_closed_for_good BEFORE UPDATE ON core_user FOR EACH ROW
    WHEN (OLD.closed_at IS NOT NULL OR NEW.closed_at IS NOT NULL) EXECUTE FUNCTION core_closed_for_good();
ALTER TABLE core_user ENABLE ALWAYS TRIGGER core_user_closed_for_good;
CREATE FUNCTION core_no_role_for_the_closed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM core_user WHERE id = NEW.user_id FOR SHARE;  -- waits for a closing that has begun
    IF EXISTS (SELECT FROM core_user WHERE id = NEW.user_id AND closed_at IS NOT NULL) THEN
        RAISE EXCEPTION 'A closed account is given no role'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'core_rolegrant_not_to_the_closed';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER core_rolegrant_not_to_the_closed BEFORE INSERT OR UPDATE ON core_rolegrant FOR EACH ROW
    WHEN (NEW.confirmed_by_id IS NOT NULL AND NEW.revoked_at IS NULL) EXECUTE FUNCTION core_no_role_for_the_closed();
ALTER TABLE core_rolegrant ENABLE ALWAYS TRIGGER core_rolegrant_not_to_the_closed;
"""
OPEN = """
DROP TRIGGER core_rolegrant_not_to_the_closed ON core_rolegrant;
DROP FUNCTION core_no_role_for_the_closed();
DROP TRIGGER core_user_closed_for_good ON core_user;
DROP FUNCTION core_closed_for_good();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0009_letters_that_can_be_stopped"),
    ]

    operations = [
        CreateTogether(
            [
                migrations.CreateModel(
                    name="AccountDetails",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("email", models.EmailField(max_length=254)),
                        ("full_name", models.CharField(blank=True, max_length=120)),
                        ("noted_at", models.DateTimeField(db_default=cwf_portal.core.clock.CoreNow(), editable=False)),
                        ("noted_for", models.CharField(help_text="The actor, as in history.", max_length=60)),
                        (
                            "user",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="details",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("noted_for", ""), _negated=True),
                                name="core_accountdetails_names_actor",
                            ),
                        ],
                    },
                ),
            ]
        ),
        migrations.RunSQL(MOVE, migrations.RunSQL.noop),
        CreateTogether(
            [
                pgtrigger.migrations.RemoveTrigger(
                    model_name="user",
                    name="insert_insert",
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name="user",
                    name="update_update",
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name="user",
                    name="delete_delete",
                ),
                migrations.RemoveField(
                    model_name="userevent",
                    name="email",
                ),
                migrations.RemoveField(
                    model_name="userevent",
                    name="full_name",
                ),
                migrations.AddField(
                    model_name="user",
                    name="closed_at",
                    field=models.DateTimeField(null=True),
                ),
                migrations.AddField(
                    model_name="userevent",
                    name="closed_at",
                    field=models.DateTimeField(null=True),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="user",
                    trigger=pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "core_userevent" ("closed_at", "id", "is_active", "is_sample", "joined_at", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "sample_detail", "sample_slug") VALUES (NEW."closed_at", NEW."id", NEW."is_active", NEW."is_sample", NEW."joined_at", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'insert\', NEW."id", NEW."sample_detail", NEW."sample_slug"); RETURN NULL;',
                            hash="1fddfd934a27ea1353e7f1f6132b441b165663ff",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_45de6",
                            table="core_user",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="user",
                    trigger=pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition='WHEN (OLD."closed_at" IS DISTINCT FROM (NEW."closed_at") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."is_active" IS DISTINCT FROM (NEW."is_active") OR OLD."is_sample" IS DISTINCT FROM (NEW."is_sample") OR OLD."joined_at" IS DISTINCT FROM (NEW."joined_at") OR OLD."sample_detail" IS DISTINCT FROM (NEW."sample_detail") OR OLD."sample_slug" IS DISTINCT FROM (NEW."sample_slug"))',
                            func='INSERT INTO "core_userevent" ("closed_at", "id", "is_active", "is_sample", "joined_at", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "sample_detail", "sample_slug") VALUES (NEW."closed_at", NEW."id", NEW."is_active", NEW."is_sample", NEW."joined_at", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'update\', NEW."id", NEW."sample_detail", NEW."sample_slug"); RETURN NULL;',
                            hash="8834b504f47bdcd4625087c4b626ea64091927d0",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_6ccff",
                            table="core_user",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="user",
                    trigger=pgtrigger.compiler.Trigger(
                        name="delete_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "core_userevent" ("closed_at", "id", "is_active", "is_sample", "joined_at", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "sample_detail", "sample_slug") VALUES (OLD."closed_at", OLD."id", OLD."is_active", OLD."is_sample", OLD."joined_at", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'delete\', OLD."id", OLD."sample_detail", OLD."sample_slug"); RETURN NULL;',
                            hash="513893ac38ebdde651cece3c50b29eb2c2f569dc",
                            operation="DELETE",
                            pgid="pgtrigger_delete_delete_1425a",
                            table="core_user",
                            when="AFTER",
                        ),
                    ),
                ),
                migrations.AddConstraint(
                    model_name="user",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            ("closed_at", None),
                            models.Q(("email__endswith", ".invalid"), ("full_name", ""), ("is_active", False)),
                            _connector="OR",
                        ),
                        name="core_user_closed_is_nobody",
                    ),
                ),
            ]
        ),
        migrations.RunSQL(KEEP, FORGET),
        migrations.RunSQL(CLOSED, OPEN),
    ]
