import json
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from envirosense.core.errors import ConfigError, UnknownNameError
from envirosense.core.rng import stream
from envirosense.instruments import SensorConfig, SensorConfiguration

BAROMETER = {"sensor_id": "barometer", "sensor_type": "barometer", "part": "barometer/bmp388"}
WIND = {"sensor_id": "wind", "sensor_type": "wind_sensor", "part": "wind/ft205"}
CAMERA = {
    "sensor_id": "camera",
    "sensor_type": "thermal_camera",
    "part": "thermal_camera/lepton_2_5",
    "azimuth_deg": 90.0,
}
GASES = {
    "sensor_id": "gases",
    "sensor_type": "voc_array",
    "part": "voc_array/tfsgs_multi2",
    "stages_off": ["white", "as_built"],
    "overrides": {"inlet.tau": 5.0},
    "faults": [{"kind": "stuck", "begin_s": 10.0, "end_s": 20.0}],
}


def configuration(*sensors: dict[str, Any], **changed: Any) -> SensorConfiguration:
    return SensorConfiguration.parse({"sensors": sensors or (BAROMETER, CAMERA, GASES), **changed})


def test_each_sensor_gets_the_settings_of_its_type() -> None:
    sensors = configuration().sensors
    assert [type(sensor).__name__ for sensor in sensors] == [
        "SensorConfig",
        "ThermalCameraConfig",
        "SensorConfig",
    ]
    assert sensors[1].model_dump()["azimuth_deg"] == 90.0


def test_json_round_trip_is_the_identity() -> None:
    whole = configuration(ideal_stream=True, guardian_id="pole_7")
    text = whole.model_dump_json()
    assert SensorConfiguration.parse(json.loads(text)) == whole
    assert SensorConfiguration.model_validate_json(text).model_dump_json() == text


def test_sensors_given_as_objects_become_their_type_too() -> None:
    plain = SensorConfig(sensor_id="c", sensor_type="thermal_camera", part="thermal_camera/lepton_2_5")
    assert type(SensorConfiguration(sensors=(plain,)).sensors[0]).__name__ == "ThermalCameraConfig"


@pytest.mark.parametrize(
    ("sensor", "error", "message"),
    [
        (
            {**BAROMETER, "sensor_type": "barometr"},
            UnknownNameError,
            "unknown sensor; did you mean 'barometer'",
        ),
        ({**BAROMETER, "part": "barometer/bmp3888"}, UnknownNameError, "did you mean 'barometer/bmp388'"),
        ({**BAROMETER, "intervals": 2}, ConfigError, "barometer.intervals=2: unknown field"),
        ({**BAROMETER, "interval_s": -1}, ConfigError, "barometer.interval_s=-1"),
        ({**BAROMETER, "sensor_id": "Bad Name"}, ConfigError, "sensor_id='Bad Name'"),
        ({**BAROMETER, "stages_off": ["nois"]}, UnknownNameError, "unknown stage"),
        ({**WIND, "stages_off": ["to_polar"]}, ConfigError, "change of variables"),
        ({**GASES, "overrides": {"inlet.tou": 1}}, UnknownNameError, "did you mean 'inlet.tau'"),
        (
            {"sensor_id": "x", "part": "wind/ft205"},
            ConfigError,
            "sensor_type=None: required field is missing",
        ),
        ({**BAROMETER, "part": "wind/ft205"}, ConfigError, "must be one of barometer/bmp388"),
    ],
)
def test_a_fault_is_one_line_with_field_value_and_fix(
    sensor: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message) as caught:
        configuration(sensor)
    assert "\n" not in str(caught.value)


def test_ids_are_unique() -> None:
    with pytest.raises(ConfigError, match="sensor_id='camera': is used twice"):
        configuration(CAMERA, CAMERA)


def test_other_faults_stay_one_line_and_direct_use_is_refused_by_pydantic() -> None:
    with pytest.raises(ConfigError, match="power_coupling='maybe'"):
        configuration(power_coupling="maybe")
    with pytest.raises(ConfigError, match="did you mean 'sensors'"):
        SensorConfiguration.parse({"sensers": [], "sensors": []})
    with pytest.raises(ConfigError, match=r"sensors\.0=3"):
        SensorConfiguration.parse({"sensors": [3]})
    with pytest.raises(ValidationError):
        SensorConfiguration(sensors=(BAROMETER, BAROMETER))


def test_select_keeps_order_and_takes_ids_or_types() -> None:
    whole = configuration()
    assert [s.sensor_id for s in whole.select(["gases", "barometer"]).sensors] == ["barometer", "gases"]
    assert [s.sensor_id for s in whole.select(without=["thermal_camera"]).sensors] == ["barometer", "gases"]
    assert whole.select() == whole
    with pytest.raises(UnknownNameError, match="unknown sensor; did you mean 'gases'"):
        whole.select(["gasses"])


def test_json_schema_lists_every_sensor_type() -> None:
    schema = SensorConfiguration.json_schema()
    titles = {entry["title"] for entry in schema["properties"]["sensors"]["items"]["anyOf"]}
    assert {"barometer", "temperature_humidity", "voc_array", "wind_sensor"} <= titles
    json.dumps(schema)


AGES = {"field": "age_days", "low": 1.0, "high": 9.0}


@pytest.mark.parametrize(
    ("drawn", "error", "message"),
    [
        ({"randomise": [AGES | {"sensors": ["barometr"]}]}, UnknownNameError, "did you mean 'barometer'"),
        ({"randomise": [AGES | {"sensors": ["barometer", "x"]}]}, UnknownNameError, r"randomise.sensors='x'"),
        ({"randomise": [AGES | {"low": -1.0}]}, ConfigError, "must not be below zero for age_days"),
        ({"randomise": [AGES | {"field": "ages"}]}, ConfigError, "must be one of age_days, on_since_s"),
        ({"randomise": [AGES | {"scale": True}]}, ConfigError, "only part values can be scaled"),
        ({"fault_chances": [{"sensors": ["gass"], "kind": "stuck", "chance": 1}]}, UnknownNameError, "gases"),
        ({"fault_chances": [{"kind": "stock", "chance": 1}]}, UnknownNameError, "did you mean 'stuck'"),
        (
            {"fault_chances": [{"sensors": ["barometer"], "kind": "fouled", "chance": 1}]},
            UnknownNameError,
            r"fault_chances.kind='fouled'",
        ),
        ({"fault_chances": [{"kind": "stuck", "chance": 2}]}, ConfigError, r"chance=2"),
        ({"scenario_overrides": [{"scenarios": ["*"]}]}, ConfigError, "changes"),
        ({"guardian_id": "Pole 7"}, ConfigError, "guardian_id='Pole 7'"),
    ],
)
def test_draws_that_no_sensor_can_have_are_one_line(
    drawn: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message) as caught:
        configuration(**drawn)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"faults": [{"kind": "stcuk"}]}, UnknownNameError, "did you mean 'stuck'"),
        ({"faults": [{"kind": "stuck", "begin_s": 9, "end_s": 9}]}, ConfigError, "must lie after begin_s"),
        ({"faults": [{"kind": "stuck", "severity": 0}]}, ConfigError, "severity=0"),
        ({"interval_s": -1}, ConfigError, "interval_s=-1"),
        ({"position_m": [1, 2]}, ConfigError, "position_m"),
        ({"position_m": [1, 2, float("nan")]}, ConfigError, "position_m"),
        ({"sensor_id": "Bad Id"}, ConfigError, "sensor_id='Bad Id'"),
    ],
)
def test_settings_that_no_sensor_can_have_are_one_line(
    changed: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message) as caught:
        configuration({**BAROMETER, **changed})
    assert "\n" not in str(caught.value)


def test_what_a_part_states_in_words_cannot_be_drawn() -> None:
    words = {"sensors": ["gases"], "field": "overrides.channels.names", "low": 1.0, "high": 2.0}
    with pytest.raises(ConfigError):
        configuration(randomise=[words]).for_episode("a/b", 60.0, lambda _: np.random.default_rng(0))


def test_selection_and_draws_do_not_disturb_each_other() -> None:
    whole = configuration(randomise=[AGES])

    def drawn(chosen: SensorConfiguration) -> dict[str, float]:
        settled = chosen.for_episode("a/b", 60.0, lambda name: stream(4, name))
        return {sensor.sensor_id: sensor.age_days for sensor in settled.sensors}

    assert drawn(whole.select(["gases"])) == {"gases": drawn(whole)["gases"]}
