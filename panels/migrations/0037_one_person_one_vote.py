import hashlib
import hmac
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from cwf_portal.core.sql_operations import CreateTogether

ACTOR = """
SELECT set_config('pghistory.context_metadata',
    '{"actor": "system:migration", "reason": "corrections and ballots by e-mail from before 0031 say who is young"}',
    true)
"""
# What was given up before 0035 and can still be known. The history keeps no fingerprints, but an earlier correction
# says what a later one changed; and on a voters' list stands with what fingerprint somebody was on it who had shown it
# before that vote was over, while nobody could change it. What neither says is lost.
GIVEN_UP = """
WITH had AS (
    SELECT residence_id, person_hmac, ended_at AS at FROM panels_correction WHERE state = 'done'
    UNION ALL
    SELECT residence.id, entry.person_hmac, entry.enrolled_at
    FROM panels_rollentry entry
    JOIN panels_round round ON round.id = entry.round_id
    JOIN panels_residence residence ON residence.user_id = entry.user_id
    WHERE EXISTS (
        SELECT FROM panels_residenceevent event
        WHERE event.pgh_obj_id = residence.id AND event.shown_at < round.voting_closes_at + interval '7 days'
    )
)
INSERT INTO panels_formerfingerprint (person_hmac, residence_id, correction_id, given_up_at)
SELECT DISTINCT ON (had.person_hmac, had.residence_id)
    had.person_hmac, had.residence_id, correction.id, correction.ended_at
FROM had
JOIN panels_correction correction ON correction.residence_id = had.residence_id AND correction.state = 'done'
    AND correction.ended_at > had.at AND correction.person_hmac <> had.person_hmac
ORDER BY had.person_hmac, had.residence_id, correction.id
ON CONFLICT DO NOTHING
"""
# What was typed with a ballot by e-mail is never changed, but for this.
MAY_CHANGE = "ALTER TABLE panels_firstvote DISABLE TRIGGER panels_firstvote_append_only"
MAY_NOT_CHANGE = "ALTER TABLE panels_firstvote ENABLE ALWAYS TRIGGER panels_firstvote_append_only"
# As 0036 did for those who had told us by then: what is open from before 0031 becomes what they are, too.
YOUNG = """
WITH young AS (SELECT * FROM unnest(%s::date[], %s::text[]) AS young (of_age_on, born_hmac))
UPDATE {table} told SET of_age_on = young.of_age_on FROM young
WHERE told.of_age_on IS NULL AND told.born_hmac = young.born_hmac AND {still}
"""
STILL_OPEN = {
    "panels_correction": "told.state = 'open'",
    "panels_firstvote": "NOT EXISTS (SELECT FROM panels_firstvoteanswer WHERE first_vote_id = told.roll_entry_id)",
}
DAYS = "SELECT (core_now() AT TIME ZONE 'Europe/London')::date"


def mend_what_is_open(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    with schema_editor.connection.cursor() as cursor:
        for table in STILL_OPEN:
            note_who_is_young(cursor, table)


def note_who_is_young(cursor: Any, table: str) -> None:
    cursor.execute(ACTOR)
    cursor.execute(DAYS)
    today = cursor.fetchone()[0]
    born = [today - timedelta(days=back) for back in range(10 * 365, 18 * 366)]
    young = [(_sixteen(day), _fingerprint(day)) for day in born if _years_after(day, 18) > today]
    cursor.execute(YOUNG.format(table=table, still=STILL_OPEN[table]), [list(one) for one in zip(*young, strict=True)])
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def _fingerprint(day: date) -> str:
    return hmac.new(settings.PERSON_HMAC_KEY.encode(), b"born\n" + day.isoformat().encode(), hashlib.sha256).hexdigest()


def _sixteen(born_on: date) -> date:
    return _years_after(born_on, 16)


def _years_after(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # 29 February, and no such day in that year
        return date(day.year + years, 3, 1)


# Wherever two people are asked for, two of one household are one pair of eyes. There is one rule, whoever lives with
# whom, and two shapes of it: two columns of one row, or two rows about the same. AFTER, so that what a row lacks is said
# first; only what is said now is looked at, since who lives where may change later. The lock makes two rows that are
# written at the same moment wait for each other.
TWO_HOMES = """
CREATE FUNCTION panels_two_homes_of_row() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    one bigint := to_jsonb(NEW) ->> TG_ARGV[0];
    other bigint := to_jsonb(NEW) ->> TG_ARGV[1];
BEGIN
    IF TG_OP = 'UPDATE' AND one IS NOT DISTINCT FROM (to_jsonb(OLD) ->> TG_ARGV[0])::bigint
        AND other IS NOT DISTINCT FROM (to_jsonb(OLD) ->> TG_ARGV[1])::bigint
    THEN
        RETURN NULL;
    END IF;
    IF panels_is_of_household(one, other) THEN
        RAISE EXCEPTION 'two of one household are one pair of eyes'
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME;
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION panels_two_homes_of_rows() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    person text := TG_ARGV[0];
    about jsonb := (SELECT jsonb_object_agg(name, to_jsonb(NEW) -> name) FROM unnest(TG_ARGV) name WHERE name <> person);
    is_one boolean;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(TG_TABLE_NAME || about::text, 0));
    EXECUTE format(
        'SELECT EXISTS (SELECT FROM %I other WHERE id <> $1 AND %s AND panels_is_of_household($2, other.%I))',
        TG_TABLE_NAME,
        (SELECT string_agg(format('other.%I = ($3 ->> %L)::%s', name, name,
                CASE WHEN right(name, 3) = '_id' THEN 'bigint' ELSE 'text' END), ' AND ')
            FROM jsonb_object_keys(about) name),
        person
    ) INTO is_one USING NEW.id, (to_jsonb(NEW) ->> person)::bigint, about;
    IF is_one THEN
        RAISE EXCEPTION 'two of one household are one pair of eyes'
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME;
    END IF;
    RETURN NULL;
END $$;
"""
NO_TWO_HOMES = """
DROP FUNCTION panels_two_homes_of_rows();
DROP FUNCTION panels_two_homes_of_row();
"""
OF_ROW = (
    ("certification", "asked_by_id", "certified_by_id", ""),
    ("cardbatch", "made_by_id", "released_by_id", ""),
    ("moderationcase", "decided_by_id", "answered_by_id", ""),
    ("paperbatch", "counted_by_id", "confirmed_by_id", ""),
    ("paperbatch", "first_keyer_id", "second_keyer_id", ""),
    ("paperenvelope", "issued_by_id", "taken_by_id", "WHEN (NEW.state = 'received')"),
    ("paperenvelope", "spoilt_by_id", "restored_by_id", ""),
    # A keeper's own word is enough, whoever asked before.
    ("keeper", "lost_reported_by_id", "lost_agreed_by_id", "WHEN (NEW.lost_agreed_side <> 'keeper')"),
)
OF_ROWS = (
    ("annulmentcall", "called_by_id", "round_id"),
    ("objectionanswer", "judge_id", "objection_id"),
    ("placeverdict", "judge_id", "question_id"),
    ("vouch", "voucher_id", "residence_id"),
    ("matchverdict", "judge_id", "first_id', 'second_id"),
    ("burstreview", "reviewer_id", "round_id', 'counts_hash"),
    ("keeper", "user_id", "round_id"),
)


def _two_homes() -> list[migrations.RunSQL]:
    """Of each table where two people are asked for, its triggers."""
    triggers = [
        (table, f"panels_{table}_{second[:-3]}_home", f"AFTER INSERT OR UPDATE ON panels_{table}", when,
         f"panels_two_homes_of_row('{first}', '{second}')")
        for table, first, second, when in OF_ROW
    ] + [
        (table, f"panels_{table}_{person[:-3]}_home", f"AFTER INSERT OR UPDATE OF {person} ON panels_{table}", "",
         f"panels_two_homes_of_rows('{person}', '{about}')")
        for table, person, about in OF_ROWS
    ]  # fmt: skip
    return [
        migrations.RunSQL(
            f"CREATE TRIGGER {name} {event} FOR EACH ROW {when} EXECUTE FUNCTION {rule};"
            f"ALTER TABLE panels_{table} ENABLE ALWAYS TRIGGER {name};",
            f"DROP TRIGGER {name} ON panels_{table};",
        )
        for table, name, event, when, rule in triggers
    ]


# Whose birth date was never kept, from before 0008, can tell it once with the rest of what was shown: the fingerprint of
# the person says whether it is right, and stays.
ASKED_AGAIN = """
DROP TRIGGER panels_residence_corrected_by_two ON panels_residence;
CREATE TRIGGER panels_residence_corrected_by_two BEFORE UPDATE ON panels_residence
    FOR EACH ROW WHEN (
        NEW.proved_by = 'corrected' AND OLD.proved_by <> 'corrected' OR OLD.proved_by <> '' AND (
            NEW.proved_by = ''
            OR (NEW.user_id, NEW.person_hmac, NEW.household_hmac) IS DISTINCT FROM
                (OLD.user_id, OLD.person_hmac, OLD.household_hmac)
            OR (NEW.born_hmac, NEW.of_age_on) IS DISTINCT FROM (OLD.born_hmac, OLD.of_age_on)
                AND NOT (OLD.born_hmac = '' AND OLD.of_age_on IS NOT NULL AND NEW.born_hmac <> '')
            OR OLD.placed_by IN ('postcode', 'people') AND NEW.neighbourhood_id IS DISTINCT FROM OLD.neighbourhood_id
        )
    ) EXECUTE FUNCTION panels_check_corrected_by_two();
ALTER TABLE panels_residence ENABLE ALWAYS TRIGGER panels_residence_corrected_by_two;
"""
BEFORE = """
DROP TRIGGER panels_residence_corrected_by_two ON panels_residence;
CREATE TRIGGER panels_residence_corrected_by_two BEFORE UPDATE ON panels_residence
    FOR EACH ROW WHEN (
        NEW.proved_by = 'corrected' AND OLD.proved_by <> 'corrected' OR OLD.proved_by <> '' AND (
            NEW.proved_by = ''
            OR (NEW.user_id, NEW.person_hmac, NEW.household_hmac, NEW.born_hmac, NEW.of_age_on)
                IS DISTINCT FROM (OLD.user_id, OLD.person_hmac, OLD.household_hmac, OLD.born_hmac, OLD.of_age_on)
            OR OLD.placed_by IN ('postcode', 'people') AND NEW.neighbourhood_id IS DISTINCT FROM OLD.neighbourhood_id
        )
    ) EXECUTE FUNCTION panels_check_corrected_by_two();
ALTER TABLE panels_residence ENABLE ALWAYS TRIGGER panels_residence_corrected_by_two;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("panels", "0039_exclusions_as_said"),
    ]

    operations = [
        CreateTogether(
            [
                # Whoever gave up the same details after another keeps them too.
                migrations.AlterField(
                    model_name="formerfingerprint",
                    name="person_hmac",
                    field=models.CharField(max_length=64),
                ),
                migrations.AddConstraint(
                    model_name="formerfingerprint",
                    constraint=models.UniqueConstraint(
                        fields=("person_hmac", "residence"), name="panels_formerfingerprint_once_of_each"
                    ),
                ),
            ]
        ),
        migrations.RunSQL(GIVEN_UP, migrations.RunSQL.noop),
        migrations.RunSQL(MAY_CHANGE, MAY_NOT_CHANGE),
        migrations.RunPython(mend_what_is_open, migrations.RunPython.noop),
        migrations.RunSQL(MAY_NOT_CHANGE, MAY_CHANGE),
        migrations.RunSQL(TWO_HOMES, NO_TWO_HOMES),
        *_two_homes(),
        migrations.RunSQL(ASKED_AGAIN, BEFORE),
    ]
