"""Runs each recipe on a valid token and on tokens that it must reject, on the stack that `local_stack.py` has started."""

import sys

import recipes
from tokens import URL, Forge, fetch

# Claims that every recipe returns.
CLAIMS = ("sub", "jti", "org_id", "iat", "exp", "assume_roles")


def check_discovery() -> None:
    """The recipes use the JWK sets that the discovery documents name."""
    for path in recipes.ISSUER_PATHS.values():
        metadata = fetch(f"{URL}{path}/.well-known/openid-configuration")
        assert metadata["issuer"] == f"{URL}{path}", metadata
        assert metadata["jwks_uri"] == f"{URL}{path}/.well-known/jwks.json", metadata


def check(recipe: recipes.Recipe, forge: Forge) -> list[str]:
    """The results that are not as expected."""
    rejected = {condition: build() for condition, build in forge.rejected().items()}
    # At the end, a valid token that is signed as the rejected ones are: their signatures are valid.
    valid, *others, last = recipe.verify([forge.valid, *rejected.values(), forge.with_claims()])
    assert len(others) == len(rejected), others
    errors = [f"accepts: {condition}" for condition, result in zip(rejected, others) if "claims" in result]
    for result in (valid, last):
        claims = result.get("claims", {})
        if any(claims.get(name) != forge.claims[name] for name in CLAIMS):
            errors.append(f"does not return the claims of a valid token: {result}")
    return errors


def main() -> int:
    check_discovery()
    failed = False
    forges = {family: Forge(family) for family in recipes.ISSUER_PATHS}
    for recipe in recipes.load(URL):
        forge = forges[recipe.family]
        errors = check(recipe, forge)
        failed |= bool(errors)
        outcome = "; ".join(errors) or f"accepts the valid token and rejects {len(forge.rejected())} others"
        print(f"{recipe.name}, {forge.algorithm}, {recipe.family} family: {outcome}", flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main())
