import numpy as np
import pytest

from envirosense.core.errors import ConfigError, UnknownNameError
from envirosense.core.rng import stream
from envirosense.instruments import SensorConfiguration
from envirosense.instruments.faults import Fault
from envirosense.instruments.randomisation import FaultChance, Range
from envirosense.instruments.sensor_change import SensorChange

SENSORS = [
    {"sensor_id": "air", "sensor_type": "temperature_humidity", "part": "temperature_humidity/sht85"},
    {"sensor_id": "p", "sensor_type": "barometer", "part": "barometer/bmp388"},
]


def guardian(**changed: object) -> SensorConfiguration:
    return SensorConfiguration.parse({"sensors": SENSORS, **changed})


def drawn(chosen: SensorConfiguration, seed: int = 0, scenario: str = "fire/a") -> SensorConfiguration:
    return chosen.for_episode(scenario, 3600.0, lambda name: stream(seed, name))


def test_a_range_is_drawn_anew_for_every_sensor_and_seed() -> None:
    chosen = guardian(randomise=[{"field": "age_days", "low": 10, "high": 900}])
    ages = [sensor.age_days for seed in range(50) for sensor in drawn(chosen, seed).sensors]
    assert len(set(ages)) == 100
    assert 10 <= min(ages) < 200 < 700 < max(ages) <= 900
    assert [s.age_days for s in drawn(chosen, 3).sensors] == [s.age_days for s in drawn(chosen, 3).sensors]


def test_a_shared_range_is_one_draw_for_all() -> None:
    chosen = guardian(randomise=[{"field": "age_days", "low": 10, "high": 900, "shared": True}])
    first, second = drawn(chosen).sensors
    assert first.age_days == second.age_days


def test_a_scaled_range_multiplies_every_number_of_the_part() -> None:
    law = {"sensors": ["air"], "field": "overrides.white.density", "low": 2, "high": 2, "scale": True}
    sensor = drawn(guardian(randomise=[law])).sensors[0]
    assert sensor.overrides["white.density"] == pytest.approx([0.1132, 0.226])
    assert drawn(guardian(randomise=[law])).sensors[1].overrides == {}


def test_a_log_uniform_range_has_its_median_in_the_middle_of_the_decades() -> None:
    law = Range(field="age_days", low=1.0, high=100.0, law="log_uniform")
    values = [law.draw(np.random.default_rng(seed)) for seed in range(400)]
    assert np.mean(np.array(values) < 10.0) == pytest.approx(0.5, abs=0.125)  # 5 binomial sigmas


def test_adding_a_range_leaves_the_draws_of_the_others() -> None:
    first = {"field": "age_days", "low": 10, "high": 900}
    second = {"sensors": ["p"], "field": "overrides.white.density", "low": 0.5, "high": 2, "scale": True}
    one, two = drawn(guardian(randomise=[first])), drawn(guardian(randomise=[first, second]))
    assert [s.age_days for s in one.sensors] == [s.age_days for s in two.sensors]


def test_faults_come_as_often_as_their_chance() -> None:
    chosen = guardian(fault_chances=[{"kind": "stuck", "chance": 0.3, "mean_length_s": 60}])
    n = 400
    hit = [len(sensor.faults) for seed in range(n // 2) for sensor in drawn(chosen, seed).sensors]
    assert np.mean(hit) == pytest.approx(0.3, abs=5 * np.sqrt(0.21 / n))


def test_faults_planted_and_drawn_stand_together() -> None:
    sensors = [SENSORS[0] | {"faults": [{"kind": "drifted"}]}, SENSORS[1]]
    chosen = SensorConfiguration.parse(
        {"sensors": sensors, "fault_chances": [{"kind": "stuck", "chance": 1}]}
    )
    kinds = [[fault.kind for fault in sensor.faults] for sensor in drawn(chosen).sensors]
    assert kinds == [["drifted", "stuck"], ["stuck"]]


def test_overrides_hold_in_their_scenarios_only() -> None:
    override = {"scenarios": ["fire/*"], "changes": [{"sensors": ["p"], "set": {"interval_s": 10}}]}
    chosen = guardian(scenario_overrides=[override])
    assert drawn(chosen, scenario="fire/a").sensors[1].interval_s == 10
    assert drawn(chosen, scenario="normal/b").sensors[1].interval_s == 1


def test_what_an_episode_gets_draws_nothing_any_more() -> None:
    chosen = guardian(
        randomise=[{"field": "age_days", "low": 1, "high": 9}], fault_chances=[{"kind": "stuck", "chance": 1}]
    )
    once = drawn(chosen)
    assert drawn(once, seed=9) == once


def test_settings_survive_a_round_trip() -> None:
    chosen = guardian(
        power_coupling="on",
        randomise=[{"field": "age_days", "low": 1, "high": 9}],
        fault_chances=[{"sensors": ["p"], "kind": "stuck", "chance": 0.1}],
        scenario_overrides=[{"scenarios": ["*"], "changes": [{"set": {"age_days": 3}}]}],
    )
    assert SensorConfiguration.parse(chosen.model_dump(mode="json")) == chosen


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"randomise": [{"field": "age_days", "low": 9, "high": 1}]}, r"low=9.0: must not exceed high, 1.0"),
        ({"randomise": [{"field": "age", "low": 1, "high": 9}]}, r"field='age': must be one of age_days"),
        (
            {"randomise": [{"field": "age_days", "low": 0, "high": 9, "law": "log_uniform"}]},
            "must be above zero for law",
        ),
        ({"fault_chances": [{"kind": "stuck", "chance": 1.5}]}, "chance"),
        (
            {
                "fault_chances": [
                    {"kind": "stuck", "chance": 1, "least_severity": 0.9, "greatest_severity": 0.5}
                ]
            },
            "must not exceed greatest_severity",
        ),
    ],
)
def test_impossible_ranges_are_refused(changed: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        guardian(**changed)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"sensors": ["voc*"], "set": {"age_days": 1}}, UnknownNameError, "voc"),
        ({"set": {"sensor_type": "barometer"}}, ConfigError, "describe another sensor"),
        ({"set": {"overrides": 3}}, ConfigError, "must map names"),
        ({"sensors": ["p"], "set": {"overrides": {"white.densty": 1}}}, UnknownNameError, "white.density"),
        ({"set": {"agedays": 1}}, ConfigError, "agedays"),
        ({"sensors": ["p"], "set": {"faults": [{"kind": "iced"}]}}, UnknownNameError, "iced"),
    ],
)
def test_impossible_changes_are_refused(change: dict, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        guardian().changed([SensorChange.parse(change)])


def test_a_fault_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"end_s=3.0: must lie after begin_s, 5.0 s"):
        Fault.parse({"kind": "stuck", "begin_s": 5, "end_s": 3})


def test_a_drawn_severity_lies_within_its_limits() -> None:
    chance = FaultChance(kind="stuck", chance=1.0, least_severity=0.4, greatest_severity=0.6)
    drawn_faults = [chance.draw(np.random.default_rng(seed), 100.0) for seed in range(100)]
    severities = [fault.severity for fault in drawn_faults if fault is not None]
    assert len(severities) == 100
    assert min(severities) >= 0.4
    assert max(severities) <= 0.6
