"""What all accounts hold at the end of a closed month, so that no balance is added up from the beginning."""

import django.db.models.deletion
from django.db import migrations, models

from cwf_portal.core.sql_operations import CreateTogether, protect_append_only


# A month keeps its balances from the moment it is closed: whoever closes it, and nobody else, has the database write
# them, alone in the books, from what sealed days moved and from the journals after them.
KEEP = """
CREATE FUNCTION grants_keep_balances(closed bigint) RETURNS void LANGUAGE sql AS $$
    INSERT INTO grants_ledgerbalance (close_id, account, source_id, strand, debit_pence, credit_pence)
    SELECT closed, account, source_id, strand, sum(debit), sum(credit)
      FROM (SELECT effective_on, account, source_id, strand, debit_pence AS debit, credit_pence AS credit
              FROM grants_ledgermovement
             UNION ALL
            SELECT j.effective_on, p.account, p.source_id, p.strand,
                   greatest(p.amount_pence, 0), greatest(-p.amount_pence, 0)
              FROM grants_journal AS j
             CROSS JOIN LATERAL (SELECT * FROM grants_posting WHERE journal_id = j.id OFFSET 0) AS p
             WHERE j.recorded_at >= coalesce((SELECT max(until) FROM grants_ledgerday), '-infinity')) AS moved
     WHERE effective_on < (SELECT month + interval '1 month' FROM grants_monthclose WHERE id = closed)
     GROUP BY account, source_id, strand
$$;
SELECT grants_keep_balances(id) FROM grants_monthclose WHERE closed_at IS NOT NULL;
CREATE FUNCTION grants_close_month() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.closed_at IS NOT NULL AND (TG_OP = 'INSERT' OR OLD.closed_at IS NULL) THEN
        PERFORM pg_advisory_xact_lock(hashtext('grants.ledger'));
        PERFORM grants_keep_balances(NEW.id);
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER grants_monthclose_balances AFTER INSERT OR UPDATE ON grants_monthclose
    FOR EACH ROW EXECUTE FUNCTION grants_close_month();
CREATE FUNCTION grants_refuse_by_hand() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF pg_trigger_depth() < 2 THEN
        RAISE EXCEPTION 'balances are kept by closing a month, never by hand'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_ledgerbalance_by_closing';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER grants_ledgerbalance_by_closing BEFORE INSERT ON grants_ledgerbalance
    FOR EACH STATEMENT EXECUTE FUNCTION grants_refuse_by_hand();
ALTER TABLE grants_monthclose ENABLE ALWAYS TRIGGER grants_monthclose_balances;
ALTER TABLE grants_ledgerbalance ENABLE ALWAYS TRIGGER grants_ledgerbalance_by_closing;
"""
NOT_KEEP = """
DROP TRIGGER grants_ledgerbalance_by_closing ON grants_ledgerbalance;
DROP FUNCTION grants_refuse_by_hand();
DROP TRIGGER grants_monthclose_balances ON grants_monthclose;
DROP FUNCTION grants_close_month();
DROP FUNCTION grants_keep_balances(bigint);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("grants", "0018_unspent_money"),
    ]

    operations = [
        CreateTogether(
            [
                migrations.CreateModel(
                    name="LedgerBalance",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "account",
                            models.CharField(
                                choices=[
                                    ("cash", "Cash at bank"),
                                    ("investments", "Investments"),
                                    ("applied", "Money gone out"),
                                    ("recoverable", "Money to come back"),
                                    ("free", "Free"),
                                    ("revaluation", "Gains and losses not yet real"),
                                    ("allocated", "Set aside for places"),
                                    ("index_reserve", "Kept for price rises"),
                                    ("pledged", "Pledged"),
                                    ("committed", "Committed"),
                                    ("payable", "To be paid"),
                                    ("instructed", "With the bank"),
                                    ("paid", "Paid"),
                                    ("recovery_due", "Due back"),
                                    ("suspense", "Not yet explained"),
                                ],
                                max_length=20,
                            ),
                        ),
                        (
                            "strand",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("place", "Places"),
                                    (
                                        "body_contribution",
                                        "Contribution to the organisations that look after the money",
                                    ),
                                    ("capacity", "Help for panels"),
                                    ("running", "Running the fund"),
                                    ("contingency", "Contingency"),
                                ],
                                max_length=20,
                            ),
                        ),
                        ("debit_pence", models.BigIntegerField()),
                        ("credit_pence", models.BigIntegerField()),
                    ],
                ),
                migrations.AddIndex(
                    model_name="ledgermovement",
                    index=models.Index(
                        fields=["effective_on"],
                        include=("account", "source", "strand", "debit_pence", "credit_pence"),
                        name="grants_movement_effective",
                    ),
                ),
                migrations.AddField(
                    model_name="ledgerbalance",
                    name="close",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="balances",
                        to="grants.monthclose",
                    ),
                ),
                migrations.AddField(
                    model_name="ledgerbalance",
                    name="source",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="grants.source",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="ledgerbalance",
                    constraint=models.UniqueConstraint(
                        fields=("close", "account", "source", "strand"), name="grants_ledgerbalance_once"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="ledgerbalance",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("credit_pence__gte", 0), ("debit_pence__gte", 0)),
                        name="grants_ledgerbalance_not_negative",
                    ),
                ),
                migrations.RunSQL(KEEP, NOT_KEEP),
                *protect_append_only("grants_ledgerbalance"),
            ]
        ),
    ]
