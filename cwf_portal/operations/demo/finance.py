"""What finance does with money that waits: invested, valued once a year; and what still waits for somebody today."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from cwf_portal.operations.acts.fund import DORMANT_ASSETS, LOTTERY_MATCH, WAVE_PENCE
from cwf_portal.operations.demo.past import Past, Plot
from grants.domain.investments import AssetClass
from grants.domain.working_days import england_and_wales
from grants.models import Holding, Source
from grants.services.investments import confirm_valuation, open_holding, propose_valuation
from grants.services.orders import Terms, confirm_order, propose_interest, propose_purchase, propose_running_cost

POUND = 100
DAYS_TO_INVEST = timedelta(days=7)
DAYS_TO_VALUE = timedelta(days=190)
ORDER_DAYS_AGO = timedelta(days=5)
ODD_LINE_DAYS_AGO = timedelta(days=3)
FURTHER_PENCE = 40_000_000 * POUND
ODD_PENCE = 1_250 * POUND
RUNNING_COST_PENCE = 84_000 * POUND
INTEREST_PENCE = {DORMANT_ASSETS: 2_310_000 * POUND, LOTTERY_MATCH: 1_540_000 * POUND}


@dataclass(frozen=True)
class Share:
    """How much of each wave goes into one kind of investment, and what that is worth a year later, by year."""

    source: str
    asset_class: AssetClass
    name: str
    of_wave_pct: int
    growth_basis_points: tuple[int, ...]


SHARES = (
    Share(DORMANT_ASSETS, AssetClass.GILTS, "Short gilts (sample)", 40, (310, -90, 270)),
    Share(DORMANT_ASSETS, AssetClass.EQUITIES, "World shares (sample)", 15, (840, -460, 930)),
    Share(LOTTERY_MATCH, AssetClass.GILTS, "Match gilts (sample)", 45, (300, -110, 260)),
    Share(LOTTERY_MATCH, AssetClass.BONDS, "Match bonds (sample)", 10, (420, 60, 380)),
)


def finance(past: Past, starts: Sequence[date]) -> Plot:
    """Part of each wave is invested a week after it came, and valued half a year later by what it is worth then.

    Args:
        past: What the plots share.
        starts: The day of each wave, the earliest first.
    """
    calendar = england_and_wales()
    yield calendar.on_or_before(starts[0] + DAYS_TO_INVEST)
    _know_interest(past)
    holdings = [_open(past, share) for share in SHARES]
    for year, start in enumerate(starts):
        if year:
            yield calendar.on_or_before(start + DAYS_TO_INVEST)
        _invest(past, holdings, year)
        if start + DAYS_TO_VALUE < past.present:
            yield calendar.on_or_before(start + DAYS_TO_VALUE)
            _value(past, holdings, year)
    yield calendar.on_or_before(past.present - ORDER_DAYS_AGO)
    more = Terms("BUY-MORE-GILTS", f"{SHARES[0].name}, from cash that waits", FURTHER_PENCE)
    propose_purchase(by=past.office.finance_manager, holding=holdings[0], terms=more)
    yield calendar.on_or_before(past.present - ODD_LINE_DAYS_AGO)
    past.machine.bank.credit(reference="THANK YOU SAMPLE", amount_pence=ODD_PENCE, on=past.machine.today())
    past.machine.bank_day(past.machine.today())


def _open(past: Past, share: Share) -> Holding:
    return open_holding(
        by=past.office.finance_manager,
        source=Source.objects.get(code=share.source),
        programme=past.fund.programme,
        asset_class=share.asset_class,
        name=share.name,
    )


def _know_interest(past: Past) -> None:
    """From now on credits of these references are interest."""
    for code in INTEREST_PENCE:
        order = propose_interest(
            by=past.office.finance_manager,
            source=Source.objects.get(code=code),
            programme=past.fund.programme,
            terms=Terms(_interest(code), "Interest of the deposit account (sample)"),
        )
        confirm_order(by=past.office.finance_director, order=order)


def _invest(past: Past, holdings: Sequence[Holding], year: int) -> None:
    """One proposes purchases and what the custodian costs, another confirms; the bank carries them out that day."""
    office, today = past.office, past.machine.today()
    cost = propose_running_cost(
        by=office.finance_manager,
        source=holdings[0].source,
        programme=past.fund.programme,
        terms=Terms(f"CUSTODY-{year + 1}", "Custody of the investments (sample)", RUNNING_COST_PENCE),
    )
    orders = [
        propose_purchase(by=office.finance_manager, holding=holding, terms=_purchase(share, year))
        for share, holding in zip(SHARES, holdings, strict=True)
    ]
    for order in [cost, *orders]:
        confirm_order(by=office.finance_director, order=order)
        past.machine.bank.debit(reference=order.bank_reference, amount_pence=order.amount_pence or 0, on=today)
    past.machine.bank_day(today)


def _value(past: Past, holdings: Sequence[Holding], year: int) -> None:
    """The manager's statement comes, one enters it and another confirms; interest comes on the same day."""
    office, today = past.office, past.machine.today()
    for share, holding in zip(SHARES, holdings, strict=True):
        held = holding.entries.carried().value_pence
        valuation = propose_valuation(
            by=office.finance_manager,
            holding=holding,
            valued_on=today,
            value_pence=held + held * share.growth_basis_points[year] // 10_000,
            statement_reference=f"Statement of {today.year} (sample)",
        )
        confirm_valuation(by=office.finance_director, valuation=valuation)
    for code, pence in INTEREST_PENCE.items():
        past.machine.bank.credit(reference=_interest(code), amount_pence=pence * (year + 1), on=today)
    past.machine.bank_day(today)


def _purchase(share: Share, year: int) -> Terms:
    pence = WAVE_PENCE[share.source] * share.of_wave_pct // 100
    return Terms(f"BUY-{share.asset_class}-{share.source}-{year + 1}".upper(), f"{share.name}, start {year + 1}", pence)


def _interest(code: str) -> str:
    return f"INTEREST-{code.upper()}"
