"""Confidence against what units of every sensor do: drawn units, two ages, two worlds.

The expected error of each channel is held against the error that many units have, and the chance that it
keeps the stated accuracy against the share of readings that do.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

import numpy as np
import numpy.typing as npt
import pytest

from envirosense.core.grid import TimeGrid
from envirosense.core.protocols import Array
from envirosense.instruments.base import BaseSensor
from envirosense.instruments.chain import through_stages
from envirosense.instruments.grading import ErrorBudget
from envirosense.instruments.registry import build_sensor
from envirosense.instruments.sensor_change import SensorChange
from envirosense.pole.mock import MockEnvironmentState, create_mock_environment_state
from envirosense.pole.outfit import CARRIED, OPTIONAL, default_configuration
from envirosense.pole.site import Site

N_UNITS, N_TICKS, TICK_S = 60, 120, 1.0
AGES_DAYS = (30.0, 900.0)
LEAST_RATIO, MOST_RATIO = 0.6, 1.6  # of the errors' rms to the expected one
FAR_WITHIN = 3.0  # an accuracy of so many sigma is kept in 997 of 1000 cases, whatever the size of the error
TOLERANCE = 0.2  # of a share of units whose errors are mostly constants of the unit: three binomial sigmas
# Not of normal errors: it counts, and its distance is a storm's of the last minutes, the ideal one a tick's.
NOT_NORMAL = ("lightning_detector",)
KINDS = {(kind, part): name for name, kind, part in reversed(CARRIED + OPTIONAL) if name not in NOT_NORMAL}
GAS_PPB = {"carbon_monoxide": 300.0, "ozone": 35.0, "formaldehyde": 60.0, "ethanol": 60.0, "hydrogen": 500.0}


def worlds(rain_mm_h: float) -> dict[str, MockEnvironmentState]:
    grid = TimeGrid(start_utc=datetime(1990, 7, 1, 12, tzinfo=UTC), dt_s=TICK_S, n=N_TICKS)
    day = {"period_s": 86_400.0, "begin_s": 0.0, "air_k": 298.0, "rain_mm_h": rain_mm_h}
    calm = {"wind_m_s": (0.0, 0.5, 0.0), "irradiance_w_m2": 0.0, "air_k": 288.0}
    return {
        "day": create_mock_environment_state("sinusoid", grid, gas_ppb=GAS_PPB, **day),
        "calm": create_mock_environment_state("uniform", grid, gas_ppb=GAS_PPB, **calm),
    }


@dataclass(frozen=True, slots=True)
class Units:
    """Units of one sensor in one world: readings of all units, (reading, channel) each."""

    error: Array
    square: Array  # expected of the error
    chance: Array  # expected of keeping the accuracy
    accuracy: Array

    @property
    def kept(self) -> npt.NDArray[np.bool_]:
        return np.abs(self.error) <= self.accuracy


def units(sensor: BaseSensor, world: MockEnvironmentState) -> Units:
    found = [one_unit(sensor, world, unit) for unit in range(N_UNITS)]
    ticks = [np.concatenate(arrays) for arrays in zip(*found, strict=True)]
    there = ~np.isnan(ticks[0]).any(axis=1)
    return Units(*(values[there] for values in ticks))


def one_unit(sensor: BaseSensor, world: MockEnvironmentState, unit: int) -> tuple[Array, ...]:
    memory = sensor.start(unit)
    conditions = sensor._conditions(world, memory)
    ideal, signal = sensor.transduce(world, memory.unit)
    budget = ErrorBudget(conditions)
    reading = through_stages(signal, sensor._active, memory, conditions, budget.meet)
    accuracy = sensor.stated_accuracy(reading)
    assert accuracy is not None
    shape = reading.shape
    expected = (budget.mean_square, budget.chance_within(accuracy), accuracy)
    return reading - ideal, *(np.broadcast_to(values, shape) for values in expected)


@cache
def cases(name: str) -> list[tuple[str, list[str], Units]]:
    found = []
    rain_mm_h = 5.0 if name == "rain_gauge" else 0.0  # a rare splash in a counter's inlet is no normal error
    for age_days in AGES_DAYS:
        device = default_configuration(Site(), age_days=age_days, with_optional=True).select([name])
        sensor = build_sensor(device.changed([SensorChange(set={"enabled": True})]).sensors[0])
        names = [channel.name for channel in sensor.channels]
        for where, world in worlds(rain_mm_h).items():
            found.append((f"{where}, {age_days:g} days", names, units(sensor, world)))
    return found


@pytest.mark.parametrize("name", KINDS.values())
def test_errors_are_as_large_as_the_budget_expects(name: str) -> None:
    for where, channels, of in cases(name):
        rms, expected = (np.sqrt(square.mean(axis=0)) for square in (np.square(of.error), of.square))
        near = np.maximum(rms, expected) > of.accuracy.mean(axis=0) / FAR_WITHIN
        for k in np.flatnonzero(near):
            ratio = rms[k] / expected[k]
            assert LEAST_RATIO < ratio < MOST_RATIO, f"{where}: {channels[k]} {rms[k]:.3g} {expected[k]:.3g}"


@pytest.mark.parametrize("name", KINDS.values())
def test_a_channel_keeps_its_accuracy_as_often_as_it_says(name: str) -> None:
    for where, channels, of in cases(name):
        share, chance = of.kept.mean(axis=0), of.chance.mean(axis=0)
        for k, channel in enumerate(channels):
            assert share[k] == pytest.approx(chance[k], abs=TOLERANCE), f"{where}: {channel}"


@pytest.mark.parametrize("name", KINDS.values())
def test_all_channels_keep_theirs_as_the_worst_says_or_less_if_they_err_on_their_own(name: str) -> None:
    """Between channels that err together, where the worst decides, and channels that err independently."""
    for where, _, of in cases(name):
        share = of.kept.all(axis=1).mean()
        together, alone = of.chance.min(axis=1).mean(), of.chance.prod(axis=1).mean()
        assert alone - TOLERANCE <= share <= together + TOLERANCE, where
