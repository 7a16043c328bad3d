"""What surrounds a home and moves it: weather, daylight, carbon intensity, price and calendar."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

type Floats = npt.NDArray[np.float64]
type Bools = npt.NDArray[np.bool_]

STEP_S: Final = 900.0  # of every series here: carbon intensity is published by the quarter of an hour


@dataclass(frozen=True, slots=True, eq=False)
class Context:
    """Series on steps of a quarter of an hour from the episode's start on, (step,).

    Attributes:
        local_h: Hour of the local day [h].
        weekday: 0 on Monday, local.
        is_holiday: Public holiday or the household's own vacation day.
        air_c: Outdoor air [degC].
        humidity_pct: Outdoor relative humidity [%].
        wind_m_s: Wind at ten metres [m/s].
        rain_mm_h: Rain [mm/h].
        cloud: Share of the sky that is covered.
        ghi_w_m2: Global horizontal irradiance [W/m2].
        sun_elevation_deg: Of the sun's centre [deg].
        sun_azimuth_deg: Clockwise from north [deg].
        carbon_g_kwh: Carbon intensity of the grid [gCO2/kWh].
        price_per_kwh: Price of electricity in the home's currency [1/kWh].
    """

    local_h: Floats
    weekday: npt.NDArray[np.int8]
    is_holiday: Bools
    air_c: Floats
    humidity_pct: Floats
    wind_m_s: Floats
    rain_mm_h: Floats
    cloud: Floats
    ghi_w_m2: Floats
    sun_elevation_deg: Floats
    sun_azimuth_deg: Floats
    carbon_g_kwh: Floats
    price_per_kwh: Floats

    @property
    def n(self) -> int:
        """Number of steps."""
        return self.air_c.size

    @property
    def is_dark(self) -> Bools:
        """Sun below the horizon, (step,)."""
        return self.sun_elevation_deg < 0.0
