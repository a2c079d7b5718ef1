"""What the create functions are asked: orders of every kind, good and bad, by callers of every kind."""

import base64
import json
from collections.abc import Iterator

PERSON = {"org_id": "123", "principal": "local|1001", "roles": "123:owner", "deny_roles": ""}
NARROW = PERSON | {"roles": "123:viewer 123:no_billing", "deny_roles": "123:no_billing"}
TOKEN = NARROW | {
    "principal": "api_5ZugdRXasLfWBypHi93Fk",
    "token_id": "api_5ZugdRXasLfWBypHi93Fk",
    "token_type": "api",
    "read_only": "false",
    "anonymize": "false",
}
GOOD = {"name": "A name"}

# fmt: off
BODIES = {
    "none": None, "blank": "  ", "no JSON": "{", "two values": "{} {}", "a list": "[]", "a text": '"x"', "null": "null",
    "NaN": '{"name": NaN}', "twice": '{"name": "a", "n\\u0061me": "b"}', "a damaged text": '{"name": "\ufffd"}',
    "half a pair": '{"name": "\\ud83d"}', "large": {"name": "x" * 17_000}, "no name": {}, "a number as name": {"name": 7},
    "null as name": {"name": None}, "a blank name": {"name": " \t"}, "a long name": {"name": "\u00fc" * 256},
    "a line in a name": {"name": "a\nb"}, "a control in a name": {"name": "a\u0085b"},
}
MEMBERS = {
    "unknown": {"scope": "x"}, "of another type": {"journey_id": "x", "read_only": True}, "nested": {"x": {"name": 1}},
    "no such type": {"token_type": "x"}, "type null": {"token_type": None}, "type a list": {"token_type": ["api"]},
    "not offered": {"token_type": "portal_preview"}, "no target": {"token_type": "journey"},
    "target empty": {"journey_id": ""}, "target a number": {"portal_id": 7}, "target long": {"journey_id": "x" * 256},
    "flag a text": {"read_only": "true"}, "flag null": {"anonymize": None}, "roles a text": {"assignments": "123:owner"},
    "roles numbers": {"assignments": [7]}, "roles null": {"assignments": None}, "no role id": {"assignments": ["owner"]},
    "no role id, slug": {"assignments": ["123:a b"]}, "51 roles": {"assignments": [f"123:r{n}" for n in range(51)]},
    "two names that differ": {"assignments": ["123:viewer"], "assume_roles": ["123:auditor"]},
    "a lifetime to assume": {"token_type": "assume", "expires_in": 60},
    "8 days of an app": {"token_type": "app", "expires_in": "8d"},
}
LIFETIMES = (
    29, -1, 31_536_001, 30.5, "", "x", "1 day ", "30ms", "30001ms", "7 D", "1.5h", "366d", True, None, 10**30, [30],
)
# fmt: on
DAMAGED_PERSON = {"principal": "x", "org_id": "a b", "roles": "owner", "token_id": "api_x", "deny_roles": "?"}
DAMAGED_TOKEN = {"parent": "x", "expires_at": "soon", "read_only": "yes", "token_id": "api_" + "x" * 21}


def event(body: object, context: dict | None = PERSON, **more: object) -> dict:
    """A REST API's event with this body, a text or what is to be written as JSON."""
    text = body if isinstance(body, str) or body is None else json.dumps(body)
    headers = {"Content-Type": "application/json"}
    said = {"requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef", "stage": "live", "httpMethod": "POST"}
    said |= {"resourcePath": "/v1/access-tokens", "path": "/live/v1/access-tokens", "accountId": "000000000000"}
    if context is not None:
        said["authorizer"] = context | {"principalId": "somebody", "code": "ok", "integrationLatency": 12}
    return {
        "resource": "/v1/access-tokens",
        "path": "/v1/access-tokens",
        "httpMethod": "POST",
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": None,
        "requestContext": said,
        "body": text,
        "isBase64Encoded": False,
    } | more


def with_header(name: str, value: str) -> dict:
    headers = {"Content-Type": "application/json"} | {name: value}
    return {"headers": headers, "multiValueHeaders": {own: [value] for own, value in headers.items()}}


def good() -> Iterator[tuple[str, dict]]:
    """Orders that make a token which our own authorizer lets through."""
    for said, more in {
        "by a name alone": {},
        "with a trimmed name": {"name": "  \u00fcber \u6771 \U0001f511  "},
        "of a role that the owner does not hold": {"assignments": ["123:token_admin", "123:viewer", "123:viewer"]},
        "by the older name": {"assume_roles": ["123:viewer"], "assignments": ["123:viewer"]},
        "with flags": {"read_only": True, "anonymize": True},
        "for seconds": {"expires_in": 3600},
        "for days": {"expires_in": "2 days"},
        "for minutes": {"expires_in": "45minutes"},
        "for milliseconds": {"expires_in": "57000 milliseconds"},
        "to assume": {"token_type": "assume"},
        "of an app": {"token_type": "app"},
        "for a journey": {"journey_id": "a journey", "expires_in": "30"},
        "for a portal": {"token_type": "portal", "portal_id": "a portal"},
    }.items():
        yield said, event(GOOD | more)
    yield "by somebody with a role that denies", event(GOOD, NARROW)
    yield "of one role beside it", event(GOOD | {"assignments": ["123:viewer"]}, NARROW)
    yield "in base64", event(base64.b64encode(b'{"name": "A name"}').decode(), isBase64Encoded=True)


def by_token(identity: str) -> Iterator[tuple[str, dict]]:
    """Orders of the token with this id."""
    token = TOKEN | {"principal": identity, "token_id": identity}
    soon = {"expires_at": "4000000000"}
    yield "by a token", event(GOOD, token)
    yield "by a token that ends", event(GOOD, token | soon)
    yield "by a token that ends, sooner", event(GOOD | {"expires_in": "1h"}, token | soon)
    yield "by a token with flags", event(GOOD, token | {"read_only": "true", "anonymize": "true"})


def bad() -> Iterator[tuple[str, dict]]:
    """Bodies that break a rule."""
    for said, body in BODIES.items():
        yield f"body: {said}", event(body)
    for said, members in MEMBERS.items():
        yield f"member: {said}", event(GOOD | members)
    for value in LIFETIMES:
        yield f"expires_in: {value!r}", event(GOOD | {"expires_in": value})
    text, json_too = (
        with_header("Content-Type", "text/plain"),
        with_header("content-type", "Application/JSON; charset=utf-8"),
    )
    yield "media type", event(GOOD, **text)
    yield "media type with a charset, and a bad body", event({}, **json_too)


def unknown() -> Iterator[tuple[str, dict]]:
    """Good bodies by nobody in particular."""
    yield "no context", event(GOOD, None)
    for member in PERSON:
        yield f"no {member}", event(GOOD, {name: value for name, value in PERSON.items() if name != member})
    for name, value in DAMAGED_PERSON.items():
        yield f"damaged {name}", event(GOOD, PERSON | {name: value})
    for name, value in DAMAGED_TOKEN.items():
        yield f"a token's damaged {name}", event(GOOD, TOKEN | {name: value})


def refused() -> Iterator[tuple[str, dict]]:
    """Good bodies by somebody who may not."""
    yield "another organization", event(GOOD, **with_header("x-epilot-org-id", "456"))
    for role in ("123:owner", "456:viewer", "123:root"):
        yield f"not held: {role}", event(GOOD | {"assignments": [role]}, NARROW)
    for role in ("456:viewer", "123:root", "123:nothing"):
        yield f"not given by an owner: {role}", event(GOOD | {"assignments": [role]})
    yield "51 roles held", event(GOOD, PERSON | {"roles": " ".join(f"123:r{n}" for n in range(51))})
    long, more = ([f"123:{letter * 60}{n}" for n in range(100, 150)] for letter in "xy")
    denying = {"roles": " ".join(long + more), "deny_roles": " ".join(more[:40])}
    yield "long roles", event(GOOD, PERSON | {"roles": " ".join(long)})
    yield "a long token", event(GOOD | {"assignments": long}, PERSON | denying)
    yield "too deep", event(GOOD, TOKEN | {"parent": "api_" + "y" * 21})
    yield "beyond the parent", event(GOOD | {"expires_in": "300d"}, TOKEN | {"expires_at": "1800000000"})
    yield "a journey by an anonymized token", event(GOOD | {"journey_id": "x"}, TOKEN | {"anonymize": "true"})


def bounded() -> Iterator[tuple[str, dict]]:
    """Orders under a ceiling of an hour."""
    yield "no lifetime", event(GOOD)
    for value in (3600, 3601, "60m", "2h"):
        yield f"a lifetime of {value}", event(GOOD | {"expires_in": value})
    yield "to assume", event(GOOD | {"token_type": "assume"})
