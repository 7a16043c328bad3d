import numpy as np
import pytest

from envirosense.physics.electric.harmonics import HARMONICS, tone_phasors
from envirosense.physics.electric.high_impedance import (
    SURFACES,
    TwoDiodes,
    build_up,
    burning_share,
    fault_current,
    resistance_for,
    wandering_path,
)

PEAK_V = 7200.0 * np.sqrt(2.0)


def path(positive, negative, positive_ohm, negative_ohm):
    return TwoDiodes(positive * PEAK_V, negative * PEAK_V, positive_ohm, negative_ohm)


def percent(current, order):
    sizes = np.abs(current.phasors_a)
    return 100.0 * sizes[HARMONICS.index(order)] / sizes[0]


def test_symmetric_fault():  # V-HIF-1
    current = fault_current(path(0.4, 0.4, 200.0, 200.0), PEAK_V)
    a = np.arcsin(0.4)
    first_a = 2 * PEAK_V / (np.pi * 200) * ((np.pi - 2 * a) / 2 + np.sin(2 * a) / 2 - 0.8 * np.cos(a))
    assert current.rms_a == pytest.approx(18.845, abs=1e-3)
    assert np.sqrt(2.0) * current.phasors_a[0].real == pytest.approx(first_a, rel=1e-12)
    assert first_a == pytest.approx(25.692, abs=1e-3)
    found = [percent(current, order) for order in (3, 5, 7)]
    np.testing.assert_allclose(found, [25.9, 8.91, 1.53], atol=0.01)
    assert percent(current, 2) == pytest.approx(0.0, abs=1e-12)
    assert current.mean_a == pytest.approx(0.0, abs=1e-12)
    assert current.conduction_deg == pytest.approx(265.7, abs=0.05)


def test_uneven_fault_has_even_orders_and_direct_current():  # V-HIF-2; order 4 is not carried
    current = fault_current(path(0.35, 0.45, 190.0, 210.0), PEAK_V)
    assert current.rms_a == pytest.approx(19.24, abs=0.01)
    assert current.mean_a == pytest.approx(2.62, abs=0.01)
    np.testing.assert_allclose([percent(current, 2), percent(current, 3)], [7.79, 25.33], atol=0.01)


def test_fault_on_sand():  # V-HIF-3
    current = fault_current(path(0.80, 0.85, 400.0, 420.0), PEAK_V)
    assert current.rms_a == pytest.approx(2.01, abs=0.01)
    np.testing.assert_allclose([percent(current, h) for h in (2, 3, 5)], [19.0, 73.0, 35.0], atol=0.5)


def test_closed_form_is_the_spectrum_of_the_waveform():
    rate_hz, mains_hz = 432_000.0, 60.0
    v = PEAK_V * np.cos(2 * np.pi * mains_hz * np.arange(7200) / rate_hz)
    fault = path(0.35, 0.6, 150.0, 260.0)
    wave = np.maximum(v - fault.positive_v, 0) / 150.0 + np.minimum(v + fault.negative_v, 0) / 260.0
    current = fault_current(fault, PEAK_V)
    np.testing.assert_allclose(current.phasors_a, tone_phasors(wave, rate_hz, mains_hz), atol=2e-5)
    assert current.rms_a == pytest.approx(np.sqrt(np.mean(wave**2)), rel=1e-6)
    assert current.mean_a == pytest.approx(wave.mean(), abs=1e-5)
    assert current.conduction_deg == pytest.approx(360.0 * np.mean(wave != 0.0), abs=0.2)


def test_nothing_flows_below_the_onset():
    current = fault_current(path(1.0, 1.2, 100.0, 100.0), PEAK_V * np.array([0.0, 0.5, 1.0]))
    np.testing.assert_array_equal(current.rms_a, 0.0)
    np.testing.assert_array_equal(current.phasors_a, 0.0)


@pytest.mark.parametrize("onset", [0.0, 0.4, 0.9])
def test_resistance_gives_the_current_it_was_asked_for(onset):
    ohm = resistance_for(15.0, onset, PEAK_V)
    assert fault_current(path(onset, onset, ohm, ohm), PEAK_V).rms_a == pytest.approx(15.0, rel=1e-12)


def test_surfaces_draw_less_when_dry():
    drawn = {name: surface.current_a for name, surface in SURFACES.items()}
    assert drawn["dry_asphalt"] == drawn["dry_sand"] == drawn["dry_concrete"] == 0.0
    assert drawn["wet_sand"] < drawn["dry_sod"] < drawn["dry_grass"] < drawn["wet_sod"] < drawn["wet_grass"]
    assert drawn["reinforced_concrete"] == 75.0
    with pytest.raises(ValueError, match="no path draws"):
        wandering_path(SURFACES["dry_sand"], PEAK_V, 10, 1.0, np.random.default_rng(1))


@pytest.mark.parametrize("dt_s", [0.5, 1.0, 5.0])
def test_a_wandering_fault_keeps_its_current_at_any_tick(dt_s):
    """Median within 5 standard errors: spread 15 % in the logarithm, memory 2 s, 20 000 s."""
    n = int(20_000 / dt_s)
    walk = wandering_path(SURFACES["wet_grass"], PEAK_V, n, dt_s, np.random.default_rng(2))
    current = fault_current(walk, PEAK_V)
    independent = 20_000.0 / (2.0 * 2.0 + dt_s)
    assert np.median(current.rms_a) == pytest.approx(50.0, rel=0.01 + 5 * 1.25 * 0.15 / np.sqrt(independent))
    assert 0.05 < np.std(np.log(current.rms_a)) < 0.25
    assert np.median(np.abs(current.phasors_a[:, 1]) / np.abs(current.phasors_a[:, 0])) > 0.01
    assert current.phasors_a.shape == (n, len(HARMONICS))


def test_a_young_fault_builds_up_in_twenty_periods():
    np.testing.assert_allclose(build_up([-1.0, 0.0, 20 / 60, 10.0]), [0.0, 0.0, 0.9502, 1.0], atol=1e-4)


def test_burning_alternates_with_the_means_it_was_given():
    """Share over 400 000 s: its standard error is sqrt(2 p (1-p) t / T) with t = 1 / (1/5 + 1/15) s."""
    share = burning_share(400_000, 1.0, 5.0, 15.0, np.random.default_rng(4))
    assert share.min() == 0.0
    assert share.max() <= 1.0 + 1e-9
    error = np.sqrt(2 * 0.25 * 0.75 * 3.75 / 400_000)
    assert share.mean() == pytest.approx(0.25, abs=5 * error)


def test_burning_does_not_depend_on_the_tick():
    fine, coarse = (
        burning_share(int(600 / dt), dt, 5.0, 15.0, np.random.default_rng(4)) for dt in (0.5, 10.0)
    )
    np.testing.assert_allclose(fine.reshape(60, 20).mean(axis=1), coarse, atol=1e-12)


def test_impossible_paths_are_refused():
    with pytest.raises(ValueError, match="resistances"):
        fault_current(path(0.4, 0.4, 0.0, 200.0), PEAK_V)
