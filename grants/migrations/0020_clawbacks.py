"""Money asked back: claims, what the bank brings of them, and what two people write off within limits."""

import cwf_portal.core.clock
import django.db.models.deletion
import pghistory.utils
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

from cwf_portal.core.sql_operations import CreateTogether, protect_append_only, protect_history


# What a claim asks for is what was proposed; whoever raises it has the rank, and no more is asked back than was paid.
CLAIMS = """
CREATE FUNCTION grants_check_clawback() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    rank_today smallint;
    today date := (core_now() AT TIME ZONE 'Europe/London')::date;
BEGIN
    IF NEW.status = OLD.status THEN
        RETURN NEW;
    END IF;
    IF (OLD.status, NEW.status) NOT IN (('proposed', 'raised'), ('proposed', 'refused'), ('raised', 'settled')) THEN
        RAISE EXCEPTION 'a claim goes from % to %', OLD.status, NEW.status
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_clawback_step';
    END IF;
    IF NEW.status <> 'raised' THEN
        RETURN NEW;
    END IF;
    SELECT rank INTO rank_today FROM grants_officerauthority
     WHERE user_id = NEW.decided_by_id AND from_on <= today AND (to_on IS NULL OR to_on >= today)
     ORDER BY from_on DESC LIMIT 1;
    IF coalesce(rank_today, 0) < 4 THEN
        RAISE EXCEPTION 'the head of grants or above asks money back'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_clawback_rank_suffices';
    END IF;
    PERFORM 1 FROM grants_agreement WHERE id = NEW.agreement_id FOR NO KEY UPDATE;
    PERFORM 1
       FROM (SELECT coalesce(sum(amount_pence), 0) AS place, coalesce(sum(contribution_pence), 0) AS body
               FROM grants_clawback
              WHERE agreement_id = NEW.agreement_id AND (status IN ('raised', 'settled') OR id = NEW.id)) AS asked,
            (SELECT coalesce(sum(amount_pence + uplift_pence), 0) AS place,
                    coalesce(sum(contribution_pence), 0) AS body
               FROM grants_tranche WHERE agreement_id = NEW.agreement_id AND status = 'paid') AS paid
      WHERE asked.place > paid.place OR asked.body > paid.body;
    IF FOUND THEN
        RAISE EXCEPTION 'more would be asked back of agreement % than was paid', NEW.agreement_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_clawback_within_paid';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER grants_clawback_steps BEFORE UPDATE OF status ON grants_clawback
    FOR EACH ROW EXECUTE FUNCTION grants_check_clawback();
CREATE TRIGGER grants_clawback_asks BEFORE UPDATE OR DELETE ON grants_clawback
    FOR EACH ROW EXECUTE FUNCTION grants_keep_columns(
        'agreement_id', 'number', 'reference', 'ground', 'reason', 'amount_pence', 'contribution_pence', 'pay_by_on',
        'proposed_by_id', 'proposed_at');
CREATE TRIGGER grants_clawback_decided BEFORE UPDATE ON grants_clawback
    FOR EACH ROW EXECUTE FUNCTION grants_keep_decision('decided_by_id', 'decided_at', 'journal_id');
ALTER TABLE grants_clawback ENABLE ALWAYS TRIGGER grants_clawback_steps;
ALTER TABLE grants_clawback ENABLE ALWAYS TRIGGER grants_clawback_asks;
ALTER TABLE grants_clawback ENABLE ALWAYS TRIGGER grants_clawback_decided;
"""
NO_CLAIMS = """
DROP TRIGGER grants_clawback_decided ON grants_clawback;
DROP TRIGGER grants_clawback_asks ON grants_clawback;
DROP TRIGGER grants_clawback_steps ON grants_clawback;
DROP FUNCTION grants_check_clawback();
"""

# Everything written off of one agreement counts against the limit, so that dividing a debt gains nothing.
WRITE_OFFS = """
CREATE FUNCTION grants_check_write_off() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    today date := (core_now() AT TIME ZONE 'Europe/London')::date;
    agreement bigint;
    rank_today smallint;
    limit_here bigint;
    whole bigint;
BEGIN
    IF NEW.status = OLD.status THEN
        RETURN NEW;
    END IF;
    IF OLD.status <> 'proposed' THEN
        RAISE EXCEPTION 'a write-off goes from % to %', OLD.status, NEW.status
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_writeoff_step';
    END IF;
    IF NEW.status <> 'confirmed' THEN
        RETURN NEW;
    END IF;
    SELECT agreement_id INTO agreement FROM grants_clawback WHERE id = NEW.clawback_id;
    PERFORM 1 FROM grants_agreement WHERE id = agreement FOR NO KEY UPDATE;
    SELECT rank INTO rank_today FROM grants_officerauthority
     WHERE user_id = NEW.decided_by_id AND from_on <= today AND (to_on IS NULL OR to_on >= today)
     ORDER BY from_on DESC LIMIT 1;
    SELECT limit_pence INTO limit_here FROM grants_writeofflimit
     WHERE rank = rank_today AND from_on <= today ORDER BY from_on DESC LIMIT 1;
    SELECT NEW.amount_pence + coalesce(sum(w.amount_pence), 0) INTO whole
      FROM grants_writeoff AS w JOIN grants_clawback AS c ON c.id = w.clawback_id
     WHERE c.agreement_id = agreement AND w.status = 'confirmed' AND w.id <> NEW.id;
    IF limit_here IS NULL OR whole > limit_here THEN
        RAISE EXCEPTION '% pence of agreement % would be written off, above the limit', whole, agreement
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_writeoff_within_limit';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER grants_writeoff_steps BEFORE UPDATE OF status ON grants_writeoff
    FOR EACH ROW EXECUTE FUNCTION grants_check_write_off();
CREATE TRIGGER grants_writeoff_asks BEFORE UPDATE OR DELETE ON grants_writeoff
    FOR EACH ROW EXECUTE FUNCTION grants_keep_columns(
        'clawback_id', 'amount_pence', 'reason', 'proposed_by_id', 'proposed_at');
CREATE TRIGGER grants_writeoff_decided BEFORE UPDATE ON grants_writeoff
    FOR EACH ROW EXECUTE FUNCTION grants_keep_decision('decided_by_id', 'decided_at', 'journal_id');
ALTER TABLE grants_writeoff ENABLE ALWAYS TRIGGER grants_writeoff_steps;
ALTER TABLE grants_writeoff ENABLE ALWAYS TRIGGER grants_writeoff_asks;
ALTER TABLE grants_writeoff ENABLE ALWAYS TRIGGER grants_writeoff_decided;
"""
NO_WRITE_OFFS = """
DROP TRIGGER grants_writeoff_decided ON grants_writeoff;
DROP TRIGGER grants_writeoff_asks ON grants_writeoff;
DROP TRIGGER grants_writeoff_steps ON grants_writeoff;
DROP FUNCTION grants_check_write_off();
"""
# Grants manager, head of grants, fund director.
LIMITS = """
INSERT INTO grants_writeofflimit (rank, limit_pence, from_on)
VALUES (3, 100000, '2020-01-01'), (4, 2500000, '2020-01-01'), (5, 10000000, '2020-01-01');
"""


class Migration(migrations.Migration):
    dependencies = [
        ("grants", "0019_balances_kept"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateTogether(
            [
                CreateTogether(
                    [
                        migrations.CreateModel(
                            name="Clawback",
                            fields=[
                                (
                                    "id",
                                    models.BigAutoField(
                                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                                    ),
                                ),
                                ("number", models.PositiveSmallIntegerField()),
                                ("reference", models.CharField(max_length=16, unique=True)),
                                (
                                    "ground",
                                    models.CharField(
                                        choices=[
                                            ("fraud", "Fraud, or a serious breach of the agreement"),
                                            ("misspent", "Spent on something the agreement does not allow"),
                                            ("left_over", "Left over when the agreement ended"),
                                            ("overpaid", "Paid in error"),
                                        ],
                                        max_length=10,
                                    ),
                                ),
                                ("reason", models.CharField(max_length=500)),
                                ("amount_pence", models.BigIntegerField()),
                                ("contribution_pence", models.BigIntegerField()),
                                ("pay_by_on", models.DateField()),
                                (
                                    "status",
                                    models.CharField(
                                        choices=[
                                            ("proposed", "Proposed"),
                                            ("raised", "Asked back"),
                                            ("refused", "Not to be"),
                                            ("settled", "Settled"),
                                        ],
                                        default="proposed",
                                        max_length=8,
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
                                "ordering": ("agreement_id", "number"),
                            },
                        ),
                        migrations.CreateModel(
                            name="ClawbackEvent",
                            fields=[
                                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                                ("pgh_label", models.TextField(help_text="The event label.")),
                                ("pgh_context", pghistory.utils.JSONField(null=True)),
                                ("pgh_context_id", models.UUIDField(null=True)),
                                ("id", models.BigIntegerField()),
                                ("number", models.PositiveSmallIntegerField()),
                                ("reference", models.CharField(max_length=16)),
                                (
                                    "ground",
                                    models.CharField(
                                        choices=[
                                            ("fraud", "Fraud, or a serious breach of the agreement"),
                                            ("misspent", "Spent on something the agreement does not allow"),
                                            ("left_over", "Left over when the agreement ended"),
                                            ("overpaid", "Paid in error"),
                                        ],
                                        max_length=10,
                                    ),
                                ),
                                ("reason", models.CharField(max_length=500)),
                                ("amount_pence", models.BigIntegerField()),
                                ("contribution_pence", models.BigIntegerField()),
                                ("pay_by_on", models.DateField()),
                                (
                                    "status",
                                    models.CharField(
                                        choices=[
                                            ("proposed", "Proposed"),
                                            ("raised", "Asked back"),
                                            ("refused", "Not to be"),
                                            ("settled", "Settled"),
                                        ],
                                        default="proposed",
                                        max_length=8,
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
                        migrations.CreateModel(
                            name="ClawbackFunding",
                            fields=[
                                (
                                    "id",
                                    models.BigAutoField(
                                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                                    ),
                                ),
                                ("amount_pence", models.BigIntegerField()),
                                ("contribution_pence", models.BigIntegerField()),
                            ],
                        ),
                        migrations.CreateModel(
                            name="ClawbackReceipt",
                            fields=[
                                (
                                    "id",
                                    models.BigAutoField(
                                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                                    ),
                                ),
                                ("amount_pence", models.BigIntegerField()),
                                ("value_on", models.DateField()),
                                ("bank_reference", models.CharField(max_length=35, unique=True)),
                            ],
                            options={
                                "ordering": ("id",),
                            },
                        ),
                        migrations.CreateModel(
                            name="WriteOff",
                            fields=[
                                (
                                    "id",
                                    models.BigAutoField(
                                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                                    ),
                                ),
                                ("amount_pence", models.BigIntegerField()),
                                ("reason", models.CharField(max_length=500)),
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
                            name="WriteOffEvent",
                            fields=[
                                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                                ("pgh_label", models.TextField(help_text="The event label.")),
                                ("pgh_context", pghistory.utils.JSONField(null=True)),
                                ("pgh_context_id", models.UUIDField(null=True)),
                                ("id", models.BigIntegerField()),
                                ("amount_pence", models.BigIntegerField()),
                                ("reason", models.CharField(max_length=500)),
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
                        migrations.CreateModel(
                            name="WriteOffLimit",
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
                                        ]
                                    ),
                                ),
                                ("limit_pence", models.BigIntegerField()),
                                ("from_on", models.DateField()),
                            ],
                        ),
                        migrations.AddField(
                            model_name="clawback",
                            name="agreement",
                            field=models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="clawbacks",
                                to="grants.agreement",
                            ),
                        ),
                        migrations.AddField(
                            model_name="clawback",
                            name="decided_by",
                            field=models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        migrations.AddField(
                            model_name="clawback",
                            name="journal",
                            field=models.OneToOneField(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="clawback",
                                to="grants.journal",
                            ),
                        ),
                        migrations.AddField(
                            model_name="clawback",
                            name="proposed_by",
                            field=models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        migrations.AddField(
                            model_name="clawbackevent",
                            name="agreement",
                            field=models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                related_query_name="+",
                                to="grants.agreement",
                            ),
                        ),
                        migrations.AddField(
                            model_name="clawbackevent",
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
                            model_name="clawbackevent",
                            name="journal",
                            field=models.ForeignKey(
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                related_query_name="+",
                                to="grants.journal",
                            ),
                        ),
                        migrations.AddField(
                            model_name="clawbackevent",
                            name="pgh_obj",
                            field=models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                to="grants.clawback",
                            ),
                        ),
                        migrations.AddField(
                            model_name="clawbackevent",
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
                            model_name="clawbackfunding",
                            name="clawback",
                            field=models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="funding",
                                to="grants.clawback",
                            ),
                        ),
                        migrations.AddField(
                            model_name="clawbackfunding",
                            name="source",
                            field=models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="grants.source"
                            ),
                        ),
                        migrations.AddField(
                            model_name="clawbackreceipt",
                            name="clawback",
                            field=models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="receipts",
                                to="grants.clawback",
                            ),
                        ),
                        migrations.AddField(
                            model_name="clawbackreceipt",
                            name="journal",
                            field=models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="clawback_receipt",
                                to="grants.journal",
                            ),
                        ),
                        migrations.AddField(
                            model_name="writeoff",
                            name="clawback",
                            field=models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="write_offs",
                                to="grants.clawback",
                            ),
                        ),
                        migrations.AddField(
                            model_name="writeoff",
                            name="decided_by",
                            field=models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        migrations.AddField(
                            model_name="writeoff",
                            name="journal",
                            field=models.OneToOneField(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="write_off",
                                to="grants.journal",
                            ),
                        ),
                        migrations.AddField(
                            model_name="writeoff",
                            name="proposed_by",
                            field=models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        migrations.AddField(
                            model_name="writeoffevent",
                            name="clawback",
                            field=models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                related_query_name="+",
                                to="grants.clawback",
                            ),
                        ),
                        migrations.AddField(
                            model_name="writeoffevent",
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
                            model_name="writeoffevent",
                            name="journal",
                            field=models.ForeignKey(
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                related_query_name="+",
                                to="grants.journal",
                            ),
                        ),
                        migrations.AddField(
                            model_name="writeoffevent",
                            name="pgh_obj",
                            field=models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                to="grants.writeoff",
                            ),
                        ),
                        migrations.AddField(
                            model_name="writeoffevent",
                            name="proposed_by",
                            field=models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                related_query_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        migrations.AddConstraint(
                            model_name="writeofflimit",
                            constraint=models.UniqueConstraint(
                                fields=("rank", "from_on"), name="grants_writeofflimit_once_a_day"
                            ),
                        ),
                        migrations.AddConstraint(
                            model_name="writeofflimit",
                            constraint=models.CheckConstraint(
                                condition=models.Q(("limit_pence__gte", 0), ("rank__gte", 1), ("rank__lte", 5)),
                                name="grants_writeofflimit_makes_sense",
                            ),
                        ),
                        migrations.AddConstraint(
                            model_name="clawback",
                            constraint=models.UniqueConstraint(
                                fields=("agreement", "number"), name="grants_clawback_once"
                            ),
                        ),
                        migrations.AddConstraint(
                            model_name="clawback",
                            constraint=models.CheckConstraint(
                                condition=models.Q(("amount_pence__gt", 0), ("contribution_pence__gte", 0)),
                                name="grants_clawback_positive",
                            ),
                        ),
                        migrations.AddConstraint(
                            model_name="clawback",
                            constraint=models.CheckConstraint(
                                condition=models.Q(("reason", ""), _negated=True), name="grants_clawback_says_why"
                            ),
                        ),
                        migrations.AddConstraint(
                            model_name="clawback",
                            constraint=models.CheckConstraint(
                                condition=models.Q(("ground__in", ["fraud", "misspent", "left_over", "overpaid"])),
                                name="grants_clawback_ground_known",
                            ),
                        ),
                        migrations.AddConstraint(
                            model_name="clawback",
                            constraint=models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("decided_by", None), ("journal", None), ("refusal", ""), ("status", "proposed")
                                    ),
                                    models.Q(
                                        ("decided_by__isnull", False),
                                        ("journal__isnull", False),
                                        ("refusal", ""),
                                        ("status__in", ["raised", "settled"]),
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
                            model_name="clawback",
                            constraint=models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("decided_at__isnull", True), ("decided_by__isnull", True)),
                                    models.Q(("decided_at__isnull", False), ("decided_by__isnull", False)),
                                    _connector="OR",
                                ),
                                name="grants_clawback_decided_pair",
                            ),
                        ),
                        migrations.AddConstraint(
                            model_name="clawback",
                            constraint=models.CheckConstraint(
                                condition=models.Q(
                                    ("status", "refused"),
                                    ("decided_by", None),
                                    models.Q(("decided_by", models.F("proposed_by")), _negated=True),
                                    _connector="OR",
                                ),
                                name="grants_clawback_two_people",
                            ),
                        ),
                        migrations.AddConstraint(
                            model_name="clawback",
                            constraint=models.UniqueConstraint(
                                condition=models.Q(("status", "proposed")),
                                fields=("agreement",),
                                name="grants_clawback_one_proposed",
                            ),
                        ),
                        pgtrigger.migrations.AddTrigger(
                            model_name="clawback",
                            trigger=pgtrigger.compiler.Trigger(
                                name="insert_insert",
                                sql=pgtrigger.compiler.UpsertTriggerSql(
                                    func='INSERT INTO "grants_clawbackevent" ("agreement_id", "amount_pence", "contribution_pence", "decided_at", "decided_by_id", "ground", "id", "journal_id", "number", "pay_by_on", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "proposed_at", "proposed_by_id", "reason", "reference", "refusal", "status") VALUES (NEW."agreement_id", NEW."amount_pence", NEW."contribution_pence", NEW."decided_at", NEW."decided_by_id", NEW."ground", NEW."id", NEW."journal_id", NEW."number", NEW."pay_by_on", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'insert\', NEW."id", NEW."proposed_at", NEW."proposed_by_id", NEW."reason", NEW."reference", NEW."refusal", NEW."status"); RETURN NULL;',
                                    hash="24f642f7ffea1b889a8fa4e06c7acac155055342",
                                    operation="INSERT",
                                    pgid="pgtrigger_insert_insert_b2cc4",
                                    table="grants_clawback",
                                    when="AFTER",
                                ),
                            ),
                        ),
                        pgtrigger.migrations.AddTrigger(
                            model_name="clawback",
                            trigger=pgtrigger.compiler.Trigger(
                                name="update_update",
                                sql=pgtrigger.compiler.UpsertTriggerSql(
                                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                                    func='INSERT INTO "grants_clawbackevent" ("agreement_id", "amount_pence", "contribution_pence", "decided_at", "decided_by_id", "ground", "id", "journal_id", "number", "pay_by_on", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "proposed_at", "proposed_by_id", "reason", "reference", "refusal", "status") VALUES (NEW."agreement_id", NEW."amount_pence", NEW."contribution_pence", NEW."decided_at", NEW."decided_by_id", NEW."ground", NEW."id", NEW."journal_id", NEW."number", NEW."pay_by_on", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'update\', NEW."id", NEW."proposed_at", NEW."proposed_by_id", NEW."reason", NEW."reference", NEW."refusal", NEW."status"); RETURN NULL;',
                                    hash="af8628abd500d590d64e594104c8169667111fcc",
                                    operation="UPDATE",
                                    pgid="pgtrigger_update_update_32461",
                                    table="grants_clawback",
                                    when="AFTER",
                                ),
                            ),
                        ),
                        pgtrigger.migrations.AddTrigger(
                            model_name="clawback",
                            trigger=pgtrigger.compiler.Trigger(
                                name="delete_delete",
                                sql=pgtrigger.compiler.UpsertTriggerSql(
                                    func='INSERT INTO "grants_clawbackevent" ("agreement_id", "amount_pence", "contribution_pence", "decided_at", "decided_by_id", "ground", "id", "journal_id", "number", "pay_by_on", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "proposed_at", "proposed_by_id", "reason", "reference", "refusal", "status") VALUES (OLD."agreement_id", OLD."amount_pence", OLD."contribution_pence", OLD."decided_at", OLD."decided_by_id", OLD."ground", OLD."id", OLD."journal_id", OLD."number", OLD."pay_by_on", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'delete\', OLD."id", OLD."proposed_at", OLD."proposed_by_id", OLD."reason", OLD."reference", OLD."refusal", OLD."status"); RETURN NULL;',
                                    hash="eb17339612285080603d42afcda07ed44f735177",
                                    operation="DELETE",
                                    pgid="pgtrigger_delete_delete_9cded",
                                    table="grants_clawback",
                                    when="AFTER",
                                ),
                            ),
                        ),
                        pgtrigger.migrations.AddTrigger(
                            model_name="clawbackevent",
                            trigger=pgtrigger.compiler.Trigger(
                                name="append_only",
                                sql=pgtrigger.compiler.UpsertTriggerSql(
                                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                                    hash="0e33c497bf8e59fcba01296924a7401af64fa475",
                                    operation="UPDATE OR DELETE",
                                    pgid="pgtrigger_append_only_69331",
                                    table="grants_clawbackevent",
                                    when="BEFORE",
                                ),
                            ),
                        ),
                        migrations.AddConstraint(
                            model_name="clawbackfunding",
                            constraint=models.UniqueConstraint(
                                fields=("clawback", "source"), name="grants_clawbackfunding_once"
                            ),
                        ),
                        migrations.AddConstraint(
                            model_name="clawbackfunding",
                            constraint=models.CheckConstraint(
                                condition=models.Q(("amount_pence__gt", 0), ("contribution_pence__gte", 0)),
                                name="grants_clawbackfunding_positive",
                            ),
                        ),
                        migrations.AddConstraint(
                            model_name="clawbackreceipt",
                            constraint=models.CheckConstraint(
                                condition=models.Q(("amount_pence__gt", 0)), name="grants_clawbackreceipt_positive"
                            ),
                        ),
                        migrations.AddConstraint(
                            model_name="writeoff",
                            constraint=models.CheckConstraint(
                                condition=models.Q(("amount_pence__gt", 0), models.Q(("reason", ""), _negated=True)),
                                name="grants_writeoff_says_something",
                            ),
                        ),
                        migrations.AddConstraint(
                            model_name="writeoff",
                            constraint=models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("decided_by", None), ("journal", None), ("refusal", ""), ("status", "proposed")
                                    ),
                                    models.Q(
                                        ("decided_by__isnull", False),
                                        ("journal__isnull", False),
                                        ("refusal", ""),
                                        ("status", "confirmed"),
                                    ),
                                    models.Q(
                                        ("decided_by__isnull", False),
                                        ("journal", None),
                                        ("status", "refused"),
                                        models.Q(("refusal", ""), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                                name="grants_writeoff_status_fits",
                            ),
                        ),
                        migrations.AddConstraint(
                            model_name="writeoff",
                            constraint=models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("decided_at__isnull", True), ("decided_by__isnull", True)),
                                    models.Q(("decided_at__isnull", False), ("decided_by__isnull", False)),
                                    _connector="OR",
                                ),
                                name="grants_writeoff_decided_pair",
                            ),
                        ),
                        migrations.AddConstraint(
                            model_name="writeoff",
                            constraint=models.CheckConstraint(
                                condition=models.Q(
                                    ("status", "refused"),
                                    ("decided_by", None),
                                    models.Q(("decided_by", models.F("proposed_by")), _negated=True),
                                    _connector="OR",
                                ),
                                name="grants_writeoff_two_people",
                            ),
                        ),
                        migrations.AddConstraint(
                            model_name="writeoff",
                            constraint=models.UniqueConstraint(
                                condition=models.Q(("status__in", ["proposed", "confirmed"])),
                                fields=("clawback",),
                                name="grants_writeoff_one_standing",
                            ),
                        ),
                        pgtrigger.migrations.AddTrigger(
                            model_name="writeoff",
                            trigger=pgtrigger.compiler.Trigger(
                                name="insert_insert",
                                sql=pgtrigger.compiler.UpsertTriggerSql(
                                    func='INSERT INTO "grants_writeoffevent" ("amount_pence", "clawback_id", "decided_at", "decided_by_id", "id", "journal_id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "proposed_at", "proposed_by_id", "reason", "refusal", "status") VALUES (NEW."amount_pence", NEW."clawback_id", NEW."decided_at", NEW."decided_by_id", NEW."id", NEW."journal_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'insert\', NEW."id", NEW."proposed_at", NEW."proposed_by_id", NEW."reason", NEW."refusal", NEW."status"); RETURN NULL;',
                                    hash="52b1d01809a27f33d541103ce6c749edc36eb6bb",
                                    operation="INSERT",
                                    pgid="pgtrigger_insert_insert_d409b",
                                    table="grants_writeoff",
                                    when="AFTER",
                                ),
                            ),
                        ),
                        pgtrigger.migrations.AddTrigger(
                            model_name="writeoff",
                            trigger=pgtrigger.compiler.Trigger(
                                name="update_update",
                                sql=pgtrigger.compiler.UpsertTriggerSql(
                                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                                    func='INSERT INTO "grants_writeoffevent" ("amount_pence", "clawback_id", "decided_at", "decided_by_id", "id", "journal_id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "proposed_at", "proposed_by_id", "reason", "refusal", "status") VALUES (NEW."amount_pence", NEW."clawback_id", NEW."decided_at", NEW."decided_by_id", NEW."id", NEW."journal_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'update\', NEW."id", NEW."proposed_at", NEW."proposed_by_id", NEW."reason", NEW."refusal", NEW."status"); RETURN NULL;',
                                    hash="cf9ebd87354b90d90ba5d00c5448fbcf381f463d",
                                    operation="UPDATE",
                                    pgid="pgtrigger_update_update_8d513",
                                    table="grants_writeoff",
                                    when="AFTER",
                                ),
                            ),
                        ),
                        pgtrigger.migrations.AddTrigger(
                            model_name="writeoff",
                            trigger=pgtrigger.compiler.Trigger(
                                name="delete_delete",
                                sql=pgtrigger.compiler.UpsertTriggerSql(
                                    func='INSERT INTO "grants_writeoffevent" ("amount_pence", "clawback_id", "decided_at", "decided_by_id", "id", "journal_id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "proposed_at", "proposed_by_id", "reason", "refusal", "status") VALUES (OLD."amount_pence", OLD."clawback_id", OLD."decided_at", OLD."decided_by_id", OLD."id", OLD."journal_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'delete\', OLD."id", OLD."proposed_at", OLD."proposed_by_id", OLD."reason", OLD."refusal", OLD."status"); RETURN NULL;',
                                    hash="3211192e41b472613534fb8e53bd4487bc4c9fb4",
                                    operation="DELETE",
                                    pgid="pgtrigger_delete_delete_24a99",
                                    table="grants_writeoff",
                                    when="AFTER",
                                ),
                            ),
                        ),
                        pgtrigger.migrations.AddTrigger(
                            model_name="writeoffevent",
                            trigger=pgtrigger.compiler.Trigger(
                                name="append_only",
                                sql=pgtrigger.compiler.UpsertTriggerSql(
                                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                                    hash="b2d068c6d19eb9d904e4e350a7ba8df76ec2b9da",
                                    operation="UPDATE OR DELETE",
                                    pgid="pgtrigger_append_only_1898f",
                                    table="grants_writeoffevent",
                                    when="BEFORE",
                                ),
                            ),
                        ),
                        migrations.RemoveConstraint(
                            model_name="lineclearing",
                            name="grants_lineclearing_target_fits",
                        ),
                        migrations.RemoveConstraint(
                            model_name="statementline",
                            name="grants_statementline_match_fits",
                        ),
                        migrations.AlterField(
                            model_name="lineclearing",
                            name="kind",
                            field=models.CharField(
                                choices=[
                                    ("payment", "A payment of ours went out"),
                                    ("returned", "A payment of ours came back"),
                                    ("file", "A whole payment file went out in one sum"),
                                    ("wave", "Announced money arrived"),
                                    ("clawback", "Money that was asked back arrived"),
                                    ("interest", "Interest"),
                                    ("bank_fee", "A fee of the bank"),
                                    ("running_cost", "A cost of running the fund"),
                                    ("other_income", "Other money for the fund"),
                                    ("cancels", "It cancels another line"),
                                ],
                                max_length=12,
                            ),
                        ),
                        migrations.AlterField(
                            model_name="lineclearingevent",
                            name="kind",
                            field=models.CharField(
                                choices=[
                                    ("payment", "A payment of ours went out"),
                                    ("returned", "A payment of ours came back"),
                                    ("file", "A whole payment file went out in one sum"),
                                    ("wave", "Announced money arrived"),
                                    ("clawback", "Money that was asked back arrived"),
                                    ("interest", "Interest"),
                                    ("bank_fee", "A fee of the bank"),
                                    ("running_cost", "A cost of running the fund"),
                                    ("other_income", "Other money for the fund"),
                                    ("cancels", "It cancels another line"),
                                ],
                                max_length=12,
                            ),
                        ),
                        migrations.AlterField(
                            model_name="statementline",
                            name="match",
                            field=models.CharField(
                                choices=[
                                    ("confirmed", "A payment of ours went out"),
                                    ("returned", "A payment of ours came back"),
                                    ("wave", "Announced money arrived"),
                                    ("order", "Finance ordered or expected it"),
                                    ("clawback", "Money that was asked back arrived"),
                                    ("suspense", "Not yet explained"),
                                ],
                                max_length=10,
                            ),
                        ),
                    ]
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name="lineclearing",
                    name="insert_insert",
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name="lineclearing",
                    name="update_update",
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name="lineclearing",
                    name="delete_delete",
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="lineclearing",
                    trigger=pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "grants_lineclearingevent" ("clawback_id", "counter_line_id", "decided_at", "decided_by_id", "id", "journal_id", "kind", "line_id", "note", "payment_id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "proposed_at", "proposed_by_id", "refusal", "run_id", "source_id", "status", "wave_id") VALUES (NEW."clawback_id", NEW."counter_line_id", NEW."decided_at", NEW."decided_by_id", NEW."id", NEW."journal_id", NEW."kind", NEW."line_id", NEW."note", NEW."payment_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'insert\', NEW."id", NEW."proposed_at", NEW."proposed_by_id", NEW."refusal", NEW."run_id", NEW."source_id", NEW."status", NEW."wave_id"); RETURN NULL;',
                            hash="e3e10e7a8c234f71b7582c5e0ce0831b3bfb879d",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_6b592",
                            table="grants_lineclearing",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="lineclearing",
                    trigger=pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "grants_lineclearingevent" ("clawback_id", "counter_line_id", "decided_at", "decided_by_id", "id", "journal_id", "kind", "line_id", "note", "payment_id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "proposed_at", "proposed_by_id", "refusal", "run_id", "source_id", "status", "wave_id") VALUES (NEW."clawback_id", NEW."counter_line_id", NEW."decided_at", NEW."decided_by_id", NEW."id", NEW."journal_id", NEW."kind", NEW."line_id", NEW."note", NEW."payment_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'update\', NEW."id", NEW."proposed_at", NEW."proposed_by_id", NEW."refusal", NEW."run_id", NEW."source_id", NEW."status", NEW."wave_id"); RETURN NULL;',
                            hash="af316c8975860193be6f3e7168b592883a62049a",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_5596a",
                            table="grants_lineclearing",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="lineclearing",
                    trigger=pgtrigger.compiler.Trigger(
                        name="delete_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "grants_lineclearingevent" ("clawback_id", "counter_line_id", "decided_at", "decided_by_id", "id", "journal_id", "kind", "line_id", "note", "payment_id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "proposed_at", "proposed_by_id", "refusal", "run_id", "source_id", "status", "wave_id") VALUES (OLD."clawback_id", OLD."counter_line_id", OLD."decided_at", OLD."decided_by_id", OLD."id", OLD."journal_id", OLD."kind", OLD."line_id", OLD."note", OLD."payment_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'delete\', OLD."id", OLD."proposed_at", OLD."proposed_by_id", OLD."refusal", OLD."run_id", OLD."source_id", OLD."status", OLD."wave_id"); RETURN NULL;',
                            hash="08365e858712a0ea9cded2cc6311ddee01fbe6b5",
                            operation="DELETE",
                            pgid="pgtrigger_delete_delete_e3e48",
                            table="grants_lineclearing",
                            when="AFTER",
                        ),
                    ),
                ),
                migrations.AddField(
                    model_name="lineclearing",
                    name="clawback",
                    field=models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="clearings",
                        to="grants.clawback",
                    ),
                ),
                migrations.AddField(
                    model_name="lineclearingevent",
                    name="clawback",
                    field=models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="grants.clawback",
                    ),
                ),
                migrations.AddField(
                    model_name="statementline",
                    name="clawback",
                    field=models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="statement_lines",
                        to="grants.clawback",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="lineclearing",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                models.Q(
                                    models.Q(
                                        ("kind__in", ["payment", "returned"]),
                                        ("payment__isnull", False),
                                        ("counter_line", None),
                                        ("run", None),
                                        ("source", None),
                                        ("wave", None),
                                    ),
                                    models.Q(
                                        ("kind", "file"),
                                        ("run__isnull", False),
                                        ("counter_line", None),
                                        ("payment", None),
                                        ("source", None),
                                        ("wave", None),
                                    ),
                                    models.Q(
                                        ("kind", "wave"),
                                        ("wave__isnull", False),
                                        ("counter_line", None),
                                        ("payment", None),
                                        ("run", None),
                                        ("source", None),
                                    ),
                                    models.Q(
                                        ("kind__in", ["interest", "bank_fee", "running_cost", "other_income"]),
                                        ("source__isnull", False),
                                        ("counter_line", None),
                                        ("payment", None),
                                        ("run", None),
                                        ("wave", None),
                                    ),
                                    models.Q(
                                        ("counter_line__isnull", False),
                                        ("kind", "cancels"),
                                        ("payment", None),
                                        ("run", None),
                                        ("source", None),
                                        ("wave", None),
                                    ),
                                    _connector="OR",
                                ),
                                ("clawback", None),
                            ),
                            models.Q(
                                ("clawback__isnull", False),
                                ("kind", "clawback"),
                                ("counter_line", None),
                                ("payment", None),
                                ("run", None),
                                ("source", None),
                                ("wave", None),
                            ),
                            _connector="OR",
                        ),
                        name="grants_lineclearing_target_fits",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="statementline",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                models.Q(
                                    models.Q(
                                        ("amount_pence__lt", 0),
                                        ("match", "confirmed"),
                                        ("order", None),
                                        ("payment__isnull", False),
                                        ("wave", None),
                                    ),
                                    models.Q(
                                        ("amount_pence__gt", 0),
                                        ("match", "returned"),
                                        ("order", None),
                                        ("payment__isnull", False),
                                        ("wave", None),
                                    ),
                                    models.Q(
                                        ("amount_pence__gt", 0),
                                        ("match", "wave"),
                                        ("order", None),
                                        ("payment", None),
                                        ("wave__isnull", False),
                                    ),
                                    models.Q(
                                        ("match", "order"), ("order__isnull", False), ("payment", None), ("wave", None)
                                    ),
                                    models.Q(
                                        ("match", "suspense"),
                                        ("order", None),
                                        ("payment", None),
                                        ("wave", None),
                                        models.Q(("finding", ""), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                                ("clawback", None),
                            ),
                            models.Q(
                                ("amount_pence__gt", 0),
                                ("clawback__isnull", False),
                                ("match", "clawback"),
                                ("order", None),
                                ("payment", None),
                                ("wave", None),
                            ),
                            _connector="OR",
                        ),
                        name="grants_statementline_match_fits",
                    ),
                ),
                migrations.RunSQL(CLAIMS, NO_CLAIMS),
                migrations.RunSQL(WRITE_OFFS, NO_WRITE_OFFS),
                migrations.RunSQL(LIMITS, migrations.RunSQL.noop),
                *protect_append_only("grants_clawbackfunding"),
                *protect_append_only("grants_clawbackreceipt"),
                *protect_append_only("grants_writeofflimit"),
                *protect_history("grants_clawbackevent", "grants_writeoffevent"),
            ]
        ),
    ]
