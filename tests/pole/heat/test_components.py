from dataclasses import replace

import numpy as np
import pytest

from envirosense.core.errors import UnknownNameError
from envirosense.core.units import STEFAN_BOLTZMANN_W_M2_K4, ZERO_CELSIUS_K
from envirosense.physics.thermal.heat import HeatDrive, equilibrium_k, film_w_k, natural_w_k125, solve_network
from envirosense.physics.thermal.insulator import leakage_w
from envirosense.physics.thermal.transformer import (
    POLE_25_KVA,
    final_top_oil_rise_k,
    heat_capacity_j_k,
    loss_w,
    wall_share,
    wetted_share,
)
from envirosense.pole.heat.component_nodes import (
    FITTINGS,
    TANK_BANDS,
    TANK_J_K,
    TANK_WALL_J_K,
)
from envirosense.pole.heat.components import build_components
from envirosense.pole.heat.heat_causes import GAS_LINK_SHARE
from envirosense.pole.scenarios.fire.heated_wood import WOOD_SHARE
from envirosense.pole.site import Site, draw_site

AIR_K = 293.15
BLACK_SKY_W_M2 = STEFAN_BOLTZMANN_W_M2_K4 * AIR_K**4  # a sky as warm as the air
CLEAR_NIGHT_W_M2 = 280.0  # clear sky over air of 10-20 degC
HOUR_STEPS, STEP_S = 360, 10.0
HEALTHY_OHM = 40e-6


@pytest.fixture(scope="module")
def components():
    return build_components(Site())


def drive(components, n_steps=1, **changes):
    """Still overcast night without load; `power` maps a component to its heat [W]."""
    n = len(components.names)
    values = {"air_k": AIR_K, "wind_m_s": 0.3, "sky_w_m2": BLACK_SKY_W_M2, "sun": 0.0, "current_a": 0.0}
    values |= {"resistance_ohm": HEALTHY_OHM, "power": {}, "wind_angle_factor": 1.0} | changes
    power_w = np.zeros((n_steps, n))
    for name, heat_w in values["power"].items():
        power_w[:, components.index(name)] += heat_w
    joints = len(components.joints)
    carried_a = np.array([1.0 if name.startswith("clamp_") else 0.0 for name in components.joints])
    return HeatDrive(
        air_k=np.full(n_steps, values["air_k"]),
        wind_m_s=np.full(n_steps, values["wind_m_s"]),
        sky_w_m2=np.full(n_steps, values["sky_w_m2"]),
        ground_k=np.full(n_steps, values["air_k"]),
        irradiance_w_m2=np.full((n_steps, n), values["sun"]),
        power_w=power_w,
        current_a=np.tile(values["current_a"] * carried_a, (n_steps, 1)),
        resistance_ohm=np.full((n_steps, joints), values["resistance_ohm"]),
        wire_a=np.tile(values["current_a"] * np.array([1.0, 1.0, 1.0, 0.0]), (n_steps, 1)),
        wind_angle_factor=np.full(n_steps, values["wind_angle_factor"]),
        link_share=np.full((n_steps, components.network.link_w_k.size), 1.0),
    )


def steady_k(components, **changes):
    found = equilibrium_k(
        components.network, drive(components, **changes), np.full(len(components.names), AIR_K)
    )
    return dict(zip(components.names, found, strict=True))


def hour_c(components, **changes):
    start_k = np.full(len(components.names), AIR_K)
    found = solve_network(components.network, drive(components, HOUR_STEPS, **changes), STEP_S, start_k)
    return dict(zip(components.names, found.T - ZERO_CELSIUS_K, strict=True))


def leak(power_w, name="crossarm_bolt"):
    """Leakage power as the scenario shares it between steel and wood."""
    return {name: (1 - WOOD_SHARE) * power_w, f"{name}_wood": WOOD_SHARE * power_w}


def test_names_are_unique_and_every_place_of_a_site_has_a_node(components):
    assert len(set(components.names)) == len(components.names) == len(components.nodes)
    assert set(Site().component_positions) <= set(components.names)
    assert {f"{name}_wood" for name in FITTINGS} <= set(components.names)
    assert components.joints[:3] == ("clamp_a", "clamp_b", "clamp_c")
    assert components.joints[3:] == ("cutout", "bushing_secondary")
    assert components.names[components.index("tank_oil")] == "tank_oil"


def test_an_unknown_component_suggests_the_nearest(components):
    with pytest.raises(UnknownNameError, match=r"component='clamp_d': .*did you mean 'clamp_"):
        components.index("clamp_d")
    with pytest.raises(UnknownNameError, match=r"fuel='crossarm_bolt': .*did you mean 'crossarm_bolt_wood'"):
        build_components(Site(), {"crossarm_bolt": 100.0})


def test_the_fuel_sets_the_heat_capacity_of_its_wood_only():
    light, heavy = (build_components(Site(), {"pole_top_bolt_wood": fuel_g}) for fuel_g in (50.0, 100.0))
    ratio = heavy.network.capacity_j_k / light.network.capacity_j_k
    expected = np.where(np.array(light.names) == "pole_top_bolt_wood", 2.0, 1.0)
    np.testing.assert_allclose(ratio, expected)


def test_nothing_warms_or_cools_in_surroundings_of_one_temperature(components):
    after = solve_network(
        components.network, drive(components, HOUR_STEPS), STEP_S, np.full(len(components.names), AIR_K)
    )
    np.testing.assert_allclose(after, AIR_K, atol=1e-9)


def test_all_heat_put_in_leaves_to_the_surroundings(components):
    net, acts = components.network, drive(components, power=leak(250.0))
    found = equilibrium_k(net, acts, np.full(len(components.names), AIR_K))
    excess_k = found - AIR_K
    film = np.maximum(film_w_k(net, acts)[0], natural_w_k125(net) * np.abs(excess_k) ** 0.25)
    radiated_w = STEFAN_BOLTZMANN_W_M2_K4 * net.emissivity * net.area_m2 * (found**4 - AIR_K**4)
    assert (film * excess_k + radiated_w).sum() == pytest.approx(250.0, rel=1e-6)


@pytest.mark.parametrize("wind_m_s", [0.3, 3.0])
def test_a_healthy_clamp_stays_near_the_air_at_night(components, wind_m_s):
    night = steady_k(components, wind_m_s=wind_m_s, sky_w_m2=CLEAR_NIGHT_W_M2, current_a=150.0)
    assert abs(night["clamp_a"] - AIR_K) < 5.0
    assert abs(night["clamp_a"] - night["conductor_a"]) < 1.0
    for name in ("pole_n", "crossarm_top", "tree_sunny", "insulator_a", "tank_top"):
        assert -9.0 < night[name] - AIR_K < 0.0, name


def test_a_loaded_wire_is_as_warm_as_the_standard_says():
    # V-TH-5 [IEEE738]: Linnet at 300 A, 0.61 m/s across, air 25 degC, emissivity 0.8, no sun: 36.6 degC
    components = build_components(Site(metal_emissivity=0.8))
    air_k = 25.0 + ZERO_CELSIUS_K
    sky_w_m2 = STEFAN_BOLTZMANN_W_M2_K4 * air_k**4
    found = steady_k(components, air_k=air_k, sky_w_m2=sky_w_m2, wind_m_s=0.61, current_a=300.0)
    # the network's film is Churchill-Bernstein's, the standard's its own: within a fifth of the rise
    assert found["conductor_a"] - air_k == pytest.approx(11.6, rel=0.2)


def test_strong_leakage_chars_wood_within_an_hour_and_weak_leakage_does_not(components):
    for name in FITTINGS:
        assert hour_c(components, power=leak(250.0, name))[f"{name}_wood"].max() > 250.0
        assert hour_c(components, power=leak(15.0, name))[f"{name}_wood"].max() < 120.0


def test_some_leaks_of_the_scenario_ignite_and_some_do_not(components):
    # ignition at 350 degC is censored in part of the episodes, and reached in part of them
    assert hour_c(components, power=leak(400.0))["crossarm_bolt_wood"].max() > 350.0
    assert hour_c(components, power=leak(100.0))["crossarm_bolt_wood"].max() < 350.0


def test_wood_follows_within_minutes(components):
    rise_k = hour_c(components, power=leak(100.0))["crossarm_bolt_wood"] - (AIR_K - ZERO_CELSIUS_K)
    to_63_percent_s = STEP_S * float(np.argmax(rise_k > 0.632 * rise_k[-1]))
    assert 100.0 < to_63_percent_s < 1800.0
    assert np.all(np.diff(rise_k) > -1e-6)


def test_more_wind_cools_what_is_hot(components):
    for name, changes in (
        ("crossarm_bolt_wood", {"power": leak(250.0)}),
        ("crossarm_bolt", {"power": leak(250.0)}),
        ("clamp_a", {"current_a": 300.0, "resistance_ohm": 1e-3}),
        ("conductor_a", {"current_a": 300.0}),
        ("tank_top", {"power": {"tank_oil": 420.0}}),
        ("pole_s", {"sun": 800.0}),
    ):
        hot_k = [steady_k(components, wind_m_s=wind, **changes)[name] for wind in (0.5, 1.0, 2.0, 4.0, 8.0)]
        assert np.all(np.diff(hot_k) < 0), name
        assert hot_k[-1] > AIR_K


def test_a_bad_clamp_is_as_hot_as_its_fins_allow(components):
    # V-TH-6: 200 A through 500 uohm is 20 W; 20.5 to 51 K over the conductor for films of 30 to 8 W/m2/K
    clamp = steady_k(components, current_a=200.0, resistance_ohm=5e-4, wind_m_s=1.0)
    assert 20.0 < clamp["clamp_a"] - clamp["conductor_a"] < 51.0


def test_heat_of_a_clamp_grows_with_the_square_of_the_current(components):
    rise_k = []
    for current_a in (100.0, 200.0):
        bad = steady_k(components, current_a=current_a, resistance_ohm=4e-4, wind_m_s=2.0)
        good = steady_k(components, current_a=current_a, wind_m_s=2.0)
        rise_k.append(bad["clamp_a"] - good["clamp_a"])
    assert 4.0 <= rise_k[1] / rise_k[0] < 5.0  # a little more than 4: resistance grows with temperature


def test_heat_stays_where_it_belongs(components):
    hot, cold = steady_k(components, power=leak(250.0)), steady_k(components)
    for name in ("clamp_a", "pole_top_bolt", "neutral_bracket_wood", "tank_oil", "ground"):
        assert hot[name] - cold[name] < 1.0, name


def test_sunlit_surfaces_warm_as_surfaces_do(components):
    noon = steady_k(components, sun=800.0, wind_m_s=2.0)
    rise_k = {name: value - AIR_K for name, value in noon.items()}
    assert 15.0 < rise_k["pole_s"] < 50.0  # dry wood, 200 W/m2 for an hour: 35 K [physics-power-camera 1.6]
    assert 2.0 < rise_k["conductor_a"] < 15.0  # V-TH-5: 6.2 K at 2 m/s and 1000 W/m2
    assert -3.0 < rise_k["tree_sunny"] < 15.0  # leaves: -3 to +15 K [physics-power-camera 1.6]
    assert rise_k["tree_sunny"] > rise_k["tree_shady"]
    assert 0.0 < rise_k["tank_top"] < 30.0  # sunlit side of a grey tank: 27 K [physics-power-camera 1.4]


def tank_rise_k(components, heat_w, wind_m_s=0.0):
    """Rise over air of top oil and the wall's bands from the foot, in balance."""
    found = steady_k(components, wind_m_s=wind_m_s, power={"tank_oil": heat_w})
    return found["tank_oil"] - AIR_K, np.array([found[name] - AIR_K for name in TANK_BANDS])


@pytest.mark.parametrize(
    ("load", "tolerance"), [(0.0, 0.15), (0.5, 0.08), (0.75, 0.04), (1.0, 0.01), (1.25, 0.03), (1.5, 0.04)]
)
def test_the_network_has_the_top_oil_rise_of_the_standard(components, load, tolerance):
    """In still air without sun, tuned at rated load [C57.91].

    The network's wall radiates in proportion to its rise, so its exponent is 0.87 where the standard's is
    0.8: it is 13 % low without load and 3 % high at one and a half times the rated load.
    """
    oil_k, _ = tank_rise_k(components, float(loss_w(POLE_25_KVA, load)))
    assert oil_k == pytest.approx(float(final_top_oil_rise_k(POLE_25_KVA, load)), rel=tolerance)


def test_the_wall_is_stratified_as_the_law_says(components):
    oil_k, bands_k = tank_rise_k(components, 420.0)
    expected = wall_share((np.arange(4) + 0.5) / 4)
    np.testing.assert_allclose(bands_k / oil_k, expected, atol=0.03)
    assert 2.0 < oil_k - bands_k[-1] < 10.0


def test_wind_cools_a_tank_below_its_rated_rise(components):
    rises_k = [tank_rise_k(components, 420.0, wind)[0] for wind in (0.0, 1.0, 3.0, 8.0)]
    assert np.all(np.diff(rises_k) < 0.0)
    assert 15.0 < rises_k[-1] < 30.0


def test_a_tank_warms_in_hours(components):
    """Time to 63 % of the final rise against the 4.1 h of the standard's capacity rule."""
    start_k = np.full(len(components.names), AIR_K)
    acts = drive(components, 2400, wind_m_s=0.0, power={"tank_oil": 420.0})
    oil_k = solve_network(components.network, acts, 60.0, start_k)[:, components.index("tank_oil")] - AIR_K
    to_63_percent_h = float(np.argmax(oil_k > 0.632 * oil_k[-1])) / 60.0
    assert to_63_percent_h == pytest.approx(4.1, rel=0.15)


def test_the_tanks_capacity_is_that_of_the_rule():
    inside = TANK_J_K + len(TANK_BANDS) * TANK_WALL_J_K
    assert inside == pytest.approx(heat_capacity_j_k(81.6, 45.4, 56.8), rel=0.01)  # 180 lb, 100 lb, 15 gal


def test_an_internal_fault_warms_oil_by_tens_of_kelvins_in_hours(components):
    """1 to 5 kW give 20 to 60 K in one to three hours [physics-power-camera 1.4]."""
    start_k = np.full(len(components.names), AIR_K)
    acts = drive(components, 60, power={"tank_oil": 1000.0})
    oil_k = solve_network(components.network, acts, 60.0, start_k)[-1, components.index("tank_oil")] - AIR_K
    assert 15.0 < oil_k < 35.0


def test_a_low_oil_level_shows_as_a_cold_band(components):
    acts = drive(components, power={"tank_oil": 420.0})
    level = acts.link_share.copy()
    for name, wet in zip(TANK_BANDS, wetted_share(0.55, 4), strict=True):
        level[:, components.link("tank_oil", name)] = max(float(wet), GAS_LINK_SHARE)
    start_k = np.full(len(components.names), AIR_K)
    found = equilibrium_k(components.network, replace(acts, link_share=level), start_k) - AIR_K
    foot, lower, upper, top = (found[components.index(name)] for name in TANK_BANDS)
    assert top < 5.0  # air + 5 K above the level [physics-power-camera 1.4]
    assert min(foot, lower, upper) > 20.0


@pytest.mark.parametrize(("leaking_a", "low_k", "high_k"), [(1e-3, 1.0, 4.0), (1e-2, 10.0, 35.0)])
def test_leakage_warms_an_insulator(components, leaking_a, low_k, high_k):
    """7.2 W give 1-3 K and 72 W 10-30 K, in a light wind [physics-power-camera 1.5]."""
    heat_w = float(leakage_w(7200.0, leaking_a))
    found = steady_k(components, wind_m_s=2.5, power={"insulator_b": heat_w})
    assert low_k < found["insulator_b"] - AIR_K < high_k


def test_a_failing_arrester_is_hotter_than_its_neighbours(components):
    """20-50 W give 5-30 K over the neighbours [physics-power-camera 1.5]."""
    for heat_w, wind_m_s in ((20.0, 2.0), (50.0, 2.0), (20.0, 0.5)):
        found = steady_k(components, wind_m_s=wind_m_s, power={"arrester_b": heat_w})
        assert 5.0 < found["arrester_b"] - found["arrester_a"] < 30.0


def test_wires_resist_more_when_hot(components):
    """R(T) of [IEEE738]: 60 K over 20 degC a wire makes 27 % more heat: more than as I squared."""
    mild, strong = (
        steady_k(components, current_a=a, wind_m_s=1.0)["conductor_a"] - AIR_K for a in (200.0, 600.0)
    )
    assert 9.0 * 1.05 < strong / mild < 9.0 * 1.4


def test_wind_along_the_line_cools_it_less(components):
    across, along = (
        steady_k(components, current_a=400.0, wind_m_s=2.0, wind_angle_factor=f) for f in (1.0, 0.388)
    )
    ratio = (along["conductor_a"] - AIR_K) / (across["conductor_a"] - AIR_K)
    assert 1.4 < ratio < 1.0 / 0.388  # radiation does not care
    assert along["pole_s"] == pytest.approx(across["pole_s"], abs=0.05)


@pytest.mark.parametrize(
    ("name", "ohm", "current_a"), [("cutout", 5e-3, 60.0), ("bushing_secondary", 2e-3, 100.0)]
)
def test_a_bad_contact_of_cutout_or_bushing_is_hot(components, name, ohm, current_a):
    acts = drive(components, wind_m_s=1.0)
    place = components.joints.index(name)
    current, resistance = acts.current_a.copy(), acts.resistance_ohm.copy()
    current[:, place], resistance[:, place] = current_a, ohm
    acts = replace(acts, current_a=current, resistance_ohm=resistance)
    found = equilibrium_k(components.network, acts, np.full(len(components.names), AIR_K))
    assert 10.0 < found[components.index(name)] - AIR_K < 90.0


@pytest.mark.parametrize("index", range(5))
def test_every_site_has_a_sane_network(index):
    components = build_components(draw_site(3, index))
    found = steady_k(components, sun=600.0, current_a=200.0, wind_m_s=1.5)
    assert all(-5.0 < value - AIR_K < 70.0 for value in found.values())
    assert components.names == build_components(Site()).names


def test_halving_the_step_changes_nothing(components):
    start_k = np.full(len(components.names), AIR_K)
    coarse = solve_network(components.network, drive(components, 360, power=leak(250.0)), 10.0, start_k)
    fine = solve_network(components.network, drive(components, 720, power=leak(250.0)), 5.0, start_k)
    assert np.abs(fine[1::2] - coarse).max() < 0.1
