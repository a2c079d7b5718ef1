"""Child processes, each in a process group of its own, and free ports."""

import contextlib
import os
import signal
import socket
import subprocess
import time

LISTEN_TIMEOUT_SECONDS = 60
STOP_TIMEOUT_SECONDS = 60


def start(command: list, **options) -> subprocess.Popen:
    options = {"stdin": subprocess.DEVNULL} | options
    return subprocess.Popen(command, start_new_session=True, **options)


def stop(process: subprocess.Popen) -> int:
    """Terminates the process, kills what remains of its group and returns the exit status."""
    process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(STOP_TIMEOUT_SECONDS)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    return process.wait()


def run(command: list, **options) -> int:
    """Runs the command and returns its exit status."""
    process = start(command, **options)
    try:
        return process.wait()
    except BaseException:
        stop(process)
        raise


def free_ports(count: int) -> list[int]:
    """Distinct free ports: all are bound before the first is released."""
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [listener.getsockname()[1] for listener in listeners]
    for listener in listeners:
        listener.close()
    return ports


def await_port(process: subprocess.Popen, port: int) -> None:
    """Waits until the process accepts connections on the port."""
    deadline = time.monotonic() + LISTEN_TIMEOUT_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
    raise SystemExit(f"{process.args[0]} does not listen on port {port}")
