from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from envirosense.pole.scenarios.lookalike import fireworks, insects
from envirosense.pole.scenarios.lookalike.fireworks import FireworksScenario
from envirosense.pole.scenarios.lookalike.insects import InsectsScenario
from envirosense.pole.scenarios.lookalike.mowing import MowingScenario
from envirosense.pole.scenarios.lookalike.rain_noise import RainNoiseScenario

SHOW = {
    "kind": "street", "distance_m": 30.0, "bearing_deg": 270.0, "charge_g": 20.0, "per_min": 10.0,
    "sound_share": 1e-3, "onset_fraction": 0.1, "lasting_s": 1200.0,
}  # fmt: skip
CHORUS = {
    "distance_m": 5.0, "bearing_deg": 0.0, "power_dba": 95.0, "pulses_hz": 120.0, "onset_fraction": 0.2,
    "at_night": "bush_crickets",
}  # fmt: skip
NIGHT = {"dni_w_m2": 0.0, "dhi_w_m2": 0.0, "ghi_w_m2": 0.0}
MIDNIGHT = datetime(2018, 7, 11, 5, tzinfo=UTC)  # of local standard time
SMELL = "voc_array"
DUST = "particulate_matter"
SOUND = "acoustic_sensor"


def test_cut_grass_smells_on_when_the_engine_has_stopped(stage, moved, only, gas_ppb, level_db, pm_excess):
    world, forcing, (event,) = stage(
        MowingScenario, n=360, distance_m=8.0, bearing_deg=270.0, grass_g_s=50.0, power_dba=98.0,
        onset_fraction=0.1, mowing_s=600.0,
    )  # fmt: skip
    stops = 96
    hexenal, monoxide = gas_ppb(world, "hexenal", "carbon_monoxide").T
    assert hexenal[stops + 30 :].max() > 0.05 * hexenal.max() > 0.0
    assert np.all(monoxide[stops + 60 :] < 1e-3 * monoxide.max())
    loud = level_db(world)[:, 3]
    assert loud[40:90].min() > loud[stops + 5 :].max() + 6.0
    assert event.stage[stops + 60] < event.stage[60]
    assert only(moved(world)) >= {SMELL, SOUND}
    assert pm_excess(world)[60:90].max() > 0.1
    given_g = sum(plume.gas_g_s["hexenal"].sum() for plume in forcing.emissions) * world.grid.dt_s
    assert given_g < 1.5 * 50.0 * 600.0 * 3e-5  # no more than the part's 0.03 g/kg, with its flicker


def test_fireworks_bang_as_often_as_they_burst_and_give_the_energy_of_their_charge(stage, moved, only):
    world, forcing, (event,) = stage(FireworksScenario, n=360, **SHOW)
    sulphur_g = forcing.emissions[0].gas_g_s["sulfur_dioxide"].sum() * world.grid.dt_s
    bursts = sulphur_g / (20.0 * 0.02)
    assert bursts == pytest.approx(200.0, abs=5.0 * np.sqrt(200.0))
    sound_j = 1e-12 * (10.0 ** (forcing.noises[0].power_level_db / 10.0)).sum() * world.grid.dt_s
    assert sound_j / bursts == pytest.approx(1e-3 * fireworks.BURST_J_G * 20.0)
    assert only(moved(world)) >= {SOUND, DUST}
    assert event.clearance_s(world.grid) is None or event.clearance_s(world.grid) >= 1300.0


def test_fireworks_wait_for_the_evening_where_there_is_one(stage):
    dusk = MIDNIGHT - timedelta(hours=6)  # 18 h
    first_s = []
    for n in (360, 1440):
        _, forcing, _ = stage(FireworksScenario, n=n, start=dusk, **SHOW | {"onset_fraction": 0.1})
        first_s.append(10.0 * np.flatnonzero(forcing.emissions[0].particle_g_s["metal_fume"])[0])
    assert 360.0 <= first_s[0] < 360.0 + 120.0  # no evening within an hour of dusk
    assert 7200.0 + 720.0 <= first_s[1] < 7920.0 + 120.0  # a tenth of the two hours from 20 h on


def test_a_shell_high_up_is_heard_and_smokes_less_than_the_street(stage, moved, pm_excess):
    street, _, _ = stage(FireworksScenario, **SHOW)
    shells, _, _ = stage(
        FireworksScenario, **SHOW | {"kind": "shells", "distance_m": 150.0, "charge_g": 200.0}
    )
    assert moved(shells)[SOUND] > 3.0
    per_gram = [pm_excess(street)[:, 1].mean() / 20.0, pm_excess(shells)[:, 1].mean() / 200.0]
    assert per_gram[0] > 3.0 * per_gram[1]


def test_a_cold_shower_falls_as_snow_and_is_not_heard(stage):
    frost = {"air_c": -3.0, "dew_point_c": -6.0}
    _, forcing, events = stage(RainNoiseScenario, weather=frost, rain_mm_h=7.0)
    assert events == ()
    assert np.all(forcing.weather[0].rain_mm_h == 0.0)


def test_a_shower_drums_into_ultrasound(stage, moved, level_db):
    world, forcing, (event,) = stage(RainNoiseScenario, rain_mm_h=7.0, onset_fraction=0.2, lasting_s=600.0)
    heard = level_db(world)
    wet = forcing.states["rain_noise_mm_h"] > 20.0
    assert heard[wet, 10].mean() > heard[:30, 10].mean() + 20.0  # 35 to 45 kHz
    assert moved(world)["rain_gauge"] > 3.0
    assert event.clearance_s(world.grid) == pytest.approx(360.0 + 240.0 + 600.0, abs=60.0)
    total_mm = forcing.states["rain_noise_mm_h"].sum() / 360.0
    # (600 + 120) s of 40 mm/h; 12 min of tau 60 s: n_eff 6, log-sd .5
    assert total_mm == pytest.approx(8.0, rel=5.0 * 0.53 / np.sqrt(6.0))


def test_insects_sing_louder_when_warmer_and_not_in_the_cold(stage, level_db):
    heard = []
    for air_c in (5.0, 22.0, 32.0):
        world, _, events = stage(InsectsScenario, weather={"air_c": air_c, "dew_point_c": 4.0}, **CHORUS)
        heard.append(level_db(world)[60:, 6].mean())
        assert len(events) == (air_c > 10.0)
    assert heard[0] + 20.0 < heard[1] < heard[2] - 2.0


def test_cicadas_sing_by_day_and_bush_crickets_in_ultrasound_by_night(stage, moved, only, level_db):
    day, by_day, _ = stage(InsectsScenario, weather={"air_c": 30.0}, **CHORUS)
    night, by_night, _ = stage(InsectsScenario, weather={"air_c": 25.0} | NIGHT, start=MIDNIGHT, **CHORUS)
    assert [noise.name for noise in by_day.noises] == ["insects_cicadas", "insects_bush_crickets"]
    assert by_day.noises[1].power_level_db.max() < by_day.noises[0].power_level_db.max() - 30.0
    assert by_night.noises[0].power_level_db.max() == -100.0
    band = 8  # 20 to 25 kHz
    assert level_db(night)[60:, band].mean() > level_db(day)[60:, band].mean() + 5.0
    assert only(moved(night)) == {SOUND}
    assert insects.SWELL > 0.0
