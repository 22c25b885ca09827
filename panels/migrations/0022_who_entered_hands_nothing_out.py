from django.db import migrations

# Whoever put somebody on the list at a table neither hands them an envelope nor helps them to vote.
ANOTHER = """
CREATE FUNCTION panels_check_envelope_by_another() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM panels_tableentry WHERE roll_entry_id = NEW.roll_entry_id AND entered_by_id = NEW.issued_by_id
    ) THEN
        RAISE EXCEPTION 'whoever put somebody on the list hands them no envelope'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'panels_paperenvelope_not_who_entered';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER panels_paperenvelope_not_who_entered BEFORE INSERT OR UPDATE ON panels_paperenvelope
    FOR EACH ROW WHEN (NEW.state = 'issued') EXECUTE FUNCTION panels_check_envelope_by_another();
ALTER TABLE panels_paperenvelope ENABLE ALWAYS TRIGGER panels_paperenvelope_not_who_entered;
CREATE FUNCTION panels_check_helped_by_another() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM panels_tableentry WHERE roll_entry_id = NEW.roll_entry_id AND entered_by_id = NEW.helper_id
    ) THEN
        RAISE EXCEPTION 'whoever put somebody on the list does not help them to vote'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'panels_helpedvote_not_who_entered';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER panels_helpedvote_not_who_entered BEFORE INSERT ON panels_helpedvote
    FOR EACH ROW EXECUTE FUNCTION panels_check_helped_by_another();
ALTER TABLE panels_helpedvote ENABLE ALWAYS TRIGGER panels_helpedvote_not_who_entered;
"""
SAME = """
DROP TRIGGER panels_helpedvote_not_who_entered ON panels_helpedvote;
DROP FUNCTION panels_check_helped_by_another();
DROP TRIGGER panels_paperenvelope_not_who_entered ON panels_paperenvelope;
DROP FUNCTION panels_check_envelope_by_another();
"""

# Names typed with ballots by e-mail stand in a table of their own since 0017, and go with the ballots; on the accounts
# of nobody they would stay. The history before keeps them, as it keeps everything.
NAMELESS = """
SELECT set_config('pghistory.context_metadata',
    '{"actor": "system:migration", "reason": "a name typed with a ballot is kept with it only"}', true);
UPDATE core_user SET full_name = '' WHERE email LIKE 'first-%@first.invalid' AND full_name <> '';
"""


class Migration(migrations.Migration):
    dependencies = [
        ("panels", "0021_annulled_by_two"),
    ]

    operations = [
        migrations.RunSQL(ANOTHER, SAME),
        migrations.RunSQL(NAMELESS, migrations.RunSQL.noop),
    ]
