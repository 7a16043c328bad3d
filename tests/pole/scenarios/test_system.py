"""Trouble of the device itself: in the readings, in the labels, and nowhere in the world's truth."""

from datetime import UTC, datetime

import numpy as np
import pytest

from envirosense.core.errors import ConfigError
from envirosense.instruments.registry import SENSORS
from envirosense.instruments.status import Status
from envirosense.pole.outfit import CAMERA, CARRIED
from envirosense.pole.scenarios.system.battery_low import BatteryLowScenario
from envirosense.pole.scenarios.system.link_lost import LinkLostScenario
from envirosense.pole.scenarios.system.mount_loose import MountLooseScenario
from envirosense.pole.scenarios.system.panel_covered import PanelCoveredScenario
from envirosense.pole.scenarios.system.restart import RestartScenario
from envirosense.pole.scenarios.system.sensor_fault import OWN_KINDS, SensorFaultScenario
from envirosense.pole.scenarios.system.spans import spells, touched, within
from envirosense.pole.twin import PoleTwin
from envirosense.scenarios import Response
from envirosense.testing.planted_world import planted_conditions, planted_grid
from envirosense.testing.scenarios import check_scenario, drawn_params

FAMILY = (
    SensorFaultScenario, BatteryLowScenario, PanelCoveredScenario, LinkLostScenario, RestartScenario,
    MountLooseScenario,
)  # fmt: skip
FEW = ("barometer", "battery_level", "solar_power", "vibration_sensor")
HALF = {"begin_fraction": 0.25, "length_fraction": 0.5}
TRUTH = ("truth", "fields", "components", "regimes")


def rng(seed=0):
    return np.random.default_rng(seed)


def caused(scenario, grid=None, seed=0):
    """Forcing of a scenario and its events, in a planted world."""
    grid = planted_grid() if grid is None else grid
    forcing = scenario.forcing(planted_conditions(grid), rng(seed))
    answer = Response.quiet(grid)
    answer = type(answer)(**{f: getattr(answer, f) for f in answer.__slots__} | {"states": forcing.states})
    return forcing, scenario.labels(forcing, answer, grid).events


@pytest.fixture(scope="module")
def episode(draw, run):
    """Episode of a scenario with few sensors, and the same world without its trouble."""

    def make(scenario, duration_s=1800.0, dt_s=10.0, sensors=FEW, options=None, start_utc=None, **params):
        chosen = {"sensors": sensors, "ideal_stream": True, **(options or {})}
        spec = draw(scenario, duration_s=duration_s, dt_s=dt_s, options=chosen, **params)
        if start_utc is not None:
            spec = spec.model_copy(update={"grid": spec.grid.model_copy(update={"start_utc": start_utc})})
        calm = spec.model_copy(update={"scenario": "normal/diurnal_cycle", "params": {}})
        return run(spec), run(calm)

    return make


def column(sink, stream, name):
    values = sink.table(stream)[name].to_numpy(zero_copy_only=False)
    return np.asarray(values, dtype=np.float64)


def plain(sink, name):
    """A stream without the keys that a spec adds."""
    table = sink.table(name)
    return table.drop_columns([c for c in ("episode_id", "time_utc") if c in table.column_names])


def same_tables(one, other, names):
    return all(plain(one, name).equals(plain(other, name)) for name in names)


def labels_hold(sink):
    """Labels made again from what was stored are the stored ones."""
    again, stored = PoleTwin().relabel(sink), sink.table("labels")
    kept = [name for name in stored.column_names if name in again.column_names]
    return again.select(kept).equals(stored.select(kept))


@pytest.mark.parametrize("scenario", FAMILY, ids=lambda s: s.name)
def test_the_contract_holds(scenario):
    check_scenario(scenario, n_draws=1)


def test_every_carried_sensor_can_have_each_of_its_faults():
    assert set(OWN_KINDS) == {kind for _, kind, _ in (*CARRIED, CAMERA)}
    offered = SensorFaultScenario.space.parameters["kind"].distribution.cases
    for kind, choice in offered.items():
        assert set(choice.options) == set(SENSORS[kind].fault_kinds) - {"loose"}, kind


def test_a_fault_that_its_sensor_cannot_have_is_refused():
    params = drawn_params(SensorFaultScenario, 0) | {"sensor_type": "barometer", "kind": "poisoned"}
    with pytest.raises(ConfigError, match="kind"):
        SensorFaultScenario(params)


def test_a_stuck_barometer_repeats_itself_while_the_label_says_so(episode):
    fault = {"sensor_type": "barometer", "kind": "stuck", "severity": 1.0, **HALF}
    sink, calm = episode("system/sensor_fault", **fault)
    reading, usual = (column(one, "readings", "barometer.pressure_pa") for one in (sink, calm))
    assert np.nanmax(np.abs(np.diff(reading[45:135]))) == 0.0
    assert np.nanmax(np.abs(np.diff(usual[45:135]))) > 0.0
    assert np.array_equal(reading[:45], usual[:45], equal_nan=True)
    row = sink.table("events").to_pylist()[0]
    assert (row["event_subtype"], row["component"]) == ("sensor_stuck", "barometer")
    assert (row["onset_s"], row["clearance_s"]) == (450.0, 1350.0)
    assert row["distance_m"] == 0.0
    assert row["level"] == 3
    assert same_tables(sink, calm, TRUTH)
    assert labels_hold(sink)


def test_labels_stay_when_the_sensor_is_not_carried(episode):
    fault = {"sensor_type": "voc_array", "kind": "poisoned", "severity": 0.5, **HALF}
    sink, calm = episode("system/sensor_fault", **fault)
    assert sink.table("events").num_rows == 1
    assert same_tables(sink, calm, ("readings", *TRUTH))


def test_drift_grows_from_nothing_and_other_faults_are_there_at_once():
    usual = {"sensor_type": "barometer", "severity": 0.8, **HALF}
    _, (drift,) = caused(SensorFaultScenario(usual | {"kind": "drifted"}))
    _, (fouled,) = caused(SensorFaultScenario(usual | {"kind": "blocked"}))
    inside = fouled.active
    assert np.ptp(fouled.severity[inside]) == 0.0
    assert np.all(np.diff(drift.severity[inside]) > 0.0)
    assert drift.progress.max() == pytest.approx(0.8 * 1800.0 / 3600.0, rel=0.01)  # half of its hour
    assert fouled.event_subtype.value == "sensor_fouled"


def test_a_low_battery_shows_in_its_gauge_and_in_the_label(episode):
    sink, _ = episode("system/battery_low", start_charge=0.3, sun_share=0.1)
    charge = column(sink, "truth", "battery_charge")
    assert charge[0] == pytest.approx(0.3, abs=1e-3)
    assert column(sink, "ideal", "battery_level.charge_pct")[0] == pytest.approx(30.0, abs=0.5)
    row = sink.table("events").to_pylist()[0]
    assert (row["event_type"], row["onset_s"]) == ("power_system", 0.0)
    label = column(sink, "labels", "severity")
    assert label == pytest.approx((0.4 - charge) / 0.4, abs=1e-5)
    assert labels_hold(sink)


def test_with_coupling_a_device_that_runs_empty_sheds_its_sensors(episode):
    night = {"duration_s": 8 * 3600.0, "dt_s": 300.0, "sensors": ("voc_array", "battery_level")}
    low = {"start_charge": 0.13, "sun_share": 0.05}
    coupled, _ = episode("system/battery_low", options={"power_coupling": "on"}, **night, **low)
    free, _ = episode("system/battery_low", **night, **low)
    shed = column(coupled, "status", "voc_array.status").astype(int) & Status.OFF
    assert shed[-1] == Status.OFF
    assert not (column(free, "status", "voc_array.status").astype(int) & Status.OFF).any()
    assert same_tables(coupled, free, ("events", "labels", "truth"))


def test_a_covered_panel_gives_less_by_day(episode):
    noon = datetime(2018, 7, 10, 16, tzinfo=UTC)
    covered = {"cover": "leaves", "covered_share": 0.7, **HALF}
    sink, calm = episode("system/panel_covered", duration_s=3600.0, start_utc=noon, **covered)
    one, other = (column(x, "truth", "panel_irradiance_w_m2") for x in (sink, calm))
    full = slice(90 + 60, 270)
    assert one[full] == pytest.approx(0.3 * other[full], rel=1e-5)
    assert np.array_equal(one[:90], other[:90])
    assert np.array_equal(one[270:], other[270:])
    seen = {row["sensor_id"]: row["max_snr"] for row in sink.table("observability").to_pylist()}
    assert seen["barometer"] == seen["vibration_sensor"] == 0.0
    assert same_tables(sink, calm, ("fields", "components"))
    assert labels_hold(sink)


def test_snow_does_not_lie_in_summer():
    scenario = PanelCoveredScenario({"cover": "snow", "covered_share": 0.9, **HALF})
    forcing, events = caused(scenario)
    assert events == ()
    assert np.all(forcing.device[0].panel_factor == 1.0)


def test_a_lost_link_loses_readings_and_no_truth(episode):
    sink, calm = episode("system/link_lost", down_share=1.0, mean_gap_s=60.0, **HALF)
    for name in ("barometer.pressure_pa", "battery_level.voltage_v"):
        reading, usual = (column(one, "readings", name) for one in (sink, calm))
        assert np.isnan(reading[45:135]).all()
        assert np.array_equal(reading[135:], usual[135:], equal_nan=True)
    status = column(sink, "status", "barometer.status")
    assert (status[45:135] == Status.NO_DATA).all()
    assert same_tables(sink, calm, (*TRUTH, "ideal"))
    assert [r["event_type"] for r in sink.table("events").to_pylist()] == ["communication_system"]
    assert labels_hold(sink)


@pytest.mark.parametrize("dt_s", [5.0, 10.0, 60.0])
def test_the_link_is_down_for_the_share_asked_for(dt_s):
    grid = planted_grid(86_400.0, dt_s)
    scenario = LinkLostScenario({"down_share": 0.4, "mean_gap_s": 60.0, **HALF})
    forcing, (event,) = caused(scenario, grid)
    down = forcing.device[0].is_silent[event.active].mean()
    n_gaps = 0.5 * 86_400.0 * 0.4 / 60.0
    assert abs(down - 0.4) < 5.0 * 0.4 * 0.6 * np.sqrt(2.0 / n_gaps)  # renewal theory: two exponentials


def test_a_restart_darkens_every_sensor_and_they_warm_up_again(episode):
    sink, calm = episode("system/restart", cause="watchdog", boot_s=60.0, mean_run_s=300.0, **HALF)
    status = column(sink, "status", "barometer.status").astype(int)
    off = np.flatnonzero(status & Status.OFF)
    assert off.tolist() == list(range(45, 51))
    assert np.isnan(column(sink, "readings", "barometer.pressure_pa")[off]).all()
    (row,) = sink.table("events").to_pylist()
    assert (row["event_type"], row["onset_s"], row["clearance_s"]) == ("processing_system", 450.0, 510.0)
    assert same_tables(sink, calm, TRUTH)
    assert labels_hold(sink)


def test_a_brown_out_restarts_again_and_again():
    usual = {"boot_s": 60.0, "mean_run_s": 120.0, **HALF}
    once, (single,) = caused(RestartScenario(usual | {"cause": "watchdog"}))
    loop, (repeated,) = caused(RestartScenario(usual | {"cause": "brown_out"}))
    begins = [np.count_nonzero(np.diff(f.device[0].is_off.astype(int)) == 1) for f in (once, loop)]
    assert begins[0] == 1
    assert begins[1] >= 4
    assert repeated.severity.max() > single.severity.max()
    assert not (loop.device[0].is_off & ~repeated.active).any()


def test_a_loose_mount_moves_the_vibration_sensor_alone(episode):
    sink, calm = episode("system/mount_loose", severity=1.0, **HALF)
    assert not same_tables(sink, calm, ("vibration",))
    assert same_tables(sink, calm, ("readings",))
    assert same_tables(sink, calm, TRUTH)
    assert labels_hold(sink)


@pytest.mark.parametrize("block", [1, 7])
@pytest.mark.parametrize("scenario", ["restart", "link_lost"])
def test_the_block_does_not_matter(draw, run, scenario, block):
    spec = draw(f"system/{scenario}", duration_s=600.0, dt_s=10.0, options={"sensors": FEW}, **HALF)
    whole, cut = run(spec), run(spec, block)
    assert all(cut.table(name).equals(whole.table(name)) for name in whole.streams)


def test_other_sensing_leaves_the_world_and_its_labels(draw, run):
    fault = {"sensor_type": "barometer", "kind": "saturated", **HALF}
    spec = draw("system/sensor_fault", duration_s=300.0, dt_s=10.0, options={"sensors": FEW}, **fault)
    again = PoleTwin().resensed(spec, {"changes": [{"sensors": ["barometer"], "set": {"interval_s": 30.0}}]})
    one, other = run(spec), run(again)
    assert one.spec.world_fingerprint == other.spec.world_fingerprint
    assert same_tables(one, other, ("events", "labels", *TRUTH))
    limit = np.nanmax(column(other, "readings", "barometer.pressure_pa"))
    assert limit == np.nanmax(column(one, "readings", "barometer.pressure_pa")) == 125_000.0


def test_ticks_that_a_span_reaches_into_are_touched_and_those_that_begin_inside_are_within():
    grid = planted_grid(100.0, 10.0)
    assert np.flatnonzero(touched(grid, [(15.0, 32.0)])).tolist() == [1, 2, 3]
    assert np.flatnonzero(within(grid, [(15.0, 32.0)])).tolist() == [2, 3]


def test_spells_fill_their_share_and_stay_inside():
    found = spells((100.0, 50_100.0), 20.0, 30.0, rng())
    assert found[0][0] == 100.0
    assert found[-1][1] <= 50_100.0
    down = sum(end - begin for begin, end in found) / 50_000.0
    assert abs(down - 0.4) < 5.0 * 0.4 * 0.6 * np.sqrt(2.0 / 1000.0)
