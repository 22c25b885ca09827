"""Annulling a vote: when too few keys are left, an objection is right, or the panel and the fund agree that it must."""

from datetime import datetime

from django.utils.timezone import localdate

from cwf_portal.core.addresses import address_of
from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import NotAllowedError
from cwf_portal.core.messages import send_many
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Permission
from panels.errors import PanelError, PhaseError
from panels.models import (
    Act,
    Annulment,
    AnnulmentCall,
    Certification,
    Keeper,
    ObjectionAnswer,
    PanelMembership,
    Resolution,
    Round,
)
from panels.models.round import OPENING_PAUSE
from panels.permissions import membership_of, require_member_or_officer
from panels.selectors.paper import has_project_at_home
from panels.services.announcing import announce_annulment
from panels.services.pairs import check_other_home

TOPIC = "panels.annulled"
SHORTEST = 10
PUT_OFF = "The vote was annulled."
AGREED = "The panel and the fund agreed: {reason}"


def lock_for_ending(round: Round) -> Round:
    """Whoever certifies, annuls or decides holds the same lock: nobody ends a vote between our look and our row.

    What became of it is read afterwards: a statement that waited for the lock still sees the rows beside it as they
    were when it began to wait.
    """
    return Round.objects.select_for_update(of=("self",), no_key=True).select_related("panel").get(pk=round.pk)


def call_for_annulment(*, by: User, round: Round, reason: str) -> AnnulmentCall:
    """Say that a closed vote must not stand. With one of the panel and one of the fund it is annulled.

    It is for votes that could otherwise neither be certified nor annulled: the box cannot be opened, a keeper cannot
    open it again, other ballots were found in it, or the panel and the fund do not agree on an objection.

    Raises:
        NotAllowedError: `by` is neither of the panel nor an officer, has a project in the vote at home, or lives with
            whoever has called for it.
        PhaseError: voting has not been over for 60 seconds, or the vote is certified.
        PanelError: there is no reason, or somebody of the same side has said so already.
    """
    with acting(by, "called for a vote to be annulled"):
        locked = lock_for_ending(round)
        day = localdate(core_now())
        require_member_or_officer(by, locked.panel, day=day, permission=Permission.APPOINT_KEEPER)
        known = AnnulmentCall.objects.filter(round=locked, called_by=by).first()
        if known:
            return known
        _check_open(locked)
        if has_project_at_home(by, locked):
            raise NotAllowedError("You or your household have a project in this vote.", mend="Somebody else says it.")
        if len(reason.strip()) < SHORTEST:
            raise PanelError("The reason is missing.", mend="One or two sentences; everybody can read them.")
        side = ObjectionAnswer.Side.PANEL if membership_of(by, locked.panel, day) else ObjectionAnswer.Side.FUND
        calls = AnnulmentCall.objects.filter(round=locked)
        if calls.filter(side=side).exists():
            raise PanelError("Somebody of your side has said so already.", mend="Now the other side has to agree.")
        check_other_home(by, calls.values_list("called_by", flat=True))
        call = AnnulmentCall.objects.create(round=locked, side=side, called_by=by, reason=reason.strip()[:250])
        if calls.count() == len(ObjectionAnswer.Side):
            annul(locked, by=by, reason=AGREED.format(reason=call.reason))
        return call


def annul(round: Round, *, by: User, reason: str) -> Annulment:
    """Let a vote not count, for the reason that everybody reads. The caller holds the lock of the round.

    A decision on it that is still open is put off. One that was carried stands as it was taken; officers are asked to
    look at it.
    """
    annulment, is_new = Annulment.objects.get_or_create(
        round=round, defaults={"reason": reason[:300], "annulled_by": by}
    )
    if not is_new:
        return annulment
    still = Resolution.objects.filter(round=round, status=Resolution.Status.OPEN)
    still.update(status=Resolution.Status.DEFERRED, decided_at=core_now(), outcome=PUT_OFF)
    announce_annulment(round, annulment)
    subject, page = f"Annulled: {round.title}", address_of("panels:round-detail", round.pk)
    body = f"The vote “{round.title}” is annulled. It does not count.\n\n{annulment.reason}\n\n{page}\n"
    send_many([(address, subject, body) for address in panel_and_keepers(round)], topic=TOPIC)
    return annulment


def is_to_annul(round: Round, at: datetime) -> bool:
    """Whether voting is over for good: nothing that was cast in time can still be on its way into the box."""
    is_closed = round.permits(Act.ANNUL, at)
    return is_closed and at >= round.voting_closes_at + OPENING_PAUSE


def _check_open(round: Round) -> None:
    if not is_to_annul(round, core_now()):
        raise PhaseError("Only a vote that is closed can be annulled in this way, a minute after it has closed.")
    if Certification.objects.filter(round=round, certified_at__isnull=False).exists():
        raise PhaseError("This vote is certified. It can no longer be annulled.")


def panel_and_keepers(round: Round) -> list[str]:
    """Addresses of those who sit on the panel today and of the three who keep the keys."""
    sitting = PanelMembership.objects.on(localdate(core_now())).filter(panel=round.panel_id).values("user")
    keeping = Keeper.objects.filter(round=round).values("user")
    people = User.objects.filter(pk__in=sitting.union(keeping), is_active=True)
    return list(people.order_by("pk").values_list("email", flat=True))
