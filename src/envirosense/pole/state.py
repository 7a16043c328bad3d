"""The pole's live world over a range of ticks, as sensors ask it."""

from collections.abc import Callable, Hashable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import numpy.typing as npt

from envirosense.core.errors import ConfigError
from envirosense.core.grid import TimeGrid
from envirosense.core.protocols import Array, Phasors, Position
from envirosense.core.volumes import Volume, mean_over
from envirosense.instruments.conditions import Conditions
from envirosense.physics.air.weather import WeatherSeries
from envirosense.physics.storms.lightning import Strikes, strikes_between
from envirosense.pole.domain import gas_names, require_inside, require_within
from envirosense.pole.fields.power import Energy
from envirosense.pole.heat.components import Components
from envirosense.pole.picture.scene import Coverage, SparseWeights
from envirosense.pole.picture.scene_geometry import PinholeCamera
from envirosense.pole.picture.view import site_view, view_radiance_w_m2_sr
from envirosense.pole.settled import Settled

if TYPE_CHECKING:
    from envirosense.pole.world import EnvironmentOrchestrator

SUN_BEAM_W_M2 = 120.0  # direct sunshine of the meteorologists starts here

type Place = Position | Volume


class Environment3DState:
    """The world over a range of ticks: answers for any point or volume; arrays start with (time,).

    A volume's answer is its mean; `core.volumes.mean_with_error` tells how good that is. A place outside
    the world is refused.
    """

    def __init__(
        self,
        world: "EnvironmentOrchestrator",
        settled: Settled,
        first: int,
        stop: int,
        every: int = 1,
        device_energy: Energy | None = None,
    ) -> None:
        """View of every `every`-th tick from `first` to before `stop`; `device_energy` instead of its own."""
        self.world = world
        self._device_energy = device_energy
        self.first_tick = first
        start_utc = world.grid.start_utc + timedelta(seconds=first * world.grid.dt_s)
        self.grid = TimeGrid(
            start_utc=start_utc, dt_s=every * world.grid.dt_s, n=len(range(first, stop, every))
        )
        self._settled = settled
        self._part = slice(first, stop, every)
        self.kept_conditions: dict[Position, Conditions] = {}

    # --- other views of the same world

    def without_causes(self, only: int | None = None) -> "Environment3DState":
        """The same ticks of the same world in which no cause acts, or all but `only`."""
        settled = self.world.undisturbed if only is None else self.world.without(only)
        return Environment3DState(self.world, settled, self._part.start, self._part.stop, self._part.step)

    def ticks(self, first: int, n: int) -> "Environment3DState":
        """`n` ticks of this state from its tick `first` on.

        Raises:
            ConfigError: if the range is empty or leaves the state.
        """
        if not 0 <= first < first + n <= self.grid.n:
            raise ConfigError("ticks", (first, n), f"choose a range within 0 to {self.grid.n}")
        step = self._part.step
        start = self._part.start + first * step
        energy = self._device_energy and self._device_energy.cut(slice(first, first + n))
        return Environment3DState(self.world, self._settled, start, start + n * step, step, energy)

    def every(self, n_ticks: int) -> "Environment3DState":
        """Every n-th tick of the same range, for what changes slowly."""
        part = self._part
        return Environment3DState(self.world, self._settled, part.start, part.stop, n_ticks * part.step)

    def with_energy(self, energy: Energy) -> "Environment3DState":
        """The same ticks for a device whose energy over them is this."""
        ticks = (self._part.start, self._part.stop, self._part.step)
        return Environment3DState(self.world, self._settled, *ticks, energy)

    @property
    def _weather(self) -> WeatherSeries:
        return self._settled.inputs.atmosphere.weather

    def _over[Values: npt.NDArray[Any]](
        self, at: Place, query: Callable[[Position], Values], *question: Hashable
    ) -> Values:
        """Answer at a point, or its mean over a volume, at the ticks of this view.

        The whole episode's answer is kept under the question, where one is named.
        """
        if isinstance(at, Volume):
            return cast(Values, mean_over(at, lambda point: self._over(point, query, *question)))
        at = _point(at)
        if not question:
            return cast(Values, query(at)[self._part])
        answers = self._settled.answers_about(question[0])
        return cast(Values, answers.get((*question, at), lambda: query(at))[self._part])

    # --- air

    def air_k(self, at: Place) -> Array:
        """Air temperature, (time,) [K]; over height it follows sun and wind."""
        return self._over(at, self._settled.air_k, "air")

    def dew_point_k(self, at: Place) -> Array:
        """Dew point, (time,) [K]; the same at all heights unless the air there is colder."""
        return self._over(at, self._settled.dew_point_k, "dew point")

    def relative_humidity(self, at: Place) -> Array:
        """Relative humidity over water, (time,), 0..1."""
        return self._over(at, self._settled.relative_humidity, "humidity")

    def pressure_pa(self, at: Place) -> Array:
        """Static pressure, (time,) [Pa], less the air column between the station's ground and the point."""
        return self._over(at, self._settled.pressure_pa, "pressure")

    def wind_m_s(self, at: Place) -> Array:
        """Wind vector east, north, up, (time, 3) [m/s]; weaker in the pole's wake."""
        return self._over(at, self._settled.wind_m_s, "wind")

    def rain_mm_h(self) -> Array:
        """Rain, (time,) [mm/h]."""
        return self._weather.rain_mm_h[self._part]

    # --- gas and particles

    def gas_ppb(self, species: Sequence[str], at: Place) -> Array:
        """Mole fractions, (time, species) [ppb]: background plus plumes."""
        return self.gas_background_ppb(species) + self.gas_excess_ppb(species, at)

    def gas_background_ppb(self, species: Sequence[str]) -> Array:
        """Mole fractions far from any source, (time, species) [ppb]; zero for gases of no background."""
        names = gas_names(species)
        ambient, answers = self._settled.gases.background_ppb, self._settled.answers_about("ambient gas")
        return answers.get(("ambient gas", names), lambda: ambient(names))[self._part]

    def gas_excess_ppb(self, species: Sequence[str], at: Place) -> Array:
        """What the sources add, (time, species) [ppb]."""
        names = gas_names(species)
        return self._over(at, lambda point: self._settled.gases.excess_ppb(names, point), "gas", names)

    @property
    def aerosols(self) -> tuple[str, ...]:
        """Names of the aerosols, in the order of `particle_ug_m3`."""
        return self._settled.aerosols.aerosols

    def particle_ug_m3(self, at: Place) -> Array:
        """Dry mass of each aerosol, (time, aerosol) [ug/m3]."""
        return self._over(at, self._settled.aerosols.particle_ug_m3, "particles")

    def particle_per_cm3(self, edges_um: Array, at: Place) -> Array:
        """Number in each size bin at ambient humidity, (time, bin) [1/cm3]."""
        edges = tuple(float(edge) for edge in edges_um)
        count = self._settled.aerosols.particle_per_cm3
        return self._over(at, lambda point: count(edges_um, point), "number", edges)

    def pm_ug_m3(self, at: Place) -> Array:
        """Dry PM1, PM2.5 and PM10, (time, 3) [ug/m3]."""
        return self._over(at, self._settled.aerosols.pm_ug_m3, "pm")

    # --- electricity

    def current_a(self) -> Array:
        """Mean phase current that the load draws, (time,) [A]."""
        return self.world.current_a[self._part]

    def phase_current_a(self) -> Array:
        """Current of each phase at mains frequency, rms, (time, 3) [A]."""
        return self._settled.line.phase_current_a()[self._part]

    @property
    def harmonics(self) -> tuple[int, ...]:
        """Orders of the second axis of the fields."""
        return self._settled.line.harmonics

    def magnetic_t(self, at: Place) -> Phasors:
        """Magnetic flux density east, north, up, rms phasors, (time, harmonic, 3) [T]."""
        return self._over(at, self._settled.line.magnetic_t, "magnetic_t")

    def electric_v_m(self, at: Place) -> Phasors:
        """Electric field east, north, up, rms phasors, (time, harmonic, 3) [V/m]."""
        return self._over(at, self._settled.line.electric_v_m, "electric_v_m")

    def radio_t(self, at: Place) -> Array:
        """Magnetic noise of discharges, rms in each radio band, (time, band) [T]."""
        return self._over(at, self._settled.line.radio_t, "radio_t")

    def mains_hz(self) -> Array:
        """Frequency of the mains, (time,) [Hz]."""
        return self._settled.line.mains_hz()[self._part]

    # --- sound, motion, lightning

    def sound_level_db(self, at: Place) -> Array:
        """Level in each band, (time, band) [dB re 20 uPa]; over a volume, of the mean energy."""
        if not isinstance(at, Volume):
            return self._over(at, self._settled.sound.sound_level_db, "sound")
        energy = mean_over(at, lambda point: 10.0 ** (0.1 * self.sound_level_db(point)))
        return np.asarray(10.0 * np.log10(energy))

    def mains_modulation(self, at: Place) -> Array:
        """Share of each band's energy that swells at twice the mains frequency, (time, band) [1]."""
        return self._over(at, self._settled.sound.mains_modulation, "modulation")

    def sound_pa(self, at: Position, start_s: float, duration_s: float, rate_hz: float) -> Array:
        """Sound pressure in a window of the episode, (sample,) [Pa]."""
        return self._settled.sound.sound_pa(_point(at), start_s, duration_s, rate_hz)

    def acceleration_m_s2(self, height_m: float) -> Array:
        """Acceleration of the pole in each band, rms, (time, band, axis) [m/s2]; along, across, up."""
        return self._settled.motion.acceleration_m_s2(height_m)[self._part]

    def natural_hz(self) -> Array:
        """Natural frequencies of the pole along and across the line, (time, mode, 2) [Hz]."""
        return self._settled.motion.natural_hz()[self._part]

    def tilt_rad(self) -> Array:
        """Lean of the pole towards east and north, (time, 2) [rad]."""
        return self._settled.motion.tilt_rad()[self._part]

    def motion_m_s2(self, height_m: float, start_s: float, duration_s: float, rate_hz: float) -> Array:
        """Acceleration of the pole in a window of the episode, (sample, axis) [m/s2]."""
        return self._settled.motion.motion_waveform(height_m, start_s, duration_s, rate_hz)

    def strikes(self) -> Strikes:
        """Lightning strokes within these ticks; times since the episode's start."""
        dt_s = self.world.grid.dt_s
        return strikes_between(
            self._settled.storms.strikes(), self._part.start * dt_s, self._part.stop * dt_s
        )

    # --- heat, light and the device's own energy

    def component_k(self) -> Array:
        """Temperatures of all components, (time, node) [K], linear between the network's steps."""
        return self._settled.components_at_ticks(self._part)

    @property
    def components(self) -> Components:
        """The pole's components, in the order of `component_k`."""
        return self._settled.components

    def housing_k(self) -> Array:
        """Temperature of the device's case, (time,) [K]."""
        return self._settled.at_ticks("device_case", self._part)

    def irradiance_w_m2(self) -> Array:
        """Global horizontal irradiance, (time,) [W/m2]."""
        return self._weather.ghi_w_m2[self._part]

    def plane_irradiance_w_m2(self, tilt_deg: float, azimuth_deg: float) -> Array:
        """Irradiance of a plane tilted from the horizontal towards an azimuth, (time,) [W/m2]."""
        require_within("tilt_deg", tilt_deg, 0.0, 180.0)
        require_within("azimuth_deg", azimuth_deg, -720.0, 720.0)
        return self._settled.power.plane_irradiance_w_m2(tilt_deg, azimuth_deg)[self._part]

    def energy(self) -> Energy:
        """Panel, battery and board of the device over these ticks."""
        own = self._device_energy
        return self._settled.power.energy.cut(self._part) if own is None else own

    def board_k(self) -> Array:
        """Temperature of the board inside the device, (time,) [K]."""
        return self.energy().board_k

    def sun_direction(self) -> tuple[Array, Array]:
        """Azimuth and elevation of the sun, (time,) each [rad]; NaN while no beam reaches the pole."""
        sun, beam = self.world.sun, self._weather.dni_w_m2[self._part]
        lit = beam > SUN_BEAM_W_M2
        azimuth = np.where(lit, sun.azimuth_rad[self._part], np.nan)
        return azimuth, np.where(lit, np.pi / 2 - sun.zenith_rad[self._part], np.nan)

    # --- the picture

    def view(self, camera: PinholeCamera) -> tuple[Coverage, SparseWeights]:
        """How much of each pixel each body fills."""
        return site_view(self.world.site, camera)

    def view_radiance_w_m2_sr(self, seen: Coverage) -> Array:
        """In-band radiance of every body that a camera sees, (time, body) [W/m2/sr]."""
        conditions = self._settled.view_conditions(self._part, seen.eye_m)
        return view_radiance_w_m2_sr(seen, self.components, self.component_k(), conditions)


def _point(at: Position) -> Position:
    """Three floats, once they lie inside the world: an array is no key."""
    require_inside(at)
    east, north, up = (float(x) for x in at)
    return east, north, up
