"""A Lambda authorizer of a REST API: verifies the token, reads it with its parent and roles, and evaluates the route's rule."""

import json
import os
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import NamedTuple

import jwt

from aws import TABLE, dynamodb, load_key, read_items, role_key, serialize, token_key
from runtime_api import serve
from tokens import AUDIENCE, ISSUER, claims_of, is_active, is_role, is_token_id

REQUIRED = ["iss", "sub", "aud", "jti", "client_id", "iat", "token_use", "token_id", "token_type", "org_id"]
BEARER = re.compile(r"bearer +([^ ]+) *", re.IGNORECASE)
READ_ONLY_ACTION = re.compile(r"(.*:)?(view|export|download)")

RULES = {route: rule for rules in json.loads(os.environ["ROUTE_RULES"]) for route, rule in rules.items()}
KEY = load_key()
# boto3 cannot abort a call, so that the update of `last_used` runs in a thread which may be left behind.
background = ThreadPoolExecutor(max_workers=1)


class Unauthorized(Exception):
    """The caller cannot be authenticated."""


class Denied(Exception):
    """The caller lacks a permission."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code


class Caller(NamedTuple):
    item: dict
    held: list[str]
    # The grants of each role that is stored.
    roles: dict[str, list[dict]]
    root: list[dict] | None


def header_values(event: dict, name: str) -> list[str]:
    values = event["multiValueHeaders"].items()
    return [value for own, all_values in values if own.lower() == name for value in all_values]


def bearer(event: dict) -> str:
    credentials = header_values(event, "authorization")
    match = BEARER.fullmatch(credentials[0]) if len(credentials) == 1 else None
    if not match:
        raise Unauthorized("expected one bearer token")
    return match[1]


def verify(token: str) -> dict:
    try:
        header = jwt.get_unverified_header(token)
        if header.get("typ") != "at+jwt" or header.get("kid") != KEY.kid or "crit" in header:
            raise Unauthorized("the header matches no key")
        options = {"require": REQUIRED, "verify_iat": False}
        return jwt.decode(token, KEY.public, ["RS256"], options=options, audience=AUDIENCE, issuer=ISSUER)
    except jwt.PyJWTError as error:
        raise Unauthorized(str(error)) from None


def active_item(items: dict, token_id: str) -> dict:
    item = items.get(token_key(token_id))
    if not item or item["id"] != token_id or not is_active(item):
        raise Unauthorized("the token does not exist or is inactive")
    return item


def read_caller(claims: dict) -> Caller:
    token_id, parent, org, named = (claims.get(name) for name in ("token_id", "parent", "org_id", "assume_roles"))
    is_valid = is_token_id(token_id) and isinstance(named, list) and all(map(is_role, named))
    if not is_valid or ("parent" in claims and not is_token_id(parent)):
        raise Unauthorized("invalid claims")
    root = f"{org}:root"
    items = read_items([*map(token_key, {token_id, parent} - {None}), *map(role_key, {*named, root})])
    item = active_item(items, token_id)
    if claims != claims_of(item):
        raise Unauthorized("the claims differ from the item")
    if parent and active_item(items, parent)["org"] != org:
        raise Unauthorized("foreign parent")
    roles = {role: items[role_key(role)]["grants"] for role in item["roles"] if role_key(role) in items}
    held = [role for role in item["roles"] if role in roles or role == f"{org}:owner"]
    return Caller(item, held, roles, items.get(role_key(root), {}).get("grants"))


def applies(grant: dict, action: str, resource: str | None) -> bool:
    """Without a resource of the route, an allow applies if it is for all resources, a deny always."""

    def matches(pattern: str, text: str) -> bool:
        return re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), text, re.DOTALL) is not None

    if not matches(grant["action"], action):
        return False
    if "resource" not in grant:
        return True
    if resource is not None:
        return matches(grant["resource"], resource)
    return grant.get("effect") == "deny" or grant["resource"] == "*"


def check(caller: Caller, action: str, resource: str | None) -> None:
    def has(grants: list[dict], effect: str) -> bool:
        return any(g.get("effect", "allow") == effect and applies(g, action, resource) for g in grants)

    if caller.item.get("read_only") and not READ_ONLY_ACTION.fullmatch(action):
        raise Denied("read_only_token", f"a read-only token does not allow {action}")
    is_denied = any(has(grants, "deny") for grants in caller.roles.values())
    is_beyond_root = caller.root is not None and (has(caller.root, "deny") or not has(caller.root, "allow"))
    is_owner = f"{caller.item['org']}:owner" in caller.held
    is_allowed = is_owner or any(has(grants, "allow") for grants in caller.roles.values())
    if is_denied or is_beyond_root or not is_allowed:
        raise Denied("permission_denied", f"permission {action} is missing")


def evaluate(event: dict, caller: Caller) -> bool:
    """Raises the reason for a denial. Returns whether roles allow the request and not that it targets the token itself."""
    rule, parameters = RULES.get(f"{event['httpMethod']} {event['resource']}"), event["pathParameters"] or {}
    if rule is None:
        raise Denied("permission_denied", "no rule allows this route")
    if parameters.get(rule.get("own_id")) in ("self", caller.item["id"]):
        return False
    if action := rule.get("action"):
        resource = rule.get("resource")
        check(caller, action, resource and re.sub(r"\{([^}]+)\}", lambda match: parameters[match[1]], resource))
    elif caller.item.get("read_only") and event["httpMethod"] not in ("GET", "HEAD", "OPTIONS"):
        raise Denied("read_only_token", "a read-only token allows only GET, HEAD and OPTIONS requests here")
    return True


def update_last_used(item: dict) -> None:
    """Records the first use of a day, for at most 200 ms and without effect on the decision."""
    today = datetime.now(UTC).date().isoformat()
    if item.get("last_used") == today:
        return
    pk, sk = token_key(item["id"])
    is_older = "(attribute_not_exists(last_used) OR last_used < :day)"
    call = background.submit(
        dynamodb.update_item,
        TableName=TABLE,
        Key=serialize({"pk": pk, "sk": sk}),
        UpdateExpression="SET last_used = :day",
        ConditionExpression=f"attribute_exists(pk) AND attribute_not_exists(revoked_at) AND {is_older}",
        ExpressionAttributeValues={":day": {"S": today}},
    )
    try:
        call.result(0.2)
    except Exception:
        call.cancel()


def context_of(caller: Caller, is_by_roles: bool) -> dict:
    item = caller.item
    denying = [role for role, grants in caller.roles.items() if any(g.get("effect") == "deny" for g in grants)]
    context = {"org_id": item["org"], "principal": item["id"], "token_id": item["id"], "token_type": "api"}
    context["roles"] = " ".join(caller.held) if is_by_roles else ""
    context["deny_roles"] = " ".join(denying) if is_by_roles else ""
    context |= {flag: str(item.get(flag, False)).lower() for flag in ("read_only", "anonymize")}
    return context | {name: str(item[name]) for name in ("parent", "expires_at") if name in item}


def policy(effect: str, event: dict, context: dict) -> dict:
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": event["methodArn"]}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    return {"principalId": context.get("principal", "none"), "policyDocument": document, "context": context}


def authorize(event: dict) -> dict:
    caller = read_caller(verify(bearer(event)))
    if any(org != caller.item["org"] for org in header_values(event, "x-epilot-org-id")):
        return policy("Deny", event, {"code": "permission_denied", "reason": "another organization"})
    try:
        context = context_of(caller, evaluate(event, caller))
    except Denied as denied:
        return policy("Deny", event, context_of(caller, True) | {"code": denied.code, "reason": str(denied)})
    update_last_used(caller.item)
    return policy("Allow", event, context | {"code": "ok", "reason": "the route rule allows the request"})


def handle(event: dict) -> dict:
    try:
        return authorize(event)
    except Unauthorized:
        raise Exception("Unauthorized") from None
    except Exception:
        raise Exception("Undecided") from None


serve(handle)
