"""A year of the device's energy: harvest, charge and power modes under the weather of one place.

In Greensboro the worst three days give 14.6 Wh/day. A prototype of this project had 11.3, which the weather
used here does not hold: pvlib's sky models give 13.6 to 14.6 on it, monthly means and the worst week agree.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from envirosense.climate.year import HOURS_PER_YEAR, WeatherYear
from envirosense.core.errors import ConfigError
from envirosense.core.parts import load_part
from envirosense.core.protocols import Array
from envirosense.instruments.sensor_config import SensorConfig
from envirosense.physics.energy.battery import PackState
from envirosense.physics.energy.mode_course import run_modes
from envirosense.physics.energy.photovoltaic import days_since_each_cleaning, soiling_share
from envirosense.physics.energy.power_modes import MODES
from envirosense.pole.device_power import DeviceLoads, constant_loads, device_loads
from envirosense.pole.fields.power import BATTERY_PART, PANEL_PART, pack_of
from envirosense.pole.site import Site
from envirosense.pole.year_light import HOUR_S, year_light

COARSEST_S: Final = 300.0
SPIN_UP_DAYS: Final = 120  # before new year, from a full pack  # assumed: long enough to forget it
FIRST_DAY: Final = (0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365)  # of each month
MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class EnergyYear:
    """A year of the device from new year on, at steps of `dt_s`; arrays are (time,)."""

    place: str
    latitude_deg: float
    weather: str
    dt_s: float
    loads: DeviceLoads
    harvest_w: Array  # what panel and charger can give to pack and load
    charge: Array  # state of charge 0..1
    mode: npt.NDArray[np.int8]  # rank in physics.power_modes.MODES
    is_powered: npt.NDArray[np.bool_]
    case_k: Array

    @property
    def daily_wh(self) -> Array:
        """Energy that panel and charger can give on each day, (365,) [Wh]."""
        return np.asarray(24.0 * self.harvest_w.reshape(365, -1).mean(axis=1))

    @property
    def monthly_wh(self) -> Array:
        """The same as mean day of each month, (12,) [Wh/day]."""
        daily = self.daily_wh
        return np.array([daily[a:b].mean() for a, b in pairwise(FIRST_DAY)])

    def worst_wh(self, n_days: int) -> float:
        """Mean day of the `n_days` together that give least, over new year too [Wh/day]."""
        round_the_year = np.concatenate([self.daily_wh, self.daily_wh[: n_days - 1]])
        return float(np.convolve(round_the_year, np.full(n_days, 1.0 / n_days), "valid").min())

    @property
    def dark_days(self) -> int:
        """Days that give less than the device draws in its first mode."""
        return int(np.sum(self.daily_wh < 24.0 * self.loads.load_w[0]))

    @property
    def hours_by_mode(self) -> dict[str, float]:
        """Hours that the device spent with power in each mode [h]."""
        hours = self.dt_s / HOUR_S
        return {
            mode.name: hours * float(np.sum((self.mode == rank) & self.is_powered))
            for rank, mode in enumerate(MODES)
        }

    @property
    def hours_without_power(self) -> float:
        """Hours in which the battery had nothing to give [h]."""
        return self.dt_s / HOUR_S * float(np.sum(~self.is_powered))

    @property
    def hours_off(self) -> dict[str, float]:
        """Hours without supply of each sensor that lost any, by its id [h]."""
        hours = self.dt_s / HOUR_S
        off = {
            sensor: hours * float(np.sum(~(np.array(on)[self.mode] & self.is_powered)))
            for sensor, on in self.loads.is_supplied.items()
        }
        return {sensor: lost for sensor, lost in off.items() if lost > 0.0}

    def summary(self) -> dict[str, Any]:
        """The year in plain numbers."""
        lowest = int(np.argmin(self.charge))
        return {
            "place": self.place,
            "latitude_deg": self.latitude_deg,
            "weather": self.weather,
            "dt_s": self.dt_s,
            "load_w": {name: round(load, 4) for name, load in self.loads.by_mode.items()},
            "harvest_wh_day": dict(zip(MONTHS, np.round(self.monthly_wh, 1).tolist(), strict=True)),
            "worst_day_wh": round(self.worst_wh(1), 2),
            "worst_3_days_wh_day": round(self.worst_wh(3), 2),
            "dark_days": self.dark_days,
            "lowest_charge": round(float(self.charge[lowest]), 4),
            "lowest_charge_day": 1 + int(lowest * self.dt_s // 86_400.0),
            "hours_by_mode": {name: round(hours, 1) for name, hours in self.hours_by_mode.items()},
            "hours_without_power": round(self.hours_without_power, 1),
            "hours_off": {sensor: round(hours, 1) for sensor, hours in self.hours_off.items()},
        }

    def table(self) -> str:
        """The year as text: a row for each month, then what matters over the year."""
        rows = ["month  harvest Wh/day  load Wh/day  lowest charge %  hours in lower modes"]
        load_w = np.where(self.is_powered, np.array(self.loads.load_w)[self.mode], 0.0)
        per_day = round(86_400.0 / self.dt_s)
        for month, harvest, (a, b) in zip(MONTHS, self.monthly_wh, pairwise(FIRST_DAY), strict=True):
            of = slice(a * per_day, b * per_day)
            lower_h = self.dt_s / HOUR_S * float(np.sum((self.mode[of] > 0) | ~self.is_powered[of]))
            drawn = 24.0 * float(load_w[of].mean())
            lowest = 100.0 * float(self.charge[of].min())
            rows.append(f"{month:5}  {harvest:14.1f}  {drawn:11.1f}  {lowest:15.1f}  {lower_h:20.0f}")
        modes = ", ".join(f"{name} {hours:.0f} h" for name, hours in self.hours_by_mode.items())
        off = ", ".join(f"{sensor} {hours:.0f} h" for sensor, hours in self.hours_off.items()) or "none"
        return "\n".join(
            [
                f"{self.place}, {self.latitude_deg:.1f} deg, weather {self.weather}",
                *rows,
                f"worst day {self.worst_wh(1):.1f} Wh, worst 3 days {self.worst_wh(3):.1f} Wh/day, "
                f"{self.dark_days} days below the load of the first mode",
                f"modes: {modes}; without power {self.hours_without_power:.0f} h",
                f"sensors without supply: {off}",
            ]
        )


def energy_year(
    site: Site,
    weather: WeatherYear,
    load: Iterable[SensorConfig] | DeviceLoads | float,
    dt_s: float = COARSEST_S,
) -> EnergyYear:
    """Energy of a device through a year of weather, from the charge that the year's own last months leave.

    Args:
        site: pole with the device.
        weather: year of its place; its light follows the clear sky within each hour.
        load: sensors at the device's own rates, loads by mode, or one power in all modes [W].
        dt_s: step that divides the hour, at most 300 s.

    Raises:
        ConfigError: if the step does not divide the hour or is longer than 300 s.
        UnknownNameError: if a sensor's part does not say what it draws; it names the part.
    """
    if not 0.0 < dt_s <= COARSEST_S or abs(HOUR_S / dt_s - round(HOUR_S / dt_s)) > 1e-9:
        raise ConfigError("dt_s", dt_s, f"give a step of at most {COARSEST_S:g} s that divides the hour")
    if isinstance(load, float | int):
        loads = constant_loads(float(load))
    else:
        loads = load if isinstance(load, DeviceLoads) else device_loads(load, own_rates=True)
    per_hour = round(HOUR_S / dt_s)
    light = year_light(weather, site, dt_s)
    soiling = np.repeat(soiling_share(days_since_each_cleaning(weather.rain_mm)), per_hour)
    battery = load_part(BATTERY_PART)
    harvest_w = float(battery["charger_efficiency"]) * light.panel.panel(load_part(PANEL_PART), soiling)[1]
    hour = np.repeat(np.arange(HOURS_PER_YEAR), per_hour)
    by_mode = loads.load_w[: len(MODES)]
    pack = pack_of(battery)
    late = slice(-24 * SPIN_UP_DAYS * per_hour, None)
    full = PackState(1.0)
    before = run_modes(
        pack, full, by_mode, harvest_w[late], light.case_k[late], hour[late], dt_s, knows_cold=True
    )
    mode = MODES[int(before.mode[-1])]
    ran = run_modes(pack, before.end, by_mode, harvest_w, light.case_k, hour, dt_s, mode, knows_cold=True)
    return EnergyYear(
        place=weather.station.name,
        latitude_deg=weather.station.latitude_deg,
        weather=weather.name,
        dt_s=dt_s,
        loads=loads,
        harvest_w=harvest_w,
        charge=ran.charge,
        mode=ran.mode,
        is_powered=ran.served_w >= np.array(by_mode)[ran.mode],
        case_k=light.case_k,
    )
