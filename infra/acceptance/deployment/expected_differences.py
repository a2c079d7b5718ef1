"""Expected differences between the responses of the deployed API and those of the local stack."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Difference:
    """In each of these cases the deployed API returns these facts, and the local stack returns others."""

    reason: str
    facts: dict[str, object]
    cases: tuple[str, ...]


UNRESOLVED_VARIABLES = {
    "body.type": "urn:latchkey:problem:$context.authorizer.code",
    "body.code": "$context.authorizer.code",
    "body.detail": "$context.authorizer.reason",
    "body.error": "$context.authorizer.reason",
}

EXPECTED_DIFFERENCES = [
    Difference(
        "the emulator resolves no $context.authorizer.* in gateway responses; AWS does, from a policy that denies",
        UNRESOLVED_VARIABLES,
        (
            "viewer cannot create a token",
            "viewer cannot revoke many",
            "token without permissions cannot list",
            "read-only token cannot create a token",
            "token is denied outside of its networks",
            "administrator of tokens cannot list roles",
            "public token has no permission",
            "user of another organization is denied",
            "token for another organization is denied",
            "encoded dot segment is denied",
            "id with a star is denied",
        ),
    ),
    Difference(
        "the emulator matches a path with a trailing slash to the route without it, which the authorizer denies",
        UNRESOLVED_VARIABLES | {"status": 403, "body.status": 403, "body.title": "Forbidden", "cache-control": "no-store"},
        ("trailing slash is not found",),
    ),
    Difference(
        "the emulator omits the headers of mock integrations, which respond to preflight requests",
        {f"access-control-{name}": "" for name in ("allow-headers", "allow-methods", "allow-origin", "max-age")},
        ("preflight request needs no credential", "preflight request of an item"),
    ),
]


def unexpected_differences(case: str, deployed: dict, local: dict) -> list[str]:
    """One sentence for each fact that differs unexpectedly, and for each expected difference that does not occur."""
    expected = {}
    for difference in EXPECTED_DIFFERENCES:
        expected |= difference.facts if case in difference.cases else {}
    sentences = []
    for fact in sorted(expected.keys() | deployed.keys() | local.keys(), key=lambda fact: (fact != "status", fact)):
        deployed_value = deployed.get(fact)
        local_value = local.get(fact)
        if fact in expected and deployed_value == local_value:
            sentences.append(f"{fact} is expected to differ and does not")
        elif deployed_value != expected.get(fact, local_value):
            sentences.append(f"{fact} is {deployed_value!r}, and {local_value!r} in the local stack")
    # If the status differs, all other facts differ as well.
    return sentences[:3]
