"""Air around the pole over an episode: weather, stability, and one wind that everything feels.

Weather and turbulence are made in hours aligned to the clock and joined, so an episode's values
do not depend on where it is cut.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace

import numpy as np

from envirosense.climate.year import HOURS_PER_YEAR, WeatherYear
from envirosense.core.grid import TimeGrid
from envirosense.core.protocols import Array, Position
from envirosense.core.rng import stream
from envirosense.core.units import ZERO_CELSIUS_K
from envirosense.physics.air.airflow import (
    WIND_FLOOR_M_S,
    Stability,
    stability,
    turbulence_sigmas_m_s,
    wind_speed_m_s,
)
from envirosense.physics.air.meander import meander_sigma_m_s, meandering_hour
from envirosense.physics.air.turbulence import Turbulence, join_pieces, turbulence_piece
from envirosense.physics.air.wake import top_share, wake_factor
from envirosense.physics.air.weather import LEAST_WIND_M_S, WeatherSeries
from envirosense.physics.light.sunlight import SunTrack, almanac_sun
from envirosense.pole.fields.memory import Answers
from envirosense.pole.site import Site
from envirosense.pole.weather_changes import changed_weather, changed_wind, is_empty, moves_turbulence
from envirosense.scenarios.forcing import WeatherChange

ANEMOMETER_M = 10.0  # height of the weather file's wind
WIND_BYTES = 16 * 2**20  # of the winds kept by height; five heights of a day
JOIN_S = 60.0  # length of the fade from one hour's turbulence to the next; longer than most eddies


def _winds() -> Answers:
    return Answers(WIND_BYTES)


@dataclass(frozen=True, slots=True)
class Atmosphere:
    """Air over the ticks of an episode; every array starts with (time,)."""

    grid: TimeGrid
    weather: WeatherSeries  # its wind holds the meander of weak wind
    stability: Stability
    turbulence: Turbulence  # at `height_m`, along and across the prevailing wind
    swing_rad: Array  # by how much the meander turns the wind clockwise off its prevailing direction
    height_m: float
    roughness_m: float
    pole_height_m: float
    pole_diameter_m: float
    hour_of_year: Array
    hour_local: Array
    _by_height: Answers = field(default_factory=_winds, init=False, repr=False, compare=False)

    def mean_wind_m_s(self, height_m: float) -> Array:
        """Mean wind at a height, (time,) [m/s], not below the floor of the plume models."""
        return self._by_height.get(("mean", height_m), lambda: self._mean_wind(height_m))

    def _mean_wind(self, height_m: float) -> Array:
        s = self.stability
        speed = wind_speed_m_s(height_m, s.friction_velocity_m_s, s.inv_obukhov_per_m, self.roughness_m)
        return np.asarray(np.maximum(speed, WIND_FLOOR_M_S))

    @property
    def downwind(self) -> Array:
        """Unit vector that the mean wind blows along, east and north, (time, 2)."""
        return _unit_towards(self.weather.wind_from_rad)

    @property
    def prevailing_from_rad(self) -> Array:
        """Where the wind without its meander comes from, clockwise from north, (time,) [rad]."""
        return np.asarray(self.weather.wind_from_rad - self.swing_rad)

    def wind_vector_m_s(self, height_m: float) -> Array:
        """Wind with its turbulence, east, north, up, (time, 3) [m/s].

        One series of eddies passes all heights; its strength follows the height.
        """
        return self._by_height.get(("vector", height_m), lambda: self._wind_vector(height_m))

    def _wind_vector(self, height_m: float) -> Array:
        s = self.stability
        here, there = (
            turbulence_sigmas_m_s(s.friction_velocity_m_s, s.inv_obukhov_per_m, z)
            for z in (height_m, self.height_m)
        )
        gust = self.turbulence.fluctuation_m_s
        along = (gust[:, 0] * here.u / there.u)[:, None]
        across = (gust[:, 1] * here.v / there.v)[:, None]
        # eddies keep the axes of the prevailing wind: a meander that turns about must not turn them with it
        axis = _unit_towards(self.prevailing_from_rad)
        left = np.stack([-axis[:, 1], axis[:, 0]], axis=1)
        horizontal = self.mean_wind_m_s(height_m)[:, None] * self.downwind + along * axis + across * left
        return np.concatenate([horizontal, (gust[:, 2] * here.w / there.w)[:, None]], axis=1)

    def wind_at(self, at: Position) -> Array:
        """Wind with its turbulence at a point, slowed in the wake of the pole, (time, 3) [m/s]."""
        wind = self.wind_vector_m_s(at[2])
        share = top_share(at[2], self.pole_height_m, self.pole_diameter_m)
        if share == 0.0:
            return wind
        factor = wake_factor(at[0], at[1], wind[:, 0], wind[:, 1], self.pole_diameter_m)
        return np.asarray(wind * (1.0 - share * (1.0 - factor))[:, None])

    def unit_eddies(self) -> Array:
        """Gaussian parents of the turbulence, of unit variance, along, left, up, (time, 3)."""
        return self.turbulence.parent


def _unit_towards(from_rad: Array) -> Array:
    return -np.stack([np.sin(from_rad), np.cos(from_rad)], axis=1)


def make_atmosphere(
    year: WeatherYear,
    site: Site,
    grid: TimeGrid,
    world_seed: int,
    height_m: float,
    changes: Sequence[WeatherChange] = (),
) -> Atmosphere:
    """Air of an episode that starts at the grid's date and clock time in the weather year."""
    first_hour = year.hour_of(grid.start_utc)
    ticks = _clock_ticks(first_hour, grid)
    per_hour = round(3600.0 / grid.dt_s)
    hours = range(int(first_hour), int(first_hour) + -(-ticks.stop // per_hour))
    calm = _hourly_stability(year, site, hours)
    weather, swing_rad = _weather(year, hours, ticks, grid, world_seed, calm)
    air = stability(weather.wind_m_s, ANEMOMETER_M, site.roughness_m, weather.ghi_w_m2, weather.air_k)
    hour_of_year = first_hour + grid.t_s / 3600.0
    atmosphere = Atmosphere(
        grid=grid,
        weather=weather,
        stability=air,
        turbulence=_turbulence(site, hours, ticks, grid, world_seed, height_m, calm),
        swing_rad=swing_rad,
        height_m=height_m,
        roughness_m=site.roughness_m,
        pole_height_m=site.pole_height_m,
        pole_diameter_m=site.pole_diameter_m,
        hour_of_year=np.mod(hour_of_year, HOURS_PER_YEAR),
        hour_local=np.mod(hour_of_year + year.clock_shift_h, 24.0),
    )
    return changed(atmosphere, changes)


def changed(atmosphere: Atmosphere, changes: Sequence[WeatherChange]) -> Atmosphere:
    """The same air under causes that act on the weather; the same object without any.

    Turbulence is scaled to the new friction velocity and stability: its eddies stay those of the unchanged
    hour, with their periods, so no cause moves another draw.

    Raises:
        ConfigError: if a change does not hold one finite value per tick.
    """
    changes = [change for change in changes if not is_empty(change, atmosphere.grid.n)]
    if not changes:
        return atmosphere
    weather = changed_weather(atmosphere.weather, changes)
    speed, from_rad, swing_rad = changed_wind(atmosphere.weather, atmosphere.swing_rad, changes)
    weather = replace(weather, wind_m_s=speed, wind_from_rad=from_rad)
    atmosphere = replace(atmosphere, weather=weather, swing_rad=swing_rad)
    if not any(moves_turbulence(change) for change in changes):
        return atmosphere
    air = stability(speed, ANEMOMETER_M, atmosphere.roughness_m, weather.ghi_w_m2, weather.air_k)
    turbulence = _rescaled(atmosphere.turbulence, atmosphere.stability, air, atmosphere.height_m)
    return replace(atmosphere, stability=air, turbulence=turbulence)


def _rescaled(turbulence: Turbulence, before: Stability, after: Stability, height_m: float) -> Turbulence:
    """The same eddies with the standard deviations of another stability."""
    old, new = (
        turbulence_sigmas_m_s(s.friction_velocity_m_s, s.inv_obukhov_per_m, height_m) for s in (before, after)
    )
    ratio = np.stack([new.u / old.u, new.v / old.v, new.w / old.w], axis=1)
    return replace(turbulence, fluctuation_m_s=turbulence.fluctuation_m_s * ratio)


def _clock_ticks(first_hour: float, grid: TimeGrid) -> slice:
    """Place of the episode's ticks in the whole hours it touches."""
    first = round((first_hour - int(first_hour)) * 3600.0 / grid.dt_s)
    return slice(first, first + grid.n)


@dataclass(frozen=True, slots=True)
class _HourlyStability:
    """Stability of the hourly means from one hour before to one hour after the episode's hours."""

    first_hour: int
    values: Stability

    def of(self, hour: int) -> tuple[float, float]:
        """Friction velocity and 1/L of an hour."""
        k = hour - self.first_hour
        return float(self.values.friction_velocity_m_s[k]), float(self.values.inv_obukhov_per_m[k])

    def meander_sigma_m_s(self, hour: int, n: int) -> Array:
        """Meander within an hour, (n,) [m/s]: straight lines from and to the means with its neighbours."""
        k = hour - self.first_hour
        near = slice(k - 1, k + 2)
        s = self.values
        sigma = turbulence_sigmas_m_s(s.friction_velocity_m_s[near], s.inv_obukhov_per_m[near], ANEMOMETER_M)
        before, middle, after = meander_sigma_m_s(sigma.v)
        knots = [0.5 * (before + middle), middle, 0.5 * (middle + after)]
        return np.asarray(np.interp(np.arange(n) / n, [0.0, 0.5, 1.0], knots), dtype=np.float64)


def _hourly_stability(year: WeatherYear, site: Site, hours: range) -> _HourlyStability:
    k = np.arange(hours.start - 1, hours.stop + 1) % HOURS_PER_YEAR
    air_k = year.air_c[k] + ZERO_CELSIUS_K
    values = stability(year.wind_m_s[k], ANEMOMETER_M, site.roughness_m, year.ghi_w_m2[k], air_k)
    return _HourlyStability(hours.start - 1, values)


def _weather(
    year: WeatherYear, hours: range, ticks: slice, grid: TimeGrid, world_seed: int, hourly: _HourlyStability
) -> tuple[WeatherSeries, Array]:
    """Weather at the ticks, and what the meander adds to its wind's direction, (time,) [rad]."""

    def streams(kind: str, hour: int) -> np.random.Generator:
        return stream(world_seed, "weather", kind, hour)

    pieces, swings = [], []
    for hour in hours:
        steady = year.weather(hour, grid.dt_s, streams)
        sigma = hourly.meander_sigma_m_s(hour, steady.wind_m_s.size)
        speed, from_rad = meandering_hour(
            steady.wind_m_s, steady.wind_from_rad, sigma, streams, hour, grid.dt_s
        )
        speed = np.maximum(speed, LEAST_WIND_M_S)
        pieces.append(replace(steady, wind_m_s=speed, wind_from_rad=from_rad))
        swings.append(from_rad - steady.wind_from_rad)
    joined = (np.concatenate([getattr(p, f.name) for p in pieces])[ticks] for f in fields(WeatherSeries))
    return WeatherSeries(*joined), np.concatenate(swings)[ticks]


def _turbulence(
    site: Site,
    hours: range,
    ticks: slice,
    grid: TimeGrid,
    world_seed: int,
    height_m: float,
    hourly: _HourlyStability,
) -> Turbulence:
    per_hour = round(3600.0 / grid.dt_s)
    overlap = min(round(JOIN_S / grid.dt_s), per_hour)
    pieces = []
    for hour in range(hours.start - 1, hours.stop):
        u_star, inv_l = hourly.of(hour)
        wind = float(wind_speed_m_s(height_m, u_star, inv_l, site.roughness_m))
        rng = stream(world_seed, "turbulence", hour)
        pieces.append(turbulence_piece(wind, u_star, inv_l, height_m, per_hour + overlap, grid.dt_s, rng))
    joined = (join_pieces([getattr(p, f.name) for p in pieces], overlap)[ticks] for f in fields(Turbulence))
    return Turbulence(*joined)


def sun_at(year: WeatherYear, grid: TimeGrid, t_s: Array) -> SunTrack:
    """Sun of the weather year over the pole at seconds since the episode's start."""
    start_s = year.start_unix_s + 3600.0 * year.hour_of(grid.start_utc)
    return almanac_sun(year.station.latitude_deg, year.station.longitude_deg, start_s + t_s)
