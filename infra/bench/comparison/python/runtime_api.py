"""A client of Lambda's Runtime API: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html."""

import http.client
import json
import os
from collections.abc import Callable

BASE = "/2018-06-01/runtime/invocation"


def serve(handler: Callable[[dict], dict]) -> None:
    """Passes each event to `handler` and sends its result or its error."""
    api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    while True:
        api.request("GET", f"{BASE}/next")
        response = api.getresponse()
        request_id, event = response.headers["Lambda-Runtime-Aws-Request-Id"], json.loads(response.read())
        try:
            kind, body = "response", handler(event)
        except Exception as error:
            kind, body = "error", {"errorMessage": str(error), "errorType": type(error).__name__}
        api.request("POST", f"{BASE}/{request_id}/{kind}", json.dumps(body).encode())
        api.getresponse().read()
