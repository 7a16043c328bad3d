"""Canadian fire weather index system: moisture of three layers of dead fuel, and how a fire would go.

Daily recurrences on the weather of noon, standard time, and the rain of the 24 hours before
[VanWagner1985] (from memory; tests hold them to rows of its table). Valid for the day lengths of about
46 degrees north, over level ground under pine; the codes carry weeks (drought: half a year) of weather.
All functions take arrays of any shape; `fwi_course` runs them along axis 0.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

type Floats = npt.NDArray[np.float64]

START: Final = (85.0, 6.0, 15.0)  # FFMC, DMC, DC three days after snow [VanWagner1985]
DAY_LENGTH_H: Final = (
    6.5,
    7.5,
    9.0,
    12.8,
    13.9,
    13.9,
    12.4,
    10.9,
    9.4,
    8.0,
    7.0,
    6.0,
)  # January..
DROUGHT_DAY: Final = (-1.6, -1.6, -1.6, 0.9, 3.8, 5.8, 6.4, 5.0, 2.4, 0.4, -1.6, -1.6)  # [VanWagner1985]
FLOOR_H: Final = 1e-12  # keeps logarithms and quotients of zero apart from each other; no physics


@dataclass(frozen=True, slots=True)
class FireWeather:
    """Codes and indices of the system, shape of the weather each [1]."""

    ffmc: Floats  # moisture of litter, 0 wet to 101 dry
    dmc: Floats  # moisture of the duff layer
    dc: Floats  # moisture of deep compact matter: drought
    isi: Floats  # initial spread
    bui: Floats  # fuel available
    fwi: Floats  # intensity
    dsr: Floats  # daily severity rating: effort of control


def litter_moisture_pct(ffmc: npt.ArrayLike) -> Floats:
    """Moisture of litter that a fine fuel moisture code stands for, shape of the code [% of dry mass]."""
    code = np.asarray(ffmc, dtype=np.float64)
    return np.asarray(147.2 * (101.0 - code) / (59.5 + code))


def litter_code(moisture_pct: npt.ArrayLike) -> Floats:
    """Fine fuel moisture code of a moisture of litter, shape of the moisture, 0..101."""
    m = np.asarray(moisture_pct, dtype=np.float64)
    return np.clip(59.5 * (250.0 - m) / (147.2 + m), 0.0, 101.0)


def equilibrium_pct(air_c: npt.ArrayLike, humidity_pct: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Moisture that litter ends at when it dries and when it wets, shape of the inputs each [%]."""
    t, h = np.asarray(air_c, dtype=np.float64), np.asarray(humidity_pct, dtype=np.float64)
    warmth = 0.18 * (21.1 - t) * (1.0 - np.exp(-0.115 * h))
    damp = np.exp((h - 100.0) / 10.0)
    return 0.942 * h**0.679 + 11.0 * damp + warmth, 0.618 * h**0.753 + 10.0 * damp + warmth


def next_ffmc(
    ffmc: npt.ArrayLike,
    air_c: npt.ArrayLike,
    humidity_pct: npt.ArrayLike,
    wind_km_h: npt.ArrayLike,
    rain_mm: npt.ArrayLike,
) -> Floats:
    """Fine fuel moisture code of the day after that of `ffmc`, shape of the inputs, 0..101."""
    t, h = np.asarray(air_c, dtype=np.float64), np.asarray(humidity_pct, dtype=np.float64)
    m = _wetted_litter_pct(litter_moisture_pct(ffmc), np.asarray(rain_mm, dtype=np.float64))
    dry, wet = equilibrium_pct(t, h)
    speed = 0.0694 * np.sqrt(np.asarray(wind_km_h, dtype=np.float64))
    warm = 0.581 * np.exp(0.0365 * t)
    loss = (0.424 * (1.0 - (h / 100.0) ** 1.7) + speed * (1.0 - (h / 100.0) ** 8)) * warm
    gap = (100.0 - h) / 100.0
    gain = (0.424 * (1.0 - gap**1.7) + speed * (1.0 - gap**8)) * warm
    drying, wetting = dry + (m - dry) * 10.0**-loss, wet - (wet - m) * 10.0**-gain
    return litter_code(np.where(m > dry, drying, np.where(m < wet, wetting, m)))


def _wetted_litter_pct(moisture_pct: Floats, rain_mm: Floats) -> Floats:
    """Moisture after the rain that passes the canopy, 0.5 mm less than fell."""
    through_mm = np.maximum(rain_mm - 0.5, FLOOR_H)
    rise = 42.5 * through_mm * np.exp(-100.0 / (251.0 - moisture_pct)) * -np.expm1(-6.93 / through_mm)
    rise = rise + 0.0015 * np.maximum(moisture_pct - 150.0, 0.0) ** 2 * np.sqrt(through_mm)
    return np.asarray(np.minimum(moisture_pct + np.where(rain_mm > 0.5, rise, 0.0), 250.0))


def next_dmc(
    dmc: npt.ArrayLike,
    air_c: npt.ArrayLike,
    humidity_pct: npt.ArrayLike,
    rain_mm: npt.ArrayLike,
    month: int,
) -> Floats:
    """Duff moisture code of the day after that of `dmc`, shape of the inputs; `month` is 1 to 12."""
    t, h = np.maximum(np.asarray(air_c, dtype=np.float64), -1.1), np.asarray(humidity_pct, dtype=np.float64)
    before, rain = np.asarray(dmc, dtype=np.float64), np.asarray(rain_mm, dtype=np.float64)
    effective_mm = np.maximum(0.92 * rain - 1.27, 0.0)
    moisture = 20.0 + np.exp(5.6348 - before / 43.43)
    log = np.log(np.maximum(before, FLOOR_H))
    slope = np.where(before <= 65.0, 14.0 - 1.3 * log, 6.2 * log - 17.2)
    slope = np.where(before <= 33.0, 100.0 / (0.5 + 0.3 * before), slope)
    wet = moisture + 1000.0 * effective_mm / (48.77 + slope * effective_mm)
    after_rain = np.where(rain > 1.5, 244.72 - 43.43 * np.log(wet - 20.0), before)
    drying = 1.894e-4 * (t + 1.1) * (100.0 - h) * DAY_LENGTH_H[month - 1]
    return np.asarray(np.maximum(after_rain, 0.0) + drying)


def next_dc(dc: npt.ArrayLike, air_c: npt.ArrayLike, rain_mm: npt.ArrayLike, month: int) -> Floats:
    """Drought code of the day after that of `dc`, shape of the inputs; `month` is 1 to 12."""
    t = np.maximum(np.asarray(air_c, dtype=np.float64), -2.8)
    before, rain = np.asarray(dc, dtype=np.float64), np.asarray(rain_mm, dtype=np.float64)
    water = 800.0 * np.exp(-before / 400.0) + 3.937 * (0.83 * rain - 1.27)
    after_rain = np.where(rain > 2.8, 400.0 * np.log(800.0 / np.maximum(water, FLOOR_H)), before)
    drying = np.maximum(0.36 * (t + 2.8) + DROUGHT_DAY[month - 1], 0.0)
    return np.asarray(np.maximum(after_rain, 0.0) + 0.5 * drying)


def initial_spread(ffmc: npt.ArrayLike, wind_km_h: npt.ArrayLike) -> Floats:
    """Initial spread index, shape of the inputs."""
    m = litter_moisture_pct(ffmc)
    fuel = 91.9 * np.exp(-0.1386 * m) * (1.0 + m**5.31 / 4.93e7)
    return np.asarray(0.208 * np.exp(0.05039 * np.asarray(wind_km_h, dtype=np.float64)) * fuel)


def buildup(dmc: npt.ArrayLike, dc: npt.ArrayLike) -> Floats:
    """Buildup index, shape of the inputs."""
    p, d = np.asarray(dmc, dtype=np.float64), np.asarray(dc, dtype=np.float64)
    total = np.maximum(p + 0.4 * d, FLOOR_H)
    shallow = 0.8 * p * d / total
    deep = p - (1.0 - 0.8 * d / total) * (0.92 + (0.0114 * p) ** 1.7)
    return np.maximum(np.where(p <= 0.4 * d, shallow, deep), 0.0)


def fire_weather_index(isi: npt.ArrayLike, bui: npt.ArrayLike) -> Floats:
    """Fire weather index, shape of the inputs."""
    u = np.asarray(bui, dtype=np.float64)
    thick = 1000.0 / (25.0 + 108.64 * np.exp(-0.023 * u))
    b = 0.1 * np.asarray(isi, dtype=np.float64) * np.where(u <= 80.0, 0.626 * u**0.809 + 2.0, thick)
    log = np.maximum(0.434 * np.log(np.maximum(b, 1.0)), 0.0)
    return np.where(b > 1.0, np.exp(2.72 * log**0.647), b)


def daily_severity(fwi: npt.ArrayLike) -> Floats:
    """Daily severity rating, shape of the index."""
    return np.asarray(0.0272 * np.asarray(fwi, dtype=np.float64) ** 1.77)


def fwi_course(
    air_c: Floats,
    humidity_pct: Floats,
    wind_km_h: Floats,
    rain_mm: Floats,
    month: Sequence[int] | npt.NDArray[np.int64],
    start: tuple[npt.ArrayLike, npt.ArrayLike, npt.ArrayLike] = START,
) -> FireWeather:
    """Codes and indices of consecutive days, (day, ...) each.

    Args:
        air_c: Air of noon, (day, ...) [degC].
        humidity_pct: Relative humidity of noon, (day, ...) [%]; above 100 counts as 100.
        wind_km_h: Mean wind of noon at 10 m, (day, ...) [km/h].
        rain_mm: Rain of the 24 hours before noon, (day, ...) [mm].
        month: Month 1 to 12 of each day, (day,).
        start: FFMC, DMC and DC of the day before the first; a chain of courses gives the same as one.
    """
    humid = np.minimum(humidity_pct, 100.0)
    ffmc, dmc, dc = (np.empty_like(air_c, dtype=np.float64) for _ in range(3))
    litter, duff, drought = start
    for day in range(len(air_c)):
        now = air_c[day], humid[day]
        ffmc[day] = litter = next_ffmc(litter, *now, wind_km_h[day], rain_mm[day])
        dmc[day] = duff = next_dmc(duff, *now, rain_mm[day], int(month[day]))
        dc[day] = drought = next_dc(drought, air_c[day], rain_mm[day], int(month[day]))
    isi, bui = initial_spread(ffmc, wind_km_h), buildup(dmc, dc)
    fwi = fire_weather_index(isi, bui)
    return FireWeather(ffmc, dmc, dc, isi, bui, fwi, daily_severity(fwi))
