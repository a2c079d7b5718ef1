"""`cargo lambda watch` and `cargo lambda invoke`, as the README has them."""

import os
import re
import subprocess
from pathlib import Path

from local_stack import Local
from outcome import Answer
from process import await_port, free_ports, stop

# In seconds, a build by others before it included.
PATIENCE = 1800


class Watch:
    """`cargo lambda watch` with the environment that `cargo local` wrote, as long as the context lasts.

    It runs the functions by `cargo run`, in the target folder of all others: what `cargo local` built is not built again.
    """

    def __init__(self, tools: Path, local: Local, _: dict[str, dict[str, str]]) -> None:
        self.log, (self.port,) = tools / "watch.log", free_ports(1)
        self.variables = local.data / "environment"
        # Each function has a key id of its own from Cargo.toml, before which one of the shell does not come.
        self.environment = os.environ | {"PATH": f"{tools / 'bin'}:{os.environ['PATH']}"}
        self.address = ["--invoke-address", "127.0.0.1", "--invoke-port", str(self.port)]

    def __enter__(self) -> "Watch":
        command = ["cargo", "lambda", "watch", "--env-file", str(self.variables), *self.address]
        command += ["--locked", "--wait", "--ignore-changes"]
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                command, env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        try:
            await_port(self.process, self.port)
        except BaseException:
            stop(self.process)
            raise
        return self

    def send(self, function: str, event: Path) -> Answer:
        command = ["cargo", "lambda", "invoke", function, "--data-file", str(event), *self.address]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=PATIENCE)
        if done.returncode == 0:
            return Answer.read(done.stdout)
        # The error's type and its text, broken into lines with a rule beside them.
        return Answer(error=" ".join(re.sub("[×│]", " ", done.stderr).split()))

    def __exit__(self, *_) -> None:
        stop(self.process)
