"""Energy of the device: sun on its panel, the battery under its load, and the heat inside its case.

The device draws what its power mode says; the mode follows the charge at every hour of the clock.
"""

from dataclasses import dataclass, fields
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.core.parts import load_part
from envirosense.core.protocols import Array
from envirosense.physics.energy.battery import Pack, PackCourse, PackState, run
from envirosense.physics.energy.enclosure import board_k
from envirosense.physics.energy.photovoltaic import (
    cell_c,
    days_since_cleaning,
    panel_w,
    soiling_share,
    transmitted_share,
)
from envirosense.physics.energy.power_modes import MODES, PowerMode, mode_at
from envirosense.physics.light.sunlight import SunTrack, incidence_cosine, plane_irradiance_w_m2
from envirosense.pole.fields.inputs import WorldInputs

BATTERY_PART: Final = "battery/gg_bat_200"
PANEL_PART: Final = "solar_panel/mono_20w"
START_CHARGE: Final = (0.55, 1.0)  # drawn between; assumed
ALBEDO: Final = 0.2  # grass; assumed
CLOUDY_TRANSMISSION: Final = 0.95  # of sky light through the glass, as at 58 degrees; assumed


@dataclass(frozen=True, slots=True)
class Energy:
    """Energy of the device over the ticks, each (time,)."""

    panel_irradiance_w_m2: Array
    panel_w: Array
    charge: Array  # state of charge 0..1
    voltage_v: Array
    current_a: Array  # positive when the battery discharges
    mode: npt.NDArray[np.int8]  # rank in physics.power_modes.MODES
    is_powered: npt.NDArray[np.bool_]
    board_k: Array

    def cut(self, ticks: slice) -> "Energy":
        """The same at some of the ticks."""
        return Energy(*(getattr(self, field.name)[ticks] for field in fields(self)))


class DevicePower:
    """Panel, battery and board of one guardian."""

    def __init__(self, inputs: WorldInputs, sun: SunTrack, rain_history_mm_h: Array, case_k: Array) -> None:
        """Energy of a device whose case has this temperature, (time,), after this hourly rain."""
        self._inputs = inputs
        self._sun = sun
        self._soiling = float(soiling_share(days_since_cleaning(rain_history_mm_h)))
        self._case_k = case_k

    def plane_irradiance_w_m2(self, tilt_deg: float, azimuth_deg: float) -> Array:
        """Irradiance of a plane tilted from the horizontal towards an azimuth, (time,) [W/m2]."""
        w = self._inputs.atmosphere.weather
        tilt, azimuth = np.radians(tilt_deg), np.radians(azimuth_deg)
        planes = plane_irradiance_w_m2(self._sun, w.dni_w_m2, w.ghi_w_m2, w.dhi_w_m2, tilt, azimuth, ALBEDO)
        return np.asarray(planes[:, 0])

    @cached_property
    def energy(self) -> Energy:
        """Everything about the device's energy."""
        light, power = self._panel()
        courses, modes = self._battery(power)
        load_w = np.array([mode.power_w for mode in MODES])[modes]
        served_w = np.concatenate([course.served_w for course in courses])
        return Energy(
            panel_irradiance_w_m2=light,
            panel_w=power,
            charge=np.concatenate([course.charge for course in courses]),
            voltage_v=np.concatenate([course.voltage_v for course in courses]),
            current_a=np.concatenate([course.current_a for course in courses]),
            mode=modes,
            is_powered=served_w >= load_w,
            board_k=board_k(self._case_k, served_w, self._inputs.grid.dt_s),
        )

    def _panel(self) -> tuple[Array, Array]:
        part = load_part(PANEL_PART)
        tilt, azimuth = float(part["tilt_deg"]), float(part["azimuth_deg"])
        light = self.plane_irradiance_w_m2(tilt, azimuth)
        air = self._inputs.atmosphere
        cosine = incidence_cosine(self._sun, np.radians(tilt), np.radians(azimuth))[:, 0]
        beam = np.minimum(air.weather.dni_w_m2 * np.maximum(cosine, 0.0), light)
        through = beam * transmitted_share(cosine) + (light - beam) * CLOUDY_TRANSMISSION
        wind = air.mean_wind_m_s(self._inputs.site.device_height_m)
        cells = cell_c(light, air.weather.air_k - 273.15, wind)
        clean = float(part["wiring"]) * (1.0 - self._soiling)
        return light, clean * panel_w(through, cells, float(part["rated_w"]), float(part["per_k"]))

    def _battery(self, power_w: Array) -> tuple[list[PackCourse], npt.NDArray[np.int8]]:
        part, grid = load_part(BATTERY_PART), self._inputs.grid
        pack = Pack(**{f.name: part[f.name] for f in fields(Pack) if f.name in part})
        charger_w = float(part["charger_efficiency"]) * power_w
        state = PackState(float(self._inputs.rng("battery", "charge").uniform(*START_CHARGE)))
        mode: PowerMode = MODES[0]
        courses, ranks = [], []
        hour = np.floor(self._inputs.atmosphere.hour_of_year + 1e-9).astype(np.int64)
        edges = np.concatenate([[0], np.flatnonzero(np.diff(hour)) + 1, [grid.n]])
        for first, stop in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
            mode = mode_at(state.charge, mode)
            load_w = np.full(stop - first, mode.power_w)
            part_of = slice(first, stop)
            course = run(pack, state, load_w, charger_w[part_of], self._case_k[part_of], grid.dt_s)
            state = course.end
            courses.append(course)
            ranks.append(np.full(stop - first, MODES.index(mode), np.int8))
        return courses, np.concatenate(ranks)
