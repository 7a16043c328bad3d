"""Whatever causes the world takes, every field stays finite and within the bounds of its unit."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

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
from envirosense.testing.pole_worlds import check_answers

N, DT_S = 24, 10.0
HERE = (0.0, 1.2, 9.3)


def flat(value):
    return np.full(N, float(value))


def within(low, high):
    return st.floats(low, high, allow_nan=False, allow_infinity=False)


def powers(low_exponent, high_exponent):
    return within(low_exponent, high_exponent).map(lambda x: 10.0**x)


def course(values):
    """A flat course, a late step or a saw of one strategy's values."""
    shapes = (
        lambda v: flat(v),
        lambda v: np.where(np.arange(N) >= N // 2, v, 0.0),
        lambda v: v * np.arange(N) / N,
    )
    return st.builds(lambda v, shape: shape(v), values, st.sampled_from(shapes))


places = st.tuples(within(-300.0, 300.0), within(-300.0, 300.0), within(0.0, 60.0))
near = st.tuples(within(-3.0, 3.0), within(-3.0, 3.0), within(5.0, 13.0))
CAUSES = {
    "heatings": st.builds(
        Heating,
        st.sampled_from(["crossarm_bolt", "clamp_a", "tank_oil", "tree_sunny", "device_case"]),
        course(powers(-3, 7)),
    ),
    "joints": st.builds(
        JointResistance,
        st.sampled_from(["clamp_a", "clamp_c", "cutout", "bushing_secondary"]),
        course(powers(-6, 2)),
    ),
    "fuels": st.builds(WoodFuel, st.just("crossarm_bolt_wood"), powers(-1, 4), powers(-2, 1)),
    "emissions": st.builds(
        Emission,
        st.just("e"),
        st.one_of(places, near),
        st.fixed_dictionaries(
            {"carbon_monoxide": course(powers(-9, 3)), "nitric_oxide": course(powers(-9, 2))}
        ),
        st.fixed_dictionaries({"smoke_fresh": course(powers(-9, 2))}),
        st.one_of(st.none(), course(powers(0, 7))),
        powers(-2, 1),
    ),
    "air_masses": st.builds(
        AirMass,
        st.just("m"),
        st.fixed_dictionaries({"ozone": course(powers(-2, 4))}),
        st.fixed_dictionaries({"dust": course(powers(-2, 5))}),
    ),
    "discharges": st.builds(
        Discharge,
        st.just("d"),
        near,
        st.sampled_from(["corona", "internal", "surface", "floating", "gap", "arc"]),
        course(powers(-6, 5)),
        course(powers(-2, 6)),
        powers(-13, -4),
        st.sampled_from("abc"),
        st.sampled_from([None, "crossarm_bolt", "insulator_a"]),
        within(0.0, 1.0),
    ),
    "line": st.builds(
        lambda current, voltage, fault, neutral, distorted: LineChange(
            np.stack([current, flat(1.0), flat(1.0)], axis=1),
            np.stack([flat(1.0), voltage, flat(1.0)], axis=1),
            {1: np.stack([fault, -1j * fault, 0 * fault], axis=1), 2: np.stack([fault] * 3, axis=1) + 0j},
            neutral,
            distorted,
        ),
        course(within(0.0, 20.0)),
        course(within(0.0, 1.5)),
        course(within(-1e4, 1e4)),
        course(within(0.0, 1.0)),
        course(within(0.0, 10.0)),
    ),
    "tanks": st.builds(
        Tank,
        course(within(0.0, 10.0)),
        course(powers(0, 7)),
        course(within(0.0, 1.0)),
        course(within(0.0, 100.0)),
    ),
    "impacts": st.builds(
        Impact, within(0.0, N * DT_S), powers(0, 5), powers(-4, 0), within(0.0, 12.0), within(-720.0, 720.0)
    ),
    "structures": st.builds(
        Structure,
        course(within(0.0, 2.0)),
        course(within(-0.5, 0.5)),
        course(within(-0.5, 0.5)),
        course(within(0.0, 3.0)),
        course(within(0.0, 10.0)),
    ),
    "noises": st.builds(
        Noise,
        st.just("n"),
        st.one_of(places, near),
        within(-100.0, 180.0).map(lambda v: np.full((N, 12), v)),
        within(0.0, 200.0),
        within(0.0, 1.0),
    ),
    "weather": st.builds(
        WeatherChange,
        course(within(-30.0, 25.0)),
        course(within(-30.0, 25.0)),
        course(within(-5e3, 5e3)),
        course(within(0.0, 5.0)),
        course(within(-30.0, 40.0)),
        course(within(-10.0, 10.0)),
        course(within(-50.0, 200.0)),
        course(within(0.0, 1.2)),
        course(within(-1.0, 1.0)),
    ),
    "storms": st.builds(
        Storm,
        st.just("s"),
        within(-3e3, 6e3),
        within(0.0, 3e4),
        within(-720.0, 720.0),
        within(1.0, 40.0),
        powers(-1, 2),
        within(60.0, 7200.0),
    ),
}
forcings = st.fixed_dictionaries({}, optional=CAUSES)


@settings(
    max_examples=700,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(causes=forcings, seed=st.integers(0, 1000))
def test_whatever_is_taken_every_field_is_finite_and_bounded(make_world, causes, seed):
    world = make_world(n=N, seed=seed)
    world.add(replace(Forcing(), **{name: (cause,) for name, cause in causes.items()}))
    state = world.state(0, N)
    held = SimpleNamespace(**{name: getattr(state, name) for name in dir(state) if not name.startswith("_")})
    held.housing_k = lambda: np.clip(state.housing_k(), None, 380.0)  # a scenario may burn the device
    held.tilt_rad = lambda: np.clip(state.tilt_rad(), -1.6, 1.6)
    check_answers(held)
    strikes, energy = state.strikes(), state.energy()
    for values in (
        state.component_k(), state.plane_irradiance_w_m2(30.0, 180.0), energy.charge, energy.voltage_v,
        energy.board_k, strikes.time_s, strikes.peak_current_ka, state.pm_ug_m3(HERE),
        state.sound_pa(HERE, 100.0, 0.02, 8000.0), state.motion_m_s2(9.0, 100.0, 0.02, 1000.0),
    ):  # fmt: skip
        assert np.isfinite(values).all()
    assert state.component_k().min() > 100.0
    assert state.component_k().max() <= HOTTEST_COMPONENT_K
    assert np.all((energy.charge >= 0.0) & (energy.charge <= 1.0))
