"""`cargo local`, as long as the context lasts."""

import json
import subprocess
import sys
import threading
from pathlib import Path

import process
from people import OWNER, SETUP, Provider


class Local:
    """The service on this machine, with the stage before every path as at the API's own address."""

    def __init__(self, folder: Path, provider: Provider, options: dict[str, str]) -> None:
        seed = folder / "seed.json"
        seed.write_text(json.dumps(SETUP | {"assignments": [*SETUP["assignments"], OWNER]}))
        self.command = ["cargo", "local", "--port", "0", "--ephemeral", "--stage", "--seed", str(seed)]
        for name, value in {"IdentityProviders": provider.configuration, **options}.items():
            self.command += ["--set", f"{name}={value}"]
        self.log = folder / "local.log"

    def __enter__(self) -> "Local":
        with self.log.open("w") as log:
            self.process = process.start(self.command, stdout=subprocess.PIPE, stderr=log)
        try:
            self.url = self.address()
        except BaseException:
            process.end(self.process)
            raise
        # What the functions print has to go somewhere, or the pipe fills and they wait.
        threading.Thread(target=self.process.stdout.read, daemon=True).start()
        return self

    def __exit__(self, *_) -> None:
        if process.end(self.process) != 0:
            sys.exit("the local stack did not stop well")

    def address(self) -> str:
        """Where the service is, by the last line of the greeting, which holds a token and is printed nowhere."""
        for line in self.process.stdout:
            if line.startswith(b"ready "):
                return line.split()[1].decode()
        sys.exit(f"the local stack did not start\n{self.log.read_text()[-4000:]}")
