"""The limits of authority change by two directors: one proposes, another confirms, and it counts from tomorrow on."""

from datetime import date, timedelta

from django.db import IntegrityError, connection, transaction

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import ConflictError, DomainError, NotAllowedError
from cwf_portal.core.figures_text import day_text
from cwf_portal.core.messages import send_many
from cwf_portal.core.models import RoleGrant, User
from cwf_portal.core.permissions import Permission, require
from grants.domain.limits import CHANGED_AHEAD_DAYS_MAX, Cell, LimitKind
from grants.errors import WrongStateError, in_pounds
from grants.models import AuthorityLimit, LimitChange, OfficerAuthority, ReleaseLimit, WriteOffLimit
from grants.selectors.days import today
from grants.selectors.limits import limits_on
from grants.services.posting import constraint_of

ANEW = "Withdraw it, then propose it afresh."
DAY_HAS_COME = "The day from which this limit would stand has come."
# What the database refuses at the moment of confirming: the day or a post may have ended since it was proposed.
WHY_NOT: dict[str, tuple[type[DomainError], str, str]] = {
    "grants_limitchange_from_tomorrow": (WrongStateError, DAY_HAS_COME, ANEW),
    "grants_limitchange_by_directors": (WrongStateError, "Whoever proposed this is no director any more.", ANEW),
    "grants_limitchange_both_posts": (
        NotAllowedError,
        "Both directors change limits, and whoever proposed this holds the same post as you.",
        "Ask the director of the other post to confirm it.",
    ),
}
SAME_DAY = frozenset(f"grants_{table}_once_a_day" for table in ("authoritylimit", "writeofflimit", "releaselimit"))


def propose_limit(*, by: User, cell: Cell, limit_pence: int, from_on: date, reason: str) -> LimitChange:
    """Propose another limit from a day on. The same again returns the first.

    Args:
        by: A director.
        cell: Which limit.
        limit_pence: The most; 0 for nothing, which is no limit of a release.
        from_on: Tomorrow at the earliest, a year ahead at the latest.
        reason: As officers and auditors read it.

    Raises:
        NotAllowedError: `by` is no director.
        DomainError: No reason, a day out of bounds, nothing to release, or the limit that stands then already.
        ConflictError: Another change of this limit is proposed.
    """
    require(by, Permission.CHANGE_LIMITS)
    said = reason.strip()[:500]
    if not said:
        raise DomainError("A change of a limit needs its reason.", mend="Say why; officers and auditors read it.")
    _check(cell, limit_pence, from_on)
    with acting(by, f"proposed a limit: {cell}"):
        _one_after_the_other()
        waiting = LimitChange.objects.proposed().of_cell(cell).first()
        if waiting is not None:
            if (waiting.limit_pence, waiting.from_on, waiting.reason) == (limit_pence, from_on, said):
                return waiting
            if waiting.from_on <= today():
                raise ConflictError(f"A change of this limit waits. {DAY_HAS_COME}", mend=ANEW)
            raise ConflictError("A change of this limit waits already.", mend="Confirm or withdraw it first.")
        if limits_on(from_on)[cell].pence == limit_pence:
            raise DomainError("That is the limit on that day already.", mend="Enter another amount.")
        return LimitChange.objects.create(
            kind=cell.kind,
            rank=cell.rank,
            risk=cell.risk or "",
            role=cell.role,
            limit_pence=limit_pence,
            from_on=from_on,
            reason=said,
            proposed_by=by,
        )


def confirm_limit(*, by: User, change: LimitChange) -> LimitChange:
    """Agree to a limit: it stands from its day on. Twice changes nothing.

    Raises:
        NotAllowedError: `by` is no director, proposed it, holds the same post as whoever did, or counts as one person
            with them.
        WrongStateError: It was withdrawn, its day has come meanwhile, or whoever proposed it is no director any more.
        ConflictError: Another change of this limit begins on the same day.
    """
    require(by, Permission.CHANGE_LIMITS)
    with acting(by, "agreed to a limit"):
        _one_after_the_other()
        change = LimitChange.objects.select_for_update().get(pk=change.pk)
        if change.confirmed_at is not None:
            return change
        if change.withdrawn_at is not None:
            raise WrongStateError("This change was withdrawn.", mend="Propose it afresh.")
        if change.proposed_by_id == by.pk:
            raise NotAllowedError("You proposed this limit.", mend="Ask the other director to confirm it.")
        change.confirmed_by, change.confirmed_at = by, core_now()
        _keep_confirmed(change)
        _put_in_force(change)
        _tell(change)
        return change


def withdraw_limit(*, by: User, change: LimitChange) -> LimitChange:
    """Take a proposed limit back, one's own or the other director's. Twice changes nothing.

    Raises:
        NotAllowedError: `by` is no director.
        WrongStateError: It is confirmed.
    """
    require(by, Permission.CHANGE_LIMITS)
    with acting(by, "withdrew a proposed limit"):
        change = LimitChange.objects.select_for_update().get(pk=change.pk)
        if change.confirmed_at is not None:
            raise WrongStateError("This limit was agreed on.", mend="Propose another from a later day.")
        if change.withdrawn_at is None:
            change.withdrawn_by, change.withdrawn_at = by, core_now()
            change.save(update_fields=["withdrawn_by", "withdrawn_at"])
        return change


def _check(cell: Cell, limit_pence: int, from_on: date) -> None:
    day = today()
    if from_on <= day:
        raise DomainError("A limit changes from tomorrow at the earliest.", mend="Enter a later day.")
    if from_on > day + timedelta(days=CHANGED_AHEAD_DAYS_MAX):
        raise DomainError("A limit is changed a year ahead at most.", mend="Enter an earlier day.")
    if limit_pence < 0 or cell.kind is LimitKind.RELEASE and not limit_pence:
        raise DomainError("Whoever releases needs a limit above zero.", mend="Take their role away instead.")


def _one_after_the_other() -> None:
    """Two changes of limits wait for each other, so that each sees what the other left."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('grants.limits'))")


def _tell(change: LimitChange) -> None:
    """Write to everybody whose limit changes: of the rank, or in the role, on the day from which it stands."""
    cell = change.cell
    if cell.rank is None:
        holders = RoleGrant.objects.standing().filter(role=cell.role)
        people = User.objects.filter(pk__in=holders.values("user"))
    else:
        ranks = OfficerAuthority.objects.standing(change.from_on).filter(rank=cell.rank)
        people = User.objects.filter(pk__in=ranks.values("user"))
    text = "\n".join(
        [
            f"From {day_text(change.from_on)} this limit is {in_pounds(change.limit_pence)}: {cell}.",
            "",
            f"Why: {change.reason}",
            "Both directors agreed to it.",
        ]
    )
    addresses = people.filter(is_active=True).order_by("email").values_list("email", flat=True)
    send_many(((one, "A limit of yours changes", text) for one in addresses), topic="grants.limits")


def _keep_confirmed(change: LimitChange) -> None:
    """Save it; the database looks at both posts and at the day as they are now. What it refuses is said in words."""
    try:
        with transaction.atomic():
            change.save(update_fields=["confirmed_by", "confirmed_at"])
    except IntegrityError as error:
        if constraint_of(error) not in WHY_NOT:
            raise
        refusal, fact, mend = WHY_NOT[constraint_of(error)]
        raise refusal(fact, mend=mend) from error


def _put_in_force(change: LimitChange) -> None:
    cell, stands = change.cell, {"limit_pence": change.limit_pence, "from_on": change.from_on}
    try:
        with transaction.atomic():
            if cell.rank is None:
                ReleaseLimit.objects.create(role=cell.role, **stands)
            elif cell.risk is None:
                WriteOffLimit.objects.create(rank=cell.rank, **stands)
            else:
                AuthorityLimit.objects.create(rank=cell.rank, risk=cell.risk, **stands)
    except IntegrityError as error:
        if constraint_of(error) not in SAME_DAY:
            raise
        raise ConflictError(
            "Another change of this limit begins on the same day.", mend="Withdraw this one; choose the day after."
        ) from error
