from dataclasses import fields, replace

import numpy as np
import pytest
from scipy.optimize import brentq

from envirosense.core.units import STEFAN_BOLTZMANN_W_M2_K4
from envirosense.physics.thermal.convection import cylinder_film_w_m2_k
from envirosense.physics.thermal.heat import (
    HeatDrive,
    HeatNetwork,
    absorbed_w,
    equilibrium_k,
    fin_film_w_m2_k,
    part_of,
    slab,
    solve_network,
)
from envirosense.physics.thermal.heat_kernels import elimination_plan
from envirosense.physics.thermal.joint import fin_conductance_w_k

# conductivity [W/m/K], volumetric capacity [J/m3/K], rise after 200 W/m2 for 1 h [K]: V-TH-11
MATERIALS = {
    "dry wood": (0.15, 1.0e6, 34.96),
    "moist wood": (0.25, 1.6e6, 21.41),
    "dry soil": (0.5, 1.6e6, 15.14),
    "wet soil": (1.5, 2.9e6, 6.49),
    "concrete": (1.4, 2.0e6, 8.09),
    "porcelain": (1.5, 2.1e6, 7.63),
}


def network(n, links=(), joints=(), wires=(), **changes):
    """n equal nodes without contact to anything; links are (a, b, W/K), joints (node, fin), wires nodes."""
    a, b, conductance = zip(*links, strict=True) if links else ((), (), ())
    joint_node, fin_node = zip(*joints, strict=True) if joints else ((), ())
    parts = {
        "names": tuple(f"node{i}" for i in range(n)),
        "capacity_j_k": np.full(n, 1000.0),
        "fixed": np.zeros(n, dtype=bool),
        "link_a": np.array(a, dtype=np.int64),
        "link_b": np.array(b, dtype=np.int64),
        "link_w_k": np.array(conductance, dtype=float),
        "joint_node": np.array(joint_node, dtype=np.int64),
        "fin_node": np.array(fin_node, dtype=np.int64),
        "fin_diameter_m": np.full(len(joints), 18.3e-3),
        "fin_area_m2": np.full(len(joints), 1.7e-4),
        "fin_conductivity": np.full(len(joints), 237.0),
        "wire_node": np.array(wires, dtype=np.int64),
        "wire_ohm": np.full(len(wires), 1.0e-3),
        "wire_slope_per_k": np.full(len(wires), 0.00457),
    }
    for name in ("area_m2", "emissivity", "absorptivity", "sun_area_m2", "sky_view", "diameter_m"):
        parts[name] = np.zeros(n)
    return HeatNetwork(**(parts | changes))


def drive(net, n_time, **changes):
    """Still mild weather without sun, power or current; arguments replace whole columns."""
    shape, joints = (n_time, len(net.names)), (n_time, net.joint_node.size)
    parts = {
        "air_k": 290.0,
        "wind_m_s": 2.0,
        "sky_w_m2": 300.0,
        "ground_k": 288.0,
        "irradiance_w_m2": 0.0,
        "power_w": 0.0,
        "current_a": 0.0,
        "resistance_ohm": 1e-4,
        "wire_a": 0.0,
        "wind_angle_factor": 1.0,
        "link_share": 1.0,
    } | changes
    wide = dict.fromkeys(("irradiance_w_m2", "power_w"), shape)
    wide |= {"wire_a": (n_time, net.wire_node.size), "link_share": (n_time, net.link_w_k.size)}
    wide |= dict.fromkeys(("current_a", "resistance_ohm"), joints)
    return HeatDrive(
        **{k: np.array(np.broadcast_to(v, wide.get(k, (n_time,))), dtype=float) for k, v in parts.items()}
    )


def pole(n_branches=3):
    """Conductors, joints and faces linked to a fixed core, each exchanging with its surroundings."""
    n = 4 * n_branches + 1
    rng = np.random.default_rng(5)
    links = [(4 * i + j, 4 * i + j + 1, 0.3) for i in range(n_branches) for j in (0, 2)]
    links += [(4 * i + 3, n - 1, 0.2) for i in range(n_branches)]
    links += [(4 * i + 2, (4 * i + 6) % (n - 1), 0.05) for i in range(n_branches)]
    return network(
        n,
        links,
        [(4 * i, 4 * i + 1) for i in range(n_branches)],
        capacity_j_k=10 ** rng.uniform(1.5, 4.5, n),
        area_m2=rng.uniform(0.01, 0.3, n),
        emissivity=rng.uniform(0.5, 0.95, n),
        absorptivity=rng.uniform(0.4, 0.9, n),
        sun_area_m2=rng.uniform(0.005, 0.1, n),
        sky_view=rng.uniform(0.1, 0.9, n),
        diameter_m=np.tile([0.02, 0.02, 0.25, 0.0], n_branches + 1)[:n],
        fixed=np.arange(n) == n - 1,
    )


def weather(net, n_time, step_s):
    """Gusts, a passing cloud and a load step as means over each step, from closed-form integrals."""
    edge_s = step_s * np.arange(n_time + 1)

    def mean(antiderivative):
        return np.diff(antiderivative(edge_s)) / step_s

    wave = mean(lambda t: -np.cos(t / 80.0) * 80.0)
    slow = mean(lambda t: np.sin(t / 300.0) * 300.0)
    return drive(
        net,
        n_time,
        wind_m_s=3.0 + 1.0 * wave,
        air_k=290.0 + 3.0 * slow,
        irradiance_w_m2=(400.0 + 300.0 * wave)[:, None],
        current_a=300.0,
        resistance_ohm=4e-4,
    )


def test_lone_node_relaxes_exponentially():
    net = network(1, area_m2=np.array([0.5]))
    film_w_k = 0.5 * (5.7 + 3.8 * 2.0)
    found = solve_network(net, drive(net, 360), 1.0, np.array([350.0]))[:, 0]
    exact = 290.0 + 60.0 * np.exp(-film_w_k / 1000.0 * np.arange(1, 361))
    np.testing.assert_allclose(found, exact, atol=2e-3)


def test_step_converges_with_second_order():
    net = pole()
    start_k = np.full(len(net.names), 290.0)
    finals = [  # steps below the fastest node's time constant of about 8 s
        solve_network(net, weather(net, round(960 / step_s), step_s), step_s, start_k)[-1]
        for step_s in (2.0, 1.0, 0.5)
    ]
    order = np.log2(np.linalg.norm(finals[0] - finals[1]) / np.linalg.norm(finals[1] - finals[2]))
    assert order == pytest.approx(2.0, abs=0.15)


def test_ten_second_steps_are_close_to_one_second_steps():
    net = pole()
    start_k = equilibrium_k(net, weather(net, 1, 10.0), np.full(len(net.names), 290.0))
    coarse = solve_network(net, weather(net, 96, 10.0), 10.0, start_k)
    fine = solve_network(net, weather(net, 960, 1.0), 1.0, start_k)[9::10]
    assert np.abs(coarse - fine).max() < 0.15


def test_links_conserve_heat_to_rounding():
    net = network(
        4, [(0, 1, 5.0), (1, 2, 0.7), (2, 0, 1.3), (2, 3, 40.0)], capacity_j_k=np.array([50.0, 800, 3, 9e3])
    )
    power_w = np.array([40.0, -5.0, 0.0, 2.0])
    start_k = np.array([280.0, 300.0, 350.0, 290.0])
    found = solve_network(net, drive(net, 50, power_w=power_w), 10.0, start_k)
    stored_j = found @ net.capacity_j_k - start_k @ net.capacity_j_k
    np.testing.assert_allclose(stored_j, 37.0 * 10.0 * np.arange(1, 51), rtol=1e-9)


def test_energy_balance_closes_with_the_order_of_the_scheme():
    net = replace(pole(), fixed=np.zeros(13, dtype=bool), diameter_m=np.zeros(13))
    start_k = np.full(13, 320.0)
    residuals = []
    for step_s in (4.0, 2.0):
        acting = drive(net, round(400 / step_s), irradiance_w_m2=500.0)
        path_k = np.vstack([start_k, solve_network(net, acting, step_s, start_k)])
        lost_w = STEFAN_BOLTZMANN_W_M2_K4 * net.emissivity * net.area_m2 * path_k**4
        lost_w += (5.7 + 3.8 * 2.0) * net.area_m2 * (path_k - 290.0)
        gained_w = absorbed_w(net, acting)[0].sum() - lost_w.sum(axis=1)
        gained_j = step_s * (gained_w.sum() - 0.5 * (gained_w[0] + gained_w[-1]))  # trapezoid rule
        stored_j = float((path_k[-1] - start_k) @ net.capacity_j_k)
        residuals.append(abs(stored_j - gained_j) / abs(stored_j))
    assert residuals[0] < 2e-3
    assert np.log2(residuals[0] / residuals[1]) == pytest.approx(2.0, abs=0.4)


def test_blocks_give_the_bits_of_one_call():
    net = pole()
    acting = weather(net, 60, 10.0)
    start_k = np.full(len(net.names), 285.0)
    whole = solve_network(net, acting, 10.0, start_k)
    for length in (1, 7, 60):
        carry, pieces = start_k, []
        for first in range(0, 60, length):
            pieces.append(solve_network(net, acting.rows(first, first + length), 10.0, carry))
            carry = pieces[-1][-1]
        np.testing.assert_array_equal(np.vstack(pieces), whole)


@pytest.mark.parametrize("step_s", [10.0, 60.0, 3600.0])
def test_tiny_nodes_and_long_steps_stay_stable(step_s):
    net = network(
        3,
        [(0, 1, 1e3), (1, 2, 1e-3)],
        [(0, 1)],
        capacity_j_k=np.array([1e-6, 1e-3, 1e5]),
        area_m2=np.array([0.01, 0.02, 1.0]),
        emissivity=np.full(3, 0.8),
        diameter_m=np.array([0.001, 0.02, 0.0]),
    )
    acting = drive(net, 200, current_a=400.0, wind_m_s=1.0)
    settled_k = equilibrium_k(net, acting, np.full(3, 290.0))
    found = solve_network(net, acting, step_s, np.full(3, 290.0))
    assert found.min() > 270.0
    # 4 % overshoot of the jump is the bound of the extrapolated step
    assert (found[:, :2].max(axis=0) - 290.0 < 1.05 * (settled_k[:2] - 290.0)).all()
    np.testing.assert_allclose(found[-1, :2], settled_k[:2], atol=0.05)


def test_runaway_joint_stays_finite():
    net = network(2, (), [(0, 1)], area_m2=np.array([0.001, 0.1]), diameter_m=np.array([0.02, 0.02]))
    acting = drive(net, 300, current_a=900.0, resistance_ohm=5e-3, wind_m_s=0.1)
    found = solve_network(net, acting, 60.0, np.full(2, 290.0))
    assert np.isfinite(found).all()
    assert found[-1, 0] > 933.0  # past melting, where the scenario must open or re-form the contact


def test_fixed_node_keeps_its_temperature_and_feeds_its_neighbour():
    net = network(2, [(0, 1, 3.0)], fixed=np.array([True, False]), capacity_j_k=np.array([1.0, 300.0]))
    found = solve_network(net, drive(net, 60), 10.0, np.array([310.0, 290.0]))
    np.testing.assert_array_equal(found[:, 0], 310.0)
    exact = 310.0 - 20.0 * np.exp(-3.0 / 300.0 * 10.0 * np.arange(1, 61))
    np.testing.assert_allclose(found[:, 1], exact, atol=0.02)


@pytest.mark.parametrize("wind_m_s", [0.0, 0.61, 5.0])
def test_equilibrium_of_a_conductor_equals_its_scalar_balance(wind_m_s):
    area_m2, emissivity, diameter_m = np.pi * 0.0183, 0.8, 0.0183
    net = network(
        1,
        area_m2=np.array([area_m2]),
        emissivity=np.array([emissivity]),
        absorptivity=np.array([0.8]),
        sun_area_m2=np.array([diameter_m]),
        sky_view=np.array([0.5]),
        diameter_m=np.array([diameter_m]),
    )
    acting = drive(net, 1, wind_m_s=wind_m_s, irradiance_w_m2=800.0, power_w=35.0)

    def surplus_w(node_k):
        film = cylinder_film_w_m2_k(diameter_m, wind_m_s, 290.0, node_k - 290.0)
        around_w_m2 = 0.5 * 300.0 + 0.5 * STEFAN_BOLTZMANN_W_M2_K4 * 288.0**4
        radiated = emissivity * area_m2 * (STEFAN_BOLTZMANN_W_M2_K4 * node_k**4 - around_w_m2)
        return 35.0 + 0.8 * diameter_m * 800.0 - radiated - film * area_m2 * (node_k - 290.0)

    expected_k = brentq(surplus_w, 250.0, 600.0, xtol=1e-10)
    assert equilibrium_k(net, acting, np.array([290.0]))[0] == pytest.approx(expected_k, abs=1e-6)


@pytest.mark.parametrize(("current_a", "resistance_ohm"), [(200.0, 1e-4), (200.0, 1e-3), (400.0, 5e-4)])
def test_joint_rise_equals_the_closed_form(current_a, resistance_ohm):  # law of V-TH-6 with all its terms
    net = network(
        2,
        (),
        [(0, 1)],
        area_m2=np.array([0.015, 0.0]),
        emissivity=np.array([0.0, 0.8]),
        fixed=np.array([False, True]),
    )
    acting = drive(net, 1, current_a=current_a, resistance_ohm=resistance_ohm, air_k=293.15)
    total = 0.015 * (5.7 + 3.8 * 2.0)
    total += fin_conductance_w_k(fin_film_w_m2_k(net, acting)[0, 0], 18.3e-3, 237.0, 1.7e-4)
    heat_w = current_a**2 * resistance_ohm
    rise_k = equilibrium_k(net, acting, np.full(2, 293.15))[0] - 293.15
    assert rise_k == pytest.approx(heat_w / (total - 0.0039 * heat_w), rel=1e-6)


@pytest.mark.parametrize("material", MATERIALS)
def test_slab_surface_rises_like_a_half_space(material):  # V-TH-11
    conductivity, capacity, expected_k = MATERIALS[material]
    spacing_m = 0.002 * 1.12 ** np.arange(36)
    capacity_j_k, link_w_k = slab(spacing_m, conductivity, capacity, 1.0)
    n = capacity_j_k.size
    links = list(zip(range(n - 1), range(1, n), link_w_k, strict=True))
    net = network(n, links, capacity_j_k=capacity_j_k)
    power_w = np.zeros(n)
    power_w[0] = 200.0
    found = solve_network(net, drive(net, 360, power_w=power_w), 10.0, np.full(n, 290.0))
    assert found[-1, 0] - 290.0 == pytest.approx(expected_k, rel=0.01)


@pytest.mark.parametrize(
    ("flux_kw_m2", "expected_s"), [(2.0, 1296.0), (5.0, 207.0), (10.0, 52.0), (25.0, 8.3)]
)
def test_wood_goes_from_20_to_250_c_on_time(flux_kw_m2, expected_s):  # V10
    depth_m = np.sqrt(0.15 / (520.0 * 1600.0) * expected_s)
    spacing_m = 0.05 * depth_m * 1.15 ** np.arange(30)
    capacity_j_k, link_w_k = slab(spacing_m, 0.15, 520.0 * 1600.0, 0.01)
    n = capacity_j_k.size
    net = network(n, list(zip(range(n - 1), range(1, n), link_w_k, strict=True)), capacity_j_k=capacity_j_k)
    power_w = np.zeros(n)
    power_w[0] = flux_kw_m2 * 1e3 * 0.01
    step_s = expected_s / 200.0
    surface_k = solve_network(net, drive(net, 300, power_w=power_w), step_s, np.full(n, 293.15))[:, 0]
    assert np.interp(523.15, surface_k, step_s * np.arange(1, 301)) == pytest.approx(expected_s, rel=0.015)


def test_flux_with_loss_settles_at_flux_over_film():  # V10: 5 kW/m2 and h = 25 give +200 K
    net = network(1, area_m2=np.array([1.0]))
    acting = drive(net, 1, power_w=5000.0, wind_m_s=(25.0 - 5.7) / 3.8)
    assert equilibrium_k(net, acting, np.array([290.0]))[0] == pytest.approx(490.0, abs=1e-6)


def test_elimination_of_a_tree_makes_no_fill():
    star_a, star_b = np.zeros(6, dtype=np.int64), np.arange(1, 7)
    order, _, n_later = elimination_plan(7, star_a, star_b)
    assert n_later.sum() == 6
    assert sorted(order) == list(range(7))


def test_network_with_a_wrong_shape_or_no_capacity_is_refused():
    with pytest.raises(ValueError, match="area_m2"):
        network(2, area_m2=np.zeros(3))
    with pytest.raises(ValueError, match="capacity_j_k"):
        network(1, capacity_j_k=np.zeros(1))


def test_all_heat_of_a_closed_system_is_stored():
    """Powers, currents of joints and wires, and links that open and close; nothing meets the air."""
    net = network(
        4,
        [(0, 1, 5.0), (1, 2, 0.7), (2, 3, 40.0)],
        wires=(1, 3),
        capacity_j_k=np.array([500.0, 800, 300, 9e3]),
        wire_slope_per_k=np.zeros(2),
    )
    share = 0.5 + 0.5 * np.sign(np.sin(np.arange(80.0)))[:, None]
    acts = drive(net, 80, power_w=np.array([40.0, -5.0, 0.0, 2.0]), wire_a=[100.0, 50.0], link_share=share)
    start_k = np.array([280.0, 300.0, 350.0, 290.0])
    stored_j = (solve_network(net, acts, 10.0, start_k) - start_k) @ net.capacity_j_k
    heat_w = 37.0 + 1e-3 * (100.0**2 + 50.0**2)
    np.testing.assert_allclose(stored_j, heat_w * 10.0 * np.arange(1, 81), rtol=1e-9)


def test_a_closed_link_conducts_nothing():
    net = network(2, [(0, 1, 5.0)])
    found = solve_network(net, drive(net, 20, link_share=0.0), 10.0, np.array([300.0, 350.0]))
    np.testing.assert_array_equal(found, np.tile([300.0, 350.0], (20, 1)))


@pytest.mark.parametrize("factor", [1.0, 0.388])
def test_a_wire_settles_where_its_hot_resistance_balances_the_film(factor):
    """I^2 R (1 + s (T - 293.15)) = k h A (T - Ta), closed form; wind enters the film through its angle."""
    diameter_m, area_m2 = 0.0183, 6.0 * np.pi * 0.0183
    net = network(1, wires=(0,), area_m2=np.array([area_m2]), diameter_m=np.array([diameter_m]))
    acts = drive(net, 1, wire_a=400.0, air_k=293.15, wind_m_s=2.0, wind_angle_factor=factor)
    film_w_k = factor * area_m2 * cylinder_film_w_m2_k(diameter_m, 2.0, 293.15)
    heat_w = 400.0**2 * 1e-3
    rise_k = equilibrium_k(net, acts, np.array([293.15]))[0] - 293.15
    assert rise_k == pytest.approx(heat_w / (film_w_k - 0.00457 * heat_w), rel=1e-6)


def test_a_part_without_inflow_has_the_temperatures_of_the_whole():
    net = pole()
    nodes = np.array([3, 12])  # a face and the fixed core; the face also leans on its branch
    free = replace(net, link_w_k=np.where((net.link_a == 2) | (net.link_b == 3), 0.0, net.link_w_k))
    acts = weather(free, 40, 10.0)
    start_k = np.full(13, 295.0)
    whole = solve_network(free, acts, 10.0, start_k)[:, nodes]
    part, part_acts = part_of(free, acts, nodes)
    assert part.names == ("node3", "node12")
    np.testing.assert_allclose(solve_network(part, part_acts, 10.0, start_k[nodes]), whole, atol=1e-9)


def test_inputs_are_left_alone():
    net = pole()
    acting = weather(net, 5, 10.0)
    before = [np.copy(getattr(acting, field.name)) for field in fields(acting)]
    start_k = np.full(len(net.names), 285.0)
    solve_network(net, acting, 10.0, start_k)
    for field, kept in zip(fields(acting), before, strict=True):
        np.testing.assert_array_equal(getattr(acting, field.name), kept)
    assert (start_k == 285.0).all()
