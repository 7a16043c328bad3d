import numpy as np
import pytest

from envirosense.physics.sound.acoustics import energy_of_db
from envirosense.pole.scenarios.lookalike.diesel_truck import DieselTruckScenario
from envirosense.pole.scenarios.lookalike.road_dust import RoadDustScenario

LORRY = {"distance_m": 12.0, "bearing_deg": 270.0, "onset_fraction": 0.3}
ROAD = {
    "distance_m": 20.0, "bearing_deg": 270.0, "dust_g_m": 1.0, "speed_m_s": 12.0, "per_h": 60.0,
    "onset_fraction": 0.1, "end_fraction": 1.0,
}  # fmt: skip
DUST = "particulate_matter"
SOUND = "acoustic_sensor"


def test_a_passing_lorry_leaves_oxides_of_nitrogen_and_soot_for_a_minute(
    stage, moved, only, gas_ppb, pm_excess
):
    world, _, (event,) = stage(DieselTruckScenario, mode="passing", stay_s=20.0, fuel_g_s=6.0, **LORRY)
    assert SOUND in only(moved(world))
    assert pm_excess(world)[:, 0].max() > 0.05
    nitric, dioxide, ozone = gas_ppb(world, "nitric_oxide", "nitrogen_dioxide", "ozone").T
    assert nitric.max() > 5.0
    assert dioxide.max() > 1.0
    assert ozone.min() < 0.0  # used up by nitric oxide
    assert np.flatnonzero(nitric > 0.1 * nitric.max()).size <= 9  # of 10 s
    lasting_s = event.clearance_s(world.grid) - event.onset_s(world.grid)
    assert 20.0 <= lasting_s <= 180.0


def test_a_lorry_sounds_where_it_is_and_while_it_is_there(stage, level_db):
    loudest = []
    for distance_m in (10.0, 40.0):
        lorry = LORRY | {"mode": "passing", "stay_s": 20.0, "fuel_g_s": 6.0, "distance_m": distance_m}
        world, forcing, _ = stage(DieselTruckScenario, **lorry)
        energy = energy_of_db(level_db(world)[:, 4]) - energy_of_db(level_db(world, "undisturbed")[:, 4])
        loudest.append(10.0 * np.log10(energy.max()))
        assert set(np.flatnonzero(energy > 0.01 * energy.max())) <= {54, 55, 56}  # from 540 s on
        assert len(forcing.noises) == len(forcing.emissions) == 5
    assert 2.0 < loudest[0] - loudest[1] < 13.0  # 12 dB for a point, less for a drive


def test_an_idling_lorry_stays_in_one_place(stage):
    world, forcing, (event,) = stage(DieselTruckScenario, mode="idling", stay_s=600.0, fuel_g_s=0.8, **LORRY)
    assert len(forcing.emissions) == 1
    carbon_dioxide_g = forcing.emissions[0].gas_g_s["carbon_dioxide"].sum() * world.grid.dt_s
    assert carbon_dioxide_g == pytest.approx(0.8 * 600.0 * 3.17)
    assert event.clearance_s(world.grid) > 0.3 * 1800.0 + 600.0


def test_road_dust_is_coarse_and_smells_of_nothing(stage, moved, only, pm_excess):
    world, _, _ = stage(RoadDustScenario, **ROAD)
    kinds = moved(world)
    assert only(kinds) == {DUST, SOUND}
    _, fine, coarse = pm_excess(world).mean(axis=0)
    assert 0.1 < fine / coarse < 0.35


def test_dust_is_raised_by_the_metre(stage):
    world, forcing, _ = stage(RoadDustScenario, n=720, **ROAD)
    raised_g = sum(plume.particle_g_s["dust"].sum() for plume in forcing.emissions) * world.grid.dt_s
    vehicles = raised_g / (1.0 * 160.0)
    assert vehicles == pytest.approx(60.0 * 1.8, abs=5.0 * np.sqrt(108.0))


def test_a_wet_road_gives_no_dust(stage):
    _, forcing, events = stage(RoadDustScenario, weather={"rain_mm": 3.0}, **ROAD)
    rain = [plume.particle_g_s["dust"].sum() for plume in forcing.emissions]
    assert sum(rain) < 1.0
    assert len(forcing.noises) == 5
    assert len(events) <= 1
