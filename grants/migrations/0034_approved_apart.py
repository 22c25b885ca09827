"""Whoever confirmed where an organisation is paid approves nothing for it, and the reverse; nothing is approved that carries
out an annulled vote, and what such a vote left lapses, offered or not."""

from importlib import import_module

from django.db import migrations, models

from cwf_portal.core.sql_operations import CreateTogether

BEFORE = import_module("grants.migrations.0016_variations").LIMITS
# Whoever confirms bank details holds the organisation's row (below): one of the two waits for the other, and then sees it.
APPROVAL = import_module("grants.migrations.0024_claims_withdrawn").changed(
    BEFORE,
    (
        "    SELECT w.is_small INTO small",
        """    IF EXISTS (SELECT 1 FROM grants_bankaccount AS a
                WHERE a.body_id = agreement.body_id AND a.status = 'approved' AND a.decided_by_id = NEW.by_id)
    THEN
        RAISE EXCEPTION 'user % confirmed the bank details of the organisation of agreement %', NEW.by_id, agreement.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_approval_apart_from_details';
    END IF;
    IF agreement.status IN ('draft', 'recommended', 'assured', 'first_approved')
       AND EXISTS (SELECT 1 FROM panels_resolution AS r JOIN panels_annulment AS n ON n.round_id = r.round_id
                    WHERE r.id = agreement.resolution_id)
    THEN
        RAISE EXCEPTION 'the vote that agreement % carries out was annulled', agreement.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_approval_of_standing_vote';
    END IF;
    SELECT w.is_small INTO small""",
    ),
)
DETAILS = """
CREATE FUNCTION grants_check_details_apart() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM 1 FROM grants_accountablebody WHERE id = NEW.body_id FOR NO KEY UPDATE;
    IF EXISTS (SELECT 1 FROM grants_approval AS done JOIN grants_agreement AS a ON a.id = done.agreement_id
                WHERE a.body_id = NEW.body_id AND done.by_id = NEW.decided_by_id)
    THEN
        RAISE EXCEPTION 'user % decided on an agreement with the organisation of account %', NEW.decided_by_id, NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_bankaccount_apart_from_approvers';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER grants_bankaccount_apart BEFORE INSERT OR UPDATE OF status, decided_by_id ON grants_bankaccount
    FOR EACH ROW WHEN (NEW.status = 'approved') EXECUTE FUNCTION grants_check_details_apart();
ALTER TABLE grants_bankaccount ENABLE ALWAYS TRIGGER grants_bankaccount_apart;
"""
NOT_DETAILS = """
DROP TRIGGER grants_bankaccount_apart ON grants_bankaccount;
DROP FUNCTION grants_check_details_apart();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("grants", "0033_late_figures"),
        ("panels", "0022_who_entered_hands_nothing_out"),
    ]

    operations = [
        CreateTogether(
            [
                migrations.RemoveConstraint(
                    model_name="agreement",
                    name="grants_agreement_status_fits_offer",
                ),
                migrations.AlterField(
                    model_name="agreement",
                    name="status",
                    field=models.CharField(
                        choices=[
                            ("draft", "To check"),
                            ("recommended", "Recommended"),
                            ("assured", "Assured"),
                            ("first_approved", "Approved once"),
                            ("approved", "Approved"),
                            ("offered", "Offered"),
                            ("active", "Active"),
                            ("completed", "Completed"),
                            ("lapsed", "Lapsed"),
                            ("discontinued", "Discontinued"),
                        ],
                        default="draft",
                        max_length=20,
                    ),
                ),
                migrations.AlterField(
                    model_name="agreementevent",
                    name="status",
                    field=models.CharField(
                        choices=[
                            ("draft", "To check"),
                            ("recommended", "Recommended"),
                            ("assured", "Assured"),
                            ("first_approved", "Approved once"),
                            ("approved", "Approved"),
                            ("offered", "Offered"),
                            ("active", "Active"),
                            ("completed", "Completed"),
                            ("lapsed", "Lapsed"),
                            ("discontinued", "Discontinued"),
                        ],
                        default="draft",
                        max_length=20,
                    ),
                ),
                migrations.AddConstraint(
                    model_name="agreement",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "offered"), _negated=True),
                            ("offered_at__isnull", False),
                            _connector="OR",
                        ),
                        name="grants_agreement_status_fits_offer",
                    ),
                ),
            ]
        ),
        migrations.RunSQL(APPROVAL + DETAILS, NOT_DETAILS + BEFORE),
    ]
