"""The dependency graph of a template's resources."""

import re
from collections.abc import Iterator


def cycle(template: dict) -> list[str]:
    """Returns the resources of one dependency cycle in order, or an empty list without a cycle."""
    edges = dependencies(template)
    visited = set()
    for name in edges:
        if found := find_cycle(name, edges, [], visited):
            return found
    return []


def dependencies(template: dict) -> dict[str, list[str]]:
    """Each resource with those that it refers to, which CloudFormation creates first."""
    resources = template["Resources"]
    return {name: sorted(set(references(resource)) & resources.keys()) for name, resource in resources.items()}


def transitive_dependencies(template: dict, name: str) -> set[str]:
    """The resources that CloudFormation creates before this one."""
    edges = dependencies(template)
    found = set()
    pending = [name]
    while pending:
        new = set(edges[pending.pop()]) - found
        found |= new
        pending += new
    return found


def find_cycle(name: str, edges: dict[str, list[str]], path: list[str], visited: set[str]) -> list[str]:
    """The first cycle reached from `path` and then `name`. Resources in `visited` lead to no cycle."""
    if name in path:
        return path[path.index(name) :]
    if name not in visited:
        for other in edges[name]:
            if found := find_cycle(other, edges, [*path, name], visited):
                return found
        visited.add(name)
    return []


def references(value: object) -> Iterator[str]:
    """The logical ids of resources and parameters that the value refers to."""
    if isinstance(value, list):
        for member in value:
            yield from references(member)
    elif isinstance(value, dict):
        for key, member in value.items():
            yield from direct_references(key, member)
            yield from references(member)


def direct_references(key: str, member: object) -> Iterator[str]:
    """The logical ids that this object member refers to itself, without those of nested members."""
    if key in ("Ref", "DependsOn", "Fn::GetAtt"):
        first = member[:1] if key == "Fn::GetAtt" and isinstance(member, list) else member
        for name in first if isinstance(first, list) else [first]:
            yield name.split(".")[0]
    if key == "Fn::Sub":
        text = member[0] if isinstance(member, list) else member
        yield from re.findall(r"\$\{([A-Za-z0-9]+)", text)
