"""Which permission a route needs: ROUTE_RULES, read once."""

import json
import os
import re

MEMBERS = {"public", "any_caller", "action", "resource", "own_id", "public_tokens"}
PARAMETER = re.compile(r"\{([^}]+)\}")


def _read(text: str) -> dict[str, dict]:
    lists, rules = json.loads(text), {}
    for routes in lists if isinstance(lists, list) else [lists]:
        for route, rule in routes.items():
            if route in rules:
                raise ValueError(f"{route} already has a rule")
            needs = [need for need in ("public", "any_caller", "action") if rule.get(need)]
            if not rule.keys() <= MEMBERS or len(needs) != 1:
                raise ValueError(f"the rule of {route} is not understood")
            rules[route] = rule
    return rules


RULES = _read(os.environ["ROUTE_RULES"])


def find_rule(api: str, route: str) -> dict | None:
    """The rule of a route as the gateway reports it, one for this API alone before one for any."""
    return RULES.get(f"{api} {route}") or RULES.get(route)


def fill(pattern: str, parameters: dict[str, str]) -> str | None:
    """The resource that the request names; `None` where a path parameter is missing."""
    if not all(parameters.get(name) for name in PARAMETER.findall(pattern)):
        return None
    return PARAMETER.sub(lambda found: parameters[found[1]], pattern)
