"""An explanation of a bank line and its journal are taken back together or not at all."""

from django.conf import settings
from django.db import migrations, models

from cwf_portal.core.sql_operations import CreateTogether


# A line of the bank counts as explained exactly while the journal that explained it stands. Both sides wait for each
# other before they look, at the end of their transactions, so that neither misses what the other commits.
AGREES = """
CREATE FUNCTION grants_check_cleared() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    cleared bigint := CASE TG_TABLE_NAME WHEN 'grants_journal' THEN (to_jsonb(NEW) ->> 'reverses_id')::bigint
                                         ELSE (to_jsonb(NEW) ->> 'journal_id')::bigint END;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('grants.cleared'), hashint8(cleared));
    IF EXISTS (
        SELECT 1 FROM grants_lineclearing AS c
         WHERE c.journal_id = cleared
           AND (c.status = 'reversed') <> EXISTS (SELECT 1 FROM grants_journal WHERE reverses_id = cleared))
    THEN
        RAISE EXCEPTION 'journal % and the bank line that it explains would say different things', cleared
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_lineclearing_as_posted';
    END IF;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER grants_journal_cleared AFTER INSERT ON grants_journal
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.reverses_id IS NOT NULL)
    EXECUTE FUNCTION grants_check_cleared();
CREATE CONSTRAINT TRIGGER grants_lineclearing_posted AFTER INSERT OR UPDATE ON grants_lineclearing
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.journal_id IS NOT NULL)
    EXECUTE FUNCTION grants_check_cleared();
CREATE FUNCTION grants_check_clearing_step() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.status <> 'proposed' AND NEW.refusal <> OLD.refusal OR NEW.status <> OLD.status
       AND (OLD.status, NEW.status) NOT IN (
           ('proposed', 'confirmed'), ('proposed', 'refused'), ('confirmed', 'reversed'))
    THEN
        RAISE EXCEPTION 'an explanation goes from % to %', OLD.status, NEW.status
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_lineclearing_step';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER grants_lineclearing_step BEFORE UPDATE ON grants_lineclearing
    FOR EACH ROW EXECUTE FUNCTION grants_check_clearing_step();
CREATE TRIGGER grants_lineclearing_decided BEFORE UPDATE ON grants_lineclearing
    FOR EACH ROW EXECUTE FUNCTION grants_keep_decision('decided_by_id', 'decided_at', 'journal_id');
ALTER TABLE grants_journal ENABLE ALWAYS TRIGGER grants_journal_cleared;
ALTER TABLE grants_lineclearing ENABLE ALWAYS TRIGGER grants_lineclearing_posted;
ALTER TABLE grants_lineclearing ENABLE ALWAYS TRIGGER grants_lineclearing_step;
ALTER TABLE grants_lineclearing ENABLE ALWAYS TRIGGER grants_lineclearing_decided;
"""
NOT_AGREES = """
DROP TRIGGER grants_lineclearing_decided ON grants_lineclearing;
DROP TRIGGER grants_lineclearing_step ON grants_lineclearing;
DROP FUNCTION grants_check_clearing_step();
DROP TRIGGER grants_lineclearing_posted ON grants_lineclearing;
DROP TRIGGER grants_journal_cleared ON grants_journal;
DROP FUNCTION grants_check_cleared();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("grants", "0016_variations"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateTogether(
            [
                migrations.RemoveConstraint(
                    model_name="lineclearing",
                    name="grants_lineclearing_status_fits",
                ),
                migrations.AlterField(
                    model_name="doubtsettlement",
                    name="status",
                    field=models.CharField(
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
                migrations.AlterField(
                    model_name="doubtsettlementevent",
                    name="status",
                    field=models.CharField(
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
                migrations.AlterField(
                    model_name="lineclearing",
                    name="status",
                    field=models.CharField(
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
                migrations.AlterField(
                    model_name="lineclearingevent",
                    name="status",
                    field=models.CharField(
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
                migrations.AddConstraint(
                    model_name="lineclearing",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decided_by", None), ("journal", None), ("refusal", ""), ("status", "proposed")),
                            models.Q(
                                ("decided_by__isnull", False),
                                ("journal", None),
                                ("status", "refused"),
                                models.Q(("refusal", ""), _negated=True),
                            ),
                            models.Q(
                                ("decided_by__isnull", False),
                                ("refusal", ""),
                                ("status", "confirmed"),
                                models.Q(
                                    models.Q(("journal", None), ("kind", "cancels")),
                                    models.Q(models.Q(("kind", "cancels"), _negated=True), ("journal__isnull", False)),
                                    _connector="OR",
                                ),
                            ),
                            models.Q(
                                ("decided_by__isnull", False),
                                ("kind", "other_income"),
                                ("refusal", ""),
                                ("status", "reversed"),
                                ("journal__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="grants_lineclearing_status_fits",
                    ),
                ),
                migrations.RunSQL(AGREES, NOT_AGREES),
            ]
        ),
    ]
