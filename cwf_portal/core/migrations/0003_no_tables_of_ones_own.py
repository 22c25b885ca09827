from django.db import migrations

# A temporary table is found before the real one of the same name. Whoever may make one could deceive every trigger that
# names a table without its schema, the clock of record among them. Nothing of ours makes any.
NOBODY = """
DO $$ BEGIN
    EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
END $$;
"""
EVERYBODY = """
DO $$ BEGIN
    EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO PUBLIC', current_database());
END $$;
"""


class Migration(migrations.Migration):
    dependencies = (("core", "0002_clock_starts_in_the_past"),)

    operations = (migrations.RunSQL(sql=NOBODY, reverse_sql=EVERYBODY),)
