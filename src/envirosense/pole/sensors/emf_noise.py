"""Noise of a magnetic sensor: of its elements, and of the electronics around them."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from envirosense.core.protocols import Array
from envirosense.instruments.conditions import Conditions
from envirosense.instruments.stages.contract import Description, as_description
from envirosense.instruments.stages.noise import WhiteNoise
from envirosense.pole.sensors.emf_features import AXES, FUNDAMENTAL, MAINS
from envirosense.pole.sensors.emf_kernels import noisy_rms


@dataclass(frozen=True, slots=True)
class NoiseLaw:
    """One-sided density of a magnetic element: e^2 = white^2 (1 + (corner / f)^slope) + the converter's.

    Densities [uT/sqrt(Hz)]; slope 1 for magnetoresistors, 2 for an integrated coil.
    """

    white: float
    corner_hz: float
    slope: float
    converter: float

    def density(self, frequency_hz: npt.ArrayLike) -> Array:
        """Density at a frequency, its shape [uT/sqrt(Hz)]."""
        f = np.asarray(frequency_hz, dtype=np.float64)
        return np.asarray(
            np.sqrt(self.white**2 * (1.0 + (self.corner_hz / f) ** self.slope) + self.converter**2)
        )

    def mean_density(self, low_hz: float, high_hz: float, n_steps: int = 2000) -> float:
        """Root of the mean square of the density over a band [uT/sqrt(Hz)]."""
        edges = np.geomspace(low_hz, high_hz, n_steps + 1)
        middle = np.sqrt(edges[1:] * edges[:-1])
        return math.sqrt(float(np.sum(np.square(self.density(middle)) * np.diff(edges))) / (high_hz - low_hz))


@dataclass(frozen=True, slots=True)
class OwnToneState:
    """Tone of this unit [uT] and the cosine of its angle to the field."""

    tone_ut: float
    along: float


@dataclass(frozen=True, slots=True)
class OwnTone:
    """A tone of the device's own electronics at mains frequency, shared out evenly over the axes.

    A harmonic of a converter that sampling folds onto the mains; units differ in its size, evenly between
    the bounds, and in its phase.
    """

    name: str
    least_ut: float
    most_ut: float

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> OwnToneState:
        """Size and phase of this unit."""
        size, phase = unit_rng.random(2)
        tone_ut = self.least_ut + (self.most_ut - self.least_ut) * size
        return OwnToneState(tone_ut, float(np.cos(2.0 * np.pi * phase)))

    def apply(
        self, x: Array, carry: OwnToneState, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, OwnToneState]:
        """Signal with the tone, (time, channel)."""
        y = x.copy()
        y[:, FUNDAMENTAL] = _with_tone(x[:, FUNDAMENTAL], carry.tone_ut, carry.along)
        y[:, AXES] = _with_tone(x[:, AXES], carry.tone_ut / math.sqrt(3.0), carry.along)
        return y, carry

    def spread(self, x: Array, carry: OwnToneState, conditions: Conditions) -> Array:
        """Usual tone at any phase, (channel,)."""
        spread = np.zeros(x.shape[1])
        tone_ut = 0.5 * (self.least_ut + self.most_ut)
        spread[AXES] = tone_ut / math.sqrt(6.0)
        spread[FUNDAMENTAL] = tone_ut / math.sqrt(2.0)
        return spread

    def describe(self, carry: OwnToneState) -> Description:
        """Tone of this unit."""
        return as_description({"tone": carry.tone_ut, "along": carry.along})


def _with_tone(size: Array, tone: float, along: float) -> Array:
    """Length of the sum of two phasors, the cosine of whose angle is `along`."""
    return np.asarray(np.sqrt(np.square(size + tone * along) + tone**2 * (1.0 - along**2)))


@dataclass(frozen=True, slots=True, eq=False)
class Modem:
    """What the device's own modem and its converter add while it sends, `on_s` from every `every_s` on."""

    added_nt: Array  # rms in each channel, (channel,); 0 where it is not heard
    every_s: float
    on_s: float

    def sending(self, conditions: Conditions) -> Array:
        """Share of each tick during which it sends, (time,)."""
        return (self._on_before_s(conditions.t_s + conditions.dt_s) - self._on_before_s(conditions.t_s)) / (
            conditions.dt_s
        )

    def _on_before_s(self, t_s: Array) -> Array:
        rounds = np.floor(t_s / self.every_s)
        return np.asarray(rounds * self.on_s + np.minimum(t_s - rounds * self.every_s, self.on_s))


@dataclass(frozen=True, slots=True, eq=False)
class FieldNoise(WhiteNoise):
    """White noise in the signal behind an rms reading: it lifts the reading as well as scattering it.

    Noise of density e in bandwidth B has the mean square e^2 B on B T independent lines over a reading's time
    T; in a strong signal it scatters by e / sqrt(2 T). The bandwidth of a tone measured on d axes over a
    window W is d / W.

    The mains frequency is read from the phase of the fundamental F over windows W and scatters by
    e / (2 pi F) sqrt(3 / (W^2 T)), the bound of Cramer and Rao for a tone in white noise (from memory); F
    counts as at least its own floor. What the modem adds joins the rest of the noise.
    """

    bandwidth_hz: Array
    window_s: float
    modem: Modem

    @staticmethod
    def _reading_s(conditions: Conditions) -> float:
        return max(conditions.dt_s, conditions.averaged_s)

    def _mains_sigma_hz(self, x: Array, conditions: Conditions) -> Array:
        density = np.asarray(self.density)[FUNDAMENTAL]
        least = density * math.sqrt(self.bandwidth_hz[FUNDAMENTAL])
        bound = density / (2.0 * math.pi) * math.sqrt(3.0 / self._reading_s(conditions)) / self.window_s
        return np.asarray(bound / np.maximum(x[:, FUNDAMENTAL], least))

    def apply(
        self, x: Array, carry: None, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, None]:
        """Rms of signal and noise, and a noisy frequency, (time, channel)."""
        density = np.asarray(self.density)
        noisy = np.flatnonzero(density)
        normals = noise_rng.standard_normal((x.shape[0], noisy.size + 1), dtype=np.float32)
        y = x.copy()
        y[:, MAINS] += self._mains_sigma_hz(x, conditions) * normals[:, -1]
        square = np.square(density[noisy]) * self.bandwidth_hz[noisy]
        lines = self.bandwidth_hz[noisy] * self._reading_s(conditions)
        added = np.square(self.modem.added_nt[noisy])
        noisy_rms(y, normals, noisy, square, lines, added, self.modem.sending(conditions))
        return y, None

    def bias(self, x: Array, carry: None, conditions: Conditions) -> Array:
        """Lift of one reading, (time, channel)."""
        square = np.square(np.asarray(self.density)) * self.bandwidth_hz
        added = np.outer(self.modem.sending(conditions), np.square(self.modem.added_nt))
        return np.asarray(np.sqrt(x * x + square + added) - x)

    def spread(self, x: Array, carry: None, conditions: Conditions) -> Array:
        """Scatter of one reading in a strong signal, (time, channel)."""
        errors = np.empty_like(x)
        errors[:] = np.asarray(self.density) / math.sqrt(2.0 * self._reading_s(conditions))
        errors[:, MAINS] = self._mains_sigma_hz(x, conditions)
        return errors

    def describe(self, carry: None) -> Description:
        """Density, bandwidth and window."""
        return as_description(
            {
                "density_per_sqrt_hz": self.density,
                "bandwidth_hz": self.bandwidth_hz,
                "window_s": self.window_s,
                "modem_nt": self.modem.added_nt,
                "modem_every_s": self.modem.every_s,
                "modem_on_s": self.modem.on_s,
            }
        )
