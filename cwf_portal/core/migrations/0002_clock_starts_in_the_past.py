from django.db import migrations

from cwf_portal.core.sql_operations import CreateTogether

# Before anybody has an account the clock of record may be set back, so that the demo can live its past; from the first
# account on it only goes forward, whoever asks.
FORWARD_ONLY = """
CREATE FUNCTION core_clock_forward_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.shift < OLD.shift AND EXISTS (SELECT FROM core_user) THEN
        RAISE EXCEPTION 'the clock of record never goes back' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER core_clock_forward_only BEFORE UPDATE ON core_clock
    FOR EACH ROW EXECUTE FUNCTION core_clock_forward_only();
ALTER TABLE core_clock ENABLE ALWAYS TRIGGER core_clock_forward_only;
"""
EITHER_WAY = "DROP TRIGGER core_clock_forward_only ON core_clock; DROP FUNCTION core_clock_forward_only();"


class Migration(migrations.Migration):
    dependencies = [("core", "0001_initial")]

    operations = [
        CreateTogether(
            [
                migrations.RemoveConstraint(model_name="clockshift", name="core_clockshift_never_back"),
            ]
        ),
        migrations.RunSQL(sql=FORWARD_ONLY, reverse_sql=EITHER_WAY),
    ]
