"""Lints the OpenAPI document and tests the running service against it with generated requests."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
TOOLS = Path(os.environ.get("CARGO_TARGET_DIR", "target")) / "ci"
DOCUMENT = "infra/openapi.yaml"


def lint() -> None:
    """Installs the linter from its lock file into the target folder and runs it."""
    folder = TOOLS / "contract"
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / "contract" / name, folder)
    subprocess.run([HERE / "npm", "ci", "--no-audit", "--no-fund", "--silent"], cwd=folder, check=True)
    command = [folder / "node_modules/.bin/redocly", "lint", "--config", "redocly.yaml", DOCUMENT]
    quiet = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}
    subprocess.run(command, env=os.environ | quiet, check=True)


def wait_until_ready(stack: subprocess.Popen) -> tuple[str, str]:
    """Returns the base URL of the local stack and the token of an owner, which it prints at start."""
    lines = []
    for line in stack.stdout:
        lines.append(line)
        if line.startswith("ready "):
            return line.split()[1], "".join(lines).split("Authorization: Bearer ")[1].split("'")[0]
    sys.exit("the local stack did not start")


def test() -> int:
    """Sends valid and invalid requests to the local stack. Returns the exit code of Schemathesis."""
    log = (TOOLS / "contract.log").open("w")
    arguments = ["cargo", "local", "--port", "0", "--ephemeral"]
    stack = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=log, text=True)
    try:
        base, owner = wait_until_ready(stack)
        command = [TOOLS / "bin/schemathesis", "--config-file", HERE / "contract/schemathesis.toml", "run", DOCUMENT]
        environment = {"LATCHKEY_URL": base, "LATCHKEY_TOKEN": owner, "PYTHONPATH": str(HERE / "contract")}
        # Keeps caches out of the source tree.
        environment |= {"PYTHONDONTWRITEBYTECODE": "1", "HYPOTHESIS_STORAGE_DIRECTORY": str(TOOLS / "hypothesis")}
        return subprocess.run(command, env=os.environ | environment).returncode
    finally:
        stack.send_signal(signal.SIGTERM)
        if stack.wait(timeout=30) != 0:
            sys.exit("the local stack did not stop cleanly")


lint()
sys.exit(test())
