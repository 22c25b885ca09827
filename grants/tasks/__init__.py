from grants.tasks import calendar, payments, reconciliation

__all__ = ["calendar", "payments", "reconciliation"]
