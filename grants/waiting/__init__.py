from grants.waiting import agreements, authority, books, endowment, payments, reconciliation

__all__ = ["agreements", "authority", "books", "endowment", "payments", "reconciliation"]
