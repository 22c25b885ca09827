import pytest
from django.db import connection, migrations, models
from django.db.migrations.state import ProjectState

from cwf_portal.core.sql_operations import CreateTogether

pytestmark = pytest.mark.django_db

KEY = ("id", models.BigAutoField(primary_key=True))
TABLES = CreateTogether(
    [
        migrations.CreateModel("Tree", [KEY, ("height", models.IntegerField())]),
        migrations.CreateModel("Leaf", [KEY]),
        migrations.AddField("leaf", "tree", models.ForeignKey("core.Tree", models.PROTECT)),
        migrations.AddConstraint("tree", models.CheckConstraint(condition=models.Q(height__gt=0), name="tree_grows")),
        migrations.RunSQL("COMMENT ON TABLE core_tree IS 'oak'", "COMMENT ON TABLE core_tree IS NULL"),
    ]
)


@pytest.fixture
def states() -> tuple[ProjectState, ProjectState]:
    before, after = ProjectState(), ProjectState()
    TABLES.state_forwards("core", after)
    return before, after


def test_create_together_leaves_the_state_that_single_operations_would(states):
    single = ProjectState()
    for operation in TABLES.operations:
        operation.state_forwards("core", single)
    assert states[1].models == single.models


def test_create_together_writes_whole_tables_once(states):
    with connection.schema_editor(collect_sql=True) as editor:
        TABLES.database_forwards("core", editor, *states)
    text = "\n".join(editor.collected_sql)
    assert text.count("CREATE TABLE") == 2
    assert "ADD COLUMN" not in text
    assert '"tree_id" bigint NOT NULL' in text
    assert 'CONSTRAINT "tree_grows" CHECK ("height" > 0)' in text
    assert "FOREIGN KEY" in text
    assert "COMMENT ON TABLE core_tree IS 'oak'" in text


def test_create_together_undone_drops_the_last_table_first(states):
    with connection.schema_editor(collect_sql=True) as editor:
        TABLES.database_backwards("core", editor, states[1], states[0])
    dropped = [line.split()[2] for line in editor.collected_sql if line.startswith("DROP TABLE")]
    assert dropped == ['"core_leaf"', '"core_tree"']


def test_create_together_says_what_it_does():
    assert TABLES.describe() == "Create the tables of a room"


GROWTH = CreateTogether(
    [
        CreateTogether([migrations.CreateModel("Nest", [KEY])]),
        migrations.AddField("nest", "leaf", models.ForeignKey("core.Leaf", models.PROTECT)),
        migrations.AddField("tree", "age", models.IntegerField(default=0)),
        migrations.AddConstraint("tree", models.CheckConstraint(condition=models.Q(age__gte=0), name="tree_ages")),
    ]
)


@pytest.fixture
def grown(states) -> tuple[ProjectState, ProjectState]:
    before = states[1]
    after = before.clone()
    GROWTH.state_forwards("core", after)
    return before, after


def test_create_together_alters_an_older_table_and_writes_a_new_one_whole(grown):
    with connection.schema_editor(collect_sql=True) as editor:
        GROWTH.database_forwards("core", editor, *grown)
    text = "\n".join(editor.collected_sql)
    assert text.count("CREATE TABLE") == 1
    assert '"leaf_id" bigint NOT NULL' in text.split("CREATE TABLE")[1]
    assert 'ALTER TABLE "core_tree" ADD COLUMN "age"' in text
    assert 'ADD CONSTRAINT "tree_ages"' in text
    assert 'ALTER TABLE "core_nest" ADD COLUMN' not in text


def test_create_together_undone_gives_the_older_table_back_as_it_was(grown):
    with connection.schema_editor(collect_sql=True) as editor:
        GROWTH.database_backwards("core", editor, grown[1], grown[0])
    text = "\n".join(editor.collected_sql)
    assert 'ALTER TABLE "core_tree" DROP COLUMN "age"' in text
    assert 'DROP CONSTRAINT "tree_ages"' in text
    assert 'DROP TABLE "core_nest"' in text
    assert 'ALTER TABLE "core_nest"' not in text


def test_create_together_renders_what_it_changes_and_leaves_the_rest(states):
    before = states[1]
    tree, leaf = (before.apps.get_model("core", name) for name in ("Tree", "Leaf"))
    after = before.clone()
    CreateTogether([migrations.AddField("tree", "age", models.IntegerField(default=0))]).state_forwards("core", after)
    assert after.apps.get_model("core", "Tree") is not tree
    assert after.apps.get_model("core", "Tree")._meta.get_field("age").default == 0
    assert after.apps.get_model("core", "Leaf") is leaf
    assert before.apps.get_model("core", "Tree") is tree


def test_code_after_create_together_reads_models_that_know_each_other(states):
    after = states[1]
    assert after.apps.get_model("core", "Tree")
    CreateTogether([migrations.AddField("tree", "age", models.IntegerField(default=0))]).state_forwards("core", after)
    seen = []

    def look(apps, _):
        tree, leaf = (apps.get_model("core", name) for name in ("Tree", "Leaf"))
        seen.append(leaf._meta.get_field("tree").related_model is tree)

    with connection.schema_editor(collect_sql=False) as editor:
        migrations.RunPython(look).database_forwards("core", editor, after, after)
    assert seen == [True]


def test_create_together_takes_a_model_away(states):
    after = states[1]
    assert after.apps.get_model("core", "Leaf")
    CreateTogether([migrations.DeleteModel("Leaf")]).state_forwards("core", after)
    with pytest.raises(LookupError):
        after.apps.get_model("core", "Leaf")


def test_a_key_that_changes_takes_along_whoever_points_to_it(states):
    before = states[1]
    assert before.apps.get_model("core", "Leaf")
    after = before.clone()
    wider = CreateTogether([migrations.AlterField("tree", "id", models.CharField(max_length=9, primary_key=True))])
    wider.state_forwards("core", after)
    with connection.schema_editor(collect_sql=True) as editor:
        wider.database_forwards("core", editor, before, after)
    assert 'ALTER TABLE "core_leaf" ALTER COLUMN "tree_id"' in "\n".join(editor.collected_sql)
