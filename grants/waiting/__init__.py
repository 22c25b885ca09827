from grants.waiting import payments

__all__ = ["payments"]
