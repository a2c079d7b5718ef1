"""The end-to-end suite on a DynamoDB and a KMS that are not ours: those of an emulator, in place of the embedded ones."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import venv
from pathlib import Path

HERE = Path(__file__).parent
FOLDER = Path(os.environ.get("CARGO_TARGET_DIR", "target")).absolute() / "ci" / "emulator"
LOG = FOLDER / "emulator.log"

# The suite but for what is played in front of the service, where the emulator adds nothing but its slowness.
TESTS = "cargo test --locked -p local --test e2e -- --skip faults:: --skip model_based::".split()

# How long the emulator may take to answer and to stop, in seconds.
PATIENCE = 60


def install() -> Path:
    """Makes an environment with the emulator in it; gives the path of the program."""
    venv.create(FOLDER, with_pip=True)
    pip = [FOLDER / "bin/pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--requirement", HERE / "requirements-emulator.txt"], check=True)
    return FOLDER / "bin/ministack"


def free_port() -> int:
    with socket.socket() as any_port:
        any_port.bind(("127.0.0.1", 0))
        return any_port.getsockname()[1]


def start(program: Path, port: int) -> subprocess.Popen:
    """Starts the emulator with nothing but the two services, in memory, on this machine alone."""
    temporary = FOLDER / "tmp"
    temporary.mkdir(exist_ok=True)
    settings = {"GATEWAY_PORT": str(port), "BIND_HOST": "127.0.0.1", "SERVICES": "dynamodb,kms"}
    settings |= {"PERSIST_STATE": "0", "SFTP_ENABLED": "0", "IOT_MTLS_ENABLED": "0"}
    settings |= {"LOG_LEVEL": "WARNING", "TMPDIR": str(temporary)}
    return subprocess.Popen([program], env=os.environ | settings, stdout=LOG.open("w"), stderr=subprocess.STDOUT)


def wait(emulator: subprocess.Popen, url: str) -> None:
    """Returns when the emulator answers."""
    end = time.monotonic() + PATIENCE
    while emulator.poll() is None and time.monotonic() < end:
        try:
            with urllib.request.urlopen(f"{url}/_ministack/health", timeout=5):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
    sys.exit(f"the emulator did not start:\n{LOG.read_text()}")


def ask(url: str, service: str, target: str) -> dict:
    """What the emulator answers to an operation without arguments."""
    scope = f"Credential=000000000000/20260101/us-east-1/{service}/aws4_request"
    headers = {
        "Authorization": f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0",
        "Content-Type": "application/x-amz-json-1.0" if service == "dynamodb" else "application/x-amz-json-1.1",
        "X-Amz-Target": target,
    }
    with urllib.request.urlopen(urllib.request.Request(url, b"{}", headers), timeout=PATIENCE) as answer:
        return json.load(answer)


def suite(url: str) -> int:
    """Runs the suite; 0 if it passed, and on the emulator."""
    started = time.monotonic()
    environment = os.environ | {"LATCHKEY_DYNAMODB_URL": url, "LATCHKEY_KMS_URL": url}
    status = subprocess.run(TESTS, env=environment).returncode
    tables = len(ask(url, "dynamodb", "DynamoDB_20120810.ListTables")["TableNames"])
    keys = len(ask(url, "kms", "TrentService.ListKeys")["Keys"])
    print(f"{time.monotonic() - started:.0f} s, {tables} tables and {keys} keys at the emulator", flush=True)
    if status == 0 and not (tables and keys):
        sys.exit("the suite passed, but not on the emulator")
    return status


def stop(emulator: subprocess.Popen) -> None:
    emulator.send_signal(signal.SIGTERM)
    try:
        emulator.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        emulator.kill()


def main() -> int:
    program, port = install(), free_port()
    url = f"http://127.0.0.1:{port}"
    emulator = start(program, port)
    try:
        wait(emulator, url)
        return suite(url)
    finally:
        stop(emulator)


sys.exit(main())
