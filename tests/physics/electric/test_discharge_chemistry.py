import numpy as np
import pytest

from envirosense.physics.electric.discharge_chemistry import (
    CHEMISTRY,
    J_PER_KWH,
    NO2_G_MOL,
    NO_G_MOL,
    OZONE_GSD,
    discharge_emission_g_s,
    draw_ozone_scale,
    hot_channel_no_g_j,
    humidity_ozone_factor,
)


def test_lightning_yield_is_25_grams_of_dioxide_per_kilowatt_hour():
    as_dioxide = hot_channel_no_g_j() * NO2_G_MOL / NO_G_MOL * J_PER_KWH
    assert as_dioxide == pytest.approx(9e16 / 6.02214076e23 * 46.005 * 3.6e6, rel=1e-12)
    assert as_dioxide == pytest.approx(25.0, rel=0.015)


@pytest.mark.parametrize(("energy_j", "dioxide_g"), [(100.0, 0.7e-3), (100e3, 0.7)])
def test_power_arcs_fix_the_quoted_nitrogen(energy_j, dioxide_g):  # 0.1 to 100 kJ
    found = discharge_emission_g_s("arc", energy_j, 0.5).gas_g_s["nitric_oxide"] * NO2_G_MOL / NO_G_MOL
    assert found == pytest.approx(dioxide_g, rel=0.03)


def test_corona_makes_two_grams_of_ozone_per_kilowatt_hour_and_half_in_wet_air():
    products = discharge_emission_g_s("corona", np.full(3, 1000.0), np.array([0.4, 0.7, 0.9]))
    np.testing.assert_allclose(products.gas_g_s["ozone"] * 3600.0, [2.0, 2.0, 1.0])
    np.testing.assert_allclose(products.gas_g_s["nitrogen_dioxide"] / products.gas_g_s["ozone"], 0.25)
    assert products.particle_g_s == {}


def test_humidity_factor_never_jumps():
    factor = humidity_ozone_factor(np.linspace(0.0, 1.0, 1001))
    assert factor[0] == 1.0
    assert factor[801] == 0.5
    assert np.abs(np.diff(factor)).max() < 0.01


def test_ozone_scale_is_lognormal_about_one():
    rng, n = np.random.default_rng(6), 4000
    logs = np.log([draw_ozone_scale(rng) for _ in range(n)])
    assert abs(logs.mean()) < 5 * np.log(OZONE_GSD) / np.sqrt(n)
    assert abs(logs.std() / np.log(OZONE_GSD) - 1.0) < 5 / np.sqrt(2 * n)
    doubled = discharge_emission_g_s("corona", 10.0, 0.3, ozone_scale=2.0)
    assert doubled.gas_g_s["ozone"] == pytest.approx(2 * 2.0 * 10.0 / J_PER_KWH)


def test_arc_makes_no_ozone_but_fume():
    products = discharge_emission_g_s("arc", 1000.0, 0.5)
    assert "ozone" not in products.gas_g_s
    assert 1e-3 <= products.particle_g_s["metal_fume"] <= 10e-3  # 1-10 mg/kJ at 1 kW


def test_only_hot_channels_on_organics_make_cyanide():
    plain, organic = (discharge_emission_g_s("gap", np.ones(4), 0.5, on_organics=o) for o in (False, True))
    assert "hydrogen_cyanide" not in plain.gas_g_s
    assert {"hydrogen_cyanide", "acetylene", "carbon_monoxide", "hydrogen"} <= organic.gas_g_s.keys()
    assert "acetylene" not in discharge_emission_g_s("corona", 1.0, 0.5, on_organics=True).gas_g_s


@pytest.mark.parametrize("kind", list(CHEMISTRY))
def test_products_are_in_proportion_to_power(kind):
    power = np.array([0.0, 1.0, 3.0])
    products = discharge_emission_g_s(kind, power, 0.5, on_organics=True)
    for rate in (*products.gas_g_s.values(), *products.particle_g_s.values()):
        np.testing.assert_allclose(rate, power * rate[1])
    assert CHEMISTRY[kind].cold + CHEMISTRY[kind].hot <= 1.0


def test_enclosed_voids_release_nothing():
    assert discharge_emission_g_s("internal", 5.0, 0.5).gas_g_s == {}


def test_refusals():
    with pytest.raises(ValueError, match="corona, internal, surface, floating, gap, arc"):
        discharge_emission_g_s("spark", 1.0, 0.5)
    with pytest.raises(ValueError, match="power_w"):
        discharge_emission_g_s("arc", -1.0, 0.5)
