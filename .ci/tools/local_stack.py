"""`cargo local`, for its DynamoDB and its KMS."""

import json
import shutil
import subprocess
import time
from pathlib import Path

from process import stop

# In seconds, and more than it takes to build everything.
PATIENCE = 1800


class Local:
    """The service on this machine in a new folder, as long as the context lasts."""

    def __init__(self, folder: Path) -> None:
        self.data, self.log = folder / "local", folder / "local.log"
        self.command = ["cargo", "local", "--port", "0", "--data", str(self.data)]

    def __enter__(self) -> "Local":
        shutil.rmtree(self.data, ignore_errors=True)
        with self.log.open("w") as log:
            # The greeting has a token in it, which nobody needs.
            self.process = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log
            )
        try:
            self.read(self.data / "local.json")
        except BaseException:
            stop(self.process)
            raise
        return self

    def read(self, place: Path) -> None:
        """Waits for the file that says where everything is."""
        late = time.monotonic() + PATIENCE
        while not place.exists():
            if self.process.poll() is not None or time.monotonic() > late:
                raise SystemExit(f"the local stack did not start\n{self.log.read_text()[-4000:]}")
            time.sleep(0.1)
        told = json.loads(place.read_text())
        self.binaries: dict[str, str] = told["functions"]
        # How the functions reach it. Each says who it is by an access key id of its own, which is its name.
        self.access = {
            "AWS_ENDPOINT_URL_DYNAMODB": told["dynamodb_url"],
            "AWS_ENDPOINT_URL_KMS": told["kms_url"],
            "AWS_REGION": "us-east-1",
            "AWS_SECRET_ACCESS_KEY": "local",
        }

    def __exit__(self, *_) -> None:
        if stop(self.process) != 0:
            raise SystemExit("the local stack did not stop well")
