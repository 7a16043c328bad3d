"""Every error a user can act on is one line, with an exit code."""

import errno
import os
import shlex
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import typer

from envirosense.cli.app import run
from envirosense.cli.failures import CommandLine, Failure, storage_text
from envirosense.core.errors import ConfigError
from envirosense.pole.outfit import CAMERA, CARRIED

EVERY_SENSOR = [sensor_type for _, sensor_type, _ in (*CARRIED, CAMERA)]

type Raise = Callable[[], None]


def command_that(action: Raise) -> typer.Typer:
    """Command line of one command, under the same group as ours."""
    app = typer.Typer(cls=CommandLine, pretty_exceptions_enable=False)
    app.command("act")(action)
    app.command("rest")(lambda: None)
    return app


def failure_of(action: Raise) -> Failure:
    with pytest.raises(Failure) as found:
        command_that(action)(["act"], standalone_mode=False)
    return found.value


def test_our_own_error_is_one_line_with_exit_code_1() -> None:
    def act() -> None:
        raise ConfigError("dt", "-1s", "must be longer than zero")

    failure = failure_of(act)
    assert failure.exit_code == 1
    assert failure.format_message() == "error: dt='-1s': must be longer than zero"


def test_ctrl_c_prints_the_command_that_resumes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["envirosense", "generate", "pole", "--out", "a b"])

    def act() -> None:
        raise KeyboardInterrupt

    failure = failure_of(act)
    assert failure.exit_code == 130
    resume = failure.format_message().splitlines()[-1].removeprefix("resume: ")
    assert shlex.split(resume) == ["envirosense", "generate", "pole", "--out", "a b"]


@pytest.mark.parametrize(
    "words", [["show", "d"], ["generate", "home", "--dry-run"], ["dataset", "validate", "d"], []]
)
def test_ctrl_c_promises_nothing_where_nothing_can_be_resumed(
    words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["envirosense", *words])

    def act() -> None:
        raise KeyboardInterrupt

    failure = failure_of(act)
    assert failure.exit_code == 130
    assert failure.format_message() == "stopped"


@pytest.mark.parametrize(
    ("number", "fix"),
    [
        (errno.ENOSPC, "free disk space"),
        (errno.EDQUOT, "free disk space"),
        (errno.EROFS, "choose another folder"),
        (errno.EACCES, "choose another folder"),
    ],
)
def test_a_disk_that_refuses_is_one_line_with_file_and_fix(number: int, fix: str) -> None:
    def act() -> None:
        raise OSError(number, os.strerror(number), "out/readings")

    failure = failure_of(act)
    assert failure.exit_code == 1
    assert failure.format_message().startswith(f"error: out/readings: {os.strerror(number)}; ")
    assert fix in failure.format_message()


def test_an_error_of_the_system_without_a_known_fix_keeps_its_text() -> None:
    assert storage_text(OSError("strange")) == "strange"


def test_a_bug_is_not_hidden() -> None:
    def act() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        command_that(act)(["act"], standalone_mode=False)


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["nonsense"], "nonsense"),
        (["dataset"], "Missing command"),
        (["dataset", "hash"], "DIR"),
        (["generate", "pole", "--episodes", "ten", "--out", "x"], "ten"),
        (["generate", "pole", "--episodes", "3", "--out", "x", "--colour", "red"], "--colour"),
    ],
)
def test_a_misused_command_is_one_line_with_exit_code_2(
    args: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(args) == 2
    line = capsys.readouterr().err
    assert line.count("\n") == 1
    assert line.startswith("error: ")
    assert says in line


@pytest.mark.parametrize(
    ("option", "value", "says"),
    [
        ("--duration", "-5m", "duration='-5m'"),
        ("--duration", "5", "duration='5'"),
        ("--duration", "0s", "duration='0s'"),
        ("--dt", "fast", "dt='fast'"),
        ("--episodes", "0", "episodes=0"),
        ("--seed", "-1", "seed=-1"),
        ("--scenarios", "fir/*", "scenario='fir/*': unknown scenario; did you mean 'fire/*'?"),
        ("--scenarios", "normal/diurnal_cycel", "did you mean 'normal/diurnal_cycle'"),
        ("--sensors", "voc", "did you mean 'voc_array'"),
        ("--without", "windd_sensor", "did you mean 'wind_sensor'"),
        ("--without", ",".join(EVERY_SENSOR), "leaves no sensor"),
        ("--guardian", "nowhere.yaml", "nowhere.yaml"),
        ("--weather", "nowhere.tm3", "nowhere.tm3"),
        ("--site", "nowhere.yaml", "nowhere.yaml"),
    ],
)
def test_a_bad_value_of_generate_is_one_line_naming_it(
    option: str, value: str, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = {"--episodes": "3", "--duration": "1m", "--out": str(tmp_path / "out"), option: value}
    assert run(["generate", "pole", *[text for pair in options.items() for text in pair]]) == 1
    line = capsys.readouterr().err
    assert line.count("\n") == 1
    assert says in line
    assert not (tmp_path / "out" / "manifest.json").exists()


def test_a_sensor_both_wanted_and_unwanted_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--episodes", "1", "--sensors", "barometer", "--without", "barometer"]
    assert run(["generate", "pole", "--out", str(tmp_path / "out"), *options]) == 1
    assert "leaves no sensor; keep at least one" in capsys.readouterr().err
