"""What happened in the demo before it opened: three years of the fund, written by the same acts as the journey."""

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial

from cwf_portal.operations.acts.fund import open_fund, receive_waves, set_aside
from cwf_portal.operations.acts.office import open_office
from cwf_portal.operations.bank import SandboxBank
from cwf_portal.operations.demo.finance import finance
from cwf_portal.operations.demo.past import Past, Plot
from cwf_portal.operations.demo.people import introduce_councillor, introduce_office, introduce_staff_of_mp
from cwf_portal.operations.demo.plots import gamesley, halton, princes_end, sheerness, trimdon, waterlees
from cwf_portal.operations.demo.story import story_places
from cwf_portal.operations.machine import Machine
from grants.domain.working_days import england_and_wales

SEED = 2026
TERM_YEARS = 10
DAYS_BETWEEN_STARTS = 345  # four yearly starts lie within the three years that are written
LAST_START_DAYS_AGO = 55


def write_past(*, bank: SandboxBank, say: Callable[[str], None]) -> None:
    """Play the past from where the clock stands to the day before the present.

    Raises:
        StuckError: the machines made no progress for a minute.
        BankError: the bank refused what it was asked.
    """
    machine = Machine(bank)
    office = open_office(seed=SEED, from_on=machine.today())
    past = Past(machine, office, open_fund(office, term_years=TERM_YEARS), story_places(), say)
    introduce_office(office)
    introduce_staff_of_mp(office, seed=SEED, place=past.places["princes-end"])
    introduce_councillor(office, seed=SEED, place=past.places["princes-end"])
    for number in (1, 2, 3, 4):
        past.enter(_start_on(past, number), partial(_start, past, number))
    for plot in [*_plots(past), finance(past, [_start_on(past, number) for number in (1, 2, 3, 4)])]:
        past.follow(plot)
    past.play()


def _start_on(past: Past, number: int) -> date:
    ago = LAST_START_DAYS_AGO + DAYS_BETWEEN_STARTS * (4 - number)
    return england_and_wales().on_or_before(past.present - timedelta(days=ago))


def _start(past: Past, number: int) -> None:
    """A wave of each source, and what the places of a start may have."""
    receive_waves(past.office, past.fund, past.machine, number=number)
    set_aside(past.office, past.fund, number=number)
    past.say(f"{past.machine.today()}: start {number}")


def _plots(past: Past) -> list[Plot]:
    """The six places at their six points of the way."""
    return [plot(past) for plot in (sheerness, princes_end, halton, gamesley, waterlees, trimdon)]
