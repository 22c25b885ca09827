"""What was taken out of a file before such holds were of their own kind is held by two as well; a hold of that kind goes
once an earlier attempt turns out to have been paid; and whoever acts for another does not say yes in their place."""

from importlib import import_module

from django.db import migrations

CLAIMS = import_module("grants.migrations.0024_claims_withdrawn")
REMOVALS = import_module("grants.migrations.0043_own_hold_of_a_removal")
LIFTED_WHERE_PAID = REMOVALS.LIFTED_BY_TWO.replace(
    "    IF OLD.reason = 'taken_out' AND NOT EXISTS (",
    """    IF OLD.reason = 'taken_out'
       AND NOT EXISTS (SELECT 1 FROM grants_payment AS p WHERE p.tranche_id = OLD.tranche_id AND p.status = 'confirmed')
       AND NOT EXISTS (""",
)
GOES_ON_BEFORE = CLAIMS.function("grants_check_after_removal", REMOVALS.APART)
REFUSED_BEFORE = CLAIMS.function("grants_check_removal_refused", REMOVALS.APART)
# Whoever acts for the person who asked, or did since, counts as that person; so do those who let the payment go.
GOES_ON = CLAIMS.changed(
    GOES_ON_BEFORE,
    (
        "    RETURN NEW;\nEND\n$$;",
        """    IF EXISTS (
        SELECT 1 FROM grants_removal AS m
         WHERE m.payment_id = NEW.payment_id AND m.status = 'confirmed'
           AND (grants_act_for_one_another(m.proposed_by_id, NEW.requested_by_id, m.proposed_at)
                OR grants_act_for_one_another(m.proposed_by_id, NEW.confirmed_by_id, m.proposed_at)))
    THEN
        RAISE EXCEPTION 'whoever acts for the person who took payment % out counts as that person', NEW.payment_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'one_person';
    END IF;
    RETURN NEW;
END
$$;""",
    ),
)
REFUSED = CLAIMS.changed(
    REFUSED_BEFORE,
    (
        "    RETURN NEW;\nEND\n$$;",
        """    IF EXISTS (
        SELECT 1 FROM grants_paymentrun AS r JOIN grants_payment AS p ON p.run_id = r.id
         WHERE p.id = NEW.payment_id
           AND (grants_act_for_one_another(r.checked_by_id, NEW.decided_by_id, r.checked_at)
                OR grants_act_for_one_another(r.released_by_id, NEW.decided_by_id, r.released_at)
                OR grants_act_for_one_another(r.co_released_by_id, NEW.decided_by_id, r.co_released_at)))
    THEN
        RAISE EXCEPTION 'user % acts for whoever checked or released the run', NEW.decided_by_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'one_person';
    END IF;
    RETURN NEW;
END
$$;""",
    ),
)
# Between migrations 0042 and 0043 a removal shared the hold of officers: it either placed one, which one person could
# lift, or found another officer's and placed none. What one person let go on by the removal's own hold stays let go;
# every other one that nothing was tried after is held as taken out. The officer's hold stays for whoever lifts it.
HELD_BY_TWO = """
SELECT set_config('pghistory.context_metadata',
    '{"actor": "system:migration", "reason": "what was taken out of a file goes on only by two"}', true);
INSERT INTO grants_hold (agreement_id, tranche_id, reason, detail, placed_by_id, lift_reason)
SELECT t.agreement_id, t.id, 'taken_out', left(said.words || m.reason, 300), m.proposed_by_id, ''
  FROM grants_removal AS m
  JOIN grants_payment AS p ON p.id = m.payment_id
  JOIN grants_tranche AS t ON t.id = p.tranche_id
 CROSS JOIN LATERAL (SELECT 'It was taken out of the file of run ' || p.run_id || ': ' AS words) AS said
 WHERE m.status = 'confirmed' AND t.status = 'committed'
   AND NOT EXISTS (SELECT 1 FROM grants_payment AS later WHERE later.tranche_id = t.id AND later.attempt > p.attempt)
   AND NOT EXISTS (SELECT 1 FROM grants_hold AS own
                    WHERE own.tranche_id = t.id AND own.reason = 'taken_out' AND own.placed_at >= m.decided_at)
   AND NOT EXISTS (SELECT 1 FROM grants_hold AS shared
                    WHERE shared.tranche_id = t.id AND shared.reason = 'officer' AND shared.lifted_at IS NOT NULL
                      AND starts_with(shared.detail, said.words));
"""


class Migration(migrations.Migration):
    dependencies = (("grants", "0044_fewer_indexes"),)
    operations = (
        migrations.RunSQL(LIFTED_WHERE_PAID, REMOVALS.LIFTED_BY_TWO),
        migrations.RunSQL(GOES_ON, GOES_ON_BEFORE),
        migrations.RunSQL(REFUSED, REFUSED_BEFORE),
        migrations.RunSQL(HELD_BY_TWO, migrations.RunSQL.noop),  # before it such holds are known as well
    )
