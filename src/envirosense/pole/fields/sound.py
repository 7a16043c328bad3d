"""Sound at any point around the pole, as band levels over all ticks and as waveform in short windows.

Both come from the same parts. The level of a tick is the level of its mean energy times a Gamma factor
whose variance is that of the waveform's energy; the two share a distribution, not a draw. Distances below
0.1 m count as that, and the mean of no band falls under SILENCE_DB. Line corona is left out: at
distribution voltage it lies 80 dB below hearing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from envirosense.core.errors import ConfigError
from envirosense.core.protocols import Array, Position
from envirosense.physics.sound import acoustics as ac
from envirosense.physics.sound import sound_energy as se
from envirosense.physics.sound import sound_waveform as sw
from envirosense.physics.sound.sound_sources import CLICK_ENERGY_MOMENT, HUM_LINES_HZ
from envirosense.pole.fields.inputs import WorldInputs
from envirosense.pole.fields.sound_ambience import Ambience
from envirosense.pole.fields.sound_parts import (
    MAINS_HZ,
    Hum,
    Path,
    Strikes,
    delayed,
    distance_m,
    sources_of,
)

LEAST_ENERGY = 1e-6  # of a drawn tick, 40 dB below SILENCE_DB
LONGEST_WINDOW_S, FASTEST_HZ = 60.0, 1e6  # of a waveform, for memory's sake
FADE_S = 5e-3  # from the sound of one tick to that of the next
LEAST_MADE_S = 0.25  # a shorter stretch is cut from one of this length, which holds lines of every band


@dataclass(frozen=True, slots=True)
class Part:
    """One component of the sound at a point over some ticks."""

    name: str
    energy: Array  # (time, band)
    modulation_hz: float = 0.0
    depth: float = 0.0
    clicks_per_s: Array | None = None  # (time,)
    delay_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Reception:
    """Statistics of the sound at a point, (time, band)."""

    mean_energy: Array
    steady: Array  # the part of it without clicks, and the shape of its Gamma law
    steady_shape: Array
    click_shape: Array  # of what clicks add
    locked: Array  # share that follows twice the mains frequency


class SoundScape:
    """Everything that sounds around the pole in one episode."""

    def __init__(self, inputs: WorldInputs, strikes: Strikes | None = None) -> None:
        """Draw what belongs to the episode; asking for levels draws nothing."""
        self._inputs = inputs
        self._path = Path(inputs)
        self._ambience = Ambience(inputs, self._path, strikes)
        self._sources = tuple(sources_of(inputs))
        self._hum = Hum(inputs) if inputs.site.has_transformer else None
        self._normals = inputs.rng("sound", "levels").standard_normal((inputs.grid.n, len(ac.BANDS)))
        self._last: tuple[Position, Reception] | None = None

    @cached_property
    def _click_normals(self) -> Array:
        """Chance of clicks apart from that of steady sound, (time, band)."""
        return self._inputs.rng("sound", "clicks").standard_normal(self._normals.shape)

    def sound_level_db(self, at: Position) -> Array:
        """Level of each tick and band of BANDS, (time, band) [dB re 20 uPa].

        One draw per tick and band serves the whole world, so two microphones in one place agree.
        """
        heard = self._reception(at)
        drawn = heard.steady * se.gamma_factor(heard.steady_shape, self._normals)
        clicks = heard.mean_energy - heard.steady
        some = clicks > 0.0
        drawn[some] += clicks[some] * se.gamma_factor(heard.click_shape[some], self._click_normals[some])
        return ac.db_of_energy(np.maximum(drawn, LEAST_ENERGY))

    def sound_mean_level_db(self, at: Position) -> Array:
        """Level of the mean energy, without the chance of a short tick, (time, band) [dB re 20 uPa]."""
        return ac.db_of_energy(self._reception(at).mean_energy)

    def mains_modulation(self, at: Position) -> Array:
        """Share of the energy whose envelope follows twice the mains frequency, (time, band) [1].

        Sum over such sources of depth times energy; the transformer's hum is tones, which have no envelope.
        """
        return self._reception(at).locked

    def sound_pa(self, at: Position, start_s: float, duration_s: float, rate_hz: float) -> Array:
        """Sound pressure in a window of the episode, (sample,) [Pa].

        The same window gives the same sound, heard at any point; clicks of a discharge arrive d / c later.

        Raises:
            ConfigError: if the window leaves the episode, is longer than a minute or holds under two samples.
        """
        _require_air(at)
        ticks, edges = self._window(start_s, duration_s, rate_hz)
        parts, hum = list(self._parts(at, ticks)), self._hum_lines(at, ticks)
        wave = np.zeros(edges[-1])
        for k in range(edges.size - 1):
            first, weight = _stretch(edges, k, round(0.5 * FADE_S * rate_hz))
            stretch = slice(first, first + weight.size)
            t_s = start_s + np.arange(stretch.start, stretch.stop) / rate_hz
            wave[stretch] += weight * self._noise(parts, k, ticks.start + k, t_s.size, rate_hz, float(t_s[0]))
            if self._hum is not None:
                # tones of two ticks are in phase: their amplitudes add where noise adds in energy
                wave[stretch] += weight * weight * sw.tones(HUM_LINES_HZ, hum[k], self._hum.phase_rad, t_s)
        return ac.REFERENCE_PA * wave

    def _window(
        self, start_s: float, duration_s: float, rate_hz: float
    ) -> tuple[slice, npt.NDArray[np.intp]]:
        """Ticks that a window touches, and the sample at which each begins, with the end, (tick + 1,)."""
        grid = self._inputs.grid
        is_sound = 0.0 < duration_s <= LONGEST_WINDOW_S and 0.0 < rate_hz <= FASTEST_HZ
        n = round(duration_s * rate_hz) if is_sound else 0
        if n < 2 or not 0.0 <= start_s <= grid.duration_s - duration_s:
            fix = "must lie in the episode, last at most 60 s and hold 2 samples at up to 1 MHz"
            raise ConfigError("window", (start_s, duration_s, rate_hz), fix)
        first = int(start_s / grid.dt_s + 1e-9)
        last = min(max(int((start_s + (n - 1) / rate_hz) / grid.dt_s), first), grid.n - 1)
        cuts = np.ceil((np.arange(first, last + 2) * grid.dt_s - start_s) * rate_hz - 1e-6)
        edges = np.clip(cuts, 0, n).astype(np.intp)
        edges[0], edges[-1] = 0, n
        return slice(first, last + 1), edges

    def _noise(self, parts: list[Part], k: int, tick: int, n: int, rate_hz: float, since_s: float) -> Array:
        """Everything but tones over one tick's stretch, (sample,) [20 uPa]."""
        made = max(n, round(LEAST_MADE_S * rate_hz))
        total = np.zeros(made)
        for part in parts:
            if not np.any(part.energy[k]):
                continue
            rng = self._inputs.rng("sound", "waveform", part.name, tick, round(since_s * 1e6))
            modulation = (since_s, part.modulation_hz, part.depth)
            if part.clicks_per_s is None:
                total += sw.hiss(part.energy[k], made, rate_hz, rng, *modulation)
            else:
                rate_per_s = max(float(part.clicks_per_s[k]), self._least_clicks_per_s)
                total += sw.clicks(
                    part.energy[k], rate_per_s, made, rate_hz, rng, *modulation, delay_s=part.delay_s
                )
        return total[:n]

    @property
    def _least_clicks_per_s(self) -> float:
        """Power without pulses would be no discharge: at least one in twenty ticks."""
        return 0.05 / self._inputs.grid.dt_s

    def _parts(self, at: Position, ticks: slice) -> Iterator[Part]:
        """Sound at a point apart from the hum, over some ticks."""
        yield Part("ambience", self._ambience.energy(at, ticks))
        if self._ambience.rain is not None:
            drops = self._ambience.drops_per_s(ticks)
            yield Part("rain", self._ambience.rain[ticks], clicks_per_s=drops)
        dt_s = self._inputs.grid.dt_s
        for source in self._sources:
            delay_s = distance_m(source.at, at) / self._path.speed_m_s
            gain = source.shares * self._path.energy_per_picowatt(source.at, at)[ticks]
            energy = delayed(source.power_pw, delay_s, dt_s)[ticks] * gain
            clicks = source.clicks_per_s
            rate = None if clicks is None else delayed(clicks, delay_s, dt_s)[ticks]
            yield Part(f"cause/{source.name}", energy, source.modulation_hz, source.depth, rate, delay_s)

    def _hum_lines(self, at: Position, ticks: slice) -> Array:
        if self._hum is None:
            return np.zeros((ticks.stop - ticks.start, 0))
        return self._hum.line_energy(self._path, at)[ticks]

    def _reception(self, at: Position) -> Reception:
        _require_air(at)
        last = self._last  # one point is kept: level and modulation are asked for together
        if last is None or last[0] != at:
            last = self._last = (at, self._receive(at))
        return last[1]

    def _receive(self, at: Position) -> Reception:
        everything, dt_s = slice(0, self._inputs.grid.n), self._inputs.grid.dt_s
        noise, tonal, shared, clicks, click_terms = np.zeros((5, *self._normals.shape))
        by_frequency: dict[tuple[bool, float], Array] = {}
        for part in self._parts(at, everything):
            is_clicks = part.clicks_per_s is not None
            kind = clicks if is_clicks else noise
            kind += part.energy
            if part.depth > 0.0:
                key = is_clicks, part.modulation_hz
                by_frequency[key] = se.locked_term(part.energy, part.depth) + by_frequency.get(key, 0.0)
                if abs(part.modulation_hz - 2.0 * MAINS_HZ) < 1.0:
                    shared += part.depth * part.energy
            if part.clicks_per_s is not None:
                rate_per_s = np.maximum(part.clicks_per_s, self._least_clicks_per_s)[:, None]
                click_terms += CLICK_ENERGY_MOMENT * part.energy * part.energy / rate_per_s
        if self._hum is not None:
            lines = self._hum_lines(at, everything)
            for k, band in enumerate(self._hum.band):
                tonal[:, band] += lines[:, k]
        locked, click_locked = np.zeros((2, *self._normals.shape))
        for (is_clicks, _), term in by_frequency.items():
            total = click_locked if is_clicks else locked
            total += term * term
        # clicks come on top of what always sounds: a rare one must not be paid for by silence after it
        steady = noise + tonal
        variance = se.energy_variance(noise, tonal, locked, np.zeros_like(noise), dt_s)
        click_variance = se.energy_variance(clicks, steady, click_locked, click_terms, dt_s)
        with np.errstate(invalid="ignore"):
            click_shape = clicks * clicks / click_variance  # none where nothing clicks
        mean = steady + clicks
        return Reception(mean, steady, steady * steady / variance, click_shape, shared / mean)


def _require_air(at: Position) -> None:
    if not at[2] >= 0.0 or not np.all(np.isfinite(at)):
        raise ConfigError("at", at, "sound is heard above the ground")


def _stretch(edges: npt.NDArray[np.intp], k: int, half: int) -> tuple[int, Array]:
    """First sample of the k-th tick's stretch with its fades, and its weights, (sample,)."""
    first, stop = max(int(edges[k]) - half, 0), min(int(edges[k + 1]) + half, int(edges[-1]))
    index = np.arange(first, stop, dtype=np.float64)
    rise, fall = (np.clip((index - edge + half) / max(2 * half, 1), 0.0, 1.0) for edge in edges[k : k + 2])
    weight = np.ones(index.size)
    if k > 0:
        weight *= np.sin(0.5 * np.pi * rise)
    if k < edges.size - 2:
        weight *= np.cos(0.5 * np.pi * fall)
    return first, weight
