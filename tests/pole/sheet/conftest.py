"""A short day of a small device, watched once."""

import pytest

from envirosense.pole.sheet import DaySheet, open_day, watch_day

SENSORS = ("voc_array", "wind_sensor", "barometer", "line_current", "thermal_camera")


@pytest.fixture(scope="session")
def sheet() -> DaySheet:
    options = {"sensors": SENSORS, "with_optional": True}
    return watch_day(open_day("normal/diurnal_cycle", 3, 3600.0, 10.0, options))
