"""What scenarios do to the device: seen in readings and status at the right ticks, never in the truth."""

from itertools import pairwise

import numpy as np
import pytest

from envirosense.core.errors import ConfigError, UnknownNameError
from envirosense.instruments.faults import Fault
from envirosense.instruments.status import Status
from envirosense.pole.device_causes import device_times, panel_factor, start_charge, with_planted_faults
from envirosense.pole.guardian import VirtualGridGuardian
from envirosense.pole.observability import excess_snr
from envirosense.pole.outfit import default_configuration
from envirosense.pole.site import Site
from envirosense.scenarios import AirMass, DeviceChange, Forcing, SensorFault

N, DT_S = 60, 10.0
FEW = ("barometer", "temperature_humidity", "voc_array", "thermal_camera", "microphone", "battery_level")
GAP = (np.arange(N) >= 20) & (np.arange(N) < 30)


def sensing(sensors=FEW, **update):
    chosen = default_configuration(Site(), frame_interval_s=10.0).select(sensors)
    return chosen.model_copy(update=update)


def observed(make_world, *forcings, cuts=(0, N), sensors=FEW, n=N, dt_s=DT_S, **update):
    """Blocks of a device in a world with these causes, joined over time."""
    world = make_world(n=n, dt_s=dt_s)
    for forcing in forcings:
        world.add(forcing)
    guardian = VirtualGridGuardian(with_planted_faults(sensing(sensors, **update), forcings), 5)
    guardian.couple(world)
    blocks = [guardian.observe(world.state(a, b)) for a, b in pairwise(cuts)]
    found = {}
    for name in blocks[0].readings:
        parts = [block.readings[name] for block in blocks]
        found[name] = {
            field: np.concatenate([getattr(p, field) for p in parts])
            for field in ("ideal", "reading", "status", "quality", "confidence")
        }
    for name in blocks[0].frames:
        parts = [block.frames[name] for block in blocks]
        found[name] = {
            "ticks": np.concatenate([p.ticks for p in parts]),
            "reading": np.concatenate([p.temperature_k() for p in parts]),
            "lost_ticks": np.concatenate([p.lost_ticks for p in parts]),
            "lost_status": np.concatenate([p.lost_status for p in parts]),
        }
    return found


def same(one, other):
    return all(np.array_equal(one[k][f], other[k][f], equal_nan=True) for k in one for f in one[k])


@pytest.fixture(scope="module")
def quiet(make_world):
    return observed(make_world, Forcing())


OFF = Forcing(device=(DeviceChange(is_off=GAP),))
SILENT = Forcing(device=(DeviceChange(is_silent=GAP),))
STUCK = Forcing(sensor_faults=(SensorFault("barometer", "stuck", 200.0, 300.0),))


def test_without_power_every_sensor_is_off_then_warms_up_again(make_world, quiet):
    found = observed(make_world, OFF)
    for name in ("barometer", "temperature_humidity", "voc_array", "microphone"):
        assert np.isnan(found[name]["reading"][GAP]).all(), name
        assert (found[name]["status"][GAP] == Status.OFF).all(), name
        assert np.array_equal(found[name]["reading"][:20], quiet[name]["reading"][:20], equal_nan=True), name
    warming = found["voc_array"]["status"] & Status.WARMING_UP > 0
    assert warming[30:40].all()
    assert not warming[:20].any()
    camera = found["thermal_camera"]
    assert set(np.flatnonzero(GAP)) <= set(camera["lost_ticks"])
    assert (camera["lost_status"][np.isin(camera["lost_ticks"], np.flatnonzero(GAP))] == Status.OFF).all()


def test_without_a_link_nothing_arrives_and_the_device_goes_on(make_world, quiet):
    found = observed(make_world, SILENT)
    for name in found.keys() - {"thermal_camera"}:
        one, other = found[name], quiet[name]
        assert np.isnan(one["reading"][GAP]).all(), name
        assert (one["status"][GAP] == Status.NO_DATA).all(), name
        assert (one["quality"][GAP] == 0.0).all(), name
        assert np.array_equal(one["ideal"], other["ideal"], equal_nan=True), name
        for field in ("reading", "status", "quality"):
            assert np.array_equal(one[field][~GAP], other[field][~GAP], equal_nan=True), (name, field)
    camera, before = found["thermal_camera"], quiet["thermal_camera"]
    kept = ~np.isin(before["ticks"], np.flatnonzero(GAP))
    assert np.array_equal(camera["ticks"], before["ticks"][kept])
    assert np.array_equal(camera["reading"], before["reading"][kept])


def test_a_sensor_that_is_off_says_so_once_the_link_is_back(make_world):
    found = observed(make_world, OFF, SILENT)
    assert (found["barometer"]["status"][GAP] == Status.OFF).all()
    assert set(np.flatnonzero(GAP)) <= set(found["thermal_camera"]["lost_ticks"])
    assert np.all(np.diff(found["thermal_camera"]["lost_ticks"]) > 0)


def test_a_fault_acts_on_its_sensor_within_its_span_only(make_world, quiet):
    found = observed(make_world, STUCK)
    held = found["barometer"]["reading"][20:30]
    assert (held == held[0]).all()
    assert np.ptp(quiet["barometer"]["reading"][20:30, 0]) > 0.0
    one, other = (where["barometer"]["reading"][~GAP] for where in (found, quiet))
    assert np.array_equal(one, other, equal_nan=True)
    others = found.keys() - {"barometer"}
    assert same({k: found[k] for k in others}, {k: quiet[k] for k in others})


def test_a_fault_joins_those_of_the_configuration():
    own = Fault(kind="drifted", begin_s=5.0)
    chosen = sensing(("barometer",))
    chosen = chosen.model_copy(update={"sensors": (chosen.sensors[0].model_copy(update={"faults": (own,)}),)})
    assert [f.kind for f in with_planted_faults(chosen, [STUCK]).sensors[0].faults] == ["drifted", "stuck"]
    assert with_planted_faults(chosen, [Forcing()]) is chosen


def test_a_sensor_that_is_not_carried_has_no_fault(make_world, quiet):
    fault = Forcing(sensor_faults=(SensorFault("rain_gauge", "stuck", 100.0, 300.0),))
    assert same(observed(make_world, fault), quiet)


@pytest.mark.parametrize("sizes", [(1,) * N, (7,) * 8 + (4,), (25, 35)])
def test_blocks_do_not_matter(make_world, sizes):
    forcings = (OFF, SILENT, STUCK, Forcing(device=(DeviceChange(start_charge=0.3),)))
    cuts = tuple(np.cumsum((0, *sizes)).tolist())
    whole = observed(make_world, *forcings, power_coupling="on")
    assert same(observed(make_world, *forcings, cuts=cuts, power_coupling="on"), whole)


def test_the_battery_starts_where_a_cause_says_and_a_covered_panel_gives_less(make_world):
    covered = Forcing(device=(DeviceChange(start_charge=0.3, panel_factor=np.full(N, 0.25)),))
    plain, world = make_world(), make_world()
    world.add(covered)
    energy, usual = world.state(0, N).energy(), plain.state(0, N).energy()
    assert energy.charge[0] == pytest.approx(0.3, abs=1e-3)
    assert energy.panel_irradiance_w_m2 == pytest.approx(0.25 * usual.panel_irradiance_w_m2)
    assert np.all(energy.panel_w < 0.27 * usual.panel_w)  # cooler cells give a little more of less light
    healthy = world.state(0, N).without_causes().energy()
    assert np.array_equal(healthy.panel_w, usual.panel_w)
    answer = world.response(0).states["battery_charge"]
    assert np.array_equal(answer, energy.charge)


def test_an_empty_battery_sheds_sensors_only_where_they_load_it(make_world):
    empty = Forcing(device=(DeviceChange(start_charge=0.05, panel_factor=np.zeros(N)),))
    on = observed(make_world, empty, sensors=("voc_array", "battery_level"), power_coupling="on")
    off = observed(make_world, empty, sensors=("voc_array", "battery_level"))
    assert (on["voc_array"]["status"] & Status.OFF > 0).all()
    assert not (off["voc_array"]["status"] & Status.OFF).any()
    assert np.nanmax(off["battery_level"]["reading"][:, 0]) < 40.0


def test_causes_of_several_scenarios_add_up():
    other = Forcing(device=(DeviceChange(is_off=~GAP, start_charge=0.2, panel_factor=np.full(N, 0.5)),))
    dark = Forcing(device=(DeviceChange(start_charge=0.4, panel_factor=np.full(N, 0.5)),))
    assert not device_times((OFF, other)).is_on.any()
    assert device_times((OFF,)).is_linked is None
    assert start_charge((other, dark), 0.9) == 0.2
    assert start_charge((), 0.9) == 0.9
    assert np.all(panel_factor((other, dark)) == 0.25)


def test_faults_leave_the_world_and_its_answers_alone(make_world):
    world = make_world()
    for forcing in (OFF, SILENT, STUCK):
        world.add(forcing)
    assert world.settled is world.undisturbed


def test_nothing_is_seen_without_power_or_link(make_world):
    smoke = Forcing(air_masses=(AirMass("smoke", {"carbon_monoxide": np.full(N, 5000.0)}),))
    found = {}
    for name, more in (("all", Forcing()), ("off", OFF), ("silent", SILENT)):
        world = make_world()
        world.add(smoke)
        world.add(more)
        guardian = VirtualGridGuardian(sensing(("voc_array",)), 5)
        guardian.couple(world)
        found[name] = excess_snr(guardian, world)["voc_array"]
    assert found["all"][GAP].min() > 0.0
    for name in ("off", "silent"):
        assert (found[name][GAP] == 0.0).all()
        assert np.array_equal(found[name][~GAP], found["all"][~GAP])


@pytest.mark.parametrize(
    "forcing",
    [
        Forcing(sensor_faults=(SensorFault("nose", "stuck", 0.0, 10.0),)),
        Forcing(sensor_faults=(SensorFault("barometer", "poisoned", 0.0, 10.0),)),
        Forcing(sensor_faults=(SensorFault("barometer", "stuck", 10.0, 10.0),)),
        Forcing(sensor_faults=(SensorFault("barometer", "stuck", 0.0, 10.0, severity=2.0),)),
        Forcing(device=(DeviceChange(is_off=np.zeros(N - 1, bool)),)),
        Forcing(device=(DeviceChange(is_silent=np.zeros(N)),)),
        Forcing(device=(DeviceChange(panel_factor=np.full(N, -1.0)),)),
        Forcing(device=(DeviceChange(panel_factor=np.full(N, np.nan)),)),
        Forcing(device=(DeviceChange(start_charge=1.5),)),
    ],
)
def test_what_cannot_happen_is_refused_before_anything_runs(make_world, forcing):
    with pytest.raises((ConfigError, UnknownNameError)):
        make_world().add(forcing)
