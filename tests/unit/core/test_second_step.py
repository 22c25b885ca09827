"""The second step of signing in: who must have one, that it is asked for, and how a lost one is mended."""

import re
import time

import pytest
from allauth.core.context import request_context
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import hotp_value
from django.core import mail
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test import Client, RequestFactory
from django.urls import reverse
from zeal import zeal_ignore

from cwf_portal.core import fresh
from cwf_portal.core.audit import acting
from cwf_portal.core.errors import ConflictError, DomainError, NotAllowedError
from cwf_portal.core.models import OutgoingMessage, SecondStepChange, SecondStepReset, User
from cwf_portal.core.permissions import Role
from cwf_portal.core.resetting import confirm_reset, refuse_reset, request_reset
from cwf_portal.core.second_step import NOT_ASKED, has_second_step, is_asked_of
from cwf_portal.core.services import revoke_role
from tests.support.sessions import sign_in

pytestmark = pytest.mark.django_db
INDEX, SHOW, APP = (reverse(f"mfa_{name}") for name in ("index", "authenticate", "activate_totp"))
CONFIRM, HOME = reverse("core:confirm-identity"), reverse("core:home")


@pytest.fixture(autouse=True)
def _asked_and_fresh_limits(settings):
    settings.SECOND_STEP_ASKED = True
    cache.clear()
    with zeal_ignore():  # allauth looks one session and one person up several times in a request
        yield


def text_of(answer):
    return answer.content.decode()


def code_of(secret, *, ahead=0):
    return f"{hotp_value(secret, int(time.time()) // 30 + ahead):06d}"


def next_code_of(secret):
    """Another than that of now, which was used, and good for half a minute at least, however slow this machine is."""
    return code_of(secret, ahead=1)


def with_app(client, user):
    """The secret of the app that `user` set up; the client's session has shown it."""
    sign_in(client, user)
    secret = re.search(r'cwf-secret">(\w+)<', text_of(client.get(APP)))[1]
    assert client.post(APP, {"code": code_of(secret)}).status_code == 302
    return secret


def entered_with_email(client, user):
    """What comes after the code from the email."""
    asked = client.post(reverse("account_login"), {"login": user.email})
    code = re.search(r"^(\d{4}-\d{4})$", [letter for letter in mail.outbox if letter.to == [user.email]][-1].body, re.M)
    return client.post(asked["Location"], {"code": code[1]})


def many_minutes_later(monkeypatch):
    now = time.time() + fresh.FRESH_SECONDS + 1
    monkeypatch.setattr(fresh.time, "time", lambda: now)


@pytest.fixture
def officer(sample_user):
    return sample_user("officer@example.org", Role.PAYMENTS_OFFICER)


@pytest.fixture
def resident(sample_user):
    return sample_user("resident@example.org")


@pytest.fixture
def administrators(sample_user):
    return [sample_user(f"administrator-{number}@example.org", Role.ADMINISTRATOR) for number in (1, 2)]


@pytest.mark.parametrize("role", sorted(Role))
def test_whoever_works_for_the_fund_or_watches_it_is_asked(sample_user, role):
    user = sample_user("somebody@example.org", *({role} - {Role.RESIDENT}))
    volunteers = {"resident", "panel_member", "treasurer", "signatory", "councillor"}
    assert {*NOT_ASKED} == {Role(name) for name in volunteers}
    assert is_asked_of(user) is (role.value not in volunteers)


def test_an_officer_without_one_is_led_to_set_it_up_and_sees_nothing_else(client, officer):
    sign_in(client, officer)
    for address in (HOME, reverse("neighbourhoods:place-list"), reverse("account_email")):
        asked = client.get(address)
        assert (asked.status_code, asked["Location"].split("?")[0]) == (302, INDEX)
    assert client.post(reverse("core:role-request"), {"reason": "now"})["Location"].startswith(INDEX)
    assert "until then no other page opens" in text_of(client.get(INDEX))


def test_a_resident_is_asked_for_nothing_and_costs_no_question(client, resident, django_assert_num_queries):
    sign_in(client, resident)
    address = reverse("core:page-about")
    with django_assert_num_queries(2):  # session, person
        assert client.get(address).status_code == 200


def test_whoever_has_shown_it_costs_no_question(client, officer, django_assert_num_queries):
    with_app(client, officer)
    with django_assert_num_queries(2):
        assert client.get(reverse("core:page-about")).status_code == 200


def test_setting_up_an_app_opens_the_pages_and_shows_recovery_codes_once(client, officer):
    with_app(client, officer)
    codes = re.findall(r"<code>(\d{8})</code>", text_of(client.get(reverse("mfa_view_recovery_codes"))))
    assert len(set(codes)) == 10
    assert "<code>" not in text_of(client.get(reverse("mfa_view_recovery_codes")))
    assert client.get(HOME).status_code == 200


def test_whoever_sets_one_up_is_told_by_email(client, officer, django_capture_on_commit_callbacks):
    entered_with_email(client, officer)
    request = RequestFactory().get(APP)  # the commit comes after the answer here, but before it where a request commits
    with request_context(request), django_capture_on_commit_callbacks(execute=True):
        with_app(client, officer)
    assert "code app was set up" in mail.outbox[-1].subject
    assert mail.outbox[-1].to == [officer.email]


def test_a_wrong_first_code_sets_nothing_up(client, officer):
    sign_in(client, officer)
    client.get(APP)
    refused = client.post(APP, {"code": "000000"})
    assert "This code is not right" in text_of(refused)
    assert not has_second_step(officer)


def test_setting_one_up_asks_whoever_signed_in_long_ago_to_show_that_it_is_them(client, officer, monkeypatch):
    sign_in(client, officer)
    many_minutes_later(monkeypatch)
    assert client.get(APP)["Location"].startswith(CONFIRM)


def test_signing_in_asks_for_the_code_of_the_app_after_that_of_the_email(client, officer):
    secret = with_app(Client(), officer)
    answer = entered_with_email(client, officer)
    assert answer["Location"].split("?")[0] == SHOW
    assert client.get(HOME).status_code == 302
    assert "This code is not right" in text_of(client.post(SHOW, {"code": "123"}))
    assert client.get(HOME).status_code == 302
    code = next_code_of(secret)
    assert client.post(SHOW, {"code": f"{code[:3]} {code[3:]}"})["Location"] == HOME
    assert client.get(HOME).status_code == 200


def test_a_code_of_the_app_works_once(officer):
    secret = with_app(Client(), officer)
    code = next_code_of(secret)
    first, second = Client(), Client()
    for client in (first, second):
        entered_with_email(client, officer)
    assert first.post(SHOW, {"code": code}).status_code == 302
    assert "This code is not right" in text_of(second.post(SHOW, {"code": code}))


def test_a_code_of_the_app_is_remembered_where_the_cache_is_lost_and_an_older_one_is_none(officer):
    secret = with_app(Client(), officer)
    code, older = next_code_of(secret), code_of(secret)
    first, second = Client(), Client()
    for client in (first, second):
        entered_with_email(client, officer)
    assert first.post(SHOW, {"code": code}).status_code == 302
    for known in (code, older):
        cache.clear()
        assert "This code is not right" in text_of(second.post(SHOW, {"code": known}))
    assert second.get(HOME).status_code == 302


def test_a_recovery_code_works_once(officer):
    client = Client()
    with_app(client, officer)
    code = re.search(r"<code>(\d{8})</code>", text_of(client.get(reverse("mfa_view_recovery_codes"))))[1]
    answers = []
    for _ in range(2):
        client = Client()
        entered_with_email(client, officer)
        answers.append(client.post(SHOW, {"code": code}).status_code)
    assert answers == [302, 200]


def test_guessing_codes_ends(officer):
    with_app(Client(), officer)
    client = Client()
    entered_with_email(client, officer)
    answers = [text_of(client.post(SHOW, {"code": f"{guess:06d}"})) for guess in range(12)]
    assert "tried too many times" in answers[-1]


def test_a_session_from_before_is_asked_for_the_step_that_was_set_up_since(client, officer, monkeypatch):
    sign_in(client, officer)
    secret = with_app(Client(), officer)
    asked = client.get(HOME)
    assert asked["Location"].split("?")[0] == CONFIRM
    assert "Send me a code" not in text_of(client.get(asked["Location"]))
    shown = client.post(asked["Location"], {"code": next_code_of(secret)})
    assert (shown.status_code, shown["Location"]) == (302, HOME)
    assert client.get(HOME).status_code == 200


def test_showing_again_wants_the_second_step_of_whoever_has_one(client, resident, monkeypatch):
    """A code in the mailbox is no longer enough for them, officer or not."""
    secret = with_app(client, resident)
    many_minutes_later(monkeypatch)
    asked = client.get(reverse("mfa_generate_recovery_codes"))["Location"]
    letters = OutgoingMessage.objects.count()
    client.post(asked)
    assert OutgoingMessage.objects.count() == letters
    assert client.post(asked, {"code": "0000-0000"}).status_code == 400
    assert client.post(asked, {"code": next_code_of(secret)}).status_code == 302


def test_no_secret_lies_readable_in_the_database(client, officer):
    secret = with_app(client, officer)
    kept = Authenticator.objects.get(type="totp").data["secret"]
    assert secret not in kept
    assert get_adapter().decrypt(kept) == secret
    assert get_adapter().encrypt(secret) != kept


def test_an_officer_keeps_the_last_one_and_a_resident_may_remove_it(officer, resident):
    remove = reverse("mfa_deactivate_totp")
    for user, is_kept in ((officer, True), (resident, False)):
        client = Client()
        with_app(client, user)
        client.post(remove)
        assert has_second_step(user) is is_kept
        assert Authenticator.objects.filter(user=user).exists() is is_kept


def test_the_database_writes_down_what_was_set_up_and_taken_away(client, resident):
    with_app(client, resident)
    client.post(reverse("mfa_deactivate_totp"))
    changes = SecondStepChange.objects.filter(user=resident).values_list("kind", "is_added")
    assert sorted(changes) == [
        ("recovery_codes", False), ("recovery_codes", True), ("totp", False), ("totp", True),
    ]  # fmt: skip


def test_the_database_gives_nobody_another_persons_step(client, resident, officer):
    with_app(client, resident)
    with pytest.raises(IntegrityError), transaction.atomic():
        Authenticator.objects.filter(user=resident).update(user=officer)


def test_a_lost_one_is_taken_away_by_two_and_ends_the_sessions(client, officer, administrators):
    with_app(client, officer)
    first, second = administrators
    reset = request_reset(by=first, user=officer, reason="Rang back; the phone is at the bottom of a lake.")
    assert request_reset(by=second, user=officer, reason="Again.") == reset
    assert "bottom of a lake" in OutgoingMessage.objects.get(to=officer.email, topic="core.second_step").body
    for nobody in (first, officer):
        with pytest.raises(NotAllowedError):
            confirm_reset(by=nobody, reset=reset)
    assert has_second_step(officer)

    confirm_reset(by=second, reset=reset)
    assert confirm_reset(by=second, reset=reset).confirmed_by == second
    assert not Authenticator.objects.filter(user=officer).exists()
    assert client.get(HOME)["Location"].startswith(reverse("account_login"))
    assert OutgoingMessage.objects.filter(to=officer.email, topic="core.second_step").count() == 2
    with pytest.raises(ConflictError):
        refuse_reset(by=first, reset=reset)


def test_a_reset_that_somebody_asked_for_who_is_no_administrator_any_more_takes_nothing_away(
    client, officer, administrators
):
    with_app(client, officer)
    first, second = administrators
    reset = request_reset(by=first, user=officer, reason="Rang back; the phone is lost.")
    revoke_role(by=second, grant=first.role_grants.get())
    with pytest.raises(ConflictError, match="may no longer ask"):
        confirm_reset(by=second, reset=reset)
    assert has_second_step(officer)


def test_a_refused_reset_takes_nothing_away(client, officer, administrators):
    with_app(client, officer)
    first, second = administrators
    reset = refuse_reset(by=second, reset=request_reset(by=first, user=officer, reason="A call from an odd number."))
    assert refuse_reset(by=first, reset=reset).refused_by == second
    with pytest.raises(ConflictError):
        confirm_reset(by=second, reset=reset)
    assert has_second_step(officer)


def test_a_reset_needs_a_reason_another_person_and_something_to_reset(officer, resident, administrators):
    first, _ = administrators
    for by, user, reason, error in (
        (first, officer, " ", DomainError),
        (first, first, "I lost mine.", NotAllowedError),
        (resident, officer, "Please.", NotAllowedError),
        (first, resident, "They have none.", ConflictError),
    ):
        with pytest.raises(error):
            request_reset(by=by, user=user, reason=reason)
    assert not SecondStepReset.objects.exists()


@pytest.mark.parametrize(
    "fields",
    [
        {"reason": "  "},
        {"confirmed_by": 0},
        {"confirmed_by": 0, "confirmed_at": "now"},
        {"confirmed_by": 2, "confirmed_at": "now"},
        {"requested_by": 2},
        {"refused_by": 1},
        {"confirmed_by": 1, "confirmed_at": "now", "refused_by": 0, "refused_at": "now"},
    ],
)
def test_the_database_refuses_a_reset_that_two_others_did_not_agree_to(officer, administrators, fields):
    people = [*administrators, officer]
    given = {"user": officer, "reason": "Lost.", "requested_by": administrators[0]} | {
        name: people[value] if name.endswith("_by") else officer.joined_at if name.endswith("_at") else value
        for name, value in fields.items()
    }
    with pytest.raises(IntegrityError), acting("system:test", "tries"):
        SecondStepReset.objects.create(**given)


def test_the_database_keeps_an_answer(client, officer, administrators):
    with_app(client, officer)
    first, second = administrators
    reset = refuse_reset(by=second, reset=request_reset(by=first, user=officer, reason="An odd call."))
    for change in (
        lambda rows: rows.update(refused_by=None, refused_at=None),
        lambda rows: rows.update(reason="A good call."),
        lambda rows: rows.delete(),
    ):
        with pytest.raises(DatabaseError), acting("system:test", "tries"):
            change(SecondStepReset.objects.filter(pk=reset.pk))
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM core_secondstepchange")


def test_administrators_agree_on_the_page(client, officer, administrators, settings):
    with_app(Client(), officer)
    settings.SECOND_STEP_ASKED = False
    first, second = (sign_in(Client(), user) for user in administrators)
    form = {"email": officer.email, "reason": "Rang back on the number we hold."}
    assert first.post(reverse("core:reset-request"), form | {"reason": ""}).status_code == 400
    assert first.post(reverse("core:reset-request"), form).status_code == 302
    reset = SecondStepReset.objects.get()
    confirm = reverse("core:reset-confirm", args=[reset.pk])
    page = reverse("core:people-list")
    assert "Another administrator confirms this" in text_of(first.get(page))
    assert confirm in text_of(second.get(page))
    assert first.post(confirm).status_code == 403
    assert second.post(confirm).status_code == 302
    assert not has_second_step(officer)


def test_an_administrator_may_refuse_on_the_page_and_reads_why_none_is_there(
    officer, resident, administrators, settings
):
    with_app(Client(), officer)
    settings.SECOND_STEP_ASKED = False
    client = sign_in(Client(), administrators[0])
    nothing = client.post(reverse("core:reset-request"), {"email": resident.email, "reason": "Rang back."})
    assert "This person has no second step" in text_of(nothing)
    reset = request_reset(by=administrators[0], user=officer, reason="Rang back.")
    assert client.post(reverse("core:reset-refuse", args=[reset.pk])).status_code == 302
    assert has_second_step(officer)


def test_the_operator_mends_it_where_too_few_administrators_are_left(client, officer, capsys):
    with_app(client, officer)
    call_command("reset_second_step", officer.email.upper())
    assert "has no second step any more" in capsys.readouterr().out
    assert not has_second_step(officer)
    with pytest.raises(CommandError, match="No account with this address has a second step"):
        call_command("reset_second_step", officer.email)


def test_sign_in_elsewhere_still_needs_no_second_step_of_whoever_has_none(client, resident):
    assert entered_with_email(client, resident)["Location"] == HOME
    assert User.objects.get(pk=resident.pk).is_active
