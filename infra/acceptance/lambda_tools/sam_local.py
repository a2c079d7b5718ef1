"""`sam local invoke` without Docker.

SAM's own code builds the environment of each function, and SAM's emulator of the Lambda runtime, which otherwise runs in the
container, runs the function's binary.
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

import processes
from local_stack import LocalStack
from outcome import Outcome

# The file for the option `--env-vars`.
ENVIRONMENT = "events/environment.json"
ARCHITECTURE = {"aarch64": "arm64", "arm64": "arm64"}.get(platform.machine(), "x86_64")
EMULATOR = Path(samcli.__file__).parent / f"local/rapid/aws-lambda-rie-{ARCHITECTURE}"
INVOKE_TIMEOUT_SECONDS = 60


def stacks() -> list[Stack]:
    """SAM's model of template.yaml."""
    return SamLocalStackProvider.get_stacks("template.yaml", parameter_overrides={})[0]


def binaries() -> dict[str, str]:
    """The name of the binary of each function in Rust, by its logical id in template.yaml."""
    properties = {function.name: function.metadata.get("BuildProperties") for function in SamFunctionProvider(stacks()).get_all()}
    return {name: built["Binary"] for name, built in properties.items() if built}


def environments() -> dict[str, dict[str, str]]:
    """The environment of each function in its container, by the name of its binary."""
    provider = SamFunctionProvider(stacks())
    variables = json.loads(Path(ENVIRONMENT).read_text())
    runner = LocalLambdaRunner(None, provider, ".", ".", None, None, variables, None)
    names = binaries()
    functions = [function for function in provider.get_all() if function.name in names]
    configs = {names[function.name]: runner.get_invoke_config(function) for function in functions}
    return {name: config.env_vars.resolve() for name, config in configs.items()}


class SamLocal:
    """Context manager that starts one Lambda emulator per invoked function."""

    def __init__(self, folder: Path, stack: LocalStack, environment: dict[str, dict[str, str]]) -> None:
        self.folder = folder
        self.binaries: dict[str, str] = stack.description["functions"]
        self.environment = environment
        # How a function reaches the stack. Its name is the access key id, by which the stack selects its IAM policy.
        self.stack_variables = {
            "AWS_ENDPOINT_URL_DYNAMODB": stack.description["dynamodb_url"],
            "AWS_ENDPOINT_URL_KMS": stack.description["kms_url"],
            "AWS_REGION": "us-east-1",
            "AWS_SECRET_ACCESS_KEY": "local",
        }
        self.running: dict[str, tuple[subprocess.Popen, int]] = {}

    def __enter__(self) -> "SamLocal":
        return self

    def invoke(self, function: str, event: Path) -> Outcome:
        if function not in self.running:
            self.start(function)
        _, port = self.running[function]
        url = f"http://127.0.0.1:{port}/2015-03-31/functions/function/invocations"
        with urllib.request.urlopen(url, data=event.read_bytes(), timeout=INVOKE_TIMEOUT_SECONDS) as response:
            return Outcome.parse(response.read().decode())

    def start(self, function: str) -> None:
        port, runtime_api_port = processes.free_ports(2)
        addresses = ["--runtime-interface-emulator-address", f"127.0.0.1:{port}"]
        addresses += ["--runtime-api-address", f"127.0.0.1:{runtime_api_port}"]
        command = [EMULATOR, "--log-level", "error", *addresses, self.binaries[function]]
        # As in a container, the function inherits no variable of the shell.
        environment = self.environment[function] | self.stack_variables | {"AWS_ACCESS_KEY_ID": function}
        with (self.folder / f"{function}.log").open("w") as log:
            process = processes.start(command, env=environment, stdout=log, stderr=log)
        self.running[function] = process, port
        processes.await_port(process, port)

    def __exit__(self, *_) -> None:
        for process, _ in self.running.values():
            processes.stop(process)
