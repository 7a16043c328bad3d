"""Calibrations in the field: what they found, and what drift has had to grow since."""

import numpy as np
import pytest

from envirosense.core.errors import ConfigError
from envirosense.instruments.calibration_history import calibration_history
from envirosense.instruments.sensor_config import SensorConfig
from envirosense.instruments.stages.drift import Drift
from envirosense.pole.sensors.climate import TemperatureHumiditySensor


def config(**changed):
    fields = {
        "sensor_id": "air",
        "sensor_type": "temperature_humidity",
        "part": "temperature_humidity/sht85",
        **changed,
    }
    return SensorConfig.parse(fields)


def history(stage, calibrated, seed=0, age_days=900.0):
    unit = config(age_days=age_days, calibrated_at_days=calibrated)
    sensor = TemperatureHumiditySensor(unit)
    memory = sensor.start(seed)
    memory.carries[stage.name] = stage.start(2, np.random.default_rng(seed))
    return calibration_history(unit, (stage,), memory, seed), memory.carries[stage.name]


def test_a_unit_never_calibrated_in_the_field_knows_its_factory_alone():
    records, _ = history(Drift("drift", per_day=0.01), ())
    assert records == [{"age_days": 0.0, "place": "factory", "corrected": {}}]


def test_a_steady_drift_is_found_in_proportion_to_the_time_since_the_calibration_before():
    records, carry = history(Drift("drift", per_day=0.01, spread_per_day=0.002), (100.0, 400.0))
    found = [record["corrected"]["drift"] for record in records[1:]]
    assert [record["age_days"] for record in records] == [0.0, 100.0, 400.0]
    assert found[0] == pytest.approx(carry.per_day * 100.0)
    assert found[1] == pytest.approx(carry.per_day * 300.0)


def test_a_random_walk_is_found_as_large_as_the_root_of_the_days():
    stage, days = Drift("drift", walk_per_sqrt_day=0.5), (100.0, 500.0)
    found = np.array(
        [
            [record["corrected"]["drift"] for record in history(stage, days, seed)[0][1:]]
            for seed in range(300)
        ]
    )
    sigma = 0.5 * np.sqrt([100.0, 400.0])
    assert np.abs(found.mean(axis=(0, 2)) / sigma).max() < 5.0 / np.sqrt(600)
    spread = found.std(axis=(0, 2)) / sigma
    assert np.abs(spread - 1.0).max() < 5.0 / np.sqrt(2 * 600)
    assert abs(np.corrcoef(found[:, 0, 0], found[:, 1, 0])[0, 1]) < 5.0 / np.sqrt(300)


def test_a_later_calibration_leaves_what_the_earlier_ones_found():
    stage = Drift("drift", walk_per_sqrt_day=0.5)
    once, twice = (history(stage, days)[0] for days in ((100.0,), (100.0, 500.0)))
    assert twice[:2] == once


def test_a_unit_tells_its_history_and_drifts_from_its_last_calibration():
    old = TemperatureHumiditySensor(config(age_days=900.0, calibrated_at_days=(180.0, 540.0)))
    assert [record["place"] for record in old.calibration_history] == ["factory", "field", "field"]
    assert old.drift_days == 360.0
    assert TemperatureHumiditySensor(config(age_days=900.0)).drift_days == 900.0


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"age_days": 100.0, "calibrated_at_days": [200.0]}, r"air.calibrated_at_days=\[200.0\]: must rise"),
        ({"age_days": 100.0, "calibrated_at_days": [50.0, 20.0]}, "must rise and not pass the age"),
        ({"age_days": 100.0, "calibrated_at_days": [50.0, 50.0]}, "must rise and not pass the age"),
        ({"age_days": 100.0, "used_days": 101.0}, "air.used_days=101.0: must not exceed the age"),
        ({"age_days": -1.0}, "age_days=-1.0"),
    ],
)
def test_an_impossible_history_is_one_line(changed, words):
    with pytest.raises(ConfigError, match=words) as refusal:
        config(**changed)
    assert "\n" not in str(refusal.value)
