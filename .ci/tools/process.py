"""Processes that listen on a port of this machine, and end."""

import socket
import subprocess
import time

# In seconds.
PATIENCE = 60


def free_ports(count: int) -> list[int]:
    """Ports of which no two are the same, since all are taken before the first is given up."""
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [listener.getsockname()[1] for listener in listeners]
    for listener in listeners:
        listener.close()
    return ports


def await_port(process: subprocess.Popen, port: int) -> None:
    """Waits until the process answers there."""
    late = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < late:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
    raise SystemExit(f"{process.args[0]} does not listen on port {port}")


def stop(process: subprocess.Popen) -> int:
    """Asks the process to end, and gives its exit code. One that ends its children before itself is given the time for it."""
    process.terminate()
    try:
        return process.wait(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()
