"""One world answers a day at once and a tick at a time with the same bits, at points and over volumes."""

from functools import partial

import numpy as np
import pytest

from envirosense.core.errors import ConfigError
from envirosense.core.volumes import Volume, mean_with_error
from envirosense.pole.fields.gridded import GriddedField
from envirosense.pole.site import Site
from envirosense.scenarios import (
    AirMass,
    Discharge,
    Emission,
    Forcing,
    Heating,
    Impact,
    LineChange,
    Noise,
    Storm,
    Structure,
    Tank,
    WeatherChange,
    WoodFuel,
)
from envirosense.testing.pole_worlds import CAMERA, EDGES_UM

DEVICE, FAR = Site().device_position_m, (25.0, -40.0, 2.0)
GASES = ("ozone", "nitrogen_dioxide", "carbon_monoxide", "guaiacol")
DAY, DT_S = 8640, 10.0

QUERIES = {
    "air_k": lambda s: s.air_k(DEVICE),
    "dew_point_k": lambda s: s.dew_point_k(DEVICE),
    "relative_humidity": lambda s: s.relative_humidity(DEVICE),
    "pressure_pa": lambda s: s.pressure_pa(FAR),
    "wind_m_s": lambda s: s.wind_m_s(DEVICE),
    "rain_mm_h": lambda s: s.rain_mm_h(),
    "gas_ppb": lambda s: s.gas_ppb(GASES, DEVICE),
    "gas_background_ppb": lambda s: s.gas_background_ppb(GASES),
    "gas_excess_ppb": lambda s: s.gas_excess_ppb(GASES, FAR),
    "particle_ug_m3": lambda s: s.particle_ug_m3(DEVICE),
    "particle_per_cm3": lambda s: s.particle_per_cm3(EDGES_UM, DEVICE),
    "pm_ug_m3": lambda s: s.pm_ug_m3(FAR),
    "current_a": lambda s: s.current_a(),
    "phase_current_a": lambda s: s.phase_current_a(),
    "magnetic_t": lambda s: s.magnetic_t(DEVICE),
    "electric_v_m": lambda s: s.electric_v_m(DEVICE),
    "radio_t": lambda s: s.radio_t(DEVICE),
    "mains_hz": lambda s: s.mains_hz(),
    "sound_level_db": lambda s: s.sound_level_db(DEVICE),
    "mains_modulation": lambda s: s.mains_modulation(FAR),
    "acceleration_m_s2": lambda s: s.acceleration_m_s2(9.3),
    "natural_hz": lambda s: s.natural_hz(),
    "tilt_rad": lambda s: s.tilt_rad(),
    "strikes": lambda s: np.stack([s.strikes().time_s, s.strikes().x_m], axis=1),
    "component_k": lambda s: s.component_k(),
    "housing_k": lambda s: s.housing_k(),
    "irradiance_w_m2": lambda s: s.irradiance_w_m2(),
    "plane_irradiance_w_m2": lambda s: s.plane_irradiance_w_m2(30.0, 180.0),
    "charge": lambda s: s.energy().charge,
    "mode": lambda s: s.energy().mode,
    "board_k": lambda s: s.energy().board_k,
    "sun_direction": lambda s: np.stack(s.sun_direction(), axis=1),
    "view_radiance_w_m2_sr": lambda s: s.view_radiance_w_m2_sr(s.view(CAMERA)[0]),
    "volume": lambda s: s.wind_m_s(Volume(DEVICE, (0.1, 0.0, 0.2))),
}
WINDOWS = {
    "sound_pa": lambda s: s.sound_pa(DEVICE, 3599.9, 0.3, 8000.0),
    "motion_m_s2": lambda s: s.motion_m_s2(9.3, 3599.9, 0.3, 500.0),
}


def flat(value, n):
    return np.full(n, float(value))


def causes(n):
    """One of every kind that acts on fields."""
    on = partial(flat, n=n)
    return Forcing(
        heatings=(Heating("crossarm_bolt", on(150.0)),),
        fuels=(WoodFuel("crossarm_bolt_wood", 50.0, 1.0),),
        emissions=(Emission("grill", (20.0, -30.0, 1.0), {"carbon_monoxide": on(0.05)}, {"soot": on(0.01)}),),
        air_masses=(AirMass("fire", {"carbon_monoxide": on(50.0)}, {"smoke_aged": on(20.0)}),),
        discharges=(Discharge("gap", (0.0, 0.3, 11.7), "gap", on(3.0), on(200.0), 1e-8),),
        line=(LineChange(fault_current_a={3: np.ones((n, 3), complex)}, harmonic_factor=on(1.5)),),
        tanks=(Tank(load_factor=on(1.3)),),
        impacts=(Impact(0.4 * n * DT_S, 500.0, 0.05, 5.0, 30.0),),
        structures=(Structure(stiffness_factor=on(0.8), ice_kg_m=on(0.1)),),
        noises=(Noise("mower", (10.0, 5.0, 0.5), np.full((n, 12), 80.0)),),
        weather=(WeatherChange(air_k=on(2.0), wind_m_s=on(1.0)),),
        storms=(Storm("cell", 0.6 * n * DT_S, 4000.0, 100.0, 10.0, 5.0, 1800.0),),
    )


@pytest.fixture(scope="module")
def make_day(make_world):
    """A fresh day with every kind of cause, not yet asked for anything."""

    def day(n=DAY):
        world = make_world(n=n, dt_s=DT_S)
        world.add(causes(n))
        return world

    return day


@pytest.fixture(scope="module")
def day(make_day):
    world = make_day()
    return world.state(0, DAY)


@pytest.fixture(scope="module")
def whole(day):
    """The answers of a day asked at once."""
    return {name: query(day) for name, query in QUERIES.items()}


@pytest.fixture(scope="module")
def in_blocks(make_day):
    """States of a day that is asked block by block and was never asked at once, by size of the block."""
    return {size: make_day() for size in (1, 7, 60, 3600)}


def looked_at(size):
    """Blocks to ask: all large ones; of the small ones those around hours, the blow and the day's ends."""
    firsts = range(0, DAY, size)
    if size >= 60:
        return list(firsts)
    marks = np.array([0, 360, 720, 3456, 5184, 8280, DAY - 1])
    return [first for first in firsts if np.abs(first - marks).min() <= 2 * size]


@pytest.mark.parametrize("size", [1, 7, 60, 3600])
@pytest.mark.parametrize("name", list(QUERIES))
def test_a_day_in_blocks_is_the_day_at_once(in_blocks, whole, name, size):
    world = in_blocks[size]
    for first in looked_at(size):
        stop = min(first + size, DAY)
        here = QUERIES[name](world.state(first, stop))
        expected = whole[name][first:stop]
        if name == "strikes":
            times_s = whole[name][:, 0]
            expected = whole[name][(times_s >= first * DT_S) & (times_s < stop * DT_S)]
        assert here.dtype == expected.dtype
        assert here.shape == expected.shape
        assert here.tobytes() == expected.tobytes(), f"ticks {first} to {stop}"


def test_a_live_run_is_the_same_world(make_day, whole):
    world = make_day()
    for first in range(0, 60, 7):
        block = world.advance(7)
        assert block.first_tick == first
        for name in ("sound_level_db", "gas_ppb", "component_k", "magnetic_t"):
            assert np.array_equal(QUERIES[name](block), whole[name][first : first + 7])


@pytest.mark.parametrize("name", list(WINDOWS))
def test_a_waveform_does_not_depend_on_the_block_that_is_asked(day, make_day, name):
    wave = WINDOWS[name](day)
    assert np.array_equal(WINDOWS[name](make_day().state(359, 361)), wave)
    assert np.array_equal(WINDOWS[name](day.every(6)), wave)


def test_the_order_of_questions_does_not_matter(make_day):
    names = list(QUERIES | WINDOWS)
    ask = QUERIES | WINDOWS
    one, other = (make_day(720).state(0, 720) for _ in range(2))
    forwards = {name: ask[name](one) for name in names}
    backwards = {name: ask[name](other) for name in reversed(names)}
    for name in names:
        assert forwards[name].tobytes() == backwards[name].tobytes(), name


def test_the_order_of_places_does_not_matter(make_day):
    places = (DEVICE, FAR, (0.0, 3.0, 11.0), DEVICE)
    one, other = (make_day(360).state(0, 360) for _ in range(2))
    for name in ("wind_m_s", "particle_ug_m3", "magnetic_t", "radio_t", "sound_level_db", "mains_modulation"):
        there = {at: getattr(one, name)(at) for at in places}
        back = {at: getattr(other, name)(at) for at in reversed(places)}
        assert all(there[at].tobytes() == back[at].tobytes() for at in places), name


@pytest.mark.parametrize("name", [name for name in QUERIES if name != "strikes"])
def test_a_stride_is_every_nth_answer(day, whole, name):
    assert np.array_equal(QUERIES[name](day.every(60)), whole[name][::60], equal_nan=name == "sun_direction")


def test_a_block_of_a_stride_counts_in_strides(day):
    hourly = day.every(360)
    assert (hourly.grid.n, hourly.grid.dt_s) == (24, 3600.0)
    assert np.array_equal(hourly.ticks(3, 4).air_k(DEVICE), day.air_k(DEVICE)[1080:2520:360])
    assert np.array_equal(hourly.without_causes().air_k(DEVICE), day.without_causes().air_k(DEVICE)[::360])


def test_strides_of_strides_multiply(day):
    assert np.array_equal(day.every(5).every(12).air_k(DEVICE), day.air_k(DEVICE)[::60])


@pytest.mark.parametrize("ticks", [(-1, 5), (50, 20), (0, 61), (10, 0)])
def test_a_block_outside_its_state_is_refused(make_day, ticks):
    block = make_day(120).state(30, 90)
    with pytest.raises(ConfigError, match="within 0 to 60"):
        block.ticks(*ticks)


# --- volumes and grids

PLACED = {
    "wind_m_s": lambda s: s.wind_m_s,
    "pressure_pa": lambda s: s.pressure_pa,
    "gas_ppb": lambda s: lambda at: s.gas_ppb(GASES, at),
    "particle_ug_m3": lambda s: s.particle_ug_m3,
    "magnetic_t": lambda s: s.magnetic_t,
    "electric_v_m": lambda s: s.electric_v_m,
    "radio_t": lambda s: s.radio_t,
    "sound_level_db": lambda s: s.sound_level_db,
    "mains_modulation": lambda s: s.mains_modulation,
}


@pytest.fixture(scope="module")
def hour(make_day):
    return make_day(60).state(0, 60)


@pytest.mark.parametrize("name", list(PLACED))
def test_a_volume_of_no_size_is_its_centre(hour, name):
    query = PLACED[name](hour)
    point, mean = query(DEVICE), query(Volume(DEVICE, (0.0, 0.0, 0.0)))
    if name == "sound_level_db":  # through energy and back
        np.testing.assert_allclose(mean, point, rtol=1e-12, atol=1e-12)
    else:
        assert mean.tobytes() == point.tobytes()


@pytest.mark.parametrize("name", ["wind_m_s", "pressure_pa", "radio_t", "sound_level_db"])
def test_the_mean_of_a_smooth_field_lies_between_its_corners(hour, name):
    query, centre, half = PLACED[name](hour), (20.0, 20.0, 6.0), 0.5
    mean = query(Volume(centre, (2 * half,) * 3))
    corners = [
        query(tuple(c + half * sign for c, sign in zip(centre, signs, strict=True)))
        for signs in np.array(np.meshgrid(*[(-1, 1)] * 3)).reshape(3, -1).T.tolist()
    ]
    slack = 1e-9 * np.abs(corners).max()
    assert np.all(mean >= np.min(corners, axis=0) - slack)
    assert np.all(mean <= np.max(corners, axis=0) + slack)


def test_the_error_of_a_volume_is_that_against_a_finer_rule(hour):
    box = Volume((0.4, 0.0, 10.8), (0.6, 0.0, 0.6))  # close under the wires, where the field bends
    coarse, finer = (mean_with_error(box, hour.magnetic_t, order) for order in (2, 4))
    exact = mean_with_error(box, hour.magnetic_t, 8).value
    assert np.abs(finer.value - exact).max() < np.abs(coarse.value - exact).max() <= coarse.error
    assert finer.error < 0.1 * coarse.error


def test_a_grid_over_the_state_reports_how_far_it_lies_off(hour):
    def query(at):
        return np.abs(hour.magnetic_t(at)[:, 0])

    errors = []
    for n in (5, 9, 17):
        grid = GriddedField(query, (np.linspace(-4.0, 4.0, n), [0.0], np.linspace(2.0, 8.0, n)))
        errors.append(grid.error([(0.4, 0.0, 4.4), (-1.7, 0.0, 6.1), (2.9, 0.0, 3.3)]).rms)
        assert np.array_equal(grid.at((0.0, 0.0, 5.0)), query((0.0, 0.0, 5.0)))
    assert errors[0] > 2.0 * errors[1] > 4.0 * errors[2]  # second order, or nearly


def test_a_place_outside_is_refused_before_any_physics(hour):
    for build in PLACED.values():
        with pytest.raises(ConfigError, match="height must lie within"):
            build(hour)((0.0, 0.0, -0.1))
        with pytest.raises(ConfigError, match="height must lie within"):
            build(hour)(Volume((0.0, 0.0, 0.0), (0.0, 0.0, 1.0)))


# --- physical time

SEEDS, SPAN_S = range(40), 1800.0
STATISTICS = {
    "wind_m_s": lambda s: s.wind_m_s(DEVICE)[:, 1],
    "sound_energy": lambda s: 10.0 ** (0.1 * s.sound_level_db(DEVICE)[:, 5]),
    "acceleration": lambda s: s.acceleration_m_s2(9.3)[:, 0, 0] ** 2,
    "magnetic_t": lambda s: np.linalg.norm(s.magnetic_t(DEVICE)[:, 0], axis=1),
    "gas_ppb": lambda s: np.log(s.gas_ppb(("carbon_monoxide",), DEVICE)[:, 0]),
    "particles": lambda s: np.log(s.particle_ug_m3(DEVICE)[:, s.aerosols.index("background_fine")]),
    "current_a": lambda s: s.current_a(),
}


@pytest.fixture(scope="module")
def runs(make_world):
    """Series of every statistic by tick, (seed, time), averaged to the longer tick."""
    out = {}
    for dt_s, fold in ((4.0, 1), (2.0, 2)):
        states = []
        for seed in SEEDS:
            world = make_world(
                n=round(SPAN_S / dt_s),
                dt_s=dt_s,
                seed=seed,
                wind_m_s=5.0,
                wind_from_deg=180.0,
                air_c=20.0,
                rain_mm=0.0,
            )
            states.append(world.state(0, world.grid.n))
        for name, query in STATISTICS.items():
            series = np.stack([query(state) for state in states])
            out[name, dt_s] = series.reshape(len(SEEDS), -1, fold).mean(axis=2)
    return out


@pytest.mark.parametrize("name", list(STATISTICS))
def test_halving_the_tick_leaves_mean_and_variance_alone(runs, name):
    long, short = runs[name, 4.0], runs[name, 2.0]
    for statistic in (lambda x: x.mean(axis=1), lambda x: x.var(axis=1)):
        one, other = statistic(long), statistic(short)
        standard_error = np.sqrt((one.var(ddof=1) + other.var(ddof=1)) / len(SEEDS))
        assert abs(one.mean() - other.mean()) < 5.0 * standard_error  # 40 independent worlds each
