"""What a REST API asks its authorizer, and the policy that it takes for an answer."""

import json
import re
from dataclasses import dataclass

from refusals import Denied, Unauthorized

LONGEST_ARN = 512
LARGEST_ANSWER = 8192

_BEARER = re.compile(r"bearer +([^ ]+) *", re.IGNORECASE)
_PARAMETER = re.compile(r"\{(.*?)(\+?)\}")
_SEGMENT = re.compile(r"[A-Za-z0-9._~-]+")


@dataclass(frozen=True)
class Request:
    """The event's parts that bear on the decision."""

    api: str
    method: str
    route: str
    parameters: dict[str, str]
    credentials: list[str]
    orgs: list[str]
    # The one that a policy may name; `None` where it would not take it literally.
    arn: str | None


def values(event: dict, name: str) -> list[str]:
    """All values of a header, by whatever spelling of its name."""
    several = (event.get("multiValueHeaders") or {}).items()
    found = [value for own, all_values in several if own.lower() == name for value in all_values]
    return found or [value for own, value in (event.get("headers") or {}).items() if own.lower() == name]


def read_event(event: dict) -> Request:
    if event.get("type") != "REQUEST" or "version" in event:
        raise ValueError("this is no REQUEST event of a REST API")
    method = event["httpMethod"]
    return Request(
        api=event["methodArn"].split("/")[0].rpartition(":")[2],
        method=method,
        route=f"{method} {event['resource']}",
        parameters=event.get("pathParameters") or {},
        credentials=values(event, "authorization"),
        orgs=values(event, "x-epilot-org-id"),
        arn=_literal_arn(event),
    )


def bearer(credentials: list[str]) -> str:
    """The bearer token (RFC 6750, section 2.1) of the one header that may hold it."""
    found = _BEARER.fullmatch(credentials[0]) if len(credentials) == 1 else None
    if not found:
        raise Unauthorized("there is not one bearer token")
    return found[1]


def _path(event: dict) -> str | None:
    """The route's path with its parameters in their places; `None` where one is missing or longer than its segment."""
    parameters, segments = event.get("pathParameters") or {}, []
    for segment in event["resource"].split("/"):
        if found := _PARAMETER.fullmatch(segment):
            segment = parameters.get(found[1])
            if not segment or ("/" in segment and not found[2]):
                return None
        segments.append(segment)
    return "/".join(segments)


def _literal_arn(event: dict) -> str | None:
    """The one ARN that the request is for, rebuilt from the event's parts."""
    path, named = _path(event), event["methodArn"]
    if path is None or not path.startswith("/"):
        return None
    plain = all(_SEGMENT.fullmatch(part) and part not in (".", "..") for part in path[1:].split("/"))
    arn = f"{named.split('/')[0]}/{event['requestContext']['stage']}/{event['httpMethod']}{path}"
    fits = len(arn) <= LONGEST_ARN and not set(arn) & set("*?$")
    return arn if (plain or path == "/") and fits and arn == named else None


def _policy(effect: str, resource: str, caller: dict | None, code: str, reason: str) -> dict:
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": resource}
    return {
        "principalId": caller["principal"] if caller else "nobody",
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "context": (caller or {}) | {"code": code, "reason": reason},
    }


def _fits(answer: dict) -> bool:
    return len(json.dumps(answer, separators=(",", ":"))) <= LARGEST_ANSWER


def too_many_roles() -> Denied:
    """The refusal of somebody of whom the gateway can carry nothing."""
    return Denied("too_many_roles", "your roles in this organization exceed the size limit of the authorizer context")


def allow(request: Request, caller: dict | None = None) -> dict:
    """Allows the one request; `caller` is `None` where nobody was asked who they are."""
    if request.arn is None:
        reason = "the path is too long or contains a character that no route accepts"
        raise Denied("permission_denied", reason, caller)
    answer = _policy("Allow", request.arn, caller, "ok", "the route rule allows the request")
    if not _fits(answer):
        raise too_many_roles()
    return answer


def deny(request: Request, denied: Denied) -> dict:
    """Denies the one request; where no policy can name it, everything."""
    told = (request.arn or "*", denied.caller, denied.code, denied.reason)
    answer = _policy("Deny", *told)
    return answer if _fits(answer) else _policy("Deny", told[0], None, *told[2:])
