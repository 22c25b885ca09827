"""Pounds as people type them, pence as we keep them."""

import re
from typing import Any

from django.core.exceptions import ValidationError

from cwf_portal.core.forms.base import GovField

LIKE = "like 1,000 or 1,000.50"
LARGEST_PENCE = 10**13  # £100 billion: more than any fund of this kind, and safely inside a bigint column
POUNDS = re.compile(r"(?P<whole>[0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)(?:\.(?P<pence>[0-9]{2}))?")
LONGEST = 40  # characters; longer input is refused before any arithmetic


def pence_from_text(text: str) -> int:
    """Whole pence of an amount in pounds.

    Args:
        text: Such as "£1,000.50", "1000" or "0.99"; spaces around it and one pound sign are allowed.

    Raises:
        ValidationError: Anything else, with a sentence that says what to change.
    """
    bare = text.strip().removeprefix("£").strip()
    if any(sign.isdigit() and not sign.isascii() for sign in bare):
        raise ValidationError(f"Use the plain digits 0 to 9, {LIKE}", code="digits")
    if bare.startswith(("-", "−", "–", "(")):
        raise ValidationError(
            f"The amount must not be negative: enter it without a minus sign, {LIKE}", code="negative"
        )
    if len(bare) > LONGEST:
        raise ValidationError(f"The amount is too long: enter pounds in digits, {LIKE}", code="too_long")
    if match := POUNDS.fullmatch(bare):
        return int(match["whole"].replace(",", "")) * 100 + int(match["pence"] or 0)
    raise ValidationError(mending_sentence(bare), code="invalid")


def mending_sentence(bare: str) -> str:
    """What to change in `bare`, which is not an amount we can read."""
    whole, point, pence = bare.partition(".")
    if re.fullmatch(r"[0-9,]+", whole) and point and re.fullmatch(r"[0-9]*", pence) and len(pence) != 2:
        return f"Enter pence as two digits after the point, {LIKE}"
    if re.fullmatch(r"[0-9,]+(\.[0-9]{2})?", bare):
        return f"Put commas between thousands only, or leave them out, {LIKE}"
    return f"Enter an amount in pounds, in digits, {LIKE}"


class MoneyField(GovField):
    """An amount in pounds, cleaned to whole pence (int); None when an optional field is left empty.

    Args:
        min_pence: Smallest amount allowed.
        max_pence: Largest amount allowed.
    """

    gov_template = "components/fields/money.html"

    def __init__(self, *, min_pence: int = 0, max_pence: int = LARGEST_PENCE, **kwargs: Any) -> None:
        self.min_pence, self.max_pence = min_pence, max_pence
        super().__init__(**kwargs)
        self.widget.attrs |= {"inputmode": "decimal", "spellcheck": "false"}

    def input_classes(self) -> list[str]:
        return [self.input_class, f"{self.input_class}--width-10"]

    def prepare_value(self, value: Any) -> Any:
        """Initial pence as pounds; what a person typed stays as typed."""
        return pounds_text(value) if isinstance(value, int) else value

    def to_python(self, value: Any) -> int | None:
        """Pence, or None when nothing was entered.

        Raises:
            ValidationError: Not an amount, or out of range.
        """
        text = str(value if value is not None else "").strip()
        if not text:
            return None
        pence = pence_from_text(text)
        if pence < self.min_pence:
            raise ValidationError(f"The amount must be £{pounds_text(self.min_pence)} or more", code="min")
        if pence > self.max_pence:
            raise ValidationError(f"The amount must be £{pounds_text(self.max_pence)} or less", code="max")
        return pence

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare amounts, not spellings: "1,000" and "1000.00" are the same money."""
        try:
            return bool(initial != self.to_python(data))
        except ValidationError:
            return True


def pounds_text(pence: int) -> str:
    """`pence` as pounds with commas and no sign: "1,234.50", whole pounds as "1,234"."""
    sign = "-" if pence < 0 else ""
    pounds, rest = divmod(abs(pence), 100)
    return f"{sign}{pounds:,}.{rest:02d}" if rest else f"{sign}{pounds:,}"
