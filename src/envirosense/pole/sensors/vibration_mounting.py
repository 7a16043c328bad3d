"""How an accelerometer sits on its pole and what its element can follow: bracket, axes, range."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.core.protocols import Array
from envirosense.instruments.conditions import Conditions
from envirosense.instruments.stages import Description, Spells, as_description
from envirosense.instruments.stages.kernels import mix
from envirosense.physics.motion.vibration import N_BANDS, VIBRATION_BANDS_HZ
from envirosense.pole.sensors.vibration_stages import MAINS_BAND, N_RMS, RMS, TILT, TOTAL

CREST: Final = 4.0  # largest over rms value of noise in a second of samples: one in 16,000 lies beyond


def axis_energy(rms: Array) -> Array:
    """Energy of each axis over all bands, (time, 3), from rms of the bands (time, 15)."""
    energy = np.square(rms[:, :3])
    for band in range(1, N_BANDS):
        energy += np.square(rms[:, 3 * band : 3 * band + 3])
    return energy


def clipped_share(reach: npt.ArrayLike) -> Array:
    """Share of a Gaussian signal's energy left by limits at +-`reach` sigma, same shape [1]; closed form."""
    from scipy.special import erfc

    u = np.asarray(reach, dtype=np.float64)
    outside = erfc(u / math.sqrt(2.0))
    return np.asarray(1.0 - outside - u * np.sqrt(2.0 / np.pi) * np.exp(-0.5 * u * u) + u * u * outside)


def transmitted(resonance_hz: float, damping: float) -> Array:
    """Mean squared transmissibility of a mass on a spring in each band, (5,) [1].

    (1 + 4 zeta^2 r^2) / ((1 - r^2)^2 + 4 zeta^2 r^2), taken as even in frequency over each band but the
    mains', where the motion is one line at 120 Hz.
    """
    bands = [np.linspace(low, high, 401) for low, high in VIBRATION_BANDS_HZ]
    bands[MAINS_BAND] = np.array([120.0])
    means = []
    for hz in bands:
        r2 = np.square(hz / resonance_hz)
        loss = 4.0 * damping**2 * r2
        means.append(np.mean((1.0 + loss) / (np.square(1.0 - r2) + loss)))
    return np.array(means)


@dataclass(frozen=True, slots=True)
class LooseState:
    """Which way the device sags, (2,)."""

    direction: Array


@dataclass(frozen=True, slots=True, eq=False)
class LooseMount:
    """A device that hangs loose: a resonance of its own, and a sag.

    The stiffness of its bracket goes as one over the severity, which gives `resonance_hz` at 1: a tight one
    passes the motion as it is, a loose one rings at its resonance and hears little above.
    """

    name: str
    resonance_hz: float
    damping: float
    sag_deg: float
    spells: Spells

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> LooseState:
        """Direction of the sag."""
        angle = unit_rng.uniform(0.0, 2.0 * np.pi)
        return LooseState(np.array([np.sin(angle), np.cos(angle)]))

    def apply(
        self, x: Array, carry: LooseState, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, LooseState]:
        """Motion of the device on its bracket, (time, 23)."""
        severity = self.spells.severity(conditions.t_s)
        y = x.copy()
        for worst in np.unique(severity[severity > 0.0]):
            rows = severity == worst
            gain = np.sqrt(transmitted(self.resonance_hz / math.sqrt(worst), self.damping))
            y[rows, RMS] = x[rows, RMS] * np.repeat(gain, 3)
            y[rows, TILT] = x[rows, TILT] + self.sag_deg * worst * carry.direction
        return y, carry

    def describe(self, carry: LooseState) -> Description:
        """Resonance at severity 1, damping, and sag."""
        return as_description(
            {"resonance_hz": self.resonance_hz, "damping": self.damping, "sag_deg": self.sag_deg}
        )


def rotation(vector_rad: Array) -> Array:
    """Matrix that turns by a rotation vector, (3, 3): Rodrigues' formula."""
    angle = float(np.linalg.norm(vector_rad))
    if angle == 0.0:
        return np.eye(3)
    a, b, c = vector_rad / angle
    cross = np.array([[0.0, -c, b], [c, 0.0, -a], [-b, a, 0.0]])
    return np.asarray(np.eye(3) + np.sin(angle) * cross + (1.0 - np.cos(angle)) * (cross @ cross))


@dataclass(frozen=True, slots=True)
class AxesState:
    """Response of the axes to the motion, (axis, motion), and the azimuth error [rad], (1,)."""

    matrix: Array
    azimuth_rad: Array


@dataclass(frozen=True, slots=True, eq=False)
class Axes:
    """Axes of the unit: mounted askew, each with its gain, and each feeling a little of the others.

    Motions of different axes are taken as uncorrelated, so energies mix with the squared matrix. The tilt is
    levelled on site: only the azimuth error turns it.
    """

    name: str
    level_deg: float  # of the mounting, about each horizontal axis, one sigma
    azimuth_deg: float  # about the vertical
    gain_spread_ln: float
    cross_spread: float

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> AxesState:
        """What this unit got."""
        turn, gain = unit_rng.standard_normal((2, 3))
        askew = np.radians(turn * np.array([self.level_deg, self.level_deg, self.azimuth_deg]))
        cross = self.cross_spread * unit_rng.standard_normal((3, 3))
        np.fill_diagonal(cross, 1.0)
        matrix = np.exp(self.gain_spread_ln * gain)[:, None] * (cross @ rotation(askew))
        return AxesState(matrix, askew[2:])

    def apply(
        self, x: Array, carry: AxesState, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, AxesState]:
        """Motion along the unit's own axes, (time, 23)."""
        y = x.copy()
        energy = np.square(x[:, RMS]).reshape(-1, 3)
        y[:, RMS] = np.sqrt(mix(energy, np.ascontiguousarray(np.square(carry.matrix.T)))).reshape(-1, N_RMS)
        cos, sin = np.cos(carry.azimuth_rad[0]), np.sin(carry.azimuth_rad[0])
        y[:, TILT] = mix(x[:, TILT], np.array([[cos, sin], [-sin, cos]]))
        return y, carry

    def spread(self, x: Array, carry: AxesState, conditions: Conditions) -> Array:
        """What gains, and the motion of other axes, may be expected to add, (time, 23)."""
        level, azimuth = np.radians(self.level_deg), np.radians(self.azimuth_deg)
        turn = np.array([[0.0, azimuth, level], [azimuth, 0.0, level], [level, level, 0.0]])
        mixed = np.where(turn > 0.0, np.square(turn) + self.cross_spread**2, 0.0)
        y = np.zeros_like(x)
        energy = np.square(x[:, RMS]).reshape(-1, N_BANDS, 3)
        y[:, RMS] = self._mixed_error(energy, mixed).reshape(-1, N_RMS)
        y[:, TOTAL] = self._mixed_error(energy.sum(axis=1), mixed)
        y[:, TILT] = azimuth * np.abs(x[:, TILT][:, ::-1])
        return y

    def _mixed_error(self, energy: Array, mixed: Array) -> Array:
        """Error of rms of energies (..., axis), same shape."""
        lift = np.sqrt(energy + energy @ mixed) - np.sqrt(energy)
        return np.sqrt(self.gain_spread_ln**2 * energy + np.square(lift))

    def describe(self, carry: AxesState) -> Description:
        """Gain of each axis of the unit, and its azimuth error."""
        return as_description(
            {"axis_gain": np.linalg.norm(carry.matrix, axis=1), "azimuth_rad": carry.azimuth_rad[0]}
        )


@dataclass(frozen=True, slots=True, eq=False)
class RangeLimit:
    """Energy lost where the motion passes the range: that of Gaussian peaks cut at +-`limit_mg`."""

    name: str
    limit_mg: float

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> None:
        """Nothing to remember."""

    def apply(
        self, x: Array, carry: None, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, None]:
        """Motion that the element can follow, (time, 23)."""
        if x[:, RMS].max(initial=0.0) * CREST * N_BANDS < self.limit_mg:
            return x, None
        sigma = np.sqrt(axis_energy(x))
        left = np.sqrt(clipped_share(self.limit_mg / np.maximum(sigma, 1e-9)))
        y = x.copy()
        y[:, RMS] = (x[:, RMS].reshape(-1, N_BANDS, 3) * left[:, None, :]).reshape(-1, N_RMS)
        return y, None

    def describe(self, carry: None) -> Description:
        """The limit."""
        return as_description({"limit_mg": self.limit_mg})
