"""What passing thunderstorm cells do to the weather at the pole."""

import numpy as np

from envirosense.core.grid import TimeGrid
from envirosense.core.protocols import Array
from envirosense.physics.air.fronts import gust_front
from envirosense.physics.storms.storm import storm_weather
from envirosense.pole.fields.thunderstorms import storm_cell
from envirosense.scenarios import Storm, WeatherChange


def storm_change(storm: Storm, grid: TimeGrid, wind_from_rad: Array) -> WeatherChange:
    """Gust front, jump of pressure, cooling and rain of one cell at the ticks.

    The outflow comes from where the cell stands when its front arrives: the wind turns to it and back.
    """
    t_s = grid.t_s
    here = storm_weather(t_s, storm_cell(storm))
    ordinary_rad = float(np.interp(here.onset_s, t_s, np.unwrap(wind_from_rad)))
    outflow_from_rad = here.gust_to_rad + np.pi
    turn_rad = float(np.mod(outflow_from_rad - ordinary_rad + np.pi, 2.0 * np.pi) - np.pi)
    course = gust_front(
        t_s,
        here.onset_s,
        pressure_jump_pa=here.pressure_pa,
        cooling_k=here.cooling_k,
        gust_m_s=here.gust_m_s,
        veer_rad=turn_rad,
        rain_mm_h=0.0,
    )
    return WeatherChange(**(course | {"rain_mm_h": here.rain_mm_h}))
