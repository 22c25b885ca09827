"""Ranks that two administrators give, and officers who act for one another."""

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


# A rank stands only by a change that two administrators made, and says what the change says; only its end is added.
RANKS = """
CREATE FUNCTION grants_check_authority() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM grants_authoritychange AS c
         WHERE c.id = NEW.change_id AND c.confirmed_at IS NOT NULL
           AND (c.user_id, c.rank, c.team, c.from_on) = (NEW.user_id, NEW.rank, NEW.team, NEW.from_on))
    THEN
        RAISE EXCEPTION 'the rank of user % is not what two administrators said', NEW.user_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_officerauthority_by_two';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER grants_officerauthority_by_two AFTER INSERT ON grants_officerauthority
    FOR EACH ROW EXECUTE FUNCTION grants_check_authority();
CREATE TRIGGER grants_officerauthority_snapshot BEFORE UPDATE OR DELETE ON grants_officerauthority
    FOR EACH ROW EXECUTE FUNCTION grants_keep_columns('user_id', 'rank', 'team', 'from_on', 'change_id');
CREATE TRIGGER grants_authoritychange_asked BEFORE UPDATE OR DELETE ON grants_authoritychange
    FOR EACH ROW EXECUTE FUNCTION grants_keep_columns(
        'user_id', 'rank', 'team', 'from_on', 'requested_by_id', 'requested_at');
CREATE TRIGGER grants_authoritychange_decided BEFORE UPDATE ON grants_authoritychange
    FOR EACH ROW EXECUTE FUNCTION grants_keep_decision(
        'confirmed_by_id', 'confirmed_at', 'withdrawn_by_id', 'withdrawn_at');
ALTER TABLE grants_officerauthority ENABLE ALWAYS TRIGGER grants_officerauthority_by_two;
ALTER TABLE grants_officerauthority ENABLE ALWAYS TRIGGER grants_officerauthority_snapshot;
ALTER TABLE grants_authoritychange ENABLE ALWAYS TRIGGER grants_authoritychange_asked;
ALTER TABLE grants_authoritychange ENABLE ALWAYS TRIGGER grants_authoritychange_decided;
"""
NOT_RANKS = """
DROP TRIGGER grants_authoritychange_decided ON grants_authoritychange;
DROP TRIGGER grants_authoritychange_asked ON grants_authoritychange;
DROP TRIGGER grants_officerauthority_snapshot ON grants_officerauthority;
DROP TRIGGER grants_officerauthority_by_two ON grants_officerauthority;
DROP FUNCTION grants_check_authority();
"""
# Authority is handed to equal rank only, to one person at a time, and not handed on. One after the other, so that two
# who propose at once see each other.
DELEGATIONS = """
CREATE FUNCTION grants_rank_on(officer bigint, day date) RETURNS smallint LANGUAGE sql STABLE AS $$
    SELECT rank FROM grants_officerauthority
     WHERE user_id = officer AND from_on <= day AND (to_on IS NULL OR to_on >= day) ORDER BY from_on DESC LIMIT 1
$$;
CREATE FUNCTION grants_check_delegation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.ended_at IS NOT NULL THEN
        RETURN NEW;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('grants.delegations'));
    IF EXISTS (
        SELECT 1 FROM (VALUES (NEW.from_on), (NEW.to_on)) AS ends (day)
         WHERE (grants_rank_on(NEW.giver_id, day) = grants_rank_on(NEW.taker_id, day)) IS NOT TRUE)
    THEN
        RAISE EXCEPTION 'users % and % are not of equal rank', NEW.giver_id, NEW.taker_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_delegation_equal_rank';
    END IF;
    IF EXISTS (
        SELECT 1 FROM grants_delegation AS other
         WHERE other.id <> NEW.id AND other.ended_at IS NULL
           AND other.from_on <= NEW.to_on AND other.to_on >= NEW.from_on
           AND (other.giver_id IN (NEW.giver_id, NEW.taker_id) OR other.taker_id = NEW.giver_id))
    THEN
        RAISE EXCEPTION 'the authority of user % is handed over in these days already', NEW.giver_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_delegation_one_at_a_time';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER grants_delegation_allowed BEFORE INSERT OR UPDATE ON grants_delegation
    FOR EACH ROW EXECUTE FUNCTION grants_check_delegation();
CREATE TRIGGER grants_delegation_snapshot BEFORE UPDATE OR DELETE ON grants_delegation
    FOR EACH ROW EXECUTE FUNCTION grants_keep_columns(
        'giver_id', 'taker_id', 'from_on', 'to_on', 'reason', 'proposed_at');
CREATE TRIGGER grants_delegation_decided BEFORE UPDATE ON grants_delegation
    FOR EACH ROW EXECUTE FUNCTION grants_keep_decision('confirmed_by_id', 'confirmed_at', 'ended_by_id', 'ended_at');
CREATE FUNCTION grants_check_stand_in() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    today date := (core_now() AT TIME ZONE 'Europe/London')::date;
BEGIN
    IF EXISTS (
        SELECT 1 FROM grants_delegation AS d
         WHERE d.confirmed_at IS NOT NULL AND d.ended_at IS NULL AND today BETWEEN d.from_on AND d.to_on
           AND d.giver_id = NEW.by_id)
    THEN
        RAISE EXCEPTION 'user % has handed over their authority', NEW.by_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_approval_handed_over';
    END IF;
    IF EXISTS (
        SELECT 1 FROM grants_delegation AS d
          JOIN grants_approval AS done ON done.agreement_id = NEW.agreement_id AND done.attempt = NEW.attempt
         WHERE d.confirmed_at IS NOT NULL AND d.ended_at IS NULL AND today BETWEEN d.from_on AND d.to_on
           AND (NEW.by_id, done.by_id) IN ((d.taker_id, d.giver_id), (d.giver_id, d.taker_id)))
    THEN
        RAISE EXCEPTION 'user % and whom they act for count as one person', NEW.by_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_approval_stand_in_apart';
    END IF;
    RETURN NEW;
END
$$;
-- By its name it comes after the limits, which lock the agreement.
CREATE TRIGGER grants_approval_stand_in BEFORE INSERT ON grants_approval
    FOR EACH ROW EXECUTE FUNCTION grants_check_stand_in();
ALTER TABLE grants_delegation ENABLE ALWAYS TRIGGER grants_delegation_allowed;
ALTER TABLE grants_delegation ENABLE ALWAYS TRIGGER grants_delegation_snapshot;
ALTER TABLE grants_delegation ENABLE ALWAYS TRIGGER grants_delegation_decided;
ALTER TABLE grants_approval ENABLE ALWAYS TRIGGER grants_approval_stand_in;
"""
NOT_DELEGATIONS = """
DROP TRIGGER grants_approval_stand_in ON grants_approval;
DROP FUNCTION grants_check_stand_in();
DROP TRIGGER grants_delegation_decided ON grants_delegation;
DROP TRIGGER grants_delegation_snapshot ON grants_delegation;
DROP TRIGGER grants_delegation_allowed ON grants_delegation;
DROP FUNCTION grants_check_delegation();
DROP FUNCTION grants_rank_on(bigint, date);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("grants", "0020_clawbacks"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateTogether(
            [
                CreateTogether(
                    [
                        migrations.CreateModel(
                            name="AuthorityChange",
                            fields=[
                                (
                                    "id",
                                    models.BigAutoField(
                                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
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
                                ("team", models.CharField(blank=True, max_length=40)),
                                ("from_on", models.DateField()),
                                (
                                    "requested_at",
                                    models.DateTimeField(db_default=cwf_portal.core.clock.CoreNow(), editable=False),
                                ),
                                ("confirmed_at", models.DateTimeField(null=True)),
                                ("withdrawn_at", models.DateTimeField(null=True)),
                            ],
                        ),
                        migrations.CreateModel(
                            name="AuthorityChangeEvent",
                            fields=[
                                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                                ("pgh_label", models.TextField(help_text="The event label.")),
                                ("pgh_context", pghistory.utils.JSONField(null=True)),
                                ("pgh_context_id", models.UUIDField(null=True)),
                                ("id", models.BigIntegerField()),
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
                                ("team", models.CharField(blank=True, max_length=40)),
                                ("from_on", models.DateField()),
                                (
                                    "requested_at",
                                    models.DateTimeField(db_default=cwf_portal.core.clock.CoreNow(), editable=False),
                                ),
                                ("confirmed_at", models.DateTimeField(null=True)),
                                ("withdrawn_at", models.DateTimeField(null=True)),
                            ],
                            options={
                                "abstract": False,
                            },
                        ),
                        migrations.CreateModel(
                            name="Delegation",
                            fields=[
                                (
                                    "id",
                                    models.BigAutoField(
                                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                                    ),
                                ),
                                ("from_on", models.DateField()),
                                ("to_on", models.DateField()),
                                ("reason", models.CharField(max_length=300)),
                                (
                                    "proposed_at",
                                    models.DateTimeField(db_default=cwf_portal.core.clock.CoreNow(), editable=False),
                                ),
                                ("confirmed_at", models.DateTimeField(null=True)),
                                ("ended_at", models.DateTimeField(null=True)),
                            ],
                        ),
                        migrations.CreateModel(
                            name="DelegationEvent",
                            fields=[
                                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                                ("pgh_label", models.TextField(help_text="The event label.")),
                                ("pgh_context", pghistory.utils.JSONField(null=True)),
                                ("pgh_context_id", models.UUIDField(null=True)),
                                ("id", models.BigIntegerField()),
                                ("from_on", models.DateField()),
                                ("to_on", models.DateField()),
                                ("reason", models.CharField(max_length=300)),
                                (
                                    "proposed_at",
                                    models.DateTimeField(db_default=cwf_portal.core.clock.CoreNow(), editable=False),
                                ),
                                ("confirmed_at", models.DateTimeField(null=True)),
                                ("ended_at", models.DateTimeField(null=True)),
                            ],
                            options={
                                "abstract": False,
                            },
                        ),
                        migrations.AddField(
                            model_name="authoritychange",
                            name="confirmed_by",
                            field=models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        migrations.AddField(
                            model_name="authoritychange",
                            name="requested_by",
                            field=models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        migrations.AddField(
                            model_name="authoritychange",
                            name="user",
                            field=models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="authority_changes",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        migrations.AddField(
                            model_name="authoritychange",
                            name="withdrawn_by",
                            field=models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        migrations.AddField(
                            model_name="authoritychangeevent",
                            name="confirmed_by",
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
                            model_name="authoritychangeevent",
                            name="pgh_obj",
                            field=models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                to="grants.authoritychange",
                            ),
                        ),
                        migrations.AddField(
                            model_name="authoritychangeevent",
                            name="requested_by",
                            field=models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                related_query_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        migrations.AddField(
                            model_name="authoritychangeevent",
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
                            model_name="authoritychangeevent",
                            name="withdrawn_by",
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
                            model_name="delegation",
                            name="confirmed_by",
                            field=models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        migrations.AddField(
                            model_name="delegation",
                            name="ended_by",
                            field=models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        migrations.AddField(
                            model_name="delegation",
                            name="giver",
                            field=models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="delegations_given",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        migrations.AddField(
                            model_name="delegation",
                            name="taker",
                            field=models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="delegations_taken",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        migrations.AddField(
                            model_name="delegationevent",
                            name="confirmed_by",
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
                            model_name="delegationevent",
                            name="ended_by",
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
                            model_name="delegationevent",
                            name="giver",
                            field=models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                related_query_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        migrations.AddField(
                            model_name="delegationevent",
                            name="pgh_obj",
                            field=models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                to="grants.delegation",
                            ),
                        ),
                        migrations.AddField(
                            model_name="delegationevent",
                            name="taker",
                            field=models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                related_query_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        migrations.AddConstraint(
                            model_name="authoritychange",
                            constraint=models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("rank", None), ("team", "")),
                                    models.Q(("rank__gte", 1), ("rank__lte", 5), models.Q(("team", ""), _negated=True)),
                                    _connector="OR",
                                ),
                                name="grants_authoritychange_rank_with_team",
                            ),
                        ),
                        migrations.AddConstraint(
                            model_name="authoritychange",
                            constraint=models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("confirmed_at__isnull", True), ("confirmed_by__isnull", True)),
                                    models.Q(("confirmed_at__isnull", False), ("confirmed_by__isnull", False)),
                                    _connector="OR",
                                ),
                                name="grants_authoritychange_confirmed_pair",
                            ),
                        ),
                        migrations.AddConstraint(
                            model_name="authoritychange",
                            constraint=models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("withdrawn_at__isnull", True), ("withdrawn_by__isnull", True)),
                                    models.Q(("withdrawn_at__isnull", False), ("withdrawn_by__isnull", False)),
                                    _connector="OR",
                                ),
                                name="grants_authoritychange_withdrawn_pair",
                            ),
                        ),
                        migrations.AddConstraint(
                            model_name="authoritychange",
                            constraint=models.CheckConstraint(
                                condition=models.Q(("confirmed_by", None), ("withdrawn_by", None), _connector="OR"),
                                name="grants_authoritychange_one_end",
                            ),
                        ),
                        migrations.AddConstraint(
                            model_name="authoritychange",
                            constraint=models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("requested_by", models.F("user")), _negated=True),
                                    models.Q(
                                        ("confirmed_by", None),
                                        models.Q(
                                            models.Q(("confirmed_by", models.F("requested_by")), _negated=True),
                                            models.Q(("confirmed_by", models.F("user")), _negated=True),
                                        ),
                                        _connector="OR",
                                    ),
                                ),
                                name="grants_authoritychange_two_people",
                            ),
                        ),
                        migrations.AddConstraint(
                            model_name="authoritychange",
                            constraint=models.UniqueConstraint(
                                condition=models.Q(("confirmed_at", None), ("withdrawn_at", None)),
                                fields=("user",),
                                name="grants_authoritychange_one_waiting",
                            ),
                        ),
                        pgtrigger.migrations.AddTrigger(
                            model_name="authoritychange",
                            trigger=pgtrigger.compiler.Trigger(
                                name="insert_insert",
                                sql=pgtrigger.compiler.UpsertTriggerSql(
                                    func='INSERT INTO "grants_authoritychangeevent" ("confirmed_at", "confirmed_by_id", "from_on", "id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "rank", "requested_at", "requested_by_id", "team", "user_id", "withdrawn_at", "withdrawn_by_id") VALUES (NEW."confirmed_at", NEW."confirmed_by_id", NEW."from_on", NEW."id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'insert\', NEW."id", NEW."rank", NEW."requested_at", NEW."requested_by_id", NEW."team", NEW."user_id", NEW."withdrawn_at", NEW."withdrawn_by_id"); RETURN NULL;',
                                    hash="d71d5064cf9c0c5530515c6a05c185180dfc2238",
                                    operation="INSERT",
                                    pgid="pgtrigger_insert_insert_dea5c",
                                    table="grants_authoritychange",
                                    when="AFTER",
                                ),
                            ),
                        ),
                        pgtrigger.migrations.AddTrigger(
                            model_name="authoritychange",
                            trigger=pgtrigger.compiler.Trigger(
                                name="update_update",
                                sql=pgtrigger.compiler.UpsertTriggerSql(
                                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                                    func='INSERT INTO "grants_authoritychangeevent" ("confirmed_at", "confirmed_by_id", "from_on", "id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "rank", "requested_at", "requested_by_id", "team", "user_id", "withdrawn_at", "withdrawn_by_id") VALUES (NEW."confirmed_at", NEW."confirmed_by_id", NEW."from_on", NEW."id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'update\', NEW."id", NEW."rank", NEW."requested_at", NEW."requested_by_id", NEW."team", NEW."user_id", NEW."withdrawn_at", NEW."withdrawn_by_id"); RETURN NULL;',
                                    hash="c5add238803214c172dfce63c9fb3269a1dbe67a",
                                    operation="UPDATE",
                                    pgid="pgtrigger_update_update_5aa3c",
                                    table="grants_authoritychange",
                                    when="AFTER",
                                ),
                            ),
                        ),
                        pgtrigger.migrations.AddTrigger(
                            model_name="authoritychange",
                            trigger=pgtrigger.compiler.Trigger(
                                name="delete_delete",
                                sql=pgtrigger.compiler.UpsertTriggerSql(
                                    func='INSERT INTO "grants_authoritychangeevent" ("confirmed_at", "confirmed_by_id", "from_on", "id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "rank", "requested_at", "requested_by_id", "team", "user_id", "withdrawn_at", "withdrawn_by_id") VALUES (OLD."confirmed_at", OLD."confirmed_by_id", OLD."from_on", OLD."id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'delete\', OLD."id", OLD."rank", OLD."requested_at", OLD."requested_by_id", OLD."team", OLD."user_id", OLD."withdrawn_at", OLD."withdrawn_by_id"); RETURN NULL;',
                                    hash="751b1d8b60f01505e89fbe8d984b8a31ef51abd8",
                                    operation="DELETE",
                                    pgid="pgtrigger_delete_delete_9d37c",
                                    table="grants_authoritychange",
                                    when="AFTER",
                                ),
                            ),
                        ),
                        pgtrigger.migrations.AddTrigger(
                            model_name="authoritychangeevent",
                            trigger=pgtrigger.compiler.Trigger(
                                name="append_only",
                                sql=pgtrigger.compiler.UpsertTriggerSql(
                                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                                    hash="bfec75196d4b839d980e21f2a7336fe84b8dc90d",
                                    operation="UPDATE OR DELETE",
                                    pgid="pgtrigger_append_only_eafa3",
                                    table="grants_authoritychangeevent",
                                    when="BEFORE",
                                ),
                            ),
                        ),
                        migrations.AddConstraint(
                            model_name="delegation",
                            constraint=models.CheckConstraint(
                                condition=models.Q(("giver", models.F("taker")), _negated=True),
                                name="grants_delegation_not_to_oneself",
                            ),
                        ),
                        migrations.AddConstraint(
                            model_name="delegation",
                            constraint=models.CheckConstraint(
                                condition=models.Q(
                                    ("to_on__gte", models.F("from_on")),
                                    (
                                        "to_on__lt",
                                        django.db.models.expressions.CombinedExpression(
                                            models.F("from_on"), "+", models.Value(datetime.timedelta(days=30))
                                        ),
                                    ),
                                ),
                                name="grants_delegation_thirty_days",
                            ),
                        ),
                        migrations.AddConstraint(
                            model_name="delegation",
                            constraint=models.CheckConstraint(
                                condition=models.Q(("reason", ""), _negated=True), name="grants_delegation_reason_given"
                            ),
                        ),
                        migrations.AddConstraint(
                            model_name="delegation",
                            constraint=models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("confirmed_at__isnull", True), ("confirmed_by__isnull", True)),
                                    models.Q(("confirmed_at__isnull", False), ("confirmed_by__isnull", False)),
                                    _connector="OR",
                                ),
                                name="grants_delegation_confirmed_pair",
                            ),
                        ),
                        migrations.AddConstraint(
                            model_name="delegation",
                            constraint=models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("ended_at__isnull", True), ("ended_by__isnull", True)),
                                    models.Q(("ended_at__isnull", False), ("ended_by__isnull", False)),
                                    _connector="OR",
                                ),
                                name="grants_delegation_ended_pair",
                            ),
                        ),
                        migrations.AddConstraint(
                            model_name="delegation",
                            constraint=models.CheckConstraint(
                                condition=models.Q(
                                    ("confirmed_by", None),
                                    models.Q(
                                        models.Q(("confirmed_by", models.F("giver")), _negated=True),
                                        models.Q(("confirmed_by", models.F("taker")), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                                name="grants_delegation_third_person",
                            ),
                        ),
                        pgtrigger.migrations.AddTrigger(
                            model_name="delegation",
                            trigger=pgtrigger.compiler.Trigger(
                                name="insert_insert",
                                sql=pgtrigger.compiler.UpsertTriggerSql(
                                    func='INSERT INTO "grants_delegationevent" ("confirmed_at", "confirmed_by_id", "ended_at", "ended_by_id", "from_on", "giver_id", "id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "proposed_at", "reason", "taker_id", "to_on") VALUES (NEW."confirmed_at", NEW."confirmed_by_id", NEW."ended_at", NEW."ended_by_id", NEW."from_on", NEW."giver_id", NEW."id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'insert\', NEW."id", NEW."proposed_at", NEW."reason", NEW."taker_id", NEW."to_on"); RETURN NULL;',
                                    hash="49fe42f5fdfb7803c88f602330c448e517f5e2dc",
                                    operation="INSERT",
                                    pgid="pgtrigger_insert_insert_75b9f",
                                    table="grants_delegation",
                                    when="AFTER",
                                ),
                            ),
                        ),
                        pgtrigger.migrations.AddTrigger(
                            model_name="delegation",
                            trigger=pgtrigger.compiler.Trigger(
                                name="update_update",
                                sql=pgtrigger.compiler.UpsertTriggerSql(
                                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                                    func='INSERT INTO "grants_delegationevent" ("confirmed_at", "confirmed_by_id", "ended_at", "ended_by_id", "from_on", "giver_id", "id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "proposed_at", "reason", "taker_id", "to_on") VALUES (NEW."confirmed_at", NEW."confirmed_by_id", NEW."ended_at", NEW."ended_by_id", NEW."from_on", NEW."giver_id", NEW."id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'update\', NEW."id", NEW."proposed_at", NEW."reason", NEW."taker_id", NEW."to_on"); RETURN NULL;',
                                    hash="4f1c690a2590c4ea1f3c8eb7a30f7fda13f017ad",
                                    operation="UPDATE",
                                    pgid="pgtrigger_update_update_c767f",
                                    table="grants_delegation",
                                    when="AFTER",
                                ),
                            ),
                        ),
                        pgtrigger.migrations.AddTrigger(
                            model_name="delegation",
                            trigger=pgtrigger.compiler.Trigger(
                                name="delete_delete",
                                sql=pgtrigger.compiler.UpsertTriggerSql(
                                    func='INSERT INTO "grants_delegationevent" ("confirmed_at", "confirmed_by_id", "ended_at", "ended_by_id", "from_on", "giver_id", "id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "proposed_at", "reason", "taker_id", "to_on") VALUES (OLD."confirmed_at", OLD."confirmed_by_id", OLD."ended_at", OLD."ended_by_id", OLD."from_on", OLD."giver_id", OLD."id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'delete\', OLD."id", OLD."proposed_at", OLD."reason", OLD."taker_id", OLD."to_on"); RETURN NULL;',
                                    hash="54516726c08d673516d1f8004522350872d4ba54",
                                    operation="DELETE",
                                    pgid="pgtrigger_delete_delete_a4352",
                                    table="grants_delegation",
                                    when="AFTER",
                                ),
                            ),
                        ),
                        pgtrigger.migrations.AddTrigger(
                            model_name="delegationevent",
                            trigger=pgtrigger.compiler.Trigger(
                                name="append_only",
                                sql=pgtrigger.compiler.UpsertTriggerSql(
                                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                                    hash="e445d7b6738af3eb322f152656ec9ff3a10d293c",
                                    operation="UPDATE OR DELETE",
                                    pgid="pgtrigger_append_only_29287",
                                    table="grants_delegationevent",
                                    when="BEFORE",
                                ),
                            ),
                        ),
                    ]
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name="officerauthority",
                    name="insert_insert",
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name="officerauthority",
                    name="update_update",
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name="officerauthority",
                    name="delete_delete",
                ),
                migrations.AddField(
                    model_name="officerauthority",
                    name="change",
                    field=models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="authority",
                        to="grants.authoritychange",
                    ),
                ),
                migrations.AddField(
                    model_name="officerauthorityevent",
                    name="change",
                    field=models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="grants.authoritychange",
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="officerauthority",
                    trigger=pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "grants_officerauthorityevent" ("change_id", "from_on", "id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "rank", "team", "to_on", "user_id") VALUES (NEW."change_id", NEW."from_on", NEW."id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'insert\', NEW."id", NEW."rank", NEW."team", NEW."to_on", NEW."user_id"); RETURN NULL;',
                            hash="e2e4fd720779f1851d413cf9c2d31a48a9279fd8",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_3eaee",
                            table="grants_officerauthority",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="officerauthority",
                    trigger=pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "grants_officerauthorityevent" ("change_id", "from_on", "id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "rank", "team", "to_on", "user_id") VALUES (NEW."change_id", NEW."from_on", NEW."id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'update\', NEW."id", NEW."rank", NEW."team", NEW."to_on", NEW."user_id"); RETURN NULL;',
                            hash="75ec57bde56e4aea9870294df210f8e338fdddec",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_db990",
                            table="grants_officerauthority",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="officerauthority",
                    trigger=pgtrigger.compiler.Trigger(
                        name="delete_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "grants_officerauthorityevent" ("change_id", "from_on", "id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "rank", "team", "to_on", "user_id") VALUES (OLD."change_id", OLD."from_on", OLD."id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'delete\', OLD."id", OLD."rank", OLD."team", OLD."to_on", OLD."user_id"); RETURN NULL;',
                            hash="385c31be6e80fe17edea4293a6b127c9a7e5baeb",
                            operation="DELETE",
                            pgid="pgtrigger_delete_delete_4010a",
                            table="grants_officerauthority",
                            when="AFTER",
                        ),
                    ),
                ),
                migrations.RunSQL(RANKS, NOT_RANKS),
                migrations.RunSQL(DELEGATIONS, NOT_DELEGATIONS),
                *protect_history("grants_authoritychangeevent", "grants_delegationevent"),
            ]
        ),
    ]
