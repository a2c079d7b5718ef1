"""The outcome of an invocation, and its comparison with the expected one."""

import json
from dataclasses import dataclass


@dataclass(frozen=True)
class Outcome:
    """A response with its status and, if it is a problem, its code and detail; or the message of an error."""

    status: int | None = None
    code: str | None = None
    detail: str = ""
    error: str = ""

    @classmethod
    def parse(cls, text: str) -> "Outcome":
        """Parses what a function returns to Lambda."""
        response = json.loads(text)
        if "errorMessage" in response:
            return cls(error=response["errorMessage"])
        status = response["statusCode"]
        body_text = response["body"]
        # The portal's pages are HTML.
        body = json.loads(body_text) if body_text.startswith(("{", "[")) else {}
        # A list of tokens is an array.
        return cls(status, body.get("code"), body.get("detail", "")) if isinstance(body, dict) else cls(status)

    def difference(self, expected: dict) -> str:
        """Describes how the outcome differs from `expected`, an item of events/expected.json; empty if it matches."""
        if "error" in expected:
            matches = expected["error"] in self.error
        else:
            matches = (self.status, self.code) == (expected["status"], expected.get("code"))
        required = {name: expected[name] for name in ("status", "code", "error") if name in expected}
        return "" if matches else f"{self}, expected {required}"
