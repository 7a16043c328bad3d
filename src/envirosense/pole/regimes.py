"""What kind of time an episode passes through: hour, season, sky, wind and load, once a minute."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from envirosense.core.protocols import Array
from envirosense.pole.columns import batch
from envirosense.pole.streams import REGIMES
from envirosense.pole.world import EnvironmentOrchestrator

EVERY_S = 60.0
SEASONS = ("winter", "spring", "summer", "autumn")  # meteorological, northern
WIND_EDGES_M_S = (1.5, 5.5, 10.8)  # light air, gentle breeze, strong breeze [Beaufort]
WINDS = ("calm", "light", "fresh", "strong")
LOAD_EDGES = (0.5, 0.75)  # of the site's peak; assumed
LOADS = ("low", "middle", "high")
COVER_EDGES = (0.25, 0.75)  # few and broken cloud; assumed
NIGHT_W_M2 = 1.0
WET_MM_H = 0.1


def regimes_batch(world: EnvironmentOrchestrator, first: int, stop: int) -> pa.RecordBatch:
    """Regime of the ticks `first` to before `stop` that fall on whole minutes."""
    every = max(1, round(EVERY_S / world.grid.dt_s))
    ticks = np.arange(-(-first // every) * every, stop, every)
    air, weather = world.atmosphere, world.atmosphere.weather
    month = ((air.hour_of_year[ticks] / 24.0 / 365.0 * 12.0).astype(int) + 1) // 3 % 4
    load = world.current_a[ticks] / world.site.peak_current_a
    sky = _sky(weather.ghi_w_m2[ticks], weather.cloud_fraction[ticks], weather.rain_mm_h[ticks])
    return batch(
        REGIMES,
        {
            "tick": ticks,
            "hour_local": air.hour_local[ticks].astype(np.float32),
            "season": [SEASONS[i] for i in month],
            "sky": sky,
            "wind": _named(WINDS, WIND_EDGES_M_S, weather.wind_m_s[ticks]),
            "load": _named(LOADS, LOAD_EDGES, load),
        },
    )


def _named(names: tuple[str, ...], edges: tuple[float, ...], values: Array) -> list[str]:
    return [names[i] for i in np.searchsorted(edges, values, side="right")]


def _sky(ghi_w_m2: Array, cover: Array, rain_mm_h: Array) -> list[str]:
    by_cover = np.array(("clear", "broken", "overcast"))[np.searchsorted(COVER_EDGES, cover, side="right")]
    sky: npt.NDArray[np.str_] = np.where(ghi_w_m2 < NIGHT_W_M2, "night", by_cover)
    return [str(name) for name in np.where(rain_mm_h > WET_MM_H, "rain", sky)]
