import json
from pathlib import Path

import pytest

from envirosense.cli.app import run
from envirosense.core.parts import ORIGINS, load_part, part_ids


def printed(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().out


def test_parts_are_counted_by_source(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["parts", "list", "--json"]) == 0
    found = json.loads(printed(capsys))
    assert [row["part"] for row in found["parts"]] == list(part_ids())
    for row in [*found["parts"], found["total"]]:
        assert row["values"] == sum(row[origin] for origin in ORIGINS)
    assert found["total"]["values"] == sum(len(load_part(part_id).quantities) for part_id in part_ids())


def test_a_part_shows_every_value_with_its_source(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["parts", "show", "barometer/bmp388"]) == 0
    text = printed(capsys)
    for quantity in load_part("barometer/bmp388").quantities.values():
        assert quantity.name in text
        assert quantity.source in text


@pytest.mark.parametrize("kind", ["sensors", "scenarios", "parts"])
def test_everything_listed_can_be_shown(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([kind, "list", "--json"]) == 0
    for row in json.loads(printed(capsys))[kind]:
        name = row[kind.removesuffix("s")]
        assert run([kind, "show", name]) == 0
        assert name in printed(capsys)
        assert run([kind, "show", name, "--json"]) == 0
        assert json.loads(printed(capsys))


def test_every_sensor_type_has_a_part(capsys: pytest.CaptureFixture[str]) -> None:
    run(["sensors", "list", "--json"])
    assert all(row["parts"] for row in json.loads(printed(capsys))["sensors"])


@pytest.mark.parametrize(
    ("args", "suggestion"),
    [
        (["parts", "show", "barometer/bmp380"], "barometer/bmp388"),
        (["sensors", "show", "voc_aray"], "voc_array"),
        (["scenarios", "show", "normal/diurnal"], "normal/diurnal_cycle"),
    ],
)
def test_an_unknown_name_gets_the_nearest(
    args: list[str], suggestion: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(args) == 1
    line = capsys.readouterr().err
    assert line.count("\n") == 1
    assert f"did you mean '{suggestion}'" in line


def test_a_sensor_type_is_drawn(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "barometer.html"
    assert run(["sensors", "show", "barometer", "--plot", "--out", str(out), "--json"]) == 0
    found = json.loads(printed(capsys))
    assert found == {"page": str(out), "bytes": out.stat().st_size, "sensor": "barometer"}


def test_a_page_option_without_plot_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["sensors", "show", "barometer", "--out", "b.html"]) == 1
    assert "--plot" in capsys.readouterr().err


def test_an_unknown_type_is_not_drawn(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["sensors", "show", "barometr", "--plot", "--out", str(tmp_path / "b.html")]) == 1
    assert "did you mean 'barometer'" in capsys.readouterr().err


def test_a_day_is_drawn(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    guardian = tmp_path / "guardian.yaml"
    guardian.write_text(
        "sensors:\n- {sensor_id: baro, sensor_type: barometer, part: barometer/bmp388}\n", encoding="utf-8"
    )
    out = tmp_path / "day.html"
    command = ["sensors", "sheet", "--out", str(out), "--day", "30m", "--guardian", str(guardian), "--json"]
    assert run(command) == 0
    found = json.loads(printed(capsys))
    assert found["sensors"] == ["baro"]
    assert found["bytes"] == out.stat().st_size
    assert found["ticks"] == 180


def test_a_page_that_cannot_be_written_is_refused_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["sensors", "sheet", "--out", "/nowhere/day.html"]) == 1
    assert "there is no folder" in capsys.readouterr().err


def test_the_schema_holds_every_sensor_type(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["sensors", "schema"]) == 0
    schema = json.loads(printed(capsys))
    types = {
        one["properties"]["sensor_type"]["const"] for one in schema["properties"]["sensors"]["items"]["anyOf"]
    }
    assert {"barometer", "thermal_camera"} <= types
    out = tmp_path / "guardian.schema.json"
    assert run(["sensors", "schema", "--out", str(out)]) == 0
    assert json.loads(out.read_text(encoding="utf-8")) == schema
