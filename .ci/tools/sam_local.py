"""What `sam local invoke` does, but for Docker: SAM's own code makes the environment, and SAM's own emulator of Lambda, which
otherwise runs inside the container, runs the function.
"""

import json
import platform
import subprocess
import urllib.request
from pathlib import Path

import samcli
from samcli.commands.local.lib.local_lambda import LocalLambdaRunner
from samcli.lib.providers.provider import Stack
from samcli.lib.providers.sam_function_provider import SamFunctionProvider
from samcli.lib.providers.sam_stack_provider import SamLocalStackProvider

from local_stack import Local
from outcome import Answer
from process import await_port, free_ports, stop

# What is given as `--env-vars`.
VARIABLES = "events/environment.json"
MACHINE = {"aarch64": "arm64", "arm64": "arm64"}.get(platform.machine(), "x86_64")
EMULATOR = Path(samcli.__file__).parent / f"local/rapid/aws-lambda-rie-{MACHINE}"
# In seconds.
PATIENCE = 60


def stacks() -> list[Stack]:
    """What template.yaml describes, as SAM understands it."""
    return SamLocalStackProvider.get_stacks("template.yaml", parameter_overrides={})[0]


def binaries() -> dict[str, str]:
    """The name of each function's binary by its name in template.yaml."""
    functions = SamFunctionProvider(stacks()).get_all()
    return {function.name: function.metadata["BuildProperties"]["Binary"] for function in functions}


def environments() -> dict[str, dict[str, str]]:
    """The environment of each function in its container, by the name of its binary."""
    provider, variables = SamFunctionProvider(stacks()), json.loads(Path(VARIABLES).read_text())
    runner = LocalLambdaRunner(None, provider, ".", ".", None, None, variables, None)
    names = binaries()
    configs = {names[function.name]: runner.get_invoke_config(function) for function in provider.get_all()}
    return {name: config.env_vars.resolve() for name, config in configs.items()}


class Sam:
    """An emulator of Lambda for each function that is asked, as long as the context lasts."""

    def __init__(self, tools: Path, local: Local, environment: dict[str, dict[str, str]]) -> None:
        self.tools, self.local, self.environment = tools, local, environment
        self.running: dict[str, tuple[subprocess.Popen, int]] = {}

    def __enter__(self) -> "Sam":
        return self

    def send(self, function: str, event: Path) -> Answer:
        if function not in self.running:
            self.start(function)
        url = f"http://127.0.0.1:{self.running[function][1]}/2015-03-31/functions/function/invocations"
        with urllib.request.urlopen(url, data=event.read_bytes(), timeout=PATIENCE) as answer:
            return Answer.read(answer.read().decode())

    def start(self, function: str) -> None:
        port, runtime = free_ports(2)
        addresses = ["--runtime-interface-emulator-address", f"127.0.0.1:{port}"]
        addresses += ["--runtime-api-address", f"127.0.0.1:{runtime}"]
        command = [EMULATOR, "--log-level", "error", *addresses, self.local.binaries[function]]
        # Nothing of this machine's, as in a container.
        environment = self.environment[function] | self.local.access | {"AWS_ACCESS_KEY_ID": function}
        with (self.tools / f"{function}.log").open("w") as log:
            process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.running[function] = process, port
        await_port(process, port)

    def __exit__(self, *_) -> None:
        for process, _ in self.running.values():
            stop(process)
