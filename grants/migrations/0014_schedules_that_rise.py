"""How an agreement pays and rises becomes its own; what prices may ask for counts in its value; uplift has its place."""

import cwf_portal.core.clock
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

from cwf_portal.core.sql_operations import CreateTogether, protect_append_only

# The value under decision counts what rising prices may add, at the cap.
WHOLE_LIFE = """
CREATE OR REPLACE FUNCTION grants_whole_life_pence(subject bigint) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT coalesce(sum(other.amount_pence + other.contribution_pence + other.uplift_cap_pence), 0)::bigint
      FROM grants_agreement AS this
      JOIN grants_allocation AS own ON own.id = this.allocation_id
      JOIN grants_agreement AS other ON true
      JOIN grants_allocation AS theirs ON theirs.id = other.allocation_id
     WHERE this.id = subject
       AND (other.id = this.id
            OR ((other.body_id = this.body_id OR theirs.neighbourhood_id = own.neighbourhood_id)
                AND other.status NOT IN ('lapsed', 'discontinued')
                AND EXISTS (SELECT 1 FROM grants_approval AS done
                             WHERE done.agreement_id = other.id AND done.attempt = other.attempt
                               AND done.step = 'second' AND done.outcome = 'approved'
                               AND done.decided_at > core_now() - interval '24 months')))
$$;
"""
WHOLE_LIFE_BEFORE = WHOLE_LIFE.replace(" + other.uplift_cap_pence", "")

# What was recommended and approved is what is accepted and paid.
FROZEN_TERMS = """
CREATE FUNCTION grants_keep_terms() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.status <> 'draft'
       AND (NEW.amount_pence, NEW.contribution_pence, NEW.uplift_cap_pence, NEW.term_years, NEW.cadence_months,
            NEW.profile, NEW.custom_weights, NEW.indexation, NEW.index_basis_points)
           IS DISTINCT FROM
           (OLD.amount_pence, OLD.contribution_pence, OLD.uplift_cap_pence, OLD.term_years, OLD.cadence_months,
            OLD.profile, OLD.custom_weights, OLD.indexation, OLD.index_basis_points)
    THEN
        RAISE EXCEPTION 'the terms of agreement % stand', OLD.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_agreement_terms_stand';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER grants_agreement_terms BEFORE UPDATE ON grants_agreement
    FOR EACH ROW EXECUTE FUNCTION grants_keep_terms();
ALTER TABLE grants_agreement ENABLE ALWAYS TRIGGER grants_agreement_terms;
"""
FREE_TERMS = """
DROP TRIGGER grants_agreement_terms ON grants_agreement;
DROP FUNCTION grants_keep_terms();
"""

# A payment that is released, sent, paid or cancelled says for good what was agreed; no payment is ever deleted.
STANDING_AMOUNTS = """
CREATE FUNCTION grants_keep_tranche() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'payments are never deleted' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.status NOT IN ('pledged', 'committed')
       AND (NEW.agreement_id, NEW.number, NEW.year, NEW.due_on, NEW.process_on,
            NEW.amount_pence, NEW.uplift_pence, NEW.contribution_pence)
           IS DISTINCT FROM
           (OLD.agreement_id, OLD.number, OLD.year, OLD.due_on, OLD.process_on,
            OLD.amount_pence, OLD.uplift_pence, OLD.contribution_pence)
    THEN
        RAISE EXCEPTION 'payment % is % and changes no more', OLD.id, OLD.status
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_tranche_stands';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER grants_tranche_stands BEFORE UPDATE OR DELETE ON grants_tranche
    FOR EACH ROW EXECUTE FUNCTION grants_keep_tranche();
ALTER TABLE grants_tranche ENABLE ALWAYS TRIGGER grants_tranche_stands;
"""
LOOSE_AMOUNTS = """
DROP TRIGGER grants_tranche_stands ON grants_tranche;
DROP FUNCTION grants_keep_tranche();
"""

# At commit, what the sources give makes up each payment, and the payments make up what was agreed.
SUMS = """
CREATE FUNCTION grants_check_tranche(subject bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    tranche grants_tranche;
    agreement grants_agreement;
    amount bigint;
    contribution bigint;
BEGIN
    SELECT * INTO tranche FROM grants_tranche WHERE id = subject;
    PERFORM 1
       FROM (SELECT sum(amount_pence) AS a, sum(uplift_pence) AS u, sum(contribution_pence) AS c
               FROM grants_tranchefunding WHERE tranche_id = subject GROUP BY source_id) AS by_source
     HAVING coalesce(sum(a), 0) <> tranche.amount_pence OR coalesce(sum(u), 0) <> tranche.uplift_pence
         OR coalesce(sum(c), 0) <> tranche.contribution_pence OR coalesce(min(least(a, u, c)), 0) < 0;
    IF FOUND THEN
        RAISE EXCEPTION 'what the sources give to payment % does not make it up', subject
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_tranche_made_up';
    END IF;
    SELECT * INTO agreement FROM grants_agreement WHERE id = tranche.agreement_id;
    IF agreement.status IN ('active', 'completed') THEN
        SELECT sum(amount_pence), sum(contribution_pence) INTO amount, contribution
          FROM grants_tranche WHERE agreement_id = agreement.id AND status <> 'cancelled';
        IF (amount, contribution) IS DISTINCT FROM (agreement.amount_pence, agreement.contribution_pence) THEN
            RAISE EXCEPTION 'the payments of agreement % make % and %, not what was agreed',
                agreement.id, amount, contribution
                USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_agreement_made_up';
        END IF;
    END IF;
END
$$;
CREATE FUNCTION grants_check_tranche_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM grants_check_tranche(NEW.id);
    RETURN NULL;
END
$$;
CREATE FUNCTION grants_check_funding_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM grants_check_tranche(NEW.tranche_id);
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER grants_tranche_added AFTER INSERT ON grants_tranche
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION grants_check_tranche_row();
CREATE CONSTRAINT TRIGGER grants_tranche_changed AFTER UPDATE ON grants_tranche
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN ((NEW.amount_pence, NEW.uplift_pence, NEW.contribution_pence, NEW.status = 'cancelled') IS DISTINCT FROM
          (OLD.amount_pence, OLD.uplift_pence, OLD.contribution_pence, OLD.status = 'cancelled'))
    EXECUTE FUNCTION grants_check_tranche_row();
CREATE CONSTRAINT TRIGGER grants_tranchefunding_later AFTER INSERT ON grants_tranchefunding
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.entry > 1)
    EXECUTE FUNCTION grants_check_funding_row();
ALTER TABLE grants_tranche ENABLE ALWAYS TRIGGER grants_tranche_added;
ALTER TABLE grants_tranche ENABLE ALWAYS TRIGGER grants_tranche_changed;
ALTER TABLE grants_tranchefunding ENABLE ALWAYS TRIGGER grants_tranchefunding_later;
"""
NO_SUMS = """
DROP TRIGGER grants_tranchefunding_later ON grants_tranchefunding;
DROP TRIGGER grants_tranche_changed ON grants_tranche;
DROP TRIGGER grants_tranche_added ON grants_tranche;
DROP FUNCTION grants_check_funding_row();
DROP FUNCTION grants_check_tranche_row();
DROP FUNCTION grants_check_tranche(bigint);
"""

# The uplift belongs to the snapshot of a payment.
SNAPSHOT = """
DROP TRIGGER grants_payment_snapshot ON grants_payment;
CREATE TRIGGER grants_payment_snapshot BEFORE UPDATE OR DELETE ON grants_payment
    FOR EACH ROW EXECUTE FUNCTION grants_keep_columns(
        'run_id', 'tranche_id', 'attempt', 'end_to_end_id', 'bank_account_id', 'payee_name', 'sort_code',
        'account_number', 'amount_pence', 'uplift_pence', 'contribution_pence', 'arrive_on');
ALTER TABLE grants_payment ENABLE ALWAYS TRIGGER grants_payment_snapshot;
"""
SNAPSHOT_BEFORE = SNAPSHOT.replace(" 'uplift_pence',", "")


class Migration(migrations.Migration):
    dependencies = [
        ("grants", "0013_books"),
        ("panels", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateTogether(
            [
                migrations.CreateModel(
                    name="Uplift",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("year", models.PositiveSmallIntegerField()),
                        ("happens_on", models.DateField()),
                        ("factor", models.CharField(max_length=300)),
                        ("rates", models.JSONField()),
                        ("used_pence", models.BigIntegerField()),
                        ("unused_pence", models.BigIntegerField()),
                        ("made_at", models.DateTimeField(db_default=cwf_portal.core.clock.CoreNow(), editable=False)),
                    ],
                    options={
                        "ordering": ("agreement_id", "year"),
                    },
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name="agreement",
                    name="insert_insert",
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name="agreement",
                    name="update_update",
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name="agreement",
                    name="delete_delete",
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name="payment",
                    name="insert_insert",
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name="payment",
                    name="update_update",
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name="payment",
                    name="delete_delete",
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
                pgtrigger.migrations.RemoveTrigger(
                    model_name="tranche",
                    name="insert_insert",
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name="tranche",
                    name="update_update",
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name="tranche",
                    name="delete_delete",
                ),
                migrations.RemoveConstraint(
                    model_name="agreement",
                    name="grants_agreement_profile_known",
                ),
                migrations.RemoveConstraint(
                    model_name="agreement",
                    name="grants_agreement_positive",
                ),
                migrations.RemoveConstraint(
                    model_name="payment",
                    name="grants_payment_positive",
                ),
                migrations.RemoveConstraint(
                    model_name="tranche",
                    name="grants_tranche_positive",
                ),
                migrations.RemoveConstraint(
                    model_name="tranchefunding",
                    name="grants_tranchefunding_once",
                ),
                migrations.RemoveConstraint(
                    model_name="tranchefunding",
                    name="grants_tranchefunding_not_negative",
                ),
                migrations.AddField(
                    model_name="agreement",
                    name="cadence_months",
                    field=models.PositiveSmallIntegerField(
                        choices=[
                            (12, "Once a year"),
                            (6, "Every six months"),
                            (3, "Every three months"),
                            (1, "Every month"),
                        ],
                        db_default=6,
                        default=6,
                    ),
                ),
                migrations.AddField(
                    model_name="agreement",
                    name="custom_weights",
                    field=models.JSONField(blank=True, db_default=models.Value([], models.JSONField()), default=list),
                ),
                migrations.AddField(
                    model_name="agreement",
                    name="index_basis_points",
                    field=models.PositiveSmallIntegerField(db_default=0, default=0),
                ),
                migrations.AddField(
                    model_name="agreement",
                    name="indexation",
                    field=models.CharField(
                        choices=[
                            ("none", "Not at all"),
                            ("fixed", "By a fixed rate each year"),
                            ("cpih", "With consumer prices (CPIH), up to a cap"),
                        ],
                        db_default="none",
                        default="none",
                        max_length=5,
                    ),
                ),
                migrations.AddField(
                    model_name="agreement",
                    name="next_uplift_on",
                    field=models.DateField(null=True),
                ),
                migrations.AddField(
                    model_name="agreement",
                    name="uplift_cap_pence",
                    field=models.BigIntegerField(db_default=0, default=0),
                ),
                migrations.AddField(
                    model_name="agreementevent",
                    name="cadence_months",
                    field=models.PositiveSmallIntegerField(
                        choices=[
                            (12, "Once a year"),
                            (6, "Every six months"),
                            (3, "Every three months"),
                            (1, "Every month"),
                        ],
                        db_default=6,
                        default=6,
                    ),
                ),
                migrations.AddField(
                    model_name="agreementevent",
                    name="custom_weights",
                    field=models.JSONField(blank=True, db_default=models.Value([], models.JSONField()), default=list),
                ),
                migrations.AddField(
                    model_name="agreementevent",
                    name="index_basis_points",
                    field=models.PositiveSmallIntegerField(db_default=0, default=0),
                ),
                migrations.AddField(
                    model_name="agreementevent",
                    name="indexation",
                    field=models.CharField(
                        choices=[
                            ("none", "Not at all"),
                            ("fixed", "By a fixed rate each year"),
                            ("cpih", "With consumer prices (CPIH), up to a cap"),
                        ],
                        db_default="none",
                        default="none",
                        max_length=5,
                    ),
                ),
                migrations.AddField(
                    model_name="agreementevent",
                    name="next_uplift_on",
                    field=models.DateField(null=True),
                ),
                migrations.AddField(
                    model_name="agreementevent",
                    name="uplift_cap_pence",
                    field=models.BigIntegerField(db_default=0, default=0),
                ),
                migrations.AddField(
                    model_name="payment",
                    name="uplift_pence",
                    field=models.BigIntegerField(db_default=0, default=0),
                ),
                migrations.AddField(
                    model_name="paymentevent",
                    name="uplift_pence",
                    field=models.BigIntegerField(db_default=0, default=0),
                ),
                migrations.AddField(
                    model_name="programme",
                    name="index_basis_points",
                    field=models.PositiveSmallIntegerField(db_default=0, default=0),
                ),
                migrations.AddField(
                    model_name="programme",
                    name="indexation",
                    field=models.CharField(
                        choices=[
                            ("none", "Not at all"),
                            ("fixed", "By a fixed rate each year"),
                            ("cpih", "With consumer prices (CPIH), up to a cap"),
                        ],
                        db_default="none",
                        default="none",
                        max_length=5,
                    ),
                ),
                migrations.AddField(
                    model_name="programmeevent",
                    name="index_basis_points",
                    field=models.PositiveSmallIntegerField(db_default=0, default=0),
                ),
                migrations.AddField(
                    model_name="programmeevent",
                    name="indexation",
                    field=models.CharField(
                        choices=[
                            ("none", "Not at all"),
                            ("fixed", "By a fixed rate each year"),
                            ("cpih", "With consumer prices (CPIH), up to a cap"),
                        ],
                        db_default="none",
                        default="none",
                        max_length=5,
                    ),
                ),
                migrations.AddField(
                    model_name="tranche",
                    name="uplift_pence",
                    field=models.BigIntegerField(db_default=0, default=0),
                ),
                migrations.AddField(
                    model_name="trancheevent",
                    name="uplift_pence",
                    field=models.BigIntegerField(db_default=0, default=0),
                ),
                migrations.AddField(
                    model_name="tranchefunding",
                    name="entry",
                    field=models.PositiveSmallIntegerField(db_default=1, default=1),
                ),
                migrations.AddField(
                    model_name="tranchefunding",
                    name="uplift_pence",
                    field=models.BigIntegerField(db_default=0, default=0),
                ),
                migrations.AddField(
                    model_name="tranchefunding",
                    name="why",
                    field=models.CharField(
                        choices=[("schedule", "As scheduled"), ("uplift", "Raised with prices")],
                        db_default="schedule",
                        default="schedule",
                        max_length=10,
                    ),
                ),
                migrations.AlterField(
                    model_name="agreement",
                    name="profile",
                    field=models.CharField(
                        choices=[
                            ("ramped", "Rises over the first two years, falls over the last two"),
                            ("even", "The same each year"),
                            ("front_loaded", "More in the early years"),
                            ("custom", "By the plan's own share for each year"),
                        ],
                        max_length=20,
                    ),
                ),
                migrations.AlterField(
                    model_name="agreementevent",
                    name="profile",
                    field=models.CharField(
                        choices=[
                            ("ramped", "Rises over the first two years, falls over the last two"),
                            ("even", "The same each year"),
                            ("front_loaded", "More in the early years"),
                            ("custom", "By the plan's own share for each year"),
                        ],
                        max_length=20,
                    ),
                ),
                migrations.AlterField(
                    model_name="programme",
                    name="cadence_months",
                    field=models.PositiveSmallIntegerField(
                        choices=[
                            (12, "Once a year"),
                            (6, "Every six months"),
                            (3, "Every three months"),
                            (1, "Every month"),
                        ],
                        default=6,
                    ),
                ),
                migrations.AlterField(
                    model_name="programmeevent",
                    name="cadence_months",
                    field=models.PositiveSmallIntegerField(
                        choices=[
                            (12, "Once a year"),
                            (6, "Every six months"),
                            (3, "Every three months"),
                            (1, "Every month"),
                        ],
                        default=6,
                    ),
                ),
                migrations.AddIndex(
                    model_name="agreement",
                    index=models.Index(
                        condition=models.Q(("next_uplift_on__isnull", False)),
                        fields=["next_uplift_on"],
                        name="grants_agreement_uplift",
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="agreement",
                    trigger=pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "grants_agreementevent" ("accepted_at", "accepted_by_id", "allocation_id", "amount_pence", "anchor_on", "attempt", "body_id", "cadence_months", "contribution_pence", "custom_weights", "drafted_at", "ends_on", "id", "index_basis_points", "indexation", "is_sample", "next_uplift_on", "offer_lapses_on", "offered_at", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "profile", "reference", "resolution_id", "risk", "starts_on", "status", "term_years", "title", "uplift_cap_pence") VALUES (NEW."accepted_at", NEW."accepted_by_id", NEW."allocation_id", NEW."amount_pence", NEW."anchor_on", NEW."attempt", NEW."body_id", NEW."cadence_months", NEW."contribution_pence", NEW."custom_weights", NEW."drafted_at", NEW."ends_on", NEW."id", NEW."index_basis_points", NEW."indexation", NEW."is_sample", NEW."next_uplift_on", NEW."offer_lapses_on", NEW."offered_at", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'insert\', NEW."id", NEW."profile", NEW."reference", NEW."resolution_id", NEW."risk", NEW."starts_on", NEW."status", NEW."term_years", NEW."title", NEW."uplift_cap_pence"); RETURN NULL;',
                            hash="3f4588c9295f2fceb065618da166b009f693358d",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_552a8",
                            table="grants_agreement",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="agreement",
                    trigger=pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "grants_agreementevent" ("accepted_at", "accepted_by_id", "allocation_id", "amount_pence", "anchor_on", "attempt", "body_id", "cadence_months", "contribution_pence", "custom_weights", "drafted_at", "ends_on", "id", "index_basis_points", "indexation", "is_sample", "next_uplift_on", "offer_lapses_on", "offered_at", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "profile", "reference", "resolution_id", "risk", "starts_on", "status", "term_years", "title", "uplift_cap_pence") VALUES (NEW."accepted_at", NEW."accepted_by_id", NEW."allocation_id", NEW."amount_pence", NEW."anchor_on", NEW."attempt", NEW."body_id", NEW."cadence_months", NEW."contribution_pence", NEW."custom_weights", NEW."drafted_at", NEW."ends_on", NEW."id", NEW."index_basis_points", NEW."indexation", NEW."is_sample", NEW."next_uplift_on", NEW."offer_lapses_on", NEW."offered_at", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'update\', NEW."id", NEW."profile", NEW."reference", NEW."resolution_id", NEW."risk", NEW."starts_on", NEW."status", NEW."term_years", NEW."title", NEW."uplift_cap_pence"); RETURN NULL;',
                            hash="711f8b4451f7b25593750f9f1b9a0ddf46ea4b6a",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_cf600",
                            table="grants_agreement",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="agreement",
                    trigger=pgtrigger.compiler.Trigger(
                        name="delete_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "grants_agreementevent" ("accepted_at", "accepted_by_id", "allocation_id", "amount_pence", "anchor_on", "attempt", "body_id", "cadence_months", "contribution_pence", "custom_weights", "drafted_at", "ends_on", "id", "index_basis_points", "indexation", "is_sample", "next_uplift_on", "offer_lapses_on", "offered_at", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "profile", "reference", "resolution_id", "risk", "starts_on", "status", "term_years", "title", "uplift_cap_pence") VALUES (OLD."accepted_at", OLD."accepted_by_id", OLD."allocation_id", OLD."amount_pence", OLD."anchor_on", OLD."attempt", OLD."body_id", OLD."cadence_months", OLD."contribution_pence", OLD."custom_weights", OLD."drafted_at", OLD."ends_on", OLD."id", OLD."index_basis_points", OLD."indexation", OLD."is_sample", OLD."next_uplift_on", OLD."offer_lapses_on", OLD."offered_at", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'delete\', OLD."id", OLD."profile", OLD."reference", OLD."resolution_id", OLD."risk", OLD."starts_on", OLD."status", OLD."term_years", OLD."title", OLD."uplift_cap_pence"); RETURN NULL;',
                            hash="cbc8f8a73299363821b8b95d7066fea6806b5926",
                            operation="DELETE",
                            pgid="pgtrigger_delete_delete_bde6f",
                            table="grants_agreement",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="payment",
                    trigger=pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "grants_paymentevent" ("account_number", "amount_pence", "arrive_on", "attempt", "bank_account_id", "confirmed_on", "contribution_pence", "end_to_end_id", "failed_on", "id", "payee_name", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason_code", "run_id", "sort_code", "status", "tranche_id", "uplift_pence") VALUES (NEW."account_number", NEW."amount_pence", NEW."arrive_on", NEW."attempt", NEW."bank_account_id", NEW."confirmed_on", NEW."contribution_pence", NEW."end_to_end_id", NEW."failed_on", NEW."id", NEW."payee_name", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'insert\', NEW."id", NEW."reason_code", NEW."run_id", NEW."sort_code", NEW."status", NEW."tranche_id", NEW."uplift_pence"); RETURN NULL;',
                            hash="8d78343a22a7fc7b2d4592bcfbf4438bf934ab77",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_505b5",
                            table="grants_payment",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="payment",
                    trigger=pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "grants_paymentevent" ("account_number", "amount_pence", "arrive_on", "attempt", "bank_account_id", "confirmed_on", "contribution_pence", "end_to_end_id", "failed_on", "id", "payee_name", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason_code", "run_id", "sort_code", "status", "tranche_id", "uplift_pence") VALUES (NEW."account_number", NEW."amount_pence", NEW."arrive_on", NEW."attempt", NEW."bank_account_id", NEW."confirmed_on", NEW."contribution_pence", NEW."end_to_end_id", NEW."failed_on", NEW."id", NEW."payee_name", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'update\', NEW."id", NEW."reason_code", NEW."run_id", NEW."sort_code", NEW."status", NEW."tranche_id", NEW."uplift_pence"); RETURN NULL;',
                            hash="22b0772d8710b678d66c4bffa174e97f6c06b30f",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_afef1",
                            table="grants_payment",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="payment",
                    trigger=pgtrigger.compiler.Trigger(
                        name="delete_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "grants_paymentevent" ("account_number", "amount_pence", "arrive_on", "attempt", "bank_account_id", "confirmed_on", "contribution_pence", "end_to_end_id", "failed_on", "id", "payee_name", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason_code", "run_id", "sort_code", "status", "tranche_id", "uplift_pence") VALUES (OLD."account_number", OLD."amount_pence", OLD."arrive_on", OLD."attempt", OLD."bank_account_id", OLD."confirmed_on", OLD."contribution_pence", OLD."end_to_end_id", OLD."failed_on", OLD."id", OLD."payee_name", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'delete\', OLD."id", OLD."reason_code", OLD."run_id", OLD."sort_code", OLD."status", OLD."tranche_id", OLD."uplift_pence"); RETURN NULL;',
                            hash="c732b006dd5063fc922662f7ff3f5d51981c4bac",
                            operation="DELETE",
                            pgid="pgtrigger_delete_delete_616a0",
                            table="grants_payment",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="programme",
                    trigger=pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "grants_programmeevent" ("base_pence", "body_contribution_pct", "cadence_months", "capacity_pct", "ceiling_pence", "code", "contingency_pct", "contribution_basis_points", "first_payment_days", "floor_pence", "id", "index_basis_points", "indexation", "name", "offer_days", "opened_at", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_pct", "profile", "rate_pence_per_resident", "residents_max", "residents_min", "running_pct", "step_pence", "term_years_max", "term_years_min", "wind_down_months") VALUES (NEW."base_pence", NEW."body_contribution_pct", NEW."cadence_months", NEW."capacity_pct", NEW."ceiling_pence", NEW."code", NEW."contingency_pct", NEW."contribution_basis_points", NEW."first_payment_days", NEW."floor_pence", NEW."id", NEW."index_basis_points", NEW."indexation", NEW."name", NEW."offer_days", NEW."opened_at", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'insert\', NEW."id", NEW."place_pct", NEW."profile", NEW."rate_pence_per_resident", NEW."residents_max", NEW."residents_min", NEW."running_pct", NEW."step_pence", NEW."term_years_max", NEW."term_years_min", NEW."wind_down_months"); RETURN NULL;',
                            hash="13e8acd80e7b0539b4657e032e8a499fce918e05",
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
                            func='INSERT INTO "grants_programmeevent" ("base_pence", "body_contribution_pct", "cadence_months", "capacity_pct", "ceiling_pence", "code", "contingency_pct", "contribution_basis_points", "first_payment_days", "floor_pence", "id", "index_basis_points", "indexation", "name", "offer_days", "opened_at", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_pct", "profile", "rate_pence_per_resident", "residents_max", "residents_min", "running_pct", "step_pence", "term_years_max", "term_years_min", "wind_down_months") VALUES (NEW."base_pence", NEW."body_contribution_pct", NEW."cadence_months", NEW."capacity_pct", NEW."ceiling_pence", NEW."code", NEW."contingency_pct", NEW."contribution_basis_points", NEW."first_payment_days", NEW."floor_pence", NEW."id", NEW."index_basis_points", NEW."indexation", NEW."name", NEW."offer_days", NEW."opened_at", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'update\', NEW."id", NEW."place_pct", NEW."profile", NEW."rate_pence_per_resident", NEW."residents_max", NEW."residents_min", NEW."running_pct", NEW."step_pence", NEW."term_years_max", NEW."term_years_min", NEW."wind_down_months"); RETURN NULL;',
                            hash="77820363612a68d598c9efa355f3c8508f45592c",
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
                            func='INSERT INTO "grants_programmeevent" ("base_pence", "body_contribution_pct", "cadence_months", "capacity_pct", "ceiling_pence", "code", "contingency_pct", "contribution_basis_points", "first_payment_days", "floor_pence", "id", "index_basis_points", "indexation", "name", "offer_days", "opened_at", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_pct", "profile", "rate_pence_per_resident", "residents_max", "residents_min", "running_pct", "step_pence", "term_years_max", "term_years_min", "wind_down_months") VALUES (OLD."base_pence", OLD."body_contribution_pct", OLD."cadence_months", OLD."capacity_pct", OLD."ceiling_pence", OLD."code", OLD."contingency_pct", OLD."contribution_basis_points", OLD."first_payment_days", OLD."floor_pence", OLD."id", OLD."index_basis_points", OLD."indexation", OLD."name", OLD."offer_days", OLD."opened_at", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'delete\', OLD."id", OLD."place_pct", OLD."profile", OLD."rate_pence_per_resident", OLD."residents_max", OLD."residents_min", OLD."running_pct", OLD."step_pence", OLD."term_years_max", OLD."term_years_min", OLD."wind_down_months"); RETURN NULL;',
                            hash="5bd0b1af1c2074c1a79c6d907bec62c60c6a8f1a",
                            operation="DELETE",
                            pgid="pgtrigger_delete_delete_e2558",
                            table="grants_programme",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="tranche",
                    trigger=pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "grants_trancheevent" ("agreement_id", "amount_pence", "contribution_pence", "due_on", "id", "number", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "process_on", "status", "uplift_pence", "year") VALUES (NEW."agreement_id", NEW."amount_pence", NEW."contribution_pence", NEW."due_on", NEW."id", NEW."number", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'insert\', NEW."id", NEW."process_on", NEW."status", NEW."uplift_pence", NEW."year"); RETURN NULL;',
                            hash="27f1282e0ed513fa916f8f43814cef738da24837",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_67ae0",
                            table="grants_tranche",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="tranche",
                    trigger=pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "grants_trancheevent" ("agreement_id", "amount_pence", "contribution_pence", "due_on", "id", "number", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "process_on", "status", "uplift_pence", "year") VALUES (NEW."agreement_id", NEW."amount_pence", NEW."contribution_pence", NEW."due_on", NEW."id", NEW."number", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'update\', NEW."id", NEW."process_on", NEW."status", NEW."uplift_pence", NEW."year"); RETURN NULL;',
                            hash="3801513e24354c085c865914cc4740e414e2e6b3",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_2921f",
                            table="grants_tranche",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="tranche",
                    trigger=pgtrigger.compiler.Trigger(
                        name="delete_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "grants_trancheevent" ("agreement_id", "amount_pence", "contribution_pence", "due_on", "id", "number", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "process_on", "status", "uplift_pence", "year") VALUES (OLD."agreement_id", OLD."amount_pence", OLD."contribution_pence", OLD."due_on", OLD."id", OLD."number", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'delete\', OLD."id", OLD."process_on", OLD."status", OLD."uplift_pence", OLD."year"); RETURN NULL;',
                            hash="b63d547c7afe483b06abd827789df05fce08e223",
                            operation="DELETE",
                            pgid="pgtrigger_delete_delete_35f03",
                            table="grants_tranche",
                            when="AFTER",
                        ),
                    ),
                ),
                migrations.AddConstraint(
                    model_name="agreement",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("profile__in", ["custom", "even", "front_loaded", "ramped"])),
                        name="grants_agreement_profile_known",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="agreement",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            ("amount_pence__gt", 0),
                            ("attempt__gte", 1),
                            ("contribution_pence__gte", 0),
                            ("term_years__gte", 1),
                            ("uplift_cap_pence__gte", 0),
                        ),
                        name="grants_agreement_positive",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="agreement",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("cadence_months__in", [1, 3, 6, 12])),
                        name="grants_agreement_cadence_divides_a_year",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="agreement",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("profile", "custom"), models.Q(("custom_weights", []), _negated=True)),
                            models.Q(models.Q(("profile", "custom"), _negated=True), ("custom_weights", [])),
                            _connector="OR",
                        ),
                        name="grants_agreement_weights_fit_profile",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="agreement",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("index_basis_points", 0), ("indexation", "none")),
                            models.Q(
                                ("index_basis_points__gte", 1),
                                ("index_basis_points__lte", 1000),
                                ("indexation__in", ["cpih", "fixed"]),
                            ),
                            _connector="OR",
                        ),
                        name="grants_agreement_indexation_known",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="agreement",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("indexation", "none"), _negated=True), ("uplift_cap_pence", 0), _connector="OR"
                        ),
                        name="grants_agreement_uplift_needs_indexation",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="payment",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            ("amount_pence__gt", 0),
                            ("attempt__gte", 1),
                            ("contribution_pence__gte", 0),
                            ("uplift_pence__gte", 0),
                        ),
                        name="grants_payment_positive",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="programme",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("index_basis_points", 0), ("indexation", "none")),
                            models.Q(
                                ("index_basis_points__gte", 1),
                                ("index_basis_points__lte", 1000),
                                ("indexation__in", ["cpih", "fixed"]),
                            ),
                            _connector="OR",
                        ),
                        name="grants_programme_indexation_known",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="tranche",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            ("amount_pence__gt", 0),
                            ("contribution_pence__gte", 0),
                            ("number__gte", 1),
                            ("uplift_pence__gte", 0),
                            ("year__gte", 1),
                        ),
                        name="grants_tranche_positive",
                    ),
                ),
                # Rows were unique by fewer columns before, so no row can be in the way.
                migrations.SeparateDatabaseAndState(
                    database_operations=[
                        migrations.RunSQL(
                            "CREATE UNIQUE INDEX grants_tranchefunding_once ON grants_tranchefunding (tranche_id, source_id, entry) WHERE entry >= 1;",
                            "DROP INDEX grants_tranchefunding_once;",
                        )
                    ],
                    state_operations=[
                        migrations.AddConstraint(
                            model_name="tranchefunding",
                            constraint=models.UniqueConstraint(
                                condition=models.Q(("entry__gte", 1)),
                                fields=("tranche", "source", "entry"),
                                name="grants_tranchefunding_once",
                            ),
                        ),
                    ],
                ),
                migrations.AddConstraint(
                    model_name="tranchefunding",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("entry__gte", 1)), name="grants_tranchefunding_counts_from_one"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="tranchefunding",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("why__in", ["schedule", "uplift"])), name="grants_tranchefunding_why_known"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="tranchefunding",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            ("entry__gt", 1),
                            models.Q(
                                ("amount_pence__gte", 0), ("contribution_pence__gte", 0), ("uplift_pence__gte", 0)
                            ),
                            _connector="OR",
                        ),
                        name="grants_tranchefunding_not_negative",
                    ),
                ),
                migrations.AddField(
                    model_name="uplift",
                    name="agreement",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="uplifts", to="grants.agreement"
                    ),
                ),
                migrations.AddField(
                    model_name="uplift",
                    name="journal",
                    field=models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="uplift",
                        to="grants.journal",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="uplift",
                    constraint=models.UniqueConstraint(fields=("agreement", "year"), name="grants_uplift_once_a_year"),
                ),
                migrations.AddConstraint(
                    model_name="uplift",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("unused_pence__gte", 0), ("used_pence__gte", 0), ("year__gte", 1)),
                        name="grants_uplift_not_negative",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="uplift",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("journal", None), ("unused_pence", 0), ("used_pence", 0)),
                            ("journal__isnull", False),
                            _connector="OR",
                        ),
                        name="grants_uplift_money_has_journal",
                    ),
                ),
                migrations.RunSQL(WHOLE_LIFE, WHOLE_LIFE_BEFORE),
                migrations.RunSQL(FROZEN_TERMS, FREE_TERMS),
                migrations.RunSQL(STANDING_AMOUNTS, LOOSE_AMOUNTS),
                migrations.RunSQL(SUMS, NO_SUMS),
                migrations.RunSQL(SNAPSHOT, SNAPSHOT_BEFORE),
                *protect_append_only("grants_uplift"),
            ]
        ),
    ]
