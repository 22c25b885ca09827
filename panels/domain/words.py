"""Money and places in an order, as sentences name them."""

from fractions import Fraction


def pounds(pence: int | Fraction) -> str:
    """`£1,234` or `£1,234.50`; fractions of a penny are rounded up, since nobody pays less than their part."""
    whole = -(-pence // 1)
    return f"£{whole // 100:,}" if whole % 100 == 0 else f"£{whole // 100:,}.{whole % 100:02d}"


def ordinal(number: int) -> str:
    """`1st`, `2nd`, `3rd`, `4th`, `11th` …"""
    suffix = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{suffix}"
