"""Ballots in the box that this site did not put there, or that are not on the public list: they never count.

Somebody with the database wrote them: for a voter, in place of a voter's own, or for somebody who did not vote.
"""

from cwf_portal.core.addresses import address_of
from cwf_portal.core.messages import send_many
from panels.errors import PanelError
from panels.models import RollEntry, Round, SealedPaper, SetAside
from panels.selectors.paper import changed_papers_count, entries_of_changed_ballots, paper_count_of
from panels.services.annulling import panel_and_keepers
from panels.services.certifying import RECEIPT_TOPIC, TELL_AND_ANNUL
from panels.services.marking import entries_not_ours, papers_not_ours_count

TOPIC = "panels.changed"


def set_changed_aside(round: Round) -> int:
    """Set aside, unopened, what this site did not put there, and tell the voters, the panel and the keepers; how many.

    The entry of the list that a changed ballot stood for stays explained: it is counted with those set aside. The
    caller holds the lock of the round, and has brought the public list up to date.

    Raises:
        PanelError: a ballot from paper was changed, added or taken out. It stands beside nobody, so that it cannot be
            set aside.
    """
    _check_papers(round)
    aside = SetAside.objects.filter(roll_entry__round=round).values_list("roll_entry", flat=True)
    changed = sorted({*entries_of_changed_ballots(round), *entries_not_ours(round)} - set(aside))
    if changed:
        SetAside.objects.bulk_create(SetAside(roll_entry_id=pk, reason=SetAside.Reason.CHANGED) for pk in changed)
        _tell(round, changed)
    return len(changed)


def _check_papers(round: Round) -> None:
    papers = changed_papers_count(round) + papers_not_ours_count(round)
    counted = paper_count_of(round)
    if papers or (counted and counted.papers_count != SealedPaper.objects.filter(round=round).count()):
        raise PanelError(
            "The ballots from paper are not those that two people entered: somebody changed them in the database.",
            mend=TELL_AND_ANNUL,
        )


def _tell(round: Round, changed: list[int]) -> None:
    page, annul = (address_of(f"panels:{name}", round.pk) for name in ("round-detail", "round-annul"))
    subject = f"A ballot was changed: {round.title}"
    to_voter = (
        f"What stands in the box for you in “{round.title}” was not put there by this site: somebody changed it in the "
        "database. It is not opened and not counted, and neither is a ballot that you put in before.\n\n"
        f"Please tell the fund, and keep your receipt. You can object to the result once it is published: {page}\n"
    )
    number = "1 ballot" if len(changed) == 1 else f"{len(changed)} ballots"
    to_others = (
        f"{number} in the box of “{round.title}” {'was' if len(changed) == 1 else 'were'} not put there by this site: "
        "somebody changed it in the database. It is set aside unopened, its voter is told, and the page of the vote "
        "says how many there were.\n\n"
        f"The vote can go on. If it must not, one of the panel and one of the fund annul it: {annul}\n"
    )
    voters = RollEntry.objects.filter(pk__in=changed).order_by("pk").values_list("user__email", flat=True)
    send_many([(address, subject, to_voter) for address in voters], topic=RECEIPT_TOPIC.format(round=round.pk))
    send_many([(address, subject, to_others) for address in panel_and_keepers(round)], topic=TOPIC)
