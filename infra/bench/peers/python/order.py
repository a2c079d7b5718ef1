"""What a caller asks for: the body's members, each within its rule."""

import base64
import json
import unicodedata
from dataclasses import dataclass

from gateway import values
from lifetime import lifetime_of
from problem import Problem, invalid
from tokens import family_of, is_role

TYPES = ("api", "journey", "portal", "assume", "app")
NOT_OFFERED = ("portal_preview", "contact_identification")
COMMON = {"name", "token_type", "expires_in"}
ACCESS = {"assignments", "assume_roles", "read_only", "anonymize"}
LARGEST = 16 * 1024
MOST_ASKED = 50


@dataclass(frozen=True)
class Order:
    type: str
    name: str
    # The roles asked for; none: the caller's.
    asked: list[str]
    read_only: bool
    anonymize: bool
    # What a public token is for.
    target: dict[str, str]
    # In seconds.
    lifetime: int | None


def read_order(event: dict) -> Order:
    """The order that the event's body makes."""
    members = _members(event)
    kind = _type(members)
    access, target = family_of(kind) == "access", f"{kind}_id"
    known = COMMON | (ACCESS if access else {target})
    for member in members:
        if member not in known:
            raise invalid(f"`{_excerpt(member)}` is not a member of a request for a token of type {kind}")
    return Order(
        type=kind,
        name=_name(members),
        asked=_asked(members),
        read_only=_flag(members, "read_only"),
        anonymize=_flag(members, "anonymize"),
        target={} if access else {target: _target(members, target, kind)},
        lifetime=lifetime_of(members, kind),
    )


def _members(event: dict) -> dict:
    text = event.get("body") or ""
    body = base64.b64decode(text) if event.get("isBase64Encoded") else text.encode()
    if len(body) > LARGEST:
        raise Problem(413, "too_large", "the body must not exceed 16 KiB")
    media_type = next(iter(values(event, "content-type")), "application/json")
    if media_type.split(";")[0].strip().lower() != "application/json":
        raise Problem(415, "unsupported_media_type", "the `Content-Type` of the body must be `application/json`")
    # A gateway that hands bytes on as text has put U+FFFD where they were no UTF-8.
    text = body.decode(errors="replace")
    if "\ufffd" in text:
        raise invalid("the body is not UTF-8")
    if not text.strip():
        raise invalid("the body is empty and must be a JSON object")
    try:
        members = json.loads(text, object_pairs_hook=_distinct, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise invalid("the body is not JSON") from None
    if not isinstance(members, dict):
        raise invalid("the body must be a JSON object")
    return members


def _distinct(pairs: list[tuple[str, object]]) -> dict:
    """The members, each there once: of two with one name readers would disagree on which counts."""
    members = dict(pairs)
    if len(members) != len(pairs):
        raise invalid("a member is there twice")
    return members


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _excerpt(text: str) -> str:
    return "".join(filter(str.isprintable, text))[:64]


def _is_text(value: object) -> bool:
    # Half of a surrogate pair can be escaped in JSON, and is no character.
    return isinstance(value, str) and not any("\ud800" <= character <= "\udfff" for character in value)


def _has_control(text: str) -> bool:
    return any(unicodedata.category(character) == "Cc" for character in text)


def _type(members: dict) -> str:
    kind = members.get("token_type", "api")
    if "token_type" not in members:
        kind = next((kind for kind in ("journey", "portal") if f"{kind}_id" in members), "api")
    if kind in NOT_OFFERED:
        raise invalid(f"`token_type`: tokens of type `{kind}` are not offered")
    if kind not in TYPES:
        raise invalid("`token_type` must be one of api, journey, portal, assume, app")
    return kind


def _name(members: dict) -> str:
    if "name" not in members:
        raise invalid("`name` is required")
    if not _is_text(members["name"]):
        raise invalid("`name` must be a string")
    name = members["name"].strip()
    if not name:
        raise invalid("`name` must not be blank")
    if len(name) > 255:
        raise invalid(f"`name` must not exceed 255 characters and has {len(name)}")
    if _has_control(name):
        raise invalid("`name` must not contain control characters")
    return name


def _target(members: dict, member: str, kind: str) -> str:
    if member not in members:
        raise invalid(f"`{member}` is required for tokens of type {kind}")
    target = members[member]
    if not _is_text(target) or not 1 <= len(target) <= 255 or _has_control(target):
        raise invalid(f"`{member}`: an id must have 1 to 255 characters and no control characters")
    return target


def _flag(members: dict, member: str) -> bool:
    flag = members.get(member, False)
    if not isinstance(flag, bool):
        raise invalid(f"`{member}` must be true or false")
    return flag


def _asked(members: dict) -> list[str]:
    """`assignments`, or `assume_roles`, the older documents' name for it."""
    asked, older = _roles(members, "assignments"), _roles(members, "assume_roles")
    if asked is not None and older is not None and asked != older:
        raise invalid("`assignments` and `assume_roles` are two names of one member and must be equal")
    return asked if asked is not None else older or []


def _roles(members: dict, member: str) -> list[str] | None:
    if member not in members:
        return None
    roles = members[member]
    if not isinstance(roles, list) or not all(isinstance(role, str) for role in roles):
        raise invalid(f"`{member}` must be an array of role ids")
    if len(roles) > MOST_ASKED:
        raise invalid(f"`{member}` must not contain more than {MOST_ASKED} roles and contains {len(roles)}")
    for role in roles:
        if not is_role(role):
            raise invalid(f"`{member}`: `{_excerpt(role)}` is not a role id")
    return list(dict.fromkeys(roles))
