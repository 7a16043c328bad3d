"""Magnus psychrometrics against tables and round trips."""

import numpy as np
import pytest

from envirosense.physics.air import humidity as h


@pytest.mark.parametrize(
    ("air_c", "table_pa"), [(0.0, 611.2), (10.0, 1228.0), (20.0, 2339.0), (40.0, 7385.0)]
)
def test_saturation_vapour_pressure_is_within_half_a_percent_of_steam_tables(air_c, table_pa):
    assert h.saturation_vapour_pressure_pa(air_c + 273.15) == pytest.approx(table_pa, rel=5e-3)


def test_dew_point_and_relative_humidity_are_inverse():
    air_k, rh = np.meshgrid(np.linspace(243.0, 320.0, 12), np.linspace(0.03, 1.0, 12))
    np.testing.assert_allclose(h.relative_humidity(air_k, h.dew_point_k(air_k, rh)), rh, rtol=1e-12)


def test_saturated_air_is_at_its_dew_point():
    assert h.dew_point_k(293.15, 1.0) == pytest.approx(293.15)
    assert h.relative_humidity(280.0, 280.0) == 1.0


def test_known_dew_point():
    # 25 degC and 50 % give 13.9 degC on any psychrometric chart
    assert h.dew_point_k(298.15, 0.5) == pytest.approx(273.15 + 13.9, abs=0.1)


def test_absolute_humidity_of_saturated_air_at_20_c():
    assert h.absolute_humidity_g_m3(293.15, 1.0) == pytest.approx(17.3, abs=0.1)


def test_one_kelvin_too_warm_reads_five_to_six_percent_dry():
    # gas-air reference, section 6
    ratio = h.relative_humidity(298.15 + 1.0, 285.0) / h.relative_humidity(298.15, 285.0)
    assert -0.066 < ratio - 1.0 < -0.05


def test_deficit_vanishes_at_saturation():
    assert h.vapour_pressure_deficit_pa(300.0, 1.0) == 0.0
    assert h.vapour_pressure_deficit_pa(300.0, 0.25) == pytest.approx(
        0.75 * h.saturation_vapour_pressure_pa(300.0)
    )
