"""Limits of authority that two directors change."""

import cwf_portal.core.clock
import django.db.models.deletion
import pghistory.utils
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

from cwf_portal.core.sql_operations import CreateTogether, protect_history

# A limit stands only by a change that two directors made, and says what the change says.
LIMITS = """
CREATE FUNCTION grants_is_director(person bigint) RETURNS boolean
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT grants_holds_role(person, 'fund_director') OR grants_holds_role(person, 'finance_director')
$$;
CREATE FUNCTION grants_check_limit_change() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' AND (NEW.confirmed_at IS NOT NULL OR NEW.withdrawn_at IS NOT NULL) THEN
        RAISE EXCEPTION 'a change of a limit begins as a proposal'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_limitchange_begins_proposed';
    END IF;
    IF NEW.confirmed_at IS NULL OR TG_OP = 'UPDATE' AND OLD.confirmed_at IS NOT NULL THEN
        RETURN NEW;
    END IF;
    IF NOT (grants_is_director(NEW.proposed_by_id) AND grants_is_director(NEW.confirmed_by_id)) THEN
        RAISE EXCEPTION 'limits are changed by two directors'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_limitchange_by_directors';
    END IF;
    IF NEW.from_on <= (core_now() AT TIME ZONE 'Europe/London')::date THEN
        RAISE EXCEPTION 'a limit changes from the next day at the earliest'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_limitchange_from_tomorrow';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER grants_limitchange_steps BEFORE INSERT OR UPDATE ON grants_limitchange
    FOR EACH ROW EXECUTE FUNCTION grants_check_limit_change();
CREATE TRIGGER grants_limitchange_asked BEFORE UPDATE OR DELETE ON grants_limitchange
    FOR EACH ROW EXECUTE FUNCTION grants_keep_columns(
        'kind', 'rank', 'risk', 'role', 'limit_pence', 'from_on', 'reason', 'proposed_by_id', 'proposed_at');
CREATE TRIGGER grants_limitchange_decided BEFORE UPDATE ON grants_limitchange
    FOR EACH ROW EXECUTE FUNCTION grants_keep_decision(
        'confirmed_by_id', 'confirmed_at', 'withdrawn_by_id', 'withdrawn_at');
CREATE TRIGGER grants_limitchange_two_persons BEFORE INSERT OR UPDATE ON grants_limitchange
    FOR EACH ROW EXECUTE FUNCTION grants_check_one_person('proposed_by_id', 'confirmed_by_id');
ALTER TABLE grants_limitchange ENABLE ALWAYS TRIGGER grants_limitchange_steps;
ALTER TABLE grants_limitchange ENABLE ALWAYS TRIGGER grants_limitchange_asked;
ALTER TABLE grants_limitchange ENABLE ALWAYS TRIGGER grants_limitchange_decided;
ALTER TABLE grants_limitchange ENABLE ALWAYS TRIGGER grants_limitchange_two_persons;
CREATE FUNCTION grants_check_limit() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    stands jsonb := to_jsonb(NEW);
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM grants_limitchange AS c
         WHERE c.confirmed_at IS NOT NULL AND c.kind = TG_ARGV[0]
           AND c.rank IS NOT DISTINCT FROM (stands ->> 'rank')::smallint
           AND c.risk = coalesce(stands ->> 'risk', '') AND c.role = coalesce(stands ->> 'role', '')
           AND c.limit_pence = NEW.limit_pence AND c.from_on = NEW.from_on)
    THEN
        RAISE EXCEPTION 'the limit is not what two directors agreed on'
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_TABLE_NAME || '_by_two';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER grants_authoritylimit_by_two AFTER INSERT ON grants_authoritylimit
    FOR EACH ROW EXECUTE FUNCTION grants_check_limit('approve');
CREATE TRIGGER grants_writeofflimit_by_two AFTER INSERT ON grants_writeofflimit
    FOR EACH ROW EXECUTE FUNCTION grants_check_limit('write_off');
CREATE TRIGGER grants_releaselimit_by_two AFTER INSERT ON grants_releaselimit
    FOR EACH ROW EXECUTE FUNCTION grants_check_limit('release');
ALTER TABLE grants_authoritylimit ENABLE ALWAYS TRIGGER grants_authoritylimit_by_two;
ALTER TABLE grants_writeofflimit ENABLE ALWAYS TRIGGER grants_writeofflimit_by_two;
ALTER TABLE grants_releaselimit ENABLE ALWAYS TRIGGER grants_releaselimit_by_two;
"""
NO_LIMITS = """
DROP TRIGGER grants_releaselimit_by_two ON grants_releaselimit;
DROP TRIGGER grants_writeofflimit_by_two ON grants_writeofflimit;
DROP TRIGGER grants_authoritylimit_by_two ON grants_authoritylimit;
DROP FUNCTION grants_check_limit();
DROP TRIGGER grants_limitchange_two_persons ON grants_limitchange;
DROP TRIGGER grants_limitchange_decided ON grants_limitchange;
DROP TRIGGER grants_limitchange_asked ON grants_limitchange;
DROP TRIGGER grants_limitchange_steps ON grants_limitchange;
DROP FUNCTION grants_check_limit_change();
DROP FUNCTION grants_is_director(bigint);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("grants", "0026_no_way_round"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateTogether(
            [
                migrations.CreateModel(
                    name="LimitChange",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("approve", "Approve an agreement"),
                                    ("write_off", "Write off, of one agreement"),
                                    ("release", "Release in one run"),
                                ],
                                max_length=9,
                            ),
                        ),
                        (
                            "rank",
                            models.PositiveSmallIntegerField(
                                choices=[
                                    (1, "Grants officer"),
                                    (2, "Senior officer"),
                                    (3, "Grants manager"),
                                    (4, "Head of grants"),
                                    (5, "Fund director"),
                                ],
                                null=True,
                            ),
                        ),
                        (
                            "risk",
                            models.CharField(
                                blank=True,
                                choices=[("low", "Low"), ("medium", "Medium"), ("high", "High")],
                                max_length=6,
                            ),
                        ),
                        (
                            "role",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("finance_manager", "Finance manager"),
                                    ("finance_director", "Finance director"),
                                ],
                                max_length=30,
                            ),
                        ),
                        ("limit_pence", models.BigIntegerField()),
                        ("from_on", models.DateField()),
                        ("reason", models.CharField(max_length=500)),
                        (
                            "proposed_at",
                            models.DateTimeField(db_default=cwf_portal.core.clock.CoreNow(), editable=False),
                        ),
                        ("confirmed_at", models.DateTimeField(null=True)),
                        ("withdrawn_at", models.DateTimeField(null=True)),
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
                            "proposed_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "withdrawn_by",
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
                    name="LimitChangeEvent",
                    fields=[
                        ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                        ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                        ("pgh_label", models.TextField(help_text="The event label.")),
                        ("pgh_context", pghistory.utils.JSONField(null=True)),
                        ("pgh_context_id", models.UUIDField(null=True)),
                        ("id", models.BigIntegerField()),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("approve", "Approve an agreement"),
                                    ("write_off", "Write off, of one agreement"),
                                    ("release", "Release in one run"),
                                ],
                                max_length=9,
                            ),
                        ),
                        (
                            "rank",
                            models.PositiveSmallIntegerField(
                                choices=[
                                    (1, "Grants officer"),
                                    (2, "Senior officer"),
                                    (3, "Grants manager"),
                                    (4, "Head of grants"),
                                    (5, "Fund director"),
                                ],
                                null=True,
                            ),
                        ),
                        (
                            "risk",
                            models.CharField(
                                blank=True,
                                choices=[("low", "Low"), ("medium", "Medium"), ("high", "High")],
                                max_length=6,
                            ),
                        ),
                        (
                            "role",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("finance_manager", "Finance manager"),
                                    ("finance_director", "Finance director"),
                                ],
                                max_length=30,
                            ),
                        ),
                        ("limit_pence", models.BigIntegerField()),
                        ("from_on", models.DateField()),
                        ("reason", models.CharField(max_length=500)),
                        (
                            "proposed_at",
                            models.DateTimeField(db_default=cwf_portal.core.clock.CoreNow(), editable=False),
                        ),
                        ("confirmed_at", models.DateTimeField(null=True)),
                        ("withdrawn_at", models.DateTimeField(null=True)),
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
                                to="grants.limitchange",
                            ),
                        ),
                        (
                            "proposed_by",
                            models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                related_query_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "withdrawn_by",
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
                    model_name="limitchange",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("kind", "approve"),
                                ("rank__in", [2, 3, 4, 5]),
                                ("risk__in", ["high", "low", "medium"]),
                                ("role", ""),
                            ),
                            models.Q(("kind", "write_off"), ("rank__in", [2, 3, 4, 5]), ("risk", ""), ("role", "")),
                            models.Q(
                                ("kind", "release"),
                                ("limit_pence__gt", 0),
                                ("rank", None),
                                ("risk", ""),
                                ("role__in", ["finance_director", "finance_manager"]),
                            ),
                            _connector="OR",
                        ),
                        name="grants_limitchange_kind_fits",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="limitchange",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("limit_pence__gte", 0)), name="grants_limitchange_not_negative"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="limitchange",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True), name="grants_limitchange_reason_given"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="limitchange",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("confirmed_at__isnull", True), ("confirmed_by__isnull", True)),
                            models.Q(("confirmed_at__isnull", False), ("confirmed_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="grants_limitchange_confirmed_pair",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="limitchange",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("withdrawn_at__isnull", True), ("withdrawn_by__isnull", True)),
                            models.Q(("withdrawn_at__isnull", False), ("withdrawn_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="grants_limitchange_withdrawn_pair",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="limitchange",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            ("confirmed_by", None),
                            models.Q(("confirmed_by", models.F("proposed_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="grants_limitchange_two_people",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="limitchange",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("confirmed_by", None), ("withdrawn_by", None), _connector="OR"),
                        name="grants_limitchange_one_end",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="limitchange",
                    constraint=models.UniqueConstraint(
                        condition=models.Q(("confirmed_at", None), ("withdrawn_at", None)),
                        fields=("kind", "rank", "risk", "role"),
                        name="grants_limitchange_one_proposed",
                        nulls_distinct=False,
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="limitchange",
                    trigger=pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "grants_limitchangeevent" ("confirmed_at", "confirmed_by_id", "from_on", "id", "kind", "limit_pence", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "proposed_at", "proposed_by_id", "rank", "reason", "risk", "role", "withdrawn_at", "withdrawn_by_id") VALUES (NEW."confirmed_at", NEW."confirmed_by_id", NEW."from_on", NEW."id", NEW."kind", NEW."limit_pence", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'insert\', NEW."id", NEW."proposed_at", NEW."proposed_by_id", NEW."rank", NEW."reason", NEW."risk", NEW."role", NEW."withdrawn_at", NEW."withdrawn_by_id"); RETURN NULL;',
                            hash="31c63c74d56c0deff5c2ca741b669da3c6e0d22d",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_93d25",
                            table="grants_limitchange",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="limitchange",
                    trigger=pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "grants_limitchangeevent" ("confirmed_at", "confirmed_by_id", "from_on", "id", "kind", "limit_pence", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "proposed_at", "proposed_by_id", "rank", "reason", "risk", "role", "withdrawn_at", "withdrawn_by_id") VALUES (NEW."confirmed_at", NEW."confirmed_by_id", NEW."from_on", NEW."id", NEW."kind", NEW."limit_pence", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'update\', NEW."id", NEW."proposed_at", NEW."proposed_by_id", NEW."rank", NEW."reason", NEW."risk", NEW."role", NEW."withdrawn_at", NEW."withdrawn_by_id"); RETURN NULL;',
                            hash="ba8335af625fff5fe08535391461ffe21c7ac723",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_46382",
                            table="grants_limitchange",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="limitchange",
                    trigger=pgtrigger.compiler.Trigger(
                        name="delete_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "grants_limitchangeevent" ("confirmed_at", "confirmed_by_id", "from_on", "id", "kind", "limit_pence", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "proposed_at", "proposed_by_id", "rank", "reason", "risk", "role", "withdrawn_at", "withdrawn_by_id") VALUES (OLD."confirmed_at", OLD."confirmed_by_id", OLD."from_on", OLD."id", OLD."kind", OLD."limit_pence", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'delete\', OLD."id", OLD."proposed_at", OLD."proposed_by_id", OLD."rank", OLD."reason", OLD."risk", OLD."role", OLD."withdrawn_at", OLD."withdrawn_by_id"); RETURN NULL;',
                            hash="bba07b3bef575feb51bbb554f8f74d875c73158a",
                            operation="DELETE",
                            pgid="pgtrigger_delete_delete_9303b",
                            table="grants_limitchange",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="limitchangeevent",
                    trigger=pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="05f196da0acfc2219ec2874846b4b6e19fea0441",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_35cbf",
                            table="grants_limitchangeevent",
                            when="BEFORE",
                        ),
                    ),
                ),
                migrations.RunSQL(LIMITS, NO_LIMITS),
                *protect_history("grants_limitchangeevent"),
            ]
        ),
    ]
