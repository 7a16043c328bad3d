"""Wood kinetics against published peaks, isothermal closed forms, conservation and convergence."""

import os

import numpy as np
import pytest

from envirosense.core.units import GAS_CONSTANT_J_MOL_K, ZERO_CELSIUS_K
from envirosense.physics.fire import pyrolysis as py

JIT_OFF = os.environ.get("NUMBA_DISABLE_JIT") == "1"
STEP_K = 2.0 if JIT_OFF else 0.1


def ramp(
    rate_k_min: float, step_k: float = STEP_K, top_k: float = 1273.15
) -> tuple[py.Decomposition, np.ndarray]:
    temperature_k = np.arange(293.15, top_k, step_k)
    return py.decompose(temperature_k, 60.0 / rate_k_min * step_k), temperature_k


def total(d: py.Decomposition) -> np.ndarray:
    return d.virgin + d.active + d.tar + d.gas + d.char


@pytest.mark.parametrize(
    ("rate_k_min", "peaks_c"), [(5, (334, 280, 341)), (10, (344, 292, 358)), (20, (355, 303, 377))]
)
def test_mass_loss_peaks_where_the_reference_table_says(rate_k_min, peaks_c):
    decomposition, temperature_k = ramp(rate_k_min)
    peak_c = temperature_k[decomposition.volatile_per_s.argmax(axis=0)] - ZERO_CELSIUS_K
    np.testing.assert_allclose(peak_c, peaks_c, atol=2.0)


def test_five_percent_loss_and_products_match_the_reference_table():
    d, temperature_k = ramp(10)
    solid = d.virgin + d.active + d.char
    t5_c = temperature_k[(solid < 0.95).argmax(axis=0)] - ZERO_CELSIUS_K
    np.testing.assert_allclose(t5_c, [320, 270, 312], atol=2.0)
    np.testing.assert_allclose(d.tar[-1], [0.756, 0.154, 0.265], atol=0.01)
    np.testing.assert_allclose(d.gas[-1], [0.158, 0.338, 0.184], atol=0.01)
    np.testing.assert_allclose(d.char[-1], [0.085, 0.508, 0.552], atol=0.01)


def test_rate_constants_match_the_isothermal_table():
    k = py.rate_constants_per_s(np.array([250.0, 300.0, 350.0]) + ZERO_CELSIUS_K)
    np.testing.assert_allclose(k[1, :, 0], [2.26e-3, 4.05e-4, 2.50e-4], rtol=0.01)
    np.testing.assert_allclose(k[[0, 2], 0, 0], [1.75e-5, 0.134], rtol=0.01)
    np.testing.assert_allclose(k[0, :, 1], [4.79e-3, 5.4e-5, 7.36e-4], rtol=0.01)
    np.testing.assert_allclose(k[1, :, 2], [0.150, 1.18e-4, 5.41e-4], rtol=0.01)
    tar_share = k[:, 1, 0] / (k[:, 1, 0] + k[:, 2, 0])
    np.testing.assert_allclose(tar_share, [0.392, 0.618, 0.779], atol=0.001)


@pytest.mark.parametrize(
    ("temperature_c", "volatilised"),
    [(150, 9.3e-8), (175, 3.2e-6), (200, 8.0e-5), (225, 2.0e-3), (250, 3.4e-2), (275, 0.12), (300, 0.22)],
)
def test_pine_loses_in_ten_minutes_what_the_table_says(temperature_c, volatilised):
    d = py.decompose(np.full(10, temperature_c + ZERO_CELSIUS_K), 60.0)
    pine = py.Composition(0.41, 0.26, 0.28)
    assert float((d.tar + d.gas)[-1] @ pine.as_array()) == pytest.approx(volatilised, rel=0.025)


def test_isothermal_decomposition_is_the_closed_form_whatever_the_step():
    temperature_k = 300.0 + ZERO_CELSIUS_K
    k1, k2, k3 = py.rate_constants_per_s(np.array(temperature_k))[:, 0]
    kp = k2 + k3
    virgin = np.exp(-k1 * 600)
    active = k1 / (kp - k1) * (virgin - np.exp(-kp * 600))
    for dt_s in (1.0, 60.0, 600.0):
        d = py.decompose(np.full(round(600 / dt_s), temperature_k), dt_s)
        assert d.virgin[-1, 0] == pytest.approx(virgin, rel=1e-10)
        assert d.active[-1, 0] == pytest.approx(active, rel=1e-10)
        assert d.tar[-1, 0] == pytest.approx(k2 / kp * (1 - virgin - active), rel=1e-10)


def test_meeting_rates_stay_finite():
    same = py.Kinetics(np.full((3, 3), 2.0), np.full((3, 3), 1e-9), np.full(3, 0.5))
    same.prefactor_per_s[1:] = 1.0  # the product rate 1 + 1 equals k1 = 2
    d = py.decompose(np.full(4, 400.0), 0.25, kinetics=same)
    np.testing.assert_allclose(d.virgin[-1], np.exp(-2.0), rtol=1e-12)
    np.testing.assert_allclose(d.active[-1], 2.0 * np.exp(-2.0), rtol=1e-12)


def test_mass_closes_and_products_only_grow():
    n = 200 if JIT_OFF else 86_400
    rng = np.random.default_rng(5)
    temperature_k = 500.0 + 100.0 * np.sin(np.linspace(0, 9, n)) + rng.normal(0, 3, n)
    d = py.decompose(temperature_k, 1.0)
    assert np.abs(total(d) - 1.0).max() < 1e-12
    for product in (d.tar, d.gas, d.char, -d.virgin):
        assert np.diff(product, axis=0).min() >= 0.0
    assert min(d.virgin.min(), d.active.min(), d.volatile_per_s.min()) >= 0.0


def test_released_volatiles_add_up_to_tar_and_gas():
    d, _ = ramp(10, step_k=2.0)
    np.testing.assert_allclose(d.volatile_per_s.sum(axis=0) * 12.0, d.tar[-1] + d.gas[-1], rtol=1e-12)


def state_after(dt_s: float) -> np.ndarray:
    """0.1 K/s from 560 to 660 K: less than one sub-step a sample up to dt = 10 s."""
    return py.decompose(
        560.0 + 0.1 * dt_s * np.arange(1, 1 + round(1000 / dt_s)), dt_s, py.fresh_wood(560.0)
    ).tar[-1]


def test_converges_with_second_order_in_the_step():
    exact = state_after(0.625)
    errors = np.array([np.abs(state_after(dt_s) - exact).max() for dt_s in (10.0, 5.0, 2.5)])
    orders = np.log2(errors[:-1] / errors[1:])
    assert np.all((orders > 1.9) & (orders < 2.15)), orders
    assert errors[0] < 1e-4


def test_coarse_samples_of_a_ramp_are_no_worse_than_one_substep():
    exact = state_after(0.625)
    fine = np.abs(state_after(10.0) - exact).max()
    assert np.abs(state_after(500.0) - exact).max() == pytest.approx(fine, rel=1e-6)


@pytest.mark.parametrize("cuts", [(1,), (7, 60), (100,)])
def test_blocks_give_the_bits_of_one_call(cuts):
    temperature_k = 420.0 + 2.5 * np.abs(np.sin(np.arange(150) / 9.0)) * np.arange(150) ** 0.8
    whole = py.decompose(temperature_k, 3.0)
    state, pieces = None, []
    for block in np.split(temperature_k, cuts):
        piece = py.decompose(block, 3.0, state)
        state = piece.end
        pieces.append(piece)
    for field in ("virgin", "active", "tar", "gas", "char", "volatile_per_s"):
        joined = np.concatenate([getattr(p, field) for p in pieces])
        np.testing.assert_array_equal(joined, getattr(whole, field))
    assert np.array_equal(state.share, whole.end.share)


def test_start_state_is_not_changed():
    start = py.fresh_wood(600.0)
    py.decompose(np.full(5, 600.0), 10.0, start)
    np.testing.assert_array_equal(start.share[0], 1.0)


def test_volatile_rate_weighs_components_by_their_mass():
    d = py.decompose(np.full(3, 600.0), 1.0)
    rate_g_s = py.volatile_rate_g_s(d, py.Composition(0.4, 0.25, 0.3), 50.0)
    np.testing.assert_allclose(rate_g_s, d.volatile_per_s * [20.0, 12.5, 15.0])


@pytest.mark.parametrize("temperature_k", [np.array([]), np.array([300.0, np.nan]), np.array([20.0])])
def test_temperatures_out_of_range_are_refused(temperature_k):
    with pytest.raises(ValueError, match="temperature_k"):
        py.decompose(temperature_k, 1.0)


def test_bad_step_and_bad_composition_are_refused():
    with pytest.raises(ValueError, match="dt_s"):
        py.decompose(np.array([300.0]), 0.0)
    with pytest.raises(ValueError, match="composition"):
        py.Composition(0.5, 0.5, 0.2)


@pytest.mark.parametrize("rate_k_min", [2.0, 10.0, 40.0])
def test_kissinger_peak_is_where_a_first_order_rate_peaks(rate_k_min):
    energy_j_mol, heating_k_s = 228e3, rate_k_min / 60
    a_per_s = py.prefactor_per_s(energy_j_mol, 640.0, heating_k_s)
    assert py.peak_temperature_k(energy_j_mol, a_per_s, heating_k_s) == pytest.approx(640.0, abs=1e-6)
    temperature_k = np.arange(500.0, 800.0, 0.05)
    k_per_s = a_per_s * np.exp(-energy_j_mol / (GAS_CONSTANT_J_MOL_K * temperature_k))
    left = np.exp(-np.cumsum(k_per_s) * 0.05 / heating_k_s)
    assert temperature_k[(k_per_s * left).argmax()] == pytest.approx(640.0, abs=0.2)


def test_cellulose_of_the_one_step_law_peaks_near_the_three_step_law():
    a_per_s = py.prefactor_per_s(228e3, 344.0 + ZERO_CELSIUS_K, 10 / 60)
    shifted_k = py.peak_temperature_k(228e3, a_per_s, 20 / 60)
    assert shifted_k - ZERO_CELSIUS_K == pytest.approx(355.0, abs=2.0)


def test_extractives_follow_the_leaf_law_at_its_reference_and_rise_with_heat():
    slope = np.diff(np.log(py.extractive_rate_per_s(np.array([302.5, 303.5]))))[0]
    assert slope == pytest.approx(0.09, abs=0.0005)
    hours = 1.0 / py.extractive_rate_per_s(np.array([373.15])) / 3600.0
    assert 2.0 < hours[0] < 8.0


def test_wood_dries_in_minutes_at_boiling_and_in_hours_at_room_temperature():
    seconds = 1.0 / py.drying_rate_per_s(np.array([293.15, 373.15]))
    assert 3 * 3600 < seconds[0] < 48 * 3600
    assert 10 < seconds[1] < 600


def test_first_order_loss_is_exact_and_cuts_into_blocks():
    rate_per_s = py.drying_rate_per_s(np.linspace(300.0, 380.0, 90))
    whole, _ = py.remaining_share(rate_per_s, 2.0)
    assert whole[-1] == pytest.approx(np.exp(-2.0 * rate_per_s.sum()))
    first, spent = py.remaining_share(rate_per_s[:31], 2.0)
    second, _ = py.remaining_share(rate_per_s[31:], 2.0, spent)
    np.testing.assert_array_equal(np.concatenate([first, second]), whole)


def test_char_needs_oxygen_and_heat_to_glow():
    temperature_k = np.array([400.0, 600.0, 800.0])
    rate_per_s = py.char_oxidation_per_s(temperature_k)
    assert np.all(np.diff(rate_per_s) > 0)
    assert not py.char_oxidation_per_s(temperature_k, 0.0).any()
    np.testing.assert_allclose(py.char_oxidation_heat_w_g(temperature_k), 18e3 * rate_per_s)
    assert rate_per_s[0] * 86_400 < 1.0 < rate_per_s[2] * 600
