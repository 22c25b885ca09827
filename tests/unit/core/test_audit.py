import pytest
from django.apps import apps
from django.db import IntegrityError, connections, transaction

from cwf_portal.core.audit import acting
from cwf_portal.core.models import User

pytestmark = pytest.mark.django_db


def history(user: User) -> list[tuple[str, str, str]]:
    rows = apps.get_model("core", "UserEvent").objects.filter(pgh_obj_id=user.pk).order_by("pk")
    return [(row.pgh_label, row.pgh_context["actor"], row.pgh_context["reason"]) for row in rows]


def test_tracked_row_written_without_an_actor_is_refused():
    with pytest.raises(IntegrityError, match="names_actor"), transaction.atomic():
        User.objects.create_user("nobody@example.org")


def test_acting_nested_names_the_inner_actor_and_then_the_outer_again():
    with acting("system:outer", "set up"):
        user = User.objects.create_user("a@example.org")
        with acting(user, "closed it"):
            User.objects.filter(pk=user.pk).update(is_active=False)
        User.objects.filter(pk=user.pk).update(is_active=True)
    assert history(user) == [
        ("insert", "system:outer", "set up"),
        ("update", f"user:{user.pk}", "closed it"),
        ("update", "system:outer", "set up"),
    ]


def create_and_fail() -> None:
    User.objects.create_user("a@example.org")
    raise RuntimeError


def test_acting_that_fails_keeps_nothing_and_leaves_no_actor_behind():
    with pytest.raises(RuntimeError), acting("system:test", "fails"):
        create_and_fail()
    assert not User.objects.filter(email="a@example.org").exists()
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create_user("b@example.org")


@pytest.mark.django_db(databases=["default", "owner"])
@pytest.mark.parametrize("alias", ["default", "owner"])
@pytest.mark.parametrize(
    "statement",
    ["UPDATE core_userevent SET is_active = false", "DELETE FROM core_userevent", "TRUNCATE core_userevent"],
)
def test_history_changed_by_application_or_owner_is_refused(alias, statement):
    with (
        pytest.raises(Exception, match="permission denied|never changed"),
        transaction.atomic(using=alias),
        connections[alias].cursor() as cursor,
    ):
        cursor.execute(statement)


@pytest.mark.django_db(databases=["default", "owner"])
def test_history_changed_by_owner_with_triggers_off_for_replication_is_still_refused():
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("SELECT tgenabled FROM pg_trigger WHERE tgname = 'core_userevent_append_only'")
        assert cursor.fetchone() == ("A",)


def test_last_sign_in_is_not_history(sample_user):
    user = sample_user("a@example.org")
    before = len(history(user))
    User.objects.filter(pk=user.pk).update(last_login=user.joined_at)
    assert len(history(user)) == before
