"""Two short drawn episodes, settled once: a fitting that burns, and a storm with three causes."""

import pytest

from envirosense.pole.scenariopage import DrawnScenario, draw_scenario
from envirosense.scenarios import SCENARIOS


@pytest.fixture(scope="session")
def burning() -> DrawnScenario:
    return draw_scenario(SCENARIOS["fire/fire_precursor_combo"], 0)


@pytest.fixture(scope="session")
def storm() -> DrawnScenario:
    return draw_scenario(SCENARIOS["multi_factor/storm_tracking_low_battery"], 1)
