import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

from cwf_portal.core.sql_operations import CreateTogether

# From the freeze on, who keeps which key stands; a key can be said to be lost, and be found again until it is certain.
KEPT_KEYS = """
CREATE OR REPLACE FUNCTION panels_keep_keepers() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    noted CONSTANT text[] := ARRAY[NOTED];
    of_round bigint := CASE WHEN TG_OP = 'INSERT' THEN NEW.round_id ELSE OLD.round_id END;
BEGIN
    IF TG_OP = 'UPDATE' AND to_jsonb(OLD) - noted = to_jsonb(NEW) - noted AND OLD.CERTAIN IS NULL THEN
        RETURN NEW;
    END IF;
    IF EXISTS (SELECT FROM panels_round WHERE id = of_round AND frozen_at IS NOT NULL) THEN
        RAISE EXCEPTION 'round % is frozen: its keepers and their keys never change', of_round
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
"""
BEFORE = "'reminded_at', 'lost_at', 'lost_note', 'lost_reported_by_id'"
SINCE = f"{BEFORE}, 'lost_side', 'lost_agreed_by_id', 'lost_agreed_side'"

# A key counts as lost by its keeper's word, or by that of both sides.
ANNULLED_BY_TWO = """
CREATE OR REPLACE FUNCTION panels_check_annulment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT count(DISTINCT side) FROM panels_annulmentcall WHERE round_id = NEW.round_id) < 2
        AND (SELECT count(*) FROM panels_keeper WHERE round_id = NEW.round_id AND CERTAIN IS NOT NULL) < 2
        AND NOT EXISTS (
            SELECT FROM panels_objection objection
            JOIN panels_objectionanswer panel ON panel.objection_id = objection.id
            JOIN panels_objectionanswer fund ON fund.objection_id = objection.id
            WHERE objection.round_id = NEW.round_id AND panel.side = 'panel' AND panel.is_right
                AND fund.side = 'fund' AND fund.is_right
        )
    THEN
        RAISE EXCEPTION 'nobody annuls vote % alone', NEW.round_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'panels_annulment_by_two';
    END IF;
    RETURN NULL;
END $$;
"""

# What was said before: by the keeper, or by nobody whom we noted, it stands; by another it is a question now.
SAID_BEFORE = """
SELECT set_config('pghistory.context_metadata',
    '{"actor": "system:migration", "reason": "a key is lost by the word of its keeper or of both sides"}', true);
UPDATE panels_keeper SET lost_reported_by_id = user_id, lost_side = 'keeper',
    lost_agreed_by_id = user_id, lost_agreed_side = 'keeper'
WHERE lost_at IS NOT NULL AND coalesce(lost_reported_by_id, user_id) = user_id;
UPDATE panels_keeper keeper SET lost_side = CASE WHEN EXISTS (
    SELECT FROM panels_panelmembership seat JOIN panels_round round ON round.panel_id = seat.panel_id
    WHERE round.id = keeper.round_id AND seat.user_id = keeper.lost_reported_by_id
) THEN 'panel' ELSE 'fund' END
WHERE lost_at IS NOT NULL AND lost_side = '';
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("panels", "0023_ballots_of_the_public_list"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateTogether(
            [
                pgtrigger.migrations.RemoveTrigger(
                    model_name="keeper",
                    name="insert_insert",
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name="keeper",
                    name="update_update",
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name="keeper",
                    name="delete_delete",
                ),
                migrations.AddField(
                    model_name="keeper",
                    name="lost_agreed_by",
                    field=models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AddField(
                    model_name="keeper",
                    name="lost_agreed_side",
                    field=models.CharField(
                        blank=True,
                        choices=[("keeper", "The keeper"), ("panel", "The panel"), ("fund", "The fund")],
                        db_default="",
                        max_length=6,
                    ),
                ),
                migrations.AddField(
                    model_name="keeper",
                    name="lost_side",
                    field=models.CharField(
                        blank=True,
                        choices=[("keeper", "The keeper"), ("panel", "The panel"), ("fund", "The fund")],
                        db_default="",
                        help_text="Of whoever reported it.",
                        max_length=6,
                    ),
                ),
                migrations.AddField(
                    model_name="keeperevent",
                    name="lost_agreed_by",
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
                    model_name="keeperevent",
                    name="lost_agreed_side",
                    field=models.CharField(
                        blank=True,
                        choices=[("keeper", "The keeper"), ("panel", "The panel"), ("fund", "The fund")],
                        db_default="",
                        max_length=6,
                    ),
                ),
                migrations.AddField(
                    model_name="keeperevent",
                    name="lost_side",
                    field=models.CharField(
                        blank=True,
                        choices=[("keeper", "The keeper"), ("panel", "The panel"), ("fund", "The fund")],
                        db_default="",
                        help_text="Of whoever reported it.",
                        max_length=6,
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="keeper",
                    trigger=pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "panels_keeperevent" ("appointed_at", "appointed_by_id", "body", "id", "lost_agreed_by_id", "lost_agreed_side", "lost_at", "lost_note", "lost_reported_by_id", "lost_side", "made_at", "made_with", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "public_key", "reminded_at", "round_id", "user_id") VALUES (NEW."appointed_at", NEW."appointed_by_id", NEW."body", NEW."id", NEW."lost_agreed_by_id", NEW."lost_agreed_side", NEW."lost_at", NEW."lost_note", NEW."lost_reported_by_id", NEW."lost_side", NEW."made_at", NEW."made_with", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'insert\', NEW."id", NEW."public_key", NEW."reminded_at", NEW."round_id", NEW."user_id"); RETURN NULL;',
                            hash="b01f786816cc5f35d7a1499ae1f5523dc0d8d1ae",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_10dc8",
                            table="panels_keeper",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="keeper",
                    trigger=pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "panels_keeperevent" ("appointed_at", "appointed_by_id", "body", "id", "lost_agreed_by_id", "lost_agreed_side", "lost_at", "lost_note", "lost_reported_by_id", "lost_side", "made_at", "made_with", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "public_key", "reminded_at", "round_id", "user_id") VALUES (NEW."appointed_at", NEW."appointed_by_id", NEW."body", NEW."id", NEW."lost_agreed_by_id", NEW."lost_agreed_side", NEW."lost_at", NEW."lost_note", NEW."lost_reported_by_id", NEW."lost_side", NEW."made_at", NEW."made_with", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'update\', NEW."id", NEW."public_key", NEW."reminded_at", NEW."round_id", NEW."user_id"); RETURN NULL;',
                            hash="78244803d31122f56250087b22e270b61551236c",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_8027f",
                            table="panels_keeper",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="keeper",
                    trigger=pgtrigger.compiler.Trigger(
                        name="delete_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "panels_keeperevent" ("appointed_at", "appointed_by_id", "body", "id", "lost_agreed_by_id", "lost_agreed_side", "lost_at", "lost_note", "lost_reported_by_id", "lost_side", "made_at", "made_with", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "public_key", "reminded_at", "round_id", "user_id") VALUES (OLD."appointed_at", OLD."appointed_by_id", OLD."body", OLD."id", OLD."lost_agreed_by_id", OLD."lost_agreed_side", OLD."lost_at", OLD."lost_note", OLD."lost_reported_by_id", OLD."lost_side", OLD."made_at", OLD."made_with", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'delete\', OLD."id", OLD."public_key", OLD."reminded_at", OLD."round_id", OLD."user_id"); RETURN NULL;',
                            hash="9833a5b797632e3d5c0723dd7a4aea0e28537e65",
                            operation="DELETE",
                            pgid="pgtrigger_delete_delete_4ea6a",
                            table="panels_keeper",
                            when="AFTER",
                        ),
                    ),
                ),
            ]
        ),
        migrations.RunSQL(
            KEPT_KEYS.replace("NOTED", SINCE).replace("CERTAIN", "lost_agreed_by_id"),
            KEPT_KEYS.replace("NOTED", BEFORE).replace("CERTAIN", "lost_at"),
        ),
        migrations.RunSQL(
            ANNULLED_BY_TWO.replace("CERTAIN", "lost_agreed_by_id"), ANNULLED_BY_TWO.replace("CERTAIN", "lost_at")
        ),
        migrations.RunSQL(SAID_BEFORE, migrations.RunSQL.noop),
        CreateTogether(
            [
                migrations.AddConstraint(
                    model_name="keeper",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("lost_at", None), ("lost_reported_by", None), ("lost_side", "")),
                            models.Q(
                                ("lost_at__isnull", False),
                                ("lost_reported_by", models.F("user")),
                                ("lost_side", "keeper"),
                            ),
                            models.Q(
                                ("lost_at__isnull", False),
                                ("lost_reported_by__isnull", False),
                                ("lost_side__in", ("panel", "fund")),
                                models.Q(("lost_reported_by", models.F("user")), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="panels_keeper_lost_said_by",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="keeper",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("lost_agreed_by", None), ("lost_agreed_side", "")),
                            models.Q(
                                ("lost_agreed_by", models.F("user")),
                                ("lost_agreed_side", "keeper"),
                                ("lost_at__isnull", False),
                            ),
                            models.Q(
                                ("lost_agreed_by__isnull", False),
                                ("lost_agreed_side__in", ("panel", "fund")),
                                ("lost_at__isnull", False),
                                models.Q(("lost_agreed_side", models.F("lost_side")), _negated=True),
                                models.Q(("lost_agreed_by", models.F("lost_reported_by")), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="panels_keeper_lost_by_both_sides",
                    ),
                ),
            ]
        ),
    ]
