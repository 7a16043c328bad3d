"""Trouble of the device itself: who could tell, from lost readings, from status, from readings astray."""

from datetime import UTC, datetime

import numpy as np
import pytest

from envirosense.core.grid import TimeGrid
from envirosense.instruments.faults import Fault
from envirosense.instruments.status import Status
from envirosense.pole.device_causes import with_planted_faults
from envirosense.pole.fault_observability import sight_of_cause
from envirosense.pole.guardian import VirtualGridGuardian
from envirosense.pole.observability import excess_snr, noise_sigma, observe_event
from envirosense.pole.outfit import default_configuration
from envirosense.pole.scenarios.system.sensor_fault import OWN_KINDS
from envirosense.pole.site import Site
from envirosense.scenarios import AirMass, DeviceChange, Forcing, Heating, SensorFault

N, DT_S = 60, 10.0
STEADY = {"barometer": {"stages_off": ("dropout",)}}  # no reading is lost by chance
NIGHT = {"start": datetime(2018, 7, 10, 5, tzinfo=UTC), "wind_m_s": 2.0}
FEW = ("barometer", "temperature_humidity", "voc_array", "thermal_camera", "wind_sensor")
GAP = (np.arange(N) >= 20) & (np.arange(N) < 30)
ALL = np.ones(N, np.bool_)
OFF = Forcing(device=(DeviceChange(is_off=GAP),))
SILENT = Forcing(device=(DeviceChange(is_silent=GAP),))


def fault(sensor_type, kind, severity=1.0, begin_s=200.0, end_s=600.0):
    return Forcing(sensor_faults=(SensorFault(sensor_type, kind, begin_s, end_s, severity),))


def coupled(make_world, *forcings, sensors=FEW, own=None, n=N, dt_s=DT_S, columns=None, **update):
    """A device with the faults of these causes in a world that has them."""
    world = make_world(n=n, dt_s=dt_s, **(columns or {}))
    for forcing in forcings:
        world.add(forcing)
    chosen = default_configuration(Site(), frame_interval_s=10.0).select(sensors)
    changed = tuple(s.model_copy(update=(own or {}).get(s.sensor_id, {})) for s in chosen.sensors)
    chosen = chosen.model_copy(update={"sensors": changed, **update})
    device = VirtualGridGuardian(with_planted_faults(chosen, forcings), 5)
    device.couple(world)
    return device, world


def sight(make_world, *forcings, cause=0, **kwargs):
    return sight_of_cause(*coupled(make_world, *forcings, **kwargs), cause)


def seen(found, active=ALL, n=N, dt_s=DT_S):
    grid = TimeGrid(start_utc="2018-07-10T17:00:00Z", dt_s=dt_s, n=n)
    return observe_event(found.snr, found.limit_snr, active, grid, found.is_told)


def test_a_lost_link_is_told_by_every_reading_that_does_not_come(make_world):
    found = sight(make_world, SILENT)
    for name in FEW:
        assert np.array_equal(found.is_told[name], GAP), name
    of_event = seen(found, GAP)["barometer"]
    assert (of_event.first_detectable_s, of_event.detectable_s, of_event.max_snr) == (200.0, 100.0, 0.0)


def test_a_restart_is_told_while_off_and_while_warming_up(make_world):
    found = sight(make_world, OFF)
    for name in FEW:
        assert found.is_told[name][GAP].all(), name
        assert not found.is_told[name][:20].any(), name
    assert found.is_told["voc_array"][30:].all()  # warms up for an hour
    assert not found.is_told["barometer"][31:].any()  # and this for two seconds


def test_what_no_other_cause_lets_through_is_not_told(make_world):
    found = sight(make_world, OFF, SILENT, cause=1)
    assert not any(told.any() for told in found.is_told.values())


def test_a_gap_between_two_samples_loses_nothing(make_world):
    slow = {"barometer": {"interval_s": 300.0}}
    short = Forcing(device=(DeviceChange(is_silent=(np.arange(N) >= 5) & (np.arange(N) < 25)),))
    assert not sight(make_world, short, own=slow, sensors=("barometer",)).is_told["barometer"].any()
    hit = sight(make_world, SILENT, own=slow, sensors=("barometer",)).is_told["barometer"]
    assert not hit.any()
    longer = Forcing(device=(DeviceChange(is_silent=np.arange(N) == 30),))
    held = sight(make_world, longer, own=slow, sensors=("barometer",)).is_told["barometer"]
    assert np.array_equal(np.flatnonzero(held), np.arange(30, N))  # until the next sample says otherwise


def test_a_lost_second_is_no_sign_and_ten_are(make_world):
    for n_lost, is_seen in ((9, False), (10, True)):
        gap = (np.arange(N) >= 20) & (np.arange(N) < 20 + n_lost)
        lost = Forcing(device=(DeviceChange(is_silent=gap),))
        found = sight(make_world, lost, sensors=("barometer",), dt_s=1.0)
        assert (seen(found, dt_s=1.0)["barometer"].first_detectable_s is not None) is is_seen


def test_a_drift_shows_once_it_stands_out_of_the_noise(make_world):
    drifting = fault("barometer", "drifted", 0.01)
    device, world = coupled(make_world, drifting, own=STEADY)
    sensor = device.sensors["barometer"]
    offset = 10.0 * sensor.values.reading_numbers("accuracy.absolute", 1)[0] * 0.01
    expected = offset * (np.arange(N) * DT_S - 200.0) / 3600.0 / noise_sigma(sensor, DT_S)[0]
    found = sight_of_cause(device, world)
    departure = found.snr["barometer"]
    rounding = 2.0 * sensor.channels[0].resolution / noise_sigma(sensor, DT_S)[0]
    assert np.all(departure[:20] == 0.0)
    assert departure[20:] == pytest.approx(expected[20:], abs=rounding)
    assert departure[20] < found.limit_snr["barometer"] < departure[-1]


def test_a_sensor_that_repeats_itself_is_seen_only_once_the_world_has_moved_on(make_world):
    stuck, smoke = fault("voc_array", "stuck"), {"co": np.where(np.arange(N) >= 40, 2000.0, 0.0)}
    moved = sight(make_world, stuck, Forcing(air_masses=(AirMass("smoke", smoke),)), sensors=("voc_array",))
    steady = sight(make_world, stuck, sensors=("voc_array",))
    assert seen(steady)["voc_array"].first_detectable_s is None  # that its noise is gone is not counted
    assert not steady.is_told["voc_array"].any()
    assert seen(moved)["voc_array"].first_detectable_s == 400.0


def test_a_sensor_that_repeats_itself_unheard_is_not_seen(make_world):
    stuck, smoke = fault("voc_array", "stuck"), {"co": np.where(np.arange(N) >= 30, 2000.0, 0.0)}
    silent = Forcing(device=(DeviceChange(is_silent=np.arange(N) >= 25),))
    causes = stuck, Forcing(air_masses=(AirMass("smoke", smoke),)), silent
    looked = sight(make_world, *causes, sensors=("voc_array",))
    found = seen(looked)["voc_array"]
    assert found.first_detectable_s is None
    assert found.max_snr < looked.limit_snr["voc_array"]


def test_what_the_status_of_a_sound_sensor_does_is_no_sign_of_a_stuck_one(make_world):
    device, world = coupled(make_world, sensors=("barometer",), own=STEADY)
    usual_pa = float(np.median(device.observe(world.state(0, N)).readings["barometer"].reading))
    low = {"barometer": STEADY["barometer"] | {"overrides": {"range.high": usual_pa}}}
    device, world = coupled(make_world, sensors=("barometer",), own=low)
    at_limit = device.observe(world.state(0, N)).readings["barometer"].status & Status.AT_LIMIT > 0
    assert 5 < np.count_nonzero(at_limit[20:]) < 35
    found = sight(make_world, fault("barometer", "stuck"), sensors=("barometer",), own=low)
    assert not found.is_told["barometer"].any()


def test_a_stuck_camera_is_seen_once_the_picture_has_changed(make_world):
    power = np.where(np.arange(N) >= 40, 300.0, 0.0)
    hot = Forcing(heatings=(Heating("pole_top_bolt", power),))
    found = sight(
        make_world, fault("thermal_camera", "stuck"), hot, sensors=("thermal_camera",), columns=NIGHT
    )
    assert found.snr["thermal_camera"][-1] > 10.0 > found.snr["thermal_camera"][:40].max()
    assert not found.is_told["thermal_camera"].any()


@pytest.mark.parametrize("sensor_type", ["barometer", "thermal_camera"])
def test_silence_is_told_and_has_no_ratio(make_world, sensor_type):
    found = sight(make_world, fault(sensor_type, "disconnected"), own=STEADY)
    assert np.array_equal(np.flatnonzero(found.is_told[sensor_type]), np.arange(20, N))
    assert found.snr[sensor_type].max() == 0.0


@pytest.mark.parametrize("sensor_type", ["vibration_sensor", *OWN_KINDS])
def test_nothing_is_seen_before_a_fault_begins(make_world, sensor_type):
    kinds = ("drifted", "saturated", *OWN_KINDS[sensor_type])
    kinds = (*kinds, "loose") if sensor_type == "vibration_sensor" else kinds
    carried = {"acoustic_sensor": "microphone"}.get(sensor_type, sensor_type)
    for kind in kinds:
        found = sight(make_world, fault(sensor_type, kind), sensors=(carried,))
        assert found.snr[carried][:20].max() == 0.0, kind
        assert not found.is_told[carried][:20].any(), kind


def test_a_saturated_sensor_is_far_off_and_says_so(make_world):
    found = sight(make_world, fault("barometer", "saturated"), sensors=("barometer",), own=STEADY)
    assert found.snr["barometer"][20:].min() > 1000.0
    assert found.is_told["barometer"][20:].all()


def test_directions_a_little_either_side_of_north_are_near_one_another(make_world):
    north = {"wind_from_deg": 359.0, "wind_m_s": 5.0}
    found = sight(make_world, fault("wind_sensor", "drifted"), sensors=("wind_sensor",), columns=north)
    assert found.snr["wind_sensor"].max() < 60.0  # all the way round is three hundred sigmas


def test_only_the_cause_asked_about_counts(make_world):
    planted = {"barometer": {"faults": (Fault(kind="disconnected", begin_s=0.0, end_s=100.0),)}}
    causes = (fault("barometer", "saturated"), fault("temperature_humidity", "disconnected"))
    carried = (*FEW, "temperature_humidity_2")
    first = sight(make_world, *causes, own=planted, sensors=carried)
    second = sight(make_world, *causes, cause=1, own=planted, sensors=carried)
    assert set(first.is_told) == {"barometer"}
    assert set(second.is_told) == {"temperature_humidity", "temperature_humidity_2"}
    assert not first.is_told["barometer"][:20].any()
    assert second.snr["barometer"].max() == 0.0


def test_a_cause_of_the_world_is_answered_as_before(make_world):
    heat = Forcing(heatings=(Heating("pole_top_bolt", np.full(N, 200.0)),))
    device, world = coupled(make_world, heat, fault("barometer", "saturated"))
    found, ideal = sight_of_cause(device, world), excess_snr(device, world)
    assert found.is_told == {}
    assert all(np.array_equal(found.snr[name], ideal[name]) for name in ideal)


def test_a_sensor_switched_off_tells_nothing(make_world):
    found = sight(make_world, SILENT, own={"barometer": {"enabled": False}})
    assert "barometer" not in found.is_told
    assert seen(found)["barometer"].first_detectable_s is None


def test_an_empty_battery_is_told_by_what_it_sheds_only_where_sensors_load_it(make_world):
    empty = Forcing(device=(DeviceChange(start_charge=0.05, panel_factor=np.zeros(N)),))
    carried = ("voc_array", "battery_level")
    shed = sight(make_world, empty, sensors=carried, power_coupling="on")
    fed = sight(make_world, empty, sensors=carried)
    assert shed.is_told["voc_array"].all()
    assert fed.is_told == {}
    assert fed.snr["battery_level"].max() > fed.limit_snr["battery_level"]


def test_a_panel_that_nothing_covers_takes_nothing_from_an_empty_battery(make_world):
    empty = Forcing(device=(DeviceChange(start_charge=0.0),))
    bare = Forcing(device=(DeviceChange(panel_factor=np.ones(N)),))
    night = {"columns": {"start": NIGHT["start"]}, "power_coupling": "on"}
    found = sight(make_world, empty, bare, cause=1, sensors=("voc_array", "battery_level"), **night)
    assert not any(told.any() for told in found.is_told.values())
    assert sight(make_world, empty, sensors=("battery_level",), **night).is_told["battery_level"].any()


def test_a_loose_mount_shows_in_the_vibration_sensor_alone(draw, run):
    few = {"sensors": ("barometer", "vibration_sensor"), "stages_stream": False}
    half = {"severity": 1.0, "begin_fraction": 0.25, "length_fraction": 0.5}
    sink = run(draw("system/mount_loose", dt_s=10.0, options=few, **half))
    found = {row["sensor_id"]: row for row in sink.table("observability").to_pylist()}
    assert found["vibration_sensor"]["first_detectable_s"] == 150.0
    assert found["vibration_sensor"]["max_snr"] > 10.0
    assert not found["barometer"]["detectable"]
