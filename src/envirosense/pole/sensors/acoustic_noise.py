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
from envirosense.pole.sensors.acoustic_signal import DB_PER_NEPER, HEARD, MODULATION, N_BANDS, N_CHANNELS


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

    def spread(self, x: Array, carry: None, conditions: Conditions) -> Array:
        """Chance of a short tick, as if all the sound were the steady noise, (channel,) [dB]."""
        if self.times is not None:
            return np.zeros(N_CHANNELS)  # one chance for the sum, counted once
        return np.append(DB_PER_NEPER / np.sqrt(lines_of(conditions)), np.zeros(N_CHANNELS - N_BANDS))


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
        """That of a flat spectrum, (channel,)."""
        sigma = st.white_sigma(self.density, max(conditions.dt_s, conditions.averaged_s))
        return np.append(np.zeros(N_BANDS + 1), np.broadcast_to(sigma, (2,)))
