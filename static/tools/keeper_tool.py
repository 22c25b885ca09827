#!/usr/bin/env python3
"""The keeper's tool: one file that needs only Python 3.10 or later, no network and nothing else.

    python3 keeper_tool.py make               make a key, print its sheet, and its public half for the portal
    python3 keeper_tool.py read               read a sheet back and show the fingerprint of its key
    python3 keeper_tool.py open EXPORT.json   two keepers open a copy of the box and get the fingerprint of the ballots

Where the package `cryptography` is installed it is used for speed; the answers are the same without it.
Sources: RFC 9180 (HPKE, base mode), RFC 5869 (HKDF), FIPS 197 and SP 800-38D (AES-GCM), SEC 1 (P-256).
"""

import base64
import getpass
import hashlib
import hmac
import json
import secrets
import struct
import sys

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LINES, LETTERS, CHECK_BITS = 4, 15, 11
SHEET_LABEL, BALLOT_LABEL = b"cwf-key-sheet-v1", b"cwf-ballot-v1"
PAIRS = ((1, 2), (1, 3), (2, 3))

P = 2**256 - 2**224 + 2**192 + 2**96 - 1
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
G = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)


class ToolError(Exception):
    """Something a keeper can mend; the sentence says how."""


# P-256 in Jacobian coordinates; None is the point at infinity.


def _double(point):
    x, y, z = point
    if not y:
        return None
    square, delta = y * y % P, z * z % P
    beta = 4 * x * square % P
    alpha = 3 * (x - delta) * (x + delta) % P
    new_x = (alpha * alpha - 2 * beta) % P
    return new_x, (alpha * (beta - new_x) - 8 * square * square) % P, 2 * y * z % P


def _add(first, second):
    if first is None or second is None:
        return first or second
    (x1, y1, z1), (x2, y2, z2) = first, second
    z1z1, z2z2 = z1 * z1 % P, z2 * z2 % P
    u1, u2, s1, s2 = x1 * z2z2 % P, x2 * z1z1 % P, y1 * z2 * z2z2 % P, y2 * z1 * z1z1 % P
    if u1 == u2:
        return _double(first) if s1 == s2 else None
    h, r = u2 - u1, s2 - s1
    hh = h * h % P
    hhh, v = h * hh % P, u1 * hh % P
    x = (r * r - hhh - 2 * v) % P
    return x, (r * (v - x) - s1 * hhh) % P, h * z1 * z2 % P


def multiply(scalar, point):
    """`scalar` times an affine point, affine."""
    result, addend = None, (point[0], point[1], 1)
    for bit in bin(scalar)[2:]:
        result = _double(result) if result else None
        if bit == "1":
            result = _add(result, addend)
    if result is None:
        raise ToolError("this point has no place on the curve")
    x, y, z = result
    inverse = pow(z, -1, P)
    return x * inverse * inverse % P, y * inverse**3 % P


def encode_point(point):
    return b"\x04" + point[0].to_bytes(32, "big") + point[1].to_bytes(32, "big")


def decode_point(data):
    x, y = int.from_bytes(data[1:33], "big"), int.from_bytes(data[33:], "big")
    if len(data) != 65 or data[0] != 4 or x >= P or y >= P or (y * y - (x * x * x - 3 * x + B)) % P:
        raise ToolError("these bytes are no point of P-256")
    return x, y


def public_of(secret):
    """The public half of a secret number, 65 bytes."""
    return encode_point(multiply(secret, G))


# AES-256, encryption of one block, from its definition.


def _tables():
    power, log, value = [0] * 255, [0] * 256, 1
    for exponent in range(255):
        power[exponent], log[value] = value, exponent
        value ^= (value << 1) ^ (0x11B if value & 0x80 else 0)
        value &= 0xFF
    box = [0x63] * 256
    for number in range(1, 256):
        inverse = power[(255 - log[number]) % 255]
        turned = inverse
        for _ in range(4):
            inverse = (inverse << 1 | inverse >> 7) & 0xFF
            turned ^= inverse
        box[number] = turned ^ 0x63
    return box, [(number << 1) ^ (0x11B if number & 0x80 else 0) for number in range(256)]


SBOX, TWICE = _tables()


def expand_key(key):
    words, constant = [list(key[start : start + 4]) for start in range(0, 32, 4)], 1
    for position in range(8, 60):
        word = list(words[-1])
        if position % 8 == 0:
            word = [SBOX[byte] for byte in word[1:] + word[:1]]
            word[0] ^= constant
            constant = TWICE[constant]
        elif position % 8 == 4:
            word = [SBOX[byte] for byte in word]
        words.append([mine ^ other for mine, other in zip(words[-8], word, strict=True)])
    return [sum(words[start : start + 4], []) for start in range(0, 60, 4)]


def encrypt_block(round_keys, block):
    state = [byte ^ key for byte, key in zip(block, round_keys[0], strict=True)]
    for number, round_key in enumerate(round_keys[1:], start=1):
        state = [SBOX[state[(place + 4 * (place % 4)) % 16]] for place in range(16)]
        if number < 14:
            mixed = []
            for start in range(0, 16, 4):
                a, b, c, d = state[start : start + 4]
                every = a ^ b ^ c ^ d
                mixed += [
                    a ^ every ^ TWICE[a ^ b],
                    b ^ every ^ TWICE[b ^ c],
                    c ^ every ^ TWICE[c ^ d],
                    d ^ every ^ TWICE[d ^ a],
                ]
            state = mixed
        state = [byte ^ key for byte, key in zip(state, round_key, strict=True)]
    return bytes(state)


def _ghash(key, data):
    total = 0
    for start in range(0, len(data), 16):
        total ^= int.from_bytes(data[start : start + 16], "big")
        product, factor = 0, key
        for bit in range(127, -1, -1):
            if total >> bit & 1:
                product ^= factor
            factor = factor >> 1 ^ (0xE1 << 120 if factor & 1 else 0)
        total = product
    return total.to_bytes(16, "big")


def gcm_decrypt(key, nonce, data):
    """AES-256-GCM without additional data.

    Raises:
        ToolError: the tag does not fit.
    """
    text, tag = data[:-16], data[-16:]
    round_keys = expand_key(key)
    padded = text + bytes(-len(text) % 16) + struct.pack(">QQ", 0, 8 * len(text))
    seal = _ghash(int.from_bytes(encrypt_block(round_keys, bytes(16)), "big"), padded)
    mask = encrypt_block(round_keys, nonce + struct.pack(">I", 1))
    if not hmac.compare_digest(bytes(a ^ b for a, b in zip(seal, mask, strict=True)), tag):
        raise ToolError("the sealed ballot does not open with these keys")
    blocks = range(-(-len(text) // 16))
    stream = b"".join(encrypt_block(round_keys, nonce + struct.pack(">I", 2 + block)) for block in blocks)
    return bytes(a ^ b for a, b in zip(text, stream, strict=False))


# HPKE, base mode: DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM.

KEM_SUITE, HPKE_SUITE = b"KEM\x00\x10", b"HPKE\x00\x10\x00\x01\x00\x02"


def _extract(suite, label, material, *, salt=bytes(32)):
    return hmac.new(salt, b"HPKE-v1" + suite + label + material, hashlib.sha256).digest()


def _expand(suite, key, label, *, info, length):
    labelled = struct.pack(">H", length) + b"HPKE-v1" + suite + label + info
    return hmac.new(key, labelled + b"\x01", hashlib.sha256).digest()[:length]


def hpke_open(secret, sealed, *, info, public):
    """What was sealed under `info` to the key of `secret`, whose public half is `public`, in plain Python."""
    ephemeral, text = sealed[:65], sealed[65:]
    shared = multiply(secret, decode_point(ephemeral))[0].to_bytes(32, "big")
    eae = _extract(KEM_SUITE, b"eae_prk", shared)
    shared = _expand(KEM_SUITE, eae, b"shared_secret", info=ephemeral + public, length=32)
    context = b"\x00" + _extract(HPKE_SUITE, b"psk_id_hash", b"") + _extract(HPKE_SUITE, b"info_hash", info)
    prk = _extract(HPKE_SUITE, b"secret", b"", salt=shared)
    key = _expand(HPKE_SUITE, prk, b"key", info=context, length=32)
    return gcm_decrypt(key, _expand(HPKE_SUITE, prk, b"base_nonce", info=context, length=12), text)


def fast_opener(secret):
    """The same by the package `cryptography`, or None where it is not installed or too old."""
    try:
        from cryptography.hazmat.primitives.asymmetric import ec
        from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
    except ImportError:
        return None
    suite, key = Suite(KEM.P256, KDF.HKDF_SHA256, AEAD.AES_256_GCM), ec.derive_private_key(secret, ec.SECP256R1())

    def opened(sealed, info):
        try:
            return suite.decrypt(sealed, key, info)
        except Exception as error:
            raise ToolError("the sealed ballot does not open with these keys") from error

    return opened


def opener_of(secret, *, plain=False):
    """Opens one layer; `plain` asks for plain Python even where a faster package is installed."""
    public = public_of(secret)
    return (None if plain else fast_opener(secret)) or (
        lambda sealed, info: hpke_open(secret, sealed, info=info, public=public)
    )


# Key sheets.


def write_sheet(secret):
    """Four lines of three groups of five letters, each with a check of its own."""
    data, lines = secret.to_bytes(32, "big"), []
    for number in range(1, LINES + 1):
        chunk = data[8 * number - 8 : 8 * number]
        value = int.from_bytes(chunk, "big") << CHECK_BITS | _check(number, chunk)
        text = "".join(ALPHABET[value >> 5 * place & 31] for place in reversed(range(LETTERS)))
        lines.append(" ".join(text[start : start + 5] for start in range(0, LETTERS, 5)))
    return lines


def read_line(number, typed):
    text = typed.upper().replace("-", "").replace(" ", "").translate(str.maketrans("OIL", "011"))
    if len(text) != LETTERS or any(letter not in ALPHABET for letter in text):
        raise ToolError(f"line {number} must be {LETTERS} letters and digits (no U)")
    value = 0
    for letter in text:
        value = value << 5 | ALPHABET.index(letter)
    chunk = (value >> CHECK_BITS).to_bytes(8, "big")
    if value & (1 << CHECK_BITS) - 1 != _check(number, chunk):
        raise ToolError(f"line {number} is mistyped")
    return chunk


def read_sheet(lines):
    """The secret number of a sheet."""
    secret = int.from_bytes(b"".join(read_line(number, line) for number, line in enumerate(lines, 1)), "big")
    if len(lines) != LINES or not 0 < secret < N:
        raise ToolError("these lines are no key")
    return secret


def _check(number, chunk):
    return int.from_bytes(hashlib.sha256(SHEET_LABEL + bytes([number]) + chunk).digest()[:2], "big") >> 16 - CHECK_BITS


def fingerprint(public):
    value = int.from_bytes(hashlib.sha256(public).digest()[:10], "big")
    text = "".join(ALPHABET[value >> 5 * place & 31] for place in reversed(range(16)))
    return "-".join(text[start : start + 4] for start in range(0, 16, 4))


# Opening a copy of the box.


KINDS = {"approval": 1, "ranked": 2, "points": 3, "knapsack": 4}


def decode_ballot(plain, content):
    """What a ballot of these rules says, as it is counted; None when it breaks them.

    Approval and knapsack: positions chosen, ascending. Ranked: positions in the voter's order. Points: the points of
    every project.
    """
    projects, how = content["projects"], content["ballot"]
    count, kind = len(projects), how["kind"]
    if len(plain) != 4 + 2 * count or plain[:4] != struct.pack(">BBH", 1, KINDS[kind], count):
        return None
    marks = struct.unpack_from(f">{count}H", plain, 4)
    named = [place for place, mark in enumerate(marks) if mark]
    if not 1 <= len(named) <= how["most_choices"]:
        return None
    if kind == "points":
        return marks if max(marks) <= how["most_points"] and sum(marks) <= how["points"] else None
    if kind == "ranked":
        ranked = tuple(sorted(named, key=marks.__getitem__))
        return ranked if [marks[place] for place in ranked] == list(range(1, len(ranked) + 1)) else None
    spent = sum(projects[place]["price_pence"] for place in named) if kind == "knapsack" else 0
    return tuple(named) if set(marks) <= {0, 1} and spent <= content.get("budget_pence", 0) else None


def open_export(export, secrets_by_keeper, *, plain=False):
    """(counted, invalid, digest) of a copy of the box, opened by two keepers.

    Raises:
        ToolError: not two keepers of this vote, the copy is not what the portal signed before opening, or a ballot in
            it is not on the public list.
    """
    pair = tuple(sorted(secrets_by_keeper))
    rules = export["rules"].encode()
    content = json.loads(rules)
    for number in pair:
        if public_of(secrets_by_keeper[number]).hex() != content["keepers"][number - 1]:
            raise ToolError(f"this is not key {number} of this vote")
    if pair not in PAIRS:
        raise ToolError("two different keepers open the box together")
    sealed = [bytes.fromhex(text) for text in export["sealed"]]
    leaves = sorted(hashlib.sha256(b"\x00" + ballot).digest() for ballot in sealed)
    if hashlib.sha256(bytes.fromhex(export.get("set_salt", "")) + b"".join(leaves)).hexdigest() != export["set_hash"]:
        raise ToolError("the copy does not hold the ballots that were signed before opening")
    check_list(leaves, [bytes.fromhex(text) for text in export.get("log", [])], rules)
    info = BALLOT_LABEL + bytes.fromhex(content["round"]) + hashlib.sha256(rules).digest() + bytes(pair)
    first, second = (opener_of(secrets_by_keeper[number], plain=plain) for number in pair)
    opened = [_open_ballot(ballot, PAIRS.index(pair), info=info, openers=(first, second)) for ballot in sealed]
    ballots = sorted(filter(None, (ballot and decode_ballot(ballot, content) for ballot in opened)))
    text = "".join(",".join(map(str, ballot)) + "\n" for ballot in ballots)
    return len(ballots), len(sealed) - len(ballots), hashlib.sha256(text.encode()).hexdigest()


def check_list(leaves, log, rules):
    """Refuse ballots that nobody can have cast: each stands once on the public list, which begins with the rules."""
    if not log or log[0] != hashlib.sha256(b"\x00" + rules).digest():
        raise ToolError("the copy lacks the public list of this vote: fetch it again")
    strangers = set(leaves) - set(log[1:])
    if strangers or len(set(leaves)) != len(leaves):
        raise ToolError(
            f"{max(1, len(strangers))} of the ballots in the copy are not on the public list, or there twice: somebody "
            "changed the box. Do not type in a fingerprint; tell the panel and the fund"
        )


def tree_hash(leaves):
    """The root of the public list, as it stands in its signed heads (RFC 6962)."""
    level = list(leaves)
    while len(level) > 1:
        pairs = [hashlib.sha256(b"\x01" + level[i] + level[i + 1]).digest() for i in range(0, len(level) - 1, 2)]
        level = pairs + level[2 * len(pairs) :]
    return level[0]


def _open_ballot(sealed, position, *, info, openers):
    length, odd = divmod(len(sealed) - 1, len(PAIRS))
    if sealed[:1] != b"\x01" or odd or length <= 162:
        return None
    try:
        return openers[1](openers[0](sealed[1 + position * length :][:length], info), info)
    except ToolError:
        return None


# What a keeper sees.


def say(text=""):
    sys.stdout.write(text + "\n")


def ask_sheet(whose):
    say(f"Type the four lines of {whose}. They are not shown.")
    lines = []
    while len(lines) < LINES:
        try:
            typed = getpass.getpass(f"  line {len(lines) + 1}: ")
            read_line(len(lines) + 1, typed)
            lines.append(typed)
        except ToolError as error:
            say(f"  {error}: try again")
    return read_sheet(lines)


def make():
    secret = secrets.randbelow(N - 1) + 1
    lines, public = write_sheet(secret), public_of(secret)
    say("Your key sheet. Write it down or print it, and show it to nobody:\n")
    for number, line in enumerate(lines, 1):
        say(f"  {number}   {line}")
    say(f"\nFingerprint of the key: {fingerprint(public)}\n")
    while True:
        try:
            if read_line(2, input("Type line 2 back from your paper: ")) == read_line(2, lines[1]):
                break
            say("That is line 2 of another sheet.")
        except ToolError as error:
            say(f"{error}: compare it with your paper")
    say("\nGive the portal this public half, and nothing else:\n")
    say(public.hex())


def main(arguments):
    if arguments == ["make"]:
        make()
    elif arguments == ["read"]:
        say(f"Fingerprint of the key: {fingerprint(public_of(ask_sheet('your sheet')))}")
    elif len(arguments) == 2 and arguments[0] == "open":
        with open(arguments[1], encoding="utf-8") as file:
            export = json.load(file)
        keepers = json.loads(export["rules"])["keepers"]
        found = {}
        for whose in ("the first keeper's sheet", "the second keeper's sheet"):
            secret = ask_sheet(whose)
            public = public_of(secret).hex()
            if public not in keepers:
                raise ToolError("this is a whole key, but of another vote")
            found[keepers.index(public) + 1] = secret
        counted, invalid, digest = open_export(export, found)
        log = [bytes.fromhex(text) for text in export["log"]]
        say(f"\nAll {counted + invalid} ballots are on the public list, which has {len(log)} entries and this root:")
        say(base64.b64encode(tree_hash(log)).decode())
        say("Compare both with the last head that you got by e-mail.")
        say(f"\n{counted} ballots counted, {invalid} invalid.\nFingerprint of the ballots:\n{digest}")
    else:
        raise ToolError(__doc__ or "")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except (ToolError, OSError, KeyError, ValueError) as error:
        sys.exit(str(error))
