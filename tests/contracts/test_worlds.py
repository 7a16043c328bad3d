"""The live world and every mock keep one contract, and the check finds what breaks it."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from envirosense.climate.files import greensboro
from envirosense.core.grid import TimeGrid
from envirosense.core.volumes import Volume
from envirosense.pole.mock import KINDS, MockEnvironmentState, create_mock_environment_state
from envirosense.pole.scenarios.fire.cellulose_pyrolysis import CellulosePyrolysisScenario
from envirosense.pole.site import Site
from envirosense.pole.world import EnvironmentOrchestrator
from envirosense.testing.pole_worlds import check_world

NOON = datetime(2018, 7, 10, 17, tzinfo=UTC)
LEAK = {
    "component": "neutral_bracket", "peak_power_w": 300.0, "fuel_g": 40.0, "onset_fraction": 0.05,
    "ramp_fraction": 0.1, "end_fraction": 1.2, "yield_spread": 1.0,
}  # fmt: skip


def live(n=120, dt_s=2.0, start=NOON):
    world = EnvironmentOrchestrator(Site(), greensboro(), TimeGrid(start_utc=start, dt_s=dt_s, n=n), 7)
    CellulosePyrolysisScenario(LEAK).setup_environment(world)
    return world.state(0, n)


@pytest.mark.parametrize("kind", list(KINDS))
def test_every_mock_keeps_the_contract(kind):
    check_world(create_mock_environment_state(kind))


@pytest.mark.parametrize(
    "start",
    [NOON, datetime(2018, 12, 31, 23, 58, tzinfo=UTC), datetime(2018, 1, 1, 4, 58, tzinfo=UTC)],
    ids=["noon", "utc year wrap", "local year wrap"],
)
def test_the_live_world_keeps_the_contract(start):
    check_world(live(start=start))


def test_a_block_and_a_healthy_state_keep_it_too():
    check_world(live().ticks(17, 40))
    check_world(live().without_causes())


class Celsius(MockEnvironmentState):
    def air_k(self, at):
        return super().air_k(at) - 273.15


class Forgetful(MockEnvironmentState):
    def pressure_pa(self, at):
        return super().pressure_pa(at) + np.random.default_rng(self.grid.n).standard_normal(self.grid.n)


class Wet(MockEnvironmentState):
    calls = 0

    def rain_mm_h(self):
        self.calls += 1
        return super().rain_mm_h() + self.calls


class Lax(MockEnvironmentState):
    def gas_ppb(self, species, at):
        known = [name if name != "carbon_monoxid" else "ozone" for name in species]
        return super().gas_ppb(known, at)


class Flat(MockEnvironmentState):
    def wind_m_s(self, at):
        return super().wind_m_s(at)[:, :2]


class Late(MockEnvironmentState):
    def ticks(self, first, n):
        block = super().ticks(first, n)
        block.first_tick = first + 1
        return block


class Degrees(MockEnvironmentState):
    def sun_direction(self):
        return np.full(self.grid.n, 180.0), np.full(self.grid.n, 0.5)


class Nanotesla(MockEnvironmentState):
    def magnetic_t(self, at):
        return 1e9 * super().magnetic_t(at)


class Amplitudes(MockEnvironmentState):
    def electric_v_m(self, at):
        return np.abs(super().electric_v_m(at))


class ThirdOctaves(MockEnvironmentState):
    def sound_level_db(self, at):
        return np.repeat(super().sound_level_db(at), 3, axis=1)


class Restarted(MockEnvironmentState):
    def sound_pa(self, at, start_s, duration_s, rate_hz):
        return super().sound_pa(at, start_s + self.first_tick * self.grid.dt_s, duration_s, rate_hz)


class Thundery(MockEnvironmentState):
    def strikes(self):
        strikes = super().strikes()
        return replace(strikes, time_s=strikes.time_s - self.first_tick * self.grid.dt_s)


class Loose(MockEnvironmentState):
    def wind_m_s(self, at):
        place = at.centre_m if isinstance(at, Volume) else at
        return super().wind_m_s(place) + isinstance(at, Volume)


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (Nanotesla, "magnetic_t at .* leaves 0..0.01"),
        (Amplitudes, "electric_v_m at .* is float64, must be complex128"),
        (ThirdOctaves, r"sound_level_db at .* must be \(600, 12\)"),
        (Restarted, "sound_pa: a window counts from the episode's start"),
        (Thundery, "blocks must hold every stroke once"),
        (Loose, "wind_m_s: a volume of no size must be its centre"),
        (Celsius, "air_k at .* leaves 200..340"),
        (Forgetful, "differ from the same ticks of the whole"),
        (Wet, "rain_mm_h changed between two questions"),
        (Lax, "refuse a gas that nobody knows"),
        (Flat, r"wind_m_s at .* must be \(600, 3\)"),
        (Late, "first_tick counts from"),
        (Degrees, "azimuth is in radians"),
    ],
)
def test_a_broken_world_is_found(broken, words):
    sound = create_mock_environment_state()
    with pytest.raises(AssertionError, match=words):
        check_world(broken(sound.settings, sound.grid))
