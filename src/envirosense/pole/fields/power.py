"""Energy of the device: sun on its panel, the battery under its load, and the heat inside its case.

The device draws what its power mode says; the mode follows the charge at every hour of the clock.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from envirosense.core.parts import Part, load_part
from envirosense.core.protocols import Array
from envirosense.physics.energy.battery import Pack, PackState
from envirosense.physics.energy.enclosure import board_k
from envirosense.physics.energy.mode_course import ModeCourse, run_modes
from envirosense.physics.energy.photovoltaic import (
    cell_c,
    days_since_cleaning,
    panel_w,
    soiling_share,
    transmitted_share,
)
from envirosense.physics.energy.power_modes import MODES
from envirosense.physics.light.sunlight import SunTrack, incidence_cosine, plane_irradiance_w_m2
from envirosense.pole.device_causes import panel_factor, start_charge
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
    panel_w: Array  # what the panel can give
    charge: Array  # state of charge 0..1
    voltage_v: Array
    current_a: Array  # positive when the battery discharges
    mode: npt.NDArray[np.int8]  # rank in physics.power_modes.MODES
    is_powered: npt.NDArray[np.bool_]
    board_k: Array
    curtailed_w: Array | None = None  # what the charger leaves in the panel; None for nothing

    @property
    def drawn_w(self) -> Array:
        """What the charger takes from the panel, (time,) [W]: less than it can give to a full battery."""
        return self.panel_w if self.curtailed_w is None else self.panel_w - self.curtailed_w

    def cut(self, ticks: slice) -> "Energy":
        """The same at some of the ticks."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return Energy(**{name: value[ticks] for name, value in values.items() if value is not None})


class EnergyField(Protocol):
    """The device's own energy and body, over the ticks of a block."""

    def energy(self) -> Energy:
        """Panel, battery and board."""
        ...

    def housing_k(self) -> Array:
        """Temperature of the case, (time,) [K]."""
        ...


@dataclass(frozen=True, slots=True)
class PanelLight:
    """Sunlight over a panel, its air [K] and its wind [m/s]; each (time,)."""

    sun: SunTrack
    ghi_w_m2: Array
    dni_w_m2: Array
    dhi_w_m2: Array
    air_k: Array
    wind_m_s: Array

    def plane_irradiance_w_m2(self, tilt_deg: float, azimuth_deg: float) -> Array:
        """Irradiance of a plane tilted from the horizontal towards an azimuth, (time,) [W/m2]."""
        tilt, azimuth = np.radians(tilt_deg), np.radians(azimuth_deg)
        light = plane_irradiance_w_m2(
            self.sun, self.dni_w_m2, self.ghi_w_m2, self.dhi_w_m2, tilt, azimuth, ALBEDO
        )
        return np.asarray(light[:, 0])

    def panel(
        self, part: Part, soiling: float | Array, light_factor: float | Array = 1.0
    ) -> tuple[Array, Array]:
        """Irradiance of the panel's cells [W/m2] and what it can give [W], both (time,).

        `light_factor` is what snow, leaves or shade leave of the light, evenly over all cells.
        """
        tilt, azimuth = float(part["tilt_deg"]), float(part["azimuth_deg"])
        light = light_factor * self.plane_irradiance_w_m2(tilt, azimuth)
        cosine = incidence_cosine(self.sun, np.radians(tilt), np.radians(azimuth))[:, 0]
        beam = np.minimum(light_factor * self.dni_w_m2 * np.maximum(cosine, 0.0), light)
        through = beam * transmitted_share(cosine) + (light - beam) * CLOUDY_TRANSMISSION
        cells = cell_c(light, self.air_k - 273.15, self.wind_m_s)
        clean = float(part["wiring"]) * (1.0 - soiling)
        return light, clean * panel_w(through, cells, float(part["rated_w"]), float(part["per_k"]))


def pack_of(part: Part) -> Pack:
    """Battery pack that a part describes."""
    return Pack(**{f.name: part[f.name] for f in fields(Pack) if f.name in part})


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
        return self._light.plane_irradiance_w_m2(tilt_deg, azimuth_deg)

    @cached_property
    def energy(self) -> Energy:
        """Everything about the device's energy where each mode draws what the firmware says."""
        return self.under([mode.power_w for mode in MODES])

    def under(self, load_w: Sequence[float], knows_cold: bool = False) -> Energy:
        """Energy of a device that draws these loads in the modes [W], one for each of `MODES`.

        One that knows the cold goes by the charge that it can draw at the battery's temperature.
        """
        light, power = self._panel
        charger = float(load_part(BATTERY_PART)["charger_efficiency"])
        ran = self._battery(charger * power, load_w, knows_cold)
        wanted_w = np.asarray(load_w, dtype=np.float64)[ran.mode]
        return Energy(
            panel_irradiance_w_m2=light,
            panel_w=power,
            charge=ran.charge,
            voltage_v=ran.voltage_v,
            current_a=ran.current_a,
            mode=ran.mode,
            is_powered=ran.served_w >= wanted_w,
            board_k=board_k(self._case_k, ran.served_w, self._inputs.grid.dt_s),
            curtailed_w=power - np.clip(ran.charged_w / charger, 0.0, power),
        )

    @cached_property
    def _light(self) -> PanelLight:
        air = self._inputs.atmosphere
        w, height_m = air.weather, self._inputs.site.device_height_m
        return PanelLight(self._sun, w.ghi_w_m2, w.dni_w_m2, w.dhi_w_m2, w.air_k, air.mean_wind_m_s(height_m))

    @cached_property
    def _panel(self) -> tuple[Array, Array]:
        return self._light.panel(load_part(PANEL_PART), self._soiling, panel_factor(self._inputs.forcings))

    def _battery(self, charger_w: Array, load_w: Sequence[float], knows_cold: bool) -> ModeCourse:
        usual = float(self._inputs.rng("battery", "charge").uniform(*START_CHARGE))
        start = PackState(start_charge(self._inputs.forcings, usual))
        hour = np.floor(self._inputs.atmosphere.hour_of_year + 1e-9).astype(np.int64)
        pack = pack_of(load_part(BATTERY_PART))
        dt_s = self._inputs.grid.dt_s
        return run_modes(pack, start, load_w, charger_w, self._case_k, hour, dt_s, MODES[0], knows_cold)
