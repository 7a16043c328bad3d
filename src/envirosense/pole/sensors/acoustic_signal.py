"""Band levels and energies of a microphone, column by column.

Sound adds in energy, so between `ToEnergy` and `ToLevel` the band columns are energies (mean squares over
the square of 20 uPa). The error budget stays in dB throughout: biases and spreads of the stages between are
in dB; that noise also hides errors of the sound before it is left out.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from envirosense.core.protocols import Array
from envirosense.instruments import stages as st
from envirosense.instruments.conditions import Conditions
from envirosense.physics.sound.acoustics import BANDS, a_weighting_db, energy_of_db
from envirosense.pole.sensors.acoustic_kernels import weighted_sum

N_BANDS: Final = len(BANDS)
A_COLUMN: Final = N_BANDS  # A-weighted level; bands come before, shares of modulation after
MODULATION: Final = slice(N_BANDS + 1, N_BANDS + 3)
AUDIBLE: Final = slice(4, 8)  # octaves of 1 to 8 kHz
ULTRASONIC: Final = slice(10, 11)  # 35 to 45 kHz
N_CHANNELS: Final = N_BANDS + 3
HEARD: Final = (AUDIBLE, ULTRASONIC)  # bands of each modulation column
A_WEIGHTS: Final = energy_of_db(a_weighting_db(BANDS.centre_hz))  # of the bands' energies
DB_PER_NEPER: Final = 10.0 / np.log(10.0)  # of energy
LEVELS: Final = np.array([1.0] * (N_BANDS + 1) + [0.0, 0.0])  # columns that are levels
LEAST_ENERGY: Final = 1e-9  # keeps logarithms and ratios finite


def energy(level_db: Array) -> Array:
    """Energy of levels, same shape [1]; faster than a power of ten."""
    return np.asarray(np.exp(level_db / DB_PER_NEPER))


def a_weighted_level_db(band_energy: Array) -> Array:
    """A-weighted level of energies (time, band or more), (time,) [dB(A)]; weights of the bands' middles."""
    weighted = weighted_sum(band_energy, A_WEIGHTS)
    return np.asarray(DB_PER_NEPER * np.log(np.maximum(weighted, LEAST_ENERGY)))


@dataclass(frozen=True, slots=True)
class ToEnergy(st.Transform):
    """Band levels to energies."""

    name: str

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> None:
        """Nothing to remember."""

    def apply(
        self, x: Array, carry: None, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, None]:
        """Energies in the band columns, (time, channel)."""
        y = energy(x)
        y[:, MODULATION] = x[:, MODULATION]
        return y, None

    def describe(self, carry: None) -> st.Description:
        """Nothing to tell."""
        return {}


@dataclass(frozen=True, slots=True)
class ToLevel(st.Transform):
    """Band energies to levels, and the A-weighted level of what the bands have become."""

    name: str

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> None:
        """Nothing to remember."""

    def apply(
        self, x: Array, carry: None, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, None]:
        """Levels in the band columns and the A-weighted one, (time, channel)."""
        y = np.log(np.maximum(x, LEAST_ENERGY))
        y *= DB_PER_NEPER
        y[:, A_COLUMN] = a_weighted_level_db(x)
        y[:, MODULATION] = x[:, MODULATION]
        return y, None

    def describe(self, carry: None) -> st.Description:
        """Nothing to tell."""
        return {}
