"""A claim is overtaken only together with what overtakes it: at commit two people have confirmed that a payment came back,
and what had come of the claim stands in the ledger as paid once more."""

from django.db import migrations

OVERTAKEN = """
CREATE FUNCTION grants_check_overtaken() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    came bigint;
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM grants_lineclearing AS said
          JOIN grants_payment AS back ON back.id = said.payment_id
          JOIN grants_tranche AS due ON due.id = back.tranche_id
         WHERE due.agreement_id = NEW.agreement_id AND said.kind = 'returned' AND said.status = 'confirmed'
           AND back.status = 'returned')
    THEN
        RAISE EXCEPTION 'no payment came back that overtakes claim %', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_clawback_overtaken_by_return';
    END IF;
    SELECT coalesce(sum(amount_pence), 0) INTO came FROM grants_clawbackreceipt WHERE clawback_id = NEW.id;
    IF came <> (
        SELECT coalesce(sum(p.amount_pence), 0)
          FROM grants_journal AS j JOIN grants_posting AS p ON p.journal_id = j.id
         WHERE j.idempotency_key = 'clawback:' || NEW.reference || ':clawback_overtaken'
           AND j.kind = 'clawback_overtaken' AND p.agreement_id = NEW.agreement_id AND p.account = 'applied')
    THEN
        RAISE EXCEPTION 'what had come of claim % does not count as paid once more', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_clawback_overtaken_in_books';
    END IF;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER grants_clawback_overtaken AFTER UPDATE OF status ON grants_clawback
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.status = 'moot' AND OLD.status <> 'moot') EXECUTE FUNCTION grants_check_overtaken();
ALTER TABLE grants_clawback ENABLE ALWAYS TRIGGER grants_clawback_overtaken;
"""
NOT_OVERTAKEN = """
DROP TRIGGER grants_clawback_overtaken ON grants_clawback;
DROP FUNCTION grants_check_overtaken();
"""


class Migration(migrations.Migration):
    dependencies = (("grants", "0030_both_directors"),)
    operations = (migrations.RunSQL(OVERTAKEN, NOT_OVERTAKEN),)
