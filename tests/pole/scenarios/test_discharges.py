from dataclasses import replace

import numpy as np
import pytest

from envirosense.core.rng import stream
from envirosense.physics.electric.corona import DISTRIBUTION_ELECTRODES, inception_margin
from envirosense.pole.observability import excess_snr
from envirosense.pole.run import EpisodeRun
from envirosense.pole.scenarios.electrical import arcing_event, corona_discharge
from envirosense.pole.scenarios.electrical.arcing_event import ArcingEventScenario
from envirosense.pole.scenarios.electrical.bursts import flicker, loose_bursts, recent_mean
from envirosense.pole.scenarios.electrical.corona_discharge import CoronaDischargeScenario
from envirosense.pole.scenarios.electrical.flashover import phase_of
from envirosense.pole.twin import PoleTwin
from envirosense.scenarios import EventSubtype, EventType
from envirosense.testing.planted_world import planted_conditions, planted_grid, planted_responses
from envirosense.testing.scenarios import check_scenario

GRID = planted_grid()
DAY = planted_grid(duration_s=86_400.0)
CORONA = {
    "source": "sharp_hardware", "component": "clamp_b", "peak_power_w": 2.0, "charge_c": 1e-10,
    "tip_radius_m": 1e-4, "gap_m": 0.03, "onset_fraction": 0.2,
}  # fmt: skip
ARC = {
    "source": "loose_clamp", "component": "clamp_b", "electrode_v": 30.0, "gap_m": 1e-4, "spark_c": 1e-8,
    "burst_s": 2.0, "pause_s": 40.0, "heat_share": 0.4, "onset_fraction": 0.2,
}  # fmt: skip
PLACES = {"sharp_hardware": "clamp_b", "floating_metal": "clamp_b", "wet_insulator": "insulator_b"}
CHARGES = {"sharp_hardware": 1e-10, "floating_metal": 1e-9, "wet_insulator": 1e-8}


def weathered(grid=GRID, current_a=200.0, **weather):
    """Planted conditions with constants of the weather replaced."""
    conditions = planted_conditions(grid)
    changed = {name: np.full(grid.n, value) for name, value in weather.items()}
    return replace(
        conditions, weather=replace(conditions.weather, **changed), current_a=np.full(grid.n, current_a)
    )


def corona(conditions, seed=0, **changes):
    source = changes.get("source", "sharp_hardware")
    own = {"component": PLACES[source], "charge_c": CHARGES[source]}
    return CoronaDischargeScenario(CORONA | own | changes).forcing(conditions, stream(seed, "forcing"))


def arc(conditions, seed=0, **changes):
    return ArcingEventScenario(ARC | changes).forcing(conditions, stream(seed, "forcing"))


@pytest.mark.parametrize("scenario_class", [CoronaDischargeScenario, ArcingEventScenario])
def test_the_contract_is_kept(scenario_class):
    check_scenario(scenario_class, n_draws=2)


def test_conductors_lie_as_far_below_inception_as_the_limits_say():
    margins = [float(inception_margin(wire, 7200.0)) for wire in DISTRIBUTION_ELECTRODES[:3]]
    assert min(margins) == pytest.approx(10.0, abs=0.5)
    assert max(margins) == pytest.approx(17.0, abs=0.5)
    assert "10 to 17 times" in CoronaDischargeScenario.limits


def test_a_sharp_point_discharges_more_in_rain_and_at_low_pressure():
    power_w = [
        corona(weathered(**air)).states["discharge_w"].max()
        for air in ({}, {"relative_humidity": 0.9}, {"rain_mm_h": 2.0})
    ]
    assert power_w[0] < power_w[1] < power_w[2] == pytest.approx(2.0, rel=1e-6)
    high = corona(weathered(pressure_pa=8.0e4)).states["discharge_w"].max()
    assert high > power_w[0]


def test_a_blunt_point_never_starts():
    # 0.25 mm over 5 cm: 9.2 kV dry, 7.4 kV soaked, both above 7.2 kV
    forcing = corona(weathered(rain_mm_h=2.0), tip_radius_m=2.5e-4, gap_m=0.05)
    assert not forcing.discharges[0].power_w.any()
    assert not forcing.discharges[0].pulses_per_s.any()


def test_a_dirty_surface_discharges_when_wet_and_floating_metal_when_dry():
    dry, wet = weathered(relative_humidity=0.4), weathered(relative_humidity=0.99)
    by_source = {
        source: [corona(air, source=source).discharges[0].power_w.mean() for air in (dry, wet)]
        for source in ("floating_metal", "wet_insulator")
    }
    assert by_source["wet_insulator"][1] == pytest.approx(50.0 * by_source["wet_insulator"][0], rel=1e-6)
    assert by_source["floating_metal"][1] < 0.2 * by_source["floating_metal"][0]


def test_nothing_discharges_before_its_onset():
    before = GRID.t_s + GRID.dt_s <= 0.2 * GRID.duration_s
    for forcing in (corona(weathered(rain_mm_h=1.0)), arc(weathered())):
        (discharge,) = forcing.discharges
        assert not discharge.power_w[before].any()
        assert discharge.power_w[~before].any()


def test_flicker_is_the_same_at_any_tick():
    coarse, fine = (flicker(planted_grid(dt_s=dt), stream(1, "f"), 20.0, 0.3) for dt in (10.0, 5.0))
    np.testing.assert_allclose(fine.reshape(-1, 2).mean(axis=1), coarse, rtol=1e-9)


def test_flicker_has_mean_one():
    # a day of memory 20 s: 2160 independent stretches of spread 30 %, 5 standard errors
    assert flicker(DAY, stream(2, "f"), 20.0, 0.3).mean() == pytest.approx(1.0, abs=5 * 0.3 / np.sqrt(2160))


def test_a_series_arc_burns_with_the_current_times_thirty_volts():
    steady = arc(weathered(current_a=200.0))
    peak_w = steady.discharges[0].power_w.max()
    assert peak_w <= 200.0 * (30.0 + 1e-4 * 1250.0) * (1 + 1e-12)
    doubled = arc(weathered(current_a=400.0)).discharges[0].power_w
    np.testing.assert_allclose(doubled, 2.0 * steady.discharges[0].power_w, rtol=1e-12)


def test_bursts_last_and_pause_as_asked_and_wind_shortens_the_pauses():
    # duty 2 / 42 over 55 000 s of some 1300 bursts: 5 standard errors of sqrt(2 / 1300) of it
    calm = loose_bursts(DAY, stream(3, "b"), np.zeros(DAY.n), 0.0, 2.0, 40.0)
    windy = loose_bursts(DAY, stream(3, "b"), np.full(DAY.n, 10.0), 0.0, 2.0, 40.0)
    n = int(calm.starts.sum())
    assert calm.on_share.mean() == pytest.approx(2.0 / 42.0, rel=5 * np.sqrt(2.0 / n))
    assert windy.on_share.mean() == pytest.approx(2.0 / (2.0 + 40.0 / 5.0), rel=5 * np.sqrt(2.0 / n))


def test_bursts_do_not_depend_on_the_tick():
    power_w = [arc(weathered(planted_grid(dt_s=dt))).states["arc_w"] for dt in (10.0, 5.0)]
    np.testing.assert_allclose(power_w[1].reshape(-1, 2).mean(axis=1), power_w[0], atol=1e-6)


def test_rain_bridges_the_gap_of_loose_hardware():
    loose = {"source": "loose_hardware", "component": "crossarm_bolt", "pause_s": 16.0}
    dry, wet = (arc(weathered(DAY, rain_mm_h=rain), **loose).states["arc_w"] for rain in (0.0, 2.0))
    assert wet.mean() < 0.3 * dry.mean()
    assert 0.0 < dry.max() < 0.1  # sparks of 10 nC: milliwatts


def test_an_arc_counts_as_present_for_a_minute():
    np.testing.assert_allclose(
        recent_mean(np.array([0.0, 60.0, 0, 0, 0, 0, 0, 0, 0, 0]), 10.0), [0, 10, 10, 10, 10, 10, 10, 0, 0, 0]
    )
    assert recent_mean(np.array([1.0, 0.0]), 600.0).tolist() == [1.0, 0.0]


def test_overheating_is_the_child_of_the_arc_that_heats_the_clamp():
    forcing = arc(weathered())
    events = ArcingEventScenario(ARC).labels(None, planted_responses([forcing], GRID, 100.0)[0], GRID).events
    assert [(e.event_type, e.parent) for e in events] == [
        (EventType.ARCING, None),
        (EventType.OVERHEATING, 0),
    ]
    assert events[0].event_subtype is EventSubtype.SERIES_ARC
    cold = ArcingEventScenario(ARC).labels(None, planted_responses([forcing], GRID, 0.0)[0], GRID).events
    assert [e.event_type for e in cold] == [EventType.ARCING]


def test_corona_stays_an_advisory():
    response = planted_responses([corona(weathered(rain_mm_h=1.0), peak_power_w=10.0)], GRID, 0.0)[0]
    (event,) = CoronaDischargeScenario(CORONA).labels(None, response, GRID).events
    assert int(event.level.max()) == 2
    assert event.severity.max() == pytest.approx(10.0 / 26.0, rel=1e-6)
    assert event.event_subtype is EventSubtype.HARDWARE_CORONA
    assert event.stage_names[event.stage[-1]] == "strong"


def test_phases_are_read_off_the_names():
    assert [phase_of(name) for name in ("clamp_a", "insulator_c")] == ["a", "c"]
    assert set(arcing_event.HARDWARE_PHASE.values()) <= {"a", "b", "c"}
    assert set(corona_discharge.KINDS.values()) == {"corona", "floating", "surface"}


def test_an_arc_is_heard_received_and_seen_but_tilts_nothing(draw):
    spec = draw(
        "electrical/arcing_event", duration_s=600.0, dt_s=10.0, options={"frame_interval_s": 60.0},
        **ARC | {"onset_fraction": 0.1, "burst_s": 4.0},
    )  # fmt: skip
    run = EpisodeRun(spec)
    snr = {name: float(values.max()) for name, values in excess_snr(run.device, run.world).items()}
    assert snr["microphone"] > 3.0
    assert snr["emf_sensor"] > 2.0  # only just: beside the field of the load
    assert snr["wind_sensor"] == snr["barometer"] == snr["rain_gauge"] == 0.0
    assert float(np.max(run.responses[0].component_k - run.responses[0].healthy_k)) > 4.0


def test_labels_come_again_from_the_stored_episode(draw, run):
    for scenario in ("electrical/arcing_event", "electrical/corona_discharge"):
        spec = draw(
            scenario, duration_s=300.0, dt_s=10.0, options={"frame_interval_s": 60.0}, onset_fraction=0.1
        )
        episode = run(spec)
        stored = episode.table("labels")
        again = PoleTwin().relabel(episode)
        kept = [name for name in again.column_names if name in stored.column_names]
        assert stored.select(kept).equals(again.select(kept))
