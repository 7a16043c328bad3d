"""One utility pole and its surroundings: geometry, materials, load, and where the device hangs.

Coordinates are metres east, north and up of the pole's foot. `line_azimuth_deg` is the compass
direction of the conductors; the crossarm stands across it.
"""

import math
from typing import Literal

import numpy as np
from pydantic import Field

from envirosense.core.config import FrozenModel
from envirosense.core.protocols import Position
from envirosense.core.rng import stream

PHASES = ("a", "b", "c")


class Site(FrozenModel):
    """Everything about a place that outlives an episode; the default is a common 45-foot pole."""

    site_id: str = "site-0000"
    pole_height_m: float = Field(12.0, gt=6, lt=25)  # 45 ft pole, 2 m in the ground
    pole_diameter_m: float = Field(0.26, gt=0.1, lt=0.6)
    crossarm_drop_m: float = Field(0.3, gt=0.05, lt=2)  # below the pole top
    crossarm_length_m: float = Field(2.44, gt=1, lt=4)  # 8 ft arm
    insulator_height_m: float = Field(0.25, gt=0.05, lt=1)
    phase_offsets_m: tuple[float, float, float] = (-1.12, 0.3, 1.12)  # along the arm
    neutral_height_m: float = Field(9.1, gt=3, lt=20)
    line_azimuth_deg: float = Field(0.0, ge=0, lt=360)
    conductor_diameter_m: float = Field(0.0183, gt=0.003, lt=0.05)  # 336.4 kcmil ACSR
    has_transformer: bool = True
    transformer_height_m: float = Field(8.0, gt=3, lt=20)  # tank bottom
    peak_current_a: float = Field(350.0, gt=0, lt=1000)
    roughness_m: float = Field(0.1, gt=1e-4, lt=2)
    background: Literal["rural", "suburban"] = "rural"
    metal_emissivity: float = Field(0.75, gt=0.05, le=1)  # weathered aluminium 0.7-0.9, new 0.2-0.3
    wood_absorptivity: float = Field(0.75, gt=0.1, le=1)
    tank_absorptivity: float = Field(0.6, gt=0.1, le=1)
    tree_distance_m: float = Field(9.0, gt=2, lt=100)
    tree_bearing_deg: float = Field(45.0, ge=0, lt=360)  # from the line, clockwise
    tree_height_m: float = Field(9.0, gt=1, lt=40)
    device_height_m: float = Field(9.3, gt=2, lt=24)
    device_standoff_m: float = Field(1.2, gt=0.1, lt=4)
    device_bearing_deg: float = Field(0.0, ge=0, lt=360)  # from the line, clockwise
    camera_elevation_deg: float = Field(60.0, gt=-80, lt=85)
    camera_pan_deg: float = Field(0.0, ge=-60, le=60)

    @property
    def crossarm_height_m(self) -> float:
        """Height of the arm's middle [m]."""
        return self.pole_height_m - self.crossarm_drop_m

    @property
    def neutral_offset_m(self) -> float:
        """Where the neutral hangs beside the pole, across the line [m]; its bracket is assumed."""
        return -(self.pole_diameter_m / 2 + 0.07)

    @property
    def along_line(self) -> tuple[float, float]:
        """Unit vector of the conductors, east and north."""
        azimuth = math.radians(self.line_azimuth_deg)
        return math.sin(azimuth), math.cos(azimuth)

    def place(self, across_m: float, along_m: float, up_m: float) -> Position:
        """Position given in the line's own frame: across (right of the line's direction), along, up."""
        east, north = self.along_line
        return across_m * north + along_m * east, -across_m * east + along_m * north, up_m

    def bearing(self, degrees: float, distance_m: float, up_m: float) -> Position:
        """Position at a bearing clockwise from the line's direction."""
        angle = math.radians(degrees)
        return self.place(distance_m * math.sin(angle), distance_m * math.cos(angle), up_m)

    @property
    def device_position_m(self) -> Position:
        """Where the Grid Guardian's inlet and camera are."""
        return self.bearing(self.device_bearing_deg, self.device_standoff_m, self.device_height_m)

    @property
    def component_positions(self) -> dict[str, Position]:
        """Centre of every component a scenario may act on."""
        arm, top = self.crossarm_height_m, self.crossarm_height_m + self.insulator_height_m
        half = self.pole_diameter_m / 2
        clamps = {
            f"clamp_{phase}": self.place(across, 0.0, top)
            for phase, across in zip(PHASES, self.phase_offsets_m, strict=True)
        }
        return (
            clamps
            | self._line_hardware_positions()
            | self._transformer_positions()
            | {
                "crossarm_bolt": self.place(self.phase_offsets_m[2], half / 2, arm),
                "pole_top_bolt": self.place(0.0, half, arm),
                "neutral_bracket": self.place(0.0, half, self.neutral_height_m),
            }
        )

    def _line_hardware_positions(self) -> dict[str, Position]:
        """Insulators, arresters and the fuse on the crossarm."""
        arm = self.crossarm_height_m
        hardware: dict[str, Position] = {"cutout": self.place(-0.55, -0.1, arm - 0.2)}
        for phase, across in zip(PHASES, self.phase_offsets_m, strict=True):
            beside = across + math.copysign(0.18, -across)
            hardware[f"insulator_{phase}"] = self.place(across, 0.0, arm + self.insulator_height_m / 2)
            hardware[f"arrester_{phase}"] = self.place(beside, -0.12, arm + 0.05)
        return hardware

    def _transformer_positions(self) -> dict[str, Position]:
        """Tank and bushings; none on a pole without a transformer."""
        if not self.has_transformer:
            return {}
        half, bottom = self.pole_diameter_m / 2, self.transformer_height_m
        return {
            "tank_oil": self.place(0.0, -(half + 0.3), bottom + 0.4),
            "bushing_primary": self.place(0.0, -(half + 0.35), bottom + 0.94),
            "bushing_secondary": self.place(0.28, -(half + 0.3), bottom + 0.63),
        }


# What differs between places; spreads are engineering guesses unless a source is named.
_SPREADS: dict[str, tuple[float, float]] = {
    "pole_height_m": (10.7, 13.7),  # 40 to 50 ft poles
    "pole_diameter_m": (0.22, 0.32),
    "line_azimuth_deg": (0.0, 360.0),
    "peak_current_a": (120.0, 450.0),  # laterals to feeder mains
    "metal_emissivity": (0.3, 0.9),
    "wood_absorptivity": (0.6, 0.9),
    "tank_absorptivity": (0.4, 0.7),
    "tree_distance_m": (5.0, 30.0),
    "tree_bearing_deg": (0.0, 360.0),
    "tree_height_m": (4.0, 16.0),
    "device_standoff_m": (0.8, 1.6),
    "device_bearing_deg": (0.0, 360.0),
    "camera_pan_deg": (-8.0, 8.0),
}
_ROUGHNESS_M = (0.03, 0.6)  # open fields to suburbs (common tables, from memory)


def draw_site(seed: int, index: int) -> Site:
    """Site number `index` of the dataset with this seed."""

    def rng(name: str) -> np.random.Generator:
        return stream(seed, "site", index, name)

    values = {name: float(rng(name).uniform(*spread)) for name, spread in _SPREADS.items()}
    low, high = _ROUGHNESS_M
    roughness_m = float(np.exp(rng("roughness_m").uniform(np.log(low), np.log(high))))
    top_m = values["pole_height_m"]
    neutral_m = top_m - float(rng("neutral_height_m").uniform(2.4, 3.0))
    device_m = top_m - float(rng("device_height_m").uniform(1.6, 3.4))
    return Site.parse(
        values
        | {
            "site_id": f"site-{index:04d}",
            "roughness_m": roughness_m,
            "background": "suburban" if roughness_m > 0.2 else "rural",
            "neutral_height_m": neutral_m,
            "has_transformer": bool(rng("has_transformer").random() < 0.6),
            "transformer_height_m": neutral_m - 1.4,
            "device_height_m": device_m,
            "camera_elevation_deg": camera_elevation_deg(top_m - 0.6 - device_m, values["device_standoff_m"]),
        }
    )


def camera_elevation_deg(rise_m: float, standoff_m: float) -> float:
    """Elevation at which the camera looks at a point `rise_m` up and `standoff_m` away [deg].

    Held below 70 degrees so that the picture keeps more than sky.
    """
    return min(math.degrees(math.atan2(rise_m, standoff_m)), 70.0)
