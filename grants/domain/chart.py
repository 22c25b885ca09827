"""The chart of accounts as the fund's accounting system knows it, and money in the unit that it reads."""

from decimal import Decimal

from grants.domain.award import Strand
from grants.domain.ledger import Account

ACCOUNT_CODES = {
    Account.CASH: "1000",
    Account.INVESTMENTS: "1100",
    Account.RECOVERABLE: "1200",
    Account.APPLIED: "5000",
    Account.FREE: "3000",
    Account.REVALUATION: "3100",
    Account.ALLOCATED: "3200",
    Account.INDEX_RESERVE: "3300",
    Account.PLEDGED: "3400",
    Account.COMMITTED: "2000",
    Account.PAYABLE: "2100",
    Account.INSTRUCTED: "2200",
    Account.PAID: "3900",
    Account.RECOVERY_DUE: "2300",
    Account.SUSPENSE: "2900",
}
STRAND_CODES = {
    Strand.PLACE: "PL",
    Strand.BODY_CONTRIBUTION: "BC",
    Strand.CAPACITY: "CA",
    Strand.RUNNING: "RU",
    Strand.CONTINGENCY: "CO",
}
PENNY = Decimal("0.01")


def pounds(pence: int) -> Decimal:
    """An amount with two decimal places, as accounting systems read it."""
    return Decimal(pence) * PENNY
