"""`POST /v1/access-tokens`: decides what the token carries, has KMS sign it, and records it before anybody has it."""

import json
import os
import secrets
import sys
from datetime import UTC, datetime

from botocore.exceptions import ClientError
from jwt.utils import base64url_encode

from aws import TABLE, dynamodb, item_of, read_rows, role_key, row_of
from caller import Caller, CallingToken, read_caller
from keys import Family, load_keys, sign
from lifetime import seconds_of
from order import Order, read_order
from problem import Problem, answer, invalid, ours, refusal
from runtime import serve
from tokens import ISSUERS, claims_of, family_of, now, row_of_token, type_of, whole

HOUR = 60 * 60
DEFAULTS = {"assume": HOUR, "app": 7 * 24 * HOUR}
MOST_HELD = 50
MOST_CARRIED = 97
MOST_ROLE_BYTES = 3700
LONGEST_TOKEN = 6000

CEILING = seconds_of(os.environ.get("MAX_LIFETIME", ""))
KEYS = load_keys()


def not_held(role: str) -> Problem:
    return Problem(403, "role_not_held", f"you do not hold the role `{role}`")


def too_many(sentence: str) -> Problem:
    return Problem(403, "too_many_roles", sentence)


def rfc3339(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def encode(value: dict) -> str:
    return base64url_encode(json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()).decode()


def carried(caller: Caller, asked: list[str]) -> list[str]:
    """The roles that a token carries: those asked for, or the caller's, and any of the caller's that deny."""
    held, owner, root = set(caller.roles), f"{caller.org}:owner", f"{caller.org}:root"
    if not asked and len(caller.roles) > MOST_HELD:
        sentence = f"you hold {len(caller.roles)} roles"
        raise too_many(f"{sentence}: request at most {MOST_HELD} of them for the token by name")
    roles = list(dict.fromkeys((asked or caller.roles) + caller.denying))
    if len(roles) > MOST_CARRIED:
        raise too_many(f"the token would have {len(roles)} roles: the limit is {MOST_CARRIED}")
    unproved = [role for role in roles if role not in held]
    for role in unproved:
        if owner not in held or role.split(":")[0] != caller.org or role == root:
            raise not_held(role)
    rows = read_rows(map(role_key, unproved)) if unproved else {}
    for role in unproved:
        if role_key(role) not in rows:
            raise not_held(role)
    return roles


def expiry(order: Order, moment: int, parent: CallingToken | None) -> int | None:
    """When the token ends: as asked, or as its type does, and with the token that makes it at the latest."""
    seconds = order.lifetime or DEFAULTS.get(order.type)
    own = moment + seconds if seconds else None
    if not parent or parent.end is None:
        return own
    if order.lifetime and own > parent.end:
        sentence = f"the token must not outlive its parent, which expires at {rfc3339(parent.end)}"
        raise Problem(403, "lifetime_exceeds_parent", sentence)
    return min(own or parent.end, parent.end)


def draft(caller: Caller, order: Order) -> dict:
    parent, moment, access = caller.token, now(), family_of(order.type) == "access"
    if not access and parent and parent.anonymize:
        raise Problem(403, "permission_denied", "an anonymized token cannot create public tokens")
    roles = carried(caller, order.asked) if access else []
    end = expiry(order, moment, parent)
    if CEILING is not None and (end is None or end > moment + CEILING):
        sentence = f"`expires_in` is required and must not exceed {int(CEILING)} seconds"
        raise invalid(f"{sentence}, the limit set by the operator")
    token = {
        "id": f"{order.type}_{secrets.token_urlsafe(16)[:21]}",
        "org": caller.org,
        "name": order.name,
        "roles": roles,
        # A flag of the token that makes it is its own as well.
        "read_only": (access and (order.read_only or (parent and parent.read_only))) or None,
        "anonymize": (access and (order.anonymize or (parent and parent.anonymize))) or None,
        "created_at": moment,
        "created_by": caller.principal,
        "parent": parent and parent.id,
        "expires_at": end,
    }
    return whole(token | order.target)


def signed(token: dict, keys: dict[str, Family]) -> str:
    """The finished token, once it is known not to be too long."""
    family = family_of(type_of(token["id"]))
    key = keys[family].signing
    if key is None:
        raise RuntimeError("the key that signs is out of use")
    header = {"alg": key.alg, "typ": "at+jwt", "kid": key.kid}
    text = f"{encode(header)}.{encode(claims_of(token, ISSUERS[family]))}"
    length = len(text) + 1 + -(-key.size * 4 // 3)
    if length > LONGEST_TOKEN:
        raise invalid(f"the token would have {length} bytes (maximum {LONGEST_TOKEN})")
    size = len(" ".join(token["roles"]))
    if size > MOST_ROLE_BYTES:
        raise too_many(f"the roles of the token would have {size} bytes (maximum {MOST_ROLE_BYTES})")
    return f"{text}.{base64url_encode(sign(key, text.encode())).decode()}"


def record(token: dict) -> None:
    row = row_of_token(token)
    try:
        dynamodb.put_item(
            TableName=TABLE,
            Item=item_of(row),
            ConditionExpression="attribute_not_exists(pk)",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    except ClientError as error:
        # A row that says the same is an earlier attempt of this very write, whose answer was lost.
        condition = error.response["Error"]["Code"] == "ConditionalCheckFailedException"
        if not condition or row_of(error.response.get("Item", {})) != row:
            raise


def item(token: dict) -> dict:
    """The token as the API shows it."""
    end = token.get("expires_at")
    shown = {"id": token["id"], "created_at": rfc3339(token["created_at"]), "name": token["name"]}
    shown |= {"token_type": type_of(token["id"]), "assignments": token["roles"], "expires_at": end and rfc3339(end)}
    same = ("journey_id", "portal_id", "read_only", "anonymize", "created_by", "parent")
    return whole(shown | {name: token.get(name) for name in same})


def create(event: dict) -> dict:
    caller = read_caller(event)
    order = read_order(event)
    if caller.token and caller.token.parent:
        raise Problem(403, "too_deep", "a token that was created by a token cannot create tokens")
    token = draft(caller, order)
    jwt = signed(token, KEYS)
    record(token)
    return answer(201, item(token) | {"token": jwt})


def handle(event: dict) -> dict:
    instance = (event.get("requestContext") or {}).get("requestId", "")
    try:
        return create(event)
    except Problem as problem:
        return refusal(problem, instance)
    except Exception as error:
        print(f"failed: {type(error).__name__}", file=sys.stderr)
        return refusal(ours(error), instance)


if __name__ == "__main__":
    serve(handle)
