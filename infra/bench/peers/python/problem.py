"""A refusal in the form of RFC 9457."""

import json
from http import HTTPStatus

from botocore.exceptions import ClientError, HTTPClientError

from aws import Unprocessed

HEADERS = {
    "content-type": "application/json",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "strict-transport-security": "max-age=31536000",
}
MORE = {401: {"www-authenticate": "Bearer"}, 503: {"retry-after": "1"}}

# The error codes that say "later" with a status below 500.
LATER = {
    "ProvisionedThroughputExceededException",
    "ThrottlingException",
    "Throttling",
    "RequestLimitExceeded",
    "ReplicatedWriteConflictException",
}


class Problem(Exception):
    """What the caller is refused for."""

    def __init__(self, status: int, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.code, self.sentence = status, code, sentence


def invalid(sentence: str) -> Problem:
    """A member of the body breaks a rule."""
    return Problem(400, "invalid_request", sentence)


def answer(status: int, body: dict, headers: dict[str, str] | None = None) -> dict:
    """An answer as the gateway takes it."""
    return {"statusCode": status, "headers": HEADERS | (headers or {}), "body": json.dumps(body, ensure_ascii=False)}


def refusal(problem: Problem, instance: str) -> dict:
    """The answer that tells of `problem`, in answer to the request with this id."""
    body = {
        "type": f"urn:latchkey:problem:{problem.code}",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.sentence,
        "instance": instance,
        "code": problem.code,
        "error": problem.sentence,
    }
    headers = {"content-type": "application/problem+json"} | MORE.get(problem.status, {})
    return answer(problem.status, body, headers)


def ours(error: Exception) -> Problem:
    """What the caller reads of an error that is not theirs: nothing of its cause."""
    later = isinstance(error, (HTTPClientError, Unprocessed))
    if isinstance(error, ClientError):
        status = error.response["ResponseMetadata"].get("HTTPStatusCode", 500)
        later = status >= 500 or status == 429 or error.response["Error"]["Code"] in LATER
    if later:
        return Problem(503, "unavailable", "the service is temporarily unavailable; retry after a second")
    return Problem(500, "internal", "internal error; quote the request id to support")
