"""Finite stocks and oil gas: exact release, Arrhenius slope, Duval's zones."""

import numpy as np
import pytest

from envirosense.physics.fire import oil_gas
from envirosense.physics.gas import release


def test_rate_is_the_reference_at_its_temperature_and_has_its_slope():
    rate = release.arrhenius_per_s(np.array([500.0, 510.0]), 1e-3, 500.0, 120e3)
    assert rate[0] == 1e-3
    assert np.log(rate[1] / rate[0]) == pytest.approx(120e3 / 8.314462618 * (1 / 500 - 1 / 510))


def test_a_stock_leaves_exactly_once_whatever_the_step():
    coarse, fine = (release.release_per_s(np.full(round(600 / dt), 5e-3), dt) for dt in (10.0, 1.0))
    assert coarse.sum() * 10.0 == pytest.approx(1.0 - np.exp(-3.0), rel=1e-12)
    np.testing.assert_allclose(fine.reshape(-1, 10).mean(axis=1), coarse, rtol=1e-9)
    assert release.release_per_s(np.full(10, 1e3), 1.0).sum() == pytest.approx(1.0)
    with pytest.raises(ValueError, match="dt_s"):
        release.release_per_s(np.ones(3), 0.0)


@pytest.mark.parametrize(
    ("methane", "ethylene", "acetylene", "zone"),
    [
        (99, 1, 0, "PD"),
        (90, 8, 2, "T1"),
        (60, 38, 2, "T2"),
        (30, 60, 10, "T3"),
        (60, 15, 25, "D1"),
        (50, 30, 20, "D2"),
        (30, 30, 40, "D2"),
        (80, 10, 10, "DT"),
        (30, 45, 25, "DT"),
    ],
)
def test_points_of_duvals_triangle_lie_in_their_zones(
    methane, ethylene, acetylene, zone
):  # IEC 60599, from memory
    assert oil_gas.ZONES[int(oil_gas.duval_zone(methane, ethylene, acetylene))] == zone
    assert oil_gas.ZONES[int(oil_gas.duval_zone(2.5 * methane, 2.5 * ethylene, 2.5 * acetylene))] == zone


def test_oil_without_the_three_gases_has_no_zone():
    with pytest.raises(ValueError, match="zero"):
        oil_gas.duval_zone(np.array([1.0, 0.0]), 0.0, 0.0)
    with pytest.raises(ValueError, match="negative"):
        oil_gas.duval_zone(-1.0, 3.0, 0.0)
