from grants.models.agreement import TRANSITIONS, Agreement, AgreementFunding, AgreementStatus, Approval
from grants.models.authority import AuthorityLimit, OfficerAuthority
from grants.models.body import AccountableBody, BankAccount, BodyContact
from grants.models.ledger import Journal, Posting
from grants.models.oversight import Report, Review
from grants.models.programme import Allocation, AllocationFunding, Cohort, Programme, Source, Wave
from grants.models.schedule import TRANCHE_TRANSITIONS, Hold, Tranche, TrancheFunding, TrancheStatus

__all__ = [
    "TRANCHE_TRANSITIONS",
    "TRANSITIONS",
    "AccountableBody",
    "Agreement",
    "AgreementFunding",
    "AgreementStatus",
    "Allocation",
    "AllocationFunding",
    "Approval",
    "AuthorityLimit",
    "BankAccount",
    "BodyContact",
    "Cohort",
    "Hold",
    "Journal",
    "OfficerAuthority",
    "Posting",
    "Programme",
    "Report",
    "Review",
    "Source",
    "Tranche",
    "TrancheFunding",
    "TrancheStatus",
    "Wave",
]
