"""A function's part of Lambda's Runtime API: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html."""

import http.client
import json
import os
from collections.abc import Callable

BASE = "/2018-06-01/runtime/invocation"


def serve(handler: Callable[[dict], dict]) -> None:
    """Answers one event after another by what `handler` gives for it; what it raises is the invocation's error."""
    api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    while True:
        api.request("GET", f"{BASE}/next")
        answer = api.getresponse()
        identity, event = answer.headers["Lambda-Runtime-Aws-Request-Id"], json.loads(answer.read())
        try:
            kind, body = "response", handler(event)
        except Exception as error:
            kind, body = "error", {"errorMessage": str(error), "errorType": type(error).__name__}
        api.request("POST", f"{BASE}/{identity}/{kind}", json.dumps(body).encode())
        api.getresponse().read()
