"""The table of docs/sensors.md says of every sensor type what the registry, the parts and the device say."""

import re
from pathlib import Path

import pytest

from envirosense.core.parts import part_ids
from envirosense.instruments import SENSORS, Status
from envirosense.instruments.faults import GENERIC_FAULTS
from envirosense.pole.outfit import CAMERA, CARRIED, OPTIONAL

PAGE = (Path(__file__).parents[2] / "docs" / "sensors.md").read_text(encoding="utf-8")
FOLDERS = {"wind_sensor": "wind"}  # of parts, where it is not the type


def rows() -> dict[str, list[str]]:
    """Cells of the table by sensor type."""
    found = [
        line.strip("| ").split(" | ") if not line.endswith("| |") else [*line[2:-4].split(" | "), ""]
        for line in PAGE.splitlines()
        if re.match(r"\| `", line)
    ]
    return {cells[0].strip("`"): cells for cells in found}


def quoted(cell: str) -> set[str]:
    return set(re.findall(r"`(\w+)`", cell))


def test_every_type_that_ships_has_a_row_and_no_other() -> None:
    ours = {name for name, sensor in SENSORS.items() if sensor.__module__.startswith("envirosense.")}
    assert set(rows()) == ours
    assert {len(cells) for cells in rows().values()} == {6}


@pytest.mark.parametrize("sensor_type", rows())
def test_a_row_names_sensors_parts_stream_and_faults(sensor_type: str) -> None:
    _, on_device, parts, stream, _, faults = rows()[sensor_type]
    sensor = SENSORS[sensor_type]
    folder = FOLDERS.get(sensor_type, sensor_type) + "/"
    shipped = {part_id.removeprefix(folder) for part_id in part_ids() if part_id.startswith(folder)}
    assert quoted(parts) == shipped
    assert quoted(stream) == {sensor.stream}
    assert quoted(faults) == set(sensor.fault_kinds) - set(GENERIC_FAULTS)
    assert quoted(on_device) == {carried for carried, kind, _ in (*CARRIED, CAMERA) if kind == sensor_type}
    assert (on_device == "optional") == (sensor_type in {kind for _, kind, _ in OPTIONAL})


@pytest.mark.parametrize(
    ("sensor_type", "part"), sorted({(kind, part) for _, kind, part in (*CARRIED, CAMERA)})
)
def test_the_first_part_of_a_row_is_that_of_the_device(sensor_type: str, part: str) -> None:
    named = re.search(r"`(\w+)`", rows()[sensor_type][2])
    assert named
    assert part.endswith(f"/{named[1]}")


def test_every_sensor_can_have_the_faults_that_are_said_of_all() -> None:
    said = PAGE[PAGE.index("Every sensor can also be") :].partition(".")[0]
    assert quoted(said) == set(GENERIC_FAULTS)
    assert all(set(GENERIC_FAULTS) <= set(SENSORS[name].fault_kinds) for name in rows())


def test_the_bits_of_the_status_are_those_of_the_code() -> None:
    said = " ".join(PAGE[PAGE.index("- `status`: bits") :].partition("- `quality`")[0].split())
    words = {
        Status.NO_DATA: "no data",
        Status.AT_LIMIT: "at the end of its range",
        Status.WARMING_UP: "warming up",
        Status.OFF: "off",
        Status.MAINTENANCE: "looking after itself",
        Status.DISTURBED: "disturbed",
    }
    assert set(words) == set(Status)
    assert [flag for flag, word in words.items() if f"{int(flag)} {word}" not in said] == []
