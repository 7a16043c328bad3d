"""Another program, run to its end or to a time limit: what fails or hangs there stays there."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Final

from envirosense.core.errors import EnviroSenseError
from envirosense.datasets.files import storing

STDERR: Final = "stderr.txt"
STDOUT: Final = "stdout.txt"
_KEEPER: Final = Path(__file__).with_name("program_keeper.py")
_TAIL_LINES: Final = 20
_TAIL_BYTES: Final = 2000
_THREADS: Final = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


class ProgramFailed(EnviroSenseError):  # named for what happened
    """A program that did not do what it was started for.

    Attributes:
        reason: What was wrong, in words.
        tail: Last lines of what it wrote to stderr.
    """

    def __init__(self, reason: str, tail: str = "") -> None:
        self.reason = reason
        self.tail = tail
        last = tail.strip().splitlines()[-1:] or [""]
        super().__init__(reason + (f" ({last[0]})" if last[0] else ""))

    def __reduce__(self) -> tuple[type["ProgramFailed"], tuple[str, str]]:
        return type(self), (self.reason, self.tail)


def run_program(command: Sequence[str], folder: Path, timeout_s: float, name: str = "") -> None:
    """Run a command without a shell; whatever it started is gone afterwards, even if this process is killed.

    `name` is what errors call it, else the command's first word. What it prints goes to `stdout.txt` and
    `stderr.txt` in `folder`. Number libraries in it are told to use one thread.

    Raises:
        ProgramFailed: if it cannot be started, fails, or does not end within `timeout_s`.
        StorageError: if the folder cannot be written.
    """
    said_name = name or command[0]
    with storing(folder):
        out, err = (folder / STDOUT).open("wb"), (folder / STDERR).open("wb")
    ours, theirs = socket.socketpair()
    with out, err, ours:
        with theirs:
            keeper = _keeper(command, theirs, out, err)
        ended = _wait(keeper, said_name, folder, timeout_s)
        kind, _, text = _told(ours).partition(" ")
    if kind == "error":
        raise ProgramFailed(f"{command[0]} cannot be started: {text}")
    code = int(text) if kind else ended
    if code:
        said = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
        raise ProgramFailed(f"{said_name} {said}", stderr_tail(folder))


def _keeper(
    command: Sequence[str], theirs: socket.socket, out: BinaryIO, err: BinaryIO
) -> subprocess.Popen[bytes]:
    """Process that runs the command and ends with it, or with this process: see `program_keeper`."""
    said = [str(theirs.fileno()), str(os.getpid()), *command]
    try:
        return subprocess.Popen(
            [sys.executable, "-I", "-S", str(_KEEPER), *said],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            env={**os.environ, **dict.fromkeys(_THREADS, "1")},
            pass_fds=[theirs.fileno()],
            start_new_session=True,
        )
    except OSError as error:
        raise ProgramFailed(f"{command[0]} cannot be started: {error.strerror}") from None


def _told(ours: socket.socket) -> str:
    """What a keeper that has ended said; nothing where it was killed."""
    ours.setblocking(False)  # a process forked from this one meanwhile may hold the other end
    with suppress(BlockingIOError):
        return ours.recv(_TAIL_BYTES).decode()
    return ""


def _wait(keeper: subprocess.Popen[bytes], name: str, folder: Path, timeout_s: float) -> int:
    try:
        return keeper.wait(timeout_s)
    except subprocess.TimeoutExpired:
        reason = f"{name} did not end within {timeout_s:g} s and was killed"
        raise ProgramFailed(reason, stderr_tail(folder)) from None
    finally:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(keeper.pid, signal.SIGKILL)
        keeper.wait()


def stderr_tail(folder: Path) -> str:
    """Last lines that a program of `run_program` wrote to stderr."""
    path = folder / STDERR
    if not path.is_file():
        return ""
    with path.open("rb") as opened:
        opened.seek(max(path.stat().st_size - _TAIL_BYTES, 0))
        text = opened.read().decode("utf-8", errors="replace")
    return "\n".join(text.splitlines()[-_TAIL_LINES:])
