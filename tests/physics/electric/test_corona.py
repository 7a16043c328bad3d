import numpy as np
import pytest

from envirosense.physics.electric.corona import (
    DISTRIBUTION_ELECTRODES,
    PASCHEN_MINIMUM_V,
    SURFACE_FACTOR,
    air_density_factor,
    corona_loss_w_m,
    disruptive_voltage_v,
    gap_breakdown_v,
    inception_margin,
    surface_factor,
    visual_voltage_v,
)

SERVICE_V = 7200.0


def test_air_density_factor_of_the_handbook():
    found = air_density_factor(76 * 1333.22, np.array([298.15, 313.15]))
    np.testing.assert_allclose(found, [0.99973, 0.95182], atol=2e-5)


def test_textbook_disruptive_voltage():  # V-PK-1
    phase_v = disruptive_voltage_v(0.01, 1.0, 0.952, 0.9)
    assert phase_v == pytest.approx(83.65e3, rel=1e-3)
    assert np.sqrt(3.0) * phase_v == pytest.approx(144.8e3, rel=2e-3)


def test_textbook_loss_of_a_220_kv_line():  # V-PK-2
    geometry = (0.015, 2.0, 0.952, 0.85)  # the density factor as the textbook rounds it
    assert disruptive_voltage_v(*geometry) == pytest.approx(125.9e3, rel=1e-3)
    loss_w_m = corona_loss_w_m(220e3 / np.sqrt(3.0), *geometry, mains_hz=50.0)
    assert 3 * loss_w_m == pytest.approx(0.061, rel=0.03)


def test_no_loss_below_the_disruptive_voltage_and_quadratic_above():
    onset_v = float(disruptive_voltage_v(0.01, 1.0))
    loss = corona_loss_w_m(onset_v + np.array([-1e4, 0.0, 1e4, 2e4]), 0.01, 1.0)
    np.testing.assert_array_equal(loss[:2], 0.0)
    assert loss[3] / loss[2] == pytest.approx(4.0, rel=1e-9)


def test_distribution_conductors_never_reach_inception():  # V-PK-3
    inception_kv = [float(electrode.inception_v()) / 1e3 for electrode in DISTRIBUTION_ELECTRODES]
    np.testing.assert_allclose(inception_kv[:3], [122.0, 104.0, 73.0], rtol=0.01)
    assert inception_margin(DISTRIBUTION_ELECTRODES[0], SERVICE_V) == pytest.approx(17.0, rel=0.01)
    thin_hot_air = air_density_factor(80e3, 318.15)
    worst = [float(inception_margin(part, SERVICE_V, thin_hot_air, 1.0)) for part in DISTRIBUTION_ELECTRODES]
    assert min(worst) > 1.0
    assert min(worst[:3]) > 5.0


@pytest.mark.parametrize(
    ("radius_m", "inception_kv"), [(5e-4, 18.9), (1e-3, 28.6), (2e-3, 44.1), (3e-3, 57.3)]
)
def test_broken_strand_over_a_plane(radius_m, inception_kv):  # V-PK-3, 50 cm from the plane
    assert visual_voltage_v(radius_m, 1.0) == pytest.approx(inception_kv * 1e3, rel=4e-3)


@pytest.mark.parametrize(("gap_m", "crest_v"), [(1e-3, 4.5e3), (2e-3, 7.9e3), (5e-3, 17.5e3)])
def test_breakdown_of_millimetre_gaps(gap_m, crest_v):  # V-PK-3, Paschen
    assert gap_breakdown_v(gap_m) == pytest.approx(crest_v, rel=0.03)


def test_breakdown_has_paschens_floor_and_follows_air_density():
    assert gap_breakdown_v(1e-6) == PASCHEN_MINIMUM_V
    assert gap_breakdown_v(2e-3, pressure_pa=50e3) == pytest.approx(float(gap_breakdown_v(1e-3, 1e5)))
    assert gap_breakdown_v(2e-3, air_k=586.3) == pytest.approx(float(gap_breakdown_v(1e-3)))


def test_service_voltage_jumps_a_gap_of_two_millimetres():
    assert gap_breakdown_v(2e-3) < np.sqrt(2.0) * SERVICE_V < gap_breakdown_v(5e-3)


def test_rain_lowers_inception_by_a_fifth():
    assert surface_factor("stranded", np.array([0.0, 0.5, 1.0, 3.0])) == pytest.approx(
        SURFACE_FACTOR["stranded"] * np.array([1.0, 0.9, 0.8, 0.8])
    )


def test_unknown_surface_names_the_choices():
    with pytest.raises(ValueError, match="polished, weathered, stranded, damaged"):
        surface_factor("rusty")


@pytest.mark.parametrize(("radius_m", "spacing_m"), [(0.0, 1.0), (0.1, 0.05)])
def test_impossible_geometry_is_refused(radius_m, spacing_m):
    with pytest.raises(ValueError, match="spacing_m above radius_m"):
        disruptive_voltage_v(radius_m, spacing_m)


def test_negative_gap_is_refused():
    with pytest.raises(ValueError, match="gap_m"):
        gap_breakdown_v(-1e-3)
