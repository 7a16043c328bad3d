import numpy as np
import pytest

from envirosense.physics.electric.dry_bands import WARMING_SHARE, band_growth, dry_bands
from envirosense.physics.electric.leakage import PIN_INSULATOR, layer_conductance_s, leakage_current_a
from envirosense.physics.electric.tracking import DRY_BAND_CONTRAST, DRY_BAND_FRACTION, SPARK_SHARE

PHASE_V = 7200.0
LAYER_S = np.geomspace(1e-9, 1e-4, 200)


def test_a_weak_leakage_forms_no_bands_and_follows_the_wet_surface():
    weak_s = LAYER_S[leakage_current_a(PHASE_V, LAYER_S) < 1e-3]
    bands = dry_bands(PHASE_V, weak_s)
    np.testing.assert_allclose(bands.current_a, leakage_current_a(PHASE_V, weak_s), rtol=1e-12)
    assert np.all(bands.spark_w == 0)
    assert np.all(bands.pulses_per_s == 0)


def test_bands_hold_a_strong_leakage_down_to_a_third():
    wet_a = leakage_current_a(PHASE_V, LAYER_S)
    strong = wet_a > 4e-3
    factor = 1.0 + DRY_BAND_FRACTION * (1.0 / DRY_BAND_CONTRAST - 1.0)
    np.testing.assert_allclose(
        dry_bands(PHASE_V, LAYER_S[strong]).current_a, wet_a[strong] / factor, rtol=1e-12
    )
    assert factor == pytest.approx(2.98)


def test_current_grows_with_the_layer_all_the_way():
    assert np.all(np.diff(dry_bands(PHASE_V, LAYER_S).current_a) > 0)


def test_heat_and_sparks_never_exceed_the_power_of_the_leakage():
    bands = dry_bands(PHASE_V, LAYER_S)
    power_w = PHASE_V * bands.current_a
    np.testing.assert_allclose(bands.warming_w, WARMING_SHARE * power_w, rtol=1e-12)
    assert np.all(bands.spark_w <= SPARK_SHARE * power_w)


def test_ten_milliamperes_warm_an_insulator_by_tens_of_watts():  # 72 W in all, dry-band arcing
    bands = dry_bands(PHASE_V, LAYER_S)
    warming_w = np.interp(10e-3, bands.current_a, bands.warming_w)
    assert warming_w == pytest.approx(WARMING_SHARE * 72.0, rel=0.02)


def test_a_clean_or_dry_insulator_does_nothing():
    for salt, humidity in ((0.0, 1.0), (0.1, 0.4)):
        bands = dry_bands(PHASE_V, layer_conductance_s(salt, humidity), PIN_INSULATOR)
        assert bands.current_a < 1e-4
        assert bands.spark_w == 0
    assert band_growth(0.0) == 0
    assert band_growth(1.0) == 1
