"""What every field of one episode is made from."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from envirosense.core.grid import TimeGrid
from envirosense.core.protocols import Array
from envirosense.core.rng import stream
from envirosense.pole.atmosphere import Atmosphere
from envirosense.pole.site import Site
from envirosense.scenarios import (
    AirMass,
    Discharge,
    Emission,
    Forcing,
    Impact,
    LineChange,
    Noise,
    Storm,
    Structure,
    Tank,
)


@dataclass(frozen=True, slots=True)
class WorldInputs:
    """Place, air, load and causes of an episode; a field draws from streams named after itself."""

    site: Site
    atmosphere: Atmosphere
    current_a: Array  # (time,) positive-sequence phase current at fundamental, rms
    forcings: tuple[Forcing, ...]
    world_seed: int
    natural: Atmosphere | None = None  # the air before any cause changed it; None where none did

    @property
    def natural_air(self) -> Atmosphere:
        """Air without causes: what is constant over an episode is taken from it, so no cause acts early."""
        return self.atmosphere if self.natural is None else self.natural

    @property
    def grid(self) -> TimeGrid:
        """Ticks of the episode."""
        return self.atmosphere.grid

    def rng(self, *names: str | int) -> np.random.Generator:
        """Generator of one kind of draw."""
        return stream(self.world_seed, *names)

    def emissions(self) -> Iterator[Emission]:
        """Sources of gas and particles that scenarios name."""
        return (cause for forcing in self.forcings for cause in forcing.emissions)

    def air_masses(self) -> Iterator[AirMass]:
        """Air from far away."""
        return (cause for forcing in self.forcings for cause in forcing.air_masses)

    def discharges(self) -> Iterator[Discharge]:
        """Electrical discharges."""
        return (cause for forcing in self.forcings for cause in forcing.discharges)

    def line_changes(self) -> Iterator[LineChange]:
        """Faults of the line."""
        return (cause for forcing in self.forcings for cause in forcing.line)

    def tanks(self) -> Iterator[Tank]:
        """Faults of the transformer."""
        return (cause for forcing in self.forcings for cause in forcing.tanks)

    def impacts(self) -> Iterator[Impact]:
        """Blows on the pole."""
        return (cause for forcing in self.forcings for cause in forcing.impacts)

    def structures(self) -> Iterator[Structure]:
        """Changes of the pole's and the lines' condition."""
        return (cause for forcing in self.forcings for cause in forcing.structures)

    def noises(self) -> Iterator[Noise]:
        """Sources of sound that scenarios name."""
        return (cause for forcing in self.forcings for cause in forcing.noises)

    def storms(self) -> Iterator[Storm]:
        """Thunderstorm cells that scenarios name."""
        return (cause for forcing in self.forcings for cause in forcing.storms)
