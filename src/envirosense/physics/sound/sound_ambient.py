"""Sound of weather and surroundings: wind, leaves, rain, thunder, traffic, crickets, as band energies."""

from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.physics.gas.background import traffic_factor
from envirosense.physics.sound.acoustics import (
    BANDS,
    NEAREST_M,
    a_weighted_db,
    a_weighting_db,
    db_of_energy,
    energy_of_db,
)
from envirosense.physics.sound.thunder_kernels import add_decays

type Floats = npt.NDArray[np.float64]

WIND_RANGE_M_S: Final = (0.5, 30.0)  # winds outside count as the nearest of these
WIND_OCTAVES_HZ: Final = 1000.0 * 10.0 ** (0.3 * np.arange(-6, 4))  # 16 Hz to 8 kHz
LEAF_RISE_DB: Final = 7.5  # leaves over open grass, at LEAF_DISTANCE_M: 5 to 10  # assumed
LEAF_DISTANCE_M: Final = 10.0  # assumed
RAIN_DBA: Final = 48.0  # at 1 mm/h near foliage or an enclosure  # assumed
RAIN_DB_PER_DECADE: Final = 15.0  # assumed
RAIN_BAND_HZ: Final = (2e3, 12e3)  # flat density between, 6 dB per octave outside  # assumed
PALMER_SLOPE: Final = (4.1, -0.21)  # of drop diameters, 1/mm at 1 mm/h and its power [MarshallPalmer1948]
THUNDER_DB: Final = 120.0  # at 1 km from a stroke of the median current (from memory)
THUNDER_DB_PER_DECADE: Final = 25.0  # of distance: 20 to 30 (from memory)
THUNDER_CURRENT_KA: Final = 31.0  # median of first strokes; energy is taken to follow the current  # assumed
THUNDER_REACH_M: Final = 25e3  # refraction bends sound over the head beyond (from memory)
THUNDER_RUMBLE_S: Final = (5.0, 30.0)  # least and most (from memory)
THUNDER_S_PER_M: Final = 1e-3  # longer rumble from farther channels  # assumed
# 6 dB per octave below, flat between, 12 dB per octave above: limits from memory, slopes assumed
THUNDER_BAND_HZ: Final = (20.0, 200.0)
# A-weighted octaves of road traffic, 63 Hz to 8 kHz re the whole (EN 1793-3 from memory; the ends assumed)
TRAFFIC_A_DB: Final = np.array([-20.0, -14.5, -10.2, -7.2, -3.9, -6.4, -11.4, -18.0])
TRAFFIC_DBA: Final = {"rural": 34.0, "suburban": 48.0}  # daily mean  # assumed
CRICKET_DBA: Final = {"rural": 45.0, "suburban": 38.0}  # a warm night in August  # assumed
CRICKET_SHARES: Final = np.array([0.0] * 6 + [0.6, 0.37, 0.02, 0.01, 0.0, 0.0])  # assumed
CRICKET_K: Final = (283.0, 298.0)  # silent below, full above  # assumed
CRICKET_DARK_W_M2: Final = 20.0  # sunlight that quiets them by e  # assumed
CRICKET_DAY: Final = 225.0  # mid August, northern  # assumed


def wind_levels_db(wind_m_s: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Unweighted [dB] and A-weighted level [dB(A)] over open grass, shape of the wind [Boersma1997]."""
    decades = np.log10(wind_m_s)
    return 37.9 * decades + 42.5, 22.6 * decades + 22.7


@cache
def _wind_table() -> tuple[Floats, Floats]:
    """Logarithms of wind, (row,), and the energy of each band, (row, band).

    Octave levels that fall along a straight line from 16 Hz to 8 kHz, with the one slope that gives both
    published levels; it continues above 11 kHz at the same density slope.
    """
    log_wind = np.linspace(np.log(WIND_RANGE_M_S[0]), np.log(WIND_RANGE_M_S[1]), 257)
    whole_db, weighted_db = wind_levels_db(np.exp(log_wind))
    octave = np.arange(WIND_OCTAVES_HZ.size)
    weights = energy_of_db(a_weighting_db(WIND_OCTAVES_HZ))
    low, high = np.full(log_wind.size, -20.0), np.full(log_wind.size, 10.0)  # slope in dB per octave
    for _ in range(60):
        slope = 0.5 * (low + high)
        energy = energy_of_db(slope[:, None] * octave)
        is_steep = db_of_energy(energy @ weights / energy.sum(axis=1)) < weighted_db - whole_db
        low, high = np.where(is_steep, slope, low), np.where(is_steep, high, slope)
    energy = energy_of_db(slope[:, None] * octave)
    energy *= (energy_of_db(whole_db) / energy.sum(axis=1))[:, None]
    power = slope / (10.0 * np.log10(2.0)) - 1.0  # of the density
    above = slice(8, None)
    ratio = BANDS.centre_hz[above] / BANDS.centre_hz[7]
    density = energy[:, -1:] / BANDS.width_hz[7] * ratio ** power[:, None]
    return log_wind, np.concatenate([energy[:, 2:], density * BANDS.width_hz[above]], axis=1)


def wind_energy(wind_m_s: Floats) -> Floats:
    """Energy of the wind over open grass, (time, band) [1]."""
    log_wind, table = _wind_table()
    step = log_wind[1] - log_wind[0]
    place = (np.log(np.clip(wind_m_s, *WIND_RANGE_M_S)) - log_wind[0]) / step
    row = np.minimum(place.astype(np.intp), log_wind.size - 2)
    below = table[row]
    return np.asarray(below + (place - row)[:, None] * (table[row + 1] - below))


@cache
def leaf_shares() -> Floats:
    """Energy of rustling leaves by band for one A-weighted unit, (band,): flat density of 1 to 5 kHz."""
    return _for_one_dba(_shares(1e3, 5e3, rise_power=2.0, fall_power=-2.0))  # assumed


def leaf_energy_sum(wind_m_s: Floats) -> Floats:
    """A-weighted energy of a tree's leaves at LEAF_DISTANCE_M, shape of the wind [1]."""
    wind = np.clip(wind_m_s, *WIND_RANGE_M_S)
    return energy_of_db(wind_levels_db(wind)[1] + LEAF_RISE_DB)


@cache
def rain_shares() -> Floats:
    """Energy of rain by band for one A-weighted unit, (band,)."""
    return _for_one_dba(_shares(*RAIN_BAND_HZ, rise_power=2.0, fall_power=-2.0))


def rain_energy_sum(rain_mm_h: Floats) -> Floats:
    """A-weighted energy of rain, shape of the rate [1]: 48 + 15 log10 R dB(A)."""
    rate = np.maximum(rain_mm_h, 0.0)
    return energy_of_db(RAIN_DBA) * rate ** (RAIN_DB_PER_DECADE / 10.0)


def drops_per_s(rain_mm_h: Floats, area_m2: float) -> Floats:
    """Drops that fall on an area, shape of the rate [1/s]: water over the mean drop's volume.

    Exponential diameters [MarshallPalmer1948] of slope L have a mean volume of pi / L^3.
    """
    rate = np.maximum(rain_mm_h, 1e-6)
    slope_per_m = 1e3 * PALMER_SLOPE[0] * rate ** PALMER_SLOPE[1]
    return rate / 3.6e6 * area_m2 * slope_per_m**3 / np.pi


@cache
def thunder_shares() -> Floats:
    """Share of thunder in each band, (band,) [1]; an eighth lies below the bands."""
    return _shares(*THUNDER_BAND_HZ, rise_power=2.0, fall_power=-4.0)


def thunder_energy_sum(distance_m: Floats, peak_current_ka: Floats) -> Floats:
    """Energy of thunder at its onset, before absorption, shape of the distance [1]; none beyond 25 km."""
    km = np.maximum(distance_m, NEAREST_M) / 1e3
    energy = energy_of_db(THUNDER_DB) * km ** (-THUNDER_DB_PER_DECADE / 10.0)
    return np.where(distance_m < THUNDER_REACH_M, energy * np.abs(peak_current_ka) / THUNDER_CURRENT_KA, 0.0)


def thunder_duration_s(distance_m: Floats) -> Floats:
    """How long it rumbles, shape of the distance [s]; it fades by 20 dB in that time."""
    low, high = THUNDER_RUMBLE_S
    return np.minimum(low + THUNDER_S_PER_M * distance_m, high)


def thunder_course(arrival_s: Floats, duration_s: Floats, onset: Floats, n: int, dt_s: float) -> Floats:
    """Energy of many thunders as tick means, (time, band) [1]; `onset` is (stroke, band).

    Each decays exponentially from its arrival, by 20 dB in its duration, and is dropped after twice that.
    Ticks cover [i dt, (i + 1) dt).
    """
    energy = np.zeros((n, onset.shape[1]))
    add_decays(energy, dt_s, arrival_s, duration_s / np.log(100.0), np.ascontiguousarray(onset))
    return energy


@cache
def _traffic_shares() -> Floats:
    energy = energy_of_db(TRAFFIC_A_DB - a_weighting_db(BANDS.centre_hz[:8]))
    return _for_one_dba(np.concatenate([energy, np.zeros(4)]))


def traffic_energy(hour_local: Floats, place: str) -> Floats:
    """Energy of far traffic, (time, band) [1]; the daily course is that of the gases."""
    return np.outer(energy_of_db(TRAFFIC_DBA[place]) * traffic_factor(hour_local), _traffic_shares())


def cricket_activity(air_k: Floats, ghi_w_m2: Floats, day_of_year: float) -> Floats:
    """Share of crickets that sing, (time,) [1]: warm, dark, late summer."""
    cold, warm = CRICKET_K
    heat = np.clip((air_k - cold) / (warm - cold), 0.0, 1.0)
    season = max(np.cos(2.0 * np.pi * (day_of_year - CRICKET_DAY) / 365.25), 0.0)
    return np.asarray(heat * season * np.exp(-ghi_w_m2 / CRICKET_DARK_W_M2))


def cricket_energy(activity: Floats, place: str) -> Floats:
    """Energy of crickets, (time, band) [1]."""
    return np.outer(energy_of_db(CRICKET_DBA[place]) * activity, _for_one_dba(CRICKET_SHARES))


def _for_one_dba(shares: Floats) -> Floats:
    return np.asarray(shares / energy_of_db(a_weighted_db(shares)))


def _shares(low_hz: float, high_hz: float, rise_power: float, fall_power: float) -> Floats:
    """Share of each band of a density that is flat between two frequencies and a power law outside."""

    def below(f_hz: Floats) -> Floats:
        rising = low_hz / (rise_power + 1.0) * np.minimum(f_hz / low_hz, 1.0) ** (rise_power + 1.0)
        flat = np.clip(f_hz, low_hz, high_hz) - low_hz
        end = fall_power + 1.0
        falling = high_hz / end * (np.maximum(f_hz / high_hz, 1.0) ** end - 1.0)
        return np.asarray(rising + flat + falling)

    return (below(BANDS.high_hz) - below(BANDS.low_hz)) / below(np.array([1e9]))
