"""Named sources: every part loads, mass closes, laws are told apart."""

from datetime import UTC, datetime

import numpy as np
import pytest

from envirosense.core.errors import ConfigError, UnknownNameError
from envirosense.core.grid import TimeGrid
from envirosense.core.parts import load_part
from envirosense.core.species import species
from envirosense.physics.fire.oil_gas import ZONES, duval_zone
from envirosense.physics.gas.source_courses import passage
from envirosense.pole.matter import sources as so

GRID = TimeGrid(start_utc=datetime(2018, 7, 10, 17, tzinfo=UTC), dt_s=10.0, n=360)
AT = (3.0, 4.0, 5.0)
ONES = np.ones(GRID.n)


def named(law):
    return [name for name in so.source_names() if load_part(f"sources/{name}")["law"] == law]


def test_every_source_of_the_library_is_there():
    wanted = {
        *("barbecue", "diesel_truck", "creosote_hot_day", "pollen", "road_dust", "fog", "fireworks"),
        *("lawn_mowing", "wildfire_smoke", "prescribed_burn", "pvc", "xlpe", "epoxy", "silicone", "epdm"),
        *("smouldering_wood", "flaming_wood", "transformer_oil_arcing", "hot_transformer_oil"),
    }
    assert wanted <= set(so.source_names())


@pytest.mark.parametrize("name", named("emission"))
def test_an_emission_scales_with_course_and_strength(name):
    course = np.linspace(0.0, 1.0, GRID.n)
    one, three = (so.emission(name, GRID, AT, course, strength) for strength in (1.0, 3.0))
    assert one.gas_g_s or one.particle_g_s
    for before, after in ((one.gas_g_s, three.gas_g_s), (one.particle_g_s, three.particle_g_s)):
        for key, rate in before.items():
            assert np.all(rate >= 0.0)
            np.testing.assert_allclose(after[key], 3.0 * rate)
    assert all(species(gas).name == gas for gas in one.gas_g_s)
    assert one.heat_w is None or one.heat_w[-1] > 0.0


@pytest.mark.parametrize("name", named("air_mass"))
def test_an_air_mass_brings_its_level(name):
    air = so.air_mass(name, GRID, ONES, 2.0)
    total = sum(air.particle_ug_m3.values())
    np.testing.assert_allclose(total, 2.0 * load_part(f"sources/{name}")["level"])
    assert all(species(gas).name == gas for gas in air.gas_ppb)


@pytest.mark.parametrize("name", named("overheating"))
def test_an_overheated_material_gives_off_what_it_holds_and_no_more(name):
    hot = so.overheating(name, GRID, AT, np.full(GRID.n, 900.0), 10.0)
    released_g = sum(rate.sum() * GRID.dt_s for rate in (*hot.gas_g_s.values(), *hot.particle_g_s.values()))
    part = load_part(f"sources/{name}")
    held = {f"{g} {k}": v for g in ("gas", "particle") for k, v in part.group(g).items()}
    shares = [value for key, value in held.items() if key.endswith(".share")]
    assert released_g == pytest.approx(10.0 * sum(shares), rel=1e-6)
    assert sum(shares) <= 1.0
    cool = so.overheating(name, GRID, AT, np.full(GRID.n, 290.0), 10.0)
    assert sum(rate.sum() * GRID.dt_s for rate in cool.gas_g_s.values()) < 1e-3 * released_g


def test_pvc_gives_hydrogen_chloride_first_and_up_to_half_a_gram_per_cm3():
    warm_k = np.full(GRID.n, 473.15)
    warm = so.overheating("pvc", GRID, AT, warm_k, 1.4)
    assert warm.gas_g_s["hydrogen_chloride"].sum() > 100 * warm.gas_g_s["benzene"].sum()
    hot = so.overheating("pvc", GRID, AT, warm_k + 200.0, 1.4)
    assert hot.gas_g_s["hydrogen_chloride"].sum() * GRID.dt_s == pytest.approx(0.5, rel=0.02)


def test_creosote_smells_on_a_hot_day():
    cool, hot = (
        so.overheating("creosote_hot_day", GRID, AT, np.full(GRID.n, k), 500.0) for k in (283.0, 333.0)
    )
    ratio = hot.gas_g_s["naphthalene"].mean() / cool.gas_g_s["naphthalene"].mean()
    assert ratio == pytest.approx(np.exp(68.7e3 / 8.314462618 * (1 / 283 - 1 / 333)), rel=0.01)


@pytest.mark.parametrize(
    ("name", "zone"),
    [
        ("transformer_oil_corona", "PD"),
        ("transformer_oil_overheated", "T3"),
        ("transformer_oil_arcing", "D1"),
    ],
)
def test_oil_gas_lies_in_the_zone_of_its_fault(name, zone):
    gas = so.emission(name, GRID, AT, ONES).gas_g_s
    volume = [gas[g][0] / species(g).molar_mass_g_mol for g in ("methane", "ethylene", "acetylene")]
    assert ZONES[int(duval_zone(*volume))] == zone
    assert sum(rate[0] for rate in gas.values()) == pytest.approx(load_part(f"sources/{name}")["rate"])


def test_far_smoke_is_smooth_and_has_its_carbon_monoxide():
    course = passage(GRID.t_s, GRID.dt_s, 0.0, 1200.0, 1200.0, 1200.0)
    air = so.air_mass("wildfire_smoke", GRID, course)
    ratio = air.particle_ug_m3["smoke_aged"][150] / air.gas_ppb["carbon_monoxide"][150]
    assert 0.1 <= ratio <= 0.3  # ug/m3 per ppb
    assert not {"furfural", "guaiacol", "levoglucosan"} & set(air.gas_ppb)
    assert np.abs(np.diff(air.particle_ug_m3["smoke_aged"])).max() < 100.0 * 1.5 * GRID.dt_s / 1200.0 + 1e-9


def test_smouldering_wood_emits_as_the_budget_of_detection_says():
    """1 g/min of residual smoulder: CO near 4 mg/s, PM2.5 of 23 to 35 g/kg."""
    smoulder = so.emission("smouldering_wood", GRID, AT, ONES, (1.0 / 60.0) / 0.03)
    assert smoulder.gas_g_s["carbon_monoxide"][0] * 1e3 == pytest.approx(4.1, rel=0.2)
    pm_g_kg = 60e3 * smoulder.particle_g_s["smoke_fresh"][0] * so.pm2_5_share("smoke_fresh")
    assert 23.0 <= pm_g_kg <= 35.1
    assert "soot" in so.emission("flaming_wood", GRID, AT, ONES).particle_g_s


@pytest.mark.parametrize("call", [so.emission, so.overheating])
def test_unknown_sources_suggest_the_nearest(call):
    with pytest.raises(UnknownNameError, match="did you mean 'barbecue'"):
        call("barbeque", GRID, AT, ONES, 1.0)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: so.emission("pvc", GRID, AT, ONES), "law 'overheating'"),
        (lambda: so.air_mass("barbecue", GRID, ONES), "law 'emission'"),
        (lambda: so.emission("barbecue", GRID, AT, ONES[1:]), "per tick"),
        (lambda: so.emission("barbecue", GRID, AT, -ONES), "per tick"),
        (lambda: so.emission("barbecue", GRID, AT, ONES, np.inf), "strength"),
        (lambda: so.overheating("pvc", GRID, AT, 20.0 * ONES, 1.0), "kelvin"),
        (lambda: so.overheating("pvc", GRID, AT, 300.0 * ONES, 0.0), "mass_g"),
    ],
)
def test_unfit_requests_are_refused(call, words):
    with pytest.raises(ConfigError, match=words):
        call()
