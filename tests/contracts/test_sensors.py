import pytest

from envirosense.core.parts import part_ids
from envirosense.instruments.registry import SENSORS
from envirosense.testing.sensors import check_sensor

SCALAR = [name for name in SENSORS if name != "thermal_camera"]  # frames have a contract of their own
CASES = [
    (sensor_type, part)
    for sensor_type in SCALAR
    for part in part_ids()
    if part.split("/")[0] == SENSORS[sensor_type].part_kind
]


@pytest.mark.parametrize(("sensor_type", "part"), CASES, ids=[part for _, part in CASES])
def test_sensor_keeps_its_contract(sensor_type: str, part: str) -> None:
    sensor_class = SENSORS[sensor_type]
    config = sensor_class.config_type.parse(
        {"sensor_id": "unit", "sensor_type": sensor_type, "part": part, "age_days": 200}
    )
    check_sensor(sensor_class, config)


def test_every_scalar_sensor_registered_has_a_part_here() -> None:
    assert set(SCALAR) == {sensor_type for sensor_type, _ in CASES}
