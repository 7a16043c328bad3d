"""Burning wood: carbon balance, efficiency, published factors; ignition and heat."""

import numpy as np
import pytest

from envirosense.core.species import species
from envirosense.physics.fire import combustion as cb
from envirosense.pole.matter.wood import wood_factors

MCES = (0.75, 0.80, 0.86, 0.92, 0.98, 0.99)


def carbon_of(factors):
    known = {name: species(name) for name in factors.gas_g_kg}
    return {name: cb.carbon_share(gas.formula, gas.molar_mass_g_mol) for name, gas in known.items()}


@pytest.mark.parametrize("mce", MCES)
def test_all_carbon_of_the_wood_leaves_and_no_more(mce):  # V14
    factors = wood_factors(mce)
    assert cb.carbon_g_kg(factors, carbon_of(factors)) == pytest.approx(500.0, abs=1e-9)
    assert min(factors.gas_g_kg.values()) > 0.0


@pytest.mark.parametrize("mce", MCES)
def test_co_and_co2_have_the_efficiency_asked_for(mce):
    gas = wood_factors(mce).gas_g_kg
    co, co2 = gas["carbon_monoxide"] / 28.010, gas["carbon_dioxide"] / 44.009
    assert co2 / (co + co2) == pytest.approx(mce, rel=1e-12)


@pytest.mark.parametrize(
    ("mce", "co_g_kg", "low", "high"), [(0.80, 222.0, -12, 0), (0.90, 111.0, -4, 4), (0.98, 22.2, 0, 6)]
)
def test_co_is_near_the_closed_form_of_a_fixed_oxidised_share(mce, co_g_kg, low, high):  # V14
    departure_pct = 100 * (wood_factors(mce).gas_g_kg["carbon_monoxide"] / co_g_kg - 1)
    assert low <= departure_pct <= high


def test_the_table_comes_back_at_its_own_efficiency():
    mce = (1647 / 44.009) / (1647 / 44.009 + 88 / 28.010)
    gas = wood_factors(mce).gas_g_kg
    for name, factor in (
        ("formaldehyde", 2.09),
        ("methane", 3.36),
        ("nitric_oxide", 1.92),
        ("benzene", 0.27),
    ):
        assert gas[name] == pytest.approx(factor, rel=1e-9)
    assert gas["carbon_dioxide"] == pytest.approx(1647, rel=0.05)


@pytest.mark.parametrize(("mce", "pm_g_kg"), [(0.80, 34.5), (0.98, 5.0)])
def test_particles_follow_the_efficiency(mce, pm_g_kg):
    assert wood_factors(mce).particle_g_kg == pytest.approx(pm_g_kg, rel=0.02)


def test_flames_make_oxides_and_smoulder_makes_organics():
    flame, glow = wood_factors(0.98).gas_g_kg, wood_factors(0.80).gas_g_kg
    assert flame["nitric_oxide"] > glow["nitric_oxide"]
    assert glow["guaiacol"] > 5 * flame["guaiacol"]


@pytest.mark.parametrize(
    ("formula", "atoms"), [("CO2", 1), ("C10H16", 10), ("C2H3Cl", 2), ("Cl2", 0), ("C6H18O3Si3", 6)]
)
def test_carbon_is_counted_from_the_formula(formula, atoms):
    assert cb.carbon_share(formula, 12.011) == pytest.approx(atoms)


def test_flame_needs_heat_and_vapour_at_once():
    surface_k = np.array([650.0, 650.0, 600.0, 622.9])
    flux = np.array([3.0, 2.0, 3.0, 9.0])
    assert cb.is_flaming(surface_k, flux).tolist() == [True, False, False, False]


def test_burning_rate_and_heat_are_of_the_published_size():
    assert 5.0 < cb.BURNING_FLUX_G_M2_S < 12.0
    assert 5.0 < float(cb.burning_flux_g_m2_s(15e3)) < 12.0
    assert float(cb.flame_heat_w(1.0)) == 13.5e3
    assert float(cb.flame_height_m(100e3, 0.5)) == pytest.approx(0.235 * 100**0.4 - 0.51, rel=1e-12)
    assert float(cb.flame_height_m(0.0, 0.5)) == 0.0


@pytest.mark.parametrize("mce", [0.7, 1.0])
def test_efficiencies_no_fire_has_are_refused(mce):
    with pytest.raises(ValueError, match="mce"):
        wood_factors(mce)
