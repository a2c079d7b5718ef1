"""A function as Lambda runs it: a process that asks a Runtime API of ours for events; its calls to AWS pass by us."""

import json
import os
import subprocess
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from urllib.error import HTTPError

# In seconds: how long a function may take to start and to answer.
PATIENCE = 30

# What the runtime of AWS sets, and the functions' clients read.
LAMBDA = {"AWS_LAMBDA_FUNCTION_VERSION": "$LATEST", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256"}

# Headers of one connection, not of what is said over it.
BETWEEN = ("host", "connection", "content-length", "transfer-encoding", "accept-encoding")


class Server(ThreadingHTTPServer):
    """A server on a port of this machine, as long as the context lasts."""

    daemon_threads = True

    def __init__(self, handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.address = f"127.0.0.1:{self.server_port}"
        Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, *_: object) -> None:
        """Says nothing of a connection that breaks, as those of a function do that ends."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Small answers would otherwise wait for the acknowledgement of the ones before.
    disable_nagle_algorithm = True

    def log_message(self, *_: object) -> None:
        """Says nothing of requests, which may hold tokens."""

    def body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def reply(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class RuntimeApi(Handler):
    """https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html"""

    def do_GET(self) -> None:
        self.server.ready.put(True)
        headers = {
            "Lambda-Runtime-Aws-Request-Id": "8476a536-e9f4-11e8-9739-2dfe598c3fcd",
            "Lambda-Runtime-Deadline-Ms": "32503680000000",
            "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:us-east-1:000000000000:function:f",
        }
        self.reply(200, headers, self.server.events.get())

    def do_POST(self) -> None:
        answer = json.loads(self.body())
        self.server.answers.put({"error": answer} if self.path.endswith("/error") else {"answer": answer})
        self.reply(202, {}, b"")


class Aws(Handler):
    """Hands calls on to the local stack, and keeps what was called."""

    def do_POST(self) -> None:
        target, body = self.headers["X-Amz-Target"], self.body()
        service, _, operation = target.partition(".")
        self.server.calls.append((operation, json.loads(body)))
        url = self.server.urls["kms" if service == "TrentService" else "dynamodb"]
        headers = {name: value for name, value in self.headers.items() if name.lower() not in BETWEEN}
        request = urllib.request.Request(url, body, headers)
        try:
            answer = urllib.request.urlopen(request, timeout=PATIENCE)
        except HTTPError as error:
            answer = error
        with answer:
            self.reply(answer.status, {"Content-Type": answer.headers["Content-Type"]}, answer.read())


class Function:
    """A function's process, as long as the context lasts."""

    def __init__(self, name: str, command: list[str], environment: dict[str, str], log: Path) -> None:
        self.name, self.command, self.log = name, command, log
        self.api, self.aws = Server(RuntimeApi), Server(Aws)
        self.api.events, self.api.answers, self.api.ready = Queue(), Queue(), Queue()
        self.aws.calls, self.aws.urls = (
            [],
            {service: environment[f"AWS_ENDPOINT_URL_{service.upper()}"] for service in ("dynamodb", "kms")},
        )
        here = f"http://{self.aws.address}"
        own = {"AWS_LAMBDA_RUNTIME_API": self.api.address, "AWS_LAMBDA_FUNCTION_NAME": name}
        own |= {"AWS_ENDPOINT_URL_DYNAMODB": here, "AWS_ENDPOINT_URL_KMS": here}
        own |= {"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"}
        self.environment = LAMBDA | environment | own

    def __enter__(self) -> "Function":
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                self.command, env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        try:
            self.receive(self.api.ready)
        except BaseException:
            self.__exit__()
            raise
        return self

    def receive(self, queue: Queue) -> object:
        try:
            return queue.get(timeout=PATIENCE)
        except Empty:
            raise SystemExit(f"{' '.join(self.command)} does not answer\n{self.log.read_text()[-2000:]}") from None

    def ask(self, event: dict) -> dict:
        """What the function says to the event."""
        self.api.events.put(json.dumps(event).encode())
        return self.receive(self.api.answers)

    def calls(self) -> list[tuple[str, dict]]:
        """What was called since the last time that somebody asked."""
        calls, self.aws.calls = self.aws.calls, []
        return calls

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        for server in (self.api, self.aws):
            server.shutdown()
            server.server_close()
