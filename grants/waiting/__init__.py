from grants.waiting import agreements, payments, reconciliation

__all__ = ["agreements", "payments", "reconciliation"]
