"""Natural frequencies of poles: closed forms, the reference's table, limits and convergence."""

from dataclasses import replace

import numpy as np
import pytest

from envirosense.physics.motion import beam as bm

POLE = bm.Beam(10.36, 0.271, 0.170, 12.4e9, 750.0)  # 40 ft class 4
ARM, TANK_25, TANK_50 = (45.0, 10.015), (150.0, 8.633), (250.0, 8.633)  # at nodes of the reference's mesh


def test_uniform_cantilever_has_the_closed_form():
    hz = bm.cantilever_hz(10.0, 0.25, 12e9, 700.0)
    np.testing.assert_allclose(hz, [1.4481, 9.075, 25.410, 49.794], rtol=1e-4)
    modes = bm.beam_modes(bm.Beam(10.0, 0.25, 0.25, 12e9, 700.0), n_modes=4, elements=60)
    np.testing.assert_allclose(modes.hz, hz, rtol=1e-5)
    # a uniform cantilever swings like a quarter of its mass at the top
    mass_kg = 700.0 * np.pi / 4.0 * 0.25**2 * 10.0
    np.testing.assert_allclose(modes.modal_mass_kg / mass_kg, 0.25, rtol=1e-4)


@pytest.mark.parametrize(
    ("masses", "expected_hz"),
    [
        ((), (1.73, 8.24, 21.2, 40.7)),
        ((ARM,), (1.28, 6.91, 19.2, 38.3)),
        ((ARM, TANK_25), (0.92, 6.84, 15.6, 30.8)),
        ((ARM, TANK_50), (0.80, 6.82, 14.9, 30.1)),
    ],
    ids=["bare", "crossarm", "25_kva", "50_kva"],
)
def test_tapered_pole_has_the_frequencies_of_the_reference(masses, expected_hz):
    hz = bm.beam_modes(replace(POLE, masses=masses), n_modes=4, elements=60).hz
    np.testing.assert_allclose(hz, expected_hz, rtol=0.01)


@pytest.mark.parametrize(
    ("masses", "expected_hz"), [((), 1.43), ((ARM,), 1.08), ((ARM, TANK_25), 0.78), ((ARM, TANK_50), 0.68)]
)
def test_soil_lowers_the_first_frequency(masses, expected_hz):
    soft = replace(POLE, masses=masses, soil_n_m_rad=2e6)
    assert bm.beam_modes(soft).hz[0] == pytest.approx(expected_hz, rel=0.01)


def test_decay_lowers_the_frequency_by_the_root_of_the_modulus():
    sound, rotten = bm.beam_modes(POLE), bm.beam_modes(replace(POLE, modulus_pa=0.6 * POLE.modulus_pa))
    assert rotten.hz[0] == pytest.approx(1.34, rel=0.01)
    np.testing.assert_allclose(rotten.hz / sound.hz, np.sqrt(0.6), rtol=1e-7)


def test_45_foot_pole_with_a_heavy_transformer():
    # class 4: 21 in and 35 in around; 11.73 m above ground; dimensions from memory, so only near
    pole = bm.Beam(11.73, 0.283, 0.170, 12.4e9, 750.0, masses=((45.0, 11.37), (250.0, 8.6)))
    assert bm.beam_modes(pole).hz[0] == pytest.approx(0.81, rel=0.025)


def test_tapered_pole_converges_with_the_square_of_the_element():
    first = np.array([bm.beam_modes(POLE, elements=n).hz[0] for n in (10, 20, 40)])
    order = np.log2((first[1] - first[0]) / (first[2] - first[1]))
    assert order == pytest.approx(2.0, abs=0.1)
    assert abs(first[2] - first[1]) / 3.0 / first[2] < 1e-3  # what Richardson says is left


def test_modes_are_orthonormal_and_still_at_the_foot():
    modes = bm.beam_modes(POLE, elements=60)
    per_m = 750.0 * np.pi / 4.0 * POLE.diameter_m(modes.node_m) ** 2
    product = np.trapezoid(per_m * modes.shape[:, None] * modes.shape[None], modes.node_m, axis=2)
    np.testing.assert_allclose(product, np.eye(6), atol=0.02)  # trapezoid over the waves of the sixth mode
    np.testing.assert_array_equal(modes.shape[:, 0], 0.0)
    np.testing.assert_array_equal(modes.slope[:, 0], 0.0)
    assert np.all(modes.at(POLE.length_m) > 0.0)
    np.testing.assert_allclose(modes.at(20.0), modes.shape[:, -1])


def test_modes_add_up_to_the_static_deflection():
    uniform = bm.Beam(10.0, 0.25, 0.25, 12e9, 700.0)
    modes = bm.beam_modes(uniform)
    bending = 12e9 * np.pi / 64.0 * 0.25**4
    soft = modes.shape[:, -1] ** 2 / (2.0 * np.pi * modes.hz) ** 2
    assert soft.sum() == pytest.approx(10.0**3 / (3.0 * bending), rel=2e-3)
    turn = modes.slope[:, -1] * modes.shape[:, -1] / (2.0 * np.pi * modes.hz) ** 2
    assert turn.sum() == pytest.approx(10.0**2 / (2.0 * bending), rel=0.03)


def test_wires_raise_the_frequency_and_rayleigh_follows_a_change():
    stiff = replace(POLE, springs=((1500.0, 10.0),))
    modes = bm.beam_modes(stiff)
    share = 1500.0 * modes.at(10.0) ** 2 / (2.0 * np.pi * modes.hz) ** 2
    assert 1.1 < modes.hz[0] / bm.beam_modes(POLE).hz[0] < 1.4
    weaker = replace(POLE, modulus_pa=0.8 * POLE.modulus_pa, springs=((1200.0, 10.0),))
    np.testing.assert_allclose(
        bm.shifted_hz(modes.hz, share, 0.8, 0.8)[0], bm.beam_modes(weaker).hz, rtol=1e-7
    )
    slack = replace(POLE, springs=((750.0, 10.0),))
    np.testing.assert_allclose(
        bm.shifted_hz(modes.hz, share, 1.0, 0.5)[0], bm.beam_modes(slack).hz, rtol=0.01
    )


def test_seasons_move_the_frequency_by_two_to_four_percent():
    warm, cold = (float(bm.wood_modulus_factor(k, 0.12)) ** 0.5 for k in (308.15, 273.15))
    wet = float(bm.wood_modulus_factor(293.15, 0.15)) ** 0.5
    assert 0.02 < 1.0 - warm < 0.04
    assert 0.02 < cold - 1.0 < 0.04
    assert 0.02 < 1.0 - wet < 0.04
    assert bm.wood_modulus_factor(293.15, 0.12) == 1.0


def test_tilt_stays_only_beyond_what_the_soil_gives_back():
    assert bm.permanent_tilt_rad(1000.0, 0.5, 26e3, 2e6) == 0.0
    energy_j = (15e3 * 0.6) ** 2 / (2.0 * 26e3)
    left_j = energy_j - bm.SOIL_YIELD_N_M**2 / 4e6
    assert bm.permanent_tilt_rad(15e3, 0.6, 26e3, 2e6) * bm.SOIL_YIELD_N_M == pytest.approx(left_j)
    assert bm.permanent_tilt_rad(1e6, 10.0, 26e3, 2e6) == bm.TILT_LIMIT_RAD


def test_inertia_of_a_uniform_pole():
    uniform = bm.Beam(9.0, 0.3, 0.3, 12e9, 700.0, masses=((100.0, 8.0),))
    mass_kg = 700.0 * np.pi / 4.0 * 0.3**2 * 9.0
    assert uniform.inertia_kg_m2 == pytest.approx(mass_kg * 27.0 + 6400.0, rel=1e-3)


@pytest.mark.parametrize(
    "change", [{"length_m": 0.0}, {"modulus_pa": np.inf}, {"soil_n_m_rad": 0.0}, {"masses": ((1.0, 11.0),)}]
)
def test_impossible_poles_are_refused(change):
    with pytest.raises(ValueError, match="must"):
        replace(POLE, **change)
