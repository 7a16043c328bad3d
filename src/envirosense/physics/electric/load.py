"""Line load: the published shape of a power system's year, and what heat and chance add to it.

load / peak = weekly[week] * daily[weekday] * hourly[season, day type, hour]   [RTS1979]
"""

from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from envirosense.physics.electric.load_kernels import regulator_taps

type Floats = npt.NDArray[np.float64]

# Peak of each week, 1 to 52, over the annual peak [RTS1979]
_WEEKLY_PERMILLE: Final = (
    "862 900 878 834 880 841 832 806 740 737 715 727 704 750 721 800 754 837 870 880 856 811 900",
    "887 896 861 755 816 801 880 722 776 800 729 726 705 780 695 724 723 743 744 800 881 885 909",
    "940 890 942 970 1000 952",
)
WEEKLY: Final = np.array(" ".join(_WEEKLY_PERMILLE).split(), dtype=np.float64) / 1000.0

# Peak of each day, Monday to Sunday, over the week's peak [RTS1979]
DAILY: Final = np.array([0.93, 1.00, 0.98, 0.96, 0.94, 0.77, 0.75])

# Hours 1 to 24 over the day's peak, percent: (winter, summer, between) x (weekday, weekend) [RTS1979]
_HOURLY_PERCENT: Final = (
    "67 63 60 59 59 60 74 86 95 96 96 95 95 95 93 94 99 100 100 96 91 83 73 63",
    "78 72 68 66 64 65 66 70 80 88 90 91 90 88 87 87 91 100 99 97 94 92 87 81",
    "64 60 58 56 56 58 64 76 87 95 99 100 99 100 100 97 96 96 93 92 92 93 87 72",
    "74 70 66 65 64 62 62 66 81 86 91 93 93 92 91 91 92 94 95 95 100 93 88 80",
    "63 62 60 58 59 65 72 85 95 99 100 99 93 92 90 88 90 92 96 98 96 90 80 70",
    "75 73 69 66 65 65 68 74 83 89 92 94 91 90 90 86 85 88 92 100 97 95 90 85",
)
HOURLY: Final = np.array([row.split() for row in _HOURLY_PERCENT], dtype=np.float64).reshape(3, 2, 24) / 100.0

# Winter is weeks 1-8 and 44-52, summer 18-30 [RTS1979]
SEASON: Final = np.array([0] * 8 + [2] * 9 + [1] * 13 + [2] * 13 + [0] * 9)

HOURS_PER_WEEK: Final = 168
COOLING_FROM_C: Final = 21.0  # air conditioning starts  # assumed
COOLING_PER_K: Final = 0.025  # load per kelvin above  # assumed
HEATING_FROM_C: Final = 14.0  # electric heating starts  # assumed
HEATING_PER_K: Final = 0.013  # load per kelvin below  # assumed
THERMAL_LAG_S: Final = 4.0 * 3600.0  # of the buildings  # assumed
FEEDER_NOISE: Final = 0.03  # standard deviation over the load of a whole feeder  # assumed
LATERAL_NOISE: Final = 0.15  # the same for a lateral with few customers  # assumed
NOISE_TIME_S: Final = 900.0  # correlation time of that noise  # assumed

PHASE_ALPHA: Final = 60.0  # of the Dirichlet law of phase shares: |I2|/|I1| of 2-15 %  # assumed
PHASE_MEMORY_S: Final = 7200.0  # correlation time of the shares  # assumed
POWER_FACTOR: Final = (0.92, 0.98)  # range, lagging  # assumed
POWER_FACTOR_MEMORY_S: Final = 1800.0  # assumed
MAINS_HZ: Final = 60.0  # nominal, North America
MAINS_SIGMA_HZ: Final = 0.02  # standard deviation of the frequency  # assumed
MAINS_MEMORY_S: Final = 200.0  # assumed

SUPPLY_DROP_PU: Final = 0.02  # voltage lost from the substation to the regulator at peak load  # assumed
LINE_DROP_PU: Final = 0.03  # from the regulator to the pole  # assumed
SUPPLY_SIGMA_PU: Final = 0.006  # wander of the substation's voltage  # assumed
SUPPLY_MEMORY_S: Final = 1800.0  # assumed
SET_PU: Final = 1.02  # what the regulator holds  # assumed
TAP_PU: Final = 0.00625  # one of 32 steps over +-10 % (common step regulator, from memory)
HIGHEST_TAP: Final = 16
BAND_PU: Final = 1.0 / 120.0  # half of a 2 V band at 120 V (common setting, from memory)
TAP_DELAY_S: Final = 30.0  # outside the band before a tap moves (common setting, from memory)


def load_fraction(hour_of_year: npt.ArrayLike) -> Floats:
    """Load over the annual peak, 0.34..1, shape of `hour_of_year`; constant within an hour.

    Args:
        hour_of_year: hours since Monday 00:00 local time of week 1; hours past week 52 repeat the
            last week, earlier or later years wrap.
    """
    hour = np.floor(np.mod(np.asarray(hour_of_year, dtype=np.float64), 8760.0)).astype(np.int64)
    week = np.minimum(hour // HOURS_PER_WEEK, 51)
    weekday = hour // 24 % 7
    is_weekend = (weekday >= 5).astype(np.int64)
    return np.asarray(WEEKLY[week] * DAILY[weekday] * HOURLY[SEASON[week], is_weekend, hour % 24])


def temperature_factor(lagged_air_c: npt.ArrayLike, blend: float = 1.0) -> Floats:
    """Load over its mild-weather value, shape of `lagged_air_c`.

    Args:
        lagged_air_c: outdoor air after the lag of the buildings, see `lagged_air_c`.
        blend: 0 leaves the backbone alone, 1 applies the whole response; the backbone already
            holds the seasons of its own system.
    """
    air_c = np.asarray(lagged_air_c, dtype=np.float64)
    cooling = COOLING_PER_K * np.maximum(air_c - COOLING_FROM_C, 0.0)
    heating = HEATING_PER_K * np.maximum(HEATING_FROM_C - air_c, 0.0)
    return np.asarray(1.0 + blend * (cooling + heating), dtype=np.float64)


def lagged_air_c(history_c: npt.ArrayLike, step_s: float = 3600.0, lag_s: float = THERMAL_LAG_S) -> float:
    """Air as the buildings feel it at the end of a history, oldest value first [degC].

    Exponential memory: exact for a history of steps; five lags of history leave 1 % behind.
    """
    air_c = np.asarray(history_c, dtype=np.float64)
    age_s = np.arange(air_c.size - 1, -1, -1) * step_s
    weight = np.exp(-age_s / lag_s)
    return float(np.sum(weight * air_c) / np.sum(weight))


def line_load_fraction(
    hour_of_year: npt.ArrayLike,
    *,
    air_c: npt.ArrayLike | None = None,
    blend: float = 0.5,
    noise: npt.ArrayLike | None = None,
    noise_fraction: float = FEEDER_NOISE,
) -> Floats:
    """Load of a line over its annual peak, never negative, shape of `hour_of_year`.

    Args:
        hour_of_year: as for `load_fraction`.
        air_c: lagged outdoor air; without it the backbone keeps its own seasons.
        blend: share of the temperature response, see `temperature_factor`.
        noise: unit-variance Ornstein-Uhlenbeck series of correlation time `NOISE_TIME_S`.
        noise_fraction: standard deviation of the noise over the load.
    """
    load = load_fraction(hour_of_year)
    if air_c is not None:
        load = load * temperature_factor(air_c, blend)
    if noise is not None:
        load = load * np.maximum(1.0 + noise_fraction * np.asarray(noise, dtype=np.float64), 0.0)
    return load


def phase_shares(walks: npt.ArrayLike, alpha: float = PHASE_ALPHA) -> Floats:
    """Share of the load on each phase, summing to 1, (..., phase).

    A Dirichlet law at each instant, through independent gamma variates by the cube-root transform of Wilson
    and Hilferty (quantiles within 0.1 % at this alpha).

    Args:
        walks: independent unit-variance Ornstein-Uhlenbeck series of `PHASE_MEMORY_S`, (..., phase).
        alpha: of each phase; larger is more even. At least 9, where the transform is good.
    """
    if alpha < 9.0:
        raise ValueError(f"alpha {alpha}: give 9 or more, the transform fails below")
    z = np.asarray(walks, dtype=np.float64)
    root = 1.0 - 1.0 / (9.0 * alpha) + z / (3.0 * np.sqrt(alpha))
    gamma = np.maximum(root, 1e-3) ** 3
    return np.asarray(gamma / gamma.sum(axis=-1, keepdims=True))


def power_factor(walk: npt.ArrayLike, bounds: tuple[float, float] = POWER_FACTOR) -> Floats:
    """Power factor, lagging, uniform within its bounds at each instant, shape of `walk` (unit variance)."""
    low, high = bounds
    return np.asarray(low + (high - low) * ndtr(np.asarray(walk, dtype=np.float64)))


def mains_frequency_hz(walk: npt.ArrayLike, nominal_hz: float = MAINS_HZ) -> Floats:
    """Frequency of the mains, shape of `walk`, a unit-variance series of `MAINS_MEMORY_S` [Hz]."""
    return np.asarray(nominal_hz + MAINS_SIGMA_HZ * np.asarray(walk, dtype=np.float64))


def regulated_voltage_pu(load: npt.ArrayLike, walk: npt.ArrayLike, dt_s: float) -> Floats:
    """Voltage that a step regulator gives, mean of the phases, (time,) [1], 1 is nominal.

    Its supply drops with the load; once the output has left the band for `TAP_DELAY_S` a tap moves. At the
    start the tap is the nearest to the set point.

    Args:
        load: load over the annual peak, (time,).
        walk: unit-variance series of `SUPPLY_MEMORY_S`, (time,): the substation's own wander.
        dt_s: tick.
    """
    drop_pu = SUPPLY_DROP_PU * np.asarray(load, np.float64)
    supplied = 1.0 + SUPPLY_SIGMA_PU * np.asarray(walk, np.float64) - drop_pu
    taps = regulator_taps(supplied - SET_PU, float(dt_s), TAP_PU, HIGHEST_TAP, BAND_PU, TAP_DELAY_S)
    return np.asarray(supplied + TAP_PU * taps)


def pole_voltage_pu(regulated_pu: npt.ArrayLike, phase_load: npt.ArrayLike) -> Floats:
    """Voltage of each phase at the pole, (time, phase) [1]: the regulator's less the drop of its own load.

    Args:
        regulated_pu: (time,).
        phase_load: current over the annual peak, (time, phase).
    """
    drop_pu = LINE_DROP_PU * np.asarray(phase_load, np.float64)
    return np.asarray(np.asarray(regulated_pu, np.float64)[:, None] - drop_pu)
