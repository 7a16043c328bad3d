from dataclasses import replace

import numpy as np
import pytest

from envirosense.physics.airflow import sigma_theta_rad, turbulence_sigmas_m_s
from envirosense.physics.dispersion import mean_chi_s_m3, plume_spread
from envirosense.pole.gases import SOURCE_SIZE_M, Background, Plume, chi_s_m3, excess_ppb
from envirosense.pole.streams import TRUTH_GASES
from envirosense.scenarios import Forcing, Heating, WoodFuel

SOURCE_M = (0.0, 0.0, 9.0)
NEUTRAL = {"wind_m_s": 4.0, "ghi_w_m2": 80.0}


def plume(rate_g_s, species=("carbon_monoxide",), at=SOURCE_M):
    rate = np.atleast_2d(np.asarray(rate_g_s, float).T).T
    return Plume("spot", at, species, rate, np.zeros(rate.shape[0]))


def still(air):
    """Eddies that leave the plume on its mean axis."""
    return np.zeros((air.grid.n, 3))


def axis_chi(air, at):
    return chi_s_m3(plume(np.ones(air.grid.n)), air, still(air), at, 1).mean()


def steady(air, from_deg):
    """The same air with a wind that never turns."""
    turned = np.full(air.grid.n, np.radians(from_deg))
    return replace(air, weather=replace(air.weather, wind_from_rad=turned))


@pytest.mark.parametrize("from_deg", [0.0, 90.0, 180.0, 217.0, 270.0])
def test_gas_arrives_downwind_and_nowhere_else(make_world, from_deg):
    air = steady(make_world(**NEUTRAL).atmosphere, from_deg)
    flow = -np.array([np.sin(np.radians(from_deg)), np.cos(np.radians(from_deg))])
    aside = np.array([-flow[1], flow[0]])
    down, up, left, right = (
        axis_chi(air, (*(5.0 * way), 9.0)) for way in (flow, -flow, 5 * flow + aside, 5 * flow - aside)
    )
    assert up == 0.0
    assert down > 0.1
    assert left == pytest.approx(right)
    assert down == pytest.approx(axis_chi(steady(air, 0.0), (0.0, -5.0, 9.0)))


def test_an_eddy_to_the_left_carries_the_plume_to_the_left(make_world):
    """Left of the flow: positive in the wind's second component, for the plume as for the anemometer."""
    air = steady(make_world(**NEUTRAL).atmosphere, 180.0)  # blows north, left is west
    to_left = still(air) + np.array([0.0, 1.0, 0.0])
    west, east = (
        chi_s_m3(plume(np.ones(air.grid.n)), air, to_left, (x, 5.0, 9.0), 1).mean() for x in (-0.5, 0.5)
    )
    assert west > east
    gust = replace(air.turbulence, fluctuation_m_s=np.tile([0.0, 1.0, 0.0], (air.grid.n, 1)))
    blown = replace(air, turbulence=gust).wind_vector_m_s(air.height_m)
    assert np.all(blown[:, 0] < -0.5)


def test_a_warm_source_lifts_its_plume(make_world):
    air = steady(make_world(**NEUTRAL).atmosphere, 180.0)
    hot = replace(plume(np.ones(air.grid.n)), heat_w=np.full(air.grid.n, 20e3))
    below, above = (chi_s_m3(hot, air, still(air), (0.0, 5.0, z), 1).mean() for z in (8.0, 10.0))
    assert above > below


def test_the_mean_of_the_fluctuating_plume_is_the_steady_plume(make_world):
    """V7 in the world's wiring: sixteen hours at 1 s, error from blocks of twenty minutes (n = 48)."""
    air = steady(make_world(n=57_600, dt_s=1.0, **NEUTRAL).atmosphere, 180.0)
    at = (1.0, 15.0, 8.5)
    source = plume(np.ones(air.grid.n))
    chi = chi_s_m3(source, air, air.unit_eddies(), at, 3)
    s, wind = air.stability, air.mean_wind_m_s(SOURCE_M[2])
    sigma_v = turbulence_sigmas_m_s(s.friction_velocity_m_s, s.inv_obukhov_per_m, SOURCE_M[2]).v
    spread = plume_spread(
        at[1], SOURCE_M[2], s.friction_velocity_m_s, s.inv_obukhov_per_m, air.roughness_m,
        sigma_theta_rad(sigma_v, wind), SOURCE_SIZE_M,
    )  # fmt: skip
    mean = mean_chi_s_m3(at[0], at[2], SOURCE_M[2], spread)
    ratio = (chi / mean).reshape(48, -1).mean(axis=1)
    assert abs(ratio.mean() - 1.0) < 5 * ratio.std(ddof=1) / np.sqrt(48)
    assert ratio.std(ddof=1) / np.sqrt(48) < 0.05


def test_plumes_are_linear_in_what_leaves_and_add(make_world):
    air = make_world(**NEUTRAL).atmosphere
    n = air.grid.n
    chi = np.linspace(0.1, 1.0, n)
    wanted = ("carbon_monoxide", "furfural", "ozone")
    one = excess_ppb(plume(np.ones((n, 1))), chi, air, wanted, 3.0)
    two = excess_ppb(plume(np.ones((n, 2)), ("furfural", "carbon_monoxide")), chi, air, wanted, 3.0)
    assert np.all(one[:, 1:] == 0.0)
    np.testing.assert_allclose(two[:, 0], one[:, 0])
    np.testing.assert_allclose(excess_ppb(plume(np.full((n, 1), 3.0)), chi, air, wanted, 3.0), 3 * one)
    moles_per_m3 = air.weather.pressure_pa / (8.314462618 * air.weather.air_k)
    np.testing.assert_allclose(one[:, 0], 1e9 * chi / (28.010 * moles_per_m3), rtol=1e-6)


def test_gas_takes_its_time_to_arrive(make_world):
    world = make_world(n=600, dt_s=1.0, **NEUTRAL)
    air = world.atmosphere
    begin_s, distance_m = 200, 120.0
    rate = (np.arange(600) >= begin_s).astype(float)
    ppb = excess_ppb(plume(rate), np.ones(600), air, ("carbon_monoxide",), distance_m)[:, 0]
    first = np.flatnonzero(ppb)[0]
    expected_s = distance_m / air.mean_wind_m_s(SOURCE_M[2])[first]
    assert expected_s > 20.0
    assert abs(first - begin_s - expected_s) <= 2.0


@pytest.mark.parametrize("seed", range(5))
def test_without_a_source_there_is_no_excess(make_world, seed):
    state = make_world(seed=seed).state(0, 60)
    assert np.all(state.gas_excess_ppb(TRUTH_GASES, (0.0, 1.2, 9.3)) == 0.0)
    background = state.gas_ppb(TRUTH_GASES, (0.0, 1.2, 9.3))
    assert np.array_equal(background, state.gas_background_ppb(TRUTH_GASES))
    assert np.all(background >= 0.0)


def leak(component, power_w, n, fuel_g=60.0):
    power = np.full(n, power_w)
    return Forcing(
        heatings=(Heating(component, 0.4 * power), Heating(f"{component}_wood", 0.6 * power)),
        fuels=(WoodFuel(f"{component}_wood", fuel_g, 1.0),),
    )


def test_sources_of_one_world_add(make_world):
    """Two fires far enough apart in the network that neither warms the other."""
    n, at = 180, (3.0, 4.0, 10.0)
    excess = []
    for causes in (("crossarm_bolt",), ("neutral_bracket",), ("crossarm_bolt", "neutral_bracket")):
        world = make_world(n=n)
        for component in causes:
            world.add(leak(component, 250.0, n))
        total = sum(world.response(i).emission_g_s.sum() for i in range(len(causes)))
        assert total > 0.0
        excess.append(world.state(0, n).gas_excess_ppb(TRUTH_GASES, at))
    assert excess[0].max() > 0.0
    np.testing.assert_allclose(excess[2], excess[0] + excess[1], rtol=2e-2, atol=1e-6)


def test_every_fuel_of_a_cause_gives_off_gas(make_world):
    n = 180
    both = leak("crossarm_bolt", 250.0, n), leak("neutral_bracket", 250.0, n)
    together = Forcing(*(both[0].heatings + both[1].heatings, (), both[0].fuels + both[1].fuels))
    one, two = make_world(n=n), make_world(n=n)
    one.add(together)
    for cause in both:
        two.add(cause)
    at = (3.0, 4.0, 10.0)
    assert np.array_equal(*(w.state(0, n).gas_excess_ppb(("furfural",), at) for w in (one, two)))


def test_background_is_ambient_air(make_world):
    world = make_world(n=1440, dt_s=60.0)
    background = Background("rural", world.atmosphere, 7)
    mean = dict(zip(background.names, background.ppb.mean(axis=0), strict=True))
    assert 80.0 < mean["carbon_monoxide"] < 400.0
    assert 1800.0 < mean["methane"] < 2300.0
    assert 10.0 < mean["ozone"] < 90.0
    assert 0.1 < mean["formaldehyde"] < 10.0
    assert np.all(background.ppb >= 0.0)
    other = Background("suburban", world.atmosphere, 7)
    assert other.ppb.mean() != background.ppb.mean()
    assert not np.array_equal(Background("rural", world.atmosphere, 8).ppb, background.ppb)


def test_a_gas_nobody_emits_has_no_background(make_world):
    state = make_world().state(0, 60)
    assert np.all(state.gas_background_ppb(("guaiacol",)) >= 0.0)
    assert np.all(state.gas_background_ppb(("syringol",)) == 0.0)
