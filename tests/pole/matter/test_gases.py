from dataclasses import replace

import numpy as np
import pytest

from envirosense.physics.air.airflow import sigma_theta_rad, turbulence_sigmas_m_s
from envirosense.physics.gas.dispersion import mean_chi_s_m3, plume_spread
from envirosense.pole.fields.inputs import WorldInputs
from envirosense.pole.matter.gases import Background, GasField
from envirosense.pole.matter.plumes import wake_size_m
from envirosense.pole.world_streams import TRUTH_GASES
from envirosense.scenarios import AirMass, Emission, Forcing, Heating, WeatherChange, WoodFuel

SOURCE_M = (4.0, 0.0, 9.0)
SIZE_M = 0.25
NEUTRAL = {"wind_m_s": 4.0, "ghi_w_m2": 80.0}
CO = ("carbon_monoxide",)


def still(air):
    """The same air without eddies: the plume stays on its mean axis."""
    return replace(air, turbulence=replace(air.turbulence, parent=np.zeros((air.grid.n, 3))))


def steady(air, from_deg):
    """The same air with a wind that never turns."""
    turned = np.full(air.grid.n, np.radians(from_deg))
    weather = replace(air.weather, wind_from_rad=turned)
    return replace(air, weather=weather, swing_rad=np.zeros(air.grid.n))


def emission(n, name="spot", at=SOURCE_M, gas=None, **more):
    rates = {"carbon_monoxide": np.ones(n)} if gas is None else gas
    return Emission(name, at, rates, size_m=SIZE_M, **more)


def field(world, air, *emissions, forcings=()):
    inputs = WorldInputs(world.site, air, np.zeros(air.grid.n), forcings, world.world_seed)
    return GasField(inputs, emissions)


def beside(source, east, north, up=None):
    return source[0] + east, source[1] + north, source[2] if up is None else up


@pytest.mark.parametrize("from_deg", [0.0, 90.0, 180.0, 217.0, 270.0])
def test_gas_arrives_downwind_and_nowhere_else(make_world, from_deg):
    world = make_world(**NEUTRAL)
    air = still(steady(world.atmosphere, from_deg))
    flow = -np.array([np.sin(np.radians(from_deg)), np.cos(np.radians(from_deg))])
    aside = np.array([-flow[1], flow[0]])
    gases = field(world, air, emission(air.grid.n))
    down, up, left, right = (
        gases.chi_s_m3(0, beside(SOURCE_M, *(5.0 * way))).mean()
        for way in (flow, -flow, flow + 0.2 * aside, flow - 0.2 * aside)
    )
    assert up == 0.0
    assert down > 0.1
    assert left > 0.0
    assert right > 0.0


def test_an_eddy_to_the_left_carries_the_plume_to_the_left(make_world):
    """Left of the flow: positive in the wind's second component, for the plume as for the anemometer."""
    world = make_world(**NEUTRAL)
    air = steady(world.atmosphere, 180.0)  # blows north, left is west
    to_left = np.zeros((air.grid.n, 3)) + np.array([0.0, 1.0, 0.0])
    gust = replace(air.turbulence, parent=to_left, fluctuation_m_s=to_left)
    blown = replace(air, turbulence=gust)
    gases = field(world, blown, emission(air.grid.n))
    west, east = (gases.chi_s_m3(0, beside(SOURCE_M, x, 5.0)).mean() for x in (-0.5, 0.5))
    assert west > east
    assert np.all(blown.wind_vector_m_s(air.height_m)[:, 0] < -0.5)


def test_a_warm_source_lifts_its_plume(make_world):
    world = make_world(**NEUTRAL)
    air = still(steady(world.atmosphere, 180.0))
    hot = field(world, air, emission(air.grid.n, heat_w=np.full(air.grid.n, 20e3)))
    below, above = (hot.chi_s_m3(0, beside(SOURCE_M, 0.0, 5.0, z)).mean() for z in (8.0, 10.0))
    assert above > below


def test_the_mean_of_the_fluctuating_plume_is_the_steady_plume(make_world):
    """V7 in the world's wiring: sixteen hours at 1 s, error from blocks of twenty minutes (n = 48)."""
    world = make_world(n=57_600, dt_s=1.0, **NEUTRAL)
    air = steady(world.atmosphere, 180.0)
    at = beside(SOURCE_M, 1.0, 15.0, 8.5)
    chi = field(world, air, emission(air.grid.n)).chi_s_m3(0, at)
    s, wind = air.stability, air.mean_wind_m_s(SOURCE_M[2])
    sigma_v = turbulence_sigmas_m_s(s.friction_velocity_m_s, s.inv_obukhov_per_m, SOURCE_M[2]).v
    spread = plume_spread(
        15.0, SOURCE_M[2], s.friction_velocity_m_s, s.inv_obukhov_per_m, air.roughness_m,
        sigma_theta_rad(sigma_v, wind), SIZE_M,
    )  # fmt: skip
    mean = mean_chi_s_m3(1.0, at[2], SOURCE_M[2], spread)
    ratio = (chi / mean).reshape(48, -1).mean(axis=1)
    assert abs(ratio.mean() - 1.0) < 5 * ratio.std(ddof=1) / np.sqrt(48)
    assert ratio.std(ddof=1) / np.sqrt(48) < 0.05


def test_plumes_are_linear_in_what_leaves_and_add(make_world):
    world = make_world(**NEUTRAL)
    air = steady(world.atmosphere, 180.0)
    n, at = air.grid.n, beside(SOURCE_M, 0.0, 6.0)
    one = emission(n, "one")
    other = emission(n, "other", gas={"carbon_monoxide": 3.0 * np.ones(n), "furfural": np.ones(n)})
    wanted = ("carbon_monoxide", "furfural", "methane")
    alone, more, both = (
        field(world, air, *e).excess_ppb(wanted, at) for e in ((one,), (other,), (one, other))
    )
    np.testing.assert_allclose(both, alone + more)
    assert np.all(alone[:, 1:] == 0.0)
    tripled = field(world, air, emission(n, "one", gas={"carbon_monoxide": 3.0 * np.ones(n)}))
    np.testing.assert_allclose(tripled.excess_ppb(wanted, at), 3.0 * alone)
    moles_per_m3 = air.weather.pressure_pa / (8.314462618 * air.weather.air_k)
    chi = field(world, air, one).chi_s_m3(0, at)
    np.testing.assert_allclose(alone[:, 0], 1e9 * chi / (28.010 * moles_per_m3), rtol=1e-6)


def test_gas_and_particles_of_one_source_share_its_plume(make_world):
    world = make_world(**NEUTRAL)
    air = steady(world.atmosphere, 180.0)
    n, at = air.grid.n, beside(SOURCE_M, 0.5, 6.0)
    gases = field(world, air, emission(n, particle_g_s={"smoke": 0.01 * np.ones(n)}))
    np.testing.assert_allclose(gases.particle_excess_ug_m3(at)["smoke"], 1e4 * gases.chi_s_m3(0, at))


def test_nobody_moves_anothers_draws(make_world):
    """Neither another source nor the order of questions changes what a source does."""
    world = make_world(**NEUTRAL)
    air, n = world.atmosphere, world.atmosphere.grid.n
    here, there = beside(SOURCE_M, 2.0, -5.0), beside(SOURCE_M, -3.0, 4.0)
    one = field(world, air, emission(n, "one"))
    two = field(world, air, emission(n, "zero", at=(0.0, 9.0, 2.0)), emission(n, "one"))
    first, second = one.chi_s_m3(0, here), one.chi_s_m3(0, there)
    assert np.array_equal(two.chi_s_m3(1, there), second)
    assert np.array_equal(two.chi_s_m3(1, here), first)


@pytest.mark.parametrize("pulsed", [False, True])
def test_gas_takes_its_time_to_arrive(make_world, pulsed):
    """A step of the source is unsteady over this journey, so puffs carry it; a slow ramp stays a plume."""
    world = make_world(n=900, dt_s=1.0, **NEUTRAL)
    air = still(steady(world.atmosphere, 180.0))
    begin_s, distance_m = 300, 120.0
    rate = (np.arange(900) >= begin_s).astype(float) if pulsed else np.linspace(0.0, 1.0, 900)
    gases = field(world, air, emission(900, gas={"carbon_monoxide": rate}))
    at = beside(SOURCE_M, 0.0, distance_m)
    assert gases.tier(0, at)[0] == ("puffs" if pulsed else "plume")
    share = gases.excess_ppb(CO, at)[:, 0] / np.maximum(
        gases.chi_s_m3(0, at) * 1e9 / (28.010 * air.weather.pressure_pa / (8.314462618 * air.weather.air_k)),
        1e-30,
    )
    travel_s = distance_m / air.mean_wind_m_s(SOURCE_M[2]).mean()
    if pulsed:
        assert begin_s + 0.6 * travel_s < np.argmax(share > 0.5) < begin_s + 1.4 * travel_s
        assert np.all(share[:begin_s] == 0.0)
    else:
        np.testing.assert_allclose(900.0 * (rate - share)[100:], travel_s, rtol=0.2)


def test_nitric_oxide_turns_into_dioxide_and_uses_up_ozone(make_world):
    world = make_world(n=300, dt_s=1.0, wind_m_s=4.0, ghi_w_m2=0.0)
    air = steady(world.atmosphere, 180.0)
    names, at = ("nitric_oxide", "nitrogen_dioxide", "ozone"), beside(SOURCE_M, 0.0, 60.0)
    gases = field(world, air, emission(300, gas={"nitric_oxide": np.full(300, 0.05)}))
    excess = gases.excess_ppb(names, at)
    total = excess + gases.background_ppb(names)
    assert excess[:, 1].mean() > 0.01 * excess[:, 0].mean() > 0.0
    np.testing.assert_allclose(excess[:, 1], -excess[:, 2], atol=1e-9)
    assert np.all(total >= -1e-9)
    np.testing.assert_array_equal(gases.excess_ppb(("ozone",), at)[:, 0], excess[:, 2])


def test_air_from_far_away_joins_the_background(make_world):
    world = make_world(**NEUTRAL)
    n = world.atmosphere.grid.n
    mass = AirMass("smoke", {"carbon_monoxide": np.full(n, 200.0), "guaiacol": np.full(n, 0.1)})
    clean = field(world, world.atmosphere)
    hazy = field(world, world.atmosphere, forcings=(Forcing(air_masses=(mass,)),))
    wanted = ("carbon_monoxide", "guaiacol", "ozone")
    np.testing.assert_allclose(
        hazy.background_ppb(wanted) - clean.background_ppb(wanted),
        np.tile([200.0, 0.1, 0.0], (n, 1)),
        atol=1e-9,
    )


def test_the_wake_takes_up_what_is_released_beside_the_pole():
    assert wake_size_m((0.0, 0.3, 8.0), 0.1, 0.26, 12.0) > 0.1
    assert wake_size_m((0.0, 0.8, 8.0), 0.1, 0.26, 12.0) == 0.1
    assert wake_size_m((0.0, 0.0, 12.5), 0.1, 0.26, 12.0) == 0.1
    assert wake_size_m((0.0, 0.0, 8.0), 0.0, 0.26, 12.0) == 0.13


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
    together = Forcing(heatings=both[0].heatings + both[1].heatings, fuels=both[0].fuels + both[1].fuels)
    one, two = make_world(n=n), make_world(n=n)
    one.add(together)
    for cause in both:
        two.add(cause)
    at = (3.0, 4.0, 10.0)
    assert np.array_equal(*(w.state(0, n).gas_excess_ppb(("furfural",), at) for w in (one, two)))


def test_background_is_ambient_air(make_world):
    world = make_world(n=1440, dt_s=60.0)
    background = Background("rural", world.atmosphere, 7)
    ppb = background.of(background.names)
    mean = dict(zip(background.names, ppb.mean(axis=0), strict=True))
    assert 80.0 < mean["carbon_monoxide"] < 400.0
    assert 1800.0 < mean["methane"] < 2300.0
    assert 10.0 < mean["ozone"] < 90.0
    assert 0.1 < mean["formaldehyde"] < 10.0
    assert np.all(ppb >= 0.0)
    other = Background("suburban", world.atmosphere, 7)
    assert other.of(other.names).mean() != ppb.mean()
    assert not np.array_equal(Background("rural", world.atmosphere, 8).of(background.names), ppb)


def test_a_gas_nobody_emits_has_no_background(make_world):
    state = make_world().state(0, 60)
    assert np.all(state.gas_background_ppb(("guaiacol",)) >= 0.0)
    assert np.all(state.gas_background_ppb(("syringol",)) == 0.0)


def test_ambient_gas_is_shared_only_where_no_cause_changes_the_air(make_world):
    n, mass = 60, AirMass("city", {"carbon_monoxide": np.full(60, 10.0)})
    change = WeatherChange(wind_factor=np.linspace(1.0, 3.0, n))
    causes = (Heating("crossarm_bolt", np.full(n, 5.0)), mass, change)
    shared = []
    for name, cause in zip(("heatings", "air_masses", "weather"), causes, strict=True):
        world = make_world(n=n)
        world.add(Forcing(**{name: (cause,)}))
        shared.append(world.settled.background is world.undisturbed.background)
    assert shared == [True, False, False]
