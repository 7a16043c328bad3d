"""What the world refuses, what it holds in bounds, and that nothing it takes makes it talk nonsense."""

from dataclasses import replace

import numpy as np
import pytest

from envirosense.core.errors import ConfigError, UnknownNameError
from envirosense.core.volumes import Volume
from envirosense.pole.domain import REACH_M, TOP_M, require_inside
from envirosense.pole.site import Site
from envirosense.pole.world import HOTTEST_COMPONENT_K
from envirosense.scenarios import (
    AirMass,
    Discharge,
    Emission,
    Forcing,
    Heating,
    Impact,
    JointResistance,
    LineChange,
    Noise,
    Storm,
    Structure,
    Tank,
    WeatherChange,
    WoodFuel,
)
from envirosense.testing.pole_worlds import answers

N, DT_S = 24, 10.0
HERE = (0.0, 1.2, 9.3)
OUTSIDE = [
    (0.0, 0.0, -0.01), (0.0, 0.0, TOP_M + 0.1), (REACH_M + 1.0, 0.0, 2.0), (0.0, -REACH_M - 1.0, 2.0),
    (np.nan, 0.0, 2.0), (0.0, np.inf, 2.0), (0.0, 0.0, np.nan),
]  # fmt: skip


def flat(value, n=N):
    return np.full(n, float(value))


def one(**changes):
    return replace(Forcing(), **{name: (cause,) for name, cause in changes.items()})


def emission(**changes):
    whole = {"name": "grill", "at": (5.0, 5.0, 1.0), "gas_g_s": {"carbon_monoxide": flat(0.1)}}
    return one(emissions=Emission(**(whole | changes)))


def discharge(**changes):
    whole = {
        "name": "gap", "at": (0.0, 0.3, 11.0), "kind": "gap", "power_w": flat(3.0),
        "pulses_per_s": flat(100.0), "charge_c": 1e-8,
    }  # fmt: skip
    return one(discharges=Discharge(**(whole | changes)))


def noise(**changes):
    whole = {"name": "mower", "at": (5.0, 5.0, 1.0), "power_level_db": np.full((N, 12), 80.0)}
    return one(noises=Noise(**(whole | changes)))


def impact(**changes):
    whole = {"at_s": 50.0, "impulse_n_s": 500.0, "duration_s": 0.1, "height_m": 1.0, "azimuth_deg": 0.0}
    return one(impacts=Impact(**(whole | changes)))


def storm(**changes):
    whole = {
        "name": "cell", "closest_s": 100.0, "closest_m": 2000.0, "bearing_deg": 0.0, "speed_m_s": 10.0,
        "peak_flashes_per_min": 5.0, "lifetime_s": 1800.0,
    }  # fmt: skip
    return one(storms=Storm(**(whole | changes)))


def fuel(**changes):
    whole = {"component": "crossarm_bolt_wood", "dry_mass_g": 50.0, "yield_scale": 1.0}
    return one(fuels=WoodFuel(**(whole | changes)))


def weather(**changes):
    return one(weather=WeatherChange(**{name: flat(value) for name, value in changes.items()}))


def line(**changes):
    return one(line=LineChange(**changes))


# --- places


@pytest.mark.parametrize("at", OUTSIDE)
def test_a_place_outside_the_world_is_refused_by_every_query(make_world, at):
    state = make_world(n=N).state(0, N)
    queries = (
        state.air_k, state.dew_point_k, state.relative_humidity, state.pressure_pa, state.wind_m_s,
        lambda at: state.gas_ppb(("ozone",), at), lambda at: state.gas_excess_ppb(("ozone",), at),
        state.particle_ug_m3, state.pm_ug_m3, lambda at: state.particle_per_cm3(np.array([0.3, 1.0]), at),
        state.magnetic_t, state.electric_v_m, state.radio_t, state.sound_level_db, state.mains_modulation,
        lambda at: state.sound_pa(at, 0.0, 1.0, 8000.0),
    )  # fmt: skip
    for query in queries:
        with pytest.raises(ConfigError, match=r"at=\("):
            query(at)
    if np.all(np.isfinite(at)):
        with pytest.raises(ConfigError, match=r"at=\("):
            state.air_k(Volume(at, (1.0, 1.0, 0.0)))


@pytest.mark.parametrize("at", OUTSIDE)
def test_a_place_outside_the_world_is_refused_in_every_cause(make_world, at):
    for forcing, field in ((emission(at=at), "grill"), (discharge(at=at), "gap"), (noise(at=at), "mower")):
        with pytest.raises(ConfigError, match=rf"{field}\.at="):
            make_world(n=N).add(forcing)


@pytest.mark.parametrize(
    "at", [np.zeros((3, 3)), (0.0, 1.0), 2.0, "abc", (0.0, None, 1.0), [[1.0], [2.0, 3.0]]]
)
def test_what_is_no_point_is_refused(make_world, at):
    with pytest.raises(ConfigError, match=r"at=.*needs three finite coordinates"):
        make_world(n=N).state(0, N).air_k(at)


def test_a_point_may_be_an_array_or_a_list(make_world):
    state = make_world(n=N).state(0, N)
    for at in (np.array(HERE), list(HERE)):
        assert np.array_equal(state.air_k(at), state.air_k(HERE))
        sounds = [state.sound_pa(place, 0.0, 0.1, 8000.0) for place in (at, HERE)]
        assert np.array_equal(*sounds)


def test_one_text_is_no_list_of_gases(make_world):
    state = make_world(n=N).state(0, N)
    asks = (state.gas_ppb, state.gas_excess_ppb, lambda gas, at: state.gas_background_ppb(gas))
    for ask in asks:
        with pytest.raises(ConfigError, match=r"species='ozone': give a tuple of names: \('ozone',\)"):
            ask("ozone", HERE)


@pytest.mark.parametrize(
    ("tilt_deg", "azimuth_deg", "field"),
    [
        (np.nan, 180.0, "tilt_deg"),
        (181.0, 0.0, "tilt_deg"),
        (30.0, np.nan, "azimuth_deg"),
        (30.0, 1e3, "azimuth_deg"),
    ],
)
def test_a_plane_of_no_direction_is_refused(make_world, tilt_deg, azimuth_deg, field):
    with pytest.raises(ConfigError, match=f"{field}="):
        make_world(n=N).state(0, N).plane_irradiance_w_m2(tilt_deg, azimuth_deg)


def test_the_edges_belong_to_the_world():
    for at in ((0.0, 0.0, 0.0), (REACH_M, -REACH_M, TOP_M)):
        require_inside(at)


@pytest.mark.parametrize("height_m", [-0.1, 12.1, np.nan])
def test_motion_is_that_of_the_pole(make_world, height_m):
    state = make_world(n=N).state(0, N)
    for ask in (state.acceleration_m_s2, lambda z: state.motion_m_s2(z, 0.0, 1.0, 100.0)):
        with pytest.raises(ConfigError, match="height_m"):
            ask(height_m)


@pytest.mark.parametrize(
    "window", [(-1.0, 1.0), (N * DT_S - 0.5, 1.0), (0.0, 0.0), (np.nan, 1.0), (0.0, np.inf)]
)
def test_a_window_outside_the_episode_is_refused(make_world, window):
    state = make_world(n=N).state(0, N)
    with pytest.raises(ConfigError, match="window"):
        state.sound_pa(HERE, *window, 8000.0)
    with pytest.raises(ConfigError, match="start_s"):
        state.motion_m_s2(9.0, *window, 100.0)


# --- names


@pytest.mark.parametrize(
    ("forcing", "words"),
    [
        (emission(gas_g_s={"carbon_monoxid": flat(1.0)}), "did you mean 'carbon_monoxide'"),
        (emission(particle_g_s={"smoke_frsh": flat(1.0)}), "did you mean 'smoke_fresh'"),
        (one(air_masses=AirMass("fire", {"ozon": flat(1.0)})), "did you mean 'ozone'"),
        (one(air_masses=AirMass("fire", {}, {"dusk": flat(1.0)})), "did you mean 'dust'"),
        (one(heatings=Heating("crossarm_bold", flat(1.0))), "did you mean 'crossarm_bolt'"),
        (one(joints=JointResistance("clamp_d", flat(1e-4))), "unknown joint"),
        (discharge(component="insulator_d"), "unknown component"),
        (fuel(component="crossarm_bold_wood"), "did you mean 'crossarm_bolt_wood'"),
    ],
)
def test_a_name_that_nobody_knows_is_refused_with_a_suggestion(make_world, forcing, words):
    with pytest.raises(UnknownNameError, match=words):
        make_world(n=N).add(forcing)


@pytest.mark.parametrize(
    ("forcing", "words"),
    [
        (discharge(kind="spark"), "gap.kind='spark'"),
        (discharge(phase="n"), "gap.phase='n'"),
        (line(fault_current_a={4: np.ones((N, 3), complex)}), "line.fault_current_a"),
    ],
)
def test_a_choice_that_does_not_exist_is_refused_when_it_is_added(make_world, forcing, words):
    with pytest.raises(ConfigError, match=words):
        make_world(n=N).add(forcing)


def test_two_causes_of_one_name_are_refused(make_world):
    for forcing in (emission(), discharge(), noise(), storm()):
        world = make_world(n=N)
        world.add(forcing)
        with pytest.raises(ConfigError, match="taken by another cause"):
            world.add(forcing)
        twice = replace(Forcing(), **{
            name: 2 * getattr(forcing, name) for name in ("emissions", "discharges", "noises", "storms")
        })  # fmt: skip
        with pytest.raises(ConfigError, match="taken by another cause"):
            make_world(n=N).add(twice)


def test_gas_and_smoke_of_no_kind_are_refused(make_world):
    with pytest.raises(ConfigError, match="name at least one gas or aerosol"):
        make_world(n=N).add(emission(gas_g_s={}))


def test_a_tank_needs_a_transformer(make_world):
    with pytest.raises(ConfigError, match="tanks"):
        make_world(n=N, site=Site(has_transformer=False)).add(one(tanks=Tank(load_factor=flat(1.5))))


# --- courses: shape, finiteness, range

COURSES = {
    "heating": lambda v: one(heatings=Heating("crossarm_bolt", v)),
    "joint": lambda v: one(joints=JointResistance("clamp_a", v)),
    "gas": lambda v: emission(gas_g_s={"carbon_monoxide": v}),
    "particles": lambda v: emission(particle_g_s={"soot": v}),
    "plume heat": lambda v: emission(heat_w=v),
    "far gas": lambda v: one(air_masses=AirMass("fire", {"carbon_monoxide": v})),
    "far particles": lambda v: one(air_masses=AirMass("fire", {}, {"dust": v})),
    "discharge": lambda v: discharge(power_w=v),
    "pulses": lambda v: discharge(pulses_per_s=v),
    "neutral": lambda v: line(neutral_share=v),
    "harmonics": lambda v: line(harmonic_factor=v),
    "tank load": lambda v: one(tanks=Tank(load_factor=v)),
    "tank heat": lambda v: one(tanks=Tank(internal_w=v)),
    "oil": lambda v: one(tanks=Tank(oil_level=v)),
    "saturation": lambda v: one(tanks=Tank(saturation=v)),
    "stiffness": lambda v: one(structures=Structure(stiffness_factor=v)),
    "tension": lambda v: one(structures=Structure(tension_factor=v)),
    "ice": lambda v: one(structures=Structure(ice_kg_m=v)),
    "wind": lambda v: one(weather=WeatherChange(wind_factor=v)),
    "sun": lambda v: one(weather=WeatherChange(sun_factor=v)),
}
SIGNED = {
    "tilt": lambda v: one(structures=Structure(tilt_north_rad=v)),
    "air": lambda v: one(weather=WeatherChange(air_k=v)),
    "rain": lambda v: one(weather=WeatherChange(rain_mm_h=v)),
    "veer": lambda v: one(weather=WeatherChange(veer_rad=v)),
}
PER_PHASE = {
    "current": lambda v: line(current_factor=v),
    "voltage": lambda v: line(voltage_factor=v),
    "fault": lambda v: line(fault_current_a={1: v.astype(complex)}),
}


@pytest.mark.parametrize("kind", list(COURSES | SIGNED))
def test_a_course_has_one_finite_value_per_tick(make_world, kind):
    build = (COURSES | SIGNED)[kind]
    for values in (flat(0.5, N - 1), np.full((N, 1), 0.5), np.array(0.5)):
        with pytest.raises(ConfigError, match=rf"needs the shape \({N},\)"):
            make_world(n=N).add(build(values))
    for bad in (np.nan, np.inf, -np.inf):
        values = flat(0.5)
        values[N // 2] = bad
        with pytest.raises(ConfigError, match="needs finite numbers"):
            make_world(n=N).add(build(values))


@pytest.mark.parametrize("values", [[0.5] * N, 0.5, np.full(N, "0.5"), np.full(N, 0.5, complex)])
def test_a_course_is_an_array_of_numbers(make_world, values):
    with pytest.raises(ConfigError, match=r"crossarm_bolt\.power_w=.*needs a numpy array of numbers"):
        make_world(n=N).add(COURSES["heating"](values))


@pytest.mark.parametrize("kind", list(PER_PHASE))
def test_a_course_of_the_line_has_one_value_per_tick_and_phase(make_world, kind):
    with pytest.raises(ConfigError, match=rf"needs the shape \({N}, 3\): one value per tick and phase"):
        make_world(n=N).add(PER_PHASE[kind](flat(1.0)))
    with pytest.raises(ConfigError, match="needs finite numbers"):
        make_world(n=N).add(PER_PHASE[kind](np.full((N, 3), np.nan)))


@pytest.mark.parametrize("kind", list(COURSES))
def test_what_cannot_be_negative_is_refused_below_zero(make_world, kind):
    with pytest.raises(ConfigError, match="must not fall below 0"):
        make_world(n=N).add(COURSES[kind](flat(-1e-6)))


@pytest.mark.parametrize(
    ("forcing", "words"),
    [
        (emission(size_m=0.0), "size_m"),
        (fuel(dry_mass_g=-1.0), "dry_mass_g"),
        (fuel(yield_scale=np.nan), "yield_scale"),
        (fuel(yield_scale=-1.0), "yield_scale"),
        (discharge(charge_c=0.0), "charge_c"),
        (discharge(heat_share=1.5), "heat_share"),
        (discharge(heat_share=np.nan), "heat_share"),
        (line(neutral_share=flat(1.5)), "neutral_share"),
        (impact(at_s=N * DT_S + 1.0), "at_s"),
        (impact(at_s=-1.0), "at_s"),
        (impact(impulse_n_s=0.0), "impulse_n_s"),
        (impact(duration_s=np.nan), "duration_s"),
        (impact(height_m=-1.0), "height_m"),
        (impact(height_m=12.1), r"impact\.height_m=12\.1: must lie within 0 to 12"),
        (impact(height_m=np.nan), "height_m"),
        (emission(gas_g_s={"carbon_monoxide": flat(1.1e5)}), r"gas_g_s\[carbon_monoxide\].*exceed 100000"),
        (emission(particle_g_s={"soot": flat(1.1e5)}), r"particle_g_s\[soot\].*exceed 100000"),
        (impact(azimuth_deg=np.nan), "azimuth_deg"),
        (storm(speed_m_s=0.0), "speed_m_s"),
        (storm(lifetime_s=np.inf), "lifetime_s"),
        (storm(closest_s=np.nan), "closest_s"),
        (storm(closest_s=np.inf), "closest_s"),
        (storm(closest_m=-500.0), "closest_m"),
        (storm(bearing_deg=np.nan), "bearing_deg"),
        (
            noise(power_level_db=np.full((N, 11), 80.0)),
            r"needs the shape \(24, 12\): one value per tick and band",
        ),
        (noise(power_level_db=np.full((N, 12), 500.0)), "power_level_db"),
        (noise(modulation_hz=120.0, modulation_depth=1.5), "modulation_depth"),
        (noise(modulation_hz=np.nan, modulation_depth=0.5), "modulation_hz"),
        (weather(air_k=-400.0), "air_k"),
        (weather(air_k=1e4), "air_k"),
        (weather(dew_point_k=-400.0), "dew_point_k"),
        (weather(pressure_pa=-2e5), "pressure_pa"),
        (weather(wind_factor=1e3), "wind_factor"),
        (weather(wind_m_s=500.0), "wind_m_s"),
        (line(voltage_factor=np.full((N, 3), 1e3)), "voltage_factor"),
        (one(heatings=Heating("clamp_a", flat(1e30))), "power_w"),
        (one(structures=Structure(tilt_east_rad=flat(10.0))), "tilt_east_rad"),
    ],
)
def test_a_number_out_of_range_is_refused_when_it_is_added(make_world, forcing, words):
    with pytest.raises(ConfigError, match=words):
        make_world(n=N).add(forcing)


# --- physics driven out of its range


@pytest.mark.parametrize(
    ("forcing", "component"),
    [
        (one(joints=JointResistance("clamp_a", flat(100.0))), "clamp_a"),  # 100 ohm at 300 A: 10 MW
        (one(heatings=Heating("clamp_b", flat(1e7))), "clamp_b"),
        (replace(fuel(), heatings=(Heating("crossarm_bolt", flat(1e7)),)), "crossarm_bolt"),
        (one(tanks=Tank(internal_w=flat(1e7))), "tank_oil"),
        (one(heatings=Heating("device_case", flat(1e7))), "device_case"),
    ],
    ids=["joint", "clamp", "bolt on wood", "tank", "case"],
)
def test_ten_megawatts_are_held_and_recorded(make_world, forcing, component):
    world = make_world(n=N)
    world.add(forcing)
    state = world.state(0, N)
    for label, values in answers(state).items():
        assert np.isfinite(values).all(), label
    component_k = state.component_k()
    assert component_k.min() > 150.0
    assert component_k.max() == HOTTEST_COMPONENT_K
    assert "held at 1300 K" in world.clamps[component]
    healthy = make_world(n=N).state(0, N).component_k()
    assert healthy.max() < 400.0
    assert state.gas_ppb(("carbon_monoxide",), HERE).max() < 1e9


def test_gas_is_held_at_pure_gas(make_world):
    """The greatest release there may be, from a point: without the hold 9e11 ppb."""
    causes = emission(gas_g_s={"carbon_monoxide": flat(1e5), "ozone": flat(1e5)}, size_m=0.01)
    far = AirMass("fire", {"carbon_monoxide": flat(1e8)})
    world = make_world(n=N)
    world.add(replace(causes, air_masses=(far,)))
    assert world.clamps == {}
    ppb = world.state(0, N).gas_ppb(("carbon_monoxide", "ozone", "methane"), (5.0, 5.0, 1.0))
    assert world.clamps["gas carbon_monoxide"] == "held at 1e+09 ppb (pure gas) at some places"
    assert "gas methane" not in world.clamps
    assert ppb[:, 0].max() == pytest.approx(1e9, rel=1e-12)
    assert np.all((ppb >= 0.0) & (ppb <= 1e9 * (1.0 + 1e-12)))


def test_far_air_holds_no_more_than_pure_gas(make_world):
    world = make_world(n=N)
    world.add(replace(Forcing(), air_masses=tuple(
        AirMass(f"fire {i}", {"carbon_monoxide": flat(1e8)}) for i in range(11)
    )))  # fmt: skip
    assert world.state(0, N).gas_ppb(("carbon_monoxide",), HERE).max() == 1e9


def test_a_world_in_range_holds_nothing(make_world):
    world = make_world(n=N)
    world.add(one(heatings=Heating("crossarm_bolt", flat(50.0))))
    assert world.clamps == {}


def test_what_was_held_is_written_into_the_summary(draw, monkeypatch):
    from envirosense.datasets.memory import MemorySink
    from envirosense.pole.scenarios.electrical.equipment_overheat import EquipmentOverheatScenario
    from envirosense.pole.twin import PoleTwin

    spec = draw("electrical/equipment_overheat", duration_s=600.0, dt_s=10.0)
    huge = one(heatings=Heating("clamp_a", flat(1e7, spec.grid.n)))
    ordinary = EquipmentOverheatScenario.forcing

    def forcing(self, conditions, rng):
        return replace(ordinary(self, conditions, rng), heatings=huge.heatings)

    monkeypatch.setattr(EquipmentOverheatScenario, "forcing", forcing)
    summary = PoleTwin().simulate(spec, MemorySink(spec))
    assert "held at 1300 K" in summary.facts["clamped"]["clamp_a"]
