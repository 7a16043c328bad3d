"""Where a weather file was observed."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Station:
    """Place of a weather file."""

    name: str
    latitude_deg: float  # north positive
    longitude_deg: float  # east positive
    elevation_m: float
    utc_offset_h: float  # local standard time minus UTC
