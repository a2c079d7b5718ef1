"""Schemathesis hooks for the rules of the contract that a schema cannot express."""

import hashlib
import json
import re

import schemathesis

# The only reasons, as prefixes of `detail`, for which a request that matches the schema is rejected with 400.
REASONS = (
    # The bounds apply to strings like `10h` too.
    "`expires_in` must be between 30 seconds and ",
    # A lifetime in milliseconds must be a whole number of seconds.
    "`expires_in` must be whole seconds, ",
    "`assignments` and `assume_roles` are two names of one member and must be equal",
    # An address, its prefix and the bits after it.
    "`allowed_cidrs`: ",
    # The length of all grants as JSON.
    "`grants` must not exceed ",
    # Unicode general categories, which the pattern of a schema cannot name.
    *(
        f"`{member}` must {rule}"
        for member in ("name", "journey_id", "portal_id")
        for rule in ("not contain the invisible or reordering character ", "contain a visible character")
    ),
    # A cursor comes from a previous page and cannot be generated.
    "`cursor` was altered or belongs to another request",
    "`cursor` is invalid",
    # A day that a month does not have, and the last hours of the year 9999.
    "`before` must be an RFC 3339 time between ",
    # Two members and the path name one role, and an assignment names roles that exist.
    "`id` and `slug` must ",
    "the role `",
    # The base64url of a user.
    "`userId` must be ",
)
ROLE = re.compile(r"[A-Za-z0-9_-]{1,64}:[A-Za-z0-9_.-]{1,64}")
BARE_KEY = re.compile(r"[!#-~][!-~]{0,199}")


@schemathesis.hook
def filter_failure(context, failure, case, response) -> bool:
    rejected = type(failure).__name__ == "RejectedPositiveData" and response.status_code == 400
    return not (rejected and response.json()["detail"].startswith(REASONS))


@schemathesis.hook
def map_case(context, case):
    """Avoids the two most frequent rejections: different values for one member's two names, and a reused idempotency key."""
    body = case.body
    if isinstance(body, dict) and all(are_roles(body.get(name)) for name in ("assignments", "assume_roles")):
        body["assume_roles"] = body["assignments"]
    key = (case.headers or {}).get("Idempotency-Key")
    if isinstance(body, dict) and isinstance(key, str) and BARE_KEY.fullmatch(key):
        case.headers["Idempotency-Key"] = key + hashlib.sha256(json.dumps(body).encode()).hexdigest()[:16]
    return case


def are_roles(value) -> bool:
    return isinstance(value, list) and len(value) <= 50 and all(isinstance(id, str) and ROLE.fullmatch(id) for id in value)
