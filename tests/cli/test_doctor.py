import json
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from envirosense.cli import doctor
from envirosense.cli.app import run

type Capture = pytest.CaptureFixture[str]


def test_version_is_the_installed_one(capsys: Capture) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr().out.strip() == f"envirosense {version('envirosense')}"


def test_without_a_command_the_help_is_shown(capsys: Capture) -> None:
    assert run([]) == 0
    assert "generate" in capsys.readouterr().out


def test_the_installed_command_runs() -> None:
    command = Path(sys.executable).with_name("envirosense")
    done = subprocess.run([command, "--help"], capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert re.search(r"\bdataset\b", done.stdout)


def test_the_doctor_finds_this_installation_whole(capsys: Capture) -> None:
    assert run(["doctor", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["problems"] == []
    assert found["packages"]["numpy"] == version("numpy")
    assert found["machine"]["cores usable"] >= 1
    assert found["machine"]["disk free GB"] > 0
    assert run(["doctor"]) == 0
    assert "no problems found" in capsys.readouterr().out


def test_a_missing_package_is_a_problem_and_a_missing_extra_is_not(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    def requires(package: str) -> list[str]:
        return ["numpy>=2", "not-there>=1; python_version > '3'", 'neither>=1; extra == "more"']

    monkeypatch.setattr(doctor.metadata, "requires", requires)
    assert run(["doctor"]) == 1
    text = capsys.readouterr().out
    assert "problem: package not-there is missing" in text
    assert "absent: neither" in text
    assert text.count("problem:") == 1


def test_a_full_disk_and_an_old_python_are_problems(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    found = doctor.examine(tmp_path)
    monkeypatch.setattr(doctor, "machine", lambda folder: {**found["machine"], "disk free GB": 0.2})
    monkeypatch.setattr(doctor, "_OLDEST_PYTHON", (4, 0))
    problems = doctor.examine(tmp_path)["problems"]
    assert any("disk" in line for line in problems)
    assert any("too old" in line for line in problems)


def test_a_catalogue_address_is_not_printed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from envirosense.core.settings import settings

    monkeypatch.setenv("ENVIROSENSE_CATALOG_URL", "postgresql://user:secret@host/db")
    settings.cache_clear()
    try:
        assert "secret" not in json.dumps(doctor.examine(tmp_path))
    finally:
        settings.cache_clear()


def test_the_entry_point_ends_with_the_exit_code(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    from envirosense.cli import main

    monkeypatch.setattr(sys, "argv", ["envirosense", "parts", "show", "nothing"])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 1
