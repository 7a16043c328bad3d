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
from envirosense.pole.sensors.emf_kernels import combine, fade, over_long_axis, unfade

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


@dataclass(frozen=True, slots=True)
class Fading:
    """What the firmware does where the fundamental is about nothing: `least` [uT], `nominal` mains [Hz].

    Shares of no field and the frequency of no tone would be noise. Distortion and ellipticity fade to 0, and
    the frequency to nominal, as F^2 / (F^2 + least^2).
    """

    least: float
    nominal: float

    def combine(self, x: Array) -> None:
        """Fill total and faded distortion of features (time, channel), in place."""
        combine(x, TONES.start, TONES.stop, TOTAL, DISTORTION, self.least)

    def fade(self, x: Array) -> None:
        """Fade ellipticity and mains frequency of features (time, channel), in place."""
        fade(x, FUNDAMENTAL, ELLIPTICITY, MAINS, self.least, self.nominal)

    def undo(self, x: Array) -> None:
        """Mains frequency, and length of the ellipse's short axis, from what faded, in place."""
        unfade(x, FUNDAMENTAL, ELLIPTICITY, MAINS, self.least, self.nominal)

    def shown(self, fundamental: Array) -> Array:
        """Share that is left of a share, same shape [1]."""
        square = np.square(fundamental)
        return np.asarray(square / (square + self.least**2))


@dataclass(frozen=True, slots=True)
class ToLengths(Transform):
    """Ellipticity to the length of the short axis, sqrt(F^2 e^2 / (1 + e^2)); the mains frequency unfaded.

    It comes first, so that there are no errors yet which it could rescale.
    """

    name: str
    fading: Fading

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> None:
        """Nothing to remember."""

    def apply(
        self, x: Array, carry: None, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, None]:
        """Field strengths, (time, channel)."""
        y = x.copy()
        self.fading.undo(y)
        return y, None

    def describe(self, carry: None) -> Description:
        """Nothing but the law."""
        return {}


@dataclass(frozen=True, slots=True)
class Firmware(Transform):
    """Total from the axes, distortion from the tones, ellipticity from the lengths of the ellipse's axes."""

    name: str
    fading: Fading
    axis_floor: float  # what noise adds to an axis and to a tone in quadrature [uT]
    tone_floor: float
    window_s: float  # over which a tone is measured on three axes

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> None:
        """Nothing to remember."""

    def apply(
        self, x: Array, carry: None, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, None]:
        """Features, (time, channel)."""
        y = x.copy()
        self.fading.combine(y)
        over_long_axis(y, FUNDAMENTAL, ELLIPTICITY)
        self.fading.fade(y)
        return y, None

    def slope(self, x: Array, conditions: Conditions) -> Array:
        """Fading of the frequency, and of the ellipticity by the short axis, (time, channel)."""
        slope = np.ones_like(x)
        tone = np.maximum(x[:, FUNDAMENTAL], self.tone_floor)
        slope[:, MAINS] = self.fading.shown(tone)
        short = np.minimum(x[:, ELLIPTICITY], np.sqrt(0.5) * tone)
        long = np.sqrt(np.square(tone) - np.square(short))
        slope[:, ELLIPTICITY] = slope[:, MAINS] * np.square(tone) / (long * long * long)
        return slope

    def bias(self, x: Array, carry: None, conditions: Conditions) -> Array:
        """What noise lifts total and distortion by, (time, channel)."""
        lift = np.zeros_like(x)
        lift[:, TOTAL] = 1.5 * self.axis_floor**2 / np.maximum(x[:, TOTAL], self.axis_floor)
        square = np.square(x[:, HARMONICS]).sum(axis=1)
        floor = (len(ORDERS) - 1) * self.tone_floor**2
        harmonics = np.sqrt(square) - np.sqrt(np.maximum(square - floor, 0.0))
        lift[:, DISTORTION] = harmonics * self._percent(x)
        return lift

    def _percent(self, x: Array) -> Array:
        """Distortion of one uT of harmonics, (time,) [%/uT]."""
        tone = np.maximum(x[:, FUNDAMENTAL], self.tone_floor)
        return 100.0 * self.fading.shown(tone) / tone

    def spread(self, x: Array, carry: None, conditions: Conditions) -> Array:
        """Scatter of the distortion, (time, channel)."""
        spread = np.zeros_like(x)
        scatter = self.tone_floor * np.sqrt(self.window_s / 6.0 / max(conditions.dt_s, conditions.averaged_s))
        spread[:, DISTORTION] = scatter * self._percent(x)
        return spread

    def describe(self, carry: None) -> Description:
        """The least fundamental."""
        return as_description({"least": self.fading.least})
