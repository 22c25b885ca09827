"""What was sent and is still to come year by year is worked out at the next tick for places that have had money before."""

from django.db import migrations

ASK = """
INSERT INTO neighbourhoods_staleslice (measure_code, neighbourhood_id)
SELECT code, place
  FROM (SELECT DISTINCT allocation.neighbourhood_id AS place
          FROM grants_agreement AS agreement JOIN grants_allocation AS allocation ON allocation.id = agreement.allocation_id
       ) AS places
 CROSS JOIN unnest(ARRAY['grants.sent_in_year', 'grants.to_come_in_year']) AS code;
"""


class Migration(migrations.Migration):
    dependencies = [("grants", "0045_removals_of_before"), ("neighbourhoods", "0006_fewer_indexes")]
    operations = [migrations.RunSQL(ASK, migrations.RunSQL.noop)]
