"""Yields and emission factors: sums, carbon balance, published values, and the parts behind them."""

import re
import tomllib
from importlib.resources import files

import numpy as np
import pytest

from envirosense.core.units import ZERO_CELSIUS_K
from envirosense.physics.fire import emissions as em

PARTS = files("envirosense") / "parts"
FUELS = ("softwood", "creosoted_pole")
WEIGHTS = {"C": 12.011, "H": 1.008, "N": 14.007, "O": 15.999, "S": 32.06, "Cl": 35.45, "Si": 28.085}


def part(path: str) -> dict:
    return tomllib.loads((PARTS / path).read_text(encoding="utf-8"))


def table_of(fuel: dict, scale: float = 1.0) -> em.YieldTable:
    species = tuple(fuel["yields"])
    wood, origin, emphasis = (
        np.array([fuel[group][s]["value"] for s in species], dtype=float)
        for group in ("yields", "origins", "emphasis")
    )
    band_k = np.array(fuel["bands"]["centre"]["value"]) + ZERO_CELSIUS_K
    return em.yield_table(species, wood * scale, origin, emphasis, band_k)


@pytest.fixture(scope="module")
def softwood() -> em.YieldTable:
    return table_of(part("fuels/softwood.toml"))


@pytest.mark.parametrize("name", FUELS)
def test_yields_with_char_sum_to_one(name):
    table = table_of(part(f"fuels/{name}.toml"))
    np.testing.assert_allclose(table.fraction.sum(axis=2) + table.char, 1.0, atol=1e-14)
    np.testing.assert_allclose(table.volatile_share().sum(axis=2), 1.0, atol=1e-14)
    assert table.fraction.min() >= 0.0
    assert em.CHAR not in table.species


def whole_wood_at(temperature_c: float, fuel: dict) -> dict[str, float]:
    """Mass of each species per mass of wood turned over at one temperature [g/g]."""
    table = table_of(fuel)
    shares = np.array([fuel["composition"][c]["value"] for c in ("cellulose", "hemicellulose", "lignin")])
    lower, upper = em.band_place(np.array([temperature_c + ZERO_CELSIUS_K]), table.band_k)
    low, high = table.fraction[lower[0]], table.fraction[lower[0] + 1]
    wood = shares / shares.sum() @ ((1 - upper[0]) * low + upper[0] * high)
    return dict(zip(table.species, wood, strict=True))


def test_bulk_yields_at_380_c_are_within_the_spread_of_their_source():
    fuel = part("fuels/softwood.toml")
    for species, yield_g_g in whole_wood_at(380.0, fuel).items():
        assert yield_g_g == pytest.approx(fuel["yields"][species]["value"], rel=0.40), species


def test_scaling_every_yield_alike_changes_nothing(softwood):
    doubled = table_of(part("fuels/softwood.toml"), scale=2.0)
    np.testing.assert_allclose(doubled.fraction, softwood.fraction, rtol=1e-13)


@pytest.mark.parametrize("name", FUELS)
def test_origins_and_extractives_close(name):
    fuel = part(f"fuels/{name}.toml")
    for species, entry in fuel["origins"].items():
        assert sum(entry["value"]) == pytest.approx(1.0, abs=1e-12), species
    assert sum(entry["value"] for entry in fuel["extractives"].values()) == pytest.approx(1.0, abs=1e-12)
    solid = [entry["value"] for key, entry in fuel["composition"].items() if key != "moisture"]
    assert sum(solid) == pytest.approx(1.0, abs=1e-12)


def test_species_leave_at_the_mass_the_components_lose(softwood):
    rng = np.random.default_rng(3)
    rate_g_s = rng.random((200, 3))
    temperature_k = rng.uniform(300.0, 1100.0, 200)
    species_g_s = em.species_rates_g_s(rate_g_s, temperature_k, softwood)
    np.testing.assert_allclose(species_g_s.sum(axis=1), rate_g_s.sum(axis=1), rtol=1e-12)
    halves = [
        em.species_rates_g_s(rate_g_s[s], temperature_k[s], softwood) for s in (slice(77), slice(77, None))
    ]
    np.testing.assert_array_equal(np.concatenate(halves), species_g_s)


def test_each_component_sends_out_its_own_markers(softwood):
    def rates(component: int, temperature_c: float) -> dict[str, float]:
        row = em.species_rates_g_s(
            np.eye(3)[[component]], np.array([temperature_c + ZERO_CELSIUS_K]), softwood
        )
        return dict(zip(softwood.species, row[0], strict=True))

    cellulose, hemicellulose, lignin = (rates(c, 335.0) for c in range(3))
    assert cellulose["levoglucosan"] > 0.05
    assert cellulose["guaiacol"] == hemicellulose["guaiacol"] == 0.0 < lignin["guaiacol"]
    assert hemicellulose["furfural"] > 5 * cellulose["furfural"] > lignin["furfural"] == 0.0
    assert lignin["phenol"] > 10 * cellulose["phenol"]
    early, late = rates(1, 190.0), rates(1, 600.0)
    assert early["carbon_dioxide"] > early["carbon_monoxide"]
    assert late["hydrogen"] > 5 * rates(1, 425.0)["hydrogen"] > 0.0


def test_bands_blend_smoothly_and_hold_beyond_the_ends(softwood):
    temperature_k = np.arange(350.0, 1000.0, 0.25)
    lower, upper = em.band_place(temperature_k, softwood.band_k)
    position = lower + upper
    assert np.all(np.diff(position) >= 0)
    curvature = (
        6.0 * (0.25 / np.diff(softwood.band_k).min()) ** 2
    )  # of the cubic; a kink would be 6e-4 or more
    assert np.abs(np.diff(position, 2)).max() <= curvature
    np.testing.assert_allclose(position[[0, -1]], [0.0, softwood.band_k.size - 1])
    lower, upper = em.band_place(softwood.band_k, softwood.band_k)
    np.testing.assert_allclose(lower + upper, np.arange(softwood.band_k.size))


def test_table_without_char_or_with_falling_bands_is_refused():
    one = np.ones((1, 3))
    with pytest.raises(ValueError, match="char"):
        em.yield_table(("water",), np.ones(1), one, np.ones((1, 2)), np.array([400.0, 500.0]))
    with pytest.raises(ValueError, match="rising"):
        em.yield_table(("char",), np.ones(1), one, np.ones((1, 2)), np.array([500.0, 400.0]))


@pytest.mark.parametrize(("mce", "co_g_kg"), [(0.80, 222.0), (0.90, 111.0), (0.98, 22.0)])
def test_co_factor_is_the_carbon_balance(mce, co_g_kg):
    assert float(em.co_factor_g_kg(np.array(mce))) == pytest.approx(co_g_kg, rel=0.01)


def test_co_and_co2_factors_hold_the_burnt_carbon():
    mce = np.linspace(0.7, 1.0, 7)
    co_mol, co2_mol = em.co_factor_g_kg(mce) / em.CO_G_MOL, em.co2_factor_g_kg(mce) / em.CO2_G_MOL
    np.testing.assert_allclose((co_mol + co2_mol) * em.CARBON_G_MOL, 0.95 * 500.0)
    np.testing.assert_allclose(co2_mol / (co_mol + co2_mol), mce)


def test_particle_factor_meets_its_anchors_and_falls_with_mce():
    np.testing.assert_allclose(em.pm2_5_factor_g_kg(np.array([0.80, 0.92, 0.98])), [35.0, 15.0, 5.0])
    assert float(em.pm2_5_factor_g_kg(np.array(0.86))) == pytest.approx(np.sqrt(35.0 * 15.0))
    assert np.all(np.diff(em.pm2_5_factor_g_kg(np.linspace(0.8, 0.98, 50))) < 0)


def test_pyrolysing_wood_makes_the_particles_of_residual_smoulder():
    fuel = part("fuels/softwood.toml")
    assert fuel["particles"]["condensed_fraction"]["value"] == em.CONDENSED_FRACTION
    wood = whole_wood_at(380.0, fuel)
    condensable_g_kg = 1000.0 * np.array([wood["unspeciated_tar"] + wood["levoglucosan"]])
    residual_g_kg = fuel["particles"]["pm2_5_residual"]["value"]
    assert em.pm2_5_rate_g_s(condensable_g_kg)[0] == pytest.approx(residual_g_kg, rel=0.03)


@pytest.mark.parametrize("ratio", [0.0, 0.1, 1.0])
def test_glowing_char_turns_all_its_carbon_into_co_and_co2(ratio):
    co, co2 = em.char_oxidation_factors(ratio) / np.array([em.CO_G_MOL, em.CO2_G_MOL])
    assert (co + co2) * em.CARBON_G_MOL == pytest.approx(0.9)
    assert co == pytest.approx(ratio * co2)


def test_molar_masses_are_the_sum_over_the_formula():
    for name, entry in part("species.toml").items():
        if isinstance(entry, dict):
            pieces = re.findall(r"(Cl|Si|[CHNOS])(\d*)", entry["formula"])
            mass = sum(WEIGHTS[element] * int(count or 1) for element, count in pieces)
            assert entry["molar_mass_g_mol"] == pytest.approx(mass, abs=5.1e-4), name


def test_no_two_species_share_a_name():
    owners: dict[str, str] = {}
    for name, entry in part("species.toml").items():
        if isinstance(entry, dict):
            for alias in {name, *(a.lower() for a in entry["aliases"])}:
                assert owners.setdefault(alias, name) == name, alias


def leaves(tree: dict) -> list[dict]:
    if "value" in tree:
        return [tree]
    return [leaf for branch in tree.values() if isinstance(branch, dict) for leaf in leaves(branch)]


@pytest.mark.parametrize(
    "path",
    ["fuels/softwood.toml", "fuels/creosoted_pole.toml", "background/rural.toml", "background/suburban.toml"],
)
def test_every_number_of_a_part_has_unit_and_source_and_every_gas_is_known(path):
    tree = part(path)
    assert {"name", "kind", "summary"} <= set(tree)
    assert tree["name"] == path.split("/")[1].removesuffix(".toml")
    for leaf in leaves(tree):
        assert set(leaf) in ({"value", "unit", "source"}, {"value", "unit", "source", "note"})
    known = set(part("species.toml")) | {"unspeciated_tar", "char"}
    for group in ("yields", "origins", "emphasis", "extractives", "emission_factors", "levels"):
        assert set(tree.get(group, {})) <= known, group
