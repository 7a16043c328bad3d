"""Everything the fire alarm looks at in one episode, and which of it each half reads."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.pole.detectors.fire_alarm.channel_history import channel_history
from envirosense.pole.detectors.fire_alarm.gust_history import gust_history
from envirosense.pole.detectors.fire_alarm.picture_history import picture_history
from envirosense.pole.detectors.fire_alarm.plume_history import plume_history
from envirosense.pole.detectors.fire_alarm.signals import Signals
from envirosense.pole.detectors.fire_alarm.smoke_history import PREFIX, smoke_history

type Float32s = npt.NDArray[np.float32]

HEAT_CHANNELS: Final = (
    *(f"thermal.{name}" for name in ("median", "p99_9", "max", "std", "hot_spot", "max_step", "local_rise")),
    *(f"microphone.level_{band}" for band in ("500_hz_db", "2000_hz_db", "8000_hz_db", "20_25_khz_db")),
    *(f"microphone.level_{band}_khz_db" for band in ("25_35", "35_45", "45_60")),
    "microphone.modulation_audible", "microphone.modulation_ultrasonic", "emf_sensor.hf_2_10khz_nt",
    "emf_sensor.hf_10_40khz_nt", "emf_sensor.hf_40_100khz_nt", "emf_sensor.h2_ut", "emf_sensor.total_ut",
)  # fmt: skip
CONTEXT: Final = (
    "temperature_humidity.temperature_c", "temperature_humidity.humidity_pct", "wind_sensor.speed_m_s",
    "rain_gauge.rain_mm_h", "solar_power.panel_w",
)  # fmt: skip
CONTEXT_LOOKS: Final = ("mean", "rise_60")


@dataclass(frozen=True, slots=True, eq=False)
class Looks:
    """Looks at the windows of one or more episodes, (window, look), NaN where unknown."""

    values: Float32s
    names: tuple[str, ...]

    def smoke(self) -> Float32s:
        """Those of smoke, and the weather."""
        return self._chosen([n.startswith(PREFIX) or _is_context(n) for n in self.names])

    def heat(self) -> Float32s:
        """Those of the picture, the sound and the field, and the weather."""
        return self._chosen([not n.startswith(PREFIX) and _is_heat_or_context(n) for n in self.names])

    def _chosen(self, mask: list[bool]) -> Float32s:
        return self.values[:, np.array(mask)]


def looks_at(signals: Signals) -> Looks:
    """Looks at every window of an episode; none of them knows what comes after its window."""
    parts = (
        channel_history(signals, HEAT_CHANNELS + CONTEXT),
        picture_history(signals.picture_k, signals.n_windows),
        smoke_history(signals),
        gust_history(signals),
        plume_history(signals),
    )
    values = np.concatenate([found for found, _ in parts], axis=1).astype(np.float32)
    return Looks(values, tuple(name for _, names in parts for name in names))


def _is_context(name: str) -> bool:
    channel, _, look = name.rpartition(".")
    return channel in CONTEXT and look in CONTEXT_LOOKS


def _is_heat_or_context(name: str) -> bool:
    return _is_context(name) or name.rpartition(".")[0] not in CONTEXT
