"""Setting money aside for the places that start together. Each start needs its headroom whole."""

from collections.abc import Sequence

from django.utils.timezone import localdate

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import ConflictError, DomainError, NotAllowedError
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Permission, require
from grants.domain.award import Strand, award_pence, is_eligible
from grants.domain.ledger import JournalKind, Line, Purse
from grants.domain.postings import allocated
from grants.domain.shares import share_out, split_cumulatively
from grants.errors import HeadroomError
from grants.models import Allocation, AllocationFunding, Cohort, Programme
from grants.models.programme import POUND_PENCE
from grants.services.headroom import frozen_sentence, lock_sources
from grants.services.posting import Entry, post_journals
from grants.services.publishing import publish_allocations
from neighbourhoods.models import Ranking


def propose_cohort(*, by: User, programme: Programme, ranking: Ranking, number: int) -> Cohort:
    """Propose that the places of one start of a ranking are set aside what the programme's formula gives.

    Places outside the programme's band are left out. Proposing the same start again returns the first proposal.

    Raises:
        NotAllowedError: `by` may not manage the endowment.
        DomainError: The ranking has no such start, or the band leaves nobody in it.
    """
    require(by, Permission.MANAGE_ENDOWMENT)
    rule = programme.award_rule
    entries = ranking.entries.filter(cohort=number).select_related("neighbourhood").order_by("position")
    places = [entry.neighbourhood for entry in entries if is_eligible(rule, entry.neighbourhood.population)]
    if not places:
        raise DomainError(f"No place of start {number} fits this programme.", mend="Choose another start.")
    with acting(by, f"proposed start {number} of {programme.code}"):
        cohort, created = Cohort.objects.get_or_create(
            programme=programme, number=number, defaults={"ranking": ranking, "proposed_by": by}
        )
        if created:
            Allocation.objects.bulk_create(
                Allocation(
                    programme=programme,
                    neighbourhood=place,
                    cohort=cohort,
                    residents=place.population,
                    amount_pence=award_pence(rule, place.population),
                )
                for place in places
            )
        return cohort


def allocate_cohort(*, by: User, cohort: Cohort) -> Cohort:
    """Confirm a proposed start: post every allocation at once, or none where headroom does not suffice for all.

    Sources give in proportion to what each can promise, in whole pounds. Confirming twice changes nothing.

    Raises:
        NotAllowedError: `by` may not manage the endowment, or proposed this start.
        HeadroomError: The start needs more than can be promised.
    """
    require(by, Permission.MANAGE_ENDOWMENT)
    with acting(by, "set money aside for the places of a start"):
        cohort = (
            Cohort.objects.select_for_update(no_key=True, of=("self",)).select_related("proposed_by").get(pk=cohort.pk)
        )
        if cohort.allocated_at is not None:
            return cohort
        if cohort.proposed_by_id == by.pk:
            raise NotAllowedError("You proposed this start.", mend="Ask the other director to confirm it.")
        allocations = list(
            cohort.allocations.select_related("neighbourhood").order_by("-amount_pence", "neighbourhood__code")
        )
        at = core_now()
        _fund(by, cohort, allocations)
        cohort.allocated_by = by
        cohort.allocated_at = at
        cohort.save(update_fields=["allocated_by", "allocated_at"])
        publish_allocations(by=by, allocations=allocations, happens_on=localdate(at), at=at)
        return cohort


def _fund(by: User, cohort: Cohort, allocations: Sequence[Allocation]) -> None:
    """Divide the start among sources under their lock, and post it."""
    standings = lock_sources()
    room = {standing.source.pk: standing.room_pence(Strand.PLACE) // POUND_PENCE for standing in standings}
    wanted = sum(allocation.amount_pence for allocation in allocations)
    if wanted > sum(room.values()) * POUND_PENCE:
        raise HeadroomError(
            wanted_pence=wanted,
            available_pence=sum(room.values()) * POUND_PENCE,
            what=f"the {len(allocations)} places of start {cohort.number}",
            frozen=" ".join(frozen_sentence(standing) for standing in standings if standing.is_frozen),
        )
    shares = _shares(allocations, room)
    AllocationFunding.objects.bulk_create(
        AllocationFunding(allocation=allocation, source_id=source, amount_pence=pence)
        for allocation, by_source in zip(allocations, shares, strict=True)
        for source, pence in by_source.items()
    )
    on = localdate(core_now())
    entries = [
        Entry(
            kind=JournalKind.ALLOCATION,
            key=f"allocation:{cohort.programme_id}:{allocation.neighbourhood_id}",
            lines=_lines(allocation, by_source),
            effective_on=on,
            reference=f"start {cohort.number}",
            approver=by,
        )
        for allocation, by_source in zip(allocations, shares, strict=True)
    ]
    post_journals(by=cohort.proposed_by, entries=entries)


def _shares(allocations: Sequence[Allocation], room: dict[int, int]) -> list[dict[int, int]]:
    """Pence by source for each allocation, in whole pounds."""
    pounds = [allocation.amount_pence // POUND_PENCE for allocation in allocations]
    totals = share_out(sum(pounds), list(room.values()))
    rows = split_cumulatively(pounds, totals)
    return [{source: share * POUND_PENCE for source, share in zip(room, row, strict=True) if share} for row in rows]


def _lines(allocation: Allocation, by_source: dict[int, int]) -> list[Line]:
    return [
        line
        for source, pence in by_source.items()
        for line in allocated(Purse(source, Strand.PLACE, allocation.neighbourhood_id), pence)
    ]


def withdraw_proposal(*, by: User, cohort: Cohort) -> None:
    """Take back a start that nobody has confirmed, so that it can be proposed afresh.

    Raises:
        NotAllowedError: `by` may not manage the endowment.
        ConflictError: The money is already set aside.
    """
    require(by, Permission.MANAGE_ENDOWMENT)
    with acting(by, "withdrew a proposed start"):
        cohort = Cohort.objects.select_for_update().get(pk=cohort.pk)
        if cohort.allocated_at is not None:
            raise ConflictError("The money of this start is set aside already.", mend="Nothing can be taken back here.")
        cohort.allocations.all().delete()
        cohort.delete()
