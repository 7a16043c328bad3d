"""Named sources of the parts whose rate a scenario knows in grams a second."""

from dataclasses import replace

from envirosense.core.grid import TimeGrid
from envirosense.core.parts import load_part
from envirosense.core.protocols import Array, Position
from envirosense.pole.matter.sources import FOLDER, emission
from envirosense.scenarios import Emission


def rated_emission(
    source: str, name: str, grid: TimeGrid, at: Position, rate_g_s: Array, size_m: float | None = None
) -> Emission:
    """Emission of a source's make-up at a rate of its own, (time,) [g/s], under a name of its own."""
    usual_g_s = float(load_part(FOLDER + source)["rate"])
    made = emission(source, grid, at, rate_g_s / usual_g_s)
    return replace(made, name=name, size_m=made.size_m if size_m is None else size_m)
