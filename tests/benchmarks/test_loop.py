"""`make bench-loop` plants what it says, and an arm sees no more than it asked for."""

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from envirosense.core.errors import ConfigError
from envirosense.factory.weak_spots import WeakSpot
from envirosense.learning.samples import Samples

LOOP = Path(__file__).parents[2] / "benchmarks" / "loop"
N = 12  # episodes of a scenario


def imported(name: str) -> Any:
    """A module of the benchmark."""
    sys.path.insert(0, str(LOOP))
    try:
        return import_module(name)
    finally:
        sys.path.remove(str(LOOP))


regions, arena = imported("regions"), imported("arena")
(WINDY,) = (one for one in regions.REGIONS if one.name == "corona in wind")


def pool(prefix: str, n: int = N) -> Samples:
    """Two windows of each episode; half of them in wind, half of these with an old array."""
    rows = [
        (f"{prefix}{scenario}{at}", scenario, 6.0 * (at % 2), 500.0 if at % 4 == 1 else 100.0)
        for scenario in regions.SCENARIOS
        for at in range(n)
        for _ in range(2)
    ]
    unit, scenario, wind, age = map(np.asarray, zip(*rows, strict=True))
    count = len(rows)
    return Samples(
        x=np.zeros((count, 1)), features=("nothing",), y=np.full(count, "normal"), group=unit, unit=unit,
        sample_id=np.asarray([f"{one}@{at}" for at, one in enumerate(unit)]),
        origin=np.full(count, "simulated"), weight=np.ones(count),
        slices={
            "scenario": scenario, "start_wind_m_s": wind, "array_age_days": age,
            "start_air_c": np.full(count, 10.0), "start_humidity_pct": np.full(count, 50.0),
            "start_sun_w_m2": np.zeros(count),
        },
    )  # fmt: skip


@pytest.fixture
def problem():
    empty = pool("none", 1)
    n = len(regions.REGIONS)
    sets = arena.Sets(pool("even"), (pool("more"),) * n, empty, empty, (empty,) * n)
    return arena.PlantedArena(sets, WINDY, seed=3)


def test_the_first_draws_do_not_hold_the_region_and_later_ones_do(problem) -> None:
    n = len(regions.SCENARIOS)
    first = problem.collect([(None, 4 * n)], 1)
    assert len(np.unique(first.unit)) == 4 * n
    assert not WINDY.inside(first).any()
    assert WINDY.inside(problem.collect([(None, 5 * n)], 2)).any()


def test_even_draws_never_come_from_what_is_kept_for_those_who_ask(problem) -> None:
    found = problem.collect([(None, 50)], 1)
    assert all(str(unit).startswith("even") for unit in found.unit)


def test_an_asked_episode_lies_within_the_spot_and_comes_once(problem) -> None:
    problem.collect([(None, 11)], 1)
    spot = WeakSpot(scenario="electrical/arcing_event", parameters={"start_wind_m_s": [5, 20]})
    found = [problem.collect([(spot, 4)], seed) for seed in (2, 3)]
    for one in found:
        assert set(one.slices["scenario"]) == {"electrical/arcing_event"}
        assert (one.slices["start_wind_m_s"] >= 5).all()
    assert not set(found[0].unit) & set(found[1].unit)


def test_what_is_out_of_stock_is_dealt_evenly_and_counted(problem) -> None:
    problem.collect([(None, 11)], 1)  # none of corona in wind, which is the region
    spot = WeakSpot(scenario="electrical/corona_discharge", parameters={"start_wind_m_s": [5, 20]})
    found = problem.collect([(spot, 20)], 2)
    assert len(np.unique(found.unit)) == 20
    assert problem.n_short == 20 - N  # half of each of the two pools


def test_a_pool_that_is_used_up_is_refused(problem) -> None:
    with pytest.raises(ConfigError, match="used up"):
        problem.collect([(None, N * len(regions.SCENARIOS) + 1)], 1)


@pytest.mark.parametrize(
    ("ranges", "is_named"),
    [
        ({"scenario": "electrical/corona_discharge", "start_wind_m_s": (4.1, 11.0)}, True),
        ({"scenario": "electrical/corona_discharge", "start_wind_m_s": (0.0, 2.0)}, False),  # elsewhere
        ({"scenario": "electrical/corona_discharge"}, False),  # no variable
        ({"scenario": "electrical/arcing_event", "start_wind_m_s": (6.0, 11.0)}, False),
        ({"start_wind_m_s": (6.0, 11.0)}, False),
        (
            {"scenario": "electrical/corona_discharge", "class": "corona", "start_wind_m_s": (5.0, 11.0)},
            True,
        ),
        (
            {"scenario": "electrical/corona_discharge", "class": "normal", "start_wind_m_s": (5.0, 11.0)},
            False,
        ),
    ],
)
def test_a_region_is_named_by_its_scenario_and_a_range_of_its_own(ranges, is_named) -> None:
    assert WINDY.is_named(ranges) is is_named


class Shelf:
    """Stands for the store: two episodes of each site, named after what was asked for."""

    def samples(self, request: Any) -> Samples:
        return pool(f"{request.seed}-{'-'.join(request.scenarios)}-", 2)


def test_further_validation_sites_are_seen_by_the_arms_and_taught_to_nobody() -> None:
    sizes = arena.Sizes().scaled(0.01)
    none, half, every = (arena.Sets.of(Shelf(), sizes, share) for share in (0.0, 0.5, 1.0))
    sites = [set(one.validation.groups) for one in (none, half, every)]
    assert sites[0] < sites[1] < sites[2]
    assert len(sites[1] - sites[0]) == pytest.approx(len(sites[2] - sites[0]) / 2, abs=1)
    for others in (every.train, every.test, *every.asked):
        assert not sites[2] & set(others.groups)
    np.testing.assert_array_equal(none.train.unit, every.train.unit)


def test_more_to_look_at_is_drawn_evenly_from_all_electrical_scenarios() -> None:
    asked = arena.validation_requests(7)
    electrical = {name for name in regions.SCENARIOS if name.startswith("electrical")}
    assert {name for one in asked for name in one.scenarios} == electrical
    assert all(one.episodes == 7 and "conditions" not in one.options for one in asked)


def test_five_regions_are_planted_and_can_be_drawn_from() -> None:
    assert len(regions.REGIONS) == 5
    for region in regions.REGIONS:
        assert arena.ArenaLoop().request_for(region.spot, 2, 0).scenarios == (region.scenario,)
