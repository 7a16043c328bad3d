from itertools import pairwise

import numpy as np
import pytest

from envirosense.core.grid import TimeGrid
from envirosense.pole.detection_limit import detection_limit_snr
from envirosense.pole.guardian import VirtualGridGuardian
from envirosense.pole.looks import LookMeans, look_means
from envirosense.pole.natural_scatter import hours, scatter
from envirosense.pole.observability import detectable_ticks, excess_snr, noise_sigma, observe_event
from envirosense.pole.outfit import default_configuration
from envirosense.pole.site import Site
from envirosense.scenarios import AirMass, Forcing, Heating, Storm, WeatherChange, WoodFuel

SITE = Site()


def leak(n, power_w, component="neutral_bracket", begin=0):
    power = np.where(np.arange(n) >= begin, power_w, 0.0)
    return Forcing(
        heatings=(Heating(component, 0.4 * power), Heating(f"{component}_wood", 0.6 * power)),
        fuels=(WoodFuel(f"{component}_wood", 60.0, 1.0),),
    )


def device(**changes):
    chosen = default_configuration(SITE)
    sensors = tuple(s.model_copy(update=changes.get(s.sensor_id, {})) for s in chosen.sensors)
    return VirtualGridGuardian(chosen.model_copy(update={"sensors": sensors}))


def snr(make_world, forcing, n=180, guardian=None, **columns):
    world = make_world(n=n, wind_m_s=3.0, **columns)
    world.add(forcing)
    return excess_snr(guardian or device(), world)


LIMIT = {"voc_array": detection_limit_snr(8)}


# The device hangs north of the pole: gas from the bracket comes with a southerly wind.
def test_gas_is_seen_downwind_and_missed_upwind(make_world):
    hit = snr(make_world, leak(180, 250.0), wind_from_deg=180.0)["voc_array"]
    miss = snr(make_world, leak(180, 250.0), wind_from_deg=0.0)["voc_array"]
    assert hit.max() > 100.0
    grid = TimeGrid(start_utc="2018-07-10T17:00:00Z", dt_s=10.0, n=180)
    active = np.ones(180, bool)
    present = observe_event({"voc_array": miss}, LIMIT, active, grid)["voc_array"]
    assert present.first_detectable_s is None
    assert present.detectable_s == 0.0
    assert observe_event({"voc_array": hit}, LIMIT, active, grid)["voc_array"].detectable_s > 300.0


def test_a_stronger_cause_is_seen_better(make_world):
    greatest = [
        max(values.max() for values in snr(make_world, leak(180, power), wind_from_deg=180.0).values())
        for power in (30.0, 80.0, 200.0, 400.0)
    ]
    assert all(a < b for a, b in pairwise(greatest))


def test_what_a_cause_does_not_touch_sees_nothing(make_world):
    found = snr(make_world, leak(180, 250.0), wind_from_deg=180.0)
    for name in ("temperature_humidity", "barometer", "wind_sensor"):
        assert np.all(found[name] == 0.0), name
    assert all(values.shape == (180,) for values in found.values())


def test_nothing_is_seen_without_a_cause(make_world):
    assert all(np.all(values == 0.0) for values in snr(make_world, Forcing()).values())


def test_the_yardstick_is_the_noise_of_the_reading_at_the_worlds_tick(make_world):
    world = make_world(n=4, dt_s=60.0, wind_m_s=3.0, wind_from_deg=180.0)
    world.add(leak(4, 250.0))
    state = world.state(0, 4)
    minute = device(voc_array={"interval_s": 60.0}).sensors["voc_array"]
    rise = np.abs(minute.respond(state) - minute.respond(state.without_causes()))
    noise = np.array([channel.noise_sigma for channel in minute.channels])
    sigma = np.hypot(noise, scatter(minute.respond(state.without_causes())))
    assert np.allclose(excess_snr(device(), world)["voc_array"], (rise / sigma).max(axis=1))


def test_a_storm_shows_in_its_distance_not_in_the_chips_register(make_world):
    storm = Forcing(storms=(Storm("cell", 600.0, 500.0, 100.0, 10.0, 6.0, 1500.0),))
    found = snr(make_world, storm, n=120)["lightning_detector"]
    chip = device().sensors["lightning_detector"]
    assert found.max() > 10.0
    assert found.max() <= 63.0 / chip.channels[1].noise_sigma


def test_a_sensor_switched_off_sees_nothing(make_world):
    off = device(voc_array={"enabled": False}, thermal_camera={"enabled": False})
    found = snr(make_world, leak(180, 250.0), guardian=off, wind_from_deg=180.0)
    assert found["voc_array"].max() == found["thermal_camera"].max() == 0.0


def test_the_camera_sees_what_stands_in_its_picture(make_world):
    top = snr(make_world, leak(180, 150.0, "pole_top_bolt", begin=60))["thermal_camera"]
    assert top[:60].max() == 0.0
    assert top.max() > 100.0


@pytest.mark.parametrize(("dt_s", "span"), [(0.5, 120), (1.0, 60), (10.0, 6), (60.0, 1)])
def test_one_look_above_the_limit_counts_for_a_minute(dt_s, span):
    values = np.zeros(400)
    values[100] = 3.0
    assert np.flatnonzero(detectable_ticks(values, dt_s, 3.0)).tolist() == list(range(100, 100 + span))
    assert not detectable_ticks(np.full(100, 2.99), dt_s, 3.0).any()


@pytest.mark.parametrize(("dt_s", "needed"), [(0.5, 20), (1.0, 10), (2.0, 5), (60.0, 1)])
def test_lost_readings_tell_after_ten_seconds_in_a_minute(dt_s, needed):
    is_told = np.zeros(400, bool)
    is_told[100 : 100 + needed] = True
    silence = np.zeros(400)
    assert np.flatnonzero(detectable_ticks(silence, dt_s, 3.0, is_told))[0] == 100 + needed - 1
    is_told[100] = False
    assert not detectable_ticks(silence, dt_s, 3.0, is_told).any()


def test_the_tick_does_not_matter_to_what_is_seen(make_world):
    """Ten minutes of other air, looked at once a second and once in ten."""
    found = {}
    for dt_s, n in ((1.0, 600), (10.0, 60)):
        late = np.where(np.arange(n) * dt_s >= 300.0, 1.0, 0.0)
        change = WeatherChange(air_k=0.5 * late, pressure_pa=8.0 * late)
        air = AirMass("smoke", {"carbon_monoxide": 4000.0 * late})
        world = make_world(n=n, dt_s=dt_s, wind_m_s=3.0)
        world.add(Forcing(air_masses=(air,), weather=(change,)))
        found[dt_s] = excess_snr(device(), world)
        found[dt_s] = {name: found[dt_s][name] for name in ("voc_array", "barometer", "temperature_humidity")}
    for name, values in found[10.0].items():
        assert values[-1] > 3.0, name
        assert found[1.0][name][-1] == pytest.approx(values[-1], rel=0.2), (
            name
        )  # the factor of a tick is 3.16
        first = [int(dt_s * np.flatnonzero(found[dt_s][name] > 0.9 * values[-1])[0]) for dt_s in (1.0, 10.0)]
        assert 0 <= first[0] - first[1] <= 10, name


def test_blocks_of_ticks_do_not_matter_to_looks():
    values = np.random.default_rng(1).normal(size=(100, 3))
    whole, pieces = LookMeans(1.0).of(values), LookMeans(1.0)
    cut = [pieces.of(values[a:b]) for a, b in ((0, 1), (1, 4), (4, 40), (40, 100))]
    assert np.allclose(np.concatenate(cut), whole)
    assert np.allclose(whole[9:], look_means(values, 1.0))
    assert np.allclose(whole[4], values[:5].sum(axis=0) / 10.0)
    assert np.array_equal(LookMeans(10.0).of(values), values)
    assert look_means(values[:5], 1.0).shape == (1, 3)


def test_detection_never_comes_before_the_onset():
    grid = TimeGrid(start_utc="2018-07-10T17:00:00Z", dt_s=1.0, n=300)
    active = np.arange(300) >= 150
    seen = observe_event({"a": np.full(300, 9.0), "b": np.zeros(300)}, {"a": 9.0, "b": 3.0}, active, grid)
    assert seen["a"].first_detectable_s == 150.0
    assert seen["a"].detectable_s == 150.0
    assert (seen["b"].max_snr, seen["b"].first_detectable_s) == (0.0, None)
    never = observe_event({"a": np.full(300, 9.0)}, {"a": 3.0}, np.zeros(300, bool), grid)["a"]
    assert (never.max_snr, never.first_detectable_s) == (0.0, None)


@pytest.mark.parametrize(("n", "dt_s"), [(86_400, 1.0), (8640, 10.0), (1440, 60.0), (5000, 1.0), (7, 10.0)])
def test_an_hour_is_an_hour_at_every_tick(n, dt_s):
    found = hours(n, dt_s)
    assert [tick for hour in found for tick in range(n)[hour]] == list(range(n))
    lengths_s = [dt_s * (hour.stop - hour.start) for hour in found]
    assert len(found) == max(1, round(n * dt_s / 3600.0))
    assert max(lengths_s) - min(lengths_s) <= dt_s
    assert max(lengths_s) < 1.5 * 3600.0


@pytest.mark.parametrize("dt_s", [10.0, 30.0])
def test_what_comes_later_hides_nothing_now(make_world, dt_s):
    """Three hours, and the first of them alone: a sigma is of the hour, whatever the tick."""
    n = round(3600 / dt_s)
    world = make_world(n=3 * n, dt_s=dt_s, wind_m_s=3.0, wind_from_deg=180.0)
    world.add(leak(3 * n, 60.0, "pole_top_bolt"))
    found, state = excess_snr(device(), world), world.state(0, 3 * n)
    healthy = state.without_causes()
    for name in ("voc_array", "microphone"):
        sensor = device().sensors[name]
        with_cause, without = sensor.observable(state), sensor.observable(healthy)
        sigma = np.hypot(noise_sigma(sensor, dt_s), scatter(without[:n]))
        assert not np.allclose(scatter(without[:n]), scatter(without), rtol=0.02), "this test could not fail"
        rise = np.abs(with_cause - without)[:n]
        assert np.allclose(found[name][:n], np.where(sigma > 0, rise / sigma, 0.0).max(axis=1)), name
    first = device().cameras["thermal_camera"].excess_snr(state.ticks(0, n), healthy.ticks(0, n))
    assert np.allclose(
        found["thermal_camera"][: n - round(60 / dt_s)], first[: n - round(60 / dt_s)], rtol=0.05
    )
    whole = device().cameras["thermal_camera"].excess_snr(state, healthy)[:n]
    assert first.max() > 1.02 * whole.max()


def test_clouds_hide_heat_from_the_camera(make_world):
    """The same heat under a clear sky and under clouds that pass."""
    greatest = {}
    for cover in (0.0, 5.0):
        world = make_world(n=360, opaque_cover_tenths=cover, total_cover_tenths=cover)
        world.add(leak(360, 20.0, "pole_top_bolt"))
        greatest[cover] = excess_snr(device(), world)["thermal_camera"].max()
    assert 0.0 < greatest[5.0] < 0.7 * greatest[0.0]
