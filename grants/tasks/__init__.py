from grants.tasks import calendar, payments

__all__ = ["calendar", "payments"]
