import json

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


def test_a_scenario_shows_range_unit_and_source_of_its_parameters(capsys: pytest.CaptureFixture[str]) -> None:
    run(["scenarios", "show", "electrical/equipment_overheat", "--json"])
    found = json.loads(printed(capsys))
    assert found["limits"]
    assert found["phases"]
    for row in found["parameters"]:
        assert row["drawn"]
        assert row["unit"]
        assert row["source"]


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
