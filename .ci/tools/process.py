"""Processes that listen on a local port."""

import socket
import subprocess
import time

LISTEN_TIMEOUT_SECONDS = 60
# A process that ends its children before itself needs this time.
STOP_TIMEOUT_SECONDS = 60


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


def stop(process: subprocess.Popen) -> int:
    """Terminates the process, or kills it after the time-out. Returns its exit status."""
    process.terminate()
    try:
        return process.wait(timeout=STOP_TIMEOUT_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()
