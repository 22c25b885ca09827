"""One payment is taken out of a payment file that waits: the file is put aside for good, another takes its place."""

from importlib import import_module

import cwf_portal.core.clock
import django.db.models.deletion
import pghistory.utils
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

from cwf_portal.core.sql_operations import CreateTogether, protect_history

BEFORE = import_module("grants.migrations.0041_returns_taken_back").STEPS
STEPS = BEFORE.replace("('instructed', 'in_doubt'),", "('instructed', 'in_doubt'), ('instructed', 'withdrawn'),")
# A file that waits may be put aside for good, and nothing else about it ever changes.
FILES = """
CREATE OR REPLACE FUNCTION grants_keep_file() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.status = 'replaced'
       OR (NEW.sha256, NEW.content) IS DISTINCT FROM (OLD.sha256, OLD.content)
       OR (NEW.run_id, NEW.once_of_id) IS DISTINCT FROM (OLD.run_id, OLD.once_of_id)
          AND NOT (OLD.status = 'waiting' AND NEW.status = 'replaced'
                   AND NEW.run_id IS NULL AND NEW.once_of_id = OLD.run_id)
    THEN
        RAISE EXCEPTION 'a payment file never changes' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE FUNCTION grants_check_kept_back() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM grants_removal WHERE file_id = NEW.id AND status = 'proposed') THEN
        RAISE EXCEPTION 'a payment of file % is asked to be taken out', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_removal_stops_hand_over';
    END IF;
    IF EXISTS (
        SELECT 1 FROM grants_payment AS p
          JOIN grants_tranche AS t ON t.id = p.tranche_id
          JOIN grants_hold AS h ON h.agreement_id = t.agreement_id AND (h.tranche_id = t.id OR h.tranche_id IS NULL)
         WHERE p.run_id = NEW.run_id AND p.status = 'instructed' AND h.lifted_at IS NULL
           AND h.reason IN ('in_doubt', 'officer'))
    THEN
        RAISE EXCEPTION 'a payment of file % is held', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_hold_stops_hand_over';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER grants_paymentfile_kept_back BEFORE UPDATE OF status ON grants_paymentfile
    FOR EACH ROW WHEN (NEW.status = 'sending') EXECUTE FUNCTION grants_check_kept_back();
ALTER TABLE grants_paymentfile ENABLE ALWAYS TRIGGER grants_paymentfile_kept_back;
"""
FILES_BEFORE = """
DROP TRIGGER grants_paymentfile_kept_back ON grants_paymentfile;
DROP FUNCTION grants_check_kept_back();
CREATE OR REPLACE FUNCTION grants_keep_file() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR (NEW.run_id, NEW.sha256, NEW.content) IS DISTINCT FROM (OLD.run_id, OLD.sha256, OLD.content)
    THEN
        RAISE EXCEPTION 'a payment file never changes' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
"""
# Whoever asks takes the file's row, as whoever sends it does: one of them is first, and the other sees it.
REMOVALS = """
CREATE FUNCTION grants_check_removal() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM 1 FROM grants_paymentfile AS f JOIN grants_payment AS p ON p.run_id = f.run_id
          WHERE f.id = NEW.file_id AND p.id = NEW.payment_id AND f.status = 'waiting' AND p.status = 'instructed'
            FOR UPDATE OF f;
        IF NOT FOUND OR NEW.status <> 'proposed' THEN
            RAISE EXCEPTION 'payment % is in no file that waits', NEW.payment_id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_removal_of_waiting_file';
        END IF;
    ELSIF NEW.status = 'confirmed' AND NOT EXISTS (
        SELECT 1 FROM grants_paymentfile WHERE id = NEW.file_id AND status = 'replaced')
    THEN
        RAISE EXCEPTION 'file % is not put aside', NEW.file_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_removal_puts_aside';
    END IF;
    RETURN NEW;
END
$$;
CREATE FUNCTION grants_check_taken_out() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM grants_removal WHERE payment_id = NEW.id AND status = 'confirmed') THEN
        RAISE EXCEPTION 'nobody agreed to take payment % out of its file', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_payment_taken_out_by_two';
    END IF;
    RETURN NEW;
END
$$;
CREATE FUNCTION grants_check_renamed() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF OLD.status <> 'released' OR EXISTS (SELECT 1 FROM grants_paymentfile WHERE run_id = NEW.id)
       OR NOT EXISTS (SELECT 1 FROM grants_paymentfile WHERE once_of_id = NEW.id)
    THEN
        RAISE EXCEPTION 'the file of run % keeps its name', NEW.id
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'grants_paymentrun_keeps_name';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER grants_removal_steps BEFORE INSERT OR UPDATE OF status ON grants_removal
    FOR EACH ROW EXECUTE FUNCTION grants_check_removal();
CREATE TRIGGER grants_removal_asked BEFORE UPDATE OR DELETE ON grants_removal
    FOR EACH ROW EXECUTE FUNCTION grants_keep_columns(
        'payment_id', 'file_id', 'reason', 'proposed_by_id', 'proposed_at');
CREATE TRIGGER grants_removal_decided BEFORE UPDATE ON grants_removal
    FOR EACH ROW EXECUTE FUNCTION grants_keep_decision('decided_by_id', 'decided_at');
CREATE TRIGGER grants_removal_two_persons BEFORE INSERT OR UPDATE ON grants_removal
    FOR EACH ROW EXECUTE FUNCTION grants_check_one_person('proposed_by_id', 'decided_by_id');
CREATE TRIGGER grants_payment_taken_out BEFORE UPDATE OF status ON grants_payment
    FOR EACH ROW WHEN (OLD.status = 'instructed' AND NEW.status = 'withdrawn')
    EXECUTE FUNCTION grants_check_taken_out();
ALTER TABLE grants_removal ENABLE ALWAYS TRIGGER grants_removal_steps;
ALTER TABLE grants_removal ENABLE ALWAYS TRIGGER grants_removal_asked;
ALTER TABLE grants_removal ENABLE ALWAYS TRIGGER grants_removal_decided;
ALTER TABLE grants_removal ENABLE ALWAYS TRIGGER grants_removal_two_persons;
ALTER TABLE grants_payment ENABLE ALWAYS TRIGGER grants_payment_taken_out;
DROP TRIGGER grants_paymentrun_snapshot ON grants_paymentrun;
CREATE TRIGGER grants_paymentrun_snapshot BEFORE UPDATE OR DELETE ON grants_paymentrun
    FOR EACH ROW EXECUTE FUNCTION grants_keep_columns('prepared_on', 'payment_count', 'total_pence');
CREATE TRIGGER grants_paymentrun_renamed BEFORE UPDATE OF message_id ON grants_paymentrun
    FOR EACH ROW WHEN (NEW.message_id <> OLD.message_id) EXECUTE FUNCTION grants_check_renamed();
ALTER TABLE grants_paymentrun ENABLE ALWAYS TRIGGER grants_paymentrun_snapshot;
ALTER TABLE grants_paymentrun ENABLE ALWAYS TRIGGER grants_paymentrun_renamed;
"""
NO_REMOVALS = """
DROP TRIGGER grants_paymentrun_renamed ON grants_paymentrun;
DROP TRIGGER grants_paymentrun_snapshot ON grants_paymentrun;
CREATE TRIGGER grants_paymentrun_snapshot BEFORE UPDATE OR DELETE ON grants_paymentrun
    FOR EACH ROW EXECUTE FUNCTION grants_keep_columns('message_id', 'prepared_on', 'payment_count', 'total_pence');
ALTER TABLE grants_paymentrun ENABLE ALWAYS TRIGGER grants_paymentrun_snapshot;
DROP TRIGGER grants_payment_taken_out ON grants_payment;
DROP TRIGGER grants_removal_two_persons ON grants_removal;
DROP TRIGGER grants_removal_decided ON grants_removal;
DROP TRIGGER grants_removal_asked ON grants_removal;
DROP TRIGGER grants_removal_steps ON grants_removal;
DROP FUNCTION grants_check_renamed();
DROP FUNCTION grants_check_taken_out();
DROP FUNCTION grants_check_removal();
"""
# The day asked for may also move later where a file is built anew in place of one that was put aside.
ARRIVAL = """
CREATE FUNCTION grants_check_arrival() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.arrive_on < OLD.arrive_on
       OR NOT (OLD.status = 'claimed' AND NEW.status = 'instructed'
               OR OLD.status = 'instructed' AND NEW.status = 'instructed'
                  AND NOT EXISTS (SELECT 1 FROM grants_paymentfile WHERE run_id = NEW.run_id)
                  AND EXISTS (SELECT 1 FROM grants_paymentfile WHERE once_of_id = NEW.run_id))
    THEN
        RAISE EXCEPTION 'grants_payment.arrive_on never changes' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
DROP TRIGGER grants_payment_arrival ON grants_payment;
CREATE TRIGGER grants_payment_arrival BEFORE UPDATE OF arrive_on ON grants_payment
    FOR EACH ROW WHEN (NEW.arrive_on IS DISTINCT FROM OLD.arrive_on) EXECUTE FUNCTION grants_check_arrival();
ALTER TABLE grants_payment ENABLE ALWAYS TRIGGER grants_payment_arrival;
"""
ARRIVAL_BEFORE = """
DROP TRIGGER grants_payment_arrival ON grants_payment;
DROP FUNCTION grants_check_arrival();
CREATE TRIGGER grants_payment_arrival BEFORE UPDATE ON grants_payment
    FOR EACH ROW WHEN (
        NEW.arrive_on IS DISTINCT FROM OLD.arrive_on
        AND NOT (OLD.status = 'claimed' AND NEW.status = 'instructed' AND NEW.arrive_on > OLD.arrive_on))
    EXECUTE FUNCTION grants_keep_columns('arrive_on');
ALTER TABLE grants_payment ENABLE ALWAYS TRIGGER grants_payment_arrival;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("grants", "0041_returns_taken_back"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateTogether(
            [
                migrations.CreateModel(
                    name="Removal",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
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
                        ("reason", models.CharField(max_length=300)),
                    ],
                    options={
                        "ordering": ("id",),
                        "abstract": False,
                    },
                ),
                migrations.CreateModel(
                    name="RemovalEvent",
                    fields=[
                        ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                        ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                        ("pgh_label", models.TextField(help_text="The event label.")),
                        ("pgh_context", pghistory.utils.JSONField(null=True)),
                        ("pgh_context_id", models.UUIDField(null=True)),
                        ("id", models.BigIntegerField()),
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
                        ("reason", models.CharField(max_length=300)),
                    ],
                    options={
                        "abstract": False,
                    },
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name="paymentfile",
                    name="insert_insert",
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name="paymentfile",
                    name="update_update",
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name="paymentfile",
                    name="delete_delete",
                ),
                migrations.RemoveConstraint(
                    model_name="journal",
                    name="grants_journal_kind_known",
                ),
                migrations.RemoveConstraint(
                    model_name="paymentfile",
                    name="grants_paymentfile_status_known",
                ),
                migrations.RemoveConstraint(
                    model_name="paymentfile",
                    name="grants_paymentfile_status_suits_tries",
                ),
                migrations.AddField(
                    model_name="paymentfile",
                    name="once_of",
                    field=models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="replaced_files",
                        to="grants.paymentrun",
                    ),
                ),
                migrations.AddField(
                    model_name="paymentfileevent",
                    name="once_of",
                    field=models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="grants.paymentrun",
                    ),
                ),
                migrations.AlterField(
                    model_name="journal",
                    name="kind",
                    field=models.CharField(
                        choices=[
                            ("wave_received", "Wave received"),
                            ("interest", "Interest received"),
                            ("allocation", "Set aside for a place"),
                            ("approval", "Agreement approved"),
                            ("accepted", "Agreement accepted"),
                            ("review_continued", "Yearly review: continue"),
                            ("released", "Payment released"),
                            ("release_withdrawn", "Release withdrawn"),
                            ("instructed", "Payment sent to the bank"),
                            ("taken_out", "Payment taken out of a file that waits"),
                            ("confirmed", "Payment confirmed by the bank"),
                            ("rejected", "Payment rejected by the bank"),
                            ("returned", "Payment returned"),
                            ("return_reversed", "Return taken back by the bank"),
                            ("lapsed", "Offer lapsed"),
                            ("discontinued", "Agreement discontinued"),
                            ("unknown_line", "Bank line not yet explained"),
                            ("unknown_cleared", "Bank line explained"),
                            ("bank_fee", "Bank fee"),
                            ("running_cost", "Cost of running the fund"),
                            ("invested", "Money invested"),
                            ("revalued", "Investments valued"),
                            ("sold", "Investments sold"),
                            ("uplift", "Raised with prices"),
                            ("varied", "Agreement varied"),
                            ("allocation_returned", "Money set aside returned to the fund"),
                            ("strand_transfer", "Moved to another purpose"),
                            ("clawback_raised", "Money asked back"),
                            ("clawback_received", "Money came back"),
                            ("clawback_withdrawn", "Claim withdrawn"),
                            ("clawback_overtaken", "Claim overtaken by a returned payment"),
                            ("written_off", "Debt written off"),
                            ("reversal", "Correction of a clerical error"),
                        ],
                        max_length=20,
                    ),
                ),
                migrations.AlterField(
                    model_name="paymentfile",
                    name="run",
                    field=models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="file",
                        to="grants.paymentrun",
                    ),
                ),
                migrations.AlterField(
                    model_name="paymentfile",
                    name="status",
                    field=models.CharField(
                        choices=[
                            ("waiting", "To be sent"),
                            ("sending", "Being sent"),
                            ("accepted", "Accepted by the bank"),
                            ("refused", "Refused by the bank"),
                            ("in_doubt", "The bank has not said whether it took the file"),
                            ("replaced", "Never sent: a payment was taken out, another file took its place"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                migrations.AlterField(
                    model_name="paymentfileevent",
                    name="run",
                    field=models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="grants.paymentrun",
                    ),
                ),
                migrations.AlterField(
                    model_name="paymentfileevent",
                    name="status",
                    field=models.CharField(
                        choices=[
                            ("waiting", "To be sent"),
                            ("sending", "Being sent"),
                            ("accepted", "Accepted by the bank"),
                            ("refused", "Refused by the bank"),
                            ("in_doubt", "The bank has not said whether it took the file"),
                            ("replaced", "Never sent: a payment was taken out, another file took its place"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="paymentfile",
                    trigger=pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "grants_paymentfileevent" ("answer", "answered_at", "id", "last_tried_at", "once_of_id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "run_id", "sha256", "status", "tries") VALUES (NEW."answer", NEW."answered_at", NEW."id", NEW."last_tried_at", NEW."once_of_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'insert\', NEW."id", NEW."run_id", NEW."sha256", NEW."status", NEW."tries"); RETURN NULL;',
                            hash="14b40d9725feaf5ad624de75e141e58ea218a35f",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_b6759",
                            table="grants_paymentfile",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="paymentfile",
                    trigger=pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition='WHEN (OLD."answer" IS DISTINCT FROM (NEW."answer") OR OLD."answered_at" IS DISTINCT FROM (NEW."answered_at") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."last_tried_at" IS DISTINCT FROM (NEW."last_tried_at") OR OLD."once_of_id" IS DISTINCT FROM (NEW."once_of_id") OR OLD."run_id" IS DISTINCT FROM (NEW."run_id") OR OLD."sha256" IS DISTINCT FROM (NEW."sha256") OR OLD."status" IS DISTINCT FROM (NEW."status") OR OLD."tries" IS DISTINCT FROM (NEW."tries"))',
                            func='INSERT INTO "grants_paymentfileevent" ("answer", "answered_at", "id", "last_tried_at", "once_of_id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "run_id", "sha256", "status", "tries") VALUES (NEW."answer", NEW."answered_at", NEW."id", NEW."last_tried_at", NEW."once_of_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'update\', NEW."id", NEW."run_id", NEW."sha256", NEW."status", NEW."tries"); RETURN NULL;',
                            hash="c266dcb80de295f9421b8734c496a4999b5187b2",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_00cd0",
                            table="grants_paymentfile",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="paymentfile",
                    trigger=pgtrigger.compiler.Trigger(
                        name="delete_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "grants_paymentfileevent" ("answer", "answered_at", "id", "last_tried_at", "once_of_id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "run_id", "sha256", "status", "tries") VALUES (OLD."answer", OLD."answered_at", OLD."id", OLD."last_tried_at", OLD."once_of_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'delete\', OLD."id", OLD."run_id", OLD."sha256", OLD."status", OLD."tries"); RETURN NULL;',
                            hash="78f19df8e54b79faf55b57934574bc7c62092d8f",
                            operation="DELETE",
                            pgid="pgtrigger_delete_delete_51f00",
                            table="grants_paymentfile",
                            when="AFTER",
                        ),
                    ),
                ),
                migrations.AddConstraint(
                    model_name="journal",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                [
                                    "accepted",
                                    "allocation",
                                    "allocation_returned",
                                    "approval",
                                    "bank_fee",
                                    "clawback_overtaken",
                                    "clawback_raised",
                                    "clawback_received",
                                    "clawback_withdrawn",
                                    "confirmed",
                                    "discontinued",
                                    "instructed",
                                    "interest",
                                    "invested",
                                    "lapsed",
                                    "rejected",
                                    "release_withdrawn",
                                    "released",
                                    "return_reversed",
                                    "returned",
                                    "revalued",
                                    "reversal",
                                    "review_continued",
                                    "running_cost",
                                    "sold",
                                    "strand_transfer",
                                    "taken_out",
                                    "unknown_cleared",
                                    "unknown_line",
                                    "uplift",
                                    "varied",
                                    "wave_received",
                                    "written_off",
                                ],
                            )
                        ),
                        name="grants_journal_kind_known",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="paymentfile",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            ("status__in", ["waiting", "sending", "accepted", "refused", "in_doubt", "replaced"])
                        ),
                        name="grants_paymentfile_status_known",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="paymentfile",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("answered_at", None), ("status", "waiting")),
                            models.Q(("answered_at", None), ("status", "sending"), ("tries__gte", 1)),
                            models.Q(
                                ("answered_at__isnull", False),
                                ("status__in", ["accepted", "refused", "in_doubt"]),
                                ("tries__gte", 1),
                            ),
                            models.Q(("answered_at", None), ("status", "replaced")),
                            _connector="OR",
                        ),
                        name="grants_paymentfile_status_suits_tries",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="paymentfile",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("once_of__isnull", False), ("run", None), ("status", "replaced")),
                            models.Q(
                                models.Q(("status", "replaced"), _negated=True),
                                ("once_of", None),
                                ("run__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="grants_paymentfile_of_a_run_or_replaced",
                    ),
                ),
                migrations.AddField(
                    model_name="removal",
                    name="decided_by",
                    field=models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AddField(
                    model_name="removal",
                    name="file",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="removals", to="grants.paymentfile"
                    ),
                ),
                migrations.AddField(
                    model_name="removal",
                    name="payment",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="removals",
                        to="grants.payment",
                    ),
                ),
                migrations.AddField(
                    model_name="removal",
                    name="proposed_by",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                migrations.AddField(
                    model_name="removalevent",
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
                    model_name="removalevent",
                    name="file",
                    field=models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="grants.paymentfile",
                    ),
                ),
                migrations.AddField(
                    model_name="removalevent",
                    name="payment",
                    field=models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="grants.payment",
                    ),
                ),
                migrations.AddField(
                    model_name="removalevent",
                    name="pgh_obj",
                    field=models.ForeignKey(
                        db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, to="grants.removal"
                    ),
                ),
                migrations.AddField(
                    model_name="removalevent",
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
                    model_name="removal",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decided_at__isnull", True), ("decided_by__isnull", True)),
                            models.Q(("decided_at__isnull", False), ("decided_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="grants_removal_decided_pair",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="removal",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            ("status", "refused"),
                            ("decided_by", None),
                            models.Q(("decided_by", models.F("proposed_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="grants_removal_two_people",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="removal",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True), name="grants_removal_reason_given"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="removal",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decided_by", None), ("status", "proposed")),
                            models.Q(("decided_by__isnull", False), ("status__in", ["confirmed", "refused"])),
                            _connector="OR",
                        ),
                        name="grants_removal_status_fits",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="removal",
                    constraint=models.UniqueConstraint(
                        condition=models.Q(("status__in", ["proposed", "confirmed"])),
                        fields=("payment",),
                        name="grants_removal_one_standing",
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="removal",
                    trigger=pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "grants_removalevent" ("decided_at", "decided_by_id", "file_id", "id", "payment_id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "proposed_at", "proposed_by_id", "reason", "status") VALUES (NEW."decided_at", NEW."decided_by_id", NEW."file_id", NEW."id", NEW."payment_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'insert\', NEW."id", NEW."proposed_at", NEW."proposed_by_id", NEW."reason", NEW."status"); RETURN NULL;',
                            hash="776fca8885461bfda08cb82f798f75ccf9b4947d",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_12198",
                            table="grants_removal",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="removal",
                    trigger=pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "grants_removalevent" ("decided_at", "decided_by_id", "file_id", "id", "payment_id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "proposed_at", "proposed_by_id", "reason", "status") VALUES (NEW."decided_at", NEW."decided_by_id", NEW."file_id", NEW."id", NEW."payment_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'update\', NEW."id", NEW."proposed_at", NEW."proposed_by_id", NEW."reason", NEW."status"); RETURN NULL;',
                            hash="93891178cbfb658906423c0608db167a803e8f79",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_b6d17",
                            table="grants_removal",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="removal",
                    trigger=pgtrigger.compiler.Trigger(
                        name="delete_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "grants_removalevent" ("decided_at", "decided_by_id", "file_id", "id", "payment_id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "proposed_at", "proposed_by_id", "reason", "status") VALUES (OLD."decided_at", OLD."decided_by_id", OLD."file_id", OLD."id", OLD."payment_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'delete\', OLD."id", OLD."proposed_at", OLD."proposed_by_id", OLD."reason", OLD."status"); RETURN NULL;',
                            hash="9a1d5502f9e5ce9a4fb34b3323e674925e88748b",
                            operation="DELETE",
                            pgid="pgtrigger_delete_delete_8c1b6",
                            table="grants_removal",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="removalevent",
                    trigger=pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="0ce638361f0ea92de2a19a00ccdcba7df0fda8e9",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_17a11",
                            table="grants_removalevent",
                            when="BEFORE",
                        ),
                    ),
                ),
            ]
        ),
        migrations.RunSQL(STEPS, BEFORE),
        migrations.RunSQL(FILES, FILES_BEFORE),
        migrations.RunSQL(REMOVALS, NO_REMOVALS),
        migrations.RunSQL(ARRIVAL, ARRIVAL_BEFORE),
        *protect_history("grants_removalevent"),
    ]
