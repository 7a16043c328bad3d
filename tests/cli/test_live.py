"""`live pole`: outputs, ends, and what cannot be run."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from envirosense.cli.app import run
from envirosense.cli.live import address
from envirosense.core.errors import ConfigError

LOCAL = "127.0.0.1"
GUARDIAN = """
sensors:
  - {sensor_id: pressure, sensor_type: barometer, part: barometer/bmp388}
"""


@pytest.fixture
def guardian(tmp_path: Path) -> str:
    made = tmp_path / "guardian.yaml"
    made.write_text(GUARDIAN, encoding="utf-8")
    return str(made)


def free_port() -> int:
    with socket.socket() as found:
        found.bind((LOCAL, 0))
        return int(found.getsockname()[1])


def test_records_go_to_stdout_and_notes_to_stderr(guardian: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["live", "pole", "--guardian", guardian, "--duration", "30s", "--speed", "0"]) == 0
    said = capsys.readouterr()
    lines = [json.loads(line) for line in said.out.splitlines()]
    assert [line["sequence"] for line in lines] == list(range(31))
    assert {line["parameter"] for line in lines if line["type"] == "telemetry"} == {"ENV_PRES"}
    assert "at full speed" in said.err
    assert "finished: 31 records" in said.err
    assert "json lines: 31 sent, 0 dropped" in said.err


def test_a_file_takes_the_records_and_quiet_is_quiet(
    guardian: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "live.jsonl"
    options = ["--guardian", guardian, "--duration", "20s", "--speed", "0", "--out", str(out), "--quiet"]
    assert run(["live", "pole", *options]) == 0
    assert len(out.read_text(encoding="utf-8").splitlines()) == 21
    said = capsys.readouterr()
    assert said.out == said.err == ""


def test_a_profile_is_handed_on(tmp_path: Path) -> None:
    out = tmp_path / "live.jsonl"
    options = ["--duration", "2m", "--speed", "0", "--profile", "normal", "--dt", "10s", "--out", str(out)]
    assert run(["live", "pole", *options, "--quiet"]) == 0
    lines = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert sum(line.get("parameter") == "CHEM_VOC_CH1" for line in lines) == 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--scenario", "fire/celulose_pyrolysis"], "did you mean 'fire/cellulose_pyrolysis'"),
        (["--speed", "-1"], "speed=-1.0: must be 0 (as fast as possible) or more"),
        (["--duration", "soon"], "duration='soon'"),
        (["--mqtt", "broker"], "mqtt='broker': must be HOST:PORT"),
        (["--serve", f"{LOCAL}:99999"], "must be HOST:PORT"),
        (["--guardian", "nowhere.yaml"], "cannot be read"),
        (["--profile", "frantic"], "profile='frantic'"),
        (["--out", "nowhere/live.jsonl"], "nowhere/live.jsonl"),
        (["--mqtt", f"{LOCAL}:{free_port()}"], "no MQTT broker there (Connection refused)"),
    ],
)
def test_what_cannot_be_run_is_refused_in_one_line(
    options: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["live", "pole", "--duration", "20s", *options]) == 1
    said = capsys.readouterr()
    assert message in said.err
    assert said.err.count("\n") == 1
    assert not said.out


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
@pytest.mark.parametrize("quiet", [[], ["--quiet"]])
def test_an_output_that_fails_is_said_with_what_it_did_not_get(
    guardian: str, quiet: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--guardian", guardian, "--duration", "10m", "--speed", "0", "--out", "/dev/full", *quiet]
    assert run(["live", "pole", *options]) == 1
    said = capsys.readouterr().err
    assert "json lines: 0 sent, 0 dropped" in said
    assert "not sent; failed: [Errno 28] No space left on device" in said


def test_a_port_in_use_is_refused(guardian: str, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind((LOCAL, 0))
        taken.listen()
        where = f"{LOCAL}:{taken.getsockname()[1]}"
        assert run(["live", "pole", "--guardian", guardian, "--duration", "20s", "--serve", where]) == 1
    assert "cannot be served on (Address already in use)" in capsys.readouterr().err


def test_serving_while_it_runs(guardian: str, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--guardian", guardian, "--duration", "20s", "--speed", "100", "--serve", f"{LOCAL}:0"]
    assert run(["live", "pole", *options]) == 0
    said = capsys.readouterr()
    assert f"API http://{LOCAL}:" in said.err
    assert not said.out


def start(options: list[str], guardian: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", "from envirosense.cli import main; main()", "live", "pole"]
    return subprocess.Popen(
        [*command, "--guardian", guardian, *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )


@pytest.mark.slow
def test_ctrl_c_stops_cleanly_and_sums_up(guardian: str) -> None:
    process = start(["--speed", "20"], guardian)
    assert process.stdout is not None
    for _ in range(5):
        json.loads(process.stdout.readline())
    process.send_signal(signal.SIGINT)
    began = time.monotonic()
    rest, said = process.communicate(timeout=20)
    assert time.monotonic() - began < 10.0
    assert process.returncode == 130
    assert all(json.loads(line) for line in rest.splitlines())
    assert "stopped: " in said
    assert "json lines: " in said
    assert "again: " in said
    assert "Traceback" not in said


@pytest.mark.slow
def test_a_reader_that_leaves_ends_the_command_quietly(guardian: str) -> None:
    process = start(["--speed", "50"], guardian)
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(timeout=20) != 0
    assert process.stderr is not None
    assert "Traceback" not in process.stderr.read()
    process.stderr.close()


@pytest.mark.parametrize(
    ("text", "found"),
    [("127.0.0.1:1883", ("127.0.0.1", 1883)), ("1883", ("127.0.0.1", 1883)), ("[::1]:80", ("::1", 80))],
)
def test_addresses(text: str, found: tuple[str, int]) -> None:
    assert address(text, "mqtt") == found
    with pytest.raises(ConfigError, match="must be HOST:PORT"):
        address(text + "x", "mqtt")
