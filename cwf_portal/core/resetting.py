"""Taking away the second step of somebody who lost theirs: two administrators agree, or the operator of the machine."""

from allauth.mfa.models import Authenticator

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import ConflictError, DomainError, NotAllowedError
from cwf_portal.core.messages import send_message
from cwf_portal.core.models import SecondStepReset, User
from cwf_portal.core.permissions import Permission, require, require_still

ASKED = (
    "Somebody told an administrator that you lost your second step of signing in, and asked to take it away: "
    "{reason}\n\nIf that is not so, tell the fund at once: a second administrator can still refuse."
)
TAKEN = (
    "The fund took away your second step of signing in, and ended your sessions. Sign in with your email and set up a "
    "new one.\n\nIf you did not ask for that, tell the fund at once."
)


def request_reset(*, by: User, user: User, reason: str) -> SecondStepReset:
    """Ask that the second steps of `user` be taken away; nothing happens until another administrator confirms.

    Asking again while a request waits returns that one.

    Raises:
        NotAllowedError: `by` gives no roles, or asks for themselves.
        ConflictError: The person has no second step.
        DomainError: No reason was given.
    """
    require(by, Permission.GRANT_ROLES)
    if user.pk == by.pk:
        raise NotAllowedError("Nobody resets their own second step.", mend="Ask another administrator.")
    if not reason.strip():
        raise DomainError("A reason is missing.", mend="Say how you know that it is them, and what they lost.")
    with acting(by, f"asked to take away the second step of account {user.pk}"):
        User.objects.select_for_update().get(pk=user.pk)
        if waiting := SecondStepReset.objects.waiting().filter(user=user).first():
            return waiting
        if not Authenticator.objects.filter(user=user).exists():
            raise ConflictError("This person has no second step.", mend="They can sign in and set one up.")
        send_message(
            to=user.email,
            subject="Somebody asked to take away your second step",
            body=ASKED.format(reason=reason.strip()),
            topic="core.second_step",
        )
        return SecondStepReset.objects.create(user=user, reason=reason.strip(), requested_by=by)


def confirm_reset(*, by: User, reset: SecondStepReset) -> SecondStepReset:
    """Take away all second steps of the person and end their sessions; confirming twice changes nothing.

    Raises:
        NotAllowedError: `by` gives no roles, asked for this one, or is the person.
        ConflictError: It was refused, or whoever asked gives no roles any more.
    """
    require(by, Permission.GRANT_ROLES)
    with acting(by, f"took away the second step of account {reset.user_id}"):
        reset = _locked(reset)
        if by.pk in {reset.requested_by_id, reset.user_id}:
            raise NotAllowedError("A second administrator confirms this.", mend="Ask another one.")
        if reset.refused_by_id is not None:
            raise ConflictError("This request was refused.", mend="Ask anew if the person did lose it.")
        if reset.confirmed_by_id is None:
            require_still(reset.requested_by, Permission.GRANT_ROLES)
            reset.confirmed_by, reset.confirmed_at = by, core_now()
            reset.save(update_fields=["confirmed_by", "confirmed_at"])
            _take_away(reset.user)
        return reset


def refuse_reset(*, by: User, reset: SecondStepReset) -> SecondStepReset:
    """Leave the person's second step; whoever asked may take it back this way. Refusing twice changes nothing.

    Raises:
        NotAllowedError: `by` gives no roles.
        ConflictError: It was confirmed.
    """
    require(by, Permission.GRANT_ROLES)
    with acting(by, f"refused to take away the second step of account {reset.user_id}"):
        reset = _locked(reset)
        if reset.confirmed_by_id is not None:
            raise ConflictError("This was confirmed already.", mend="The person can set up a new one.")
        if reset.refused_by_id is None:
            reset.refused_by, reset.refused_at = by, core_now()
            reset.save(update_fields=["refused_by", "refused_at"])
        return reset


def reset_by_operator(*, by: str, email: str) -> User:
    """Take away somebody's second steps where fewer than three administrators are left to do it.

    Args:
        by: Who sits at the machine, as history names them.
        email: Of the account.

    Raises:
        ConflictError: There is no such account, or it has no second step.
    """
    with acting(by, "took away a second step, as operator"):
        user = User.objects.select_for_update().filter(email=email.strip().lower()).first()
        if user is None or not Authenticator.objects.filter(user=user).exists():
            raise ConflictError("No account with this address has a second step.", mend="Check the address.")
        _take_away(user)
        return user


def _locked(reset: SecondStepReset) -> SecondStepReset:
    return SecondStepReset.objects.select_for_update(of=("self",)).select_related("user").get(pk=reset.pk)


def _take_away(user: User) -> None:
    Authenticator.objects.filter(user=user).delete()
    user.set_unusable_password()  # a new one each time, on which sessions hang: all of the person's end
    user.save(update_fields=["password"])
    send_message(to=user.email, subject="Your second step was taken away", body=TAKEN, topic="core.second_step")
