"""`cargo lambda watch` and `cargo lambda invoke`, with the README's options."""

import re
import subprocess
from pathlib import Path

import processes
from local_stack import LocalStack
from outcome import Outcome

# Includes the build of the function.
INVOKE_TIMEOUT_SECONDS = 1800


class CargoLambda:
    """Context manager that runs `cargo lambda watch` with the environment file of the local stack.

    It starts the functions with `cargo run` in the shared target folder, so a function that the local stack built is not
    built again.
    """

    def __init__(self, folder: Path, stack: LocalStack, _: dict[str, dict[str, str]]) -> None:
        self.log = folder / "watch.log"
        [self.port] = processes.free_ports(1)
        self.environment_file = stack.data / "environment"
        self.address = ["--invoke-address", "127.0.0.1", "--invoke-port", str(self.port)]

    def __enter__(self) -> "CargoLambda":
        command = ["cargo", "lambda", "watch", "--env-file", str(self.environment_file), *self.address]
        command += ["--locked", "--wait", "--ignore-changes"]
        with self.log.open("w") as log:
            # Cargo.toml sets each function's access key id, which takes precedence over one of the shell.
            self.process = processes.start(command, stdout=log, stderr=log)
        try:
            processes.await_port(self.process, self.port)
        except BaseException:
            processes.stop(self.process)
            raise
        return self

    def invoke(self, function: str, event: Path) -> Outcome:
        command = ["cargo", "lambda", "invoke", function, "--data-file", str(event), *self.address]
        result = subprocess.run(command, capture_output=True, text=True, timeout=INVOKE_TIMEOUT_SECONDS)
        if result.returncode == 0:
            return Outcome.parse(result.stdout)
        # The error's type and message, which cargo-lambda wraps and prefixes with a symbol or a vertical line.
        return Outcome(error=" ".join(re.sub("[×│]", " ", result.stderr).split()))

    def __exit__(self, *_) -> None:
        processes.stop(self.process)
