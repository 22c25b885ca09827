"""Somebody who acts for the organisation, or sits on the panel, decides nothing about its money for the fund."""

from collections.abc import Callable
from datetime import date

import pytest

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import NotAllowedError
from cwf_portal.core.models import RoleGrant, User
from cwf_portal.core.permissions import Role
from grants import services
from grants.bank import BankSilentError
from grants.models import (
    AgreementStatus,
    BankAccount,
    BodyContact,
    DoubtSettlement,
    Hold,
    Payment,
    PaymentRun,
    PaymentStatus,
    Report,
    RetryRequest,
    Review,
)
from grants.services.doubts import confirm_settlement, refuse_settlement, settle_doubt
from grants.services.handover import send_files
from panels.models import PanelMembership
from tests.unit.grants.conftest import People, Story, make_person
from tests.unit.grants.payment_world import World
from tests.unit.grants.services.test_clawbacks import ask_back
from tests.unit.grants.services.test_handover import ScriptedBank

TakeSide = Callable[[User, Story | World], object]


def act_for_the_body(user: User, story: Story | World) -> BodyContact:
    """As one may have since before one came to the fund."""
    with acting("system:test", "named earlier"):
        return BodyContact.objects.create(
            body=story.agreement.body, user=user, role=BodyContact.Role.TREASURER, from_on=date(2020, 1, 1)
        )


def sit_on_the_panel(user: User, story: Story | World) -> PanelMembership:
    with acting("system:test", "elected earlier"):
        return PanelMembership.objects.create(
            panel=story.agreement.resolution.panel, user=user, is_resident=True, starts_on=date(2020, 1, 1)
        )


SIDES = pytest.mark.parametrize(
    ("take_side", "said"),
    [(act_for_the_body, "You act for this organisation."), (sit_on_the_panel, "You sit on the panel of this place.")],
)


@SIDES
def test_nobody_with_a_side_takes_a_step_of_an_agreement_and_whoever_had_one_does(
    story: Story, people: People, take_side: TakeSide, said: str
) -> None:
    side = take_side(people.officer, story)
    with pytest.raises(NotAllowedError, match=said):
        services.recommend_agreement(by=people.officer, agreement=story.agreement, risk="low")
    with acting("system:test", "ended"):
        if isinstance(side, BodyContact):
            side.to_on = date(2021, 1, 1)
        else:
            side.ends_on = date(2021, 1, 1)
        side.save()
    services.recommend_agreement(by=people.officer, agreement=story.agreement, risk="low")
    assert type(story.agreement).objects.get(pk=story.agreement.pk).status == AgreementStatus.RECOMMENDED


@SIDES
def test_nobody_with_a_side_accepts_a_report_or_says_how_a_review_ends(
    accepted: Story, people: People, take_side: TakeSide, said: str
) -> None:
    report, review = (model.objects.get(agreement=accepted.agreement, year=1) for model in (Report, Review))
    services.submit_report(by=people.treasurer, report=report, summary="A year.", spent_pence=100, unspent_pence=0)
    take_side(people.head, accepted)
    with pytest.raises(NotAllowedError, match=said):
        services.accept_report(by=people.head, report=report)
    for step in (
        lambda: services.propose_review(
            by=people.head, review=review, outcome="discontinue", ground="fraud", note="So it is."
        ),
        lambda: services.confirm_review(by=people.head, review=review),
    ):
        with pytest.raises(NotAllowedError, match=said):
            step()


@SIDES
def test_nobody_with_a_side_lets_held_money_go(accepted: Story, people: People, take_side: TakeSide, said: str) -> None:
    hold = services.place_hold(by=people.senior, agreement=accepted.agreement, detail="The hall burnt down.")
    take_side(people.head, accepted)
    with pytest.raises(NotAllowedError, match=said):
        services.lift_hold(by=people.head, hold=hold, reason="It stands again.")
    assert Hold.objects.get(pk=hold.pk).lifted_at is None


def test_nobody_confirms_where_their_own_organisation_is_paid(accepted: Story, people: People) -> None:
    account = services.propose_bank_account(
        by=people.treasurer, body=accepted.agreement.body, account_name="Trust", sort_code="000002",
        account_number="22222222",
    )  # fmt: skip
    act_for_the_body(people.finance_manager, accepted)
    with pytest.raises(NotAllowedError, match="You act for this organisation."):
        services.approve_bank_account(
            by=people.finance_manager, account=account, called_back_on_number="01234 567890", payee_check="match"
        )
    assert BankAccount.objects.get(pk=account.pk).status == BankAccount.Status.PROPOSED


@pytest.mark.parametrize("role", [Role.GRANTS_OFFICER, Role.PAYMENTS_OFFICER, Role.AUDITOR, Role.ADMINISTRATOR])
def test_nobody_who_works_for_the_fund_is_named_for_an_organisation(
    accepted: Story, people: People, role: Role
) -> None:
    staff = make_person("both-sides", role)
    with pytest.raises(NotAllowedError, match="works for the fund"):
        services.add_contact(
            by=people.officer, body=accepted.agreement.body, user=staff, role=BodyContact.Role.SIGNATORY
        )
    assert not BodyContact.objects.filter(user=staff).exists()


def test_whoever_approved_for_the_fund_does_not_accept_for_the_organisation(story: Story, people: People) -> None:
    services.offer_agreement(by=people.officer, agreement=story.approve())
    with acting("system:test", "left the fund and joined the organisation"):
        BodyContact.objects.create(
            body=story.agreement.body, user=people.head, role=BodyContact.Role.SIGNATORY, from_on=date(2020, 1, 1)
        )
        RoleGrant.objects.create(
            user=people.head, role=Role.SIGNATORY, requested_by=people.officer, confirmed_by=people.senior,
            confirmed_at=core_now(),
        )  # fmt: skip
    joined = User.objects.get(pk=people.head.pk)
    with pytest.raises(NotAllowedError, match="for the fund"):
        services.accept_offer(by=joined, agreement=story.agreement)
    assert services.accept_offer(by=people.signatory, agreement=story.agreement).status == AgreementStatus.ACTIVE


@SIDES
def test_nobody_with_a_side_gives_up_what_is_owed(paid: World, take_side: TakeSide, said: str) -> None:
    people, claim = paid.people, ask_back(paid)
    lost = services.propose_write_off(by=people.officer, clawback=claim, reason="It is wound up.")
    for officer in (people.head, people.fund_director):
        take_side(officer, paid)
    with pytest.raises(NotAllowedError, match=said):
        services.confirm_write_off(by=people.head, write_off=lost)
    services.refuse_write_off(by=people.officer, write_off=lost, reason="They pay.")
    error = services.propose_withdrawal(by=people.officer, clawback=claim, reason="It was another agreement.")
    with pytest.raises(NotAllowedError, match=said):
        services.confirm_withdrawal(by=people.fund_director, withdrawal=error)


@SIDES
def test_nobody_with_a_side_has_a_failed_payment_made_again(world: World, take_side: TakeSide, said: str) -> None:
    world.bank.misbehave(kind="reject")
    world.pay()
    payment = Payment.objects.get()
    request = services.request_retry(by=world.checker, payment=payment, reason="Mended.")
    for officer in (world.checker, world.releaser):
        take_side(officer, world)
    with pytest.raises(NotAllowedError, match=said):
        services.confirm_retry(by=world.releaser, request=request)
    with pytest.raises(NotAllowedError, match=said):
        services.request_retry(by=world.checker, payment=payment, reason="Once more.")
    assert RetryRequest.objects.get().confirmed_by is None


@SIDES
def test_nobody_with_a_side_says_what_the_banks_letter_says(released: World, take_side: TakeSide, said: str) -> None:
    run = PaymentRun.objects.get()
    send_files(bank=ScriptedBank([BankSilentError("no answer")], dedupes=False))
    letter = {"run": run, "outcome": DoubtSettlement.Outcome.NOT_PAID, "letter": "L-2027-14"}
    entered = settle_doubt(by=released.checker, **letter)
    for officer in (released.checker, released.people.finance_manager):
        take_side(officer, released)
    with pytest.raises(NotAllowedError, match=said):
        confirm_settlement(by=released.people.finance_manager, settlement=entered)
    refuse_settlement(by=released.people.finance_manager, settlement=entered)
    with pytest.raises(NotAllowedError, match=said):
        settle_doubt(by=released.checker, **letter)
    assert run.payments.get().status == PaymentStatus.IN_DOUBT
