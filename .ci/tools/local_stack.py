"""The local stack (`cargo local`), for its DynamoDB and its KMS."""

import json
import shutil
import subprocess
import time
from pathlib import Path

from process import stop

# Longer than a build of the whole workspace.
START_TIMEOUT_SECONDS = 1800


class LocalStack:
    """Context manager that runs the local stack with an empty data folder."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "local"
        self.log = folder / "local.log"
        self.command = ["cargo", "local", "--port", "0", "--data", str(self.data)]

    def __enter__(self) -> "LocalStack":
        shutil.rmtree(self.data, ignore_errors=True)
        with self.log.open("w") as log:
            # The standard output contains a token. It is discarded, so that no log contains the token.
            self.process = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log
            )
        try:
            self.await_start(self.data / "local.json")
        except BaseException:
            stop(self.process)
            raise
        return self

    def await_start(self, file: Path) -> None:
        """Waits for the file that the stack writes once it is ready, and reads the functions and the endpoints from it."""
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while not file.exists():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"the local stack did not start\n{self.log.read_text()[-4000:]}")
            time.sleep(0.1)
        description = json.loads(file.read_text())
        self.binaries: dict[str, str] = description["functions"]
        # The variables by which a function reaches the stack. Each function adds its name as the access key id, by which
        # the stack selects the function's IAM policy.
        self.variables = {
            "AWS_ENDPOINT_URL_DYNAMODB": description["dynamodb_url"],
            "AWS_ENDPOINT_URL_KMS": description["kms_url"],
            "AWS_REGION": "us-east-1",
            "AWS_SECRET_ACCESS_KEY": "local",
        }

    def __exit__(self, *_) -> None:
        status = stop(self.process)
        if status != 0:
            raise SystemExit(f"the local stack stopped with exit status {status}")
