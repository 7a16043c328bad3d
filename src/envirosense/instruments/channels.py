"""What a sensor reports, column by column."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Channel:
    """One reported quantity.

    `noise_sigma` is the standard deviation of a steady reading at the sensor's interval, in the
    unit of the reading: the yardstick of observability.
    """

    name: str
    unit: str
    description: str
    resolution: float
    noise_sigma: float
    data_type: Literal["float32", "float64"] = "float32"
