"""A polling place's own table: somebody who is present and not on the list is put on it there.

Their vote hangs on the same kind of entry as that of somebody who votes first on this site: it counts once two people
who met them have confirmed where they live, or another of the ways is used, in time. Until then their envelope stays
closed. Who entered whom is kept, and its numbers are shown to whoever checks the list.
"""

from django.utils.timezone import localdate

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import NotAllowedError
from cwf_portal.core.models import User
from panels.domain.people import age_on
from panels.errors import NotOnRollError
from panels.models import Residence, RollEntry, Round, TableEntry
from panels.services.casting import too_young
from panels.services.enrolling import enrol_one
from panels.services.paper import lock_for_polling, require_voting
from panels.services.residence import AT_A_TABLE, PersonDetails, check_details, declare_residence

NOWHERE = "table-{fingerprint}" + AT_A_TABLE  # nobody can own an address in .invalid, so nobody can sign in with it


def enter_at_table(*, by: User, round: Round, details: PersonDetails) -> RollEntry:
    """Put somebody who is present on the list, pending where the round asks for more; the same details, the same entry.

    Whoever has shown here before that these details are theirs is put on the list with that account. What somebody only
    typed in with an account of their own is left as it is: nobody here can know whether it was this person.

    Raises:
        PhaseError: voting is not open.
        NotAllowedError: `by` neither sits on the panel nor is an officer, or these are their own details.
        ResidenceError: a detail is missing or impossible.
        NotOnRollError: they are too young, said that they live in another place, or were found to.
    """
    with acting(by, "put somebody on the list at a polling place"):
        locked = lock_for_polling(by, round)
        require_voting(locked)
        today = localdate(core_now())
        check_details(details, today)
        if age_on(details.born_on, today) < locked.minimum_age:
            raise too_young(locked, who="They")
        if Residence.objects.filter(user=by, person_hmac=details.person_hmac).exists():
            raise NotAllowedError("These are your own details.", mend="Say on your home page where you live.")
        residence = _shown(details) or _declared(locked, details)
        known = RollEntry.objects.filter(round=locked, user=residence.user_id).first()
        if known:
            return known
        enrol_one(locked, residence.user_id)
        entry = RollEntry.objects.filter(round=locked, user=residence.user_id).first()
        if entry is None:
            raise NotOnRollError("These details are known here, of somebody in another place.", mend="Ask the fund.")
        TableEntry.objects.create(roll_entry=entry, entered_by=by)
        return entry


def _shown(details: PersonDetails) -> Residence | None:
    """Of somebody who has shown that these details are theirs, with whatever account, or that they were.

    What was corrected since is theirs still where the birth date is the same; with another it may be somebody else's.
    """
    proved = Residence.objects.exclude(proved_by="")
    theirs = proved.filter(person_hmac=details.person_hmac).first()
    were_theirs = proved.filter(born_hmac=details.born_hmac, former_fingerprints__person_hmac=details.person_hmac)
    return theirs or were_theirs.order_by("former_fingerprints__pk").last()


def _declared(round: Round, details: PersonDetails) -> Residence:
    """What the person says at the table, under an account that nobody can sign in with.

    Whoever may have typed the same with an account of their own before has nothing to do with it.
    """
    email = NOWHERE.format(fingerprint=details.person_hmac[:40])
    known = Residence.objects.filter(user__email=email).first()
    if known:
        return known
    account = User.objects.filter(email=email).first() or User.objects.create_user(email)
    return declare_residence(by=account, details=details, neighbourhood=round.panel.neighbourhood)
