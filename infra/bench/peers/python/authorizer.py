"""A Lambda authorizer for REST APIs: verifies the token, reads its row, its parent's and its roles', and decides."""

import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import jwt

import gateway
from aws import TABLE, Key, dynamodb, read_rows, role_key, token_key
from keys import Family, load_keys
from refusals import Denied, Unauthorized, Undecided
from rights import Holdings, check, check_root, role_of
from rules import fill, find_rule
from runtime import serve
from tokens import ACCEPTED, claims_of, family_of, is_alive, is_org, is_role, is_sound, is_token_id, now, type_of

# A time of issue that lies ahead is no reason to refuse (RFC 7519, section 4.1.6).
OPTIONS = {
    "require": ["iss", "sub", "aud", "jti", "client_id", "iat", "token_use", "token_id", "token_type", "org_id"],
    "verify_iat": False,
}
LONGEST_TOKEN = 10_240
MOST_ROLE_BYTES = 3700
# In seconds.
NOTING = 0.2

Rows = dict[Key, dict]

KEYS = load_keys()
# boto3 cannot give up a call early, so noting a use has a thread of its own to be left behind in.
aside = ThreadPoolExecutor(max_workers=1)


def verify(token: str, keys: dict[str, Family]) -> tuple[str, dict]:
    """The family whose issuer the token names, and its claims, once its signature is that of its key there."""
    if len(token) > LONGEST_TOKEN:
        raise Unauthorized("it is too long")
    try:
        unverified = jwt.decode_complete(token, options={"verify_signature": False})
        header, issuer = unverified["header"], unverified["payload"]["iss"]
        family = next(name for name, issuers in ACCEPTED.items() if issuer in issuers)
        if header["typ"].lower().removeprefix("application/") != "at+jwt" or "crit" in header:
            raise Unauthorized("header `typ` is not at+jwt, or it names critical extensions")
        key, audiences = keys[family].ring[header["kid"]], ACCEPTED[family][issuer]
        claims = jwt.decode(token, key.public, [key.alg], options=OPTIONS, audience=audiences, issuer=issuer)
    except (jwt.PyJWTError, KeyError, TypeError, AttributeError, StopIteration) as error:
        raise Unauthorized(type(error).__name__) from None
    if not isinstance(claims["aud"], str):
        raise Unauthorized("token audience is not accepted")
    return family, claims


def recognize(family: str, claims: dict, orgs: list[str]) -> tuple[dict, Holdings]:
    """Who has the token with these claims. They say which rows to read; what counts is in the rows."""
    identity, parent, org, named = (claims.get(name) for name in ("token_id", "parent", "org_id", "assume_roles"))
    sound = is_token_id(identity) and is_org(org) and isinstance(named, list) and all(map(is_role, named))
    if not sound or ("parent" in claims and not is_token_id(parent)):
        raise Unauthorized("claims contain an invalid id")
    ids, roles = {identity, parent} - {None}, {*named, f"{org}:root"}
    rows = read_rows([*map(token_key, ids), *map(role_key, roles)])
    row = living(rows, identity)
    if claims != claims_of(row, claims["iss"], claims["aud"]) or family_of(type_of(row["id"])) != family:
        raise Unauthorized("claims do not match the stored token")
    check_parent(rows, row)
    if orgs and orgs != [row["org"]]:
        raise Denied("permission_denied", "a token can be used only in its own organization")
    return row, holdings_of(rows, row)


def living(rows: Rows, identity: str) -> dict:
    row = rows.get(token_key(identity))
    if not row or not is_sound(row):
        raise Unauthorized("token does not exist")
    if not is_alive(row, now()):
        raise Unauthorized("token is revoked or expired")
    return row


def check_parent(rows: Rows, row: dict) -> None:
    """A parent that is revoked, expired, absent or another ends its children at once."""
    if "parent" not in row:
        return
    parent = living(rows, row["parent"])
    if parent["id"] != row["parent"] or parent["created_at"] > row["created_at"] or parent["org"] != row["org"]:
        raise Unauthorized("its parent is another")


def holdings_of(rows: Rows, row: dict) -> Holdings:
    """The roles that the row names and that exist, `owner` even without a row."""
    owner, root = f"{row['org']}:owner", f"{row['org']}:root"
    held = [role for role in dict.fromkeys(row["roles"]) if role != root and (role == owner or role_key(role) in rows)]
    roles = {role: role_of(rows[role_key(role)]) for role in held if role_key(role) in rows}
    root_row = rows.get(role_key(root))
    return Holdings(held, roles, role_of(root_row) if root_row else None, row.get("read_only", False))


def caller_of(row: dict, holdings: Holdings, by_roles: bool = True) -> dict:
    """The caller as the functions behind the gateway are told, in texts alone."""
    denying = [role for role, grants in holdings.roles.items() if grants.denies]
    caller = {"org_id": row["org"], "principal": row["id"], "token_id": row["id"], "token_type": type_of(row["id"])}
    caller["roles"] = " ".join(holdings.held) if by_roles else ""
    caller["deny_roles"] = " ".join(denying) if by_roles else ""
    caller |= {flag: str(row.get(flag, False)).lower() for flag in ("read_only", "anonymize")}
    return caller | {name: str(row[name]) for name in ("parent", "expires_at") if name in row}


def permit(rule: dict | None, row: dict, holdings: Holdings, request: gateway.Request) -> bool:
    """Raises what speaks against the request; gives whether its roles are what allows it."""
    if rule is None:
        raise Denied("permission_denied", "no rule allows this route")
    is_public = family_of(type_of(row["id"])) == "public"
    if is_public and not rule.get("public_tokens"):
        raise Denied("permission_denied", "public tokens are not allowed on this route")
    if not is_public and request.parameters.get(rule.get("own_id")) in ("self", row["id"]):
        return False
    if not is_public and len(" ".join(holdings.held)) > MOST_ROLE_BYTES:
        raise gateway.too_many_roles()
    if action := rule.get("action"):
        resource = fill(rule["resource"], request.parameters) if "resource" in rule else None
        if "resource" in rule and resource is None:
            raise Denied("permission_denied", "a path parameter that the rule of this route requires is missing or empty")
        check_root(holdings.root, action, resource) if is_public else check(holdings, action, resource)
    elif holdings.read_only and request.method not in ("GET", "HEAD", "OPTIONS"):
        raise Denied("read_only_token", "a read-only token allows only GET, HEAD and OPTIONS requests here")
    return not is_public


def note(row: dict) -> None:
    """Notes the first use of a day. Whether that works changes no decision, and waiting for it has an end."""
    today = datetime.now(UTC).date().isoformat()
    if row.get("last_used") == today:
        return
    pk, sk = token_key(row["id"])
    condition = "attribute_exists(pk) AND attribute_not_exists(revoked_at)"
    call = aside.submit(
        dynamodb.update_item,
        TableName=TABLE,
        Key={"pk": {"S": pk}, "sk": {"S": sk}},
        UpdateExpression="SET last_used = :day",
        ConditionExpression=f"{condition} AND (attribute_not_exists(last_used) OR last_used < :day)",
        ExpressionAttributeValues={":day": {"S": today}},
    )
    try:
        call.result(NOTING)
    except Exception:
        call.cancel()


def decide(request: gateway.Request) -> dict:
    rule = find_rule(request.api, request.route)
    if rule and rule.get("public"):
        return gateway.allow(request)
    family, claims = verify(gateway.bearer(request.credentials), KEYS)
    row, holdings = recognize(family, claims, request.orgs)
    try:
        by_roles = permit(rule, row, holdings, request)
    except Denied as denied:
        denied.caller = caller_of(row, holdings)
        raise
    note(row)
    return gateway.allow(request, caller_of(row, holdings, by_roles))


def answer(event: dict) -> dict:
    request = gateway.read_event(event)
    try:
        return decide(request)
    except Denied as denied:
        return gateway.deny(request, denied)
    except Unauthorized:
        raise
    except Exception as error:
        print(f"undecided: {type(error).__name__}", file=sys.stderr)
        raise Undecided from error


if __name__ == "__main__":
    serve(answer)
