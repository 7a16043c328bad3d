"""Augmentations of the pole: what each changes, and what it leaves alone to the bit."""

import json
from datetime import datetime, timedelta

import numpy as np
import pytest

from envirosense.core.errors import ConfigError, EnviroSenseError
from envirosense.core.rng import stream
from envirosense.datasets.hashing import content_hash
from envirosense.factory.augmentation import AUGMENTATIONS, NotApplicable
from envirosense.factory.augmented import augment, provenance
from envirosense.factory.executors import InlineExecutor
from envirosense.factory.generator import generate
from envirosense.factory.request import EpisodeRequest, GenerationRequest
from envirosense.instruments import Status
from envirosense.instruments.configuration import SensorConfiguration
from envirosense.pole.augmentations.imperfections import Imperfections
from envirosense.pole.augmentations.onset_shift import OnsetShift
from envirosense.pole.augmentations.other_start import Background, StartShift
from envirosense.pole.augmentations.sensor_dropout import SensorDropout
from envirosense.pole.augmentations.wind_rotation import WindRotation
from envirosense.pole.matter import plumes
from envirosense.pole.site import Site
from envirosense.pole.twin import PoleTwin
from envirosense.pole.weather_ref import WeatherRef
from envirosense.scenarios import SCENARIOS
from envirosense.scenarios.definition import class_of

OURS = {
    "imperfections": Imperfections,
    "sensor_dropout": SensorDropout,
    "onset_shift": OnsetShift,
    "start_shift": StartShift,
    "background": Background,
    "wind_rotation": WindRotation,
}
for name, one in OURS.items():
    if f"pole/{name}" not in AUGMENTATIONS:
        AUGMENTATIONS.register(f"pole/{name}")(one)

SENSORS = ["voc_array", "temperature_humidity", "barometer", "emf_sensor"]
FEW = {"sensors": SENSORS}
JULY = datetime.fromisoformat("2018-07-10T17:00:00+00:00")


def rng(*names):
    return stream(11, "test augmentations", *names)


@pytest.fixture(scope="module")
def parent(draw):
    """A minute of a barbecue a few steps away, at a July noon."""
    spec = draw(
        "lookalike/barbecue", duration_s=60.0, dt_s=10.0, options=FEW, onset_fraction=0.25, distance_m=10.0
    )
    return spec.model_copy(update={"grid": spec.grid.model_copy(update={"start_utc": JULY})})


def sensors_of(spec):
    return SensorConfiguration.parse(spec.sensing).sensors


def hashes(sink, streams=("truth", "fields", "components", "events", "labels", "response", "states")):
    found = {name: sink.table(name) for name in streams if name in sink.streams}
    return {name: content_hash(table.drop_columns(["episode_id"])) for name, table in found.items()}


@pytest.mark.parametrize("name", sorted(OURS))
def test_the_record_of_a_draw_survives_json_and_makes_the_same_spec(parent, name):
    augmentation = AUGMENTATIONS[f"pole/{name}"].parse({})
    drawn = augmentation.drawn(parent, rng(name))
    before = parent.model_dump_json()
    copy = augmentation.applied(parent, json.loads(json.dumps(drawn)))
    assert copy == augmentation(parent, rng(name))
    assert copy.fingerprint != parent.fingerprint
    assert copy == type(copy).model_validate_json(copy.model_dump_json())
    assert (copy.group, copy.scenario, copy.world_seed) == (parent.group, parent.scenario, parent.world_seed)
    assert parent.model_dump_json() == before


# ---- other sensor units ----


def test_only_readings_know_of_other_imperfections(parent, run):
    copy = Imperfections(levels=("worn",))(parent, rng())
    assert copy.world_fingerprint == parent.world_fingerprint
    one, other = run(parent), run(copy)
    assert hashes(one) == hashes(other)
    assert hashes(one, ["readings"]) != hashes(other, ["readings"])


def test_ideal_sensors_report_the_ideal_reading(parent, run):
    copy = Imperfections(levels=("ideal",))(parent, rng())
    sensing = copy.sensing | {"ideal_stream": True}
    found = run(copy.model_copy(update={"sensing": sensing}))
    for column in ("temperature_humidity.temperature_c", "barometer.pressure_pa"):
        reading, ideal = (np.array(found.table(s)[column].to_pylist(), float) for s in ("readings", "ideal"))
        np.testing.assert_allclose(reading, ideal, rtol=1e-3)


@pytest.mark.parametrize(("level", "low", "high"), [("new", 0, 0), ("aged", 365, 1095), ("worn", 1095, 2555)])
def test_a_level_gives_the_whole_device_one_age(parent, level, low, high):
    ages = set()
    for number in range(5):
        found = {s.age_days for s in sensors_of(Imperfections(levels=(level,))(parent, rng(number)))}
        assert len(found) == 1
        ages |= found
    assert all(low <= age <= high for age in ages)
    assert len(ages) == (1 if low == high else 5)


def test_levels_are_drawn_evenly(parent):
    both = Imperfections(levels=("new", "ideal"))
    drawn = [both.drawn(parent, rng("level", number))["level"] for number in range(100)]
    assert abs(drawn.count("new") - 50) < 5 * 5  # sigma of a fair coin tossed 100 times


def test_changes_ranges_and_faults_are_those_of_a_guardian_file(parent):
    asked = Imperfections.parse({
        "changes": [{"sensors": ["barometer"], "set": {"age_days": 7.0}}],
        "randomise": [{"sensors": ["voc_array"], "field": "age_days", "low": 20.0, "high": 30.0}],
        "fault_chances": [{"sensors": ["temperature_humidity"], "kind": "stuck", "chance": 1.0}],
    })  # fmt: skip
    found = {sensor.sensor_id: sensor for sensor in sensors_of(asked(parent, rng()))}
    assert found["barometer"].age_days == 7.0
    assert 20.0 <= found["voc_array"].age_days <= 30.0
    assert [fault.kind for fault in found["temperature_humidity"].faults] == ["stuck"]
    assert found["emf_sensor"].age_days == {s.sensor_id: s for s in sensors_of(parent)}["emf_sensor"].age_days


def test_noise_stays_where_it_is_not_asked_for(parent):
    changes = {"changes": [{"sensors": ["barometer"], "set": {"age_days": 7.0}}]}
    assert (
        Imperfections.parse(changes | {"new_noise": False})(parent, rng()).sensing_seed == parent.sensing_seed
    )
    assert Imperfections.parse(changes)(parent, rng()).sensing_seed != parent.sensing_seed


# ---- missing sensors ----


def test_sensors_that_are_off_report_nothing_and_truth_stays(parent, run):
    copy = SensorDropout(sensors=("voc_array", "barometer"), chance=1.0, how="off")(parent, rng())
    assert [s.sensor_id for s in sensors_of(copy) if not s.enabled] == ["voc_array", "barometer"]
    one, other = run(parent), run(copy)
    assert hashes(one) == hashes(other)
    readings = other.table("readings")
    assert readings["barometer.pressure_pa"].null_count == readings.num_rows
    kept = "temperature_humidity.temperature_c"
    assert readings[kept] == one.table("readings")[kept]


def test_one_sensor_always_stays_on(parent):
    for number in range(10):
        copy = SensorDropout(chance=1.0, how="off")(parent, rng(number))
        assert sum(sensor.enabled for sensor in sensors_of(copy)) == 1


def test_a_silent_spell_is_null_and_flagged_for_as_long_as_the_record_says(parent, run):
    dropout = SensorDropout(sensors=("barometer",), mean_length_s=20.0)
    drawn = dropout.drawn(parent, rng(3))
    assert list(drawn["silent"]) == ["barometer"]
    begin_s, end_s = 15.0, 38.0
    copy = dropout.applied(parent, {"off": [], "silent": {"barometer": [begin_s, end_s]}})
    one, other = run(parent), run(copy)
    assert hashes(one) == hashes(other)
    is_out = (parent.grid.t_s >= begin_s) & (parent.grid.t_s < end_s)
    pressure = np.array(other.table("readings")["barometer.pressure_pa"].to_pylist(), float)
    assert (np.isnan(pressure) == is_out).all()
    status = np.array(other.table("status")["barometer.status"].to_pylist())
    assert ((status & Status.NO_DATA > 0) == is_out).all()
    (fault,) = other.table("sensor_faults").to_pylist()
    assert (fault["sensor_id"], fault["begin_s"], fault["end_s"]) == ("barometer", begin_s, end_s)


def test_a_sensor_keeps_the_faults_it_had(parent):
    spec = parent
    for number in range(2):
        spec = SensorDropout(sensors=("barometer",), chance=1.0)(spec, rng("again", number))
    (barometer,) = (sensor for sensor in sensors_of(spec) if sensor.sensor_id == "barometer")
    assert len({fault.begin_s for fault in barometer.faults}) == 2


def test_each_sensor_drops_out_with_its_chance(parent):
    dropout = SensorDropout(chance=0.5)
    n = sum(len(dropout.drawn(parent, rng("chance", number))["silent"]) for number in range(200))
    n_sensors = len(sensors_of(parent))
    expected = 200 * (n_sensors * 0.5 + 0.5**n_sensors)  # at least one of them
    assert abs(n - expected) < 5 * np.sqrt(200 * n_sensors / 4)


def test_nothing_can_drop_out_of_a_device_with_one_sensor(draw):
    lone = draw(options={"sensors": ["barometer"]})
    with pytest.raises(NotApplicable, match="only one"):
        SensorDropout(how="off").drawn(lone, rng())
    with pytest.raises(NotApplicable, match="no sensor"):
        Imperfections().drawn(draw(options={"sensors": ()}), rng())


# ---- timing ----


@pytest.mark.parametrize(
    "scenario", ["electrical/vehicle_strike", "lookalike/barbecue", "electrical/downed_conductor"]
)
def test_an_onset_shift_moves_events_by_exactly_the_shift(draw, run, scenario):
    spec = draw(scenario, duration_s=600.0, dt_s=10.0, options={"sensors": ()}, onset_fraction=0.1234)
    shift = OnsetShift(shift_s=(-60.0, 120.0))
    drawn = shift.drawn(spec, rng(scenario))
    assert drawn["shift_s"] % 10.0 == 0.0
    events = [run(each).table("events").to_pylist()[0] for each in (spec, shift.applied(spec, drawn))]
    assert events[1]["onset_s"] - events[0]["onset_s"] == drawn["shift_s"] != 0.0


MOMENTS = ("onset", "begin", "begins", "closest", "aligned", "capacitor")
WITH_ONSET = {
    name
    for name, scenario in SCENARIOS.items()
    if any(
        p.rpartition("_")[0].endswith(MOMENTS) and not p.endswith("_deg") for p in scenario.space.parameters
    )
} - {"lookalike/fireworks"}


@pytest.mark.parametrize("scenario", sorted(SCENARIOS))
def test_an_onset_shift_keeps_every_scenario_within_its_space(scenario):
    spec = PoleTwin().draw(scenario, EpisodeRequest(2, 3, 4, 3600.0, 10.0, {"sensors": ()}, 3))
    shift = OnsetShift(shift_s=(-1200.0, 1200.0))
    if scenario not in WITH_ONSET:
        with pytest.raises(NotApplicable):
            shift.drawn(spec, rng(scenario))
        return
    drawn = shift.drawn(spec, rng(scenario))
    copy = shift.applied(spec, drawn)
    class_of(scenario, None)(copy.params)  # checks them
    moved = {name: copy.params[name] - spec.params[name] for name in drawn["params"]}
    assert moved
    for name, by in moved.items():
        assert by * (3600.0 if name.endswith("_h") else spec.grid.duration_s) == pytest.approx(
            drawn["shift_s"]
        )
    assert {n: v for n, v in copy.params.items() if n not in moved} == {
        n: v for n, v in spec.params.items() if n not in moved
    }


def test_an_onset_has_no_room_beyond_its_range(parent):
    with pytest.raises(NotApplicable, match="no room"):
        OnsetShift(shift_s=(20.0, 60.0)).drawn(parent, rng())  # 0.25 may grow to 0.4 of 60 s
    assert OnsetShift(shift_s=(-60.0, 60.0)).drawn(parent, rng())["shift_s"] in (-10.0,)
    with pytest.raises(ConfigError, match="onset_fraction"):
        OnsetShift.applied(parent, {"shift_s": 20.0, "params": {"onset_fraction": 0.6}})


def test_an_onset_keeps_the_constraints_of_its_scenario(draw):
    lengths = {"onset_fraction": 0.28, "growth_fraction": 0.6}  # together at most 0.9
    spec = draw(
        "electrical/equipment_overheat", duration_s=1000.0, dt_s=1.0, options={"sensors": ()}, **lengths
    )
    shift = OnsetShift(shift_s=(1.0, 500.0))
    assert max(shift.drawn(spec, rng("room", n))["shift_s"] for n in range(200)) == 20.0


def test_fireworks_go_by_the_clock(draw):
    with pytest.raises(NotApplicable, match="clock"):
        OnsetShift().drawn(draw("lookalike/fireworks"), rng())


def test_another_start_moves_clock_times_by_exactly_the_shift(draw, run):
    parent = draw("electrical/vehicle_strike", duration_s=60.0, dt_s=10.0, options={"sensors": ()})
    drawn = StartShift(hours=(-3.0, -1.0)).drawn(parent, rng())
    copy = StartShift.applied(parent, drawn)
    assert -3 * 3600.0 <= drawn["shift_s"] <= -3600.0
    assert drawn["shift_s"] % 60.0 == 0.0
    one, other = run(parent), run(copy)
    onsets = [
        spec.grid.start_utc + timedelta(seconds=found.table("events")["onset_s"][0].as_py())
        for spec, found in ((parent, one), (copy, other))
    ]
    assert onsets[1] - onsets[0] == timedelta(seconds=drawn["shift_s"])
    assert copy.params == parent.params
    air = [found.table("truth")["air_k"].to_pylist() for found in (one, other)]
    assert air[0] != air[1]


def test_a_group_of_one_month_keeps_it(parent):
    last_evening = datetime.fromisoformat("2018-07-31T22:30:00+00:00")
    grid = parent.grid.model_copy(update={"start_utc": last_evening})
    spec = parent.model_copy(update={"grid": grid, "group": "site-0001/07"})
    for number in range(20):
        for one in (StartShift(), Background()):
            assert one(spec, rng(number)).grid.start_utc.month == 7
    with pytest.raises(NotApplicable, match="every shift leaves it"):
        StartShift(hours=(2.0, 6.0)).drawn(spec, rng())
    with pytest.raises(NotApplicable, match="season: month"):
        Background(season="any").drawn(spec, rng())


def test_another_background_has_the_same_cause_in_other_weather(parent, run):
    copy = Background()(parent, rng())
    start, other_start = parent.grid.start_utc, copy.grid.start_utc
    assert (start.time(), start.month) == (other_start.time(), other_start.month)
    assert start.day != other_start.day
    assert (copy.params, copy.site, copy.weather) == (parent.params, parent.site, parent.weather)
    truths = [run(spec).table("truth") for spec in (parent, copy)]
    for column in ("air_k", "wind_east_m_s", "carbon_monoxide_ppb"):
        assert truths[0][column] != truths[1][column]


def test_any_season_means_the_whole_year_and_weather_another_place(parent):
    months = {Background(season="any")(parent, rng(n)).grid.start_utc.month for n in range(60)}
    assert len(months) >= 9
    names = {
        Background(weather=("sand-point", "greensboro"))(parent, rng(n)).weather["name"] for n in range(20)
    }
    assert names == {"sand-point", "greensboro"}


# ---- the turned world ----

SEEN_BY_COMPASS = ("east", "north", "episode_id")


def scalars(sink, name):
    table = sink.table(name)
    kept = [c for c in table.column_names if not any(word in c for word in SEEN_BY_COMPASS)]
    return {c: np.array(table[c].to_pylist(), float) for c in kept if "time" not in c}


@pytest.fixture
def plume(draw):
    """Ten minutes at a July noon whose smoke comes straight over the device."""
    spec = draw(
        "fire/early_combustion", index=1, seed=3, duration_s=600.0, dt_s=10.0,
        options={"sensors": ["emf_sensor"]}, onset_fraction=0.1, bearing_deg=300.0,
    )  # fmt: skip
    return spec.model_copy(update={"grid": spec.grid.model_copy(update={"start_utc": JULY})})


def test_a_turned_world_has_the_same_physics(plume, run, monkeypatch):
    """Without the strands, which are drawn by compass, everything that knows no north is the same."""
    drawn_by_compass = plumes.strand_waves
    monkeypatch.setattr(plumes, "strand_waves", lambda seen, waves: drawn_by_compass((0.0, 0.0, 1.0), waves))
    one, other = run(plume), run(WindRotation.applied(plume, {"turn_deg": 77.3}))
    smoke = scalars(one, "truth")["carbon_monoxide_ppb"]
    assert smoke.max() > smoke.min() + 0.5  # it does arrive
    for name in ("truth", "fields", "components"):
        turned = scalars(other, name)
        for column, values in scalars(one, name).items():
            np.testing.assert_allclose(turned[column], values, rtol=1e-6, err_msg=column)
    assert hashes(one, ["labels"]) == hashes(other, ["labels"])


def test_strands_of_a_turned_plume_are_other_wisps_about_the_same_mean(plume, run):
    one, other = (run(spec) for spec in (plume, WindRotation.applied(plume, {"turn_deg": 77.3})))
    changed = {
        column
        for column, values in scalars(one, "truth").items()
        if not np.allclose(scalars(other, "truth")[column], values, rtol=1e-6)
    }
    assert "carbon_monoxide_ppb" in changed
    assert all(column.endswith(("_ppb", "_ug_m3", "_per_cm3")) for column in changed)


def test_what_knows_north_is_turned_by_the_angle(plume, run):
    turn = np.radians(77.3)
    one, other = (run(spec) for spec in (plume, WindRotation.applied(plume, {"turn_deg": 77.3})))
    for stream_name, stem, unit in (("truth", "wind", "m_s"), ("fields", "tilt", "rad")):
        east, north = (np.array(one.table(stream_name)[f"{stem}_{way}_{unit}"]) for way in ("east", "north"))
        found = [np.array(other.table(stream_name)[f"{stem}_{way}_{unit}"]) for way in ("east", "north")]
        size = np.hypot(east, north).max()
        np.testing.assert_allclose(found[0], east * np.cos(turn) + north * np.sin(turn), atol=1e-6 * size)
        np.testing.assert_allclose(found[1], north * np.cos(turn) - east * np.sin(turn), atol=1e-6 * size)
    events = [found.table("events").to_pylist()[0] for found in (one, other)]
    assert events[1]["distance_m"] == pytest.approx(events[0]["distance_m"])
    bearings = [np.degrees(np.arctan2(event["x_m"], event["y_m"])) % 360.0 for event in events]
    assert bearings == pytest.approx([300.0, 17.3])


def test_the_device_turns_with_the_pole(plume, run):
    """Its field sensor faces along the line, so it reads the same; only its noise is not what it was."""
    one, other = (run(spec) for spec in (plume, WindRotation.applied(plume, {"turn_deg": 77.3})))
    for column, values in scalars(one, "emf").items():
        if column.startswith("emf_sensor."):
            size = np.nanmax(np.abs(values), initial=1e-12)
            np.testing.assert_allclose(
                scalars(other, "emf")[column], values, atol=1e-3 * size, err_msg=column
            )


def test_turns_add_up_to_a_full_circle(plume):
    spec = plume
    for turn_deg in (100.0, 250.0, 10.0):
        spec = WindRotation.applied(spec, {"turn_deg": turn_deg})
    assert "turned_deg" not in spec.weather
    assert Site.parse(spec.site).line_azimuth_deg == pytest.approx(plume.site["line_azimuth_deg"])
    assert spec.params["bearing_deg"] == pytest.approx(300.0)
    positions = [sensors_of(each)[0].position_m for each in (spec, plume)]
    assert positions[0] == pytest.approx(positions[1])


def test_a_sensor_on_a_bracket_of_its_own_turns_with_the_pole(draw):
    sensing = {
        "sensors": [
            {
                "sensor_id": "away",
                "sensor_type": "barometer",
                "part": "barometer/bmp388",
                "position_m": [1, 2, 8],
            }
        ]
    }
    spec = WindRotation.applied(draw(options={"sensing": sensing}), {"turn_deg": 90.0})
    assert sensors_of(spec)[0].position_m == pytest.approx((2.0, -1.0, 8.0))


def test_another_background_keeps_the_turn(plume):
    turned = WindRotation.applied(plume, {"turn_deg": 30.0})
    assert Background(weather=("sand-point",))(turned, rng()).weather["turned_deg"] == 30.0


def test_a_scenario_from_a_file_is_not_turned(plume):
    with pytest.raises(NotApplicable, match="its own bearings"):
        WindRotation().drawn(plume.model_copy(update={"definition": {}}), rng())


def test_wind_that_is_not_turned_leaves_no_trace_in_a_spec():
    ref = WeatherRef(name="greensboro", digest="d")
    assert ref.model_dump(mode="json") == {"name": "greensboro", "path": None, "digest": "d"}
    assert WeatherRef.parse(ref.model_copy(update={"turned_deg": 5.0}).model_dump()).turned_deg == 5.0


# ---- parameters and whole datasets ----


@pytest.mark.parametrize(
    ("augmentation", "parameters", "message"),
    [
        pytest.param(OnsetShift, {"shift_s": [60, -60]}, "must rise", id="range upside down"),
        pytest.param(WindRotation, {"turn_deg": [0, 0]}, "more than 0", id="no turn"),
        pytest.param(StartShift, {"hours": [0, 30]}, "within -24 to 24", id="more than a day"),
        pytest.param(Background, {"weather": ["atlantis"]}, "atlantis", id="weather"),
        pytest.param(Background, {"season": "summer"}, "season", id="season"),
        pytest.param(Imperfections, {"levels": ["broken"]}, "levels", id="level"),
        pytest.param(SensorDropout, {"chance": 0.0}, "greater than 0", id="chance"),
        pytest.param(SensorDropout, {"mean_length_s": -1.0}, "greater than 0", id="length"),
        pytest.param(SensorDropout, {"how": "gone"}, "how", id="how"),
    ],
)
def test_parameters_out_of_range_are_refused(augmentation, parameters, message):
    with pytest.raises(EnviroSenseError, match=message):
        augmentation.parse(parameters)


@pytest.mark.slow
def test_a_dataset_is_augmented_by_worker_processes(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    request = GenerationRequest.parse({
        "twin": "pole", "scenarios": "lookalike/barbecue,normal/diurnal_cycle", "episodes": 4,
        "duration_s": 60.0, "dt_s": 10.0, "seed": 3, "n_groups": 3, "options": FEW,
    })  # fmt: skip
    source = generate(request, tmp_path / "source", executor=InlineExecutor())
    recipe = [{"name": name, "probability": 0.5} for name in OURS]
    found = augment(source, recipe, tmp_path / "out", copies=2, workers=2)
    assert len(found) == 12
    rows = provenance(found).to_pylist()
    assert len(rows) == 8
    for row in rows:
        copy, parent = (found.episode(row[key]) for key in ("episode_id", "parent_episode_id"))
        assert (copy.split, copy.group) == (parent.split, parent.group)
        assert row["augmentations"]
    again = augment(source, recipe, tmp_path / "again", copies=2, executor=InlineExecutor())
    assert again.manifest.logical_hash == found.manifest.logical_hash
