"""Whoever acts for the person who confirmed bank details, or let them act, counts as that person: others check and release
what is paid there, and others approve agreements with that organisation."""

from django.db import migrations

# Each of the run's people is looked at when they sign. The first money to new details is kept apart since these were
# confirmed; later money since the run was prepared, or who once stood in for a colleague could never again sign a run
# that pays there. Delegations are few and joined first, so that a run of thousands asks of nobody else.
RUNS = """
CREATE FUNCTION grants_check_run_details_persons() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    signing bigint[] := '{}';
BEGIN
    IF NEW.checked_by_id IS DISTINCT FROM OLD.checked_by_id THEN
        signing := signing || NEW.checked_by_id;
    END IF;
    IF NEW.released_by_id IS DISTINCT FROM OLD.released_by_id THEN
        signing := signing || NEW.released_by_id;
    END IF;
    IF NEW.co_released_by_id IS DISTINCT FROM OLD.co_released_by_id THEN
        signing := signing || NEW.co_released_by_id;
    END IF;
    PERFORM pg_advisory_xact_lock_shared(hashtext('grants.delegations'));
    IF EXISTS (
        SELECT 1
          FROM (SELECT giver_id AS one, taker_id AS other FROM grants_delegation WHERE confirmed_at IS NOT NULL
                UNION SELECT taker_id, giver_id FROM grants_delegation WHERE confirmed_at IS NOT NULL) AS stood
          JOIN grants_bankaccount AS a ON a.decided_by_id = stood.other
         WHERE stood.one = ANY (signing)
           AND EXISTS (SELECT 1 FROM grants_payment AS p WHERE p.run_id = NEW.id AND p.bank_account_id = a.id)
           AND grants_act_for_one_another(stood.one, stood.other, CASE
               WHEN EXISTS (SELECT 1 FROM grants_payment AS made
                             WHERE made.bank_account_id = a.id AND made.status = 'confirmed')
               THEN NEW.prepared_at ELSE a.decided_at END))
    THEN
        RAISE EXCEPTION 'run % pays to details confirmed by somebody who counts as one with who signs it', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'one_person';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER grants_paymentrun_details_persons
    BEFORE UPDATE OF checked_by_id, released_by_id, co_released_by_id ON grants_paymentrun
    FOR EACH ROW EXECUTE FUNCTION grants_check_run_details_persons();
ALTER TABLE grants_paymentrun ENABLE ALWAYS TRIGGER grants_paymentrun_details_persons;
"""
# By their names these come after the triggers that lock the agreement and the organisation (migration 0034).
AGREEMENTS = """
CREATE FUNCTION grants_check_approval_details_persons() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM grants_agreement AS g JOIN grants_bankaccount AS a ON a.body_id = g.body_id
         WHERE g.id = NEW.agreement_id AND a.status = 'approved'
           AND grants_act_for_one_another(a.decided_by_id, NEW.by_id, (
               SELECT min(done.decided_at) FROM grants_approval AS done
                WHERE done.agreement_id = NEW.agreement_id AND done.attempt = NEW.attempt)))
    THEN
        RAISE EXCEPTION 'user % counts as one with who confirmed the bank details of the organisation', NEW.by_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'one_person';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER grants_approval_details_persons BEFORE INSERT ON grants_approval
    FOR EACH ROW EXECUTE FUNCTION grants_check_approval_details_persons();
ALTER TABLE grants_approval ENABLE ALWAYS TRIGGER grants_approval_details_persons;
CREATE FUNCTION grants_check_details_persons() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM grants_approval AS done JOIN grants_agreement AS g ON g.id = done.agreement_id
         WHERE g.body_id = NEW.body_id AND grants_act_for_one_another(done.by_id, NEW.decided_by_id, NEW.proposed_at))
    THEN
        RAISE EXCEPTION 'user % counts as one with who decided on an agreement with the organisation', NEW.decided_by_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'one_person';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER grants_bankaccount_details_persons BEFORE INSERT OR UPDATE OF status, decided_by_id ON grants_bankaccount
    FOR EACH ROW WHEN (NEW.status = 'approved') EXECUTE FUNCTION grants_check_details_persons();
ALTER TABLE grants_bankaccount ENABLE ALWAYS TRIGGER grants_bankaccount_details_persons;
"""
BEFORE = """
DROP TRIGGER grants_bankaccount_details_persons ON grants_bankaccount;
DROP TRIGGER grants_approval_details_persons ON grants_approval;
DROP TRIGGER grants_paymentrun_details_persons ON grants_paymentrun;
DROP FUNCTION grants_check_details_persons();
DROP FUNCTION grants_check_approval_details_persons();
DROP FUNCTION grants_check_run_details_persons();
"""


class Migration(migrations.Migration):
    dependencies = (("grants", "0046_money_by_year"),)
    operations = (migrations.RunSQL(RUNS + AGREEMENTS, BEFORE),)
