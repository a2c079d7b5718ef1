"""Who calls, by the authorizer's context alone."""

import re
from dataclasses import dataclass

from gateway import values
from problem import Problem
from tokens import is_org, is_role, is_token_id

_PERSON = re.compile(r"[a-z0-9-]{1,32}\|[!-~]{1,255}")
_TIME = re.compile(r"[0-9]{1,12}")
FLAGS = ("true", "false")


@dataclass(frozen=True)
class CallingToken:
    id: str
    parent: str | None
    end: int | None
    read_only: bool
    anonymize: bool


@dataclass(frozen=True)
class Caller:
    org: str
    principal: str
    roles: list[str]
    # Those of them that deny something.
    denying: list[str]
    token: CallingToken | None


def _roles(context: dict, name: str) -> list[str] | None:
    roles = context[name].split() if isinstance(context.get(name), str) else None
    return roles if roles is not None and all(map(is_role, roles)) else None


def _token(context: dict) -> CallingToken | None:
    """The token that calls, where the context names one in all that is known of it."""
    identity, parent, end = (context.get(name) for name in ("token_id", "parent", "expires_at"))
    flags = [context.get(name) for name in ("read_only", "anonymize")]
    fits = is_token_id(identity) and identity == context.get("principal") and all(flag in FLAGS for flag in flags)
    if not fits or not (parent is None or is_token_id(parent)) or not (end is None or _TIME.fullmatch(end)):
        return None
    return CallingToken(identity, parent, int(end) if end else None, *(flag == "true" for flag in flags))


def read_caller(event: dict) -> Caller:
    """The caller that the gateway names in this event. Without its authorizer nobody is known."""
    context = (event.get("requestContext") or {}).get("authorizer") or {}
    org, principal = context.get("org_id"), context.get("principal")
    roles, denying = _roles(context, "roles"), _roles(context, "deny_roles")
    person = isinstance(principal, str) and "token_id" not in context and _PERSON.fullmatch(principal)
    token = None if person else _token(context)
    if not is_org(org) or roles is None or denying is None or not (person or token):
        raise Problem(401, "unauthenticated", "a valid bearer token is required")
    if any(named != org for named in values(event, "x-epilot-org-id")):
        raise Problem(403, "permission_denied", "`x-epilot-org-id` is not the organization of the caller")
    return Caller(org, principal, roles, denying, token)
