from grants.waiting import agreements, payments

__all__ = ["agreements", "payments"]
