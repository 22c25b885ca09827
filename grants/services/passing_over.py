"""Going on without a message of the bank that cannot be taken in: one person asks, another agrees."""

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import DomainError, NotAllowedError
from cwf_portal.core.models import User
from cwf_portal.core.outbox import nudge_after_commit
from cwf_portal.core.permissions import Permission, require
from grants.errors import WrongStateError
from grants.models import BankMessage, Opinion, PassedOver
from grants.services.rejections import last_sequence, lock_messages


def propose_passing_over(*, by: User, message: BankMessage, reason: str) -> PassedOver:
    """Ask to go on without a refused report or notice. Nothing happens until somebody else agrees.

    Asking the same again returns the first request.

    Raises:
        NotAllowedError: `by` may not clear what the bank left open.
        DomainError: no reason was given, or it is a statement.
        WrongStateError: it is not what keeps the messages after it waiting.
    """
    require(by, Permission.CLEAR_SUSPENSE)
    if not reason.strip():
        raise DomainError("Going on without a message needs a reason.", mend="Say what the bank answered about it.")
    with acting(by, f"asked to pass over {message}: {reason.strip()}"):
        lock_messages()
        standing = message.passed_over.exclude(status=Opinion.REFUSED).first()
        if standing is not None and standing.proposed_by_id == by.pk:
            return standing
        if standing is not None:
            raise WrongStateError("Somebody has asked to pass this over.", mend="Confirm or refuse that first.")
        _require_in_the_way(message)
        return PassedOver.objects.create(message=message, reason=reason.strip()[:300], proposed_by=by)


def confirm_passing_over(*, by: User, passed_over: PassedOver) -> PassedOver:
    """Agree: nothing of the message is acted upon, and the messages after it are taken in. Twice changes nothing.

    Raises:
        NotAllowedError: `by` may not clear what the bank left open, or asked for it.
        WrongStateError: the request was refused, or a right message came meanwhile.
    """
    require(by, Permission.CLEAR_SUSPENSE)
    with acting(by, "agreed to pass over a message of the bank"):
        lock_messages()
        passed_over = _locked(passed_over)
        if passed_over.status == Opinion.CONFIRMED:
            return passed_over
        _require_open(passed_over)
        if passed_over.proposed_by_id == by.pk:
            raise NotAllowedError("You asked to pass this over.", mend="Ask somebody else to confirm it.")
        _require_in_the_way(passed_over.message)
        decided = _decide(by, passed_over, Opinion.CONFIRMED)
        nudge_after_commit()
        return decided


def refuse_passing_over(*, by: User, passed_over: PassedOver) -> PassedOver:
    """Say that the fund does not go on without the message, or take one's own request back.

    Raises:
        NotAllowedError: `by` may not clear what the bank left open.
        WrongStateError: it is confirmed or refused already.
    """
    require(by, Permission.CLEAR_SUSPENSE)
    with acting(by, "refused to pass over a message of the bank"):
        passed_over = _locked(passed_over)
        _require_open(passed_over)
        return _decide(by, passed_over, Opinion.REFUSED)


def _require_in_the_way(message: BankMessage) -> None:
    kind = BankMessage.Kind(message.kind)
    if kind == BankMessage.Kind.STATEMENT:
        raise DomainError(
            "A statement is never passed over: without it the balances would not carry on.",
            mend="Ask the bank for a right one.",
        )
    if message.outcome != BankMessage.Outcome.REFUSED or message.sequence != last_sequence(kind) + 1:
        raise WrongStateError("This message keeps nothing waiting.", mend="Look at the bank's page again.")


def _locked(passed_over: PassedOver) -> PassedOver:
    return PassedOver.objects.select_related("message").select_for_update(of=("self",)).get(pk=passed_over.pk)


def _require_open(passed_over: PassedOver) -> None:
    if passed_over.status != Opinion.PROPOSED:
        raise WrongStateError(f"This request is “{passed_over.get_status_display().lower()}” already.")


def _decide(by: User, passed_over: PassedOver, status: Opinion) -> PassedOver:
    passed_over.status, passed_over.decided_by, passed_over.decided_at = status, by, core_now()
    passed_over.save(update_fields=["status", "decided_by", "decided_at"])
    return passed_over
