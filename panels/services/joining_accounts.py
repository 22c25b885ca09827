"""What was shown under an account nobody can sign in with, by somebody who has one of their own since.

Whoever was put on the list at a polling place, or voted with the card of an event, has shown there that these details
are theirs, and nobody can show it a second time. Once two people have found that the owner of another account is the
same person, that account has shown it instead. The voters' lists are never changed: of the two entries in a vote the
one with a vote counts, and the other is set aside at once.
"""

from cwf_portal.core.clock import core_now
from panels.errors import PaperError
from panels.models import HelpIntention, OpeningSet, PaperEnvelope, Residence, RollEntry, Round, SealedBallot, SetAside
from panels.services.enrolling import enrol_one


def shown_by_nobody(person_hmac: str) -> Residence | None:
    """What was shown of this person under an account nobody can sign in with, locked."""
    homes = Residence.objects.select_for_update(of=("self",)).of_nobody().select_related("user")
    return homes.filter(person_hmac=person_hmac).exclude(proved_by="").first()


def release(other: Residence) -> None:
    """From now on these details can be shown again, by one account. What two people corrected says by which."""
    other.proved_by = Residence.ProvedBy.NOTHING
    other.level, other.shown_at = Residence.Level.DECLARED, None
    other.save(update_fields=["proved_by", "level", "shown_at"])


def join_votes(own: Residence, other: Residence, rounds: list[Round]) -> None:
    """In each of these votes let one of the two entries count: the other account's where a vote stands there.

    The caller holds the locks of the rounds and of both residences, and `own` has shown where they live.

    Raises:
        PaperError: an envelope is out for one of the two, or somebody is helping them to vote at this moment.
    """
    fixed = OpeningSet.objects.filter(round__in=rounds).values("round")
    entries = RollEntry.objects.filter(user=other.user_id, round__in=rounds).exclude(round__in=fixed)
    for entry in entries.select_related("round").order_by("pk"):
        if core_now() < entry.round.voting_closes_at:
            enrol_one(entry.round, own.user_id)
        mine = RollEntry.objects.filter(round=entry.round_id, user=own.user_id).first()
        _check_nothing_out([entry.pk, *([mine.pk] if mine else [])])
        has_voted = SealedBallot.objects.standing().filter(roll_entry=entry).exists()
        leaves = mine if has_voted else entry
        if leaves:
            SetAside.objects.get_or_create(roll_entry=leaves, defaults={"reason": SetAside.Reason.TWICE})


def _check_nothing_out(entries: list[int]) -> None:
    out = PaperEnvelope.objects.filter(roll_entry__in=entries, state=PaperEnvelope.State.ISSUED)
    if out.exists():
        raise PaperError("An envelope is out for this person.", mend="Receive it, or note it as lost, first.")
    if HelpIntention.objects.filter(roll_entry__in=entries).exists():
        raise PaperError("Somebody is helping this person to vote.", mend="Try again in a minute.")
