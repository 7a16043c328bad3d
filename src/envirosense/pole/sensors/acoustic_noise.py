"""Chance in what a microphone reports: noise of wind and electronics, and of short ticks.

Energies drawn by the world keep their chance; only what is added here draws its own.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from envirosense.core.protocols import Array
from envirosense.instruments import stages as st
from envirosense.instruments.conditions import Conditions
from envirosense.physics.sound.acoustics import BANDS
from envirosense.pole.sensors.acoustic_kernels import add_noise, estimate_share, thin_out
from envirosense.pole.sensors.acoustic_signal import (
    A_COLUMN,
    A_WEIGHTS,
    DB_PER_NEPER,
    HEARD,
    LEAST_ENERGY,
    MODULATION,
    N_BANDS,
)


def lines_of(conditions: Conditions) -> Array:
    """Independent lines of noise in each band in the time of a reading, (band,); one at the least."""
    return np.maximum(BANDS.width_hz * max(conditions.dt_s, conditions.averaged_s), 1.0)


@dataclass(frozen=True, slots=True, eq=False)
class BandNoise(st.WhiteNoise):
    """Gaussian noise that adds in energy to the first bands, of one-sided densities [20 uPa/sqrt(Hz)].

    `times`, where given, is a factor on the noise's energy, (time,). Given the energy of the sound in a tick,
    its sum with the noise has a Gamma law (`add_noise`); shares of modulation are thinned out.
    """

    times: Callable[[Conditions], Array] | None = None

    def mean_energy(self, conditions: Conditions) -> Array:
        """Mean energy of the noise, (time or 1, band) [1]."""
        density = np.asarray(self.density)
        mean = density * density * BANDS.width_hz[: density.size]
        return mean[None] if self.times is None else np.outer(self.times(conditions), mean)

    def apply(
        self, x: Array, carry: None, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, None]:
        """Signal with the noise in its bands, (time, channel)."""
        noise = self.mean_energy(conditions)
        normals = noise_rng.standard_normal((x.shape[0], noise.shape[1]), dtype=np.float32)
        y = add_noise(x, noise, lines_of(conditions), normals)
        for column, bands in enumerate(HEARD, MODULATION.start):
            thin_out(y, x, noise, column, bands.start, bands.stop)
        return y, None

    def _joined(self, x: Array, conditions: Conditions) -> tuple[Array, Array]:
        """Energy of the bands before the noise, and of the noise in them, (time, band) [1]."""
        sound = np.maximum(x[:, :N_BANDS], LEAST_ENERGY)
        noise = np.zeros_like(sound)
        mean = self.mean_energy(conditions)
        noise[:, : mean.shape[1]] = mean
        return sound, noise

    def bias(self, x: Array, carry: None, conditions: Conditions) -> Array:
        """Lift of levels and thinning of shares by the noise's mean, (time, channel) [dB, 1]."""
        sound, noise = self._joined(x, conditions)
        lift = np.zeros_like(x)
        lift[:, :N_BANDS] = DB_PER_NEPER * np.log1p(noise / sound)
        lift[:, A_COLUMN] = DB_PER_NEPER * np.log1p((noise @ A_WEIGHTS) / (sound @ A_WEIGHTS))
        for column, bands in enumerate(HEARD, MODULATION.start):
            heard, added = sound[:, bands].sum(axis=1), noise[:, bands].sum(axis=1)
            lift[:, column] = -x[:, column] * added / (heard + added)
        return lift

    def spread(self, x: Array, carry: None, conditions: Conditions) -> Array:
        """Chance of a short tick about that, by the Gamma law of the sum, (time, channel) [dB]."""
        sound, noise = self._joined(x, conditions)
        sigma = np.sqrt(noise * (noise + 2.0 * sound) / lines_of(conditions))
        chance = np.zeros_like(x)
        chance[:, :N_BANDS] = sigma / (sound + noise)
        chance[:, A_COLUMN] = np.sqrt(np.square(sigma) @ np.square(A_WEIGHTS)) / ((sound + noise) @ A_WEIGHTS)
        return np.asarray(DB_PER_NEPER * chance)


@dataclass(frozen=True, slots=True, eq=False)
class ModulationNoise(st.WhiteNoise):
    """Chance in the share that swells: noise has a line of its own in its envelope (`estimate_share`).

    `density` is that of a flat spectrum, of each share.
    """

    def apply(
        self, x: Array, carry: None, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, None]:
        """Signal with shares as estimated in one tick, (time, channel)."""
        y = x.copy()
        normals = noise_rng.standard_normal((x.shape[0], 2 * len(HEARD)), dtype=np.float32)
        for k, bands in enumerate(HEARD):
            own = normals[:, 2 * k : 2 * k + 2]
            estimate_share(y, own, lines_of(conditions), MODULATION.start + k, bands.start, bands.stop)
        return y, None

    def spread(self, x: Array, carry: None, conditions: Conditions) -> Array:
        """Chance of the line's size, (time, channel)."""
        sigma = np.zeros_like(x)
        sound = np.maximum(x[:, :N_BANDS], LEAST_ENERGY)
        squares = np.square(sound) / lines_of(conditions)
        for column, bands in enumerate(HEARD, MODULATION.start):
            sigma[:, column] = np.sqrt(0.5 * squares[:, bands].sum(axis=1)) / sound[:, bands].sum(axis=1)
        return sigma

    def bias(self, x: Array, carry: None, conditions: Conditions) -> Array:
        """What a line across the true one adds to its length, (time, channel)."""
        return np.hypot(x, self.spread(x, carry, conditions)) - x
