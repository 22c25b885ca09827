from grants.tasks import books, calendar, payments, reconciliation

__all__ = ["books", "calendar", "payments", "reconciliation"]
