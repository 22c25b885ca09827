"""UK modulus checking: whether an account number can exist at a sort code, by weight tables that the operator loads.

| Weight table, one line each | what |
|-|-|
| start, end | the range of sort codes, six digits each, both counted |
| method | MOD10, MOD11 or DBLAL |
| fourteen weights | for the six digits of the sort code (u–z) and the eight of the account number (a–h) |
| exception | 1–14, or nothing |

| Substitution table, one line each | what |
|-|-|
| sort code, sort code | which code to calculate with instead, under exception 5 |

A sort code on no line cannot be checked, and its accounts are presumed valid. A code on one line passes with that
check; on two lines both must pass, but where their exceptions are 2 and 9, 10 and 11, or 12 and 13 one is enough.

Source: Vocalink, "Validating account numbers: UK modulus checking", exceptions 1 to 14. The tables are not ours.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from grants.domain.bank_text import Account

A, B, C, D, E, F, G, H = range(6, 14)  # where the digits of the account number stand behind the sort code's six
DIGITS = 14
METHODS = ("MOD10", "MOD11", "DBLAL")
EXCEPTION_2_STANDARD = (0, 0, 1, 2, 5, 3, 6, 4, 8, 7, 10, 9, 3, 1)
EXCEPTION_2_FOR_NINE = (0, 0, 0, 0, 0, 0, 0, 0, 8, 7, 10, 9, 3, 1)
SUBSTITUTES = {8: "090126", 9: "309634"}
EXCEPTION_6_FOREIGN = range(4, 9)
ONE_IS_ENOUGH = ({2, 9}, {10, 11}, {12, 13})
LINE = re.compile(r"([0-9]{6})\s+([0-9]{6})\s+([A-Z0-9]{5})((?:\s+-?[0-9]{1,3}){14})(?:\s+([0-9]{1,2}))?", re.ASCII)
SUBSTITUTION = re.compile(r"([0-9]{6})\s+([0-9]{6})", re.ASCII)


class ModulusTableError(ValueError):
    """A table that cannot be read; `line` counts from 1."""


class ModulusResult(Enum):
    """What the check says."""

    VALID = "valid"
    INVALID = "invalid"
    NOT_CHECKED = "not_checked"  # no line for the sort code: presumed valid


@dataclass(frozen=True)
class Rule:
    """One line of the weight table."""

    start: str
    end: str
    method: str
    weights: tuple[int, ...]
    exception: int = 0


@dataclass(frozen=True)
class ModulusRules:
    """Both tables; rules of a sort code in the order in which they stand."""

    rules: tuple[Rule, ...]
    substitutions: Mapping[str, str]

    def of(self, sort_code: str) -> list[Rule]:
        """The lines for a sort code: none, one or two."""
        return [rule for rule in self.rules if rule.start <= sort_code <= rule.end][:2]


def read_tables(*, weights: str, substitutions: str = "") -> ModulusRules:
    """Read both tables, or refuse them whole.

    Raises:
        ModulusTableError: the first line that is wrong, or a table without lines.
    """
    rules = tuple(_rule(number, line) for number, line in _lines(weights))
    if not rules:
        raise ModulusTableError("The weight table holds no line.")
    pairs: dict[str, str] = {}
    for number, line in _lines(substitutions):
        match = SUBSTITUTION.fullmatch(line)
        if not match:
            raise ModulusTableError(f"Line {number} of the substitutions is not two sort codes: {line[:40]!r}.")
        pairs[match[1]] = match[2]
    return ModulusRules(rules, pairs)


def _lines(text: str) -> Iterable[tuple[int, str]]:
    return ((number, line.strip()) for number, line in enumerate(text.splitlines(), start=1) if line.strip())


def _rule(number: int, line: str) -> Rule:
    match = LINE.fullmatch(line)
    if not match or match[3] not in METHODS or match[1] > match[2]:
        raise ModulusTableError(f"Line {number} of the weights is not one of the table: {line[:40]!r}.")
    exception = int(match[5] or 0)
    if exception > 14:
        raise ModulusTableError(f"Line {number} of the weights names exception {exception}; there are 14.")
    return Rule(match[1], match[2], match[3], tuple(int(weight) for weight in match[4].split()), exception)


def check_account(rules: ModulusRules, account: Account) -> ModulusResult:
    """Whether the account passes the check of its sort code."""
    found = rules.of(account.sort_code)
    if not found:
        return ModulusResult.NOT_CHECKED
    exceptions = {rule.exception for rule in found}
    if exceptions & {6} and _is_foreign(account):
        return ModulusResult.VALID
    passed = [_passes(rule, account, rules) for rule in found]
    return _result(any(passed) if exceptions in ONE_IS_ENOUGH else all(passed))


def _result(is_valid: bool) -> ModulusResult:
    return ModulusResult.VALID if is_valid else ModulusResult.INVALID


def _digits(account: Account) -> list[int]:
    return [int(digit) for digit in account.sort_code + account.account_number]


def _is_foreign(account: Account) -> bool:
    """Exception 6: accounts in a foreign currency are not checked."""
    digits = _digits(account)
    return digits[A] in EXCEPTION_6_FOREIGN and digits[G] == digits[H]


def _passes(rule: Rule, account: Account, rules: ModulusRules) -> bool:
    digits = _digits(account)
    if rule.exception == 3 and digits[C] in (6, 9):
        return True  # the second check is not made
    if rule.exception == 5:
        code = rules.substitutions.get(account.sort_code, account.sort_code)
        return _passes_with_check_digits(rule, _digits(replace(account, sort_code=code)))
    if rule.exception in SUBSTITUTES:  # calculated with a sort code of the same bank's
        digits = _digits(replace(account, sort_code=SUBSTITUTES[rule.exception]))
    if rule.exception == 4:
        return _weighted(rule, digits) % 11 == 10 * digits[G] + digits[H]
    if rule.exception == 14:
        return _remains_nothing(rule, digits) or _passes_shifted(rule, digits)
    return _remains_nothing(_adjusted(rule, digits), digits)


def _adjusted(rule: Rule, digits: Sequence[int]) -> Rule:
    """The rule with the weights that exceptions 2, 7 and 10 put in place of the table's."""
    if rule.exception == 2 and digits[A] != 0:
        weights = EXCEPTION_2_FOR_NINE if digits[G] == 9 else EXCEPTION_2_STANDARD
        return replace(rule, weights=weights)
    blanked = (rule.exception == 7 and digits[G] == 9) or (
        rule.exception == 10 and (digits[A], digits[B]) in ((0, 9), (9, 9)) and digits[G] == 9
    )
    return replace(rule, weights=(0,) * C + rule.weights[C:]) if blanked else rule


def _weighted(rule: Rule, digits: Sequence[int]) -> int:
    products = [weight * digit for weight, digit in zip(rule.weights, digits, strict=True)]
    if rule.method == "DBLAL":
        return sum(int(figure) for product in products for figure in str(product))
    return sum(products)


def _modulus(rule: Rule) -> int:
    return 11 if rule.method == "MOD11" else 10


def _remains_nothing(rule: Rule, digits: Sequence[int]) -> bool:
    extra = 27 if rule.exception == 1 else 0
    return (_weighted(rule, digits) + extra) % _modulus(rule) == 0


def _passes_with_check_digits(rule: Rule, digits: Sequence[int]) -> bool:
    """Exception 5: the remainder must give the check digit, g for the first check and h for the second."""
    remainder = _weighted(rule, digits) % _modulus(rule)
    if rule.method == "MOD11":
        return remainder != 1 and digits[G] == (11 - remainder) % 11
    return digits[H] == (10 - remainder) % 10


def _passes_shifted(rule: Rule, digits: Sequence[int]) -> bool:
    """Exception 14: where h is 0, 1 or 9 the number is moved one to the right, a nought in front, and checked again."""
    if digits[H] not in (0, 1, 9):
        return False
    return _remains_nothing(rule, [*digits[:A], 0, *digits[A:H]])
