"""What roles allow. A grant that is not understood can only take away."""

from dataclasses import dataclass
from typing import NamedTuple

from refusals import Denied

SCHEMA_VERSION = 1
READING = ("view", "export", "download")


class Grant(NamedTuple):
    action: str
    resource: str | None
    effect: str

    def covers(self, action: str, resource: str | None) -> bool:
        """Where the route names no resource, an allow counts only for all of them, a deny always."""
        if not matches(self.action, action):
            return False
        if self.resource is None:
            return True
        if resource is not None:
            return matches(self.resource, resource)
        return self.effect == "deny" or set(self.resource) == {"*"}


@dataclass(frozen=True)
class Role:
    allows: list[Grant]
    denies: list[Grant]

    def allow(self, action: str, resource: str | None) -> bool:
        return any(grant.covers(action, resource) for grant in self.allows)

    def deny(self, action: str, resource: str | None) -> bool:
        return any(grant.covers(action, resource) for grant in self.denies)


@dataclass(frozen=True)
class Holdings:
    """What somebody holds in their organization; `roles` are those of `held` that have a row."""

    held: list[str]
    roles: dict[str, Role]
    root: Role | None
    read_only: bool


def matches(pattern: str, text: str) -> bool:
    """Whether the whole of `text` fits `pattern`, in which `*` stands for any run of characters."""
    first, *rest = pattern.split("*")
    if not rest:
        return pattern == text
    *middle, last = rest
    if not (text.startswith(first) and text.endswith(last)):
        return False
    at = len(first)
    for part in middle:
        found = text.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return at <= len(text) - len(last)


def is_reading(action: str) -> bool:
    return action.rpartition(":")[2] in READING


def _understand(grant: object) -> Grant | None:
    if not isinstance(grant, dict) or not grant.keys() <= {"action", "resource", "effect"}:
        return None
    action, effect = grant.get("action"), grant.get("effect", "allow")
    fits = isinstance(action, str) and isinstance(grant.get("resource", ""), str) and effect in ("allow", "deny")
    return Grant(action, grant.get("resource"), effect) if fits else None


def _denial_in(grant: object) -> list[Grant]:
    """What a grant that was not understood takes away, since it may have been meant to."""
    if isinstance(grant, dict) and grant.get("effect", "allow") == "allow":
        return []
    action = grant.get("action") if isinstance(grant, dict) else None
    return [Grant(action if isinstance(action, str) else "*", None, "deny")]


def role_of(row: dict) -> Role:
    """The grants of a role's row that count."""
    version, grants = row.get("v"), row.get("grants", [])
    readable = isinstance(grants, list) and isinstance(row.get("name", ""), str)
    if not readable or not version or version > SCHEMA_VERSION:
        return Role([], [Grant("*", None, "deny")])
    understood = [_understand(grant) for grant in grants]
    denies = [grant for grant in understood if grant and grant.effect == "deny"]
    if all(understood):
        return Role([grant for grant in understood if grant.effect == "allow"], denies)
    misread = [grant for grant, read in zip(grants, understood, strict=True) if read is None]
    return Role([], denies + [denial for grant in misread for denial in _denial_in(grant)])


def check_root(root: Role | None, action: str, resource: str | None) -> None:
    """The organization's root role, where there is one, must allow as well."""
    if root and (root.deny(action, resource) or not root.allow(action, resource)):
        raise Denied("permission_denied", f"the root role of the organization does not allow {action}")


def check(holdings: Holdings, action: str, resource: str | None) -> None:
    """Raises what speaks against `action` on `resource`, where something does."""
    if holdings.read_only and not is_reading(action):
        raise Denied("read_only_token", f"a read-only token does not allow {action}")
    roles = holdings.roles.values()
    if any(role.deny(action, resource) for role in roles):
        raise Denied("permission_denied", f"one of your roles denies {action}")
    check_root(holdings.root, action, resource)
    owner = any(role.endswith(":owner") for role in holdings.held)
    if not owner and not any(role.allow(action, resource) for role in roles):
        raise Denied("permission_denied", f"permission {action} is missing")
