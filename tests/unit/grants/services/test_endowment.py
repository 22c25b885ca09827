"""Programmes and waves."""

from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from cwf_portal.core.errors import ConflictError, DomainError, NotAllowedError
from grants import services
from grants.domain.award import Strand
from grants.domain.ledger import Account
from grants.models import Programme, Source, Wave
from grants.selectors.ledger import headroom, source_standings
from grants.services.orders import Terms
from tests.unit.grants.conftest import People, make_programme, receive, sealed


def announce(people: People, programme: Programme, **changes: object) -> Wave:
    wave = {
        "by": people.director,
        "programme": programme,
        "source": Source.objects.get(code="dormant"),
        "title": "First wave",
        "announced_pence": 8_750_000_000,
        "expected_on": date(2027, 1, 4),
        "bank_reference": "RFL-2026-1",
    }
    return services.announce_wave(**wave | changes)


def test_both_presets_open_with_the_numbers_of_the_policy(people: People) -> None:
    campaign = services.open_programme(by=people.director, preset="campaign")
    policy = services.open_programme(by=people.director, preset="policy-2025")

    assert (campaign.floor_pence, campaign.ceiling_pence, campaign.residents_min) == (250_000_000, 1_000_000_000, None)
    assert (policy.residents_min, policy.residents_max, policy.term_years_max) == (5_000, 15_000, 10)


def test_opening_a_programme_again_returns_the_first_and_changes_make_another(people: People) -> None:
    first = make_programme(people)

    assert make_programme(people) == first
    assert make_programme(people, code="short", term_years_min=1).term_years_min == 1


def test_only_directors_open_programmes_and_only_from_a_preset(people: People) -> None:
    with pytest.raises(NotAllowedError):
        services.open_programme(by=people.officer, preset="campaign")
    with pytest.raises(DomainError, match="no preset called other. Choose one of campaign, policy-2025"):
        services.open_programme(by=people.director, preset="other")


def open_by_command(asked_by: str, confirmed_by: str) -> None:
    call_command("open_programme", "policy-2025", asked_by=asked_by, confirmed_by=confirmed_by, stdout=StringIO())


def test_programme_opened_by_command_names_two_directors(people: People) -> None:
    open_by_command(people.director.email, people.finance_director.email)
    (opened,) = Programme.pgh_event_model.objects.filter(code="policy-2025")
    assert opened.pgh_context["actor"] == f"user:{people.finance_director.pk}"
    assert f"as user:{people.director.pk} asked" in opened.pgh_context["reason"]


def test_programme_is_not_opened_by_command_for_one_director_or_another_officer(people: People) -> None:
    director, officer = people.director.email, people.officer.email
    for asked_by, confirmed_by, why in (
        (director, director, "two directors"),
        (officer, director, "may not"),
        (director, officer, "may not"),
        (director, "nobody@example.org", "No account"),
    ):
        with pytest.raises(CommandError, match=why):
            open_by_command(asked_by, confirmed_by)
    assert not Programme.objects.exists()


def test_announced_money_is_no_money(people: People) -> None:
    wave = announce(people, make_programme(people))

    assert wave.received_on is None
    assert headroom(wave.source) == 0
    assert list(Wave.objects.awaited()) == [wave]


def test_announcing_again_returns_the_first_and_another_under_its_reference_is_refused(people: People) -> None:
    programme = make_programme(people)
    wave = announce(people, programme)

    assert announce(people, programme) == wave
    with pytest.raises(ConflictError, match="stands for another wave"):
        announce(people, programme, announced_pence=1)


@pytest.mark.parametrize(
    ("changes", "message"),
    [({"announced_pence": 0}, "must bring money"), ({"bank_reference": " "}, "needs a reference")],
)
def test_a_wave_without_money_or_reference_is_refused(people: People, changes: dict, message: str) -> None:
    with pytest.raises(DomainError, match=message):
        announce(people, make_programme(people), **changes)


def test_a_wave_is_never_announced_under_the_reference_of_an_order(people: People) -> None:
    programme = make_programme(people)
    terms = Terms("INT-1", "Interest on cash")
    services.propose_interest(
        by=people.finance_manager, source=Source.objects.get(code="dormant"), programme=programme, terms=terms
    )

    with pytest.raises(ConflictError, match="stands for a wave or an order already"):
        announce(people, programme, bank_reference="INT-1")


def test_no_wave_comes_from_money_nobody_has_identified(people: People) -> None:
    with pytest.raises(DomainError, match="No wave comes from"):
        announce(people, make_programme(people), source=Source.objects.get(code="unidentified"))


def test_only_directors_announce_waves(people: People) -> None:
    programme = make_programme(people)

    with pytest.raises(NotAllowedError):
        announce(people, programme, by=people.finance_manager)


def test_a_received_wave_becomes_free_money_by_strand_of_its_own_source(people: People) -> None:
    programme = make_programme(people)

    with sealed():
        wave = receive(people, programme, "dormant", 100)

    dormant, lottery = source_standings()[:2]
    assert dormant.cash_pence == 10_000
    assert dormant.free_by_strand == {
        Strand.PLACE: 8_000,
        Strand.BODY_CONTRIBUTION: 400,
        Strand.CAPACITY: 800,
        Strand.RUNNING: 500,
        Strand.CONTINGENCY: 300,
    }
    assert lottery.free_pence == lottery.held_by_account[Account.FREE] == 0
    assert wave.journal is not None
    assert wave.received_pence == 10_000


def test_what_people_say_arrived_is_posted_whatever_was_announced(people: People) -> None:
    wave = announce(people, make_programme(people))
    line = {"by": "system:statements", "wave": wave, "value_on": date(2027, 1, 5), "statement_line": "7/2"}

    wave = services.post_wave_received(amount_pence=99, **line)

    assert services.post_wave_received(amount_pence=99, **line).journal == wave.journal
    assert source_standings()[0].cash_pence == 99
    with pytest.raises(ConflictError, match="arrived already"):
        services.post_wave_received(amount_pence=99, **line | {"statement_line": "8/1"})
    with pytest.raises(DomainError, match="must bring money"):
        services.post_wave_received(amount_pence=0, **line)
