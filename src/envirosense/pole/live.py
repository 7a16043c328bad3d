"""A pole that is stepped instead of run through: the same episode, block by block, as records."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self

from envirosense.core.episode import EpisodeSpec
from envirosense.factory.request import EpisodeRequest
from envirosense.pole.run import EpisodeRun
from envirosense.pole.telemetry import Record
from envirosense.pole.telemetry_stream import TelemetryStream
from envirosense.pole.twin import PoleTwin
from envirosense.scenarios import SCENARIOS


class LivePole:
    """One episode of a pole with its guardian, advanced by as many ticks as asked for.

    World and device are those of the batch run, so the readings of a spec are the same bits in both as long
    as nobody switches a sensor.
    """

    def __init__(self, spec: EpisodeSpec) -> None:
        """Pole before its first tick."""
        self.spec = spec
        self._run = EpisodeRun(spec)
        self._stream = TelemetryStream(self._run.device, spec.grid)
        self._tick = 0

    @classmethod
    def draw(
        cls,
        scenario: str = "normal/diurnal_cycle",
        seed: int = 0,
        duration_s: float = 3600.0,
        dt_s: float = 1.0,
        options: Mapping[str, Any] | None = None,
    ) -> Self:
        """Pole of the first episode of a dataset with this seed; `options` as for `generate`.

        Raises:
            UnknownNameError: if no scenario has that id.
            ConfigError: if an option cannot be used.
        """
        SCENARIOS[scenario]  # refuses an unknown name before anything is drawn
        return cls(PoleTwin().draw(scenario, EpisodeRequest(seed, 0, 1, duration_s, dt_s, options or {})))

    @property
    def device_id(self) -> str:
        """Id of the guardian."""
        return self._stream.device_id

    @property
    def tick(self) -> int:
        """Next tick to be simulated."""
        return self._tick

    @property
    def n_ticks(self) -> int:
        """Ticks of the episode."""
        return self.spec.grid.n

    @property
    def dt_s(self) -> float:
        """Length of a tick [s]."""
        return self.spec.grid.dt_s

    @property
    def start_utc(self) -> datetime:
        """Time of the first tick, in the simulation."""
        return self.spec.grid.start_utc

    @property
    def sensors(self) -> Mapping[str, bool]:
        """Whether each sensor is switched on, by id."""
        return {name: sensor.is_enabled for name, sensor in self._run.device.sensors.items()}

    def advance(self, n_ticks: int) -> list[Record]:
        """Records of the next `n_ticks` ticks, fewer at the end of the episode."""
        first, stop = self._tick, min(self._tick + n_ticks, self.n_ticks)
        if stop <= first:
            return []
        block = self._run.device.observe(self._run.world.state(first, stop))
        self._tick = stop
        return self._stream.records(block, first, stop - first)

    def switch(self, sensor_id: str, on: bool) -> None:
        """Switch a sensor on or off from the next tick on.

        Raises:
            UnknownNameError: if the device has no such sensor.
        """
        device = self._run.device
        (device.enable if on else device.disable)(sensor_id)
        self._stream.switched()
