"""Those who voted first and show afterwards where they live: their pending entries become certain, in time or never."""

from typing import Any

from django.db import connection

from panels.domain.rules_sheet import DECLARED_UP_TO_PENCE
from panels.models import Residence
from panels.models.round import TIME_TO_SHOW

VERIFY = """
INSERT INTO panels_rollverification (roll_entry_id, verified_at)
SELECT roll.id, core_now()
FROM panels_rollentry roll
JOIN panels_round round ON round.id = roll.round_id
JOIN panels_panel panel ON panel.id = round.panel_id
JOIN panels_residence residence ON residence.user_id = roll.user_id
WHERE residence.id = %(residence)s AND roll.is_pending
    AND residence.neighbourhood_id = panel.neighbourhood_id
    AND residence.placed_by IN ('postcode', 'people')
    AND (residence.level = 'shown'
        OR (round.budget_pence <= %(declared_up_to)s AND roll.person_hmac = residence.person_hmac AND NOT EXISTS (
            SELECT FROM panels_formerfingerprint former
            WHERE former.person_hmac = residence.person_hmac AND former.residence_id <> residence.id
        )))
    AND core_now() < round.voting_closes_at + %(time_to_show)s
ON CONFLICT DO NOTHING
"""


def verify_entries(residence: Residence) -> int:
    """Make certain what is certain now of this person's pending entries; returns how many.

    The caller holds the lock of the residence: an entry made meanwhile is seen here, or sees what was shown.
    """
    values: dict[str, Any] = {
        "residence": residence.pk,
        "declared_up_to": DECLARED_UP_TO_PENCE,
        "time_to_show": TIME_TO_SHOW,
    }
    with connection.cursor() as cursor:
        cursor.execute(VERIFY, values)
        return int(cursor.rowcount)
