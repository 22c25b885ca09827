from tests.unit.grants.payment_world import claimed, paid, released, wide_world, world

__all__ = ["claimed", "paid", "released", "wide_world", "world"]
