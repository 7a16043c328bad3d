"""One small world with a steady source on the pole, settled once."""

from collections.abc import Callable

import numpy as np
import pytest

from envirosense.pole.worldpage import WorldMoment, open_moment
from envirosense.scenarios import Emission, Forcing

type MakeMoment = Callable[..., WorldMoment]


def _with_source(
    at: tuple[float, float, float] = (0.1, -0.2, 11.0),
    rate_g_s: float = 0.02,
    at_s: float = 300.0,
    pulse_ticks: int = 0,
) -> WorldMoment:
    """Ten minutes of a healthy pole with a smoulder somewhere, steady unless it comes in pulses."""
    moment = open_moment("normal/diurnal_cycle", at_s, 3, 600.0, 2.0, {})
    steady = np.full(moment.n, rate_g_s)
    if pulse_ticks:
        steady *= np.arange(moment.n) // pulse_ticks % 2
    gases = {"carbon_monoxide": steady, "methane": 0.1 * steady, "water": 5.0 * steady}
    moment.run.world.add(Forcing(emissions=(Emission("smoulder", at, gases, {"smoke_fresh": 0.1 * steady}),)))
    return moment


@pytest.fixture(scope="session")
def with_source() -> MakeMoment:
    return _with_source


@pytest.fixture(scope="session")
def moment() -> WorldMoment:
    return _with_source()
