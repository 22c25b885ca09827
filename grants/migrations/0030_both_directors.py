"""Limits change by both directors: whoever confirms holds the other post than whoever proposed, and both hold it still."""

from importlib import import_module

from django.db import migrations

CLAIMS = import_module("grants.migrations.0024_claims_withdrawn")
BEFORE = CLAIMS.function("grants_check_limit_change", import_module("grants.migrations.0027_limits_by_two").LIMITS)
# One person alone is refused by the constraint beside it, which says so better.
NOW = CLAIMS.changed(
    BEFORE,
    (
        "    IF NEW.from_on <=",
        """    IF NEW.proposed_by_id <> NEW.confirmed_by_id
        AND NOT (grants_holds_role(NEW.proposed_by_id, 'fund_director')
                 AND grants_holds_role(NEW.confirmed_by_id, 'finance_director')
                 OR grants_holds_role(NEW.proposed_by_id, 'finance_director')
                 AND grants_holds_role(NEW.confirmed_by_id, 'fund_director'))
    THEN
        RAISE EXCEPTION 'limits are changed by the fund director and the finance director'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_limitchange_both_posts';
    END IF;
    IF NEW.from_on <=""",
    ),
)


class Migration(migrations.Migration):
    dependencies = (("grants", "0029_claims_overtaken"),)
    operations = (migrations.RunSQL(NOW, BEFORE),)
