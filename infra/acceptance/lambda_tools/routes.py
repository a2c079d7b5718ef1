"""Compares the routes of `cargo lambda watch` with those of API Gateway."""

import io
import tomllib
from contextlib import redirect_stderr
from pathlib import Path

from samcli.lib.providers.api_provider import ApiProvider

from sam_local import binaries, stacks

# Method, path and the name of the function's binary.
Route = tuple[str, str, str]


def differences() -> list[str]:
    """Describes each route that only one of template.yaml and Cargo.toml has."""
    watched = cargo_routes()
    deployed = template_routes()
    extra_routes = [("template.yaml", deployed - watched), ("Cargo.toml", watched - deployed)]
    return [f"{' '.join(route)} is only in {file}" for file, extra in extra_routes for route in sorted(extra)]


def cargo_routes() -> set[Route]:
    """The routes of Cargo.toml."""
    metadata = tomllib.loads(Path("Cargo.toml").read_text())["workspace"]["metadata"]["lambda"]
    router = metadata["watch"]["router"].items()
    return {(route["method"], path, route["function"]) for path, methods in router for route in methods}


def template_routes() -> set[Route]:
    """The routes of template.yaml, without the `OPTIONS` route that SAM adds to each path for CORS preflights."""
    # SAM warns that authorizers can behave differently on AWS.
    with redirect_stderr(io.StringIO()):
        found = ApiProvider(stacks()).api.routes
    names = binaries()
    return {
        (method, route.path, names[route.function_name])
        for route in found
        for method in route.methods
        if method != "OPTIONS"
    }
