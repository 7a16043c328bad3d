"""A program in a process of its own: nothing of it is left, however its caller ends."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress

import pytest

from envirosense.learning.program import ProgramFailed, run_program

RUN = """
import sys
from pathlib import Path
from envirosense.learning.program import run_program
run_program(["sh", "-c", "touch begun; sleep 1.5; touch late"], Path.cwd(), 60)
"""
FORKING = f"""
import os, threading, time
from pathlib import Path
threading.Thread(target=lambda: exec({RUN!r}), daemon=True).start()
while not Path("begun").exists():
    time.sleep(0.02)
if not os.fork():  # holds a copy of all that the caller has open
    time.sleep(4)
    os._exit(0)
Path("forked").touch()
time.sleep(60)
"""


def killed(code, sign, tmp_path, how):
    """Start a caller and kill it when a file is there."""
    caller = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", code], cwd=tmp_path, stderr=subprocess.DEVNULL
    )
    until_s = time.monotonic() + 30.0
    while not (tmp_path / sign).exists():
        assert time.monotonic() < until_s
        time.sleep(0.02)
    caller.send_signal(how)
    caller.wait()


@pytest.mark.parametrize(
    ("code", "sign", "how"),
    [
        (RUN, "begun", signal.SIGTERM),
        (RUN, "begun", signal.SIGKILL),
        (FORKING, "forked", signal.SIGKILL),
    ],
    ids=["told to end", "killed", "killed beside a fork of it"],
)
def test_a_program_does_not_outlive_its_caller(code, sign, how, tmp_path):
    killed(code, sign, tmp_path, how)
    time.sleep(2.0)
    assert not (tmp_path / "late").exists()


def test_what_a_program_started_ends_with_it(tmp_path):
    run_program(["sh", "-c", "(sleep 1; touch late) & exit 0"], tmp_path, 20)
    time.sleep(1.3)
    assert not (tmp_path / "late").exists()


@pytest.mark.parametrize("name", ["TERM", "KILL"])
def test_a_program_that_kills_its_group_is_said_to_be_killed(name, tmp_path):
    with pytest.raises(ProgramFailed, match=f"job was killed by SIG{name}"):
        run_program(["sh", "-c", f"kill -{name} 0; sleep 30"], tmp_path, 20, "job")


def test_a_program_has_nothing_open_but_its_own_output(tmp_path):
    script = "import os; print(sorted(os.listdir('/dev/fd'))); print(os.environ['OMP_NUM_THREADS'])"
    run_program([sys.executable, "-c", script], tmp_path, 20)
    listed, threads = (tmp_path / "stdout.txt").read_text().split("\n")[:2]
    assert len(listed.split(",")) == 4  # three, and the folder that is being listed
    assert threads == "1"


def test_a_caller_leaves_no_process_and_no_open_file(tmp_path):
    before = len(os.listdir("/dev/fd"))
    run_program(["true"], tmp_path, 20)
    with suppress(ProgramFailed):
        run_program(["/no/such/program"], tmp_path, 20)
    assert len(os.listdir("/dev/fd")) == before
