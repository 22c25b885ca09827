from django.db import migrations

# No decision is carried while people of the place can object to the result that it carries out, nor without one.
# BEFORE and named to come after the triggers that look at the votes, so that what those lack is said first.
AFTER_OBJECTIONS = """
CREATE FUNCTION panels_check_window_over() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM panels_roundresult
        WHERE round_id = NEW.round_id AND published_at + interval '14 days' <= NEW.decided_at
    ) THEN
        RAISE EXCEPTION 'people can still object to the result of vote %', NEW.round_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'panels_resolution_window_over';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER panels_resolution_window_over BEFORE INSERT OR UPDATE OF status ON panels_resolution
    FOR EACH ROW WHEN (NEW.status = 'carried') EXECUTE FUNCTION panels_check_window_over();
ALTER TABLE panels_resolution ENABLE ALWAYS TRIGGER panels_resolution_window_over;
"""
AT_ONCE = """
DROP TRIGGER panels_resolution_window_over ON panels_resolution;
DROP FUNCTION panels_check_window_over();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("panels", "0024_lost_keys_by_both_sides"),
    ]

    operations = [
        migrations.RunSQL(AFTER_OBJECTIONS, AT_ONCE),
    ]
