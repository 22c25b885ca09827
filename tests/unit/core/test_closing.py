"""Closing an account: nothing of who it belonged to is left, it stays closed, and whoever is counted on stays."""

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.sessions.models import Session
from django.db import IntegrityError, connection, models, transaction
from django.test import Client
from django.urls import reverse

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.closing import close_account, hindrances
from cwf_portal.core.errors import ConflictError
from cwf_portal.core.models import AccountDetails, OutgoingMessage, SignIn, User
from cwf_portal.core.permissions import Role
from cwf_portal.core.resetting import reset_by_operator
from cwf_portal.core.services import appoint_administrators, confirm_role, request_role
from tests.support.sessions import sign_in

pytestmark = pytest.mark.django_db
CLOSE, CLOSED = reverse("core:account-close"), reverse("core:account-closed")
CANARY = "canary"


def told_of(user: User) -> list[tuple[str, str, str]]:
    rows = AccountDetails.objects.filter(user=user).order_by("pk")
    return list(rows.values_list("email", "full_name", "noted_for"))


def tables_with(word: str) -> list[str]:
    """Every table of the database in which a row says the word, whatever the column."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
        tables = [name for (name,) in cursor.fetchall()]
        says = "EXISTS (SELECT FROM {} AS kept WHERE kept::text ILIKE %s)"
        cursor.execute(f"SELECT {', '.join(map(says.format, tables))}", [f"%{word}%"] * len(tables))
        return [name for name, found in zip(tables, cursor.fetchone(), strict=True) if found]


def known_everywhere(sample_user) -> User:
    """Somebody whose name and address hold the canary wherever signing up and signing in leave them."""
    user = sample_user(f"{CANARY}@example.org")
    with acting(user, "said who they are"):
        User.objects.filter(pk=user.pk).update(full_name="Canary Adams")
        User.objects.filter(pk=user.pk).update(email=f"{CANARY}.adams@example.org")
        EmailAddress.objects.create(user=user, email=f"{CANARY}.adams@example.org", verified=True, primary=True)
        Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"secret": CANARY})
    return User.objects.get(pk=user.pk)


def test_the_database_itself_notes_names_and_addresses_and_for_whom(sample_user):
    user = known_everywhere(sample_user)
    assert told_of(user) == [
        (f"{CANARY}@example.org", CANARY.title(), "system:test"),
        (f"{CANARY}@example.org", "Canary Adams", f"user:{user.pk}"),
        (f"{CANARY}.adams@example.org", "Canary Adams", f"user:{user.pk}"),
    ]
    with pytest.raises(IntegrityError, match="names_actor"), transaction.atomic():
        User.objects.filter(pk=user.pk).update(full_name="By nobody")


def test_nothing_of_who_it_was_is_left_but_the_farewell(sample_user):
    user = known_everywhere(sample_user)
    client = sign_in(Client(), user)
    assert "account_emailaddress" in tables_with(CANARY)
    close_account(by=user)
    close_account(by=user)
    assert tables_with(CANARY) == ["core_outgoingmessage"]
    assert OutgoingMessage.objects.get().to == f"{CANARY}.adams@example.org"
    gone = User.objects.get(pk=user.pk)
    assert (str(gone), gone.email, gone.is_active) == ("Closed account", f"closed-{user.pk}@closed.invalid", False)
    assert (Session.objects.count(), SignIn.objects.count()) == (0, 0)
    assert client.get(reverse("core:home")).status_code == 302


def test_whoever_holds_a_role_or_is_of_the_demo_stays(sample_user):
    officer = sample_user("officer@example.org", Role.GRANTS_OFFICER)
    with acting("system:test", "made for a test"):
        sample = User.objects.create_user("ada@sample.example", is_sample=True, sample_slug="ada")
    for user, why in ((officer, "You are Grants officer."), (sample, "belongs to the demo")):
        with pytest.raises(ConflictError, match=why):
            close_account(by=user)
        assert User.objects.get(pk=user.pk).closed_at is None


@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        ("Whoever holds a role gives it back", {"email": "closed@closed.invalid", "full_name": "", "is_active": False}),
        ("closed_is_nobody", {"email": "closed@example.org", "full_name": "", "is_active": False}),
        ("closed_is_nobody", {"email": "closed@closed.invalid", "full_name": "Ada", "is_active": False}),
        ("closed_is_nobody", {"email": "closed@closed.invalid", "full_name": "", "is_active": True}),
    ],
)
def test_the_database_itself_closes_no_account_half(sample_user, rule, changes):
    roles = [Role.AUDITOR] if rule.startswith("Whoever") else []
    user = sample_user("ada@example.org", *roles)
    with (
        pytest.raises(IntegrityError, match=rule),
        acting("system:test", "forced"),
        transaction.atomic(),
    ):
        User.objects.filter(pk=user.pk).update(closed_at=core_now(), **changes)


@pytest.mark.parametrize(
    "changes", [{"closed_at": None}, {"is_active": True}, {"full_name": "Ada"}, {"last_login": None}]
)
def test_a_closed_account_stays_closed(sample_user, changes):
    user = sample_user("ada@example.org")
    close_account(by=user)
    with (
        pytest.raises(IntegrityError, match="A closed account stays as it is"),
        acting("system:test", "forced"),
        transaction.atomic(),
    ):
        User.objects.filter(pk=user.pk).update(**changes)


def test_a_closed_account_is_given_no_role_also_one_that_was_asked_for_before(sample_user):
    administrators = [sample_user(f"{name}@example.org", Role.ADMINISTRATOR) for name in ("one", "two")]
    user = sample_user("ada@example.org")
    grant = request_role(by=administrators[0], user=user, role=Role.AUDITOR)
    close_account(by=user)
    with pytest.raises(ConflictError, match="This account was closed"):
        confirm_role(by=administrators[1], grant=grant)
    grant.confirmed_by, grant.confirmed_at = administrators[1], core_now()
    with pytest.raises(IntegrityError, match="given no role"), acting("system:test", "forced"), transaction.atomic():
        grant.save()


def test_an_administrators_words_in_history_name_nobody(sample_user):
    appoint_administrators(by="operator:test", first=f"{CANARY}@example.org", second="other@example.org")
    user = User.objects.get(email=f"{CANARY}@example.org")
    with acting(user, "set up a second step"):
        Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"secret": "x"})
    reset_by_operator(by="operator:test", email=f"{CANARY}@example.org")
    for grant in user.role_grants.all():
        with acting("system:test", "taken back"):
            grant.revoked_by, grant.revoked_at = User.objects.get(email="other@example.org"), core_now()
            grant.save()
    close_account(by=user)
    assert tables_with(CANARY) == ["core_outgoingmessage"]


def test_names_and_addresses_go_only_with_the_account(sample_user):
    user = sample_user("ada@example.org")
    with pytest.raises(IntegrityError, match="goes when the account is closed"), transaction.atomic():
        AccountDetails.objects.filter(user=user).delete()
    with pytest.raises(models.ProtectedError):
        user.delete()


def test_somebody_reads_what_goes_closes_their_account_and_can_make_another(sample_user):
    user = sample_user("ada@example.org")
    client = sign_in(Client(), user)
    page = client.get(CLOSE).content.decode()
    assert "A closed account cannot be opened again." in page
    answer = client.post(CLOSE, follow=True)
    assert answer.redirect_chain == [(CLOSED, 302)]
    assert "Your account is closed" in answer.content.decode()
    assert client.get(CLOSE).status_code == 302
    again = sample_user("ada@example.org")
    assert again.pk != user.pk
    assert hindrances(again) == []


def test_who_must_do_something_first_reads_what_and_finds_no_button(sample_user):
    officer = sample_user("officer@example.org", Role.GRANTS_OFFICER)
    client = sign_in(Client(), officer)
    for answer, status in ((client.get(CLOSE), 200), (client.post(CLOSE), 409)):
        page = answer.content.decode()
        assert answer.status_code == status
        assert "You are Grants officer. An administrator takes this role back first." in page
        assert "Close my account for good" not in page
    assert User.objects.get(pk=officer.pk).closed_at is None


def test_an_old_session_shows_again_who_it_is_before_anything_is_closed(sample_user):
    user = sample_user("ada@example.org")
    client = Client()
    client.force_login(user)
    assert client.post(CLOSE)["Location"].startswith(reverse("core:confirm-identity"))
    assert User.objects.get(pk=user.pk).closed_at is None
