"""Short sound recordings that a microphone takes when something rises out of the quiet."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.core.protocols import Array
from envirosense.core.rng import stream
from envirosense.physics.sound.acoustics import BANDS, REFERENCE_PA
from envirosense.physics.sound.sound_waveform import hiss
from envirosense.pole.sensors.acoustic_kernels import rises_db

HOUR_S: Final = 3600.0
FULL_CODE: Final = 32_767  # of 16 bits


@dataclass(frozen=True, slots=True)
class EventWindow:
    """One recording: sound from `start_s` of the episode on, (sample,) of int16.

    `tick` is the one whose level set it off; a code of 32767 stands for `full_scale_pa`.
    """

    tick: int
    start_s: float
    rate_hz: float
    samples: npt.NDArray[np.int16]
    full_scale_pa: float

    @property
    def pressure_pa(self) -> Array:
        """Sound pressure as recorded, (sample,) [Pa]."""
        return np.asarray(self.samples * (self.full_scale_pa / FULL_CODE), dtype=np.float64)


@dataclass(slots=True)
class Trigger:
    """What a microphone remembers from recording to recording."""

    noise_seed: int
    slow_db: Array = field(default_factory=lambda: np.full(2, np.nan))
    free_from_s: float = 0.0
    taken_s: list[float] = field(default_factory=list)

    def ticks(self, level_db: Array, thresholds_db: Array, gain: float) -> npt.NDArray[np.intp]:
        """Ticks of a block at which a level stands above its slow course by more than its threshold."""
        rise_db = rises_db(np.ascontiguousarray(level_db), self.slow_db, gain)
        return np.flatnonzero((rise_db > thresholds_db).any(axis=1))

    def may_take(self, start_s: float, per_hour: int) -> bool:
        """Whether the last recording is over and fewer than `per_hour` were taken in the hour before."""
        self.taken_s = [s for s in self.taken_s if s > start_s - HOUR_S]
        return start_s >= self.free_from_s and len(self.taken_s) < per_hour

    def take(self, start_s: float, duration_s: float) -> None:
        """Note a recording."""
        self.taken_s.append(start_s)
        self.free_from_s = start_s + duration_s


@dataclass(frozen=True, slots=True)
class Recorder:
    """A microphone and its converter, for one recording.

    `gain_db` (band,) is what unit, port, age and temperature make of the part's corrected response;
    `wind` and `noise` (band,) are mean energies of the noise at the port and of the electronics, referred to
    the input. `resonance_hz` and `peak_db` shape the response in front of the overload point.
    """

    gain_db: Array
    wind: Array
    noise: Array
    resonance_hz: float
    peak_db: float
    overload_pa: float  # peak
    full_scale_pa: float

    def codes(self, sound_pa: Array, rate_hz: float, seed: int, tick: int) -> npt.NDArray[np.int16]:
        """What the converter makes of a sound, (sample,).

        The device divides by the part's response, of which the phase is left out; a recording is filtered as
        if it were periodic.
        """
        n = sound_pa.size
        frequency_hz = np.fft.rfftfreq(n, 1.0 / rate_hz)
        wind, noise = (
            REFERENCE_PA * hiss(energy, n, rate_hz, stream(seed, kind, tick)) if energy.any() else 0.0
            for kind, energy in (("wind", self.wind), ("noise", self.noise))
        )
        heard = np.fft.rfft(sound_pa + wind) * 10.0 ** (0.05 * self.gain_at_db(frequency_hz))
        heard += np.fft.rfft(np.broadcast_to(noise, (n,)))
        response = port_response(frequency_hz, self.resonance_hz, self.peak_db)
        raw_pa = np.fft.irfft(heard * response, n)
        cut = np.clip(raw_pa, -self.overload_pa, self.overload_pa)
        out_pa = np.fft.irfft(np.fft.rfft(cut) / response, n)
        codes = np.rint(out_pa * (FULL_CODE / self.full_scale_pa))
        return np.clip(codes, -FULL_CODE, FULL_CODE).astype(np.int16)

    def gain_at_db(self, frequency_hz: Array) -> Array:
        """Gain at each frequency, shape of it [dB]: its band's; between bands a line, outside flat."""
        edges_hz = np.stack([BANDS.low_hz, BANDS.high_hz * (1.0 - 1e-9)], axis=1).ravel()
        return np.interp(frequency_hz, edges_hz, np.repeat(self.gain_db, 2))


def port_response(frequency_hz: Array, resonance_hz: float, peak_db: float) -> Array:
    """Amplitude of a resonator behind a port over that at low frequency, shape of the frequency [1].

    |H| = 1 / |1 - x^2 + j x / Q| with x = f / f0 and Q from the height of the peak.
    """
    x = frequency_hz / resonance_hz
    q = 10.0 ** (0.05 * peak_db)
    return np.asarray(1.0 / np.hypot(1.0 - x * x, x / q))


def band_response(resonance_hz: float, peak_db: float) -> Array:
    """Energy gain of `port_response` by band, (band,) [1], the mean over a flat band."""
    return np.array([np.mean(port_response(f, resonance_hz, peak_db) ** 2) for f in _band_lines_hz()])


def _band_lines_hz(n: int = 64) -> Iterator[Array]:
    place = (np.arange(n) + 0.5) / n
    for low_hz, high_hz in zip(BANDS.low_hz, BANDS.high_hz, strict=True):
        yield low_hz + place * (high_hz - low_hz)
