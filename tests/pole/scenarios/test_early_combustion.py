import numpy as np
import pytest

from envirosense.core.rng import stream
from envirosense.core.species import species
from envirosense.physics.gas.source_courses import passage
from envirosense.pole.observability import excess_snr
from envirosense.pole.run import EpisodeRun
from envirosense.pole.scenarios.fire.early_combustion import EarlyCombustionScenario
from envirosense.pole.scenarios.fire.small_fire import (
    AFTERGLOW_S,
    DYING_S,
    SPOT_RISE_S,
    burnt_radius_m,
    crackle,
    spreading_fire,
)
from envirosense.pole.twin import PoleTwin
from envirosense.scenarios import EventSubtype, EventType
from envirosense.testing.planted_world import planted_conditions, planted_grid, planted_responses
from envirosense.testing.scenarios import check_scenario

GRID = planted_grid()
LONG = planted_grid(duration_s=36_000.0)
FLAME = {
    "burning": "flame", "place": "ground", "distance_m": 15.0, "bearing_deg": 90.0, "height_m": 0.2,
    "peak_burn_g_s": 10.0, "spot_g_s": 0.05, "growth_s": 300.0, "fuel_g_m2": 300.0, "burning_s": 600.0,
    "onset_fraction": 0.1, "smoulder_fraction": 0.2,
}  # fmt: skip
SMOULDER = FLAME | {
    "burning": "smoulder", "peak_burn_g_s": 0.5, "growth_s": 900.0, "fuel_g_m2": 4000.0,
}  # fmt: skip


def forced(params, grid=GRID, seed=0):
    return EarlyCombustionScenario(params).forcing(planted_conditions(grid), stream(seed, "forcing"))


def events(params, grid=GRID):
    (response,) = planted_responses([forced(params, grid)], grid, 0.0)
    return EarlyCombustionScenario(params).labels(None, response, grid).events


def molar_g_s(forcing, gas):
    """Mean moles of a gas from all emissions [mol/s]."""
    return sum(e.gas_g_s[gas].mean() for e in forcing.emissions) / species(gas).molar_mass_g_mol


def test_the_contract_is_kept():
    check_scenario(EarlyCombustionScenario, n_draws=2)


def test_all_fuel_burns_either_in_the_flame_or_behind_it():
    course = passage(LONG.t_s, LONG.dt_s, 2000.0, 300.0, 600.0, DYING_S)
    fire = spreading_fire(LONG, 1000.0, 2000.0, 0.05, course, 10.0)
    front_g = 10.0 * (600.0 + (300.0 + DYING_S) / 2.0)
    spot_g = 0.05 * (1000.0 + (AFTERGLOW_S - SPOT_RISE_S) / 2.0)
    burnt_g = LONG.dt_s * (fire.smoulder_g_s + fire.flame_g_s).sum()
    assert burnt_g == pytest.approx(front_g + spot_g, rel=1e-6)
    assert LONG.dt_s * fire.flame_g_s.sum() == pytest.approx(0.7 * front_g, rel=1e-9)


def test_a_circle_of_that_radius_burns_the_peak():
    radius_m = burnt_radius_m(10.0, 300.0, 300.0)
    assert 2.0 * np.pi * radius_m * (radius_m / 300.0) * 300.0 == pytest.approx(10.0)
    assert radius_m == pytest.approx(1.26, abs=0.01)
    assert burnt_radius_m(40.0, 300.0, 300.0) == pytest.approx(2.0 * radius_m)


def test_a_smoulder_burns_at_an_mce_of_0_80_and_a_flaming_fire_at_a_mixed_one():
    for params, low, high in ((SMOULDER, 0.799, 0.801), (FLAME, 0.91, 0.94)):
        forcing = forced(params, LONG)
        co2, co = (molar_g_s(forcing, gas) for gas in ("carbon_dioxide", "carbon_monoxide"))
        assert low < co2 / (co2 + co) < high
    assert {name for e in forced(FLAME).emissions for name in e.particle_g_s} >= {"smoke_fresh", "soot"}


def test_nothing_burns_before_its_onset_and_no_flame_before_it_flares_up():
    forcing = forced(FLAME)
    smoulder_g_s, flame_g_s = forcing.states["smoulder_g_s"], forcing.states["flame_g_s"]
    before, unlit = GRID.t_s + GRID.dt_s <= 360.0, GRID.t_s + GRID.dt_s <= 1080.0
    assert not smoulder_g_s[before].any()
    assert smoulder_g_s[~before].all()
    assert not flame_g_s[unlit].any()
    assert flame_g_s[~unlit][:100].all()
    for emission in forcing.emissions:
        assert not any(rate[before].any() for rate in emission.gas_g_s.values())


def test_gas_heat_and_sound_go_with_the_fuel():
    one, four = (forced(FLAME | {"peak_burn_g_s": peak}) for peak in (5.0, 20.0))
    for weak, strong in zip(one.emissions[1:], four.emissions[1:], strict=True):
        np.testing.assert_allclose(strong.heat_w, 4.0 * weak.heat_w)
        np.testing.assert_allclose(
            strong.gas_g_s["carbon_monoxide"], 4.0 * weak.gas_g_s["carbon_monoxide"], rtol=1e-12
        )
    # 0.7 of 13.5 kJ/g is convected
    np.testing.assert_allclose(four.emissions[1].heat_w, 9450.0 * four.states["flame_g_s"])
    louder_db = four.noises[0].power_level_db.max() - one.noises[0].power_level_db.max()
    assert louder_db == pytest.approx(10.0 * np.log10(4.0))


def test_a_flame_crackles_like_a_camp_fire_and_a_smoulder_is_silent():
    # 3.7 g/s are 50 kW, a ten thousand millionth of it is 67 dB of sound power
    (noise,) = crackle("c", (0.0, 0.0, 0.0), np.array([3.7]))
    total_db = 10.0 * np.log10((10.0 ** (noise.power_level_db[0] / 10.0)).sum())
    assert total_db == pytest.approx(67.0, abs=0.1)
    assert forced(SMOULDER).noises == ()


def test_the_fire_stands_where_its_bearing_says():
    scenario = EarlyCombustionScenario(FLAME)
    np.testing.assert_allclose(scenario.at, (15.0, 0.0, 0.2), atol=1e-12)
    north = EarlyCombustionScenario(FLAME | {"bearing_deg": 0.0, "place": "crown", "height_m": 6.0})
    np.testing.assert_allclose(north.at, (0.0, 15.0, 6.0), atol=1e-12)


def test_a_fire_is_the_child_of_its_smoulder():
    smoulder, fire = events(FLAME)
    assert (smoulder.event_type, smoulder.event_subtype, smoulder.component) == (
        EventType.FIRE_PRECURSOR,
        EventSubtype.COMBUSTION_PRODUCTS,
        "litter",
    )
    assert (fire.event_type, fire.event_subtype, fire.parent) == (
        EventType.FIRE_ACTIVE,
        EventSubtype.FLAME,
        0,
    )
    assert smoulder.onset_s(GRID) < 0.11 * GRID.duration_s
    assert fire.onset_s(GRID) == fire.ignition_s(GRID) == smoulder.ignition_s(GRID)
    assert fire.onset_s(GRID) >= 1080.0
    assert fire.at == pytest.approx((15.0, 0.0, 0.2))


def test_a_smoulder_becomes_a_fire_only_when_it_outgrows_a_hand():
    (small,) = events(SMOULDER | {"peak_burn_g_s": 0.05})
    assert small.event_subtype is EventSubtype.COMBUSTION_PRODUCTS
    assert not small.ignited.any()
    _, smoke = events(SMOULDER | {"place": "crown", "height_m": 5.0})
    assert (smoke.event_subtype, smoke.component) == (EventSubtype.SMOKE, "tree_crown")
    assert not smoke.ignited.any()


def test_severity_grows_with_the_fuel():
    levels = [events(FLAME | {"peak_burn_g_s": peak})[1].severity.max() for peak in (0.5, 5.0, 50.0)]
    assert levels[0] < levels[1] < levels[2]


@pytest.fixture(scope="module")
def carbon_monoxide_ppb(make_world):
    """Mean excess at the device of a smoulder at a bearing, in a west wind of 3 m/s."""

    def mean_ppb(params):
        world = make_world(n=180, wind_from_deg=270.0, wind_m_s=3.0)
        world.add(EarlyCombustionScenario(params).forcing(world.conditions, stream(0, "forcing")))
        state = world.state(60, 180)
        return float(state.gas_excess_ppb(("carbon_monoxide",), world.site.device_position_m).mean())

    return mean_ppb


def test_smoke_falls_with_distance_and_downwind_fires_are_missed(carbon_monoxide_ppb):
    upwind = SMOULDER | {"bearing_deg": 270.0, "onset_fraction": 0.02, "growth_s": 600.0}
    crown = upwind | {"place": "crown", "height_m": 8.0}
    near, middle, far = (carbon_monoxide_ppb(crown | {"distance_m": d}) for d in (8.0, 20.0, 60.0))
    assert near > 2.0 * middle > 4.0 * far > 0.0
    assert carbon_monoxide_ppb(crown | {"distance_m": 20.0, "peak_burn_g_s": 1.0}) > middle
    missed = carbon_monoxide_ppb(crown | {"distance_m": 20.0, "bearing_deg": 90.0})
    assert missed < 0.01 * middle


def test_a_fire_upwind_is_smelt_and_moves_neither_wind_nor_line(draw):
    def snr_of(**changes):
        spec = draw("fire/early_combustion", duration_s=1200.0, dt_s=10.0, options={"frame_interval_s": 60.0})
        params = SMOULDER | {"place": "crown", "height_m": 7.0, "distance_m": 5.0, "onset_fraction": 0.02}
        run = EpisodeRun(spec.model_copy(update={"params": params | changes}))
        found = excess_snr(run.device, run.world)
        return run, {name: float(values.max()) for name, values in found.items()}

    run, _ = snr_of()
    upwind_deg = float(np.degrees(run.world.conditions.weather.wind_from_rad.mean())) % 360.0
    _, snr = snr_of(bearing_deg=upwind_deg, growth_s=600.0)
    assert min(snr["voc_array"], snr["particulate_matter"]) > 3.0
    for name in ("wind_sensor", "barometer", "rain_gauge", "emf_sensor", "thermal_camera", "microphone"):
        assert snr[name] == 0.0
    _, passed_by = snr_of(bearing_deg=(upwind_deg + 180.0) % 360.0, growth_s=600.0)
    assert passed_by["particulate_matter"] < 0.1 * snr["particulate_matter"]


def test_labels_come_again_from_the_stored_episode(draw, run):
    episode = run(
        draw(
            "fire/early_combustion", duration_s=600.0, dt_s=10.0, options={"frame_interval_s": 60.0}, **FLAME
        )
    )
    stored, again = episode.table("labels"), PoleTwin().relabel(episode)
    kept = [name for name in again.column_names if name in stored.column_names]
    assert stored.num_rows
    assert stored.select(kept).equals(again.select(kept))


def test_a_flame_is_no_less_grave_than_the_smoulder_that_lit_it():
    small = FLAME | {"peak_burn_g_s": 0.3, "spot_g_s": 0.03}
    (smoulder, fire) = events(small)
    assert fire.level[fire.active].max() >= 3
    assert fire.severity.max() >= smoulder.severity[~fire.ignited].max()
    assert events(FLAME)[1].severity.max() > fire.severity.max()
