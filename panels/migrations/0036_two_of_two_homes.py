import hashlib
import hmac
from datetime import date, timedelta

from django.conf import settings
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

# Whoever was 16 or 17 before 0031 was noted like a grown-up, and a vote from 17 or 18 on would have let them in. Their
# birth date is not kept, but a fingerprint of it: of those who are not 18 yet there are few days to compare. Of whom
# there is not even that counts what is certain: they were 16 when they told us.
ACTOR = """
SELECT set_config('pghistory.context_metadata',
    '{"actor": "system:migration", "reason": "since 0031 a vote may be for people of 18 and more"}', true)
"""
YOUNG = """
UPDATE panels_residence home SET of_age_on = young.of_age_on
FROM unnest(%s::date[], %s::text[]) AS young (of_age_on, born_hmac)
WHERE home.of_age_on IS NULL AND home.born_hmac = young.born_hmac
"""
UNKNOWN = """
UPDATE panels_residence SET of_age_on = (declared_at AT TIME ZONE 'Europe/London')::date
WHERE of_age_on IS NULL AND born_hmac = '' AND declared_at > core_now() - interval '2 years'
    AND user_id NOT IN (SELECT id FROM core_user WHERE is_sample)
"""
DAYS = "SELECT (core_now() AT TIME ZONE 'Europe/London')::date"


def note_who_is_young(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(DAYS)
        today = cursor.fetchone()[0]
        born = [today - timedelta(days=back) for back in range(15 * 366, 18 * 366)]
        young = [(of_age, _fingerprint(day)) for day in born if (of_age := _sixteen(day)) > _two_years_before(today)]
        cursor.execute(ACTOR)
        cursor.execute(YOUNG, [list(column) for column in zip(*young, strict=True)])
        cursor.execute(UNKNOWN)


def _fingerprint(day: date) -> str:
    return hmac.new(settings.PERSON_HMAC_KEY.encode(), b"born\n" + day.isoformat().encode(), hashlib.sha256).hexdigest()


def _sixteen(born_on: date) -> date:
    is_leap_day = (born_on.month, born_on.day) == (2, 29)
    return date(born_on.year + 16, 2, 29) if is_leap_day else born_on.replace(year=born_on.year + 16)


def _two_years_before(today: date) -> date:
    is_leap_day = (today.month, today.day) == (2, 29)
    return date(today.year - 2, 2, 28) if is_leap_day else today.replace(year=today.year - 2)


# Two of one household are one pair of eyes; and nobody judges what somebody at home asked for, or what they objected to.
# AFTER, so that what a row lacks is said first; who lives where may change later, and then nothing is said any more.
HOUSEHOLDS = """
CREATE FUNCTION panels_is_of_household(one bigint, other bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT one = other OR EXISTS (
        SELECT FROM panels_residence mine JOIN panels_residence theirs USING (household_hmac)
        WHERE mine.user_id = one AND theirs.user_id = other
    )
$$;
CREATE FUNCTION panels_check_correction_households() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before bigint[] := CASE WHEN TG_OP = 'UPDATE' THEN ARRAY[OLD.first_by_id, OLD.second_by_id, OLD.refused_by_id] END;
BEGIN
    IF EXISTS (
        SELECT FROM unnest(ARRAY[NEW.first_by_id, NEW.second_by_id, NEW.refused_by_id]) judge
        WHERE array_position(before, judge) IS NULL AND (
            panels_is_of_household(judge, NEW.asked_by_id)
            OR judge = NEW.second_by_id AND panels_is_of_household(judge, NEW.first_by_id)
            OR EXISTS (SELECT FROM panels_residence WHERE user_id = judge AND household_hmac = NEW.household_hmac)
        )
    ) THEN
        RAISE EXCEPTION 'who judges a correction is of no household with the person or the other'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'panels_correction_households';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER panels_correction_households AFTER INSERT OR UPDATE ON panels_correction
    FOR EACH ROW EXECUTE FUNCTION panels_check_correction_households();
ALTER TABLE panels_correction ENABLE ALWAYS TRIGGER panels_correction_households;

CREATE FUNCTION panels_check_withholding_households() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    objector bigint := (SELECT objector_id FROM panels_objection WHERE id = NEW.objection_id);
BEGIN
    IF TG_OP = 'INSERT' AND panels_is_of_household(NEW.asked_by_id, objector)
        OR panels_is_of_household(NEW.agreed_by_id, NEW.asked_by_id) OR panels_is_of_household(NEW.agreed_by_id, objector)
    THEN
        RAISE EXCEPTION 'who withholds a text is of no household with the objector or the other'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'panels_withholding_households';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER panels_withholding_households AFTER INSERT OR UPDATE ON panels_withholding
    FOR EACH ROW EXECUTE FUNCTION panels_check_withholding_households();
ALTER TABLE panels_withholding ENABLE ALWAYS TRIGGER panels_withholding_households;
"""
NO_HOUSEHOLDS = """
DROP TRIGGER panels_withholding_households ON panels_withholding;
DROP FUNCTION panels_check_withholding_households();
DROP TRIGGER panels_correction_households ON panels_correction;
DROP FUNCTION panels_check_correction_households();
DROP FUNCTION panels_is_of_household(bigint, bigint);
"""

# Whoever has shown where they live stays the same person, of the same home, age and place, unless the latest correction
# by two says so; an older one is no way back. Where it was open in which place a shown home lies, two have judged that.
# What was shown is taken back only under an account nobody can sign in with, for somebody else whom two have found to
# be the same.
BY_TWO = """
CREATE OR REPLACE FUNCTION panels_check_corrected_by_two() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    is_same boolean := (NEW.user_id, NEW.person_hmac, NEW.household_hmac, NEW.born_hmac)
            = (OLD.user_id, OLD.person_hmac, OLD.household_hmac, OLD.born_hmac)
        AND NEW.of_age_on IS NOT DISTINCT FROM OLD.of_age_on;
    is_here boolean := NEW.neighbourhood_id = OLD.neighbourhood_id;
    is_right boolean;
BEGIN
    IF NEW.proved_by = '' THEN
        is_right := is_same AND is_here AND EXISTS (
            SELECT FROM core_user WHERE id = NEW.user_id AND email LIKE '%.invalid'
        ) AND EXISTS (
            SELECT FROM panels_correction latest
            WHERE latest.state = 'done' AND latest.person_hmac = OLD.person_hmac AND latest.residence_id <> NEW.id
                AND latest.id = (
                    SELECT max(id) FROM panels_correction WHERE residence_id = latest.residence_id AND state = 'done'
                )
        );
    ELSE
        is_right := NEW.user_id = OLD.user_id AND (
            SELECT (person_hmac, household_hmac, born_hmac, neighbourhood_id)
                    = (NEW.person_hmac, NEW.household_hmac, NEW.born_hmac, NEW.neighbourhood_id)
                AND of_age_on IS NOT DISTINCT FROM NEW.of_age_on
            FROM panels_correction WHERE residence_id = NEW.id AND state = 'done' ORDER BY id DESC LIMIT 1
        );
    END IF;
    IF is_right IS NOT TRUE THEN
        RAISE EXCEPTION 'what was shown of a person is corrected by two'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'panels_residence_corrected_by_two';
    END IF;
    RETURN NEW;
END $$;
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
BEFORE = """
CREATE OR REPLACE FUNCTION panels_check_corrected_by_two() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    wanted text := CASE WHEN NEW.proved_by = '' THEN OLD.person_hmac ELSE NEW.person_hmac END;
BEGIN
    IF NOT EXISTS (
        SELECT FROM panels_correction
        WHERE state = 'done' AND person_hmac = wanted
            AND (residence_id = NEW.id) = (NEW.proved_by <> '')
    ) THEN
        RAISE EXCEPTION 'what was shown of a person is corrected by two'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'panels_residence_corrected_by_two';
    END IF;
    RETURN NEW;
END $$;
DROP TRIGGER panels_residence_corrected_by_two ON panels_residence;
CREATE TRIGGER panels_residence_corrected_by_two BEFORE UPDATE ON panels_residence
    FOR EACH ROW WHEN (
        OLD.proved_by <> '' AND (NEW.person_hmac IS DISTINCT FROM OLD.person_hmac OR NEW.proved_by = '')
    ) EXECUTE FUNCTION panels_check_corrected_by_two();
ALTER TABLE panels_residence ENABLE ALWAYS TRIGGER panels_residence_corrected_by_two;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("panels", "0035_former_fingerprints"),
    ]

    operations = [
        migrations.RunPython(note_who_is_young, migrations.RunPython.noop),
        migrations.RunSQL(HOUSEHOLDS, NO_HOUSEHOLDS),
        migrations.RunSQL(BY_TWO, BEFORE),
    ]
