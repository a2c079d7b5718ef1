"""Tokens that Latchkey rejects and other verifiers accept, recognized without Latchkey's code, each with the reason."""

import base64
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass

STRING_CLAIMS = ["iss", "sub", "aud", "jti", "client_id", "token_id", "token_name", "token_type", "org_id", "user_id"]
OPTIONAL_STRING_CLAIMS = ["parent", "journey_id", "portal_id"]
OTHER_CLAIMS = ["iat", "exp", "token_use", "assume_roles", "read_only", "anonymize"]
# 9999-12-30T22:00:00Z, the latest time in a token.
MAX_NUMERIC_DATE = 253_402_207_200
# The latest time in a user's token.
MAX_USER_NUMERIC_DATE = 2**40


class Members(list):
    """The members of a JSON object in order, including duplicates."""

    def values(self, name: str) -> list:
        return [value for member, value in self if member == name]

    def has_duplicate(self, names: list[str]) -> bool:
        return any(len(self.values(name)) > 1 for name in names)


class Token:
    """The parts of a token. Header and claims are None if they are not JSON objects."""

    def __init__(self, text: str) -> None:
        self.parts = text.split(".")
        self.header, self.claims = (parse(part) for part in (self.parts + ["", ""])[:2])


def decode(part: str) -> bytes:
    return base64.urlsafe_b64decode(re.sub("[^A-Za-z0-9_-]", "", part) + "==")


def parse_int(text: str) -> float:
    """`-0` is not a number of seconds, and serde_json parses it as a floating-point number."""
    return -0.0 if text == "-0" else int(text)


def parse(part: str) -> Members | None:
    try:
        value = json.loads(decode(part), object_pairs_hook=Members, parse_int=parse_int)
    except ValueError:
        return None
    return value if isinstance(value, Members) else None


def is_canonical(part: str) -> bool:
    try:
        return base64.urlsafe_b64encode(decode(part)).rstrip(b"=").decode() == part
    except ValueError:
        return False


def is_strict_json(part: str) -> bool:
    """Whether it is UTF-8 without a byte order mark, without lone surrogates and with finite numbers only."""

    def finite(text: str) -> float:
        if abs(float(text)) == float("inf"):
            raise ValueError
        return float(text)

    try:
        text = decode(part).decode()
        json.dumps(json.loads(text, parse_float=finite, parse_constant=finite), ensure_ascii=False).encode()
    except ValueError:
        return False
    return not text.startswith("\ufeff")


def is_numeric_date(value: object) -> bool:
    return type(value) is int and 0 <= value <= MAX_NUMERIC_DATE


def has_claim_of_wrong_type(token: Token) -> bool:
    checks = {name: (lambda value: type(value) is str) for name in STRING_CLAIMS + OPTIONAL_STRING_CLAIMS}
    checks |= {"read_only": lambda value: value is True, "anonymize": lambda value: value is True}
    checks |= {"iat": is_numeric_date, "exp": is_numeric_date, "token_use": lambda value: value == "access"}
    checks["assume_roles"] = lambda value: type(value) is list and all(type(role) is str for role in value)
    return any(not is_valid(value) for name, is_valid in checks.items() for value in token.claims.values(name))


def has_nested_duplicate(value: object) -> bool:
    if isinstance(value, Members):
        names = [name for name, _ in value]
        return len(set(names)) < len(names) or any(has_nested_duplicate(member) for _, member in value)
    return isinstance(value, list) and any(map(has_nested_duplicate, value))


def is_user_time(value: object) -> bool:
    return type(value) in (int, float) and 0 <= value <= MAX_USER_NUMERIC_DATE


def is_audience(value: object) -> bool:
    is_list = type(value) is list and all(type(audience) is str for audience in value)
    return type(value) is str or is_list


def has_user_claim_of_wrong_type(token: Token) -> bool:
    checks = {"exp": is_user_time, "iat": is_user_time, "nbf": is_user_time, "aud": is_audience}
    checks |= {"iss": lambda value: type(value) is str, "sub": lambda value: type(value) is str}
    return any(not is_valid(value) for name, is_valid in checks.items() for value in token.claims.values(name))


def is_user_type(value: object) -> bool:
    return type(value) is str and value.lower().removeprefix("application/") in ("jwt", "at+jwt")


def is_subject(value: str) -> bool:
    return re.fullmatch(r"[!-~]([ -~]{0,253}[!-~])?", value) is not None


@dataclass(frozen=True)
class Difference:
    name: str
    # Why Latchkey is stricter.
    reason: str
    matches: Callable[[Token], bool]


# The first that matches a token of Latchkey applies.
EXPECTED_DIFFERENCES = [
    Difference(
        "non-canonical base64url",
        "padding, unused bits, white space and characters outside the alphabet give one token several texts (RFC 7515, section 2)",
        lambda token: len(token.parts) != 3 or not all(map(is_canonical, token.parts)),
    ),
    Difference(
        "JSON that parsers read differently",
        "invalid UTF-8, lone surrogates, byte order marks and numbers out of range (RFC 8259, sections 6 to 8)",
        lambda token: not all(map(is_strict_json, token.parts[:2])),
    ),
    Difference(
        "duplicate header member",
        "parsers differ on which of two members counts (RFC 7515, section 4)",
        lambda token: token.header.has_duplicate(["alg", "typ", "kid", "crit"]),
    ),
    Difference(
        "duplicate claim",
        "parsers differ on which of two members counts (RFC 7519, section 4)",
        lambda token: token.claims.has_duplicate([*STRING_CLAIMS, *OPTIONAL_STRING_CLAIMS, *OTHER_CLAIMS]),
    ),
    Difference(
        "critical extension",
        "no extension is supported (RFC 7515, section 4.1.11)",
        lambda token: token.header.values("crit") != [],
    ),
    Difference(
        "missing `kid`",
        "a key is selected by its `kid` and never by the algorithm",
        lambda token: not all(type(kid) is str for kid in token.header.values("kid") or [None]),
    ),
    Difference(
        "claim of a wrong type",
        "such a claim is an error and does not count as absent: each claim has one type, and `aud` is a string",
        has_claim_of_wrong_type,
    ),
    Difference(
        "missing claim of Latchkey",
        "the libraries require the claims of RFC 9068 and of the contract, but not `token_name`, `user_id` and `assume_roles`",
        lambda token: any(not token.claims.values(name) for name in ["token_name", "user_id", "assume_roles"]),
    ),
]


# The first that matches a user's token applies. Times may have a fraction or an exponent, and `kid` and `iat` may be missing.
USER_TOKEN_DIFFERENCES = [
    # Encodings, JSON and the header are read as in a token of Latchkey.
    *EXPECTED_DIFFERENCES[:3],
    Difference(
        "duplicate member in a user's token",
        "parsers differ on which of two members counts, at every depth (RFC 7519, section 4)",
        lambda token: has_nested_duplicate(token.claims),
    ),
    Difference(
        "critical extension in a user's token",
        "no extension is supported (RFC 7515, section 4.1.11)",
        lambda token: token.header.values("crit") != [],
    ),
    Difference(
        "`kid` or `typ` of a user's token",
        "a `kid` that is present is a string, and the type is JWT or at+jwt",
        lambda token: not all(type(kid) is str for kid in token.header.values("kid"))
        or not all(map(is_user_type, token.header.values("typ"))),
    ),
    Difference(
        "claim of a wrong type in a user's token",
        "such a claim is an error and does not count as absent; times are numbers from 0 to 2^40",
        has_user_claim_of_wrong_type,
    ),
    Difference(
        "`iat` of a user's token in the future",
        "the libraries do not check the claim",
        lambda token: any(iat > time.time() + 59 for iat in token.claims.values("iat")),
    ),
    Difference(
        "subject of a user's token",
        "it is part of an id, so that it has printable ASCII characters only, and no space at an end",
        lambda token: not all(map(is_subject, token.claims.values("sub"))),
    ),
]


def find_difference(text: str, verifier: str) -> Difference | None:
    """The expected difference that applies to a token that only Latchkey rejects."""
    token = Token(text)
    for difference in USER_TOKEN_DIFFERENCES if verifier == "user" else EXPECTED_DIFFERENCES:
        try:
            if difference.matches(token):
                return difference
        except AttributeError:  # The header or the claims are not a JSON object.
            return None
    return None
