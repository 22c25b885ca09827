"""The tests' own machinery keeps what it promises."""

import socket
import threading
import urllib.request

import pytest
from django.db import connection, connections

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.models import User
from tests.support import databases
from tests.support.network import NetworkBlockedError


def make_user(email: str) -> User:
    with acting("system:test", "made for a test"):
        return User.objects.create_user(email, full_name="Sam Test")


@pytest.mark.django_db
def test_ordinary_test_works_as_the_application_role():
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, current_database()")
        assert cursor.fetchone() == ("cwf_app", connection.settings_dict["NAME"])


@pytest.mark.django_db
@pytest.mark.parametrize("attempt", [1, 2])
def test_ordinary_test_leaves_nothing_behind(attempt):
    assert not User.objects.filter(email="left@sample.example").exists()
    make_user("left@sample.example")


def test_committed_db_commits_for_every_thread_and_alias(committed_db):
    make_user("seen@sample.example")
    seen = []

    def look():
        seen.append(User.objects.using("reader").filter(email="seen@sample.example").count())
        connections.close_all()

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert seen == [1]


def test_committed_db_is_gone_afterwards(postgres_server, django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), databases.switched_to_a_clone() as name:
        assert core_now()
    assert name not in databases.server().names("clone_%")


def test_portal_serves_pages_and_knows_who_signed_in(portal):
    user = make_user("signed-in@sample.example")
    cookie = portal.sign_in(user)
    request = urllib.request.Request(portal.url + "/home/", headers={"Cookie": f"{cookie['name']}={cookie['value']}"})
    with urllib.request.urlopen(request) as answer:
        assert (answer.status, answer.url) == (200, portal.url + "/home/")


def test_network_beyond_this_machine_is_refused():
    with pytest.raises(NetworkBlockedError):
        socket.create_connection(("192.0.2.1", 80), timeout=1)
