"""What the pole twin makes of sensing options: the device of an episode, its faults, and other arrays."""

import numpy as np
import pytest

from envirosense.core.errors import ConfigError, UnknownNameError
from envirosense.pole.twin import PoleTwin

CAUSES = ("events", "labels", "truth", "response", "components", "regimes")
FIRE = "fire/cellulose_pyrolysis"
STRONG = {"component": "crossarm_bolt", "peak_power_w": 300.0, "fuel_g": 30.0}
BAROMETER = {"sensor_id": "p", "sensor_type": "barometer", "part": "barometer/bmp388"}
AGES = {"field": "age_days", "low": 10.0, "high": 900.0}


def guardian(**drawn):
    return {"sensors": [BAROMETER], **drawn}


def of_type(spec, sensor_type):
    return next(s for s in spec.sensing["sensors"] if s["sensor_type"] == sensor_type)


def tables(episode, names=None):
    """Streams without the keys that a spec adds."""
    kept = names or episode.streams
    return {
        n: episode.table(n).drop_columns(
            [c for c in ("episode_id", "time_utc") if c in episode.table(n).column_names]
        ).combine_chunks()
        for n in kept
    }  # fmt: skip


def differing(one, other, names=None):
    a, b = tables(one, names), tables(other, names)
    return [name for name in a | b if not (name in a and name in b and a[name].equals(b[name]))]


# --- what an episode's device is


def ages(spec):
    return {s["sensor_id"]: s["age_days"] for s in spec.sensing["sensors"]}


def test_ranges_chances_and_overrides_are_drawn_once_per_episode(draw):
    sensing = guardian(
        randomise=[AGES],
        fault_chances=[{"kind": "stuck", "chance": 0.5, "mean_length_s": 60.0}],
        scenario_overrides=[{"scenarios": ["fire/*"], "changes": [{"set": {"interval_s": 10.0}}]}],
    )
    specs = [draw(index=i, options={"sensing": sensing}) for i in range(12)]
    again = [draw(index=i, options={"sensing": sensing}) for i in range(12)]
    assert specs == again
    assert len({ages(spec)["p"] for spec in specs}) == 12
    faults = [len(of_type(spec, "barometer")["faults"]) for spec in specs]
    assert 0 < sum(faults) < 12
    assert {of_type(spec, "barometer")["interval_s"] for spec in specs} == {10.0}
    calm = draw("normal/diurnal_cycle", options={"sensing": sensing})
    assert of_type(calm, "barometer")["interval_s"] == 1.0
    for spec in specs:
        assert not any(spec.sensing[name] for name in ("randomise", "fault_chances", "scenario_overrides"))
    assert {spec.world_fingerprint for spec in specs} == {draw(index=i).world_fingerprint for i in range(12)}


def test_what_is_drawn_of_one_sensor_does_not_depend_on_the_others(draw):
    air = {"sensor_id": "air", "sensor_type": "temperature_humidity", "part": "temperature_humidity/sht85"}
    alone, both = guardian(randomise=[AGES]), guardian(randomise=[AGES]) | {"sensors": [air, BAROMETER]}
    assert ages(draw(options={"sensing": alone}))["p"] == ages(draw(options={"sensing": both}))["p"]


def test_a_sensor_left_out_may_be_named_in_overrides_and_ranges(draw):
    air = {"sensor_id": "air", "sensor_type": "temperature_humidity", "part": "temperature_humidity/sht85"}
    change = {"sensors": ["air"], "set": {"age_days": 5.0}}
    sensing = {
        "sensors": [air, BAROMETER],
        "randomise": [AGES | {"sensors": ["air"]}],
        "scenario_overrides": [{"scenarios": ["*"], "changes": [change]}],
    }
    spec = draw(options={"sensing": sensing, "without": ("air",)})
    assert list(ages(spec)) == ["p"]


def test_a_chance_passes_over_sensors_that_cannot_have_the_fault(draw):
    everything = {"sensors": draw().sensing["sensors"]}
    sensing = everything | {"fault_chances": [{"kind": "iced", "chance": 1.0}]}
    struck = [s["sensor_type"] for s in draw(options={"sensing": sensing}).sensing["sensors"] if s["faults"]]
    assert struck
    assert "barometer" not in struck
    with pytest.raises(UnknownNameError, match=r"unknown fault_chances\.kind"):
        draw(options={"sensing": guardian(fault_chances=[{"kind": "iced", "chance": 0.1}])})


@pytest.mark.parametrize(("profile", "every_s"), [(None, 7.0), ("research", 1.0), ("normal", 900.0)])
def test_a_profile_holds_for_a_guardian_that_was_given(draw, profile, every_s):
    sensing = {"sensors": [BAROMETER | {"interval_s": 7.0}]}
    options = {"sensing": sensing} | ({"profile": profile} if profile else {})
    spec = draw(dt_s=1.0, options=options)
    assert of_type(spec, "barometer")["interval_s"] == every_s


def test_optional_sensors_and_coupling_are_options(draw):
    spec = draw(options={"with_optional": True, "power_coupling": "on"})
    assert {"gas_sensor", "line_current"} <= set(ages(spec))
    assert spec.sensing["power_coupling"] == "on"
    assert draw().sensing["power_coupling"] == "off"


def test_a_guardian_that_asks_for_ideal_readings_gets_them_unless_an_option_says_no(draw):
    sensing = guardian(ideal_stream=True)
    assert draw(options={"sensing": sensing}).sensing["ideal_stream"]
    assert not draw(options={"sensing": sensing, "ideal_stream": False}).sensing["ideal_stream"]
    assert draw(options={"sensing": guardian(), "ideal_stream": True}).sensing["ideal_stream"]
    assert not draw().sensing["ideal_stream"]


# --- what is known of the device


def test_planted_faults_change_readings_and_no_cause(draw, run):
    sound = draw(duration_s=120.0, **STRONG)
    fault = {"kind": "stuck", "begin_s": 40.0, "end_s": 80.0}
    sensors = [s | {"faults": [fault] * (s["sensor_id"] == "barometer")} for s in sound.sensing["sensors"]]
    broken = sound.model_copy(update={"sensing": sound.sensing | {"sensors": sensors}})
    one, other = run(sound), run(broken)
    assert set(differing(one, other)) == {"readings", "sensor_faults", "stages"}
    assert differing(one, other, (*CAUSES, "observability", "masks")) == []
    rows = other.table("sensor_faults").to_pylist()
    assert [(row["sensor_id"], row["kind"], row["begin_s"]) for row in rows] == [("barometer", "stuck", 40.0)]
    held = other.table("readings")["barometer.pressure_pa"].to_numpy()
    assert np.unique(held[20:40]).size == 1
    kept = [c for c in one.table("readings").column_names if not c.startswith("barometer.") and "." in c]
    assert one.table("readings").select(kept).equals(other.table("readings").select(kept))


def test_status_tells_of_every_sensor_and_can_be_left_out(draw, run):
    episode = run(draw(duration_s=20.0))
    names = episode.table("status").column_names
    sensors = [s["sensor_id"] for s in episode.spec.sensing["sensors"]]
    assert {f"{name}.{kind}" for name in sensors for kind in ("status", "quality", "confidence")} <= set(
        names
    )
    quiet = dict(episode.spec.sensing) | {"status_stream": False}
    assert "status" not in run(episode.spec.model_copy(update={"sensing": quiet})).streams


def test_recordings_are_kept_with_the_episode(draw, run):
    spec = draw(duration_s=60.0, dt_s=1.0, options={"sensors": ("microphone",)})
    assert run(spec).table("waveforms").num_rows == 0
    loud = [s | {"waveform_s": 0.1, "waveform_rise_dba": 0.5} for s in spec.sensing["sensors"]]
    found = run(spec.model_copy(update={"sensing": spec.sensing | {"sensors": loud}})).table("waveforms")
    assert 0 < found.num_rows <= 6
    assert {len(samples) for samples in found["samples"].to_pylist()} == {2 * 19_200}


def test_a_coupled_episode_differs_in_what_the_device_reports_alone(draw, run):
    spec = draw(duration_s=120.0, **STRONG)
    coupled = spec.model_copy(update={"sensing": spec.sensing | {"power_coupling": "on"}})
    one, other = run(spec), run(coupled)
    assert differing(one, other, (*CAUSES, "observability", "masks", "fields")) == []
    assert "readings" in differing(one, other)
    assert differing(run(coupled, 7), other) == []


# --- sensed again


def test_a_world_is_sensed_again_with_changes_or_another_guardian(draw):
    twin, spec = PoleTwin(), draw()
    older = twin.resensed(spec, {"changes": [{"sensors": ["voc_array"], "set": {"age_days": 800.0}}]})
    assert ages(older) == ages(spec) | {"voc_array": 800.0}
    assert older.world_fingerprint == spec.world_fingerprint
    assert (older.sensing_seed, twin.resensed(spec, {"sensors": [BAROMETER]}, 9).sensing_seed) == (
        spec.sensing_seed,
        9,
    )
    other = twin.resensed(spec, {"sensors": [BAROMETER]})
    assert of_type(other, "barometer")["position_m"] == of_type(spec, "barometer")["position_m"]
    assert twin.resensed(spec, spec.sensing) == spec


@pytest.mark.parametrize(
    ("sensing", "words"),
    [
        ({"changes": {"set": {"age_days": 1}}}, "changes=.*must be a list"),
        ({"changes": [{"sensors": ["voc_aray"], "set": {"age_days": 1}}]}, "did you mean 'voc_array'"),
        ({"changes": [{"sensors": ["barometer"], "set": {"age_dys": 1}}]}, "did you mean 'age_days'"),
        ({"changes": [{"sensors": ["barometer"]}]}, "set"),
        ({"changes": ["barometer"]}, "changes"),
        ({"changes": [], "power_coupling": "on"}, r"configuration=\['power_coupling'\]: cannot stand beside"),
        ({"changes": [{"sensors": ["barometer"], "set": {"interval_s": 3.0}}]}, "multiple of the tick"),
        ({"changes": [{"sensors": ["barometer"], "set": {"position_m": [9, 9, 5]}}]}, "off the pole"),
        ({"changes": [{"sensors": ["barometer"], "set": {"part": "wind/ft205"}}]}, "must be one of"),
        ({"sensers": []}, r"sensing\.sensors=None: required field is missing"),
    ],
)  # fmt: skip
def test_a_world_cannot_be_sensed_again_by_what_cannot_be(draw, sensing, words):
    with pytest.raises(ConfigError, match=words) as refusal:
        PoleTwin().resensed(draw(), sensing)
    assert "\n" not in str(refusal.value)
