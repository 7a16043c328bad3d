"""A world that is the same everywhere, made of constants and series."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from envirosense.core.grid import TimeGrid
from envirosense.core.protocols import Array, Position
from envirosense.core.species import species
from envirosense.pole.matter.aerosol_parts import aerosol_kind, aerosol_names, number_in_bins
from envirosense.pole.mock_fields import MockFields, MockFieldSettings, MockStroke, Place

_START: Final = datetime(1990, 7, 1, 12, tzinfo=UTC)

type Series = float | npt.ArrayLike


def still(t_s: Array) -> Array:
    """Course of a world in which nothing moves, shape of `t_s`."""
    return np.zeros_like(t_s)


@dataclass
class UniformWorld(MockFields):
    """Everything that a pole has around it, without a place in it; a world block of the sensor contract.

    Air, gas, particles, wind, sun and rain are numbers or series over `n` ticks; wind is east, north, up
    (3,) or (time, 3) [m/s]; gas in ppb by species and particles in ug/m3 by aerosol, none where not named.
    The line, sound, motion, energy and lightning are those of `fields`, which follow `moves`, a course
    over the time since the episode's start.
    """

    n: int = 600
    dt_s: float = 1.0
    air: Series = 293.15
    humidity: Series = 0.5
    pressure: Series = 101_325.0
    wind: npt.ArrayLike = (-2.0, 0.0, 0.0)
    gas: Mapping[str, Series] = field(default_factory=dict)
    sun: Series = 400.0
    rain: Series = 0.0
    particles: Mapping[str, Series] = field(default_factory=lambda: {"background_fine": 8.0})
    body: Series = 296.15
    fields: MockFieldSettings = field(default_factory=lambda: MockFieldSettings(strokes=()))
    moves: Callable[[Array], Array] = still
    first_tick: int = 0
    grid: TimeGrid = field(init=False)

    def __post_init__(self) -> None:
        self.grid = TimeGrid(start_utc=_START, dt_s=self.dt_s, n=self.n)

    def _series(self, value: npt.ArrayLike) -> Array:
        return np.broadcast_to(np.asarray(value, dtype=np.float64), (self.n,)).copy()

    def air_k(self, at: Position) -> Array:
        """Air temperature, (time,) [K]."""
        return self._series(self.air)

    def relative_humidity(self, at: Position) -> Array:
        """Relative humidity, (time,), 0..1."""
        return self._series(self.humidity)

    def pressure_pa(self, at: Position) -> Array:
        """Static pressure, (time,) [Pa]."""
        return self._series(self.pressure)

    def wind_m_s(self, at: Position) -> Array:
        """Wind east, north, up, (time, 3) [m/s]."""
        return np.broadcast_to(np.asarray(self.wind, dtype=np.float64), (self.n, 3)).copy()

    def gas_ppb(self, species_names: Sequence[str], at: Position) -> Array:
        """Mole fractions, (time, species) [ppb]."""
        known = {species(name).name: value for name, value in self.gas.items()}
        return np.column_stack([self._series(known.get(species(name).name, 0.0)) for name in species_names])

    def irradiance_w_m2(self) -> Array:
        """Global horizontal irradiance, (time,) [W/m2]."""
        return self._series(self.sun)

    def rain_mm_h(self) -> Array:
        """Rain rate, (time,) [mm/h]."""
        return self._series(self.rain)

    def housing_k(self) -> Array:
        """Temperature of the device's case, (time,) [K]."""
        return self._series(self.body)

    def board_k(self) -> Array:
        """Temperature of the board inside the device, (time,) [K]: that of its case."""
        return self._series(self.body)

    @property
    def aerosols(self) -> tuple[str, ...]:
        """Names of the aerosols, in the order of `particle_ug_m3`."""
        return aerosol_names()

    def particle_ug_m3(self, at: Place) -> Array:
        """Dry mass of each aerosol, (time, aerosol) [ug/m3]."""
        return np.column_stack([self._series(self.particles.get(name, 0.0)) for name in self.aerosols])

    def particle_per_cm3(self, edges_um: Array, at: Place) -> Array:
        """Number in each size bin, grown with the humidity, (time, bin) [1/cm3]."""
        humidity = self._series(self.humidity)
        return number_in_bins(self.aerosols, self.particle_ug_m3(at), humidity, np.asarray(edges_um))

    def pm_ug_m3(self, at: Place) -> Array:
        """Dry PM1, PM2.5 and PM10, (time, 3) [ug/m3]."""
        shares = np.array([aerosol_kind(name).pm_shares() for name in self.aerosols])
        return np.asarray(self.particle_ug_m3(at) @ shares)

    @property
    def _fields(self) -> MockFieldSettings:
        return self.fields

    def course_at(self, t_s: Array) -> Array:
        """Course of what the fields do, shape of `t_s` [1]."""
        return self.moves(t_s)

    def ticks(self, first: int, n: int) -> Self:
        """`n` ticks of this world from tick `first` on."""
        return replace(
            self,
            n=n,
            first_tick=self.first_tick + first,
            air=self._cut(self.air, first, n),
            humidity=self._cut(self.humidity, first, n),
            pressure=self._cut(self.pressure, first, n),
            wind=self.wind_m_s((0.0, 0.0, 0.0))[first : first + n],
            gas={name: self._cut(value, first, n) for name, value in self.gas.items()},
            sun=self._cut(self.sun, first, n),
            rain=self._cut(self.rain, first, n),
            particles={name: self._cut(value, first, n) for name, value in self.particles.items()},
            body=self._cut(self.body, first, n),
        )

    def _cut(self, value: npt.ArrayLike, first: int, n: int) -> Array:
        return self._series(value)[first : first + n]

    def blocks(self, n: int) -> Iterator[Self]:
        """This world in blocks of `n` ticks; the last may be shorter."""
        for first in range(0, self.n, n):
            yield self.ticks(first, min(n, self.n - first))


def busy_world(n: int = 600, dt_s: float = 1.0, seed: int = 1) -> UniformWorld:
    """World in which everything a sensor can read moves, smoothly and for good reason.

    A wave of ten minutes in air, humidity, pressure, wind and sun, smoke from a quarter of the
    time on, and a shower at the end.
    """
    t_s = np.arange(n) * dt_s
    wave = np.sin(2.0 * np.pi * t_s / 600.0)
    gusts = np.random.default_rng(seed).standard_normal((n, 3))
    smoke = np.clip((t_s - 0.25 * n * dt_s) / 120.0, 0.0, 1.0)
    return UniformWorld(
        n=n,
        dt_s=dt_s,
        air=293.15 + 4.0 * wave,
        humidity=0.6 - 0.2 * wave,
        pressure=100_900.0 + 60.0 * wave,
        wind=np.array([-2.0, -1.0, 0.0]) + 0.4 * gusts + np.outer(wave, [0.8, 0.5, 0.0]),
        gas={
            "carbon_monoxide": 150.0 + 900.0 * smoke,
            "carbon_dioxide": 420e3 + 60e3 * smoke,
            "formaldehyde": 4.0 + 60.0 * smoke,
            "guaiacol": 25.0 * smoke,
            "phenol": 30.0 * smoke,
            "acetaldehyde": 50.0 * smoke,
            "acrolein": 20.0 * smoke,
            "cresol": 15.0 * smoke,
            "toluene": 20.0 * smoke,
            "ethanol": 15.0 * smoke,
            "hydrogen": 500.0 + 80.0 * smoke,
            "ozone": 35.0,
            "nitrogen_dioxide": 8.0 + 10.0 * smoke,
        },
        sun=450.0 + 300.0 * wave,
        rain=np.where(t_s > 0.9 * n * dt_s, 6.0, 0.0),
        particles={
            "background_fine": 8.0 + 3.0 * wave,
            "background_coarse": 10.0 + 4.0 * wave,
            "smoke_fresh": 60.0 * smoke,
        },
        body=297.15 + 5.0 * wave,
        fields=MockFieldSettings(
            magnetic_t=(6e-6, 2e-6, 8e-6),
            magnetic_phase_deg=(0.0, 0.0, 40.0),
            harmonic_swing=0.5,
            radio_t=(2e-8, 5e-9, 2e-9, 2e-11),
            mains_swing=0.0005,
            natural_swing=0.05,
            modulation_swing=0.8,
            energy_swing=0.2,
            board_swing_k=6.0,
            strokes=tuple(
                MockStroke(time_s=share * n * dt_s, east_m=east_m)
                for share, east_m in ((0.2, 9000.0), (0.3, 6000.0), (0.45, 4000.0), (0.7, 2500.0))
            ),
        ),
        moves=_wave,
    )


def _wave(t_s: Array) -> Array:
    return np.sin(2.0 * np.pi * t_s / 600.0)


def _late(t_s: Array, begin_s: float) -> Array:
    return np.where(t_s >= begin_s, 1.0, 0.0)


def step_world(n: int, dt_s: float) -> UniformWorld:
    """World in which everything a sensor can read jumps once, after a quarter of the time."""
    late = np.arange(n) >= n // 4
    return UniformWorld(
        n=n,
        dt_s=dt_s,
        air=np.where(late, 298.15, 293.15),
        humidity=np.where(late, 0.4, 0.6),
        pressure=np.where(late, 100_900.0, 101_325.0),
        wind=np.where(late[:, None], [-4.0, -2.0, 0.0], [-2.0, -1.5, 0.0]),
        gas={name: np.where(late, 80.0, 5.0) for name in _STEP_GASES},
        sun=np.where(late, 600.0, 200.0),
        rain=np.where(late, 12.0, 4.0),
        particles={"background_fine": np.where(late, 40.0, 8.0), "background_coarse": 10.0},
        body=np.where(late, 302.15, 297.15),
        fields=MockFieldSettings(energy_swing=0.2, board_swing_k=5.0, strokes=()),
        moves=partial(_late, begin_s=(n // 4) * dt_s),
    )


_STEP_GASES: Final = ("carbon_monoxide", "ethanol", "formaldehyde", "guaiacol", "nitrogen_dioxide", "toluene")
