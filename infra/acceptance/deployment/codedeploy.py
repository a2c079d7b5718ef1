"""A stand-in for CodeDeploy, which the emulator does not have: records the results of the checks before a deployment."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

OPERATION = "CodeDeploy_20141006.PutLifecycleEventHookExecutionStatus"


class CodeDeploy:
    """Context manager that serves at `url`. `results` are the parameters of the calls."""

    def __init__(self) -> None:
        self.results: list[dict] = []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self.handler())
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def handler(self) -> type[BaseHTTPRequestHandler]:
        results = self.results

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                parameters = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                is_known = self.headers["X-Amz-Target"] == OPERATION
                if is_known:
                    results.append(parameters)
                body = json.dumps({"lifecycleEventHookExecutionId": parameters.get("lifecycleEventHookExecutionId")})
                self.send_response(200 if is_known else 400)
                self.send_header("Content-Type", "application/x-amz-json-1.1")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_) -> None:
                pass

        return Handler

    def __enter__(self) -> "CodeDeploy":
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_) -> None:
        self.server.shutdown()
        self.server.server_close()
