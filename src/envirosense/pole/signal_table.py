"""Scenario x sensor: how far an ideal reading departs from the undisturbed world, in sigmas of the part.

Departures are of ideal readings: what physics lets each sensor see, before any imperfection. Which events
could be seen is counted as a dataset's `observability` does, so a fault of the device, which moves no ideal
reading, is seen by what it does to readings.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from envirosense.core.errors import ConfigError
from envirosense.core.protocols import Array
from envirosense.factory.request import EpisodeRequest
from envirosense.pole.fault_observability import sight_of_cause
from envirosense.pole.observability import excess_snr
from envirosense.pole.run import EpisodeRun
from envirosense.pole.twin import PoleTwin

TICK_S = 10.0
HOUR_S = 3600.0
SEEN_SNR = 3.0  # from which a departure counts as one


@dataclass(frozen=True, slots=True)
class SignalRow:
    """One scenario over all its draws; arrays are (sensor,)."""

    scenario: str
    greatest_snr: Array  # over time and draws
    n_events: int
    n_seen: npt.NDArray[np.int64]  # events that the sensor could see
    n_unseen: int  # events that no sensor could see; their label says so


@dataclass(frozen=True, slots=True)
class SignalTable:
    """Ideal signal of every scenario at every sensor."""

    sensors: tuple[str, ...]
    rows: tuple[SignalRow, ...]

    @property
    def greatest_snr(self) -> Array:
        """Greatest departure, (scenario, sensor) [sigma]."""
        return np.stack([row.greatest_snr for row in self.rows])

    def problems(self) -> tuple[str, ...]:
        """What a library must not have: a sensor that nothing moves, or that everything moves alike."""
        found = []
        for sensor, column in zip(self.sensors, self.greatest_snr.T, strict=True):
            if column.max() < SEEN_SNR:
                found.append(f"{sensor}: no scenario moves it (greatest departure {column.max():.2g} sigma)")
            elif len(self.rows) > 1 and np.ptp(column) == 0.0:
                found.append(f"{sensor}: every scenario moves it alike ({column[0]:.3g} sigma)")
        return tuple(found)


def signal_table(
    scenarios: Sequence[str],
    n_draws: int = 4,
    seed: int = 0,
    told: Callable[[str], None] = lambda scenario: None,
) -> SignalTable:
    """Table over an hour of each scenario, `n_draws` times at sites and hours drawn anew.

    Args:
        scenarios: ids of the library.
        n_draws: episodes of each.
        seed: of the draws.
        told: called with each scenario's id when it is done.

    Raises:
        ConfigError: if there is nothing to tabulate.
    """
    if not scenarios or n_draws < 1:
        raise ConfigError("scenarios", len(scenarios), "name at least one, and draw it at least once")
    rows: list[SignalRow] = []
    sensors: tuple[str, ...] = ()
    for scenario in scenarios:
        runs = [_run(scenario, index, seed) for index in range(n_draws)]
        sensors = tuple(runs[0].device.sensors)
        rows.append(_row(scenario, runs, sensors))
        told(scenario)
    return SignalTable(sensors, tuple(rows))


def _run(scenario: str, index: int, seed: int) -> EpisodeRun:
    options = {"frame_interval_s": TICK_S, "with_optional": True, "stages_stream": False}
    request = EpisodeRequest(
        seed=seed, index=index, n_groups=64, duration_s=HOUR_S, dt_s=TICK_S, options=options
    )
    return EpisodeRun(PoleTwin().draw(scenario, request))


def _row(scenario: str, runs: Sequence[EpisodeRun], sensors: tuple[str, ...]) -> SignalRow:
    greatest = np.zeros(len(sensors))
    n_seen, n_events, n_unseen = np.zeros(len(sensors), np.int64), 0, 0
    for run in runs:
        sights = [sight_of_cause(run.device, run.world, i) for i in range(len(run.forcings))]
        for i, (forcing, sight) in enumerate(zip(run.forcings, sights, strict=True)):
            is_at_fault = bool(forcing.sensor_faults or forcing.device)
            ideal = excess_snr(run.device, run.world, i) if is_at_fault else sight.snr
            greatest = np.maximum(greatest, [ideal[name].max() for name in sensors])
        for event in run.labels.events:
            ticks = sights[event.cause].detectable_ticks(TICK_S)
            seen = np.array([(ticks[name] & event.active).any() for name in sensors])
            n_seen += seen
            n_events += 1
            n_unseen += int(not seen.any())
    return SignalRow(scenario, greatest, n_events, n_seen, n_unseen)
