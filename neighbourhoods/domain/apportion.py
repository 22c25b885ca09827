"""Whole pennies and whole people: splitting an integer by weights so that the parts add up exactly."""

from collections.abc import Sequence


def largest_remainder(total: int, weights: Sequence[int]) -> list[int]:
    """Split `total` in proportion to `weights`; the parts are integers and sum to `total`.

    Each part is its exact share rounded towards zero; what is left over goes, one each, to the largest remainders,
    and among equal remainders to the earlier part. A negative total is split like its opposite.

    Raises:
        ValueError: a negative weight, or no weight above zero to carry a total that is not zero.
    """
    if any(weight < 0 for weight in weights):
        raise ValueError("weights must not be negative")
    whole = sum(weights)
    if whole == 0:
        if total:
            raise ValueError("a total needs at least one weight above zero")
        return [0] * len(weights)
    sign = -1 if total < 0 else 1
    parts, remainders = [], []
    for index, weight in enumerate(weights):
        part, remainder = divmod(abs(total) * weight, whole)
        parts.append(part)
        remainders.append((-remainder, index))
    for _, index in sorted(remainders)[: abs(total) - sum(parts)]:
        parts[index] += 1
    return [sign * part for part in parts]
