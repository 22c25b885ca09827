from tests.unit.grants.paid_books import books, forge, lived

__all__ = ["books", "forge", "lived"]
