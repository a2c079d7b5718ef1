"""ministack, a third-party emulator of AWS."""

import os
import sys
import time
import urllib.request
from pathlib import Path

import boto3

import processes

START_TIMEOUT_SECONDS = 60
REGION = "eu-central-1"
# The operator, whom the emulator regards as the root user of the account.
CREDENTIALS = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}


class Emulator:
    """Context manager that runs the emulator, with its files in the folder and these services and further settings.

    `launcher` is a Python file that starts it, instead of its own program.
    """

    def __init__(self, folder: Path, services: str, launcher: Path | None = None, **settings: str) -> None:
        self.folder = folder
        program = Path(sys.executable).with_name("ministack")
        self.command = [sys.executable, "-B", launcher] if launcher else [program]
        self.log = folder / "emulator.log"
        [port] = processes.free_ports(1)
        self.url = f"http://127.0.0.1:{port}"
        # The operator's environment variables.
        self.access = {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": CREDENTIALS["aws_access_key_id"],
            "AWS_SECRET_ACCESS_KEY": CREDENTIALS["aws_secret_access_key"],
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
        }
        # The whole environment, because emulated functions inherit it.
        self.environment = {
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(port),
            "IOT_MTLS_ENABLED": "0",
            "LOG_LEVEL": "WARNING",
            "MINISTACK_REGION": REGION,
            "PATH": os.environ["PATH"],
            "PERSIST_STATE": "0",
            "S3_DATA_DIR": str(folder / "s3"),
            "SERVICES": services,
            "SFTP_ENABLED": "0",
            "STATE_DIR": str(folder / "emulator"),
            "TMPDIR": str(folder),
            **self.access,
            **settings,
        }

    def __enter__(self) -> "Emulator":
        with self.log.open("w") as log:
            self.process = processes.start(self.command, env=self.environment, stdout=log, stderr=log)
        try:
            self.await_ready()
        except BaseException:
            processes.stop(self.process)
            raise
        return self

    def await_ready(self) -> None:
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while self.process.poll() is None and time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"{self.url}/_ministack/health", timeout=5):
                    return
            except OSError:
                time.sleep(0.1)
        raise SystemExit(f"the emulator did not start\n{self.log.read_text()[-4000:]}")

    def client(self, service: str, **options: str):
        """A boto3 client of the operator. The options take precedence over the operator's region and credentials."""
        return boto3.client(service, **{"endpoint_url": self.url, "region_name": REGION, **CREDENTIALS, **options})

    def __exit__(self, *_) -> None:
        processes.stop(self.process)
