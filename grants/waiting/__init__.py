from grants.waiting import agreements, books, endowment, payments, reconciliation

__all__ = ["agreements", "books", "endowment", "payments", "reconciliation"]
