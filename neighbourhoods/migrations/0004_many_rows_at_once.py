"""The history of figures and events is written once for all rows of a statement."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations

from cwf_portal.core.sql_operations import CreateTogether


class Migration(migrations.Migration):
    dependencies = [
        ("neighbourhoods", "0003_postcodes"),
    ]

    operations = [
        CreateTogether(
            [
                pgtrigger.migrations.RemoveTrigger(
                    model_name="event",
                    name="insert_insert",
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name="event",
                    name="update_update",
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name="event",
                    name="delete_delete",
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name="figure",
                    name="insert_insert",
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name="figure",
                    name="update_update",
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name="figure",
                    name="delete_delete",
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="event",
                    trigger=pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "neighbourhoods_eventevent" ("audience", "done_at", "happens_on", "id", "key", "kind", "link", "neighbourhood_id", "params", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") SELECT new_values."audience", new_values."done_at", new_values."happens_on", new_values."id", new_values."key", new_values."kind", new_values."link", new_values."neighbourhood_id", new_values."params", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'insert\', new_values."id" FROM ( SELECT new_values.* FROM new_values  ) AS new_values; RETURN NULL;',
                            hash="992b8767b20314a78dcbfb52f99ac0e76f955de5",
                            level="STATEMENT",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_b47f9",
                            referencing="REFERENCING NEW TABLE AS new_values ",
                            table="neighbourhoods_event",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="event",
                    trigger=pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "neighbourhoods_eventevent" ("audience", "done_at", "happens_on", "id", "key", "kind", "link", "neighbourhood_id", "params", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") SELECT new_values."audience", new_values."done_at", new_values."happens_on", new_values."id", new_values."key", new_values."kind", new_values."link", new_values."neighbourhood_id", new_values."params", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'update\', new_values."id" FROM ( SELECT * FROM new_values EXCEPT SELECT * FROM old_values ) AS new_values; RETURN NULL;',
                            hash="85c91d99069f02fa63a8f802335d3e986a922490",
                            level="STATEMENT",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_84937",
                            referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                            table="neighbourhoods_event",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="event",
                    trigger=pgtrigger.compiler.Trigger(
                        name="delete_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "neighbourhoods_eventevent" ("audience", "done_at", "happens_on", "id", "key", "kind", "link", "neighbourhood_id", "params", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") SELECT old_values."audience", old_values."done_at", old_values."happens_on", old_values."id", old_values."key", old_values."kind", old_values."link", old_values."neighbourhood_id", old_values."params", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'delete\', old_values."id" FROM ( SELECT old_values.* FROM old_values  ) AS old_values; RETURN NULL;',
                            hash="f8ed639805456d58f590752f2bf9768f00187768",
                            level="STATEMENT",
                            operation="DELETE",
                            pgid="pgtrigger_delete_delete_a6d59",
                            referencing="REFERENCING OLD TABLE AS old_values ",
                            table="neighbourhoods_event",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="figure",
                    trigger=pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "neighbourhoods_figureevent" ("area_id", "as_of", "edition_id", "id", "measure_id", "period_end", "period_start", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "state", "value") SELECT new_values."area_id", new_values."as_of", new_values."edition_id", new_values."id", new_values."measure_id", new_values."period_end", new_values."period_start", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'insert\', new_values."id", new_values."state", new_values."value" FROM ( SELECT new_values.* FROM new_values  ) AS new_values; RETURN NULL;',
                            hash="d3408775b44e89ec71923e6fecaab3cceedc4376",
                            level="STATEMENT",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_d2cfb",
                            referencing="REFERENCING NEW TABLE AS new_values ",
                            table="neighbourhoods_figure",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="figure",
                    trigger=pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "neighbourhoods_figureevent" ("area_id", "as_of", "edition_id", "id", "measure_id", "period_end", "period_start", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "state", "value") SELECT new_values."area_id", new_values."as_of", new_values."edition_id", new_values."id", new_values."measure_id", new_values."period_end", new_values."period_start", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'update\', new_values."id", new_values."state", new_values."value" FROM ( SELECT * FROM new_values EXCEPT SELECT * FROM old_values ) AS new_values; RETURN NULL;',
                            hash="87932ce62b944067b16c4cdb566c7e0b01bab3b1",
                            level="STATEMENT",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_6c428",
                            referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                            table="neighbourhoods_figure",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="figure",
                    trigger=pgtrigger.compiler.Trigger(
                        name="delete_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "neighbourhoods_figureevent" ("area_id", "as_of", "edition_id", "id", "measure_id", "period_end", "period_start", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "state", "value") SELECT old_values."area_id", old_values."as_of", old_values."edition_id", old_values."id", old_values."measure_id", old_values."period_end", old_values."period_start", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'delete\', old_values."id", old_values."state", old_values."value" FROM ( SELECT old_values.* FROM old_values  ) AS old_values; RETURN NULL;',
                            hash="30c819df54b902c56324e239989151a72825a4d1",
                            level="STATEMENT",
                            operation="DELETE",
                            pgid="pgtrigger_delete_delete_73555",
                            referencing="REFERENCING OLD TABLE AS old_values ",
                            table="neighbourhoods_figure",
                            when="AFTER",
                        ),
                    ),
                ),
            ]
        ),
    ]
