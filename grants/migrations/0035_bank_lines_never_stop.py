"""What one line of the bank carries out never stops the next: worthless holdings are sold, one sale at a time is awaited,
and a reference stands for a wave or an order, never both."""

from django.db import migrations, models

from cwf_portal.core.sql_operations import CreateTogether

# The lock makes the second of two at once see what the first has written.
ONE_MEANING = """
CREATE FUNCTION grants_check_bank_reference() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    taken boolean;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('grants.bank_reference'), hashtext(NEW.bank_reference));
    IF TG_TABLE_NAME = 'grants_wave' THEN
        taken := EXISTS (SELECT 1 FROM grants_fundorder WHERE bank_reference = NEW.bank_reference);
    ELSE
        taken := EXISTS (SELECT 1 FROM grants_wave WHERE bank_reference = NEW.bank_reference);
    END IF;
    IF taken THEN
        RAISE EXCEPTION 'the reference % stands for something else', NEW.bank_reference
            USING ERRCODE = 'unique_violation', CONSTRAINT = 'grants_bank_reference_one_meaning';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER grants_wave_reference BEFORE INSERT OR UPDATE OF bank_reference ON grants_wave
    FOR EACH ROW EXECUTE FUNCTION grants_check_bank_reference();
CREATE TRIGGER grants_fundorder_reference BEFORE INSERT OR UPDATE OF bank_reference ON grants_fundorder
    FOR EACH ROW EXECUTE FUNCTION grants_check_bank_reference();
ALTER TABLE grants_wave ENABLE ALWAYS TRIGGER grants_wave_reference;
ALTER TABLE grants_fundorder ENABLE ALWAYS TRIGGER grants_fundorder_reference;
"""
ANY_MEANING = """
DROP TRIGGER grants_fundorder_reference ON grants_fundorder;
DROP TRIGGER grants_wave_reference ON grants_wave;
DROP FUNCTION grants_check_bank_reference();
"""
# Which of two the bank will carry out nobody can tell from here, so a person decides before this begins.
ONE_SALE = """
DO $$
DECLARE
    sold text;
BEGIN
    SELECT h.name INTO sold FROM grants_fundorder AS o JOIN grants_holding AS h ON h.id = o.holding_id
     WHERE o.kind = 'sale' AND o.confirmed_by_id IS NOT NULL AND o.journal_id IS NULL AND o.withdrawn_by_id IS NULL
     GROUP BY h.id, h.name HAVING count(*) > 1 ORDER BY h.id LIMIT 1;
    IF sold IS NOT NULL THEN
        RAISE EXCEPTION USING MESSAGE = 'Two sales of “' || sold || '” wait for the bank: with the version that runs now, '
            'withdraw all but one of them on the page of the fund''s orders, then migrate again.';
    END IF;
END
$$;
"""


class Migration(migrations.Migration):
    dependencies = (("grants", "0034_approved_apart"),)
    operations = (
        migrations.RunSQL(ONE_SALE, migrations.RunSQL.noop),
        CreateTogether(
            [
                migrations.RemoveConstraint(model_name="holdingentry", name="grants_holdingentry_moves_something"),
                migrations.AddConstraint(
                    model_name="holdingentry",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("unrealised_pence", 0), ("value_pence", 0), _negated=True),
                        name="grants_holdingentry_moves_something",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="fundorder",
                    constraint=models.UniqueConstraint(
                        condition=models.Q(
                            ("confirmed_by__isnull", False), ("journal", None), ("kind", "sale"), ("withdrawn_by", None)
                        ),
                        fields=("holding",),
                        name="grants_fundorder_one_sale_awaited",
                    ),
                ),
                migrations.RunSQL(ONE_MEANING, ANY_MEANING),
            ]
        ),
    )
