"""A process that runs one program and outlives nobody: started as a file by `run_program`, never imported.

Arguments: descriptor of a socket to the parent, id of the parent, and the command. The keeper leads the group
that the program and all that it starts are in. It kills that group, itself included, when the program has
ended, and when the parent is gone, which shows in a closed socket or in another parent. What became of the
program goes through the socket: its exit code, or why it did not start.
"""

import os
import select
import signal
import socket
import subprocess
import sys
import threading
from typing import Final

_LOOK_S: Final = 0.5  # a copy of the parent's end in a process forked from it would keep the socket open


def _end() -> None:
    os.killpg(0, signal.SIGKILL)


def _watch(parent: socket.socket, parent_id: int) -> None:
    """End everything when the parent, which never writes, is gone."""
    while os.getppid() == parent_id:
        readable, _, _ = select.select([parent], [], [], _LOOK_S)
        if readable:
            break
    _end()


def _run(command: list[str]) -> str:
    try:
        return f"code {subprocess.Popen(command).wait()}"
    except OSError as error:
        return f"error {error.strerror}"


def main(said: list[str]) -> None:
    """Run the command, tell the parent, end the group."""
    parent = socket.socket(fileno=int(said[0]))
    for one in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(one, lambda *_: None)  # a program may send these to its whole group
    threading.Thread(target=_watch, args=(parent, int(said[1])), daemon=True).start()
    try:
        parent.sendall(_run(said[2:]).encode())
    finally:
        _end()


if __name__ == "__main__":
    main(sys.argv[1:])
