"""One small world with a steady source on the pole, settled once."""

import numpy as np
import pytest

from envirosense.pole.worldpage import WorldMoment, open_moment
from envirosense.scenarios import Emission, Forcing

SOURCE_M = (0.1, -0.2, 11.0)


def with_source(at: tuple[float, float, float], rate_g_s: float = 0.02, at_s: float = 300.0) -> WorldMoment:
    """Ten minutes of a healthy pole with a steady smoulder somewhere."""
    moment = open_moment("normal/diurnal_cycle", at_s, 3, 600.0, 2.0, {})
    steady = np.full(moment.n, rate_g_s)
    gases = {"carbon_monoxide": steady, "methane": 0.1 * steady, "water": 5.0 * steady}
    moment.run.world.add(Forcing(emissions=(Emission("smoulder", at, gases, {"smoke_fresh": 0.1 * steady}),)))
    return moment


@pytest.fixture(scope="session")
def moment() -> WorldMoment:
    return with_source(SOURCE_M)
