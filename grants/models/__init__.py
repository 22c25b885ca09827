from grants.models.agreement import TRANSITIONS, Agreement, AgreementFunding, AgreementStatus, Approval
from grants.models.authority import AuthorityChange, AuthorityLimit, Delegation, OfficerAuthority
from grants.models.bank_message import BankMessage, BankStatement, FileStatus, LineGroup, PaymentFile, StatementLine
from grants.models.bank_notice import ModulusTable, PaymentNotice
from grants.models.body import AccountableBody, BankAccount, BodyContact
from grants.models.books import (
    Correction,
    HeadNotice,
    LedgerBalance,
    LedgerDay,
    LedgerExport,
    LedgerMovement,
    MonthClose,
)
from grants.models.clawback import Clawback, ClawbackFunding, ClawbackReceipt, WriteOff, WriteOffLimit
from grants.models.clearing import DoubtSettlement, LineClearing
from grants.models.direction import DecisionKind, FundDecision, SavedScenario, SpendingPolicy
from grants.models.investment import FundOrder, Holding, HoldingEntry, OrderKind, Valuation
from grants.models.ledger import Journal, Posting
from grants.models.limit_change import LimitChange
from grants.models.oversight import Report, Review
from grants.models.passed_over import PassedOver
from grants.models.pause import Pause
from grants.models.payment import PAYMENT_TRANSITIONS, Payment, PaymentStatus, RetryRequest
from grants.models.prices import PriceIndex
from grants.models.programme import Allocation, AllocationFunding, Cohort, Programme, Source, Wave
from grants.models.reconciliation import ReconciliationDifference, ReconciliationReport
from grants.models.removal import Removal
from grants.models.run import RUN_TRANSITIONS, PaymentRun, ReleaseLimit, RunStatus
from grants.models.schedule import TRANCHE_TRANSITIONS, Hold, Tranche, TrancheFunding, TrancheStatus
from grants.models.two_people import Opinion
from grants.models.unspent import UnspentDecision
from grants.models.uplift import Uplift
from grants.models.variation import AgreementVersion, ScheduleLine, Variation, VariationLine

__all__ = [
    "PAYMENT_TRANSITIONS",
    "RUN_TRANSITIONS",
    "TRANCHE_TRANSITIONS",
    "TRANSITIONS",
    "AccountableBody",
    "Agreement",
    "AgreementFunding",
    "AgreementStatus",
    "AgreementVersion",
    "Allocation",
    "AllocationFunding",
    "Approval",
    "AuthorityChange",
    "AuthorityLimit",
    "BankAccount",
    "BankMessage",
    "BankStatement",
    "BodyContact",
    "Clawback",
    "ClawbackFunding",
    "ClawbackReceipt",
    "Cohort",
    "DecisionKind",
    "Correction",
    "Delegation",
    "DoubtSettlement",
    "FileStatus",
    "FundDecision",
    "FundOrder",
    "HeadNotice",
    "Hold",
    "Holding",
    "HoldingEntry",
    "Journal",
    "LedgerBalance",
    "LedgerDay",
    "LedgerExport",
    "LedgerMovement",
    "MonthClose",
    "LimitChange",
    "LineClearing",
    "LineGroup",
    "ModulusTable",
    "OfficerAuthority",
    "OrderKind",
    "Opinion",
    "Pause",
    "PassedOver",
    "Payment",
    "PaymentFile",
    "PaymentNotice",
    "PaymentRun",
    "PaymentStatus",
    "Posting",
    "PriceIndex",
    "Programme",
    "ReconciliationDifference",
    "ReconciliationReport",
    "ReleaseLimit",
    "Report",
    "Removal",
    "RetryRequest",
    "Review",
    "RunStatus",
    "SavedScenario",
    "ScheduleLine",
    "Source",
    "SpendingPolicy",
    "StatementLine",
    "Tranche",
    "TrancheFunding",
    "TrancheStatus",
    "UnspentDecision",
    "Uplift",
    "Valuation",
    "Variation",
    "VariationLine",
    "Wave",
    "WriteOff",
    "WriteOffLimit",
]
