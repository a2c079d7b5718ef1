"""Ids, claims and items of tokens."""

import os
import re
import time

AUDIENCE = os.environ["TOKEN_AUDIENCE"]
ISSUER = f"{os.environ['PUBLIC_URL']}/v1/access-tokens"

_TOKEN_ID = re.compile(r"api_[A-Za-z0-9_-]{21}")
_ROLE = re.compile(r"[A-Za-z0-9_-]{1,64}:[A-Za-z0-9_.-]{1,64}")


def is_token_id(value: object) -> bool:
    return isinstance(value, str) and _TOKEN_ID.fullmatch(value) is not None


def is_role(value: object) -> bool:
    return isinstance(value, str) and _ROLE.fullmatch(value) is not None


def claims_of(item: dict) -> dict:
    """The claims of the token with this item (RFC 9068, section 2.2)."""
    token_id = item["id"]
    claims = {"iss": ISSUER, "sub": token_id, "aud": AUDIENCE, "jti": token_id, "client_id": token_id}
    claims |= {"iat": item["created_at"], "token_use": "access", "token_id": token_id, "token_name": item["name"]}
    claims |= {"token_type": "api", "org_id": item["org"], "user_id": token_id, "assume_roles": item["roles"]}
    claims |= {"exp": item["expires_at"]} if "expires_at" in item else {}
    return claims | {name: item[name] for name in ("parent", "read_only", "anonymize") if name in item}


def is_active(item: dict) -> bool:
    return "revoked_at" not in item and ("expires_at" not in item or time.time() < item["expires_at"])
