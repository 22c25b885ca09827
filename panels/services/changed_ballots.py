"""Ballots in the box that are not on the public list: somebody with the database changed them, and they never count."""

from cwf_portal.core.addresses import address_of
from cwf_portal.core.messages import send_many
from panels.errors import PanelError
from panels.models import RollEntry, Round, SetAside
from panels.selectors.paper import changed_papers_count, entries_of_changed_ballots
from panels.services.annulling import panel_and_keepers
from panels.services.certifying import RECEIPT_TOPIC, TELL_AND_ANNUL

TOPIC = "panels.changed"


def set_changed_aside(round: Round) -> int:
    """Set aside, unopened, what is not on the public list, and tell the voters, the panel and the keepers; how many.

    The entry of the list that a changed ballot stood for stays explained: it is counted with those set aside. The
    caller holds the lock of the round, and has brought the public list up to date.

    Raises:
        PanelError: a ballot from paper was changed. It stands beside nobody, so that it cannot be set aside.
    """
    papers = changed_papers_count(round)
    if papers:
        raise PanelError(
            f"{papers} of the ballots from paper {'is' if papers == 1 else 'are'} not on the public list: somebody "
            "changed them in the database.",
            mend=TELL_AND_ANNUL,
        )
    changed = entries_of_changed_ballots(round)
    if changed:
        SetAside.objects.bulk_create(SetAside(roll_entry_id=pk, reason=SetAside.Reason.CHANGED) for pk in changed)
        _tell(round, changed)
    return len(changed)


def _tell(round: Round, changed: list[int]) -> None:
    page, annul = (address_of(f"panels:{name}", round.pk) for name in ("round-detail", "round-annul"))
    subject = f"A ballot was changed: {round.title}"
    to_voter = (
        f"The ballot that stands in the box for you in “{round.title}” is not the one you put in: it is not on the "
        "public list. Somebody changed it in the database. It is not opened and not counted, and neither is yours.\n\n"
        f"Please tell the fund, and keep your receipt. You can object to the result once it is published: {page}\n"
    )
    number = "1 ballot" if len(changed) == 1 else f"{len(changed)} ballots"
    to_others = (
        f"{number} in the box of “{round.title}” cannot be found on the public list. Somebody changed it in the "
        "database after it was cast. It is set aside unopened, its voter is told, and the page of the vote says how "
        "many there were.\n\n"
        f"The vote can go on. If it must not, one of the panel and one of the fund annul it: {annul}\n"
    )
    voters = RollEntry.objects.filter(pk__in=changed).order_by("pk").values_list("user__email", flat=True)
    send_many([(address, subject, to_voter) for address in voters], topic=RECEIPT_TOPIC.format(round=round.pk))
    send_many([(address, subject, to_others) for address in panel_and_keepers(round)], topic=TOPIC)
