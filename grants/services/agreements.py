"""The life of an agreement outside approval: drafted from a panel's decision, offered, accepted, lapsed, completed."""

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta

from django.db.models import QuerySet
from django.utils.timezone import localdate

from cwf_portal.core.audit import Actor, acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import ConflictError, DomainError, NotAllowedError
from cwf_portal.core.figures_text import day_text
from cwf_portal.core.messages import send_message
from cwf_portal.core.models import User
from cwf_portal.core.permissions import Permission, require
from grants.domain.award import contribution_pence
from grants.domain.shares import share_out
from grants.errors import WrongStateError, in_pounds
from grants.models import (
    TRANSITIONS,
    AccountableBody,
    Agreement,
    AgreementFunding,
    AgreementStatus,
    Allocation,
    BodyContact,
)
from grants.models.agreement import PROMISED
from grants.models.programme import POUND_PENCE
from grants.selectors.agreements import offers_to_lapse, terms_to_close
from grants.selectors.ledger import allocated_by_source
from grants.services.commitments import commit_through, give_back_offer, schedule_agreement
from grants.services.publishing import publish_step
from grants.services.uplift_cap import set_uplift_cap
from panels.models import Annulment, Resolution, Round
from panels.services.annulling import lock_for_ending

S = AgreementStatus
Closing = Callable[[Actor, Agreement, datetime], None]


def locked(agreement: Agreement) -> Agreement:
    """The agreement as stored now, locked against every other step until the transaction ends."""
    return locked_all([agreement.pk])[agreement.pk]


def locked_alone(agreement: Agreement) -> Agreement:
    """As `locked`, for steps that name neither place nor organisation: these are read only when asked for."""
    return Agreement.objects.select_for_update(no_key=True).get(pk=agreement.pk)


def locked_all(pks: Iterable[int]) -> dict[int, Agreement]:
    """Agreements as stored now, by primary key, locked in that order, so that two who lock many never wait in a ring.

    Raises:
        Agreement.DoesNotExist: One of them is not there.
    """
    wanted = set(pks)
    parties = Agreement.objects.with_parties().select_for_update(no_key=True, of=("self",))
    found = {agreement.pk: agreement for agreement in parties.filter(pk__in=wanted).order_by("pk")}
    if len(found) < len(wanted):
        raise Agreement.DoesNotExist("An agreement that was to be locked is not there.")
    return found


def move_to(agreement: Agreement, status: AgreementStatus) -> None:
    """Set the next status in memory; the caller saves it with what belongs to it.

    Raises:
        WrongStateError: The table of transitions has no such step.
    """
    if status not in TRANSITIONS[AgreementStatus(agreement.status)]:
        raise WrongStateError(
            f"This agreement is “{agreement.get_status_display().lower()}”.",
            mend="Open it again to see what happens next.",
        )
    agreement.status = status


def draft_agreement(*, by: Actor, resolution: Resolution) -> Agreement:
    """Draft the agreement that a panel's decision asks for; drafting again returns the first.

    The amount is what is set aside for the place; each source gives what it set aside, and the organisation's
    contribution comes on top.

    Raises:
        ConflictError: Nothing is set aside, the organisation is not registered, an agreement stands already, or the
            vote behind the decision was annulled.
        DomainError: The programme does not allow the term.
    """
    with acting(by, f"drafted an agreement for decision {resolution.pk}"):
        drafted = Agreement.objects.filter(resolution=resolution).first()
        if drafted is not None:
            return drafted
        if resolution.status != Resolution.Status.CARRIED:
            raise ConflictError("The panel has not carried this decision.", mend="Wait until it is taken.")
        require_standing_vote(resolution)
        allocation = _allocation_to_agree(resolution)
        body = _registered_body(resolution)
        programme = allocation.programme
        if not programme.term_years_min <= resolution.term_years <= programme.term_years_max:
            raise DomainError(
                f"{resolution.term_years} years are outside the term of this programme.",
                mend=f"Decide on {programme.term_years_min} to {programme.term_years_max} years.",
            )
        funding = _whole_pounds(allocated_by_source(allocation.neighbourhood_id))
        amount = sum(funding.values())
        if amount < 1:
            raise ConflictError("Nothing is set aside for this place.", mend="Set money aside first.")
        earlier = allocation.agreements.count()
        agreement = Agreement(
            reference=f"CWF-{allocation.neighbourhood.code}-{earlier + 1}",
            allocation=allocation,
            resolution=resolution,
            body=body,
            title=resolution.title,
            amount_pence=amount,
            contribution_pence=contribution_pence(amount, programme.contribution_basis_points),
            term_years=resolution.term_years,
            cadence_months=programme.cadence_months,
            profile=programme.profile,
            indexation=programme.indexation,
            index_basis_points=programme.index_basis_points,
            is_sample=body.is_sample,
        )
        _create_funded(agreement, funding)
        return agreement


def require_standing_vote(resolution: Resolution) -> None:
    """Refuse what follows from a vote that was annulled; nobody annuls this one until this transaction ends.

    Raises:
        ConflictError: The vote was annulled.
    """
    lock_for_ending(Round(pk=resolution.round_id))
    if Annulment.objects.filter(round=resolution.round_id).exists():  # asked anew: what was read waiting is older
        raise ConflictError("The vote that this decision carries out was annulled.", mend="Hold another vote.")


def was_annulled(resolution: Resolution) -> bool:
    """Whether the vote that a decision carries out does not count any more."""
    return hasattr(resolution.round, "annulment")


def _allocation_to_agree(resolution: Resolution) -> Allocation:
    standing = (
        Allocation.objects.standing()
        .filter(neighbourhood=resolution.panel.neighbourhood_id)
        .select_for_update(no_key=True, of=("self",))
        .select_related("neighbourhood", "programme")
        .order_by("-pk")
    )
    allocation = standing.first()
    if allocation is None:
        raise ConflictError("Nothing is set aside for this place.", mend="Set money aside first.")
    if allocation.agreements.exclude(status__in=(S.LAPSED, S.DISCONTINUED)).exists():
        raise ConflictError("This place has a standing agreement already.", mend="Change that agreement instead.")
    return allocation


def _registered_body(resolution: Resolution) -> AccountableBody:
    body = AccountableBody.objects.filter(organisation=resolution.accountable_body_id).first()
    if body is None:
        raise ConflictError(
            f"{resolution.accountable_body} is not registered to look after money.",
            mend="Register it after due diligence.",
        )
    return body


def _whole_pounds(by_source: dict[int, int]) -> dict[int, int]:
    return {source: pence - pence % POUND_PENCE for source, pence in by_source.items() if pence >= POUND_PENCE}


def _create_funded(agreement: Agreement, funding: dict[int, int]) -> None:
    contributions = share_out(agreement.contribution_pence, list(funding.values()))
    parts = [
        AgreementFunding(source_id=source, amount_pence=pence, contribution_pence=contribution)
        for (source, pence), contribution in zip(funding.items(), contributions, strict=True)
    ]
    set_uplift_cap(agreement, parts)
    agreement.save()
    for part in parts:
        part.agreement = agreement
    AgreementFunding.objects.bulk_create(parts)


def offer_agreement(*, by: User, agreement: Agreement) -> Agreement:
    """Send the approved agreement to the people who sign for the organisation. Offering twice changes nothing.

    Raises:
        NotAllowedError: `by` may not recommend agreements.
        WrongStateError: The agreement is not approved, or is past the offer.
        ConflictError: The vote behind it was annulled.
    """
    require(by, Permission.RECOMMEND_AGREEMENT)
    with acting(by, "offered the agreement"):
        agreement = locked(agreement)
        if agreement.status == S.OFFERED:
            return agreement
        move_to(agreement, S.OFFERED)
        require_standing_vote(agreement.resolution)
        agreement.offered_at = core_now()
        lapses_on = localdate(agreement.offered_at) + timedelta(days=agreement.allocation.programme.offer_days)
        agreement.offer_lapses_on = lapses_on
        agreement.save(update_fields=["status", "offered_at", "offer_lapses_on"])
        _tell_signatories(agreement, lapses_on)
        publish_step(
            agreement=agreement,
            kind="offered",
            happens_on=localdate(agreement.offered_at),
            done_at=agreement.offered_at,
        )
        return agreement


def _tell_signatories(agreement: Agreement, lapses_on: date) -> None:
    signatories = agreement.body.contacts.standing().filter(role=BodyContact.Role.SIGNATORY).select_related("user")
    for contact in signatories:
        send_message(
            to=contact.user.email,
            subject=f"A grant agreement of {in_pounds(agreement.amount_pence)} is waiting for you",
            body=(
                f"The fund offers {agreement.body} an agreement for {agreement.allocation.neighbourhood} over "
                f"{agreement.term_years} years. Sign in to read and accept it by {day_text(lapses_on)}."
            ),
            topic="grants.offer",
        )


def accept_offer(*, by: User, agreement: Agreement) -> Agreement:
    """Accept an offer for the organisation: the term starts today, the schedule is laid down, the first window
    becomes a legal promise. Accepting twice changes nothing.

    Raises:
        NotAllowedError: `by` does not sign for this organisation, or decided on the agreement for the fund.
        WrongStateError: The offer is not open, or has lapsed.
        ConflictError: The vote behind it was annulled.
    """
    require(by, Permission.ACCEPT_AGREEMENT)
    with acting(by, "accepted the agreement"):
        agreement = locked(agreement)
        if not agreement.body.contacts.standing().filter(user=by, role=BodyContact.Role.SIGNATORY).exists():
            raise NotAllowedError("You do not sign for this organisation.")
        if agreement.status == S.ACTIVE:
            return agreement
        if agreement.approvals.filter(by=by).exists():
            raise NotAllowedError("You decided on this agreement for the fund.", mend="Another signatory accepts it.")
        at = core_now()
        if agreement.offer_lapses_on is not None and agreement.offer_lapses_on < localdate(at):
            raise WrongStateError("This offer has lapsed.", mend="Ask the fund for a new one.")
        move_to(agreement, S.ACTIVE)
        require_standing_vote(agreement.resolution)
        schedule_agreement(agreement=agreement, by=by, at=at)
        commit_through(by=by, agreement=agreement, reviews_passed=0, on=localdate(at))
        publish_step(agreement=agreement, kind="accepted", happens_on=localdate(at), done_at=at)
        return agreement


def lapse_offers(*, by: Actor, at: datetime) -> int:
    """Take back offers that nobody accepted in time, and what an annulled vote left; returns how many lapsed."""
    return _close_each(offers_to_lapse(at), _lapse, by=by, at=at)


def complete_agreements(*, by: Actor, at: datetime) -> int:
    """Close every agreement that has run its term, paid everything and had its last report accepted."""
    return _close_each(terms_to_close(at), _complete, by=by, at=at)


def _close_each(agreements: QuerySet[Agreement], step: Closing, *, by: Actor, at: datetime) -> int:
    """Take a closing step on each of these agreements, each under its own lock; returns how many were still due."""
    done = 0
    for pk in list(agreements.order_by("pk").values_list("pk", flat=True)):
        with acting(by, f"{step.__name__.strip('_')}d by the calendar"):
            agreement = locked(Agreement(pk=pk))
            if agreements.filter(pk=pk).exists():
                step(by, agreement, at)
                done += 1
    return done


def _lapse(by: Actor, agreement: Agreement, at: datetime) -> None:
    was_promised = agreement.status in PROMISED
    move_to(agreement, S.LAPSED)
    agreement.save(update_fields=["status"])
    if not was_promised:
        return
    give_back_offer(by=by, agreement=agreement, on=localdate(at))
    publish_step(agreement=agreement, kind="lapsed", happens_on=localdate(at), done_at=at)


def _complete(by: Actor, agreement: Agreement, at: datetime) -> None:
    move_to(agreement, S.COMPLETED)
    agreement.save(update_fields=["status"])
    publish_step(agreement=agreement, kind="completed", happens_on=localdate(at), done_at=at)
