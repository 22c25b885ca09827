"""Every route there is: nobody gets further than they may, and nothing is changed without the token of a form."""

import re
from functools import cache

import pytest
from django.test import Client
from django.urls import URLPattern, get_resolver
from django.urls.converters import get_converters

from cwf_portal.core.permissions import ROLE_PERMISSIONS, Permission, Role
from tests.repo.test_access import access, addresses
from tests.support.sessions import sign_in
from tests.unit.grants.conftest import make_person

pytestmark = pytest.mark.django_db
NO_UUID = "00000000-0000-0000-0000-000000000000"
SOMETHING = {"int": "1", "ons": "E05009560", "slug": "a", "str": "a", "uuid": NO_UUID}
IN_PATTERN = {"money": "real", "kind": "csv", "number": "1", "year": "2026", "month": "3", "day": "1"}
FORBIDDEN, NOT_ALLOWED, FOUND = 403, 405, 302
BY_LINK = "letter-stop"  # what mail programs press: its link is signed, and it ends letters only
ROUTES = list(addresses(get_resolver().url_patterns))
GUARDED = [(route, pattern) for route, pattern in ROUTES if access(pattern) not in {"public", None}]


def filled(route: str, pattern: URLPattern) -> str:
    """An address of this route; there need be nothing at it."""
    kinds = {type(converter): name for name, converter in get_converters().items()}
    for name, converter in pattern.pattern.converters.items():
        kind = kinds.get(type(converter), "str")
        route = route.replace(f"<{kind}:{name}>", SOMETHING.get(kind, "a")).replace(f"<{name}>", "a")
    route = re.sub(r"\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)", lambda group: IN_PATTERN[group[1]], route)
    return "/" + route.removeprefix("^").removesuffix("$").replace("\\.", ".")


@pytest.fixture
def without():
    """A client of somebody who holds every role that does not bring a permission."""

    @cache
    def client(permission: str) -> Client:
        roles = [role for role in Role if Permission(permission) not in ROLE_PERMISSIONS[role]]
        return sign_in(Client(), make_person(f"not-{permission}".replace(".", "-").replace("_", "-"), *roles))

    return client


def test_whoever_did_not_sign_in_is_asked_to_before_anything_is_shown():
    client = Client()
    answers = {route: client.get(filled(route, pattern)) for route, pattern in GUARDED}
    odd = {
        route: answer.status_code
        for route, answer in answers.items()
        if answer.status_code != NOT_ALLOWED
        and not (answer.status_code == FOUND and answer["Location"].startswith("/account/login/"))
    }
    assert odd == {}
    assert len(answers) > 150


def test_nobody_opens_what_their_roles_do_not_bring_together_either(without):
    held = [(route, pattern) for route, pattern in GUARDED if access(pattern) in Permission.values]
    everybodys = ROLE_PERMISSIONS[Role.RESIDENT]
    answers = {
        route: without(access(pattern)).get(filled(route, pattern)).status_code
        for route, pattern in held
        if access(pattern) not in everybodys
    }
    assert {route: status for route, status in answers.items() if status not in {FORBIDDEN, NOT_ALLOWED}} == {}
    assert len(answers) > 100


def test_nothing_is_taken_without_the_token_of_a_form():
    client = sign_in(Client(enforce_csrf_checks=True, raise_request_exception=False), make_person("all", *Role))
    forms = [(route, pattern) for route, pattern in ROUTES if pattern.name != BY_LINK]
    answers = {route: client.post(filled(route, pattern)).status_code for route, pattern in forms}
    assert {route: status for route, status in answers.items() if status not in {FORBIDDEN, NOT_ALLOWED}} == {}
