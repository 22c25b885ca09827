"""Not publishing what an objection says: asked for by one side, agreed by the other, with a reason that is published.

Nothing is erased: the panel and the fund still read it, and the objector does. That somebody objected, when, and how it
was answered stays published.
"""

from django.utils.timezone import localdate

from cwf_portal.core.addresses import address_of
from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import NotAllowedError
from cwf_portal.core.messages import send_message
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Permission
from panels.errors import PanelError
from panels.models import Objection, Round, Withholding
from panels.permissions import require_member_or_officer
from panels.services.annulling import lock_for_ending
from panels.services.objecting import SHORTEST, TOPIC, check_independent, side_of
from panels.services.pairs import check_other_home


def ask_to_withhold(*, by: User, objection: Objection, why: str, reason: str) -> Withholding:
    """Say, for the panel or the fund, that what an objection says must not be published. What was asked first stands.

    Raises:
        NotAllowedError: `by` is neither of the panel nor an officer, objected, lives with whoever did, or has a
            project in the vote at home.
        PanelError: there is no reason.
    """
    with acting(by, "asked for an objection not to be published"):
        round = _locked(by, objection)
        known = Withholding.objects.filter(objection=objection).first()
        if known:
            return known
        if why not in Withholding.Why.values or len(reason.strip()) < SHORTEST:
            raise PanelError("The reason is missing.", mend="One or two sentences; everybody can read them.")
        return Withholding.objects.create(
            objection=objection, why=why, reason=reason.strip(), asked_by=by, asked_side=side_of(by, round)
        )


def agree_to_withhold(*, by: User, withholding: Withholding) -> Withholding:
    """Agree, for the other side: from now on the text is not published. The objector is told. Twice changes nothing.

    Raises:
        NotAllowedError: as `ask_to_withhold`; or `by` asked, lives with whoever did, or is of the same side.
        PanelError: somebody has refused it meanwhile.
    """
    with acting(by, "agreed that an objection is not published"):
        round, locked = _locked_request(by, withholding)
        if locked.agreed_at:
            return locked
        locked.agreed_by, locked.agreed_side, locked.agreed_at = by, side_of(by, round), core_now()
        locked.save(update_fields=["agreed_by", "agreed_side", "agreed_at"])
        send_message(
            to=locked.objection.objector.email,
            subject=f"Your objection: {round.title}",
            body="What your objection says is not published, as the panel and the fund agreed. "
            f"{locked.get_why_display()}. {locked.reason}\n\nThat you objected, and the answer to it, stay published "
            f"without your name. You can still read what you wrote:\n{address_of('panels:objection-new', round.pk)}\n",
            topic=TOPIC,
        )
        return locked


def refuse_to_withhold(*, by: User, withholding: Withholding) -> None:
    """Say, for the other side, that the text is published. It can be asked anew; the history keeps both.

    Raises:
        NotAllowedError: as `agree_to_withhold`.
        PanelError: it is agreed already, or somebody else has refused it.
    """
    with acting(by, "did not agree that an objection is not published"):
        _, locked = _locked_request(by, withholding)
        if locked.agreed_at:
            raise PanelError("The panel and the fund have agreed on this.")
        locked.delete()


def _locked(by: User, objection: Objection) -> Round:
    round = lock_for_ending(objection.round)
    require_member_or_officer(by, round.panel, day=localdate(core_now()), permission=Permission.APPOINT_KEEPER)
    check_independent(by, [objection.pk], round)
    return round


def _locked_request(by: User, withholding: Withholding) -> tuple[Round, Withholding]:
    round = _locked(by, withholding.objection)
    locked = Withholding.objects.select_related("objection__objector").filter(pk=withholding.pk).first()
    if locked is None:
        raise PanelError("The other side did not agree to this.", mend="It can be asked anew.")
    if not locked.agreed_at and (locked.asked_by_id == by.pk or locked.asked_side == side_of(by, round)):
        raise NotAllowedError("Your side has asked for this.", mend="Somebody of the other side agrees or does not.")
    if not locked.agreed_at:
        check_other_home(by, [locked.asked_by_id])
    return round, locked
