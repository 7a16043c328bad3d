"""A scenario's sheet: it stands alone, and says and draws what the episode holds."""

import re
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from envirosense.core.errors import ConfigError
from envirosense.pole.page.colours import ColourScale
from envirosense.pole.scenariopage import DrawnScenario, clearest_draw, draw_scenario, scenario_page
from envirosense.pole.scenariopage import drawn as drawn_module
from envirosense.pole.scenariopage.about import observability_table, rate_text
from envirosense.pole.scenariopage.drawn import MOST_DRAWS
from envirosense.pole.scenariopage.events_band import MOST_SENSORS
from envirosense.pole.scenariopage.gallery import tile_html
from envirosense.pole.scenariopage.heat_picture import event_mask, ideal_frames_c, scale_of, unmarked_text
from envirosense.pole.scenariopage.sensor_charts import ORDINARY, shown_sensors
from envirosense.scenarios import SCENARIOS, BaseRate
from envirosense.scenarios.io import load_scenario

LEAVES = Path(__file__).parents[3] / "examples" / "scenarios" / "burning_leaves.yaml"


@pytest.fixture(scope="module")
def page(burning: DrawnScenario) -> str:
    return scenario_page(burning)


@pytest.fixture(scope="module")
def storm_page(storm: DrawnScenario) -> str:
    return scenario_page(storm, home="../index.html")


def stands_alone(page: str, *homes: str) -> bool:
    links = re.findall(r'(?:src|href)="(?!data:|#)([^"]*)"', page)
    numbers = re.sub(r"<script.*?</script>|base64,[^\"]*", "", page, flags=re.S)
    return (
        links == list(homes)
        and "url(" not in page
        and not re.search(r"(?<![a-z])(nan|inf)(?![a-z])", numbers)
        and page.count("<section") == page.count("</section>")
        and len(page) < 800_000
    )


def test_a_page_needs_no_other_file(page: str, storm_page: str) -> None:
    assert stands_alone(page)
    assert stands_alone(storm_page, "../index.html")


def test_a_page_says_what_the_scenario_is(burning: DrawnScenario, page: str) -> None:
    scenario = burning.scenario
    for text in (
        scenario.description,
        scenario.limits.split(".")[0],
        scenario.rate.source.split(";")[0][:40],
    ):
        assert text.replace("'", "&#x27;") in page
    for name, parameter in scenario.space.parameters.items():
        assert parameter.description in page, name
    assert rate_text(scenario.rate) in page


def test_sensors_that_are_not_drawn_are_counted(storm: DrawnScenario, storm_page: str) -> None:
    n_seen = sum(
        any(seen[name].first_detectable_s is not None for seen in storm.seen) for name in storm.greatest_snr
    )
    assert n_seen > MOST_SENSORS + 1
    assert f"{n_seen - MOST_SENSORS} other sensors could see it too" in storm_page


def test_every_event_has_a_track_and_a_column(storm: DrawnScenario, storm_page: str) -> None:
    assert len(storm.events) == 3
    assert storm_page.count('class="track tall"') == 3
    observed = re.search(r'<table class="observed">.*?</table>', storm_page, re.S)
    assert observed
    assert observed[0].count("<th>") == 1 + 3


def test_what_a_sensor_could_see_follows_the_cause_of_the_event(storm: DrawnScenario) -> None:
    by_type = {e.event_subtype.value: seen for e, seen in zip(storm.events, storm.seen, strict=True)}
    assert by_type["thunderstorm"]["lightning_detector"].first_detectable_s is not None
    assert by_type["battery_low"]["lightning_detector"].max_snr == 0.0


def test_the_peak_is_the_gravest_moment(burning: DrawnScenario) -> None:
    severity = np.max([np.where(e.active, e.severity, 0.0) for e in burning.events], axis=0)
    assert severity[burning.peak_tick] == severity.max()
    assert burning.moment.tick == burning.peak_tick


def test_the_outlined_pixels_are_where_the_picture_warms(burning: DrawnScenario, page: str) -> None:
    frames, mask = ideal_frames_c(burning), event_mask(burning)
    assert mask is not None
    warmer = frames[0] - frames[1]
    assert warmer[mask].max() == pytest.approx(warmer.max())
    assert warmer.max() > 50.0
    assert abs(float(np.median(warmer[~mask]))) < 0.1
    assert page.count('class="outline"') == 3


def test_a_sun_in_the_picture_is_told(page: str) -> None:
    blinded = draw_scenario(SCENARIOS["electrical/equipment_overheat"], 174)
    told = "The sun stands in the picture"
    assert told in scenario_page(blinded)
    assert told not in page


def test_a_faulty_sensor_is_shown_though_no_cause_moves_it() -> None:
    drawn = draw_scenario(SCENARIOS["system/sensor_fault"], 0)
    fault = drawn.run.forcings[0].sensor_faults[0]
    types = {drawn.run.device.sensors[name].sensor_type for name in shown_sensors(drawn)}
    assert fault.sensor_type in types
    page = scenario_page(drawn)
    assert f"fault: {fault.kind.replace('_', ' ')}" in page
    assert "The faulty sensor" in page
    assert "no sensor could see it" not in page
    by_sensor = {name for seen in drawn.seen for name, one in seen.items() if one.detectable_s > 0.0}
    assert {drawn.run.device.sensors[name].sensor_type for name in by_sensor} == {fault.sensor_type}


def test_a_lost_link_is_seen_by_what_every_sensor_does_not_report() -> None:
    drawn = draw_scenario(SCENARIOS["system/link_lost"], 0, duration_s=1800.0)
    assert set(drawn.greatest_snr.values()) == {0.0}
    assert drawn.first_seen_s is not None
    table = observability_table(drawn)
    assert table.count('class="yes"') == len(drawn.run.device.sensors)
    assert "not detectable" not in table
    assert f"shows in what {len(drawn.run.device.sensors)} sensors report" in tile_html(drawn, "a.html")


def test_an_hour_in_which_nothing_happens_is_still_a_page() -> None:
    drawn = draw_scenario(SCENARIOS["normal/diurnal_cycle"], 0, duration_s=1200.0, dt_s=30.0)
    assert shown_sensors(drawn)[: len(ORDINARY)] == ORDINARY
    page = scenario_page(drawn)
    assert stands_alone(page)
    assert "No event is labelled" in page
    assert "Nothing acts on this pole" in page


def test_a_scenario_of_a_file_is_drawn_with_its_definition() -> None:
    drawn = draw_scenario(load_scenario(LEAVES), 3, duration_s=1200.0, dt_s=20.0)
    assert drawn.scenario_id == "lookalike/burning_leaves"
    assert drawn.run.spec.definition is not None
    assert set(drawn.run.spec.params) == set(drawn.scenario.space.parameters)
    assert stands_alone(scenario_page(drawn))


def test_the_same_seed_gives_the_same_page(burning: DrawnScenario, page: str) -> None:
    assert scenario_page(draw_scenario(burning.scenario, burning.seed)) == page


def test_the_clearest_draw_has_an_event_where_one_of_the_draws_has() -> None:
    scenario = SCENARIOS["electrical/tracking"]
    drawn = [draw_scenario(scenario, seed) for seed in range(3)]
    best = clearest_draw(scenario, range(3))
    assert best.gravity == max(one.gravity for one in drawn)
    assert best.n_draws == 3


@pytest.mark.parametrize(
    ("seen_at", "event_at", "chosen", "n_draws"),
    [({1, 5}, {1, 5}, 1, 3), ({5}, {2, 5}, 5, 6), (set(), {7}, 7, 12), (set(), set(), 0, 12)],
)
def test_draws_go_on_until_an_event_is_seen(
    seen_at: set[int], event_at: set[int], chosen: int, n_draws: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def planted(scenario: object, seed: int, *lengths: float) -> SimpleNamespace:
        return SimpleNamespace(seed=seed, gravity=(seed in event_at, seed in seen_at, 0.0), n_draws=1)

    monkeypatch.setattr(drawn_module, "draw_scenario", planted)
    best = clearest_draw(SCENARIOS["electrical/tracking"], range(MOST_DRAWS), n_enough=3)
    assert (best.seed, best.n_draws) == (chosen, n_draws)


def test_a_picture_that_the_common_scale_does_not_hold_has_its_own() -> None:
    common, cold = ColourScale(20.0, 170.0), np.linspace(-20.0, 0.0, 12).reshape(3, 4)
    assert scale_of(cold + 40.0, common) is common
    assert scale_of(cold, common).high_c == 0.0
    assert np.ptp(scale_of(cold, common).indices(cold)) > 200
    assert scale_of(cold + 300.0, common).low_c > 270.0


def test_why_no_pixel_is_the_events_is_said(burning: DrawnScenario) -> None:
    def text(component: str, at: tuple[float, float, float] | None = None) -> str:
        event = SimpleNamespace(component=component, at=at)
        return unmarked_text(
            cast(DrawnScenario, SimpleNamespace(run=burning.run, moment=burning.moment, events=(event,)))
        )

    assert text("neutral_bracket") == "No pixel is the event's: the camera does not see the neutral bracket."
    assert text("air", (1.0, 2.0, 3.0)).endswith("what happens is at no part that the picture tells apart.")


def test_lengths_and_draws_that_make_no_sense_are_refused() -> None:
    scenario = SCENARIOS["normal/diurnal_cycle"]
    with pytest.raises(ConfigError, match="at most 86400 s"):
        draw_scenario(scenario, 0, duration_s=2e5)
    with pytest.raises(ConfigError, match="choose a longer one"):
        draw_scenario(scenario, 0, duration_s=86_400.0, dt_s=1.0)
    with pytest.raises(ConfigError, match="dt_s"):
        draw_scenario(scenario, 0, dt_s=7.0)
    with pytest.raises(ConfigError, match="at least one"):
        clearest_draw(scenario, ())


@pytest.mark.parametrize(
    ("per_year", "text"),
    [
        (5e-4, "once in 2\u202f000 years"),
        (0.3, "once in 3.3 years"),
        (1.0, "1 a year"),
        (365.0, "365 a year"),
    ],
)
def test_a_rate_is_said_in_years(per_year: float, text: str) -> None:
    assert rate_text(BaseRate(per_year, 60.0, "assumed")) == text
