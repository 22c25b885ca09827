"""What the journey found, as one JSON object or as lines for a person."""

import json
from dataclasses import asdict, dataclass
from datetime import date

from django.db.models import F, Sum

from cwf_portal.operations.bank import SandboxBank
from grants.domain.ledger import Account
from grants.models import Agreement, AgreementStatus, Payment, PaymentStatus, Posting, Tranche, TrancheStatus
from panels.models import CountedBallot, RollEntry

UNPAID = (TrancheStatus.PLEDGED, TrancheStatus.COMMITTED, TrancheStatus.PAYABLE, TrancheStatus.INSTRUCTED)


@dataclass(frozen=True)
class JourneyReport:
    """Counts and pence at the end of the last day; equal for equal arguments except `seconds`.

    Attributes:
        neighbourhoods: Places that took part.
        voters: People on the voters' lists.
        ballots: Valid ballots counted.
        agreements: Agreements that ran to their end.
        tranches_due: Payments due by the last day.
        tranches_paid: EndToEndIds that reached a payee, counted in the bank's own store.
        duplicates: Those that did so more than once, counted there too.
        ledger_sum_pence: Debits less credits over the whole ledger.
        committed_pence: Promised and unpaid.
        paid_pence: Confirmed by statements.
        endowment_pence: Cash and investments left.
        seconds: How long it took.
    """

    neighbourhoods: int
    voters: int
    ballots: int
    agreements: int
    tranches_due: int
    tranches_paid: int
    duplicates: int
    ledger_sum_pence: int
    committed_pence: int
    paid_pence: int
    endowment_pence: int
    seconds: float

    def as_json(self) -> str:
        return json.dumps(asdict(self))

    def as_text(self) -> str:
        """One line per figure, pence as pounds."""
        lines = []
        for name, value in asdict(self).items():
            label = name.removesuffix("_pence").replace("_", " ")
            shown = _pounds(value) if name.endswith("_pence") else f"{value:,}"
            lines.append(f"{label:>16}  {shown}")
        return "\n".join(lines)


def write_report(*, neighbourhoods: int, bank: SandboxBank, last_day: date, seconds: float) -> JourneyReport:
    """Count everything as it stands on the last day."""
    tranches = Tranche.objects.exclude(status=TrancheStatus.CANCELLED)
    totals = bank.totals()
    unpaid = tranches.filter(status__in=UNPAID).aggregate(
        total=Sum(F("amount_pence") + F("uplift_pence") + F("contribution_pence"), default=0)
    )["total"]
    return JourneyReport(
        neighbourhoods=neighbourhoods,
        voters=RollEntry.objects.count(),
        ballots=CountedBallot.objects.count(),
        agreements=Agreement.objects.filter(status=AgreementStatus.COMPLETED).count(),
        tranches_due=tranches.filter(due_on__lte=last_day).count(),
        tranches_paid=totals.credited,
        duplicates=totals.credited_twice,
        ledger_sum_pence=Posting.objects.balance_pence(),
        committed_pence=unpaid,
        paid_pence=Payment.objects.filter(status=PaymentStatus.CONFIRMED).total_pence(),
        endowment_pence=_held(Account.CASH) + _held(Account.INVESTMENTS),
        seconds=round(seconds, 1),
    )


def _held(account: Account) -> int:
    return int(Posting.objects.filter(account=account.value).aggregate(total=Sum("amount_pence", default=0))["total"])


def _pounds(pence: int) -> str:
    pounds, rest = divmod(abs(pence), 100)
    return f"{'-' if pence < 0 else ''}£{pounds:,}.{rest:02d}"
