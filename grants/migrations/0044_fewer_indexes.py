"""What is written for each payment without being read: indexes that another one serves as well, and a guard's idle calls.

An index whose columns another begins with; one of the actors of journals, who are never deleted; those of history by what
a row refers to, since history is asked by the row; and those that only serve LIKE in locales which sort unlike C.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from cwf_portal.core.sql_operations import CreateTogether

# The names are Django's own.
ONLY_FOR_LIKE = {
    "grants_journal_idempotency_key_ed40cfe1_like": "grants_journal (idempotency_key varchar_pattern_ops)",
    "grants_payment_end_to_end_id_264b2663_like": "grants_payment (end_to_end_id varchar_pattern_ops)",
    "grants_statementline_bank_reference_e741adb4_like": "grants_statementline (bank_reference varchar_pattern_ops)",
}
NO_LIKE = "".join(f"DROP INDEX IF EXISTS {name};\n" for name in ONLY_FOR_LIKE)
LIKE = "".join(f"CREATE INDEX {name} ON {columns};\n" for name, columns in ONLY_FOR_LIKE.items())
# The function's own first condition, asked before it is called.
TURNS = """
DROP TRIGGER grants_payment_turns ON grants_payment;
CREATE TRIGGER grants_payment_turns BEFORE UPDATE OF status, turn ON grants_payment
    FOR EACH ROW WHEN (NEW.turn <> OLD.turn OR (OLD.status = 'returned' AND NEW.status = 'confirmed'))
    EXECUTE FUNCTION grants_check_payment_turn();
ALTER TABLE grants_payment ENABLE ALWAYS TRIGGER grants_payment_turns;
"""
TURNS_BEFORE = """
DROP TRIGGER grants_payment_turns ON grants_payment;
CREATE TRIGGER grants_payment_turns BEFORE UPDATE OF status, turn ON grants_payment
    FOR EACH ROW EXECUTE FUNCTION grants_check_payment_turn();
ALTER TABLE grants_payment ENABLE ALWAYS TRIGGER grants_payment_turns;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("grants", "0043_own_hold_of_a_removal"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateTogether(
            [
                migrations.AlterField(
                    model_name="journal",
                    name="actor",
                    field=models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AlterField(
                    model_name="journal",
                    name="approver",
                    field=models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AlterField(
                    model_name="paymentevent",
                    name="bank_account",
                    field=models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="grants.bankaccount",
                    ),
                ),
                migrations.AlterField(
                    model_name="paymentevent",
                    name="run",
                    field=models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="grants.paymentrun",
                    ),
                ),
                migrations.AlterField(
                    model_name="paymentevent",
                    name="tranche",
                    field=models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="grants.tranche",
                    ),
                ),
                migrations.AlterField(
                    model_name="statementline",
                    name="payment",
                    field=models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="statement_lines",
                        to="grants.payment",
                    ),
                ),
                migrations.AlterField(
                    model_name="trancheevent",
                    name="agreement",
                    field=models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="grants.agreement",
                    ),
                ),
            ]
        ),
        migrations.RunSQL(NO_LIKE, LIKE),
        migrations.RunSQL(TURNS, TURNS_BEFORE),
    ]
