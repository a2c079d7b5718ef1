"""What a function answered, and what it should have."""

import json
from dataclasses import dataclass


@dataclass(frozen=True)
class Answer:
    """A response with its status and, if it is a problem, its code and sentence; or the text of an error."""

    status: int | None = None
    code: str | None = None
    sentence: str = ""
    error: str = ""

    @classmethod
    def read(cls, text: str) -> "Answer":
        """Reads what a function gives to Lambda."""
        answer = json.loads(text)
        if "errorMessage" in answer:
            return cls(error=answer["errorMessage"])
        status, text = answer["statusCode"], answer["body"]
        # A page is no JSON.
        body = json.loads(text) if text.startswith(("{", "[")) else {}
        # A list of tokens is an array.
        return cls(status, body.get("code"), body.get("detail", "")) if isinstance(body, dict) else cls(status)

    def differs(self, expected: dict) -> str:
        """What is otherwise than `expected`, an item of events/expected.json; nothing where it is the same."""
        if "error" in expected:
            right = expected["error"] in self.error
        else:
            right = (self.status, self.code) == (expected["status"], expected.get("code"))
        wanted = {name: expected[name] for name in ("status", "code", "error") if name in expected}
        return "" if right else f"{self}, and not {wanted}"
