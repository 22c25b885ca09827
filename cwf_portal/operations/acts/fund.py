"""Money comes in waves, places are ranked, and what they may have is set aside start by start."""

from dataclasses import dataclass

from cwf_portal.operations.acts.office import Office
from cwf_portal.operations.machine import Machine
from grants.models import Cohort, Programme, Source, Wave
from grants.services.allocation import allocate_cohort, propose_cohort
from grants.services.endowment import announce_wave, open_programme
from neighbourhoods.models import Ranking, TargetList
from neighbourhoods.services.ranking import compute_ranking

POUND = 100
COHORT_SIZES = (25, 50, 75, 75)
DORMANT_ASSETS, LOTTERY_MATCH = "dormant", "lottery"
# Two thousand million pounds in four yearly waves; dormant assets and match are never one figure.
WAVE_PENCE = {DORMANT_ASSETS: 300_000_000 * POUND, LOTTERY_MATCH: 200_000_000 * POUND}


@dataclass(frozen=True)
class Fund:
    """The programme that the story plays under, and the order in which places start."""

    programme: Programme
    ranking: Ranking


def open_fund(office: Office, *, term_years: int) -> Fund:
    """Open the campaign's programme with this term and publish the ranking of the real places."""
    programme = open_programme(
        by=office.fund_director,
        preset="campaign",
        term_years_min=min(term_years, 10),
        term_years_max=max(term_years, 15),
    )
    target_list = TargetList.objects.order_by("-year")[0]
    ranking = compute_ranking(by=office.administrator, target_list=target_list, cohort_sizes=COHORT_SIZES)
    return Fund(programme, ranking)


def receive_waves(office: Office, fund: Fund, machine: Machine, *, number: int) -> list[Wave]:
    """One wave of each source is announced, arrives at the bank, and is posted from its statement."""
    today = machine.today()
    waves = [
        announce_wave(
            by=office.finance_director,
            programme=fund.programme,
            source=Source.objects.get(code=code),
            title=f"Wave {number}",
            announced_pence=pence,
            expected_on=today,
            bank_reference=f"WAVE-{number}-{code.upper()}",
            is_sample=True,
        )
        for code, pence in WAVE_PENCE.items()
    ]
    for wave in waves:
        machine.bank.credit(reference=wave.bank_reference, amount_pence=wave.announced_pence, on=today)
    machine.bank_day(today)
    return waves


def set_aside(office: Office, fund: Fund, *, number: int) -> Cohort:
    """One director proposes a start, the other confirms it."""
    cohort = propose_cohort(by=office.fund_director, programme=fund.programme, ranking=fund.ranking, number=number)
    return allocate_cohort(by=office.finance_director, cohort=cohort)
