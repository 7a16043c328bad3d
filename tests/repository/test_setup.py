"""How `make setup` finds an interpreter, and what it says where there is none."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FIND = ROOT / "scripts" / "find-python.sh"
MAKE_VENV = ROOT / "scripts" / "make-venv.sh"

type Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """Folder that stands for the machine's whole PATH: a shell and its tools, no Python."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for tool in ("sh", "dirname", "mkdir", "cat", "chmod"):
        (folder / tool).symlink_to(shutil.which(tool) or tool)
    return folder


@pytest.fixture
def run(machine: Path) -> Run:
    def run_script(script: Path, *args: str, **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["sh", script, *args],
            env={"PATH": str(machine), **env},
            cwd=machine,
            capture_output=True,
            text=True,
            check=False,
        )

    return run_script


def put(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)


def put_python(folder: Path, name: str) -> None:
    put(folder, name, f'exec {sys.executable} "$@"')


BROKEN_SHIM = "echo 'shim: command not found' >&2; exit 127"
TOO_OLD = "exit 1"  # the probe exits with 1 where the version does not fit


def test_a_shim_that_exists_and_fails_is_passed_over(machine: Path, run: Run) -> None:
    put(machine, "python3.12", BROKEN_SHIM)
    put(machine, "python3.13", TOO_OLD)
    put_python(machine, "python3")
    found = run(FIND)
    assert found.returncode == 0
    assert Path(found.stdout.strip()).samefile(sys.executable)


def test_the_interpreter_asked_for_comes_first(machine: Path, run: Run) -> None:
    put_python(machine, "mine")
    put(machine, "python3.12", "echo /elsewhere/python")
    assert Path(run(FIND, PYTHON="mine").stdout.strip()).samefile(sys.executable)
    assert run(FIND).stdout.strip() == "/elsewhere/python"


def test_an_unfit_interpreter_asked_for_is_named(machine: Path, run: Run) -> None:
    put(machine, "old", TOO_OLD)
    put_python(machine, "python3")
    found = run(FIND, PYTHON="old")
    assert found.returncode == 0
    assert "PYTHON=old" in found.stderr


def test_one_version_can_be_asked_for(machine: Path, run: Run) -> None:
    put_python(machine, "python3")
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert run(FIND, here).returncode == 0
    assert run(FIND, "3.99").returncode == 1


def test_uv_provides_an_interpreter_where_none_fits(machine: Path, run: Run, tmp_path: Path) -> None:
    put(machine, "python3", TOO_OLD)
    put(machine, "uv", f'echo "$@" >> {tmp_path}/asked')
    done = run(MAKE_VENV, str(tmp_path / "venv"))
    assert done.returncode == 0
    asked = (tmp_path / "asked").read_text(encoding="utf-8").split()
    assert asked[0] == "venv"
    assert asked[asked.index("--python") + 1] == "3.12"
    assert asked[-1] == str(tmp_path / "venv")


@pytest.mark.parametrize("uv", [None, "echo 'cannot download' >&2; exit 2"], ids=["no uv", "uv fails"])
def test_one_line_says_what_to_install_where_nothing_helps(
    machine: Path, run: Run, tmp_path: Path, uv: str | None
) -> None:
    if uv:
        put(machine, "uv", uv)
    done = run(MAKE_VENV, str(tmp_path / "venv"))
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "install Python 3.12" in done.stderr


def test_an_environment_that_works_is_kept(machine: Path, run: Run, tmp_path: Path) -> None:
    (tmp_path / "venv" / "bin").mkdir(parents=True)
    put(tmp_path / "venv" / "bin", "python", "exit 0")
    put(machine, "python3.12", "echo made anew >&2; exit 3")
    done = run(MAKE_VENV, str(tmp_path / "venv"))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_every_script_is_executable_and_parses() -> None:
    for script in [*sorted((ROOT / "scripts").glob("*.sh")), ROOT / ".ci" / "run"]:
        assert os.access(script, os.X_OK), script
        shell = "bash" if script.name == "run" else "sh"
        assert subprocess.run([shell, "-n", script], check=False).returncode == 0, script
