import gc
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pvlib
import pyarrow as pa
import pytest

from envirosense.core.errors import ConfigError, UnknownNameError
from envirosense.core.grid import TimeGrid
from envirosense.datasets.memory import MemorySink
from envirosense.factory.request import EpisodeRequest
from envirosense.pole.outfit import default_configuration
from envirosense.pole.run import EpisodeRun, ideal_name
from envirosense.pole.settled import Settled
from envirosense.pole.site import Site
from envirosense.pole.twin import PoleTwin
from envirosense.pole.weather_ref import WeatherRef, weather_ref, weather_year
from envirosense.pole.world import EnvironmentOrchestrator
from envirosense.scenarios import SCENARIOS

CAUSES = ("events", "labels", "truth", "response", "components", "regimes")
STRONG = {
    "fire/cellulose_pyrolysis": {"component": "crossarm_bolt", "peak_power_w": 300.0, "fuel_g": 30.0},
    "electrical/equipment_overheat": {"component": "clamp_b", "final_resistance_ohm": 4e-3},
    "normal/diurnal_cycle": {},
}  # tests/contracts/test_library.py runs the whole library
IDS = tuple(STRONG)
FIRE = "fire/cellulose_pyrolysis"


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


BAROMETER = {"sensor_id": "p", "sensor_type": "barometer", "part": "barometer/bmp388"}
AGES = {"field": "age_days", "low": 10.0, "high": 900.0}
RATE = {"scenarios": ["fire/*"], "changes": [{"set": {"interval_s": 3.0}}]}


def guardian(**drawn):
    return {"sensors": [BAROMETER], **drawn}


@dataclass
class Episode:
    """What `relabel` reads, with the response replaced."""

    stored: object
    response: pa.Table

    @property
    def spec(self):
        return self.stored.spec

    def table(self, stream):
        return self.response if stream == "response" else self.stored.table(stream)


@pytest.mark.parametrize("scenario", IDS)
def test_the_block_does_not_matter(draw, run, scenario):
    spec = draw(scenario, duration_s=160.0, options={"ideal_stream": True}, **STRONG[scenario])
    whole = run(spec)
    assert differing(run(spec), whole) == []
    for block in (7, 33, 60):
        assert differing(run(spec, block), whole) == [], block


def test_single_ticks_are_the_block_too(draw, run):
    spec = draw(FIRE, duration_s=40.0, dt_s=0.5, options={"ideal_stream": True}, **STRONG[FIRE])
    assert differing(run(spec, 1), run(spec)) == []


def test_the_order_of_episodes_does_not_matter(draw, run):
    first, second = draw(FIRE, 0, duration_s=60.0), draw("normal/diurnal_cycle", 1, duration_s=60.0)
    forward = [run(spec) for spec in (first, second)]
    backward = [run(spec) for spec in (second, first)]
    assert differing(forward[0], backward[1]) == []
    assert differing(forward[1], backward[0]) == []


@pytest.mark.parametrize(
    "options",
    [
        {"without": ("barometer",)}, {"without": ("thermal_camera",)}, {"sensors": ("voc_array",)},
        {"frame_interval_s": 4.0},
    ],
)  # fmt: skip
def test_sensing_changes_neither_the_world_nor_other_sensors(draw, run, options):
    full, fewer = (draw(duration_s=120.0, options=o, **STRONG[FIRE]) for o in ({}, options))
    assert full.world_fingerprint == fewer.world_fingerprint
    assert full.fingerprint != fewer.fingerprint
    one, other = run(full), run(fewer)
    assert differing(one, other, CAUSES) == []
    kept = [n for n in other.table("readings").column_names if n not in ("episode_id", "time_utc")]
    assert one.table("readings").select(kept).equals(other.table("readings").select(kept))


def of_type(spec, sensor_type):
    return next(s for s in spec.sensing["sensors"] if s["sensor_type"] == sensor_type)


def test_an_added_sensor_changes_no_other(draw, run):
    spec = draw(duration_s=60.0, **STRONG[FIRE])
    sensing = spec.sensing | {
        "sensors": [{**of_type(spec, "barometer"), "sensor_id": "another"}, *spec.sensing["sensors"]]
    }
    one, more = run(spec), run(spec.model_copy(update={"sensing": sensing}))
    assert "another.pressure_pa" in more.table("readings").column_names
    kept = [n for n in one.table("readings").column_names if n not in ("episode_id", "time_utc")]
    assert one.table("readings").select(kept).equals(more.table("readings").select(kept))
    assert differing(one, more, ("thermal", *CAUSES)) == []


def test_another_sensing_seed_changes_readings_alone(draw, run):
    spec = draw(duration_s=60.0, **STRONG[FIRE])
    one, other = run(spec), run(spec.model_copy(update={"sensing_seed": 99}))
    sensed = {"readings", "thermal", "emf", "acoustic", "vibration"}
    assert sensed <= set(differing(one, other)) <= sensed | {"stages", "status"}
    assert differing(one, other, ("observability", "masks")) == []


@pytest.mark.parametrize("scenario", IDS)
def test_labels_come_again_from_the_stored_world(draw, run, scenario):
    strong, no_camera = STRONG[scenario], {"without": ("thermal_camera",)}
    episode = run(draw(scenario, duration_s=900.0, dt_s=5.0, options=no_camera, **strong))
    stored = tables(episode, ("labels",))["labels"]
    assert PoleTwin().relabel(episode).combine_chunks().equals(stored)
    assert (stored.num_rows > 0) == bool(strong)


@pytest.mark.parametrize("scenario", [FIRE, "electrical/equipment_overheat"])
def test_another_world_gives_other_labels(draw, run, scenario):
    episode = run(draw(scenario, duration_s=900.0, dt_s=5.0, **STRONG[scenario]))
    stored, response = tables(episode, ("labels",))["labels"], episode.table("response")
    order = np.random.default_rng(1).permutation(response.num_rows)
    for rows in (order, np.roll(np.arange(response.num_rows), 20)):
        moved = PoleTwin().relabel(Episode(episode, response.take(pa.array(rows))))
        assert not moved.combine_chunks().equals(stored)


def test_a_fault_reaches_the_sensors_that_should_see_it(draw, run):
    """Scenario to world to sensor to label: severity goes with what camera and gas array report."""
    overheat = run(draw("electrical/equipment_overheat", duration_s=1800.0, dt_s=10.0,
                        **STRONG["electrical/equipment_overheat"]))  # fmt: skip
    mask = np.unpackbits(np.frombuffer(overheat.table("masks")["mask"][0].as_py(), np.uint8)).astype(bool)
    assert mask.any()
    labels = overheat.table("labels")
    severity = np.zeros(180)
    severity[labels["tick"].to_numpy()] = labels["severity"].to_numpy()
    frames = 0.02 * overheat.frames().reshape(180, -1)
    hot = np.median(frames[:, mask], axis=1) - np.median(frames, axis=1)
    assert np.corrcoef(hot, severity)[0, 1] > 0.7
    calm = run(draw("normal/diurnal_cycle", duration_s=1800.0, dt_s=10.0))
    assert calm.table("labels").num_rows == 0


def test_the_mask_covers_the_hottest_pixel(draw, run):
    bolt = STRONG[FIRE] | {"component": "pole_top_bolt"}
    episode = run(draw(duration_s=1800.0, dt_s=10.0, options={"sensing": ideal_camera(draw)}, **bolt))
    mask = np.unpackbits(np.frombuffer(episode.table("masks")["mask"][0].as_py(), np.uint8)).astype(bool)
    frames = 0.02 * episode.frames().reshape(180, -1).astype(float)
    assert mask[np.argmax(frames[-1] - frames[0])]
    assert episode.table("masks")["n_pixels"][0].as_py() == mask.sum() > 3


def ideal_camera(draw):
    sensing = dict(draw().sensing)
    sensing["sensors"] = [s | {"stages_off": True} for s in sensing["sensors"]]
    return sensing


def test_all_stages_off_is_the_ideal_within_half_a_step(draw, run):
    options = {"sensing": ideal_camera(draw), "ideal_stream": True}
    episode = run(draw(duration_s=60.0, options=options, **STRONG[FIRE]))
    for name, sensor in EpisodeRun(episode.spec).device.scalar_sensors.items():
        readings, ideal = (episode.table(s) for s in (sensor.stream, ideal_name(sensor.stream)))
        for channel in sensor.channels:
            got, truth = (t[f"{name}.{channel.name}"].to_numpy() for t in (readings, ideal))
            rounding = np.spacing(np.abs(truth).max())  # of the stored type
            assert np.abs(got - truth).max() <= 0.5 * channel.resolution + 2 * rounding, channel.name


def test_energy_and_mass_are_kept(draw, run):
    """What leaves the wood in the stored response is what the stored wood lost, but for half a step."""
    episode = run(draw(duration_s=3600.0, dt_s=10.0, component="crossarm_bolt", peak_power_w=400.0,
                       fuel_g=30.0, onset_fraction=0.03, ramp_fraction=0.05, end_fraction=1.3))  # fmt: skip
    response = episode.table("response").to_pandas()
    lost_g = 30.0 * response["converted"].iloc[-1]
    resin_g = 30.0 * 0.05
    left_g = response["emission_g_s"].sum() * 10.0
    assert lost_g > 5.0
    assert lost_g * 0.99 <= left_g <= (lost_g + resin_g) * 1.01
    assert np.all(response["component_k"] >= response["healthy_k"] - 1e-9)
    assert response["converted"].max() <= 0.95 + 1e-12


@pytest.mark.parametrize("dt_s", [0.5, 1.0, 2.0, 10.0, 60.0])
def test_every_tick_of_use_works(draw, run, dt_s):
    spec = draw(duration_s=10 * dt_s, dt_s=dt_s, index=1)
    episode = run(spec, 3)
    assert episode.table("readings").num_rows == 10
    assert episode.table("thermal").num_rows == 10 / max(1.0, 1.0 / dt_s)
    assert all(c.null_count < 10 for c in episode.table("readings").columns)


@pytest.mark.parametrize(
    "start",
    [datetime(2018, 12, 31, 23, 50, tzinfo=UTC), datetime(2018, 1, 1, 4, 50, tzinfo=UTC),
     datetime(2024, 2, 29, 3, 17, tzinfo=UTC)],
    ids=["utc year wrap", "local year wrap", "leap day"],
)  # fmt: skip
def test_any_start_works(draw, run, start):
    spec = draw(duration_s=1200.0, dt_s=10.0)
    spec = spec.model_copy(update={"grid": TimeGrid(start_utc=start, dt_s=10.0, n=120)})
    truth = run(spec).table("truth").to_pandas()
    assert truth.notna().all().all()
    assert truth["air_k"].diff().abs().max() < 1.0
    assert truth["time_utc"].iloc[0] == start


def test_starts_lie_on_the_clock(draw):
    for dt_s in (1.0, 60.0, 450.0, 600.0):
        for index in range(8):
            start = draw(index=index, dt_s=dt_s).grid.start_utc
            assert (start.minute * 60 + start.second) % dt_s == 0


def test_scenarios_of_one_round_share_a_site(draw):
    sites = [draw(IDS[i % 3], i).group for i in range(12)]
    assert all(len(set(sites[i : i + 3])) == 1 for i in range(0, 12, 3))
    assert len(set(sites)) == 4


def test_a_hopeless_source_is_recorded_as_clamped(draw, run):
    spec = draw(duration_s=1800.0, dt_s=60.0, peak_power_w=400.0, fuel_g=20.0, component="crossarm_bolt")
    summary = PoleTwin().simulate(spec, type("Null", (), {"write": lambda *_: None})())
    assert summary.facts["hottest_component_k"] > 350.0
    assert "clamped" not in summary.facts


def test_no_sensors_is_still_a_world(draw, run):
    spec = draw(duration_s=20.0, options={"sensors": ()}, **STRONG[FIRE])
    episode = run(spec)
    assert "readings" not in episode.streams
    assert episode.table("truth").num_rows == 10
    quiet = run(draw(duration_s=20.0, options={"stages_stream": False}))
    assert "stages" not in quiet.streams


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"sensor": ("voc_array",)}, r"options.sensor=.*did you mean 'sensors'"),
        ({"sensors": ("voc_aray",)}, "did you mean 'voc_array'"),
        ({"without": ("camera",)}, "did you mean 'thermal_camera'"),
        ({"sensors": "voc_array"}, "options.sensors='voc_array'"),
        ({"frame_interval_s": -1.0}, "options.frame_interval_s=-1.0"),
        ({"frame_interval_s": "fast"}, "options.frame_interval_s='fast'"),
        ({"weather": "/nowhere/year.epw"}, "/nowhere/year.epw"),
        ({"weather": 3}, "options.weather=3"),
        ({"site": "/nowhere/site.yaml"}, "cannot be read"),
        ({"ideal_stream": "perhaps"}, "options.ideal_stream='perhaps'"),
        ({"sensing": {"sensors": [{"sensor_id": "x"}]}}, "sensor_type"),
        ({"sensing": {"sensors": [BAROMETER | {"sensor_type": "barometr"}]}}, "did you mean 'barometer'"),
        ({"sensing": {"sensors": [BAROMETER | {"part": "barometer/bmp389"}]}}, "did you mean|must be one of"),
        ({"sensing": {"sensors": [BAROMETER | {"interval_s": 3.0}]}}, r"p.interval_s=3.0: must be a mult"),
        ({"sensing": {"sensors": [BAROMETER | {"interval_s": 0.0}]}}, "interval_s=0.0"),
        ({"sensing": {"sensors": [BAROMETER | {"position_m": [40, 0, 5]}]}}, "p.position_m=.*off the pole"),
        ({"sensing": guardian(randomise=[AGES | {"low": 9.0, "high": 1.0}])}, "low=9.0: must not exceed"),
        ({"sensing": guardian(randomise=[AGES | {"sensors": ["pp"]}])}, "unknown randomise.sensors"),
        ({"sensing": guardian(scenario_overrides=[RATE])}, "p.interval_s=3.0: must be a multiple"),
        ({"profile": "nromal"}, "did you mean 'normal'"),
        ({"profile": "normal", "frame_interval_s": 4.0}, "profile 'normal' says how often"),
        ({"power_coupling": "maybe"}, "options.power_coupling='maybe'"),
    ],
)  # fmt: skip
def test_bad_options_are_refused_in_one_line(draw, options, words):
    with pytest.raises(ConfigError, match=words) as refusal:
        draw(options=options)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("pole_heigth_m: 11", r"site.pole_heigth_m=11: unknown field; did you mean 'pole_height_m'"),
        ("pole_height_m: tall", "site.pole_height_m='tall'"),
        ("peak_current_a: -5", "site.peak_current_a=-5"),
        ("background: desert", "site.background='desert'"),
        ("- 1", "must hold a mapping"),
    ],
)
def test_a_bad_site_file_is_refused_in_one_line(draw, tmp_path, text, words):
    path = tmp_path / "site.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=words) as refusal:
        draw(options={"site": str(path)})
    assert "\n" not in str(refusal.value)


def test_a_site_file_is_used(draw, tmp_path):
    path = tmp_path / "site.yaml"
    path.write_text("site_id: mine\npole_height_m: 10.5\n")
    spec = draw(options={"site": str(path)})
    assert (spec.group[:5], spec.site["pole_height_m"]) == ("mine/", 10.5)


@pytest.mark.parametrize("dt_s", [7.0, 0.7, 1200.0])
def test_an_odd_tick_is_refused_when_drawn(draw, dt_s):
    with pytest.raises(ConfigError, match="must divide 3600 s"):
        draw(dt_s=dt_s)


def test_an_unknown_scenario_is_suggested():
    with pytest.raises(UnknownNameError, match="did you mean 'fire/cellulose_pyrolysis'"):
        PoleTwin().draw("fire/celulose_pyrolysis", EpisodeRequest(1, 0, 4, 60.0, 1.0))


def test_two_cameras_are_refused(draw):
    sensing = dict(draw().sensing)
    sensing["sensors"] = [*sensing["sensors"], {**sensing["sensors"][-1], "sensor_id": "second"}]
    with pytest.raises(ConfigError, match="keep one thermal camera"):
        draw(options={"sensing": sensing})
    with pytest.raises(ConfigError, match="keep one thermal camera"):
        EpisodeRun(draw().model_copy(update={"sensing": sensing}))


def test_a_parameter_outside_its_range_is_refused(draw, run):
    with pytest.raises(ConfigError, match=r"peak_power_w=-5"):
        run(draw(peak_power_w=-5.0))


def test_a_weather_file_that_changed_is_refused(tmp_path):
    ref = weather_ref(None)
    assert weather_year(ref).digest == ref.digest
    with pytest.raises(ConfigError, match="the file has changed since the plan"):
        weather_year(WeatherRef(name=ref.name, digest="0" * 64))


def test_a_weather_file_may_be_named(draw, run):
    shipped = Path(pvlib.__file__).parent / "data" / "723170TYA.CSV"
    by_file, by_name = (draw(duration_s=20.0, options=o) for o in ({"weather": str(shipped)}, {}))
    assert by_file.weather["path"] == str(shipped)
    assert by_file.weather["digest"] == by_name.weather["digest"]
    assert differing(run(by_file), run(by_name)) == []


def test_the_twin_describes_itself():
    facts = PoleTwin().describe()
    assert len(facts["limits"]["world"]) >= 5
    assert tuple(facts["scenarios"]) == PoleTwin().scenarios() == tuple(SCENARIOS)
    for name, said in facts["scenarios"].items():
        assert PoleTwin().space(name) is SCENARIOS[name].space
        assert said["limits"] == SCENARIOS[name].limits
        assert said["per_year"] == SCENARIOS[name].rate.per_pole_year


def test_an_estimate_follows_frames_and_sensors():
    twin = PoleTwin()
    full, rare, blind = (
        twin.cost_per_hour(options, 1.0)
        for options in ({}, {"frame_interval_s": 10.0}, {"without": ["thermal_camera"]})
    )
    assert full.n_bytes > 4 * rare.n_bytes > 4 * blind.n_bytes > 0
    assert full.seconds > rare.seconds > blind.seconds > 0


# Bytes and seconds of CPU of nine one-hour episodes, measured.
@pytest.mark.parametrize(
    ("options", "dt_s", "n_bytes", "seconds"),
    [
        ({"sensors": []}, 1.0, 1.05e6, 0.121),
        ({"without": ["thermal_camera"]}, 1.0, 1.61e6, 0.299),
        ({"without": ["thermal_camera"]}, 10.0, 3.41e5, 0.183),
        ({"without": ["thermal_camera"], "profile": "normal"}, 1.0, 1.24e6, 0.279),
        ({}, 1.0, 1.44e7, 0.520),
        ({}, 10.0, 1.69e6, 0.296),
    ],
)
def test_an_estimate_is_what_episodes_did_cost(options, dt_s, n_bytes, seconds):
    cost = PoleTwin().cost_per_hour(options, dt_s)
    assert cost.n_bytes == pytest.approx(n_bytes, rel=0.1)
    assert cost.seconds == pytest.approx(seconds, rel=0.1)


def test_an_estimate_knows_the_profile_and_a_guardian_of_ones_own():
    twin = PoleTwin()
    usual, saving = (twin.cost_per_hour({"profile": name}, 1.0) for name in ("research", "power_save"))
    camera = default_configuration(Site(), frame_interval_s=30.0).select(["thermal_camera"])
    own = twin.cost_per_hour({"sensing": camera.model_dump(mode="json")}, 1.0)
    assert saving.n_bytes < 0.2 * usual.n_bytes
    world = twin.cost_per_hour({"sensors": []}, 1.0)
    assert own.n_bytes - world.n_bytes == pytest.approx(120.0 * 3560.0)


def test_one_given_site_is_grouped_by_month(draw, tmp_path):
    site = tmp_path / "site.yaml"
    site.write_text("site_id: mine\n")
    groups = {draw(index=i, duration_s=20.0, options={"site": str(site)}).group for i in range(12)}
    assert len(groups) > 4
    assert all(group.startswith("mine/") for group in groups)


def test_a_round_of_the_chosen_scenarios_shares_a_site():
    twin = PoleTwin()
    sites = [twin.draw(IDS[0], EpisodeRequest(1, i, 4, 20.0, 1.0, {}, 2)).group for i in range(8)]
    assert sites[::2] == sites[1::2]
    assert len(set(sites)) == 4


def test_a_frame_interval_that_no_tick_meets_is_refused_when_drawn():
    with pytest.raises(ConfigError, match="multiple of the tick"):
        PoleTwin().draw(IDS[0], EpisodeRequest(1, 0, 4, 20.0, 1.0, {"frame_interval_s": 1.5}))


def worlds_alive() -> int:
    """Worlds that some name still holds."""
    return sum(kind in (Settled, EnvironmentOrchestrator) for kind in map(type, gc.get_objects()))


def test_an_episode_leaves_no_world_behind() -> None:
    """Worlds hold hundreds of megabytes and point at each other: a worker must not wait for the collector."""
    spec = PoleTwin().draw(FIRE, EpisodeRequest(1, 0, 1, 60.0, 1.0, {"frame_interval_s": 10.0}))
    gc.collect()
    gc.disable()
    try:
        before = worlds_alive()
        PoleTwin().simulate(spec, MemorySink(spec))
        assert worlds_alive() == before
    finally:
        gc.enable()
