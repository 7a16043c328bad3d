import numpy as np
import pytest

from envirosense.physics.electric.line_fields import (
    PERMEABILITY_H_M,
    Wires,
    electric_geometry_per_m,
    kink_directions,
    magnetic_geometry_t_a,
    magnetic_gradient_t_a_m,
    polarisation_ellipse,
    potential_coefficients,
    resultant,
    surface_gradient_v_m,
)

TURN = np.exp(-2j * np.pi / 3.0 * np.arange(3))
MILLIGAUSS = 1e-7
# the worked 12.47/7.2 kV pole of reference 2.3: three phases and a multigrounded neutral
POLE = Wires(
    np.array([-1.12, 0.3, 1.12, 0.0]),
    np.array([10.7, 10.7, 10.7, 9.1]),
    1e-3 * np.array([9.1, 9.1, 9.1, 6.4]),
)
PLACES = np.array([(0.2, 1.0), (15.0, 1.0), (30.0, 1.0), (0.3, 8.0), (0.3, 9.7)])


def flat(spacing_m, height_m, radius_m=0.0127):
    return Wires(spacing_m * np.array([-1.0, 0.0, 1.0]), np.full(3, height_m), np.full(3, radius_m))


def magnetic_ut(currents_a, neutral_share):
    phases = np.array(currents_a) * TURN
    wires_a = np.append(phases, -neutral_share * phases.sum())
    return 1e6 * resultant(magnetic_geometry_t_a(POLE, *PLACES.T) @ wires_a)


def test_one_wire_has_the_field_of_the_textbook():  # V-EM-1
    wire = Wires(np.zeros(1), np.full(1, 20.0), np.full(1, 0.01))
    field_t = resultant(magnetic_geometry_t_a(wire, 0.0, 10.0) @ np.full(1, 100.0 + 0j))
    assert field_t == pytest.approx(2.000e-6, rel=1e-6)
    assert field_t / MILLIGAUSS == pytest.approx(20.0, rel=1e-6)


def test_field_turns_right_handed_around_the_current():
    wire = Wires(np.zeros(1), np.full(1, 10.0), np.full(1, 0.01))
    above, right = (magnetic_geometry_t_a(wire, *at)[:, 0] for at in ((0.0, 11.0), (1.0, 10.0)))
    np.testing.assert_allclose(above, [2e-7, 0.0], rtol=1e-8)  # seen along the current: clockwise
    np.testing.assert_allclose(right, [0.0, -2e-7], rtol=1e-8)


@pytest.mark.parametrize(
    ("shape", "exact_mg", "factor"),
    [("flat", (3.4355, 0.86423, 0.21640), 2 * np.sqrt(3)), ("delta", (2.4540, 0.61264, 0.15311), np.sqrt(6))],
)
def test_far_field_of_three_balanced_phases(shape, exact_mg, factor):  # V-EM-2
    corners = np.pi / 2 + 2 * np.pi / 3 * np.arange(3)
    delta = Wires(np.cos(corners) / np.sqrt(3), 100 + np.sin(corners) / np.sqrt(3), np.full(3, 0.01))
    wires = flat(1.0, 100.0) if shape == "flat" else delta
    away_m = np.array([10.0, 20.0, 40.0])
    field_mg = resultant(magnetic_geometry_t_a(wires, 0.0, 100.0 + away_m) @ (100.0 * TURN)) / MILLIGAUSS
    np.testing.assert_allclose(field_mg, exact_mg, rtol=3e-5)
    np.testing.assert_allclose(field_mg, factor * 100.0 / away_m**2, rtol=0.01)


def test_measured_fields_of_115_kv_lines():  # V-EM-3, means published by BPA 1994
    away_m = np.array([0.0, 15.2, 30.5, 61.0, 91.4])
    field = magnetic_geometry_t_a(flat(3.7, 7.57), away_m, 1.0) @ (126.6 * TURN)
    np.testing.assert_allclose(resultant(field) / MILLIGAUSS, [29.7, 6.5, 1.7, 0.4, 0.2], rtol=0.10)
    np.testing.assert_allclose(resultant(field) / MILLIGAUSS, [30.04, 6.15, 1.70, 0.43, 0.19], rtol=0.02)


def test_electric_field_of_one_wire_over_ground():  # V-EM-4
    h, a = 10.0, 9.14e-3
    wire = Wires(np.zeros(1), np.full(1, h), np.full(1, a))
    x = np.array([0.0, 10.0, 37.0])
    field = resultant(electric_geometry_per_m(wire, x, 0.0) @ np.full(1, 7200.0 + 0j))
    np.testing.assert_allclose(field, 2 * 7200.0 * h / ((h**2 + x**2) * np.log(2 * h / a)), rtol=1e-9)
    np.testing.assert_allclose(field[:2], [187.236, 93.618], atol=5e-4)


def test_electric_field_of_a_115_kv_line():  # V-EM-5
    away_m = np.array([0.0, 3.7, 7.0, 15.2, 30.5, 61.0, 91.0])
    field = resultant(electric_geometry_per_m(flat(3.7, 9.0), away_m, 1.0) @ (115e3 / np.sqrt(3) * TURN))
    np.testing.assert_allclose(field, [379, 865, 984, 409, 78, 11, 3.6], rtol=0.02)
    published = np.array([1000.0, 500.0, 70.0, 10.0, 3.0])  # on the right of way, 15, 30, 61, 91 m
    ratio = np.array([field.max(), *field[3:]]) / published
    assert np.all((ratio > 0.7) & (ratio < 1.4))


@pytest.mark.parametrize(
    ("currents_a", "neutral_share", "expected_ut"),
    [
        ((200, 200, 200), 1.0, (0.825, 0.246, 0.079, 9.34, 40.6)),
        ((220, 190, 205), 1.0, (0.889, 0.261, 0.084, 10.47, 36.3)),
        ((220, 190, 205), 0.6, (0.879, 0.220, 0.069, 9.89, 38.0)),
        ((220, 190, 205), 0.0, (0.996, 0.272, 0.134, 9.63, 40.8)),
        ((0, 200, 200), 0.6, (1.217, 0.932, 0.528, 10.44, 72.4)),
    ],
    ids=["balanced", "unbalanced", "neutral 60 %", "broken neutral", "phase a open"],
)
def test_worked_pole_magnetic(currents_a, neutral_share, expected_ut):  # reference 2.3
    np.testing.assert_allclose(magnetic_ut(currents_a, neutral_share), expected_ut, rtol=1.5e-3, atol=6e-4)


def test_worked_pole_unbalance_returns_26_amperes():
    assert abs(np.sum(np.array([220, 190, 205]) * TURN)) == pytest.approx(26.0, abs=0.05)


@pytest.mark.parametrize(
    ("phase_a_v", "expected_v_m"), [(7200.0, (16.8, 12.7, 286.7, 1358)), (0.0, (75.5, 34.0, 191.8, 1291))]
)
def test_worked_pole_electric(phase_a_v, expected_v_m):
    voltage_v = np.append(np.array([phase_a_v, 7200.0, 7200.0]) * TURN, 0.0)
    field = resultant(electric_geometry_per_m(POLE, *PLACES[[0, 1, 3, 4]].T) @ voltage_v)
    np.testing.assert_allclose(field, expected_v_m, rtol=4e-3)


def test_worked_pole_surface_gradient_stays_far_below_corona():
    gradient_kv_cm = surface_gradient_v_m(POLE, np.append(7200.0 * TURN, 0.0)) / 1e5
    assert gradient_kv_cm[:3].min() == pytest.approx(1.47, abs=5e-3)
    assert gradient_kv_cm[:3].max() == pytest.approx(1.73, abs=5e-3)


def test_rotating_the_frame_leaves_the_resultant():  # V-EM-6
    field = magnetic_geometry_t_a(POLE, *PLACES.T) @ (np.append(200.0 * TURN, 3.0 + 1j))
    full = np.concatenate([field, np.zeros((5, 1))], axis=1)
    rotation, _ = np.linalg.qr(np.random.default_rng(3).standard_normal((3, 3)))
    np.testing.assert_allclose(resultant(full @ rotation.T), resultant(full), rtol=1e-13)


def test_circulation_counts_the_enclosed_current():
    angle = 2 * np.pi * (np.arange(720) + 0.5) / 720
    for radius_m, enclosed_a in ((0.5, 10.0), (1.0, 10.0), (3.0, 6.0)):
        x, y = 0.3 + radius_m * np.sin(angle), 10.7 + radius_m * np.cos(angle)  # clockwise
        field = magnetic_geometry_t_a(Wires(np.array([0.3, 2.3]), np.full(2, 10.7), np.full(2, 0.01)), x, y)
        total = np.sum((field @ [10.0, -4.0]) * np.stack([np.cos(angle), -np.sin(angle)], axis=1))
        assert total * 2 * np.pi * radius_m / 720 == pytest.approx(PERMEABILITY_H_M * enclosed_a, rel=1e-9)


def test_ground_is_an_equipotential_and_the_wire_is_at_its_voltage():
    on_ground = electric_geometry_per_m(POLE, np.linspace(-20, 20, 9), 0.0)
    np.testing.assert_allclose(on_ground[:, 0, :], 0.0, atol=1e-14)
    volts = np.array([7.0, -2.0, 3.0, 0.0])
    u = np.linspace(0.0, 1.0, 20_001)
    y = (POLE.up_m[0] - POLE.radius_m[0]) * (1.0 - (1.0 - u) ** 4)  # from the ground to under wire a
    up_field = (electric_geometry_per_m(POLE, POLE.across_m[0], y) @ volts)[:, 1]
    assert -np.trapezoid(up_field, y) == pytest.approx(volts[0], rel=1e-3)  # thin-wire charges


def test_gradient_is_the_derivative_of_the_geometry():
    step_m, at = 1e-5, (0.4, 8.3)
    gradient = magnetic_gradient_t_a_m(POLE, *at)
    for move in range(2):
        shifted = []
        for sign in (1.0, -1.0):
            shift = np.array([sign * step_m, 0.0] if move == 0 else [0.0, sign * step_m])
            moved = Wires(POLE.across_m + shift[0], POLE.up_m + shift[1], POLE.radius_m)
            shifted.append(magnetic_geometry_t_a(moved, *at))
        numeric = (shifted[0] - shifted[1]) / (2 * step_m)
        np.testing.assert_allclose(gradient[:, move, :], numeric, rtol=1e-6, atol=1e-14)


def test_a_kinked_wire_changes_the_strength_alone():
    """Biot and Savart over both halves of a wire that bends away with a small slope."""
    slope, point = 1e-3, np.array([0.8, -0.6])
    z = np.sinh(np.linspace(-12.0, 12.0, 200_001))
    path = np.stack([slope * np.abs(z), np.zeros_like(z), z], axis=1)
    step, middle = np.diff(path, axis=0), 0.5 * (path[1:] + path[:-1])
    way = np.array([*point, 0.0]) - middle
    # right-handed axes: across, up, against the line
    field = -1e-7 * np.sum(np.cross(step, way) / np.linalg.norm(way, axis=1)[:, None] ** 3, axis=0)
    wire = Wires(np.zeros(1), np.full(1, 10.0), np.full(1, 1e-3))
    straight = magnetic_geometry_t_a(wire, point[0], 10.0 + point[1])[:, 0]
    toward = kink_directions(wire, point[0], 10.0 + point[1])[0, 0]
    np.testing.assert_allclose(field[:2], straight * (1.0 + slope * toward), rtol=3e-6)


def test_inside_a_wire_the_field_is_that_of_its_surface():
    wire = Wires(np.zeros(1), np.full(1, 10.0), np.full(1, 0.01))
    field = np.linalg.norm(magnetic_geometry_t_a(wire, [0.001, 0.01, 0.0], 10.0)[..., 0], axis=1)
    np.testing.assert_allclose(field, [2e-5, 2e-5, 0.0], rtol=1e-8)


def test_ellipse_is_the_one_the_field_draws():
    rng = np.random.default_rng(5)
    field = rng.standard_normal((40, 3)) + 1j * rng.standard_normal((40, 3))
    ellipse = polarisation_ellipse(field)
    angle = np.linspace(0.0, np.pi, 20_001)
    tip = np.real(field[:, None, :] * np.exp(1j * angle)[:, None])
    length = np.linalg.norm(tip, axis=2)
    np.testing.assert_allclose(ellipse.major, length.max(axis=1), rtol=1e-7)
    np.testing.assert_allclose(ellipse.minor, length.min(axis=1), rtol=1e-3, atol=2e-4)
    longest = tip[np.arange(40), length.argmax(axis=1)] / length.max(axis=1)[:, None]
    np.testing.assert_allclose(np.abs(np.sum(ellipse.axis * longest, axis=1)), 1.0, atol=1e-6)


def test_ellipses_of_a_line_a_circle_and_nothing():
    field = np.array([[1.0, 2.0, 2.0], [1.0, 1j, 0.0], [0.0, 0.0, 0.0]], np.complex128)
    ellipse = polarisation_ellipse(field)
    np.testing.assert_allclose(ellipse.major, [3.0, 1.0, 0.0])
    np.testing.assert_allclose(ellipse.ellipticity, [0.0, 1.0, 0.0], atol=1e-12)


def test_potential_coefficients_are_symmetric():
    np.testing.assert_allclose(potential_coefficients(POLE), potential_coefficients(POLE).T)


def test_impossible_wires_are_refused():
    one = np.ones(1)
    with pytest.raises(ValueError, match="one value per wire"):
        Wires(np.zeros(2), one, one)
    with pytest.raises(ValueError, match="clear of the ground"):
        Wires(one, np.full(1, 0.005), np.full(1, 0.01))
    with pytest.raises(ValueError, match="at one place"):
        potential_coefficients(Wires(np.zeros(2), np.full(2, 5.0), np.full(2, 0.01)))
