"""Features that the magnetic sensor reports, and the arithmetic that its firmware does on the way there.

Noise and gains act on field strengths. Total, distortion and ellipticity are computed from those at the end,
so that the features of a reading fit each other.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from envirosense.core.protocols import Array
from envirosense.instruments.conditions import Conditions
from envirosense.instruments.stages.contract import Description, Transform, as_description
from envirosense.pole.sensors.emf_kernels import combine

ORDERS: Final = (1, 2, 3, 5, 7, 9, 11)
HF_BANDS_HZ: Final = ((2e3, 10e3), (10e3, 40e3), (40e3, 100e3))

AXES: Final = slice(0, 3)
TOTAL: Final = 3
FUNDAMENTAL: Final = 4
HARMONICS: Final = slice(5, 11)
TONES: Final = slice(4, 11)
DISTORTION: Final = 11
HF: Final = slice(12, 15)
ELLIPTICITY: Final = 15  # of the fundamental; the length of the short axis while in the chain
MAINS: Final = 16
ELECTRIC: Final = 17

FEATURES: Final = (  # name, unit, description
    ("x_ut", "uT", "rms on the device's right"),
    ("y_ut", "uT", "rms ahead of the device"),
    ("z_ut", "uT", "rms upwards"),
    ("total_ut", "uT", "rms of all axes"),
    ("fundamental_ut", "uT", "rms at mains frequency, all axes"),
    *((f"h{order}_ut", "uT", f"rms of harmonic {order}, all axes") for order in ORDERS[1:]),
    ("thd_pct", "%", "harmonics over fundamental"),
    ("hf_2_10khz_nt", "nT", "rms from 2 to 10 kHz"),
    ("hf_10_40khz_nt", "nT", "rms from 10 to 40 kHz"),
    ("hf_40_100khz_nt", "nT", "rms from 40 to 100 kHz"),
    ("ellipticity", "1", "short over long axis of the fundamental's ellipse"),
    ("mains_hz", "Hz", "mains frequency"),
    ("electric_v_m", "V/m", "rms of the electric field"),
)
N_FEATURES: Final = len(FEATURES)


def combine_features(x: Array, least_ut: float) -> None:
    """Fill total and distortion of features (time, channel) in place.

    The distortion is a share of hypot(fundamental, least): a fundamental below `least_ut` is nothing to be a
    share of, and without any field the distortion is 0.
    """
    combine(x, TONES.start, TONES.stop, TOTAL, DISTORTION, least_ut)


@dataclass(frozen=True, slots=True)
class ToLengths(Transform):
    """Ellipticity to the length of the short axis, sqrt(F^2 e^2 / (1 + e^2)).

    It comes first, so that there are no errors yet which it could rescale.
    """

    name: str

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> None:
        """Nothing to remember."""

    def apply(
        self, x: Array, carry: None, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, None]:
        """Field strengths, (time, channel)."""
        y = x.copy()
        y[:, ELLIPTICITY] *= _long_axis(x)
        return y, None

    def describe(self, carry: None) -> Description:
        """Nothing but the law."""
        return {}


def _long_axis(x: Array) -> Array:
    return np.asarray(x[:, FUNDAMENTAL] / np.sqrt(1.0 + np.square(x[:, ELLIPTICITY])))


@dataclass(frozen=True, slots=True)
class Firmware(Transform):
    """Total from the axes, distortion from the tones, ellipticity from the lengths of the ellipse's axes."""

    name: str
    least: float  # fundamental that distortion is a share of at least [uT]
    axis_floor: float  # what noise adds to an axis and to a tone in quadrature [uT]
    tone_floor: float

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> None:
        """Nothing to remember."""

    def apply(
        self, x: Array, carry: None, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, None]:
        """Features, (time, channel)."""
        y = x.copy()
        combine_features(y, self.least)
        long = self._long_axis(x)
        y[:, ELLIPTICITY] = np.minimum(x[:, ELLIPTICITY] / np.where(long > 0.0, long, 1.0), 1.0)
        return y, None

    @staticmethod
    def _long_axis(x: Array) -> Array:
        square = np.square(x[:, FUNDAMENTAL])
        return np.asarray(np.sqrt(np.maximum(square - np.square(x[:, ELLIPTICITY]), 0.5 * square)))

    def slope(self, x: Array, conditions: Conditions) -> Array:
        """One over the long axis for the ellipticity, (time, channel)."""
        slope = np.ones_like(x)
        slope[:, ELLIPTICITY] = 1.0 / np.maximum(self._long_axis(x), self.tone_floor)
        return slope

    def spread(self, x: Array, carry: None, conditions: Conditions) -> Array:
        """Noise floors of what is computed here: total and distortion, (time, channel)."""
        spread = np.zeros_like(x)
        spread[:, TOTAL] = 1.5 * self.axis_floor**2 / np.maximum(x[:, TOTAL], self.axis_floor)
        n_harmonics = len(ORDERS) - 1
        floor_pct = 100.0 * np.sqrt(n_harmonics) * self.tone_floor
        spread[:, DISTORTION] = floor_pct / np.hypot(x[:, FUNDAMENTAL], self.least)
        return spread

    def describe(self, carry: None) -> Description:
        """The least fundamental."""
        return as_description({"least": self.least})
