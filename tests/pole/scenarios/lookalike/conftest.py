"""Look-alikes in a fair world with a westerly wind, and what they do to it."""

import pytest

from envirosense.core.rng import stream
from envirosense.pole.guardian import VirtualGridGuardian
from envirosense.pole.observability import excess_snr
from envirosense.pole.outfit import default_configuration
from envirosense.testing.scenarios import drawn_params

FAIR = {
    "wind_m_s": 3.0, "wind_from_deg": 270.0, "rain_mm": 0.0, "air_c": 24.0, "dew_point_c": 14.0,
    "opaque_cover_tenths": 0.0, "dni_w_m2": 700.0, "dhi_w_m2": 120.0, "ghi_w_m2": 750.0,
}  # fmt: skip


@pytest.fixture
def stage(make_world):
    """A scenario in a fair world with a westerly wind: the world, its cause and its events."""

    def play(scenario_class, n=180, start=None, weather=None, **params):
        columns = FAIR | (weather or {})
        given = {} if start is None else {"start": start}
        world = make_world(n=n, **given, **columns)
        scenario = scenario_class(drawn_params(scenario_class, 0) | params)
        forcing = scenario.forcing(world.conditions, stream(3, "forcing"))
        forcing_id = world.add(forcing)
        events = scenario.labels(forcing, world.response(forcing_id), world.grid).events
        return world, forcing, events

    return play


@pytest.fixture(scope="session")
def moved():
    def moved(world):
        """Greatest ideal rise of each kind of sensor, in sigmas."""
        device = VirtualGridGuardian(default_configuration(world.site, 10.0), 1)
        device.couple(world)
        snr = excess_snr(device, world)
        kinds: dict[str, float] = {}
        for name, sensor in device.sensors.items():
            kind = sensor.config.sensor_type
            kinds[kind] = max(kinds.get(kind, 0.0), float(snr[name].max()))
        return kinds

    return moved


@pytest.fixture(scope="session")
def only():
    def only(kinds, least=1.0):
        """Kinds of sensors that move."""
        return {kind for kind, snr in kinds.items() if snr > least}

    return only


@pytest.fixture(scope="session")
def gas_ppb():
    def gas_ppb(world, *names):
        """Excess of gases at the device, (time, gas)."""
        state = world.state(0, world.grid.n)
        return state.gas_excess_ppb(names, world.site.device_position_m)

    return gas_ppb


@pytest.fixture(scope="session")
def pm_excess():
    def pm_excess(world, at=None):
        """PM1, PM2.5 and PM10 over the world without causes, at the device or elsewhere, (time, 3)."""
        state, at = world.state(0, world.grid.n), at or world.site.device_position_m
        return state.pm_ug_m3(at) - state.without_causes().pm_ug_m3(at)

    return pm_excess


@pytest.fixture(scope="session")
def level_db():
    def level_db(world, which="settled"):
        """Mean sound of each band at the device, (time, band)."""
        return getattr(world, which).sound.sound_mean_level_db(world.site.device_position_m)

    return level_db
