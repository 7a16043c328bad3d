"""Contracts between layers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from envirosense.core.episode import EpisodeSpec, EpisodeSummary
from envirosense.core.grid import TimeGrid

type Array = npt.NDArray[np.float64]
type Phasors = npt.NDArray[np.complex128]
type Position = tuple[float, float, float]


class Sink(Protocol):
    """Where a simulation writes, block by block."""

    def write(self, stream: str, batch: pa.RecordBatch) -> None:
        """Append rows to a stream; the first batch fixes the stream's schema."""
        ...


@runtime_checkable
class SelectiveSink(Sink, Protocol):
    """Sink that does not keep every stream, so that a simulation need not work the others out."""

    def wants(self, stream: str) -> bool:
        """Whether rows of the stream are kept."""
        ...


def wanted(out: Sink, stream: str) -> bool:
    """Whether a sink keeps a stream; one that does not say keeps all."""
    return not isinstance(out, SelectiveSink) or out.wants(stream)


class EpisodeReader(Protocol):
    """A finished episode's streams."""

    @property
    def spec(self) -> EpisodeSpec:
        """What the episode was asked to be."""
        ...

    def table(self, stream: str) -> pa.Table:
        """All rows of one stream, in tick order."""
        ...


@dataclass(frozen=True, slots=True)
class Cost:
    """What one simulated hour takes on one core, as measured once on one machine."""

    n_bytes: float  # on disk
    seconds: float
    card_seconds: float = 0.35  # rules and card; of a pole with every sensor


class Twin(Protocol):
    """Something that can be simulated, labelled and checked."""

    name: str

    def scenarios(self) -> tuple[str, ...]:
        """Ids `category/name` of the scenarios it can run, sorted."""
        ...

    def draw(self, scenario: str, request: "DrawRequest") -> EpisodeSpec:
        """Spec of one episode with every random choice made."""
        ...

    def simulate(self, spec: EpisodeSpec, out: Sink) -> EpisodeSummary:
        """Run a spec; same spec, same rows."""
        ...

    def relabel(self, episode: EpisodeReader) -> pa.Table:
        """Labels computed again from the stored truth."""
        ...

    def describe(self) -> Mapping[str, object]:
        """Facts for the card: streams, versions, limits."""
        ...

    def cost_per_hour(self, options: Mapping[str, object], dt_s: float) -> Cost:
        """Estimate of what an hour under these options takes."""
        ...


@runtime_checkable
class Resenser(Protocol):
    """A twin whose worlds can be sensed again by other sensors."""

    def resensed(
        self, spec: EpisodeSpec, sensing: Mapping[str, object], sensing_seed: int | None = None
    ) -> EpisodeSpec:
        """Spec of the same world under other sensing: a whole guardian, or `changes` of the present one.

        `sensing_seed` None keeps the noise.
        """
        ...


class DrawRequest(Protocol):
    """What the factory fixes about an episode before the twin draws the rest."""

    @property
    def seed(self) -> int:
        """Seed of the dataset."""
        ...

    @property
    def index(self) -> int:
        """Position of the episode in the dataset."""
        ...

    @property
    def n_groups(self) -> int:
        """How many groups (sites, homes) the dataset spreads over."""
        ...

    @property
    def n_scenarios(self) -> int:
        """How many scenarios the dataset deals out, one after another."""
        ...

    @property
    def definition(self) -> Mapping[str, Any] | None:
        """Definition of a scenario that no package registers; None for one of the twin's own."""
        ...

    @property
    def library(self) -> Sequence[str]:
        """Ids of all scenarios of the dataset that no package registers."""
        ...

    @property
    def duration_s(self) -> float:
        """Length [s]."""
        ...

    @property
    def dt_s(self) -> float:
        """Tick [s]."""
        ...

    @property
    def options(self) -> Mapping[str, object]:
        """What only this twin understands (sensing, weather file, site file)."""
        ...


@runtime_checkable
class AirField(Protocol):
    """Air at a place, over the ticks of a block."""

    grid: TimeGrid

    def air_k(self, at: Position) -> Array:
        """Air temperature, (time,) [K]."""
        ...

    def relative_humidity(self, at: Position) -> Array:
        """Relative humidity, (time,), 0..1."""
        ...

    def pressure_pa(self, at: Position) -> Array:
        """Static pressure, (time,) [Pa]."""
        ...

    def wind_m_s(self, at: Position) -> Array:
        """Wind vector east, north, up, (time, 3) [m/s]."""
        ...


@runtime_checkable
class GasField(Protocol):
    """Gas at a place, over the ticks of a block."""

    def gas_ppb(self, species: Sequence[str], at: Position) -> Array:
        """Mole fractions, (time, species) [ppb]."""
        ...


@runtime_checkable
class SunField(Protocol):
    """Sunlight, over the ticks of a block."""

    def irradiance_w_m2(self) -> Array:
        """Global horizontal irradiance, (time,) [W/m2]."""
        ...


@runtime_checkable
class ParticleField(Protocol):
    """Suspended particles at a place, over the ticks of a block."""

    @property
    def aerosols(self) -> tuple[str, ...]:
        """Names of the aerosols, in the order of the last axis."""
        ...

    def particle_ug_m3(self, at: Position) -> Array:
        """Dry mass of each aerosol, (time, aerosol) [ug/m3]."""
        ...

    def particle_per_cm3(self, edges_um: Array, at: Position) -> Array:
        """Number in each size bin at ambient humidity, (time, bin) [1/cm3]."""
        ...


@runtime_checkable
class ElectricField(Protocol):
    """Power-frequency fields and radio noise at a place, over the ticks of a block."""

    @property
    def harmonics(self) -> tuple[int, ...]:
        """Orders of the second axis."""
        ...

    def magnetic_t(self, at: Position) -> Phasors:
        """Magnetic flux density east, north, up, rms phasors, (time, harmonic, 3) [T]."""
        ...

    def electric_v_m(self, at: Position) -> Phasors:
        """Electric field east, north, up, rms phasors, (time, harmonic, 3) [V/m]."""
        ...

    def radio_t(self, at: Position) -> Array:
        """Magnetic noise of discharges, rms in each radio band, (time, band) [T]."""
        ...


@runtime_checkable
class SoundField(Protocol):
    """Sound at a place, over the ticks of a block."""

    def sound_level_db(self, at: Position) -> Array:
        """Level in each band, (time, band) [dB re 20 uPa]."""
        ...

    def mains_modulation(self, at: Position) -> Array:
        """Share of each band's energy that swells at twice the mains frequency, (time, band) [1]."""
        ...

    def sound_pa(self, at: Position, start_s: float, duration_s: float, rate_hz: float) -> Array:
        """Sound pressure in a window of the episode, (sample,) [Pa]."""
        ...


@runtime_checkable
class MotionField(Protocol):
    """Motion of the pole, over the ticks of a block; axes along the line, across it, up."""

    def acceleration_m_s2(self, height_m: float) -> Array:
        """Root-mean-square acceleration in each band, (time, band, axis) [m/s2]."""
        ...

    def natural_hz(self) -> Array:
        """Natural frequencies of the pole, (time, mode, 2) [Hz], along and across the line."""
        ...

    def tilt_rad(self) -> Array:
        """Lean of the pole towards east and north, (time, 2) [rad]."""
        ...

    def motion_m_s2(self, height_m: float, start_s: float, duration_s: float, rate_hz: float) -> Array:
        """Acceleration in a window of the episode, (sample, axis) [m/s2]."""
        ...
