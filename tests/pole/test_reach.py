"""How far the device sees, from labels and observability of few draws."""

import re

import numpy as np
import pytest

from envirosense.core.errors import ConfigError, UnknownNameError
from envirosense.factory.executors import InlineExecutor
from envirosense.pole.reach import (
    HOUR_S,
    TICK_S,
    Outcome,
    Place,
    Reach,
    half_distance_m,
    measured_reach,
    outcome,
)
from envirosense.pole.reach_plan import N_SITES, ReachPlan, _even, plan_for
from envirosense.pole.scenariopage.reach_numbers import reach_data, reach_rows
from envirosense.pole.scenariopage.reach_page import reach_page
from envirosense.pole.steady_plume import forbidden_ozone
from envirosense.scenarios import SCENARIOS

FIRE = SCENARIOS["fire/early_combustion"]
PLACES_M = np.array([2.0, 8.0, 32.0])


def plan(n_draws: int = 2, strengths=(1.0, 10.0), distances_m=(2.0, 8.0, 32.0)) -> ReachPlan:
    return ReachPlan("fire/early_combustion", "peak_burn_g_s", "g/s", strengths, distances_m, {}, n_draws)


def fire(seen: bool, lead_s: float = 60.0, wind_m_s: float = 2.0, ignites: bool = True) -> Outcome:
    return Outcome(
        wind_m_s,
        ("microphone",) if seen else (),
        600.0 - lead_s if seen else None,
        600.0 if ignites else None,
    )


@pytest.fixture(scope="module")
def measured() -> Reach:
    told: list[None] = []
    asked = plan_for(FIRE, strengths=(60.0,), distances_m=(3.0, 60.0), n_draws=6, seed=0)
    found = measured_reach(asked, told=lambda: told.append(None))
    assert len(told) == asked.n_episodes == 12
    return found


def test_fewer_of_the_strong_fires_are_seen_far_away(measured: Reach) -> None:
    near, far = measured.shares(0)
    assert near.n == far.n == 6
    assert near.value is not None
    assert far.value is not None
    assert near.value > far.value
    assert measured.leads_s(0)[0][1] is not None


def test_draws_differ_by_what_is_held_alone(measured: Reach) -> None:
    near, far = measured.outcomes[0]
    assert [one.wind_m_s for one in near] == [one.wind_m_s for one in far]
    assert [one.ignition_s for one in near] == [one.ignition_s for one in far]
    assert len({one.wind_m_s for one in near}) == 6


def test_an_outcome_is_what_a_dataset_stores(measured: Reach) -> None:
    from envirosense.datasets.memory import MemorySink
    from envirosense.factory.request import EpisodeRequest
    from envirosense.pole.twin import PoleTwin

    asked = measured.plan
    options = {"frame_interval_s": TICK_S, "design": "random", "ranges": asked.ranges(60.0, 3.0)}
    request = EpisodeRequest(asked.seed, 1, N_SITES, HOUR_S, TICK_S, options)
    spec = PoleTwin().draw("fire/early_combustion", request)
    sink = MemorySink(spec, unwanted=("thermal", "components", "masks", "fields", "regimes", "stages"))
    PoleTwin().simulate(spec, sink)
    rows = sink.table("observability").to_pylist()
    first = [row["first_detectable_s"] for row in rows if (row["detectable_s"] or 0.0) >= 60.0]
    found = measured.outcomes[0][0][1]
    assert found.first_s == min(first, default=None)
    assert set(found.seen_by) == {row["sensor_id"] for row in rows if (row["detectable_s"] or 0.0) >= 60.0}
    ignition = [row["ignition_s"] for row in sink.table("events").to_pylist()]
    assert found.ignition_s == min(t_s for t_s in ignition if t_s is not None)


def test_workers_find_the_same(measured: Reach) -> None:
    again = measured_reach(plan_for(FIRE, None, (60.0,), (3.0,), 2), InlineExecutor())
    assert again.outcomes[0][0] == measured.outcomes[0][0][:2]
    assert outcome(Place(measured.plan, 60.0, 60.0, 5)) == measured.outcomes[0][1][5]


def test_half_is_reached_between_two_places_in_the_logarithm() -> None:
    assert half_distance_m(PLACES_M, np.array([1.0, 1.0, 0.0])) == pytest.approx(16.0)
    assert half_distance_m(PLACES_M, np.array([0.9, 0.5, 0.1])) == pytest.approx(8.0)
    assert half_distance_m(PLACES_M, np.array([0.4, 0.2, 0.1])) == 0.0
    assert half_distance_m(PLACES_M, np.array([1.0, 0.9, 0.6])) == np.inf


def test_neighbours_that_rise_are_pooled() -> None:
    assert half_distance_m(PLACES_M, np.array([0.6, 0.8, 0.0])) == half_distance_m(
        PLACES_M, np.array([0.7, 0.7, 0.0])
    )


def test_a_distance_off_the_grid_says_on_which_side() -> None:
    weak = ((fire(False),) * 2,) * 3
    strong = ((fire(True),) * 2,) * 3
    found = Reach(plan(), (weak, strong))
    nearer, beyond = (found.detection_distance(i) for i in range(2))
    assert (nearer.value, nearer.note) == (None, "nearer than the grid")
    assert (beyond.value, beyond.note) == (32.0, "beyond the grid")
    assert (nearer.low, nearer.high) == (None, 2.0)  # every resample lies nearer
    assert (beyond.low, beyond.high) == (32.0, None)  # every resample lies beyond
    rows = reach_rows(found)
    assert [row["half seen at"] for row in rows] == ["nearer than 2 m", "beyond 32 m"]


def test_what_is_never_seen_counts_as_too_late() -> None:
    cell = (fire(True, 300.0), fire(True, 100.0), fire(False), fire(False), fire(True, ignites=False))
    found = Reach(plan(5, (1.0,), (2.0,)), ((cell,),))
    assert found.leads_s(0) == ((None, None, 100.0),)  # -inf, -inf, 100, 300
    (before,) = found.seen_before_ignition(0)
    assert (before.value, before.n) == (0.5, 4)


def test_thirds_of_the_wind_part_the_draws() -> None:
    cell = tuple(fire(wind < 4.0, wind_m_s=wind) for wind in (1.0, 5.0, 3.0, 2.0, 6.0, 4.0))
    found = Reach(plan(6, (1.0,), (2.0,)), ((cell,),))
    thirds = [found.of_wind(k) for k in range(3)]
    assert [sorted(third.wind_m_s.tolist()) for third in thirds] == [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]
    assert [third.shares(0)[0].value for third in thirds] == [1.0, 0.5, 0.0]
    alone = Reach(plan(1, (1.0,), (2.0,)), (((fire(True),),),))
    assert alone.of_wind(2).detection_distance(0).note == "no draws"


def test_a_plan_spans_the_ranges_of_the_option_that_reaches_highest() -> None:
    found = plan_for(FIRE)
    assert (found.strength, found.unit, found.held) == ("peak_burn_g_s", "g/s", {"burning": "flame"})
    assert (found.strengths[0], found.strengths[-1]) == (0.3, 60.0)
    assert (found.distances_m[0], found.distances_m[-1]) == (2.0, 60.0)
    assert plan_for(FIRE, "spot_g_s").held == {}


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (lambda: plan_for(SCENARIOS["fire/cellulose_pyrolysis"]), "has no distance_m to vary"),
        (lambda: plan_for(SCENARIOS["lookalike/insects"]), "name the one to sweep"),
        (lambda: plan_for(FIRE, "burning"), "no number that can be swept"),
        (lambda: plan_for(FIRE, distances_m=(60.0, 3.0)), "in rising order"),
        (lambda: plan_for(FIRE, n_draws=0), "at least once"),
    ],
)
def test_what_cannot_be_swept_is_refused(asked, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        asked()


def test_an_unknown_strength_is_named() -> None:
    with pytest.raises(UnknownNameError, match="peak_burn_g_s"):
        plan_for(FIRE, "peak_burn_gs")


def test_a_page_needs_no_other_file_and_says_what_is_forbidden(measured: Reach) -> None:
    page = reach_page(measured)
    assert "src=" not in page
    assert "href=" not in page
    assert "url(" not in page
    assert page.count("<svg") == 10  # shares, distances, leads, two each; four of steady smoke
    assert page.count("<section") == page.count("</section>") == 6
    assert "None is detectable at 10" in page
    assert page.count("not detectable") == sum(
        row["label"] == "not detectable" for row in reach_data(measured)["forbidden"]
    )
    assert len(page) < 200_000
    needed_ppb = float(re.search(r"would need some (\d+)", page)[1])
    assert all(row.is_detectable == (row.ozone_ppb > needed_ppb) for row in forbidden_ozone())


def test_data_hold_every_place_with_its_interval(measured: Reach) -> None:
    found = reach_data(measured)
    (row,) = found["strengths"]
    assert [place["distance_m"] for place in row["places"]] == [3.0, 60.0]
    assert all(
        place["seen"]["low"] <= place["seen"]["value"] <= place["seen"]["high"] for place in row["places"]
    )
    assert {one["substance"] for one in found["steady"]} == {"PM2.5", "formaldehyde", "phenol"}
    assert sum(found["seen_by"].get("microphone", ())) > 0


def test_values_of_a_narrow_range_stay_apart() -> None:
    found = _even((100.1, 100.4), 5)
    assert len(set(found)) == 5
    assert list(found) == sorted(found)
    assert _even((1.0, 100.0), 3) == (1.0, 10.0, 100.0)
