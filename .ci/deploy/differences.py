"""Where the deployed API answers otherwise than `cargo local`, and why it may."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Difference:
    """In each of these cases the deployed API answers these facts, and `cargo local` others."""

    reason: str
    facts: dict[str, object]
    cases: tuple[str, ...]


UNREPLACED = {
    "body.type": "urn:latchkey:problem:$context.authorizer.code",
    "body.code": "$context.authorizer.code",
    "body.detail": "$context.authorizer.reason",
    "body.error": "$context.authorizer.reason",
}

KNOWN = [
    Difference(
        "the emulator replaces no $context.authorizer.* in gateway responses; AWS does, from a policy that denies",
        UNREPLACED,
        (
            "a viewer may not create",
            "a token without the permission may not list",
            "a token that only reads may not list",
            "a public token reaches no route of its own accord",
            "a person stays where they have roles",
            "a token stays at home",
            "a path that could be read in two ways is denied",
            "an id with a star is denied",
        ),
    ),
    Difference(
        "the emulator takes a path with a slash at its end for the route without, which the authorizer then denies",
        UNREPLACED | {"status": 403, "body.status": 403, "body.title": "Forbidden", "cache-control": "no-store"},
        ("a path is written in one way",),
    ),
    Difference(
        "the emulator leaves out the headers of a mock integration, of which preflight requests are answered",
        {f"access-control-{name}": "" for name in ("allow-headers", "allow-methods", "allow-origin", "max-age")},
        ("a page asks whether it may send, as nobody", "a page asks so of each route"),
    ),
]


def unexplained(case: str, deployed: dict, local: dict) -> list[str]:
    """One sentence for each fact that differs and is not known to, and for each that is known to and does not."""
    known = {}
    for difference in KNOWN:
        known |= difference.facts if case in difference.cases else {}
    told = []
    for fact in sorted(known.keys() | deployed.keys() | local.keys(), key=lambda fact: (fact != "status", fact)):
        here, there = deployed.get(fact), local.get(fact)
        if fact in known and here == there:
            told.append(f"{fact} is said to differ and does not")
        elif here != known.get(fact, there):
            told.append(f"{fact} is {here!r}, and {there!r} locally")
    # With another status everything else is another as well.
    return told[:3]
