"""Sound that belongs to no scenario: wind, leaves, rain, thunder, traffic, crickets."""

import numpy as np

from envirosense.core.protocols import Array, Position
from envirosense.physics.air.airflow import ou_path
from envirosense.physics.sound import acoustics as ac
from envirosense.physics.sound import sound_ambient as sa
from envirosense.pole.fields.inputs import WorldInputs
from envirosense.pole.fields.sound_parts import Path, Strikes

SILENCE_DB = -20.0  # mean level of every band where nothing else sounds; no microphone hears it; assumed
DROP_AREA_M2 = 0.05  # surface near the device that drops hit; assumed
TRAFFIC_DB, TRAFFIC_S = 3.0, 20.0  # wander as vehicles pass: standard deviation and time; assumed
LEAF_SPHERE_M2 = 4.0 * np.pi * sa.LEAF_DISTANCE_M**2
LEAST_HEIGHT_M = 1.0  # the wind of lower points is that of this height


class Ambience:
    """Energy of weather and surroundings; the same causes everywhere, heard where one stands."""

    def __init__(self, inputs: WorldInputs, path: Path, strikes: Strikes | None) -> None:
        """Draw the traffic; sum what is the same at every point."""
        self._inputs, self._path, self._strikes = inputs, path, strikes
        self._far = self._far_energy()
        rain_mm_h = inputs.atmosphere.weather.rain_mm_h
        self.rain = np.outer(sa.rain_energy_sum(rain_mm_h), sa.rain_shares()) if np.any(rain_mm_h) else None

    def drops_per_s(self, ticks: slice) -> Array:
        """Clicks of the rain, (time,) [1/s]."""
        return sa.drops_per_s(self._inputs.atmosphere.weather.rain_mm_h[ticks], DROP_AREA_M2)

    def _far_energy(self) -> Array:
        """Traffic, crickets and silence, the same at every point, (time, band)."""
        inputs = self._inputs
        air, place = inputs.atmosphere, inputs.site.background
        rng = inputs.rng("sound", "traffic")
        wander_db = TRAFFIC_DB * ou_path(
            rng.standard_normal(inputs.grid.n), inputs.grid.dt_s, TRAFFIC_S, float(rng.standard_normal())
        )
        # the mean of the energy, not of the level, is what the daily course gives
        mean_db = 0.05 * np.log(10.0) * TRAFFIC_DB**2
        passing = ac.energy_of_db(wander_db - mean_db)
        day = float(air.hour_of_year[0]) / 24.0
        singing = sa.cricket_activity(air.weather.air_k, air.weather.ghi_w_m2, day)
        far = sa.traffic_energy(air.hour_local, place) * passing[:, None]
        return np.asarray(far + sa.cricket_energy(singing, place) + ac.energy_of_db(SILENCE_DB))

    def energy(self, at: Position, ticks: slice) -> Array:
        """All but rain at a point, (time, band)."""
        inputs, site = self._inputs, self._inputs.site
        wind_m_s = np.hypot(*inputs.atmosphere.wind_vector_m_s(max(at[2], LEAST_HEIGHT_M))[ticks, :2].T)
        tree = site.bearing(site.tree_bearing_deg, site.tree_distance_m, 0.6 * site.tree_height_m)
        leaves = LEAF_SPHERE_M2 * sa.leaf_energy_sum(wind_m_s)[:, None] * sa.leaf_shares()
        rustle = leaves * self._path.energy_per_picowatt(tree, at)[ticks]
        energy: Array = self._far[ticks] + sa.wind_energy(wind_m_s) + rustle
        return energy if self._strikes is None else energy + self._thunder(at, self._strikes)[ticks]

    def _thunder(self, at: Position, strikes: Strikes) -> Array:
        """Energy of all thunder at a point, (time, band)."""
        grid, path = self._inputs.grid, self._path
        away_m = np.sqrt((strikes.x_m - at[0]) ** 2 + (strikes.y_m - at[1]) ** 2 + at[2] ** 2)
        near = away_m < sa.THUNDER_REACH_M
        away_m = away_m[near]
        arrival_s = strikes.time_s[near] + away_m / path.speed_m_s
        knots = path.low_db_m.shape[0]
        place = np.clip(arrival_s / grid.duration_s * knots, 0, knots - 1).astype(np.intp)
        absorbed = ac.band_transmission(away_m[:, None], path.low_db_m[place], path.high_db_m[place])
        sums = sa.thunder_energy_sum(away_m, strikes.peak_current_ka[near])
        onset = sums[:, None] * sa.thunder_shares() * absorbed
        return sa.thunder_course(arrival_s, sa.thunder_duration_s(away_m), onset, grid.n, grid.dt_s)
