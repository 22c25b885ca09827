"""Closing one's account: who it belonged to is forgotten; what it did stays, without a name.

Each room says what must be given back before (`hinders`), and what of its own goes (`forgets`).
"""

from collections.abc import Callable, Iterator

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.sessions.models import Session
from django.utils.translation import gettext, override

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import ConflictError
from cwf_portal.core.languages import in_every_language, offered
from cwf_portal.core.messages import send_message
from cwf_portal.core.models import AccountDetails, SignIn, User
from cwf_portal.core.models.people import NOWHERE
from cwf_portal.core.said import Said

TOPIC = "core.closing"
Hinder = Callable[[User], Iterator[Said]]
Forget = Callable[[User], None]
_hinders: list[Hinder] = []
_forgets: list[Forget] = []


def hinders(hinder: Hinder) -> Hinder:
    """Register `fn(user) -> sentences`: why this account cannot be closed yet, each with what to do first."""
    if hinder not in _hinders:
        _hinders.append(hinder)
    return hinder


def forgets(forget: Forget) -> Forget:
    """Register `fn(user)`, which deletes what a room keeps for this person alone; called as the account is closed."""
    if forget not in _forgets:
        _forgets.append(forget)
    return forget


def hindrances(user: User) -> list[Said]:
    """Why an account cannot be closed yet; empty where it can."""
    return [said for hinder in _hinders for said in hinder(user)]


def close_account(*, by: User) -> None:
    """Close one's own account for good: no name, no address, no way to sign in. Twice changes nothing.

    What others rely on stays, without a name: votes, ideas, decisions, and what was done as work. So do the
    fingerprints of who somebody is, so that nobody votes twice by closing one account and opening another.

    Raises:
        ConflictError: somebody still counts on this account; the error says for what.
    """
    with acting(by, "closed their account"):
        user = User.objects.select_for_update().get(pk=by.pk)
        if user.closed_at is not None:
            return
        if why := hindrances(user):
            raise ConflictError(" ".join(why))
        for forget in _forgets:
            forget(user)
        _farewell(user.email)
        EmailAddress.objects.filter(user=user).delete()
        Authenticator.objects.filter(user=user).delete()
        Session.objects.filter(pk__in=SignIn.objects.filter(user=user).values("session")).delete()
        user.email, user.full_name = f"closed-{user.pk}@closed{NOWHERE}", ""
        user.is_active, user.closed_at = False, core_now()
        user.set_unusable_password()  # ends every session, also one nobody noted
        user.save(update_fields=["email", "full_name", "is_active", "closed_at", "password"])
        AccountDetails.objects.filter(user=user).delete()


def _farewell(address: str) -> None:
    """To the address that is forgotten now; the letter itself goes 30 days after it was sent, as all do."""
    said = []
    for code in offered():
        with override(code):
            said.append(gettext("We closed your account, as you asked. We keep no name and no address of yours."))
    send_message(to=address, subject=in_every_language("Your account is closed"), body="\n\n".join(said), topic=TOPIC)


@hinders
def roles_and_samples(user: User) -> Iterator[Said]:
    """Roles are given back first; the people of the demo stay."""
    for grant in user.role_grants.standing().order_by("pk"):
        yield Said("You are {role}. An administrator takes this role back first.", role=grant.get_role_display())
    if user.sample_slug:
        yield Said("This account belongs to the demo and cannot be closed.")
