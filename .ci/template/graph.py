"""Which resources wait for which others."""

import re
from collections.abc import Iterator


def cycle(template: dict) -> list[str]:
    """Resources of which each waits for the next and the last for the first; empty if there are none."""
    edges, done = waits(template), set()
    for name in edges:
        if found := walk(name, edges, [], done):
            return found
    return []


def waits(template: dict) -> dict[str, list[str]]:
    """Each resource with those that it names, which are there before it."""
    resources = template["Resources"]
    return {name: sorted(set(named(resource)) & resources.keys()) for name, resource in resources.items()}


def before(template: dict, name: str) -> set[str]:
    """The resources that are there before this one."""
    edges, found, left = waits(template), set(), [name]
    while left:
        new = set(edges[left.pop()]) - found
        found |= new
        left += new
    return found


def walk(name: str, edges: dict[str, list[str]], path: list[str], done: set[str]) -> list[str]:
    """The cycle that is met on the way on from `path`; what is `done` leads into none."""
    if name in path:
        return path[path.index(name) :]
    if name not in done:
        for other in edges[name]:
            if found := walk(other, edges, [*path, name], done):
                return found
        done.add(name)
    return []


def named(value: object) -> Iterator[str]:
    """The logical ids that the value names, those of parameters among them."""
    if isinstance(value, list):
        for member in value:
            yield from named(member)
    elif isinstance(value, dict):
        for key, member in value.items():
            yield from referred(key, member)
            yield from named(member)


def referred(key: str, member: object) -> Iterator[str]:
    """Those that this member of an object names itself, without what lies in it."""
    if key in ("Ref", "DependsOn", "Fn::GetAtt"):
        first = member[:1] if key == "Fn::GetAtt" and isinstance(member, list) else member
        for name in first if isinstance(first, list) else [first]:
            yield name.split(".")[0]
    if key == "Fn::Sub":
        text = member[0] if isinstance(member, list) else member
        yield from re.findall(r"\$\{([A-Za-z0-9]+)", text)
