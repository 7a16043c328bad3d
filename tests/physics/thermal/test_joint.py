import numpy as np
import pytest

from envirosense.physics.thermal.joint import (
    contact_temperature_k,
    contact_voltage_v,
    fin_conductance_w_k,
    fin_decay_length_m,
    joint_heat_w,
    neta_severity,
    resistance_ceiling_ohm,
    resistance_growth_per_s,
)

LINNET_FIN = (18.3e-3, 237.0, 1.7e-4)  # diameter [m], conductivity [W/m/K], aluminium cross-section [m2]
BODY_M2 = 0.015


@pytest.mark.parametrize(
    ("film", "conductance", "length_m", "rises_k"),
    [
        (8.0, 0.392, 0.296, (10.2, 51.0, 102.0, 203.9)),
        (15.0, 0.598, 0.216, (6.7, 33.5, 66.9, 133.8)),
        (30.0, 0.977, 0.153, (4.1, 20.5, 40.9, 81.9)),
    ],
)
def test_joint_table(film, conductance, length_m, rises_k):  # V-TH-6, heat at 20 degC
    total = film * BODY_M2 + fin_conductance_w_k(film, *LINNET_FIN)
    assert total == pytest.approx(conductance, abs=6e-4)
    assert fin_decay_length_m(film, *LINNET_FIN) == pytest.approx(length_m, abs=6e-4)
    heat_w = joint_heat_w(np.array([200.0, 200, 200, 400]), np.array([1e-4, 5e-4, 1e-3, 5e-4]), 293.15)
    np.testing.assert_allclose(heat_w / total, rises_k, atol=0.06)


def test_fin_conductance_solves_the_fin_equation():
    # finite differences on one fin of six decay lengths, against half of the two-fin closed form
    diameter_m, conductivity, area_m2 = LINNET_FIN
    film, n = 12.0, 1200
    step_m = 6.0 * fin_decay_length_m(film, *LINNET_FIN) / n
    along, out = conductivity * area_m2 / step_m, film * np.pi * diameter_m * step_m
    matrix = np.diag(np.full(n, 2 * along + out)) - along * (np.eye(n, k=1) + np.eye(n, k=-1))
    matrix[-1, -1] = along + out
    source = np.zeros(n)
    source[0] = along
    flow_w = along * (1.0 - np.linalg.solve(matrix, source)[0]) + 0.5 * out
    assert 2.0 * flow_w == pytest.approx(fin_conductance_w_k(film, *LINNET_FIN), rel=1e-4)


def test_heat_grows_with_temperature():
    assert joint_heat_w(100.0, 1e-3, 293.15) == pytest.approx(10.0)
    assert joint_heat_w(100.0, 1e-3, 393.15) == pytest.approx(13.9)


def test_contact_voltage_of_melting_metals():  # V-TH-7
    found = contact_voltage_v(np.array([373.0, 473.0, 933.0, 1358.0]), 293.0)
    np.testing.assert_allclose(found, [72.3e-3, 116.2e-3, 277e-3, 415e-3], atol=4e-4)
    np.testing.assert_allclose(contact_temperature_k(found, 293.0), [373.0, 473.0, 933.0, 1358.0])


def test_contact_at_its_ceiling_is_at_the_melting_point():
    resistance = resistance_ceiling_ohm(400.0, 300.0)
    assert contact_temperature_k(400.0 * resistance, 300.0) == pytest.approx(933.0)


def test_ageing_quickens_with_temperature():
    assert resistance_growth_per_s(333.0, 1e-7) == pytest.approx(1e-7)
    # 0.5 eV: k_B ln(ratio) / (1/T1 - 1/T2) gives the energy back
    ratio = resistance_growth_per_s(373.0, 1.0) / resistance_growth_per_s(343.0, 1.0)
    assert 8.617333e-5 * np.log(ratio) / (1 / 343 - 1 / 373) == pytest.approx(0.5, rel=1e-6)


def test_severity_follows_the_printed_scale():
    over_ambient_k = np.array([0.5, 1.0, 10.0, 11.0, 20.0, 21.0, 40.0, 41.0])
    np.testing.assert_array_equal(neta_severity(0.0, over_ambient_k), [0, 1, 1, 2, 2, 3, 3, 4])
    over_similar_k = np.array([0.0, 1.0, 3.0, 4.0, 15.0, 16.0])
    np.testing.assert_array_equal(neta_severity(over_similar_k, 0.0), [0, 1, 1, 2, 2, 4])
    assert neta_severity(5.0, 35.0) == 3
