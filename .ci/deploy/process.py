"""Other programs, each with whatever it starts a group of its own, of which nothing is left."""

import contextlib
import os
import signal
import subprocess

# How long a program may take to stop, in seconds.
PATIENCE = 30


def start(command: list, **options) -> subprocess.Popen:
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True, **options)


def end(process: subprocess.Popen) -> int:
    """Asks the program to stop, and ends what is left of its group: the exit code."""
    process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(PATIENCE)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    return process.wait()


def run(command: list, **options) -> int:
    """Runs the program to its end: the exit code."""
    process = start(command, **options)
    try:
        return process.wait()
    except BaseException:
        end(process)
        raise
