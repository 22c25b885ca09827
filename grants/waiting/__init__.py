from grants.waiting import agreements, endowment, payments, reconciliation

__all__ = ["agreements", "endowment", "payments", "reconciliation"]
