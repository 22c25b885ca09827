"""A request to pay again can be refused: the payment stays held, whoever asked is told, and it may be asked anew."""

import threading
from collections.abc import Callable

import pytest
from django.db import IntegrityError, close_old_connections, connections, transaction

from cwf_portal.core.audit import acting
from cwf_portal.core.clock import core_now
from cwf_portal.core.errors import DomainError, NotAllowedError
from cwf_portal.core.models import OutgoingMessage
from cwf_portal.core.permissions import Role
from grants.domain.authority import Rank
from grants.errors import WrongStateError
from grants.models import Hold, Payment, RetryRequest
from grants.selectors.retries import payments_to_retry, retries_to_agree_to, retries_to_confirm
from grants.services.posting import constraint_of
from grants.services.removals import confirm_removal, propose_removal
from grants.services.retries import confirm_retry, refuse_retry, request_retry
from tests.unit.grants.conftest import give_rank, hand_over, make_person
from tests.unit.grants.payment_world import World, teller

NO = "The organisation told us of new details."


def fail(world: World) -> None:
    world.bank.misbehave(kind="reject")
    world.pay()


@pytest.fixture
def asked(world: World) -> RetryRequest:
    fail(world)
    return request_retry(by=world.checker, payment=Payment.objects.get(), reason="Mended.")


def test_refused_request_leaves_the_payment_held_and_may_be_asked_anew(world: World, asked: RetryRequest) -> None:
    refused = refuse_retry(by=world.releaser, request=asked, reason=NO)

    assert (refused.refused_by, refused.refusal, refused.confirmed_by) == (world.releaser, NO, None)
    assert world.sweep() is None
    assert list(retries_to_confirm()) == []
    payment = payments_to_retry().get()
    assert [one.refusal for one in payment.refusals] == [NO]
    letter = OutgoingMessage.objects.get(topic="grants.retry")
    assert (letter.to, NO in letter.body, "Mended." in letter.body) == (world.checker.email, True, True)

    again = request_retry(by=world.checker, payment=payment, reason="The new details are confirmed.")
    assert again.pk != asked.pk
    confirm_retry(by=world.releaser, request=again)
    assert world.sweep() is not None
    assert not Hold.objects.open().exists()


def test_refusal_is_no_way_round_to_agreeing(world: World, asked: RetryRequest) -> None:
    refuse_retry(by=world.releaser, request=asked, reason=NO)

    with pytest.raises(WrongStateError, match="refused"):
        confirm_retry(by=world.releaser, request=asked)
    for change in (
        {"confirmed_by": world.releaser, "confirmed_at": core_now()},
        {"refused_by": None, "refused_at": None, "refusal": ""},
    ):
        with pytest.raises(IntegrityError) as error, acting("system:test", "tried"), transaction.atomic():
            RetryRequest.objects.filter(pk=asked.pk).update(**change)
        assert constraint_of(error.value) in ("grants_retryrequest_one_answer", "grants_retryrequest_refusal_stands")


def test_refusing_again_changes_nothing_and_what_is_agreed_is_not_refused(world: World, asked: RetryRequest) -> None:
    first = refuse_retry(by=world.releaser, request=asked, reason=NO)
    second = refuse_retry(by=world.people.director, request=asked, reason="Me too.")
    assert (second.refused_by, second.refusal) == (first.refused_by, NO)
    assert OutgoingMessage.objects.filter(topic="grants.retry").count() == 1

    again = request_retry(by=world.checker, payment=asked.payment, reason="Mended now.")
    confirm_retry(by=world.releaser, request=again)
    with pytest.raises(WrongStateError, match="agreed to already"):
        refuse_retry(by=world.releaser, request=again, reason=NO)


def test_whoever_asked_takes_it_back_without_a_letter_to_themselves(world: World, asked: RetryRequest) -> None:
    refuse_retry(by=world.checker, request=asked, reason="I was too quick.")

    assert not OutgoingMessage.objects.filter(topic="grants.retry").exists()
    assert payments_to_retry().exists()


def test_only_whoever_could_agree_or_asked_refuses_and_only_with_a_reason(world: World, asked: RetryRequest) -> None:
    for role in (Role.PAYMENTS_OFFICER, Role.AUDITOR, Role.TREASURER):
        with pytest.raises(NotAllowedError):
            refuse_retry(by=make_person(f"other-{role}", role), request=asked, reason=NO)
    with pytest.raises(DomainError, match="needs a reason"):
        refuse_retry(by=world.releaser, request=asked, reason=" ")
    assert list(retries_to_agree_to(world.releaser)) == [asked]


def test_what_can_never_be_agreed_to_can_be_refused(released: World) -> None:
    """Once the two have come to act for one another nobody may agree; it must not stand in the way for good."""
    taker, releaser = make_person("taker", Role.PAYMENTS_OFFICER), released.people.finance_manager
    removal = propose_removal(by=taker, payment=Payment.objects.get(), reason="A complaint.")
    confirm_removal(by=releaser, removal=removal)
    asked = request_retry(by=released.checker, payment=Payment.objects.get(), reason="Answered.")
    for person in (taker, released.checker):
        give_rank(person, Rank.GRANTS_OFFICER, "south")
    hand_over(taker, released.checker)

    with pytest.raises(NotAllowedError, match="count as one person"):
        confirm_retry(by=released.releaser, request=asked)
    assert refuse_retry(by=released.releaser, request=asked, reason="Somebody else asks.").refused_by


def test_of_an_agreement_and_a_refusal_at_once_only_one_counts(committed_beginning: Callable[..., World]) -> None:
    world = committed_beginning("failed", teller("failed", then=fail))
    asked = request_retry(by=world.checker, payment=Payment.objects.get(), reason="Mended.")
    start = threading.Barrier(2)
    refusals: list[Exception] = []

    def answer(step: Callable[[], object]) -> None:
        try:
            start.wait()
            step()
        except (WrongStateError, IntegrityError) as error:
            refusals.append(error)
        finally:
            connections.close_all()

    threads = [
        threading.Thread(target=answer, args=(step,))
        for step in (
            lambda: confirm_retry(by=world.releaser, request=asked),
            lambda: refuse_retry(by=world.people.director, request=asked, reason=NO),
        )
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    close_old_connections()

    assert [type(error) for error in refusals] == [WrongStateError]
    asked.refresh_from_db()
    assert (asked.confirmed_by is None) != (asked.refused_by is None)
    assert Hold.objects.open().exists() == (asked.confirmed_by is None)
