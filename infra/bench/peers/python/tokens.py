"""A token: its id, its row in the ledger, and the claims that follow from the row."""

import os
import re
import time

SCHEMA_VERSION = 1
DAY = 24 * 60 * 60

_TOKEN_ID = re.compile(r"(?:api|journey|portal|assume|app)_[A-Za-z0-9_-]{21}")
_ORG = re.compile(r"[A-Za-z0-9_-]{1,64}")
_ROLE = re.compile(r"[A-Za-z0-9_-]{1,64}:[A-Za-z0-9_.-]{1,64}")

AUDIENCE = os.environ["TOKEN_AUDIENCE"]


def is_token_id(value: object) -> bool:
    return isinstance(value, str) and _TOKEN_ID.fullmatch(value) is not None


def is_org(value: object) -> bool:
    return isinstance(value, str) and _ORG.fullmatch(value) is not None


def is_role(value: object) -> bool:
    return isinstance(value, str) and _ROLE.fullmatch(value) is not None


def type_of(token_id: str) -> str:
    return token_id[:-22]


def family_of(token_type: str) -> str:
    return "public" if token_type in ("journey", "portal") else "access"


def now() -> int:
    return int(time.time())


def _issuers(base: str) -> dict[str, str]:
    return {"access": f"{base}/v1/access-tokens", "public": f"{base}/v1/access-tokens/public"}


# Under which name each family is issued.
ISSUERS = _issuers(os.environ["PUBLIC_URL"])


def _accepted(family: str) -> dict[str, set[str]]:
    accepted = {ISSUERS[family]: {AUDIENCE}}
    for base in filter(None, map(str.strip, os.environ.get("PREVIOUS_PUBLIC_URLS", "").split(","))):
        # Where no audience was named it was the base URL of that time.
        accepted.setdefault(_issuers(base)[family], set()).update((AUDIENCE, base))
    return accepted


# Under which names, and for whom, each family is and was issued.
ACCEPTED = {family: _accepted(family) for family in ("access", "public")}


def whole(members: dict) -> dict:
    """The members that have a value."""
    return {name: value for name, value in members.items() if value is not None}


def claims_of(row: dict, issuer: str, audience: str = AUDIENCE) -> dict:
    """The claims of the token with this row (RFC 9068, section 2.2); members without a value are not written."""
    identity = row["id"]
    claims = {"iss": issuer, "sub": identity, "aud": audience, "jti": identity, "client_id": identity}
    claims |= {"iat": row["created_at"], "exp": row.get("expires_at"), "token_use": "access", "token_id": identity}
    claims |= {"token_name": row["name"], "token_type": type_of(identity), "org_id": row["org"], "user_id": identity}
    claims |= {"assume_roles": row["roles"]}
    more = ("parent", "read_only", "anonymize", "journey_id", "portal_id")
    return whole(claims | {name: row.get(name) for name in more})


def is_sound(row: dict) -> bool:
    """Whether the row is one that this code understands; damage is never a living token."""
    identity, org, roles = row.get("id"), row.get("org"), row.get("roles")
    if not (_is_number(row.get("v")) and row["v"] <= SCHEMA_VERSION and is_token_id(identity) and is_org(org)):
        return False
    if row["pk"] != f"TOKEN#{identity[-21:]}" or not isinstance(row.get("name"), str):
        return False
    owned = isinstance(roles, list) and all(is_role(role) and role.split(":")[0] == org for role in roles)
    times = _is_number(row.get("created_at")) and all(
        _is_number(row.get(name, 0)) for name in ("expires_at", "revoked_at")
    )
    revocation = ("revoked_at" in row) == ("revoked_by" in row)
    parent = "parent" not in row or is_token_id(row["parent"])
    return owned and times and revocation and parent and _is_of_its_type(row)


def _is_number(value: object) -> bool:
    # What the table calls a number is a `Decimal`.
    return not isinstance(value, (str, bool, list, dict, type(None))) and value >= 0 and value == int(value)


def _is_of_its_type(row: dict) -> bool:
    kind, targets = type_of(row["id"]), {name for name in ("journey_id", "portal_id") if name in row}
    if family_of(kind) == "access":
        return not targets
    carries_none = not (row["roles"] or row.get("read_only") or row.get("anonymize"))
    return carries_none and targets == {f"{kind}_id"} and isinstance(row[f"{kind}_id"], str)


def is_alive(row: dict, moment: int) -> bool:
    """Whether the token may be used then, as far as it alone goes."""
    return "revoked_at" not in row and ("expires_at" not in row or moment < row["expires_at"])


def row_of_token(token: dict) -> dict:
    """The token with what the ledger needs beside it: its keys, its place in the index, when it may be deleted."""
    identity, end = token["id"], token.get("expires_at")
    listed = "system" if type_of(identity) in ("assume", "app") else "listed"
    keys = {"pk": f"TOKEN#{identity[-21:]}", "sk": "TOKEN", "v": SCHEMA_VERSION}
    index = {"by_org": f"{token['org']}#{listed}", "by_org_at": f"{token['created_at']:012}#{identity}"}
    return whole(keys | token | index | {"ttl": end and end + DAY})
