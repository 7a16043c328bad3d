"""What a sensor reports, column by column."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Channel:
    """One reported quantity.

    `noise_sigma` is the standard deviation of a steady reading at the sensor's interval, in the
    unit of the reading: the yardstick of observability. `is_artefact` marks what a perfect instrument
    never reports, such as its own disturbances: its ideal stays as it is, whatever the world does.
    """

    name: str
    unit: str
    description: str
    resolution: float
    noise_sigma: float
    data_type: Literal["float32", "float64"] = "float32"
    is_artefact: bool = False
