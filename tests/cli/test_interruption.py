"""Ctrl-C and a full disk, on the installed command."""

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from envirosense.cli.app import run
from envirosense.datasets import Dataset, verify

COMMAND = Path(sys.executable).with_name("envirosense")
MANY = ["--episodes", "60", "--duration", "10m", "--frames-every", "20s", "--workers", "1"]


def generate(out: Path, *options: str) -> list[str]:
    return ["generate", "pole", "--seed", "3", "--out", str(out), *options]


@pytest.mark.slow
def test_ctrl_c_keeps_what_is_stored_and_says_how_to_go_on(tmp_path: Path) -> None:
    args = generate(tmp_path / "out", *MANY)
    with subprocess.Popen([COMMAND, *args], stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert "60 episodes" in process.stderr.readline()
        while not list((tmp_path / "out" / ".staging" / "journal").glob("*.json")):
            assert process.poll() is None
        os.kill(process.pid, signal.SIGINT)
        said = process.stderr.read()
    assert process.returncode == 130
    resume = said.splitlines()[-1].removeprefix("resume: ")
    assert shlex.split(resume) == ["envirosense", *args]
    assert "Traceback" not in said
    assert run(args) == 0
    assert verify(tmp_path / "out").is_ok
    assert len(Dataset.open(tmp_path / "out")) == 60


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if (
        sys.platform != "linux"
        or os.geteuid()
        or subprocess.run(mount, check=False, capture_output=True).returncode
    ):
        pytest.skip("mounting does not work here; tests/cli/test_failures.py injects the error")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_disk_too_small_for_the_request_is_said_before_the_run(
    small_disk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(generate(small_disk / "out", "--episodes", "6", "--duration", "30m")) == 1
    line = capsys.readouterr().err
    assert line.count("\n") == 1
    assert "free" in line


@pytest.mark.slow
def test_a_disk_that_fills_up_during_the_run_loses_nothing_stored(
    small_disk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = small_disk / "out"
    args = generate(out, "--episodes", "60", "--duration", "2s", "--workers", "1")
    assert run(args) == 1
    line = capsys.readouterr().err.splitlines()[-1]
    assert line.startswith("error: ")
    assert "space" in line
    assert not (out / "manifest.json").exists()
    subprocess.run(["mount", "-o", "remount,size=60m", str(small_disk)], check=True)
    assert run(args) == 0
    assert verify(out).is_ok
    assert len(Dataset.open(out)) == 60
