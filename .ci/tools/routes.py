"""Where `cargo lambda watch` sends requests, and where API Gateway does."""

import io
import tomllib
from contextlib import redirect_stderr
from pathlib import Path

from samcli.lib.providers.api_provider import ApiProvider

from sam_local import binaries, stacks


def differences() -> list[str]:
    """A sentence for each route that template.yaml and Cargo.toml do not share."""
    watched, deployed = router(), routes()
    only = [("template.yaml", deployed - watched), ("Cargo.toml", watched - deployed)]
    return [f"{' '.join(route)} is in {file} alone" for file, more in only for route in sorted(more)]


def router() -> set[tuple[str, str, str]]:
    """Method, path and function of each route of Cargo.toml."""
    metadata = tomllib.loads(Path("Cargo.toml").read_text())["workspace"]["metadata"]["lambda"]
    routes = metadata["watch"]["router"].items()
    return {(one["method"], path, one["function"]) for path, several in routes for one in several}


def routes() -> set[tuple[str, str, str]]:
    """Method, path and function of each route of template.yaml. SAM makes one more of each path, for preflights."""
    # That an authorizer here is none of AWS's is no news.
    with redirect_stderr(io.StringIO()):
        found = ApiProvider(stacks()).api.routes
    names = binaries()
    return {
        (method, route.path, names[route.function_name])
        for route in found
        for method in route.methods
        if method != "OPTIONS"
    }
