from datetime import UTC, datetime

import numpy as np
import pytest

from envirosense.pole.scenarios.lookalike import barbecue
from envirosense.pole.scenarios.lookalike.barbecue import BarbecueScenario
from envirosense.pole.scenarios.lookalike.creosote_hot_day import CreosoteHotDayScenario, skin_k
from envirosense.pole.scenarios.lookalike.prescribed_burn import PrescribedBurnScenario
from envirosense.pole.scenarios.lookalike.wildfire_smoke import WildfireSmokeScenario

GRILL = {
    "distance_m": 40.0, "bearing_deg": 270.0, "charcoal_g_s": 0.3, "onset_fraction": 0.2, "burning_h": 1.0,
}  # fmt: skip
NIGHT = {"dni_w_m2": 0.0, "dhi_w_m2": 0.0, "ghi_w_m2": 0.0}
MIDNIGHT = datetime(2018, 7, 11, 5, tzinfo=UTC)  # of local standard time
SMELL = "voc_array"
DUST = "particulate_matter"


def test_a_barbecue_upwind_is_smelt_and_counted_but_not_heard(stage, moved, only, gas_ppb):
    world, _, (event,) = stage(BarbecueScenario, **GRILL)
    assert only(moved(world)) == {SMELL, DUST}
    co, guaiacol, acrolein = gas_ppb(world, "carbon_monoxide", "guaiacol", "acrolein").max(axis=0)
    assert co > 100.0 * acrolein > 0.0
    assert guaiacol > 0.0
    assert event.onset_s(world.grid) >= 0.2 * world.grid.duration_s
    assert event.stage[np.argmax(event.active)] == 0


def test_a_barbecue_downwind_is_missed_and_still_an_event(stage, moved):
    world, _, events = stage(BarbecueScenario, **GRILL | {"bearing_deg": 90.0})
    assert len(events) == 1
    assert moved(world)[DUST] < 0.1


def test_a_barbecue_is_fainter_farther_away_and_passes_under_the_device_when_near(stage, pm_excess):
    near, far = (stage(BarbecueScenario, **GRILL | {"distance_m": d})[0] for d in (8.0, 40.0))
    low_m = (0.0, 0.0, 2.0)
    assert pm_excess(near, low_m)[:, 1].mean() > 3.0 * pm_excess(far, low_m)[:, 1].mean() > 0.0
    assert pm_excess(near)[:, 1].mean() < 0.01 * pm_excess(far)[:, 1].mean()


def test_fat_flares_about_the_charcoal_that_burns(stage):
    _, forcing, _ = stage(BarbecueScenario, n=1440, **GRILL | {"onset_fraction": 0.0})
    (smoke,) = forcing.emissions
    glowing = slice(90, 450)  # lit for 15 min, then an hour
    # an hour of tau 45 s: n_eff 40, log-sd .5
    part_co = 0.189  # g/g of the part
    mean_g_s = smoke.gas_g_s["carbon_monoxide"][glowing].mean() / part_co
    assert mean_g_s == pytest.approx(0.3, rel=5.0 * 0.53 / np.sqrt(40.0))
    assert np.all(smoke.gas_g_s["carbon_monoxide"][450 + 181 :] == 0.0)
    assert barbecue.DYING_S == 1800.0


def test_far_smoke_holds_its_ratio_to_carbon_monoxide_and_none_of_the_fresh_vapours(stage, pm_excess):
    world, forcing, (event,) = stage(
        WildfireSmokeScenario, n=360, smoke_ug_m3=150.0, ratio_ug_m3_ppb=0.17, begins_h=-8.0, rise_h=2.0,
        plateau_h=30.0,
    )  # fmt: skip
    co_ppb = forcing.air_masses[0].gas_ppb["carbon_monoxide"]
    pm = pm_excess(world)
    smoke_ug_m3 = forcing.states["wildfire_smoke_ug_m3"]
    np.testing.assert_allclose(smoke_ug_m3 / co_ppb, 0.17)
    assert smoke_ug_m3.mean() == pytest.approx(150.0, rel=0.5)
    assert {"furfural", "guaiacol"}.isdisjoint(forcing.air_masses[0].gas_ppb)
    # no intermittency: from tick to tick it hardly changes, where a near plume comes and goes
    assert np.std(np.diff(pm[:, 1])) < 0.02 * pm[:, 1].mean()
    assert pm[:, 1].mean() > 0.85 * pm[:, 2].mean()
    assert event.onset_s(world.grid) == 0.0


def test_far_smoke_comes_over_hours(stage):
    _, forcing, _ = stage(WildfireSmokeScenario, n=2160, begins_h=0.25, rise_h=3.0, smoke_ug_m3=200.0)
    course = forcing.states["wildfire_smoke_ug_m3"]
    assert np.all(course[:89] == 0.0)
    assert course[-1] > 100.0
    half = np.argmax(course > 0.5 * course[1260:].mean())
    assert half * 10.0 / 3600.0 == pytest.approx(1.75, abs=0.5)


def test_far_smoke_dims_the_sun_by_its_column(stage):
    world, forcing, _ = stage(
        WildfireSmokeScenario, smoke_ug_m3=200.0, begins_h=-8.0, rise_h=2.0, plateau_h=30.0, depth_m=2000.0
    )
    state = world.state(0, world.grid.n)
    seen = state.irradiance_w_m2() / state.without_causes().irradiance_w_m2()
    depth = 4.0 * 1e-6 * forcing.states["wildfire_smoke_ug_m3"] * 2000.0
    np.testing.assert_allclose(seen, np.exp(-0.3 * depth), rtol=1e-6)


def test_a_far_burn_is_lifted_over_the_pole_and_falls_with_distance(stage, pm_excess):
    burn = {"bearing_deg": 270.0, "fuel_g_s": 1500.0, "onset_fraction": 0.0, "burning_h": 3.0}
    pm = [
        pm_excess(stage(PrescribedBurnScenario, n=720, distance_m=d, **burn)[0])[360:, 1].mean()
        for d in (1000.0, 2800.0)
    ]
    assert pm[0] > 1.5 * pm[1] > 0.0
    missed, _, events = stage(
        PrescribedBurnScenario, n=720, distance_m=1500.0, **burn | {"bearing_deg": 90.0}
    )
    assert len(events) == 1
    assert pm_excess(missed).max() < 1e-3


def test_creosote_goes_with_the_temperature_of_the_wood(stage):
    flux, wood_k = [], []
    for air_c in (10.0, 20.0, 35.0):
        world, forcing, _ = stage(
            CreosoteHotDayScenario, weather={"air_c": air_c, "dew_point_c": 5.0}, creosote_g=1000.0,
            absorptivity=0.9,
        )  # fmt: skip
        wood_k.append(skin_k(world.conditions, 0.9).mean())
        flux.append(forcing.emissions[0].gas_g_s["naphthalene"].mean())
        assert {"phenol", "cresol", "naphthalene"} <= set(forcing.emissions[0].gas_g_s)
        assert "carbon_monoxide" not in forcing.emissions[0].gas_g_s
    assert wood_k[0] - 283.15 > 5.0  # the sun
    slope = np.log(flux[2] / flux[0]) / (1.0 / wood_k[0] - 1.0 / wood_k[2])
    assert slope == pytest.approx(68_700.0 / 8.314, rel=0.02)  # vapour pressure of the part
    assert 0.0005 < flux[1] / 1000.0 * 3600.0 * 24.0 < 0.02 * 0.06 * 1000.0


def test_a_cold_pole_smells_of_nothing(stage):
    cold = {"air_c": -10.0, "dew_point_c": -15.0, **NIGHT}
    assert stage(CreosoteHotDayScenario, weather=cold, creosote_g=300.0, start=MIDNIGHT)[2] == ()
