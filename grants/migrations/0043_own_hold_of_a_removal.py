"""What was taken out of a payment file goes on by two who did not ask for that; turns are found by their whole key."""

from importlib import import_module

from django.db import migrations, models

from cwf_portal.core.sql_operations import CreateTogether

OF_ITS_TURN = import_module("grants.migrations.0041_returns_taken_back").OF_ITS_TURN
LIFTED_BY_TWO = OF_ITS_TURN.replace(
    "    RETURN NEW;\nEND\n$$;",
    """    IF OLD.reason = 'taken_out' AND NOT EXISTS (
        SELECT 1 FROM grants_payment AS p
          JOIN grants_retryrequest AS r ON r.payment_id = p.id AND r.after = p.status AND r.confirmed_by_id IS NOT NULL
         WHERE p.tranche_id = OLD.tranche_id AND p.status = 'withdrawn'
           AND NOT EXISTS (SELECT 1 FROM grants_payment AS later
                            WHERE later.tranche_id = p.tranche_id AND later.attempt > p.attempt))
    THEN
        RAISE EXCEPTION 'nobody agreed to pay what hold % is about', OLD.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_hold_removal_answered';
    END IF;
    RETURN NEW;
END
$$;""",
)
APART = """
CREATE FUNCTION grants_check_after_removal() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM grants_removal
         WHERE payment_id = NEW.payment_id AND status = 'confirmed' AND proposed_by_id <> NEW.requested_by_id
           AND (NEW.confirmed_by_id IS NULL OR proposed_by_id <> NEW.confirmed_by_id))
    THEN
        RAISE EXCEPTION 'payment % goes on only by two who did not ask to take it out', NEW.payment_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_retryrequest_apart_from_removal';
    END IF;
    RETURN NEW;
END
$$;
CREATE FUNCTION grants_check_removal_refused() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM grants_paymentrun AS r JOIN grants_payment AS p ON p.run_id = r.id
         WHERE p.id = NEW.payment_id
           AND NEW.decided_by_id IN (r.checked_by_id, r.released_by_id, r.co_released_by_id))
    THEN
        RAISE EXCEPTION 'user % checked or released the run', NEW.decided_by_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_removal_refused_apart';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER grants_retryrequest_apart BEFORE INSERT OR UPDATE ON grants_retryrequest
    FOR EACH ROW WHEN (NEW.after = 'withdrawn') EXECUTE FUNCTION grants_check_after_removal();
CREATE TRIGGER grants_removal_refused BEFORE UPDATE OF status ON grants_removal
    FOR EACH ROW WHEN (NEW.status = 'refused' AND NEW.decided_by_id <> NEW.proposed_by_id)
    EXECUTE FUNCTION grants_check_removal_refused();
ALTER TABLE grants_retryrequest ENABLE ALWAYS TRIGGER grants_retryrequest_apart;
ALTER TABLE grants_removal ENABLE ALWAYS TRIGGER grants_removal_refused;
"""
NOT_APART = """
DROP TRIGGER grants_removal_refused ON grants_removal;
DROP TRIGGER grants_retryrequest_apart ON grants_retryrequest;
DROP FUNCTION grants_check_removal_refused();
DROP FUNCTION grants_check_after_removal();
"""
# A pattern whose text is known only at run time reads every journal's key; a whole key is found by its unique index.
TURNS_BEFORE = """
CREATE OR REPLACE FUNCTION grants_check_payment_turn() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF (NEW.turn <> OLD.turn OR (OLD.status = 'returned' AND NEW.status = 'confirmed'))
       AND (NEW.turn <= OLD.turn OR NEW.turn <> 1 + (
           SELECT count(*) FROM grants_journal
            WHERE idempotency_key LIKE 'payment:' || NEW.end_to_end_id || ':return_reversed:%'))
    THEN
        RAISE EXCEPTION 'payment % cannot go from turn % to %', OLD.id, OLD.turn, NEW.turn
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_payment_turn_follows';
    END IF;
    RETURN NEW;
END
$$;
"""
TURNS = TURNS_BEFORE.replace(
    """NEW.turn <> 1 + (
           SELECT count(*) FROM grants_journal
            WHERE idempotency_key LIKE 'payment:' || NEW.end_to_end_id || ':return_reversed:%'))
""",
    """NOT EXISTS (
           SELECT 1 FROM grants_journal
            WHERE idempotency_key = 'payment:' || NEW.end_to_end_id || ':return_reversed:' || NEW.turn)
           OR EXISTS (
           SELECT 1 FROM grants_journal
            WHERE idempotency_key = 'payment:' || NEW.end_to_end_id || ':return_reversed:' || NEW.turn + 1))
""",
)


class Migration(migrations.Migration):
    dependencies = [
        ("grants", "0042_taken_out_of_a_file"),
    ]

    operations = [
        CreateTogether(
            [
                migrations.RemoveConstraint(
                    model_name="hold",
                    name="grants_hold_reason_known",
                ),
                migrations.RemoveConstraint(
                    model_name="retryrequest",
                    name="grants_retryrequest_after_failure",
                ),
                migrations.AlterField(
                    model_name="hold",
                    name="reason",
                    field=models.CharField(
                        choices=[
                            ("officer", "Held by an officer"),
                            ("report", "A yearly report is missing"),
                            ("review", "The yearly review is not done"),
                            ("bank_details", "Bank details are not confirmed"),
                            ("panel", "The panel cannot decide"),
                            ("due_diligence", "Checks on the organisation have run out"),
                            ("rejected", "The bank rejected the payment"),
                            ("returned", "The payment came back"),
                            ("in_doubt", "The bank has not said whether it paid"),
                            ("unspent", "Money from before is not spent yet"),
                            ("stopped", "Its payment run was stopped"),
                            ("taken_out", "Taken out of a payment file"),
                        ],
                        max_length=20,
                    ),
                ),
                migrations.AlterField(
                    model_name="holdevent",
                    name="reason",
                    field=models.CharField(
                        choices=[
                            ("officer", "Held by an officer"),
                            ("report", "A yearly report is missing"),
                            ("review", "The yearly review is not done"),
                            ("bank_details", "Bank details are not confirmed"),
                            ("panel", "The panel cannot decide"),
                            ("due_diligence", "Checks on the organisation have run out"),
                            ("rejected", "The bank rejected the payment"),
                            ("returned", "The payment came back"),
                            ("in_doubt", "The bank has not said whether it paid"),
                            ("unspent", "Money from before is not spent yet"),
                            ("stopped", "Its payment run was stopped"),
                            ("taken_out", "Taken out of a payment file"),
                        ],
                        max_length=20,
                    ),
                ),
                migrations.AddConstraint(
                    model_name="hold",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            (
                                "reason__in",
                                [
                                    "officer",
                                    "report",
                                    "review",
                                    "bank_details",
                                    "panel",
                                    "due_diligence",
                                    "rejected",
                                    "returned",
                                    "in_doubt",
                                    "unspent",
                                    "stopped",
                                    "taken_out",
                                ],
                            )
                        ),
                        name="grants_hold_reason_known",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="retryrequest",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("after__in", ["rejected", "returned", "withdrawn"])),
                        name="grants_retryrequest_after_failure",
                    ),
                ),
            ]
        ),
        migrations.RunSQL(LIFTED_BY_TWO, OF_ITS_TURN),
        migrations.RunSQL(APART, NOT_APART),
        migrations.RunSQL(TURNS, TURNS_BEFORE),
    ]
