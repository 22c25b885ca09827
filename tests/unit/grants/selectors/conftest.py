from tests.unit.grants.payment_world import wide_world, world

__all__ = ["wide_world", "world"]
