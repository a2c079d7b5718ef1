"""What our verifier refuses and others take: each class with its reason, and how a token of it is told without our verifier."""

import base64
import json
import re

TEXTS = ["iss", "sub", "aud", "jti", "client_id", "token_id", "token_name", "token_type", "org_id", "user_id"]
OPTIONAL_TEXTS = ["parent", "journey_id", "portal_id"]
LAST = 253_402_207_200


class Pairs(list):
    """The members of an object as they were written, doubled ones too."""

    def all(self, name: str) -> list:
        return [value for own, value in self if own == name]


class Token:
    """A token as far as it can be read."""

    def __init__(self, text: str):
        self.parts = text.split(".")
        self.header, self.claims = (read(part) for part in (self.parts + ["", ""])[:2])


def decode(part: str) -> bytes:
    return base64.urlsafe_b64decode(re.sub("[^A-Za-z0-9_-]", "", part) + "==")


def whole(text: str) -> float:
    """The number; a zero with a sign is none that counts seconds, and JSON for Rust has it as a fraction."""
    return -0.0 if text == "-0" else int(text)


def read(part: str) -> Pairs | None:
    try:
        found = json.loads(decode(part), object_pairs_hook=Pairs, parse_int=whole)
    except ValueError:
        return None
    return found if isinstance(found, Pairs) else None


def is_canonical(part: str) -> bool:
    try:
        return base64.urlsafe_b64encode(decode(part)).rstrip(b"=").decode() == part
    except ValueError:
        return False


def is_strict_json(part: str) -> bool:
    """Whether it is UTF-8, every escape a character of Unicode, and every number one that can be counted with."""

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


def is_whole(value: object) -> bool:
    return type(value) is int and 0 <= value <= LAST


def is_doubled(pairs: Pairs, names: list[str]) -> bool:
    return any(len(pairs.all(name)) > 1 for name in names)


def has_ill_typed_claims(token: Token) -> bool:
    every = {name: (lambda value: type(value) is str) for name in TEXTS + OPTIONAL_TEXTS}
    every |= {"read_only": lambda value: value is True, "anonymize": lambda value: value is True}
    every |= {"iat": is_whole, "exp": is_whole, "token_use": lambda value: value == "access"}
    every["assume_roles"] = lambda value: type(value) is list and all(type(role) is str for role in value)
    return any(not fits(value) for name, fits in every.items() for value in token.claims.all(name))


# The first that tells counts. Each: the class, why we are stricter, and which tokens are of it.
EXPLAINED = [
    (
        "another encoding of the same bytes",
        "padding, stray bits, white space and characters outside the alphabet make a second text of one token (RFC 7515, section 2)",
        lambda token: len(token.parts) != 3 or not all(map(is_canonical, token.parts)),
    ),
    (
        "JSON that readers differ on",
        "bytes that are no UTF-8, half a surrogate pair, a byte order mark or a number beyond every bound (RFC 8259, sections 6 to 8)",
        lambda token: not all(map(is_strict_json, token.parts[:2])),
    ),
    (
        "a header member that is there twice",
        "of two members with one name readers would disagree on which counts (RFC 7515, section 4)",
        lambda token: is_doubled(token.header, ["alg", "typ", "kid", "crit"]),
    ),
    (
        "a claim that is there twice",
        "the same of claims (RFC 7519, section 4)",
        lambda token: is_doubled(token.claims, [*TEXTS, *OPTIONAL_TEXTS, "iat", "exp", "token_use", "assume_roles", "read_only", "anonymize"]),
    ),
    (
        "a critical extension",
        "none is understood (RFC 7515, section 4.1.11)",
        lambda token: token.header.all("crit") != [],
    ),
    (
        "no key named",
        "a key is looked up by its name and never guessed from the algorithm",
        lambda token: not all(type(kid) is str for kid in token.header.all("kid") or [None]),
    ),
    (
        "a claim of another type",
        "a claim of the wrong type is a refusal, never an absence: each of ours has one type, and `aud` is one text",
        has_ill_typed_claims,
    ),
    (
        "a claim of ours that is absent",
        "the libraries are told of those that RFC 9068 and the contract require, and not of `token_name`, `user_id` and `assume_roles`",
        lambda token: any(not token.claims.all(name) for name in ["token_name", "user_id", "assume_roles"]),
    ),
]


def explain(text: str) -> tuple[str, str] | None:
    """The class of a token that we alone refuse, and its reason."""
    token = Token(text)
    for name, reason, tells in EXPLAINED:
        try:
            if tells(token):
                return name, reason
        except AttributeError:  # There is nothing to read in it.
            return None
    return None
