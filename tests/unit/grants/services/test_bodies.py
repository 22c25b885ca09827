"""Organisations, their people, and where they are paid."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from cwf_portal.core.audit import acting
from cwf_portal.core.errors import ConflictError, DomainError, NotAllowedError
from cwf_portal.core.models import OutgoingMessage
from cwf_portal.core.permissions import Role
from grants import services
from grants.domain.authority import Rank, Risk, Step
from grants.domain.working_days import england_and_wales
from grants.errors import WrongStateError
from grants.models import AccountableBody, Approval, BankAccount, BodyContact
from grants.selectors.days import today
from grants.selectors.values import whole_life_pence
from tests.unit.grants.conftest import People, Story, give_rank, hand_over, make_body, make_person

MATCH = BankAccount.PayeeCheck.MATCH


def propose(people: People, body: AccountableBody, **changes: Any) -> BankAccount:
    details = {
        "by": people.treasurer,
        "body": body,
        "account_name": "Corner House Trust",
        "sort_code": "12-34-56",
        "account_number": "1234 5678",
    }
    return services.propose_bank_account(**details | changes)


def approve(people: People, account: BankAccount, **changes: Any) -> BankAccount:
    call = {"by": people.finance_manager, "account": account, "called_back_on_number": "01234 5", "payee_check": MATCH}
    return services.approve_bank_account(**call | changes)


def test_whoever_confirmed_where_an_organisation_is_paid_approves_nothing_for_it(story: Story) -> None:
    """Neither in words nor past them, in the database; the reverse order is refused there too."""
    people, body = story.people, story.agreement.body
    both = give_rank(make_person("both", Role.FINANCE_MANAGER, Role.GRANTS_OFFICER), Rank.GRANTS_OFFICER, "south")
    account = approve(people, propose(people, body), by=both)

    with pytest.raises(NotAllowedError, match="You confirmed the bank details of this organisation"):
        services.recommend_agreement(by=both, agreement=story.agreement, risk=Risk.LOW)
    said = {"rank": Rank.GRANTS_OFFICER, "team": "south", "value_pence": whole_life_pence(story.agreement)}
    with pytest.raises(IntegrityError, match="confirmed the bank details"), transaction.atomic():
        Approval.objects.create(agreement=story.agreement, attempt=1, step=Step.RECOMMENDATION, by=both, **said)
    story.recommend()
    with pytest.raises(IntegrityError, match="decided on an agreement"), acting("system:test", "tried"):
        BankAccount.objects.filter(pk=account.pk).update(decided_by=people.officer)


def test_registering_again_returns_the_first(people: People) -> None:
    body = make_body(people)

    again = services.register_body(
        by=people.officer,
        organisation=body.organisation,
        legal_form="cic",
        due_diligence_expires_on=today() + timedelta(days=5),
    )

    assert again == body
    assert again.legal_form == "charity"


def test_checks_that_have_run_out_are_refused(people: People) -> None:
    organisation = make_body(people).organisation

    with pytest.raises(DomainError, match="have run out"):
        services.register_body(
            by=people.officer, organisation=organisation, legal_form="cic", due_diligence_expires_on=today()
        )


def test_nobody_signs_and_keeps_accounts_and_no_officer_does_either(people: People) -> None:
    body = make_body(people)

    with pytest.raises(ConflictError, match="already signatory"):
        services.add_contact(by=people.officer, body=body, user=people.signatory, role=BodyContact.Role.TREASURER)
    with pytest.raises(NotAllowedError, match="cannot act for an organisation they fund"):
        services.add_contact(by=people.officer, body=body, user=people.officer, role=BodyContact.Role.TREASURER)


def test_details_are_used_two_working_days_after_a_second_person_confirmed_them(
    people: People, pass_time: Callable[..., None]
) -> None:
    body = make_body(people)
    account = approve(people, propose(people, body))

    assert account.status == BankAccount.Status.APPROVED
    assert account.active_from == england_and_wales().shift(today(), 2)
    assert not BankAccount.objects.payable_on(today()).exists()
    assert list(BankAccount.objects.payable_on(account.active_from)) == [account]
    assert approve(people, account).active_from == account.active_from
    pass_time(days=7)
    assert list(BankAccount.objects.payable_on(today())) == [account]


def test_new_details_freeze_payments_at_once_and_replace_the_old_when_confirmed(
    people: People, pass_time: Callable[..., None]
) -> None:
    body = make_body(people)
    old = approve(people, propose(people, body))
    pass_time(days=7)

    new = propose(people, body, account_number="87654321")
    assert not BankAccount.objects.payable_on(today()).exists()
    approve(people, new)

    assert not BankAccount.objects.payable_on(today()).exists()
    old.refresh_from_db()
    assert old.status == BankAccount.Status.REPLACED


def test_refused_details_lift_the_freeze(people: People, pass_time: Callable[..., None]) -> None:
    body = make_body(people)
    old = approve(people, propose(people, body))
    pass_time(days=7)
    new = propose(people, body, account_number="87654321")

    refused = services.refuse_bank_account(by=people.finance_manager, account=new, reason="Nobody there knew of it.")

    assert refused.status == BankAccount.Status.REFUSED
    assert list(BankAccount.objects.payable_on(today())) == [old]
    assert services.refuse_bank_account(by=people.finance_manager, account=new, reason="Again.") == refused
    with pytest.raises(WrongStateError, match="already decided"):
        approve(people, new)


def test_the_old_people_are_told_of_every_change(people: People) -> None:
    body = make_body(people)
    approve(people, propose(people, body))

    told = OutgoingMessage.objects.filter(topic="grants.bank_details").values_list("to", "subject")
    assert sorted(told) == [
        (people.signatory.email, "New bank details are confirmed"),
        (people.signatory.email, "New bank details were proposed"),
        (people.treasurer.email, "New bank details are confirmed"),
        (people.treasurer.email, "New bank details were proposed"),
    ]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sort_code": "12-34-5"}, "six digits"),
        ({"sort_code": "１２３４５６"}, "six digits"),
        ({"account_number": "123456789"}, "eight digits"),
        ({"account_number": "1234567x"}, "eight digits"),
    ],
)
def test_details_of_the_wrong_form_are_refused(people: People, changes: dict[str, str], message: str) -> None:
    with pytest.raises(DomainError, match=message):
        propose(people, make_body(people), **changes)


def test_a_treasurer_of_another_body_proposes_nothing_here(people: People) -> None:
    stranger = make_person("stranger", Role.TREASURER)

    with pytest.raises(NotAllowedError, match="You do not keep the accounts"):
        propose(people, make_body(people), by=stranger)


def test_the_same_proposal_again_returns_the_first_and_another_waits(people: People) -> None:
    body = make_body(people)
    account = propose(people, body)

    assert propose(people, body) == account
    with pytest.raises(ConflictError, match="Other bank details are waiting"):
        propose(people, body, account_number="87654321")


def test_details_are_confirmed_by_another_person_after_a_call(people: People) -> None:
    body = make_body(people)
    account = propose(people, body)
    both = make_person("both", Role.FINANCE_MANAGER, Role.PAYMENTS_OFFICER)
    own = BankAccount.objects.get(pk=account.pk)
    services.refuse_bank_account(by=people.finance_manager, account=own, reason="Try again.")
    own = propose(people, body, by=both)

    with pytest.raises(NotAllowedError, match="You proposed these details"):
        approve(people, own, by=both)
    with pytest.raises(DomainError, match="only after calling back"):
        approve(people, own, called_back_on_number=" ")
    with pytest.raises(DomainError, match="does not match"):
        approve(people, own, payee_check=BankAccount.PayeeCheck.NO_MATCH)
    with pytest.raises(NotAllowedError):
        approve(people, own, by=people.officer)
    with pytest.raises(DomainError, match="needs a reason"):
        services.refuse_bank_account(by=people.finance_manager, account=own, reason=" ")


def test_whoever_decided_on_an_agreement_does_not_confirm_the_bodys_bank_details(story: Story) -> None:
    people = story.people
    account = propose(people, story.agreement.body)
    both = make_person("two-hats", Role.FINANCE_MANAGER, Role.GRANTS_OFFICER)
    give_rank(both, Rank.GRANTS_OFFICER, "south")
    services.recommend_agreement(by=both, agreement=story.agreement, risk=Risk.LOW)

    with pytest.raises(NotAllowedError, match="You decided on an agreement with this organisation"):
        approve(people, account, by=both)


def test_whoever_acts_for_an_approver_does_not_confirm_the_bodys_bank_details(story: Story) -> None:
    people = story.people
    account = propose(people, story.agreement.body)
    story.recommend()
    hand_over(give_rank(people.finance_manager, Rank.GRANTS_OFFICER, "south"), people.officer)

    with pytest.raises(NotAllowedError, match="count as one person"):
        approve(people, account)
    services.refuse_bank_account(by=people.finance_manager, account=account, reason="Somebody else looks.")


def test_whoever_acts_for_who_confirmed_bank_details_takes_no_step_of_approval(story: Story) -> None:
    people = story.people
    approve(people, propose(people, story.agreement.body))
    hand_over(give_rank(people.finance_manager, Rank.GRANTS_OFFICER, "south"), people.officer)

    with pytest.raises(NotAllowedError, match="count as one person"):
        story.recommend()
