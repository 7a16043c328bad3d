"""Ambient background of gases: a daily course per species times a lognormal wander.

The local part of a level is course x exp(sigma n), where n is an Ornstein-Uhlenbeck path of unit variance
made by the caller. One shared path moves all species together (mixing depth, air mass): loadings of
opposite sign make NO2 and O3 anticorrelated.
"""

import math
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from envirosense.core.units import GAS_CONSTANT_J_MOL_K

type Floats = npt.NDArray[np.float64]
type Pattern = Literal[
    "flat",
    "traffic_co",
    "traffic_benzene",
    "nitrogen_dioxide",
    "ozone",
    "photostationary",
    "isoprene",
    "terpene",
    "day",
    "night",
]

# Hourly over daily mean, hours 0..23, roadside of an Italian city [UCIAirQuality]
TRAFFIC_CO: Final = np.array(
    [
        *(0.85, 0.69, 0.52, 0.42, 0.36, 0.34, 0.43, 0.85, 1.33, 1.40, 1.21, 1.07),
        *(1.02, 1.04, 1.01, 0.97, 1.07, 1.33, 1.62, 1.76, 1.64, 1.23, 0.94, 0.89),
    ]
)
TRAFFIC_BENZENE: Final = np.array(  # [UCIAirQuality]
    [
        *(0.76, 0.59, 0.43, 0.33, 0.29, 0.30, 0.47, 1.03, 1.57, 1.46, 1.21, 1.09),
        *(1.07, 1.09, 1.02, 1.02, 1.10, 1.38, 1.65, 1.76, 1.52, 1.10, 0.89, 0.83),
    ]
)

LN_TAU_S: Final = -3600.0 / math.log(0.85)  # lag-1 h autocorrelation .85 of ln C [UCIAirQuality]
SYNOPTIC_TAU_S: Final = 72 * 3600.0  # assumed: weather passes in 2 to 3 days
SYNOPTIC_SHARE: Final = 0.5  # assumed; with it ln CO keeps .64 to .75 at 24 h as in [UCIAirQuality]

LIGHT_ALPHA: Final = 0.0027  # m2 s / umol [Guenther1993] (from memory)
LIGHT_SCALE: Final = 1.066  # [Guenther1993] (from memory)
HEAT_J_MOL: Final = 95e3  # [Guenther1993] (from memory)
COLLAPSE_J_MOL: Final = 230e3  # [Guenther1993] (from memory)
LEAF_REFERENCE_K: Final = 303.0  # [Guenther1993] (from memory)
LEAF_OPTIMUM_K: Final = 314.0  # [Guenther1993] (from memory)
TERPENE_PER_K: Final = 0.09  # [Guenther1993] (from memory)
PAR_UMOL_J: Final = 2.06  # assumed: 45 % of sunlight is photosynthetic, 4.57 umol/J

TITRATION_PER_PPB_S: Final = 1 / (56.0 * 40.0)  # assumed: NO lives 56 s at 40 ppb O3
PHOTOLYSIS_PER_S: Final = 8e-3  # assumed: NO2 photolysis at 1000 W/m2
PHOTOLYSIS_GHI_W_M2: Final = 1000.0  # sunlight at which PHOTOLYSIS_PER_S holds
DARK_O3_PPB: Final = 1.0  # numerical choice: keeps the steady state finite where ozone is gone

OZONE_SWING: Final = 0.45  # assumed: 20 to 60 ppb around 40 with the season
OZONE_SEASON: Final = 0.20  # assumed
OZONE_TROUGH_H, OZONE_CREST_H = 6.0, 15.0  # assumed: dawn and mid-afternoon
OZONE_SEASON_DAY: Final = 135.0  # assumed: May maximum of northern middle latitudes
NO2_SWING: Final = 0.5  # assumed: deep mixing and photolysis thin it out by day
NO2_TRAFFIC: Final = 0.5  # assumed: part that follows traffic within hours; the rest is older air
NO2_MEAN: Final = 0.9547  # daily mean of the two courses' product, so that the factor has mean one
DAY_SWING: Final = 0.4  # assumed
DAY_TROUGH_H, DAY_CREST_H = 5.0, 14.0  # assumed
NIGHT_SWING: Final = 0.5  # assumed; times the local share gives the nightly build-up of 5 to 20 %
NIGHT_TROUGH_H, NIGHT_CREST_H = 15.0, 5.0  # assumed
DAYS_PER_YEAR: Final = 365.25  # mean Julian year
LEAF_DAY: Final = 205.0  # assumed: late July, northern
VENTILATION_M_S: Final = 3.0  # assumed: wind at which levels hold
CALM_M_S: Final = 1.0  # assumed: mixing that remains in a calm
VENTILATION_POWER: Final = 0.5  # assumed: below 1, since much of the wander is wind already


@dataclass(frozen=True, slots=True)
class BackgroundLevels:
    """One place's background; all arrays (species,).

    `level_ppb` is the mean of a day of median wander; for isoprene that of 303 K and full sun, for terpenes
    of 303 K, for photostationary what stays in the dark (the balance with NO2 is added). `local_share` is
    the part of the level that follows `pattern` and wanders; the rest is regional and steady. `ln_sigma` is
    the wander around the pattern, `loading` (-1 to 1) the part of it shared with all species.
    `season_shift_days` is 0 in the north, 182.6 in the south.
    """

    species: tuple[str, ...]
    pattern: tuple[Pattern, ...]
    level_ppb: Floats
    local_share: Floats
    ln_sigma: Floats
    loading: Floats
    season_shift_days: float = 0.0

    def __post_init__(self) -> None:
        """Refuse arrays of another length, loadings beyond one, and NO without its partners."""
        lengths = {len(self.pattern), *(a.size for a in (self.level_ppb, self.local_share, self.ln_sigma))}
        if lengths != {len(self.species)} or self.loading.size != len(self.species):
            raise ValueError("every array of the background must have one value per species")
        if np.any(np.abs(self.loading) > 1):
            raise ValueError("loading must lie between -1 and 1")
        if "photostationary" in self.pattern and not {"ozone", "nitrogen_dioxide"} <= set(self.species):
            raise ValueError("a photostationary species needs ozone and nitrogen_dioxide in the background")


def traffic_factor(hour_local: Floats, profile: Floats = TRAFFIC_CO) -> Floats:
    """Traffic over its daily mean, same shape [1]; hourly means sit mid-hour, linear between, periodic."""
    return np.interp(hour_local, np.arange(profile.size) + 0.5, profile, period=float(profile.size))


def daily_swing(hour_local: Floats, trough_h: float, crest_h: float) -> Floats:
    """Smooth daily course from -1 at the trough to 1 at the crest, daily mean 0, same shape [1]."""
    rise_h = (crest_h - trough_h) % 24.0
    since_h = (np.asarray(hour_local, dtype=np.float64) - trough_h) % 24.0
    falling = 1.0 + (since_h - rise_h) / (24.0 - rise_h)
    return -np.cos(np.pi * np.where(since_h < rise_h, since_h / rise_h, falling))


def nitrogen_dioxide_factor(hour_local: Floats) -> Floats:
    """NO2 over its daily mean, same shape [1]: traffic peaks on a course opposite to that of ozone."""
    traffic = 1.0 - NO2_TRAFFIC + NO2_TRAFFIC * traffic_factor(hour_local, TRAFFIC_CO)
    return traffic * (1.0 - NO2_SWING * daily_swing(hour_local, OZONE_TROUGH_H, OZONE_CREST_H)) / NO2_MEAN


def guenther_isoprene_factor(par_umol_m2_s: Floats, temperature_k: Floats) -> Floats:
    """Isoprene emission over that of 303 K and full light, same shape [1]. Light times leaf temperature."""
    par_umol_m2_s = np.asarray(par_umol_m2_s, dtype=np.float64)
    temperature_k = np.asarray(temperature_k, dtype=np.float64)
    reach = LIGHT_ALPHA * par_umol_m2_s
    light = LIGHT_SCALE * reach / np.sqrt(1.0 + reach * reach)
    per_j_mol = 1.0 / (GAS_CONSTANT_J_MOL_K * LEAF_REFERENCE_K * temperature_k)
    warm = np.exp(HEAT_J_MOL * (temperature_k - LEAF_REFERENCE_K) * per_j_mol)
    return light * warm / (1.0 + np.exp(COLLAPSE_J_MOL * (temperature_k - LEAF_OPTIMUM_K) * per_j_mol))


def terpene_factor(temperature_k: Floats) -> Floats:
    """Monoterpene emission over that at 303 K, same shape [1]."""
    return np.exp(TERPENE_PER_K * (np.asarray(temperature_k, dtype=np.float64) - LEAF_REFERENCE_K))


def ventilation_factor(wind_m_s: Floats) -> Floats:
    """Concentration of near sources over that at 3 m/s, same shape [1]; calm air holds twice as much."""
    wind_m_s = np.asarray(wind_m_s, dtype=np.float64)
    return np.power((VENTILATION_M_S + CALM_M_S) / (wind_m_s + CALM_M_S), VENTILATION_POWER)


def photostationary_no_ppb(no2_ppb: Floats, o3_ppb: Floats, ghi_w_m2: Floats) -> Floats:
    """NO in balance with NO2 photolysis and O3 titration, same shape [ppb]: NO = j NO2 / (k O3)."""
    photolysis_per_s = PHOTOLYSIS_PER_S * np.asarray(ghi_w_m2, dtype=np.float64) / PHOTOLYSIS_GHI_W_M2
    return photolysis_per_s * no2_ppb / (TITRATION_PER_PPB_S * np.maximum(o3_ppb, DARK_O3_PPB))


def residual_ln_sigma(total_gsd: float, profile: Floats) -> float:
    """Standard deviation of ln C left when the daily course is taken out of a total GSD [1]."""
    return math.sqrt(max(math.log(total_gsd) ** 2 - float(np.var(np.log(profile))), 0.0))


def background_levels(
    species: tuple[str, ...],
    pattern: tuple[Pattern, ...],
    level_ppb: Floats,
    local_share: Floats,
    gsd: Floats,
    loading: Floats,
    season_shift_days: float = 0.0,
) -> BackgroundLevels:
    """Background of one place from geometric standard deviations, (species,).

    For traffic and NO2 patterns `gsd` is that of the whole series (as published), the daily course included;
    for the others it is that of the wander alone.
    """
    mid_hour: Floats = np.arange(24, dtype=np.float64) + 0.5
    profiles = {
        "traffic_co": TRAFFIC_CO,
        "traffic_benzene": TRAFFIC_BENZENE,
        "nitrogen_dioxide": nitrogen_dioxide_factor(mid_hour),
    }
    ln_sigma = np.array(
        [
            residual_ln_sigma(g, profiles[p]) if p in profiles else math.log(g)
            for p, g in zip(pattern, gsd, strict=True)
        ]
    )
    return BackgroundLevels(species, pattern, level_ppb, local_share, ln_sigma, loading, season_shift_days)


def blend_paths(hourly: Floats, synoptic: Floats, share: float = SYNOPTIC_SHARE) -> Floats:
    """Unit-variance sum of two independent unit paths, of LN_TAU_S and of SYNOPTIC_TAU_S, same shape [1]."""
    return math.sqrt(1.0 - share) * hourly + math.sqrt(share) * synoptic


def lognormal_factor(normals: Floats, ln_sigma: Floats, loading: Floats) -> Floats:
    """Lognormal factor of median one, (time, species) [1].

    `normals` (time, 1 + species) are unit-variance paths, the shared one first.
    """
    own = np.sqrt(1.0 - loading * loading) * normals[:, 1:]
    factor: Floats = np.exp(ln_sigma * (loading * normals[:, :1] + own))
    return factor


def background_ppb(
    hour_local: Floats,
    day_of_year: Floats | float,
    air_k: Floats,
    ghi_w_m2: Floats,
    wind_m_s: Floats,
    levels: BackgroundLevels,
    normals: Floats,
) -> Floats:
    """Background concentration, (time, species) [ppb].

    Stateless: any cut into blocks gives the same bits (with `day_of_year` one value per tick or per episode,
    not per block). `normals` (time, 1 + species) are unit-variance paths, the shared one first; zeros give
    the median course.
    """
    phase_day = day_of_year - levels.season_shift_days
    courses = {
        pattern: _course(pattern, hour_local, phase_day, air_k, ghi_w_m2, wind_m_s)
        for pattern in dict.fromkeys(levels.pattern)
    }
    factor = lognormal_factor(normals, levels.ln_sigma, levels.loading)
    concentration_ppb = np.empty_like(factor)
    for j, pattern in enumerate(levels.pattern):
        share = levels.local_share[j]
        relative = (1.0 - share) + share * courses[pattern] * factor[:, j]
        concentration_ppb[:, j] = levels.level_ppb[j] * relative
    if "photostationary" in levels.pattern:
        no2_ppb, o3_ppb = (
            concentration_ppb[:, levels.species.index(s)] for s in ("nitrogen_dioxide", "ozone")
        )
        place = levels.pattern.index("photostationary")
        concentration_ppb[:, place] += photostationary_no_ppb(no2_ppb, o3_ppb, ghi_w_m2)
    return concentration_ppb


def _course(
    pattern: Pattern,
    hour_local: Floats,
    day: Floats | float,
    air_k: Floats,
    ghi_w_m2: Floats,
    wind_m_s: Floats,
) -> Floats:
    """Daily course of one pattern, (time,) [1]."""
    ventilation = ventilation_factor(wind_m_s)
    night = (1.0 + NIGHT_SWING * daily_swing(hour_local, NIGHT_TROUGH_H, NIGHT_CREST_H)) * ventilation
    match pattern:
        case "flat" | "photostationary":
            return np.ones_like(ventilation)
        case "traffic_co":
            return traffic_factor(hour_local, TRAFFIC_CO) * ventilation
        case "traffic_benzene":
            return traffic_factor(hour_local, TRAFFIC_BENZENE) * ventilation
        case "nitrogen_dioxide":
            return nitrogen_dioxide_factor(hour_local) * ventilation
        case "ozone":
            season: Floats = 1.0 + OZONE_SEASON * np.cos(
                2 * math.pi * (day - OZONE_SEASON_DAY) / DAYS_PER_YEAR
            )
            return season * (1.0 + OZONE_SWING * daily_swing(hour_local, OZONE_TROUGH_H, OZONE_CREST_H))
        case "isoprene":
            leaves: Floats = 0.5 * (1.0 + np.cos(2 * math.pi * (day - LEAF_DAY) / DAYS_PER_YEAR))
            return guenther_isoprene_factor(PAR_UMOL_J * ghi_w_m2, air_k) * leaves * ventilation
        case "terpene":
            return terpene_factor(air_k) * night
        case "day":
            return 1.0 + DAY_SWING * daily_swing(hour_local, DAY_TROUGH_H, DAY_CREST_H)
        case "night":
            return night
