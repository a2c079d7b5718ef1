"""Runs the local stack (`cargo local`) on free ports with an empty data folder.

    local_stack.py [--token-for ORG:USER[:ROLE]] [OPTION OF CARGO LOCAL]... -- COMMAND...

runs the command while the stack is ready and exits with the command's status. The command's environment contains
`LATCHKEY_URL`, `LATCHKEY_IDP_URL`, `LATCHKEY_DATA` and, with `--token-for`, the user's token in `LATCHKEY_TOKEN`, in
which the provider claims the role if it is given.
Without a command, it writes these variables to the standard output as one line of JSON, and stops the stack at the end of
its standard input.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import processes

ROOT = Path(__file__).resolve().parents[3]
# Of all suites.
OUTPUT = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).absolute() / "acceptance"


class LocalStack:
    """Context manager that runs the local stack with these options of `cargo local`.

    `url` is the base URL of the API, `data` the data folder, and `description` the content of the folder's `local.json`.
    """

    def __init__(self, *options: str) -> None:
        self.options = options

    def __enter__(self) -> "LocalStack":
        self.folder = tempfile.TemporaryDirectory(prefix="latchkey-")
        self.data = Path(self.folder.name) / "data"
        self.log = OUTPUT / "logs" / f"local-stack-{os.getpid()}.log"
        self.log.parent.mkdir(parents=True, exist_ok=True)
        command = ["cargo", "local", "--port", "0", "--data", str(self.data), "--log", "json", *self.options]
        with self.log.open("w") as log:
            self.process = processes.start(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=log)
        try:
            self.url = self.await_ready()
            self.description = json.loads((self.data / "local.json").read_text())
        except BaseException:
            self.stop()
            raise
        # Drains the pipe, which would block the stack once it is full.
        threading.Thread(target=self.copy_output, daemon=True).start()
        return self

    def await_ready(self) -> str:
        """Returns the base URL. The lines before it contain a token, so they are not copied into the log."""
        for line in self.process.stdout:
            if line.startswith(b"ready "):
                return line.split()[1].decode()
        raise SystemExit(f"the local stack did not start\n{self.log.read_text()[-4000:]}")

    def copy_output(self) -> None:
        with self.log.open("ab") as log:
            shutil.copyfileobj(self.process.stdout, log)

    def token(self, user: str, *options: str) -> str:
        """A token of the local identity provider for the user, written ORG:USER, or ORG:USER:ROLE to claim a role."""
        org, name, *roles = user.split(":")
        options += ("--roles", *roles) if roles else ()
        command = ["cargo", "local", "token", "--data", str(self.data), "--org", org, "--user", name, *options]
        return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()

    @property
    def variables(self) -> dict[str, str]:
        """The environment variables for clients of the stack."""
        addresses = {"LATCHKEY_URL": self.url, "LATCHKEY_IDP_URL": self.description["idp_url"]}
        return addresses | {"LATCHKEY_DATA": str(self.data)}

    def stop(self) -> int:
        status = processes.stop(self.process)
        self.folder.cleanup()
        return status

    def __exit__(self, kind: type | None, *_) -> None:
        status = self.stop()
        if status != 0 and kind is None:
            raise SystemExit(f"the local stack exited with status {status}, see {self.log}")


def main(arguments: list[str]) -> int:
    # Unwinds the context managers.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("terminated"))
    separator = arguments.index("--") if "--" in arguments else len(arguments)
    options, command = arguments[:separator], arguments[separator + 1 :]
    user = ""
    if options[:1] == ["--token-for"]:
        _, user, *options = options
    with LocalStack(*options) as stack:
        variables = stack.variables | ({"LATCHKEY_TOKEN": stack.token(user)} if user else {})
        if command:
            return processes.run(command, stdin=None, env=os.environ | variables)
        print(json.dumps(variables), flush=True)
        sys.stdin.read()
        return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
