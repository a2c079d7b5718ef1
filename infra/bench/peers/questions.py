"""What the authorizers are asked: requests by tokens of every kind, good and bad."""

from collections.abc import Iterator
from dataclasses import dataclass

from stack import Stack, parts

ARN = "arn:aws:execute-api:us-east-1:000000000000:local/live"
LIST, TOKEN, ME = ("GET", "/v1/access-tokens"), ("GET", "/v1/access-tokens/{id}"), ("GET", "/v1/permissions/me")
DELETE, ORDER, CATALOG = ("DELETE", TOKEN[1]), ("GET", "/orders/{id}"), ("GET", "/catalog")
BILLING, FILE, ANY, OPEN = ("GET", "/billing"), ("GET", "/files/{path+}"), ("POST", "/any"), ("GET", "/open")

VIEWER = {"assignments": ["123:viewer"]}
# fmt: off
BODIES = {
    "expiring": {"expires_in": 30}, "owner": {}, "read-only": {"read_only": True},
    "anonymized": {"anonymize": True, "expires_in": "7d"},
    **{role: {"assignments": [f"123:{role}"]}
       for role in ("token_admin", "viewer", "auditor", "no_billing", "misread", "newer", "text")},
    "two": {"assignments": ["123:viewer", "123:no_billing"]}, "assume": {"token_type": "assume"} | VIEWER,
    "app": {"token_type": "app"} | VIEWER, "journey": {"journey_id": "a journey"},
    "portal": {"token_type": "portal", "portal_id": "a portal"}, "revoked": {}, "lost parent": {},
    "roles changed": VIEWER, "of a newer version": VIEWER, "half revoked": VIEWER, "of nobody": VIEWER,
    "used long ago": VIEWER,
}
# What forged tokens say in place of what they said, `None` for nothing.
HEADERS = {
    "alg": {"alg": "none"}, "hmac": {"alg": "HS256"}, "typ": {"typ": "JWT"}, "no typ": {"typ": None},
    "long typ": {"typ": "application/AT+jwt"}, "kid": {"kid": "another"}, "crit": {"crit": ["b64"], "b64": True},
}
CLAIMS = {
    "aud": {"aud": "another"}, "aud list": {"aud": ["another"]}, "iss": {"iss": "https://another.example"},
    "no sub": {"sub": None}, "no aud": {"aud": None}, "no iat": {"iat": None}, "iat text": {"iat": "1"},
    "exp": {"exp": 4_000_000_000}, "nbf": {"nbf": 1}, "roles": {"assume_roles": ["123:owner"]},
    "org": {"org_id": "456"}, "no such id": {"token_id": "api_" + "x" * 21}, "no id": {"token_id": "x"},
    "read_only": {"read_only": True}, "name": {"token_name": "x"}, "use": {"token_use": "id"},
}
# fmt: on


@dataclass
class Tokens:
    """Tokens by a name of what is special about them, and what each is with its signed form."""

    items: dict[str, dict]

    def __getitem__(self, name: str) -> str:
        return self.items[name]["token"]

    def id(self, name: str) -> str:
        return self.items[name]["id"]


def make(stack: Stack) -> Tokens:
    """Makes the tokens by the service's own API."""
    put_roles(stack)
    owner, other = stack.person("123", "1001"), stack.person("456", "2001")
    items = {name: stack.call("POST", "", owner, {"name": name} | body) for name, body in BODIES.items()}
    for name, body in {"of 456": {}, "journey of 456": {"journey_id": "a journey"}}.items():
        items[name] = stack.call("POST", "", other, {"name": name} | body)
    for name, parent in {"child": "token_admin", "orphan": "lost parent"}.items():
        items[name] = stack.call("POST", "", items[parent]["token"], {"name": name})
    for name in ("revoked", "lost parent"):
        stack.call("DELETE", f"/{items[name]['id']}", owner)
    damage(stack, {name: item["token"] for name, item in items.items()})
    return Tokens(items)


def put_roles(stack: Stack) -> None:
    """Has roles that are not wholly understood, and a root role in the organization 456."""
    misread = [{"M": {"action": {"S": "order:*"}}}, {"M": {"action": {"S": "billing:*"}, "effect": {"S": "Deny"}}}]
    stack.put_role("123:misread", {"L": misread})
    stack.put_role("123:newer", {"L": [{"M": {"action": {"S": "*"}}}]}, version="2")
    stack.put_role("123:text", {"S": "*"})
    denied = {"M": {"action": {"S": "order:*"}, "resource": {"S": "order/8*"}, "effect": {"S": "deny"}}}
    stack.put_role("456:root", {"L": [{"M": {"action": {"S": "*"}}}, denied]})


def damage(stack: Stack, tokens: dict[str, str]) -> None:
    """Has rows that no code of ours wrote."""
    stack.damage(tokens["roles changed"], roles={"L": [{"S": "123:owner"}]})
    stack.damage(tokens["of a newer version"], v={"N": "2"})
    stack.damage(tokens["half revoked"], revoked_by={"S": "local|1001"})
    stack.damage(tokens["of nobody"], org={"S": "124"})
    stack.damage(tokens["used long ago"], last_used={"S": "2020-01-01"})


def event(
    route: tuple[str, str],
    token: str | None,
    parameters: dict[str, str] | None = None,
    headers: dict[str, list[str]] | None = None,
) -> dict:
    """A REST API's event, as its gateway makes it."""
    method, resource = route
    path = resource
    for name, value in (parameters or {}).items():
        path = path.replace(f"{{{name}}}", value).replace(f"{{{name}+}}", value)
    sent = {"Accept": ["*/*"]} | ({} if token is None else {"Authorization": [f"Bearer {token}"]}) | (headers or {})
    return {
        "type": "REQUEST",
        "methodArn": f"{ARN}/{method}{path}",
        "resource": resource,
        "path": path,
        "httpMethod": method,
        "headers": {name: values[-1] for name, values in sent.items()},
        "multiValueHeaders": sent,
        "pathParameters": parameters,
        "requestContext": {"apiId": "local", "stage": "live", "requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"},
    }


def allowed_and_denied(tokens: Tokens) -> Iterator[tuple[str, dict]]:
    """Each token on each kind of route."""
    routes = {"list": (LIST, None), "me": (ME, None), "order": (ORDER, {"id": "7"}), "catalog": (CATALOG, None)}
    routes |= {"billing": (BILLING, None), "any": (ANY, None), "open": (OPEN, None), "unknown": (("GET", "/x"), None)}
    routes |= {"file": (FILE, {"path": "a/b.txt"}), "self": (DELETE, {"id": "self"}), "order 8": (ORDER, {"id": "81"})}
    for name in tokens.items:
        if name != "expiring":
            for said, (route, parameters) in routes.items():
                yield f"{name}: {said}", event(route, tokens[name], parameters)
            yield f"{name}: by its id", event(TOKEN, tokens[name], {"id": tokens.id(name)})
    yield "another's id", event(DELETE, tokens["viewer"], {"id": tokens.id("owner")})


def headers_and_paths(tokens: Tokens) -> Iterator[tuple[str, dict]]:
    """One good token in requests of every form."""
    good, viewer = tokens["owner"], tokens["viewer"]
    yield "no token", event(LIST, None)
    yield "no token on an open route", event(OPEN, None)
    for said, values in {
        "no scheme": [good],
        "another scheme": [f"Basic {good}"],
        "small letters": [f"bearer   {good} "],
        "nothing": ["Bearer "],
        "two": [f"Bearer {good}", f"Bearer {viewer}"],
        "two in one": [f"Bearer {good} {good}"],
    }.items():
        yield f"authorization: {said}", event(LIST, None, headers={"authorization": values})
    for said, orgs in {"its own": ["123"], "another": ["456"], "two": ["123", "123"], "none": ["?"]}.items():
        yield f"organization: {said}", event(LIST, good, headers={"X-Epilot-Org-Id": orgs})
    for value in ("a*b", "..", "a b", "a/b", "%2e", "x" * 600, "a$b", "~.-_"):
        yield f"path: {value[:20]}", event(ORDER, good, {"id": value})
        yield f"path, denied: {value[:20]}", event(ORDER, tokens["no_billing"], {"id": value})
    yield "path: another ARN", event(LIST, good) | {"methodArn": f"{ARN}/GET/v1/other"}
    yield "path: no parameters", event(ORDER, good)
    yield "single headers alone", event(LIST, good) | {"multiValueHeaders": None}


def forged(stack: Stack, tokens: Tokens) -> Iterator[tuple[str, dict]]:
    """Tokens that are none, or say what their rows do not, most of them truly signed by our keys."""
    good, journey = tokens["viewer"], tokens["journey"]
    keys = {name: value.split(",")[0] for name, value in stack.environment("authorizer").items() if "_KEYS" in name}
    access, public = keys["ACCESS_KEYS"], keys["PUBLIC_KEYS"]
    changed = altered(good, tokens["owner"])
    changed |= {f"header: {name}": stack.forge(good, access, header) for name, header in HEADERS.items()}
    owner = tokens.id("owner")
    claims = CLAIMS | {"id": {"token_id": owner}, "parent": {"parent": owner}}
    claims["public issuer"] = {"iss": f"{stack.local['issuer']}/public"}
    changed |= {f"claim: {name}": stack.forge(good, access, None, change) for name, change in claims.items()}
    changed["by the other family's key"] = stack.forge(good, public)
    as_access = parts(good)[0], {"iss": stack.local["issuer"]}
    changed["a journey of the access family"] = stack.forge(journey, access, *as_access)
    changed["unchanged"] = stack.forge(good, access)
    for name, token in changed.items():
        yield f"forged, {name}", event(ME, token)
        yield f"forged, {name}, catalog", event(CATALOG, token)


def altered(good: str, other: str) -> dict[str, str]:
    """What becomes of a token without any key."""
    head, claims, signature = good.split(".")
    _, others_claims, others_signature = other.split(".")
    return {
        "no token": "x",
        "no signature": f"{head}.{claims}.",
        "cut": good[:-8],
        "nothing between": f"{head}..{signature}",
        "another's signature": f"{head}.{claims}.{others_signature}",
        "another's claims": f"{head}.{others_claims}.{signature}",
    }
