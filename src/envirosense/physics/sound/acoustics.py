"""Sound through air: bands, absorption, spreading, A-weighting, levels.

Energies are mean squares of pressure over the square of 20 uPa, so that levels are 10 log10 of them and
energies of independent sources add. One picowatt spread over one square metre gives an energy of one
(a characteristic impedance of 400 N s/m3; air at 20 degC has 413, a difference of 0.14 dB that is left out).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.core.units import ZERO_CELSIUS_K

type Floats = npt.NDArray[np.float64]

REFERENCE_PA: Final = 20e-6  # zero of sound pressure levels
REFERENCE_W: Final = 1e-12  # zero of sound power levels
NEAREST_M: Final = 0.1  # smaller distances are taken as this: sources have a size  # assumed
GROUND_REFLECTION: Final = 0.5  # energy that grass sends back; 1 for asphalt  # assumed
TRIPLE_POINT_K: Final = 273.16  # [ISO9613-1]
NORMAL_K: Final = 293.15  # [ISO9613-1]
NORMAL_PA: Final = 101_325.0  # [ISO9613-1]
A_POLES_HZ: Final = (20.598997, 107.65265, 737.86223, 12194.217)  # IEC 61672-1 (from memory)
A_GAIN_DB: Final = 2.000  # makes the weight zero at 1 kHz


@dataclass(frozen=True, slots=True)
class Bands:
    """Frequency bands, all (band,)."""

    names: tuple[str, ...]
    low_hz: Floats
    high_hz: Floats

    @property
    def centre_hz(self) -> Floats:
        """Geometric middles [Hz]."""
        return np.sqrt(self.low_hz * self.high_hz)

    @property
    def width_hz(self) -> Floats:
        """Widths [Hz]."""
        return self.high_hz - self.low_hz

    def __len__(self) -> int:
        return len(self.names)


def _bands() -> Bands:
    octaves_hz = 1000.0 * 10.0 ** (0.3 * np.arange(-4, 4))  # exact midbands of base ten
    half = 10.0**0.15
    low = np.concatenate([octaves_hz / half, [20e3, 25e3, 35e3, 45e3]])
    high = np.concatenate([octaves_hz * half, [25e3, 35e3, 45e3, 60e3]])
    octaves = tuple(f"{nominal}_hz" for nominal in (63, 125, 250, 500, 1000, 2000, 4000, 8000))
    return Bands((*octaves, "20_25_khz", "25_35_khz", "35_45_khz", "45_60_khz"), low, high)


BANDS: Final = _bands()  # octaves of 63 Hz to 8 kHz, then four ultrasonic bands


def absorption_db_m(
    frequency_hz: npt.ArrayLike,
    air_k: npt.ArrayLike,
    relative_humidity: npt.ArrayLike,
    pressure_pa: npt.ArrayLike,
) -> Floats:
    """Atmospheric absorption of a pure tone, broadcast shape [dB/m] [ISO9613-1].

    The standard covers 50 Hz to 10 kHz and -20 to 50 degC; above 10 kHz its formula is extrapolated.
    """
    f2 = np.square(np.asarray(frequency_hz, dtype=np.float64))
    air_k = np.asarray(air_k, dtype=np.float64)
    ratio, bar = air_k / NORMAL_K, np.asarray(pressure_pa, dtype=np.float64) / NORMAL_PA
    saturation = 10.0 ** (-6.8346 * (TRIPLE_POINT_K / air_k) ** 1.261 + 4.6151)
    h = 100.0 * np.asarray(relative_humidity, dtype=np.float64) * saturation / bar  # molar, per cent
    oxygen_hz = bar * (24.0 + 4.04e4 * h * (0.02 + h) / (0.391 + h))
    nitrogen_hz = bar / np.sqrt(ratio) * (9.0 + 280.0 * h * np.exp(-4.170 * (ratio ** (-1.0 / 3.0) - 1.0)))
    oxygen = 0.01275 * np.exp(-2239.1 / air_k) / (oxygen_hz + f2 / oxygen_hz)
    nitrogen = 0.1068 * np.exp(-3352.0 / air_k) / (nitrogen_hz + f2 / nitrogen_hz)
    classical = 1.84e-11 * np.sqrt(ratio) / bar
    return 8.686 * f2 * (classical + ratio**-2.5 * (oxygen + nitrogen))


def sound_speed_m_s(air_k: npt.ArrayLike) -> Floats:
    """Speed of sound in dry air, shape of `air_k` [m/s]: 331.3 sqrt(T / 273.15)."""
    return 331.3 * np.sqrt(np.asarray(air_k, dtype=np.float64) / ZERO_CELSIUS_K)


def band_absorption(
    air_k: npt.ArrayLike, relative_humidity: npt.ArrayLike, pressure_pa: npt.ArrayLike
) -> tuple[Floats, Floats]:
    """Absorption at the lower and upper edge of every band of BANDS, two arrays of (..., band) [dB/m]."""
    air = [np.asarray(x, dtype=np.float64)[..., None] for x in (air_k, relative_humidity, pressure_pa)]
    return absorption_db_m(BANDS.low_hz, *air), absorption_db_m(BANDS.high_hz, *air)


def band_transmission(distance_m: npt.ArrayLike, low_db_m: Floats, high_db_m: Floats) -> Floats:
    """Share of a band's energy left after a distance, broadcast shape [1]: mean over a flat band.

    Absorption is taken linear in frequency between the band's edges, which gives the mean in closed form.
    """
    nepers = np.log(10.0) / 10.0 * np.asarray(distance_m, dtype=np.float64)
    spread = nepers * (high_db_m - low_db_m)
    mean: Floats = np.where(spread > 1e-6, -np.expm1(-spread) / np.maximum(spread, 1e-6), 1.0)
    mean *= np.exp(-nepers * low_db_m)
    return mean


def energy_per_picowatt(
    distance_m: float,
    image_distance_m: float,
    low_db_m: Floats,
    high_db_m: Floats,
    reflection: float = GROUND_REFLECTION,
) -> Floats:
    """Energy at a point per picowatt of a source in the same band, same shape as the absorption [1].

    Spherical spreading plus the image of the source in the ground, without interference: the two paths add
    in energy, at most 3 dB. Distances below NEAREST_M count as NEAREST_M.
    """
    total = np.zeros_like(low_db_m)
    for path_m, strength in ((distance_m, 1.0), (image_distance_m, reflection)):
        r_m = max(path_m, NEAREST_M)
        total += strength / (4.0 * np.pi * r_m * r_m) * band_transmission(r_m, low_db_m, high_db_m)
    return total


def a_weighting_db(frequency_hz: npt.ArrayLike) -> Floats:
    """A-weight of tones, shape of `frequency_hz` [dB] (IEC 61672-1, from memory)."""
    f2 = np.square(np.asarray(frequency_hz, dtype=np.float64))
    p1, p2, p3, p4 = (p * p for p in A_POLES_HZ)
    response = p4 * f2 * f2 / ((f2 + p1) * np.sqrt((f2 + p2) * (f2 + p3)) * (f2 + p4))
    return 20.0 * np.log10(response) + A_GAIN_DB


def energy_of_db(level_db: npt.ArrayLike) -> Floats:
    """Energy of a level, same shape [1]."""
    return 10.0 ** (np.asarray(level_db, dtype=np.float64) / 10.0)


def db_of_energy(energy: npt.ArrayLike) -> Floats:
    """Level of an energy above zero, same shape [dB]."""
    return 10.0 * np.log10(energy)


def a_weighted_db(band_energy: Floats) -> Floats:
    """A-weighted level of a sum over the last axis, the bands [dB(A)]; weights at the bands' middles."""
    return db_of_energy(band_energy @ energy_of_db(a_weighting_db(BANDS.centre_hz)))
