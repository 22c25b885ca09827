"""What grants does by itself."""

from collections.abc import Callable

import pytest

from cwf_portal.core.clock import core_now
from cwf_portal.core.outbox import deliver, emit
from cwf_portal.core.ticks import waiting_counts
from grants import services
from grants.domain.sources import SOURCE_NAMES, part_of_measure, with_parts
from grants.figures import late_by_place, promised, sent, set_aside
from grants.models import Agreement
from grants.tasks import calendar as tasks
from neighbourhoods.figures import compute_for
from neighbourhoods.models import StaleSlice
from tests.unit.grants.conftest import People, Programme, Story, allocate, make_body
from tests.unit.grants.sample import carried_resolution


def test_a_carried_decision_drafts_one_agreement_however_often_it_is_heard(
    people: People, programme: Programme
) -> None:
    allocate(people, programme)
    resolution = carried_resolution(
        neighbourhood=programme.allocations.get().neighbourhood,
        organisation=make_body(people).organisation,
        term_years=12,
    )
    message = emit("panels.resolution_carried", "resolution:1", {"resolution": resolution.pk})

    assert deliver(message_pk=message.pk)
    tasks.draft_from_decision(message)

    assert Agreement.objects.get().term_years == 12


def test_a_second_decision_of_a_place_with_an_agreement_is_heard_and_drafts_nothing(story: Story) -> None:
    second = carried_resolution(
        neighbourhood=story.agreement.allocation.neighbourhood,
        organisation=story.agreement.body.organisation,
        term_years=10,
        title="Second vote",
    )

    tasks.draft_from_decision(emit("panels.resolution_carried", "resolution:2", {"resolution": second.pk}))

    assert Agreement.objects.count() == 1


def test_the_calendar_lapses_offers_and_says_when_it_is_done(story: Story, pass_time: Callable[..., None]) -> None:
    story.approve()
    services.offer_agreement(by=story.people.officer, agreement=story.agreement)
    pass_time(days=91)

    assert waiting_counts(core_now())["grants.offers_to_lapse"] == 1
    assert tasks.follow_the_calendar(core_now()) == 1
    assert tasks.follow_the_calendar(core_now()) == 0
    assert waiting_counts(core_now())["grants.offers_to_lapse"] == 0


@pytest.mark.usefixtures("accepted")
def test_a_payment_that_became_late_asks_for_a_new_figure(story: Story, pass_time: Callable[..., None]) -> None:
    StaleSlice.objects.all().delete()
    pass_time(days=40)
    place = story.agreement.allocation.neighbourhood_id

    assert late_by_place(None) == {place: 1}
    assert tasks.follow_the_calendar(core_now()) == 1
    assert list(StaleSlice.objects.values_list("measure_code", "neighbourhood")) == [("grants.late_count", place)]


def test_figures_are_computed_from_the_books(accepted: Story) -> None:
    agreement = accepted.agreement
    place = agreement.allocation.neighbourhood_id

    assert [row.numerator for row in set_aside([place])] == [agreement.amount_pence]
    assert [row.numerator for row in promised([place])] == [agreement.amount_pence]
    assert [row.numerator for row in sent([place])] == [0]
    assert sum(row.numerator for row in promised(None)) == agreement.amount_pence
    assert len(list(set_aside(None))) == 225


def test_each_figure_of_money_is_the_sum_of_its_sources(accepted: Story) -> None:
    agreement = accepted.agreement
    place = agreement.allocation.neighbourhood_id
    funding = {part.source.code: part.amount_pence for part in agreement.funding.select_related("source")}

    for whole in ("grants.set_aside", "grants.promised"):
        compute = {source: compute_for(part_of_measure(whole, source)) for source in SOURCE_NAMES}
        parts = {source: next(iter(says([place]))).numerator for source, says in compute.items() if says}
        assert parts == funding | {"other": 0}
    assert [row.numerator for row in compute_for("grants.sent.dormant")([place])] == [0]
    marked = set(StaleSlice.objects.filter(neighbourhood=place).values_list("measure_code", flat=True))
    assert set(with_parts(["grants.set_aside", "grants.promised"])) <= marked
