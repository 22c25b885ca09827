"""Crockford's base 32: letters that survive being read aloud and typed (no I, L, O, U)."""

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_READ_AS = str.maketrans("OIL", "011")


class StrangeLetterError(ValueError):
    """A character belongs to no code."""

    def __init__(self, letter: str) -> None:
        super().__init__(f"{letter!r} is in no code")
        self.letter = letter


def encode(data: bytes) -> str:
    """Five bits per letter, most significant first; the length in bits must divide by five."""
    if len(data) * 8 % 5:
        raise ValueError(f"{len(data)} bytes do not divide into letters of five bits")
    value = int.from_bytes(data)
    letters = len(data) * 8 // 5
    return "".join(ALPHABET[value >> 5 * place & 31] for place in reversed(range(letters)))


def grouped(text: str, size: int = 4) -> str:
    """`ABCD-EFGH-…`, easier to read back."""
    return "-".join(text[start : start + size] for start in range(0, len(text), size))


def normalise(typed: str) -> str:
    """What a person typed, as it was meant: case, spaces and dashes dropped, look-alike letters mapped.

    Raises:
        StrangeLetterError: a character belongs to no code.
    """
    text = typed.upper().replace("-", "").replace(" ", "").translate(_READ_AS)
    for letter in text:
        if letter not in ALPHABET:
            raise StrangeLetterError(letter)
    return text


def decode(code: str) -> bytes:
    """The bytes of a normalised code whose letters fill whole bytes."""
    value = 0
    for letter in code:
        value = value << 5 | ALPHABET.index(letter)
    return value.to_bytes(len(code) * 5 // 8)
