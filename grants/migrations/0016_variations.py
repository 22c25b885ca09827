"""Versions of an agreement, and the variations that make them."""

import cwf_portal.core.clock
import django.db.models.deletion
import pghistory.utils
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

from cwf_portal.core.sql_operations import CreateTogether, protect_append_only, protect_history


# An open variation is judged by what it asks for. Whatever was approved counts, also while it is varied.
WHOLE_LIFE = """
CREATE OR REPLACE FUNCTION grants_whole_life_pence(subject bigint) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT coalesce(sum(coalesce(asked.amount_pence + asked.contribution_pence + asked.uplift_cap_pence,
                                other.amount_pence + other.contribution_pence + other.uplift_cap_pence)), 0)::bigint
      FROM grants_agreement AS this
      JOIN grants_allocation AS own ON own.id = this.allocation_id
      JOIN grants_agreement AS other ON true
      JOIN grants_allocation AS theirs ON theirs.id = other.allocation_id
      LEFT JOIN grants_variation AS asked
        ON asked.agreement_id = other.id AND asked.status = 'proposed' AND other.id = this.id
     WHERE this.id = subject
       AND (other.id = this.id
            OR ((other.body_id = this.body_id OR theirs.neighbourhood_id = own.neighbourhood_id)
                AND other.status NOT IN ('lapsed', 'discontinued')
                AND EXISTS (SELECT 1 FROM grants_approval AS done
                             WHERE done.agreement_id = other.id AND done.step = 'second' AND done.outcome = 'approved'
                               AND done.decided_at > core_now() - interval '24 months')))
$$;
"""
WHOLE_LIFE_BEFORE = """
CREATE OR REPLACE FUNCTION grants_whole_life_pence(subject bigint) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT coalesce(sum(other.amount_pence + other.contribution_pence + other.uplift_cap_pence), 0)::bigint
      FROM grants_agreement AS this
      JOIN grants_allocation AS own ON own.id = this.allocation_id
      JOIN grants_agreement AS other ON true
      JOIN grants_allocation AS theirs ON theirs.id = other.allocation_id
     WHERE this.id = subject
       AND (other.id = this.id
            OR ((other.body_id = this.body_id OR theirs.neighbourhood_id = own.neighbourhood_id)
                AND other.status NOT IN ('lapsed', 'discontinued')
                AND EXISTS (SELECT 1 FROM grants_approval AS done
                             WHERE done.agreement_id = other.id AND done.attempt = other.attempt
                               AND done.step = 'second' AND done.outcome = 'approved'
                               AND done.decided_at > core_now() - interval '24 months')))
$$;
"""

# A change at no cost that moves no money by more than six months needs a senior officer beside its proposer.
SMALL = """
CREATE FUNCTION grants_moves_little(subject bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    WITH asked AS (SELECT * FROM grants_variation WHERE agreement_id = subject AND status = 'proposed'),
    old AS (SELECT due_on, amount_pence FROM grants_tranche
             WHERE agreement_id = subject AND status IN ('pledged', 'committed')),
    new AS (SELECT l.due_on, l.amount_pence FROM grants_variationline AS l JOIN asked ON asked.id = l.variation_id)
    SELECT EXISTS (SELECT 1 FROM asked JOIN grants_agreement AS a ON a.id = asked.agreement_id
                    WHERE asked.amount_pence = a.amount_pence AND asked.contribution_pence = a.contribution_pence
                      AND asked.ends_on BETWEEN a.ends_on - interval '6 months' AND a.ends_on + interval '6 months')
       AND NOT EXISTS (SELECT 1 FROM old AS o
                        WHERE (SELECT coalesce(sum(amount_pence), 0) FROM new
                                WHERE due_on <= o.due_on + interval '6 months 7 days')
                            < (SELECT sum(amount_pence) FROM old WHERE due_on <= o.due_on))
       AND NOT EXISTS (SELECT 1 FROM new AS n
                        WHERE (SELECT coalesce(sum(amount_pence), 0) FROM old
                                WHERE due_on <= n.due_on + interval '6 months 7 days')
                            < (SELECT sum(amount_pence) FROM new WHERE due_on <= n.due_on))
$$;
"""
LIMITS = """
CREATE OR REPLACE FUNCTION grants_check_approval() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    agreement grants_agreement;
    officer grants_officerauthority;
    first grants_approval;
    today date := (core_now() AT TIME ZONE 'Europe/London')::date;
    limit_here bigint;
    small boolean := false;
BEGIN
    SELECT * INTO agreement FROM grants_agreement WHERE id = NEW.agreement_id FOR UPDATE;
    SELECT * INTO officer FROM grants_officerauthority
     WHERE user_id = NEW.by_id AND from_on <= today AND (to_on IS NULL OR to_on >= today)
     ORDER BY from_on DESC LIMIT 1;
    IF officer.id IS NULL OR officer.rank <> NEW.rank OR officer.team <> NEW.team THEN
        RAISE EXCEPTION 'approval by user % does not name their rank and team', NEW.by_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_approval_officer_stands';
    END IF;
    -- Two grants to one body or one place are decided one after the other, so that neither misses the other's value.
    PERFORM 1 FROM grants_accountablebody WHERE id = agreement.body_id FOR NO KEY UPDATE;
    PERFORM 1 FROM neighbourhoods_neighbourhood AS place JOIN grants_allocation AS own ON own.neighbourhood_id = place.id
     WHERE own.id = agreement.allocation_id FOR NO KEY UPDATE OF place;
    IF NEW.attempt <> agreement.attempt OR NEW.value_pence <> grants_whole_life_pence(agreement.id) THEN
        RAISE EXCEPTION 'approval of agreement % is of another attempt or value', agreement.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_approval_value_current';
    END IF;
    IF NEW.outcome = 'refused' THEN
        RETURN NEW;
    END IF;
    SELECT w.is_small INTO small FROM grants_variation AS w
     WHERE w.agreement_id = agreement.id AND w.attempt = NEW.attempt AND w.status = 'proposed';
    small := coalesce(small, false);
    IF small AND NOT grants_moves_little(agreement.id) THEN
        RAISE EXCEPTION 'the variation of agreement % costs more, or moves money by more than six months', agreement.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_variation_small';
    END IF;
    IF NEW.step <> 'recommendation' AND NOT grants_has_step(agreement, 'recommendation')
       OR NEW.step = 'second' AND NOT grants_has_step(agreement, 'first')
       OR NEW.step IN ('first', 'second') AND NOT small
          AND (NEW.value_pence >= 100000000 OR agreement.risk = 'high')
          AND NOT grants_has_step(agreement, 'assurance')
    THEN
        RAISE EXCEPTION 'agreement % is not ready for step %', agreement.id, NEW.step
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_approval_step_in_order';
    END IF;
    IF NEW.step IN ('assurance', 'first') AND NEW.rank < 2 THEN
        RAISE EXCEPTION 'this step needs a senior officer'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_approval_rank_suffices';
    END IF;
    IF NEW.step = 'first' AND NOT small AND NEW.minute_reference = '' THEN
        SELECT l.limit_pence INTO limit_here FROM grants_authoritylimit AS l
         WHERE l.rank = NEW.rank AND l.risk = agreement.risk AND l.from_on <= today
         ORDER BY l.from_on DESC LIMIT 1;
        IF limit_here IS NULL OR NEW.value_pence > limit_here THEN
            RAISE EXCEPTION 'agreement % is worth % pence, above the limit', agreement.id, NEW.value_pence
                USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_approval_within_limit';
        END IF;
    END IF;
    IF NEW.step = 'second' THEN
        SELECT * INTO first FROM grants_approval
         WHERE agreement_id = agreement.id AND attempt = agreement.attempt AND step = 'first';
        IF NEW.value_pence > first.value_pence THEN
            RAISE EXCEPTION 'agreement % is worth more than its first approver saw', agreement.id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_approval_second_same_value';
        END IF;
        IF first.by_id = NEW.by_id OR first.team = NEW.team OR NEW.rank < first.rank - 1 THEN
            RAISE EXCEPTION 'second approval of agreement % must come from another team, at most one rank lower',
                agreement.id USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_approval_second_apart';
        END IF;
    END IF;
    RETURN NEW;
END
$$;
"""
LIMITS_BEFORE = """
CREATE OR REPLACE FUNCTION grants_check_approval() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    agreement grants_agreement;
    officer grants_officerauthority;
    first grants_approval;
    today date := (core_now() AT TIME ZONE 'Europe/London')::date;
    limit_here bigint;
BEGIN
    SELECT * INTO agreement FROM grants_agreement WHERE id = NEW.agreement_id FOR UPDATE;
    SELECT * INTO officer FROM grants_officerauthority
     WHERE user_id = NEW.by_id AND from_on <= today AND (to_on IS NULL OR to_on >= today)
     ORDER BY from_on DESC LIMIT 1;
    IF officer.id IS NULL OR officer.rank <> NEW.rank OR officer.team <> NEW.team THEN
        RAISE EXCEPTION 'approval by user % does not name their rank and team', NEW.by_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_approval_officer_stands';
    END IF;
    -- Two grants to one body or one place are decided one after the other, so that neither misses the other's value.
    PERFORM 1 FROM grants_accountablebody WHERE id = agreement.body_id FOR NO KEY UPDATE;
    PERFORM 1 FROM neighbourhoods_neighbourhood AS place JOIN grants_allocation AS own ON own.neighbourhood_id = place.id
     WHERE own.id = agreement.allocation_id FOR NO KEY UPDATE OF place;
    IF NEW.attempt <> agreement.attempt OR NEW.value_pence <> grants_whole_life_pence(agreement.id) THEN
        RAISE EXCEPTION 'approval of agreement % is of another attempt or value', agreement.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_approval_value_current';
    END IF;
    IF NEW.outcome = 'refused' THEN
        RETURN NEW;
    END IF;
    IF NEW.step <> 'recommendation' AND NOT grants_has_step(agreement, 'recommendation')
       OR NEW.step = 'second' AND NOT grants_has_step(agreement, 'first')
       OR NEW.step IN ('first', 'second') AND (NEW.value_pence >= 100000000 OR agreement.risk = 'high')
          AND NOT grants_has_step(agreement, 'assurance')
    THEN
        RAISE EXCEPTION 'agreement % is not ready for step %', agreement.id, NEW.step
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_approval_step_in_order';
    END IF;
    IF NEW.step = 'assurance' AND NEW.rank < 2 THEN
        RAISE EXCEPTION 'assurance needs a senior officer'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_approval_rank_suffices';
    END IF;
    IF NEW.step = 'first' AND NEW.minute_reference = '' THEN
        SELECT l.limit_pence INTO limit_here FROM grants_authoritylimit AS l
         WHERE l.rank = NEW.rank AND l.risk = agreement.risk AND l.from_on <= today
         ORDER BY l.from_on DESC LIMIT 1;
        IF limit_here IS NULL OR NEW.value_pence > limit_here THEN
            RAISE EXCEPTION 'agreement % is worth % pence, above the limit', agreement.id, NEW.value_pence
                USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_approval_within_limit';
        END IF;
    END IF;
    IF NEW.step = 'second' THEN
        SELECT * INTO first FROM grants_approval
         WHERE agreement_id = agreement.id AND attempt = agreement.attempt AND step = 'first';
        IF NEW.value_pence > first.value_pence THEN
            RAISE EXCEPTION 'agreement % is worth more than its first approver saw', agreement.id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_approval_second_same_value';
        END IF;
        IF first.by_id = NEW.by_id OR first.team = NEW.team OR NEW.rank < first.rank - 1 THEN
            RAISE EXCEPTION 'second approval of agreement % must come from another team, at most one rank lower',
                agreement.id USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_approval_second_apart';
        END IF;
    END IF;
    RETURN NEW;
END
$$;
"""

# Terms change only together with a version whose variation was approved: by two, or by one where it is small.
VARIED = """
CREATE FUNCTION grants_is_varied(subject grants_agreement) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT 1 FROM grants_agreementversion AS v
          JOIN grants_variation AS w ON w.id = v.variation_id AND w.agreement_id = v.agreement_id
          JOIN grants_approval AS done ON done.agreement_id = w.agreement_id AND done.attempt = w.attempt
               AND done.outcome = 'approved' AND done.step = CASE WHEN w.is_small THEN 'first' ELSE 'second' END
         WHERE v.agreement_id = subject.id AND v.number = subject.version
           AND (v.amount_pence, v.contribution_pence, v.uplift_cap_pence, v.term_years, v.cadence_months,
                v.profile, v.custom_weights, v.ends_on)
               IS NOT DISTINCT FROM
               (subject.amount_pence, subject.contribution_pence, subject.uplift_cap_pence, subject.term_years,
                subject.cadence_months, subject.profile, subject.custom_weights, subject.ends_on)
           AND (w.amount_pence, w.contribution_pence, w.uplift_cap_pence, w.ends_on)
               = (v.amount_pence, v.contribution_pence, v.uplift_cap_pence, v.ends_on))
$$;
CREATE OR REPLACE FUNCTION grants_keep_terms() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.status <> 'draft'
       AND (NEW.amount_pence, NEW.contribution_pence, NEW.uplift_cap_pence, NEW.term_years, NEW.cadence_months,
            NEW.profile, NEW.custom_weights, NEW.indexation, NEW.index_basis_points)
           IS DISTINCT FROM
           (OLD.amount_pence, OLD.contribution_pence, OLD.uplift_cap_pence, OLD.term_years, OLD.cadence_months,
            OLD.profile, OLD.custom_weights, OLD.indexation, OLD.index_basis_points)
       AND NOT (NEW.version = OLD.version + 1 AND grants_is_varied(NEW))
    THEN
        RAISE EXCEPTION 'the terms of agreement % stand', OLD.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_agreement_terms_stand';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER grants_variation_stands BEFORE UPDATE OR DELETE ON grants_variation
    FOR EACH ROW EXECUTE FUNCTION grants_keep_columns(
        'agreement_id', 'attempt', 'reason', 'consent', 'amount_pence', 'contribution_pence', 'uplift_cap_pence',
        'term_years', 'ends_on', 'cadence_months', 'profile', 'custom_weights', 'is_small', 'standing',
        'proposed_by_id');
ALTER TABLE grants_variation ENABLE ALWAYS TRIGGER grants_variation_stands;
"""
NOT_VARIED = """
DROP TRIGGER grants_variation_stands ON grants_variation;
CREATE OR REPLACE FUNCTION grants_keep_terms() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.status <> 'draft'
       AND (NEW.amount_pence, NEW.contribution_pence, NEW.uplift_cap_pence, NEW.term_years, NEW.cadence_months,
            NEW.profile, NEW.custom_weights, NEW.indexation, NEW.index_basis_points)
           IS DISTINCT FROM
           (OLD.amount_pence, OLD.contribution_pence, OLD.uplift_cap_pence, OLD.term_years, OLD.cadence_months,
            OLD.profile, OLD.custom_weights, OLD.indexation, OLD.index_basis_points)
    THEN
        RAISE EXCEPTION 'the terms of agreement % stand', OLD.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grants_agreement_terms_stand';
    END IF;
    RETURN NEW;
END
$$;
DROP FUNCTION grants_is_varied(grants_agreement);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("grants", "0015_two_people_explain"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateTogether(
            [
                migrations.CreateModel(
                    name="AgreementVersion",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("amount_pence", models.BigIntegerField()),
                        ("contribution_pence", models.BigIntegerField()),
                        ("uplift_cap_pence", models.BigIntegerField()),
                        ("term_years", models.PositiveSmallIntegerField()),
                        ("ends_on", models.DateField()),
                        (
                            "cadence_months",
                            models.PositiveSmallIntegerField(
                                choices=[
                                    (12, "Once a year"),
                                    (6, "Every six months"),
                                    (3, "Every three months"),
                                    (1, "Every month"),
                                ]
                            ),
                        ),
                        (
                            "profile",
                            models.CharField(
                                choices=[
                                    ("ramped", "Rises over the first two years, falls over the last two"),
                                    ("even", "The same each year"),
                                    ("front_loaded", "More in the early years"),
                                    ("custom", "By the plan's own share for each year"),
                                ],
                                max_length=20,
                            ),
                        ),
                        ("custom_weights", models.JSONField(blank=True, default=list)),
                        ("number", models.PositiveSmallIntegerField()),
                        ("made_at", models.DateTimeField(db_default=cwf_portal.core.clock.CoreNow(), editable=False)),
                    ],
                    options={
                        "ordering": ("agreement_id", "number"),
                    },
                ),
                migrations.CreateModel(
                    name="ScheduleLine",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("number", models.PositiveSmallIntegerField()),
                        ("due_on", models.DateField()),
                        ("amount_pence", models.BigIntegerField()),
                        ("uplift_pence", models.BigIntegerField()),
                        ("contribution_pence", models.BigIntegerField()),
                        (
                            "status",
                            models.CharField(
                                choices=[
                                    ("pledged", "Set aside, subject to the yearly review"),
                                    ("committed", "Promised"),
                                    ("payable", "Released for payment"),
                                    ("instructed", "With the bank"),
                                    ("paid", "Sent"),
                                    ("cancelled", "Not to be paid"),
                                ],
                                max_length=10,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ("version_id", "number"),
                    },
                ),
                migrations.CreateModel(
                    name="Variation",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("amount_pence", models.BigIntegerField()),
                        ("contribution_pence", models.BigIntegerField()),
                        ("uplift_cap_pence", models.BigIntegerField()),
                        ("term_years", models.PositiveSmallIntegerField()),
                        ("ends_on", models.DateField()),
                        (
                            "cadence_months",
                            models.PositiveSmallIntegerField(
                                choices=[
                                    (12, "Once a year"),
                                    (6, "Every six months"),
                                    (3, "Every three months"),
                                    (1, "Every month"),
                                ]
                            ),
                        ),
                        (
                            "profile",
                            models.CharField(
                                choices=[
                                    ("ramped", "Rises over the first two years, falls over the last two"),
                                    ("even", "The same each year"),
                                    ("front_loaded", "More in the early years"),
                                    ("custom", "By the plan's own share for each year"),
                                ],
                                max_length=20,
                            ),
                        ),
                        ("custom_weights", models.JSONField(blank=True, default=list)),
                        ("attempt", models.PositiveSmallIntegerField()),
                        ("reason", models.CharField(max_length=500)),
                        ("consent", models.CharField(max_length=300)),
                        ("is_small", models.BooleanField()),
                        ("standing", models.JSONField()),
                        (
                            "status",
                            models.CharField(
                                choices=[("proposed", "Proposed"), ("applied", "In force"), ("refused", "Not to be")],
                                default="proposed",
                                max_length=8,
                            ),
                        ),
                        (
                            "proposed_at",
                            models.DateTimeField(db_default=cwf_portal.core.clock.CoreNow(), editable=False),
                        ),
                        ("decided_at", models.DateTimeField(null=True)),
                        ("refusal", models.CharField(blank=True, max_length=300)),
                    ],
                    options={
                        "ordering": ("agreement_id", "attempt"),
                    },
                ),
                migrations.CreateModel(
                    name="VariationEvent",
                    fields=[
                        ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                        ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                        ("pgh_label", models.TextField(help_text="The event label.")),
                        ("pgh_context", pghistory.utils.JSONField(null=True)),
                        ("pgh_context_id", models.UUIDField(null=True)),
                        ("id", models.BigIntegerField()),
                        ("amount_pence", models.BigIntegerField()),
                        ("contribution_pence", models.BigIntegerField()),
                        ("uplift_cap_pence", models.BigIntegerField()),
                        ("term_years", models.PositiveSmallIntegerField()),
                        ("ends_on", models.DateField()),
                        (
                            "cadence_months",
                            models.PositiveSmallIntegerField(
                                choices=[
                                    (12, "Once a year"),
                                    (6, "Every six months"),
                                    (3, "Every three months"),
                                    (1, "Every month"),
                                ]
                            ),
                        ),
                        (
                            "profile",
                            models.CharField(
                                choices=[
                                    ("ramped", "Rises over the first two years, falls over the last two"),
                                    ("even", "The same each year"),
                                    ("front_loaded", "More in the early years"),
                                    ("custom", "By the plan's own share for each year"),
                                ],
                                max_length=20,
                            ),
                        ),
                        ("custom_weights", models.JSONField(blank=True, default=list)),
                        ("attempt", models.PositiveSmallIntegerField()),
                        ("reason", models.CharField(max_length=500)),
                        ("consent", models.CharField(max_length=300)),
                        ("is_small", models.BooleanField()),
                        ("standing", models.JSONField()),
                        (
                            "status",
                            models.CharField(
                                choices=[("proposed", "Proposed"), ("applied", "In force"), ("refused", "Not to be")],
                                default="proposed",
                                max_length=8,
                            ),
                        ),
                        (
                            "proposed_at",
                            models.DateTimeField(db_default=cwf_portal.core.clock.CoreNow(), editable=False),
                        ),
                        ("decided_at", models.DateTimeField(null=True)),
                        ("refusal", models.CharField(blank=True, max_length=300)),
                    ],
                    options={
                        "abstract": False,
                    },
                ),
                migrations.CreateModel(
                    name="VariationLine",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("number", models.PositiveSmallIntegerField()),
                        ("year", models.PositiveSmallIntegerField()),
                        ("due_on", models.DateField()),
                        ("process_on", models.DateField()),
                        ("amount_pence", models.BigIntegerField()),
                        ("contribution_pence", models.BigIntegerField()),
                    ],
                    options={
                        "ordering": ("variation_id", "number"),
                    },
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name="agreement",
                    name="insert_insert",
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name="agreement",
                    name="update_update",
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name="agreement",
                    name="delete_delete",
                ),
                migrations.RemoveConstraint(
                    model_name="agreementfunding",
                    name="grants_agreementfunding_once",
                ),
                migrations.RemoveConstraint(
                    model_name="agreementfunding",
                    name="grants_agreementfunding_positive",
                ),
                migrations.RemoveConstraint(
                    model_name="tranchefunding",
                    name="grants_tranchefunding_why_known",
                ),
                migrations.AddField(
                    model_name="agreement",
                    name="version",
                    field=models.PositiveSmallIntegerField(db_default=1, default=1),
                ),
                migrations.AddField(
                    model_name="agreementevent",
                    name="version",
                    field=models.PositiveSmallIntegerField(db_default=1, default=1),
                ),
                migrations.AddField(
                    model_name="agreementfunding",
                    name="version",
                    field=models.PositiveSmallIntegerField(db_default=1, default=1),
                ),
                migrations.AlterField(
                    model_name="tranchefunding",
                    name="why",
                    field=models.CharField(
                        choices=[
                            ("schedule", "As scheduled"),
                            ("uplift", "Raised with prices"),
                            ("variation", "Varied"),
                        ],
                        db_default="schedule",
                        default="schedule",
                        max_length=10,
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="agreement",
                    trigger=pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "grants_agreementevent" ("accepted_at", "accepted_by_id", "allocation_id", "amount_pence", "anchor_on", "attempt", "body_id", "cadence_months", "contribution_pence", "custom_weights", "drafted_at", "ends_on", "id", "index_basis_points", "indexation", "is_sample", "next_uplift_on", "offer_lapses_on", "offered_at", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "profile", "reference", "resolution_id", "risk", "starts_on", "status", "term_years", "title", "uplift_cap_pence", "version") VALUES (NEW."accepted_at", NEW."accepted_by_id", NEW."allocation_id", NEW."amount_pence", NEW."anchor_on", NEW."attempt", NEW."body_id", NEW."cadence_months", NEW."contribution_pence", NEW."custom_weights", NEW."drafted_at", NEW."ends_on", NEW."id", NEW."index_basis_points", NEW."indexation", NEW."is_sample", NEW."next_uplift_on", NEW."offer_lapses_on", NEW."offered_at", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'insert\', NEW."id", NEW."profile", NEW."reference", NEW."resolution_id", NEW."risk", NEW."starts_on", NEW."status", NEW."term_years", NEW."title", NEW."uplift_cap_pence", NEW."version"); RETURN NULL;',
                            hash="420cb98b9158f0bdb58688844d4aa70d81185f19",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_552a8",
                            table="grants_agreement",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="agreement",
                    trigger=pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "grants_agreementevent" ("accepted_at", "accepted_by_id", "allocation_id", "amount_pence", "anchor_on", "attempt", "body_id", "cadence_months", "contribution_pence", "custom_weights", "drafted_at", "ends_on", "id", "index_basis_points", "indexation", "is_sample", "next_uplift_on", "offer_lapses_on", "offered_at", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "profile", "reference", "resolution_id", "risk", "starts_on", "status", "term_years", "title", "uplift_cap_pence", "version") VALUES (NEW."accepted_at", NEW."accepted_by_id", NEW."allocation_id", NEW."amount_pence", NEW."anchor_on", NEW."attempt", NEW."body_id", NEW."cadence_months", NEW."contribution_pence", NEW."custom_weights", NEW."drafted_at", NEW."ends_on", NEW."id", NEW."index_basis_points", NEW."indexation", NEW."is_sample", NEW."next_uplift_on", NEW."offer_lapses_on", NEW."offered_at", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'update\', NEW."id", NEW."profile", NEW."reference", NEW."resolution_id", NEW."risk", NEW."starts_on", NEW."status", NEW."term_years", NEW."title", NEW."uplift_cap_pence", NEW."version"); RETURN NULL;',
                            hash="2a6bd94a716f40713350a731de87e63c9a20ca71",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_cf600",
                            table="grants_agreement",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="agreement",
                    trigger=pgtrigger.compiler.Trigger(
                        name="delete_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "grants_agreementevent" ("accepted_at", "accepted_by_id", "allocation_id", "amount_pence", "anchor_on", "attempt", "body_id", "cadence_months", "contribution_pence", "custom_weights", "drafted_at", "ends_on", "id", "index_basis_points", "indexation", "is_sample", "next_uplift_on", "offer_lapses_on", "offered_at", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "profile", "reference", "resolution_id", "risk", "starts_on", "status", "term_years", "title", "uplift_cap_pence", "version") VALUES (OLD."accepted_at", OLD."accepted_by_id", OLD."allocation_id", OLD."amount_pence", OLD."anchor_on", OLD."attempt", OLD."body_id", OLD."cadence_months", OLD."contribution_pence", OLD."custom_weights", OLD."drafted_at", OLD."ends_on", OLD."id", OLD."index_basis_points", OLD."indexation", OLD."is_sample", OLD."next_uplift_on", OLD."offer_lapses_on", OLD."offered_at", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'delete\', OLD."id", OLD."profile", OLD."reference", OLD."resolution_id", OLD."risk", OLD."starts_on", OLD."status", OLD."term_years", OLD."title", OLD."uplift_cap_pence", OLD."version"); RETURN NULL;',
                            hash="dadbe39b85012e02c7565636a4535b2bb286ea0d",
                            operation="DELETE",
                            pgid="pgtrigger_delete_delete_bde6f",
                            table="grants_agreement",
                            when="AFTER",
                        ),
                    ),
                ),
                # Rows were unique by fewer columns before, so no row can be in the way.
                migrations.SeparateDatabaseAndState(
                    database_operations=[
                        migrations.RunSQL(
                            "CREATE UNIQUE INDEX grants_agreementfunding_once ON grants_agreementfunding (agreement_id, source_id, version) WHERE version >= 1;",
                            "DROP INDEX grants_agreementfunding_once;",
                        )
                    ],
                    state_operations=[
                        migrations.AddConstraint(
                            model_name="agreementfunding",
                            constraint=models.UniqueConstraint(
                                condition=models.Q(("version__gte", 1)),
                                fields=("agreement", "source", "version"),
                                name="grants_agreementfunding_once",
                            ),
                        ),
                    ],
                ),
                migrations.AddConstraint(
                    model_name="agreementfunding",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            ("version__gt", 1),
                            models.Q(("amount_pence__gt", 0), ("contribution_pence__gte", 0)),
                            _connector="OR",
                        ),
                        name="grants_agreementfunding_positive",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="tranchefunding",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("why__in", ["schedule", "uplift", "variation"])),
                        name="grants_tranchefunding_why_known",
                    ),
                ),
                migrations.AddField(
                    model_name="agreementversion",
                    name="agreement",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="versions", to="grants.agreement"
                    ),
                ),
                migrations.AddField(
                    model_name="scheduleline",
                    name="tranche",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="grants.tranche"
                    ),
                ),
                migrations.AddField(
                    model_name="scheduleline",
                    name="version",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="lines", to="grants.agreementversion"
                    ),
                ),
                migrations.AddField(
                    model_name="variation",
                    name="agreement",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="variations", to="grants.agreement"
                    ),
                ),
                migrations.AddField(
                    model_name="variation",
                    name="decided_by",
                    field=models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AddField(
                    model_name="variation",
                    name="proposed_by",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                migrations.AddField(
                    model_name="agreementversion",
                    name="variation",
                    field=models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="version",
                        to="grants.variation",
                    ),
                ),
                migrations.AddField(
                    model_name="variationevent",
                    name="agreement",
                    field=models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="grants.agreement",
                    ),
                ),
                migrations.AddField(
                    model_name="variationevent",
                    name="decided_by",
                    field=models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AddField(
                    model_name="variationevent",
                    name="pgh_obj",
                    field=models.ForeignKey(
                        db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, to="grants.variation"
                    ),
                ),
                migrations.AddField(
                    model_name="variationevent",
                    name="proposed_by",
                    field=models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AddField(
                    model_name="variationline",
                    name="tranche",
                    field=models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="grants.tranche"
                    ),
                ),
                migrations.AddField(
                    model_name="variationline",
                    name="variation",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="lines", to="grants.variation"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="scheduleline",
                    constraint=models.UniqueConstraint(fields=("version", "number"), name="grants_scheduleline_once"),
                ),
                migrations.AddConstraint(
                    model_name="variation",
                    constraint=models.UniqueConstraint(fields=("agreement", "attempt"), name="grants_variation_once"),
                ),
                migrations.AddConstraint(
                    model_name="variation",
                    constraint=models.UniqueConstraint(
                        condition=models.Q(("status", "proposed")),
                        fields=("agreement",),
                        name="grants_variation_one_open",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="variation",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("status__in", ["proposed", "applied", "refused"])),
                        name="grants_variation_status_known",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="variation",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("reason", ""), _negated=True), models.Q(("consent", ""), _negated=True)
                        ),
                        name="grants_variation_says_why",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="variation",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                models.Q(("decided_at__isnull", True), ("decided_by__isnull", True)),
                                models.Q(("decided_at__isnull", False), ("decided_by__isnull", False)),
                                _connector="OR",
                            ),
                            models.Q(
                                models.Q(("decided_by", None), ("status", "proposed")),
                                models.Q(
                                    models.Q(("status", "proposed"), _negated=True), ("decided_by__isnull", False)
                                ),
                                _connector="OR",
                            ),
                        ),
                        name="grants_variation_decided_whole",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="variation",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "applied"), _negated=True),
                            models.Q(("decided_by", models.F("proposed_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="grants_variation_two_people",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="variation",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "refused"), _negated=True),
                            models.Q(("refusal", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="grants_variation_refusal_has_reason",
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="variation",
                    trigger=pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "grants_variationevent" ("agreement_id", "amount_pence", "attempt", "cadence_months", "consent", "contribution_pence", "custom_weights", "decided_at", "decided_by_id", "ends_on", "id", "is_small", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "profile", "proposed_at", "proposed_by_id", "reason", "refusal", "standing", "status", "term_years", "uplift_cap_pence") VALUES (NEW."agreement_id", NEW."amount_pence", NEW."attempt", NEW."cadence_months", NEW."consent", NEW."contribution_pence", NEW."custom_weights", NEW."decided_at", NEW."decided_by_id", NEW."ends_on", NEW."id", NEW."is_small", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'insert\', NEW."id", NEW."profile", NEW."proposed_at", NEW."proposed_by_id", NEW."reason", NEW."refusal", NEW."standing", NEW."status", NEW."term_years", NEW."uplift_cap_pence"); RETURN NULL;',
                            hash="9fc1d80e7302567e00f399398a785b9eccf0db63",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_b5913",
                            table="grants_variation",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="variation",
                    trigger=pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "grants_variationevent" ("agreement_id", "amount_pence", "attempt", "cadence_months", "consent", "contribution_pence", "custom_weights", "decided_at", "decided_by_id", "ends_on", "id", "is_small", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "profile", "proposed_at", "proposed_by_id", "reason", "refusal", "standing", "status", "term_years", "uplift_cap_pence") VALUES (NEW."agreement_id", NEW."amount_pence", NEW."attempt", NEW."cadence_months", NEW."consent", NEW."contribution_pence", NEW."custom_weights", NEW."decided_at", NEW."decided_by_id", NEW."ends_on", NEW."id", NEW."is_small", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'update\', NEW."id", NEW."profile", NEW."proposed_at", NEW."proposed_by_id", NEW."reason", NEW."refusal", NEW."standing", NEW."status", NEW."term_years", NEW."uplift_cap_pence"); RETURN NULL;',
                            hash="12a1efca80d9132463fa6009988394af7299863c",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_d8eb6",
                            table="grants_variation",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="variation",
                    trigger=pgtrigger.compiler.Trigger(
                        name="delete_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "grants_variationevent" ("agreement_id", "amount_pence", "attempt", "cadence_months", "consent", "contribution_pence", "custom_weights", "decided_at", "decided_by_id", "ends_on", "id", "is_small", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "profile", "proposed_at", "proposed_by_id", "reason", "refusal", "standing", "status", "term_years", "uplift_cap_pence") VALUES (OLD."agreement_id", OLD."amount_pence", OLD."attempt", OLD."cadence_months", OLD."consent", OLD."contribution_pence", OLD."custom_weights", OLD."decided_at", OLD."decided_by_id", OLD."ends_on", OLD."id", OLD."is_small", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'delete\', OLD."id", OLD."profile", OLD."proposed_at", OLD."proposed_by_id", OLD."reason", OLD."refusal", OLD."standing", OLD."status", OLD."term_years", OLD."uplift_cap_pence"); RETURN NULL;',
                            hash="d7909dc7eeb8b413b9d0d3c715b8069e9b24ddd0",
                            operation="DELETE",
                            pgid="pgtrigger_delete_delete_1a6dc",
                            table="grants_variation",
                            when="AFTER",
                        ),
                    ),
                ),
                migrations.AddConstraint(
                    model_name="agreementversion",
                    constraint=models.UniqueConstraint(
                        fields=("agreement", "number"), name="grants_agreementversion_once"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="agreementversion",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("number", 1), ("variation", None)),
                            models.Q(("number__gte", 2), ("variation__isnull", False)),
                            _connector="OR",
                        ),
                        name="grants_agreementversion_varied_after_first",
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="variationevent",
                    trigger=pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="d4ff1e41547b737ad12c192c8b111122ff26b54b",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_007f1",
                            table="grants_variationevent",
                            when="BEFORE",
                        ),
                    ),
                ),
                migrations.AddConstraint(
                    model_name="variationline",
                    constraint=models.UniqueConstraint(
                        fields=("variation", "number"), name="grants_variationline_once"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="variationline",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            ("amount_pence__gt", 0),
                            ("contribution_pence__gte", 0),
                            ("number__gte", 1),
                            ("year__gte", 1),
                        ),
                        name="grants_variationline_positive",
                    ),
                ),
                migrations.RunSQL(WHOLE_LIFE, WHOLE_LIFE_BEFORE),
                migrations.RunSQL(SMALL, "DROP FUNCTION grants_moves_little(bigint);"),
                migrations.RunSQL(LIMITS, LIMITS_BEFORE),
                migrations.RunSQL(VARIED, NOT_VARIED),
                *protect_append_only("grants_agreementversion"),
                *protect_append_only("grants_scheduleline"),
                *protect_append_only("grants_variationline"),
                *protect_history("grants_variationevent"),
            ]
        ),
    ]
