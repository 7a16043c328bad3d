"""Small worlds and episodes of the pole, so that a test says only what it changes."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from envirosense.climate.files import greensboro
from envirosense.climate.year import HOURS_PER_YEAR, WeatherYear
from envirosense.core.episode import EpisodeSpec
from envirosense.core.grid import TimeGrid
from envirosense.datasets.memory import MemorySink
from envirosense.factory.request import EpisodeRequest
from envirosense.pole.site import Site
from envirosense.pole.twin import PoleTwin
from envirosense.pole.world import EnvironmentOrchestrator

type MakeYear = Callable[..., WeatherYear]
type MakeWorld = Callable[..., EnvironmentOrchestrator]
type Draw = Callable[..., EpisodeSpec]
type Run = Callable[..., MemorySink]

JULY_NOON = datetime(2018, 7, 10, 17, tzinfo=UTC)  # 12:00 local standard time


@pytest.fixture(scope="session")
def make_year() -> MakeYear:
    """The shipped year with whole columns replaced by constants."""

    def year(**columns: float) -> WeatherYear:
        return replace(greensboro(), **{name: np.full(HOURS_PER_YEAR, v) for name, v in columns.items()})

    return year


@pytest.fixture(scope="session")
def make_world(make_year: MakeYear) -> MakeWorld:
    """World of the default site: ten minutes of a July noon at 10 s unless told otherwise."""

    def world(
        n: int = 60,
        dt_s: float = 10.0,
        start: datetime = JULY_NOON,
        seed: int = 7,
        site: Site | None = None,
        **columns: float,
    ) -> EnvironmentOrchestrator:
        grid = TimeGrid(start_utc=start, dt_s=dt_s, n=n)
        return EnvironmentOrchestrator(site or Site(), make_year(**columns), grid, seed)

    return world


@pytest.fixture(scope="session")
def draw() -> Draw:
    """Spec of a short episode; named parameters replace drawn ones."""

    def spec(
        scenario: str = "fire/cellulose_pyrolysis",
        index: int = 0,
        duration_s: float = 600.0,
        dt_s: float = 2.0,
        seed: int = 1,
        options: dict[str, Any] | None = None,
        **params: Any,
    ) -> EpisodeSpec:
        drawn = PoleTwin().draw(scenario, EpisodeRequest(seed, index, 4, duration_s, dt_s, options or {}, 3))
        return drawn.model_copy(update={"params": drawn.params | params})

    return spec


@pytest.fixture(scope="session")
def run() -> Run:
    """Episode of a spec in memory."""

    def episode(spec: EpisodeSpec, block_ticks: int = 3600) -> MemorySink:
        sink = MemorySink(spec)
        PoleTwin(block_ticks).simulate(spec, sink)
        return sink

    return episode
