"""What the contract says in words, because a schema cannot."""

import hashlib
import json
import re

import schemathesis

# The only reasons for which a request that fits the schema is refused.
REASONS = (
    # The bounds hold for strings like `10h` too.
    "`expires_in` must be from 30 seconds to ",
    # Milliseconds must make whole seconds.
    "`expires_in` must be whole seconds, ",
    "`assignments` and `assume_roles` are one member by two names and differ",
    # A cursor is what the page before said, and nothing that could be made up.
    "`cursor` is altered, or belongs to another request",
)
ROLE = re.compile(r"[A-Za-z0-9_-]{1,64}:[A-Za-z0-9_.-]{1,64}")
BARE_KEY = re.compile(r"[!#-~][!-~]{0,199}")


@schemathesis.hook
def filter_failure(context, failure, case, response) -> bool:
    refused = type(failure).__name__ == "RejectedPositiveData" and response.status_code == 400
    return not (refused and response.json()["detail"].startswith(REASONS))


@schemathesis.hook
def map_case(context, case):
    """Most requests would be refused for two reasons alone: one member by two names, and a key that came before."""
    body = case.body
    if isinstance(body, dict) and all(are_roles(body.get(name)) for name in ("assignments", "assume_roles")):
        body["assume_roles"] = body["assignments"]
    key = (case.headers or {}).get("Idempotency-Key")
    if isinstance(body, dict) and isinstance(key, str) and BARE_KEY.fullmatch(key):
        case.headers["Idempotency-Key"] = key + hashlib.sha256(json.dumps(body).encode()).hexdigest()[:16]
    return case


def are_roles(value) -> bool:
    return isinstance(value, list) and len(value) <= 50 and all(isinstance(id, str) and ROLE.fullmatch(id) for id in value)
