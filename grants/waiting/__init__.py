from grants.waiting import agreements, authority, books, endowment, payments, prices, reconciliation

__all__ = ["agreements", "authority", "books", "endowment", "payments", "prices", "reconciliation"]
