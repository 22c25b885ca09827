"""The voters' list: who may vote for certain is put on it in one statement; whoever must still show it, one by one."""

from typing import Any

from django.db import connection
from django.utils.timezone import localdate

from cwf_portal.core.clock import core_now
from panels.domain.people import USUAL_AGE
from panels.domain.rules_sheet import DECLARED_UP_TO_PENCE
from panels.models import Residence, Round

# Whoever has not shown yet what the round asks for gets a pending entry, one by one and never in bulk. The residence is
# locked, so that it does not become shown between our look and our row. Whoever is 16 on a day is of any other age as
# many years before or after it.
# Anybody can type anybody's name, birth date and address. Who comes second with the same is entered under a fingerprint
# of their own, and is certain only once they have shown it, of which there is one person at most: nobody's place on the
# list can be taken by typing. Where both vote, two people judge the pair before the box is opened. What another account
# gave up by a correction is still of its person: who types that comes second, too.
ENROL = """
WITH person AS (
    SELECT round.id AS round_id, round.code, residence.user_id, residence.person_hmac,
        residence.level = 'shown' AS is_shown,
        residence.placed_by IN ('postcode', 'people') AND round.budget_pence <= %(declared_up_to)s AS is_enough,
        EXISTS (
            SELECT FROM panels_rollentry other
            WHERE other.round_id = round.id AND other.person_hmac = residence.person_hmac
                AND other.user_id <> residence.user_id
        ) OR residence.level <> 'shown' AND EXISTS (
            SELECT FROM panels_formerfingerprint former
            WHERE former.person_hmac = residence.person_hmac AND former.residence_id <> residence.id
        ) AS is_second
    FROM panels_residence residence
    JOIN panels_panel panel ON panel.neighbourhood_id = residence.neighbourhood_id
    JOIN panels_round round ON round.panel_id = panel.id
    WHERE residence.placed_by <> 'elsewhere' AND {whom} AND (
        residence.of_age_on IS NULL
        OR residence.of_age_on <= %(day)s::date + make_interval(years => %(usual_age)s - round.minimum_age)
    )
    FOR SHARE OF residence
)
INSERT INTO panels_rollentry (round_id, user_id, person_hmac, is_pending, enrolled_at)
SELECT round_id, user_id,
    CASE WHEN is_second
        THEN encode(sha256(convert_to(concat_ws(' ', 'second', person_hmac, user_id, code), 'UTF8')), 'hex')
        ELSE person_hmac
    END,
    NOT (is_shown OR (is_enough AND NOT is_second)), core_now()
FROM person WHERE {only}
ORDER BY is_shown DESC, user_id
ON CONFLICT DO NOTHING
"""
CERTAIN = "is_shown OR (is_enough AND NOT is_second)"
EVERYBODY = ENROL.format(whom="round.id = %(round)s", only=CERTAIN)
ONE = ENROL.format(whom="round.id = %(round)s AND residence.user_id = %(user)s", only="true")
WHERE_CERTAIN = ENROL.format(
    whom="""residence.id = %(residence)s AND round.frozen_at IS NOT NULL AND core_now() < round.voting_closes_at
        AND NOT EXISTS (SELECT FROM panels_annulment WHERE panels_annulment.round_id = round.id)""",
    only=CERTAIN,
)


def enrol_everybody(round: Round) -> int:
    """Put everybody who may vote for certain on the list, in one statement; returns how many were added."""
    return _enrol(EVERYBODY, round=round.pk)


def enrol_one(round: Round, user_pk: int) -> int:
    """Put one person on the list, pending where they must still show something; returns 0 where they are on it.

    Where somebody else with the same details is entered at this very moment, the second look sees them.
    """
    return _enrol(ONE, round=round.pk, user=user_pk) or _enrol(ONE, round=round.pk, user=user_pk)


def enrol_where_certain(residence: Residence) -> int:
    """Put somebody who has become certain on the list of every vote of their place that is fixed and not over.

    The caller holds the lock of the residence.
    """
    return _enrol(WHERE_CERTAIN, residence=residence.pk)


def _enrol(statement: str, **which: int) -> int:
    values: dict[str, Any] = {
        "day": localdate(core_now()), "usual_age": USUAL_AGE, "declared_up_to": DECLARED_UP_TO_PENCE, **which
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)
