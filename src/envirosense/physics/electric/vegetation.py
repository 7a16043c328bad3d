"""A branch across a line: carbon tracks that grow from its ends until it is nearly a bolted fault.

Each track's front moves with the heat that the current makes in the wood ahead of it. As the tracks grow the
resistance falls, so the current and with it the speed run away by themselves.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np
import numpy.typing as npt

type Floats = npt.NDArray[np.float64]
type Bools = npt.NDArray[np.bool_]
type Values = Floats | float

# Resistance per length of branch, from wet green to dry wood [ohm/m]; assumed
BRANCH_OHM_M: Final[Mapping[str, float]] = MappingProxyType({"wet_green": 5e4, "green": 2e5, "dry": 2e6})
CHAR_SHARE: Final = 0.005  # resistance of a carbonised branch over that of the fresh one # assumed
REFERENCE_V: Final = 12.5e3  # phase to phase, in the published test [EPRIVegetation2020]
REFERENCE_LENGTH_M: Final = 1.1  # phase spacing of such a line # assumed
REFERENCE_TIME_S: Final = 190.0  # "just over" three minutes to nearly bolted [EPRIVegetation2020]
# Front speed per heat of the wood ahead [m/s per W/m]; tuned so that a green branch at the reference voltage
# and length bridges in the reference time
FRONT_M2_J: Final = (
    (1.0 - CHAR_SHARE**3) / (3.0 * (1.0 - CHAR_SHARE))
    * BRANCH_OHM_M["green"] * REFERENCE_LENGTH_M
    / (REFERENCE_TIME_S * (REFERENCE_V / REFERENCE_LENGTH_M) ** 2)
)  # fmt: skip
RARE_GRADIENT_V_M: Final = 3.3e3  # below it a track rarely develops [EPRIVegetation2020] (from memory)
LIKELY_GRADIENT_V_M: Final = 8e3  # above 6-10 kV/m it likely does [EPRIVegetation2020] (from memory)
GRADIENT_ODDS: Final = 9.0  # odds for and against at the two gradients: 10 and 90 % # assumed
IGNITION_A: Final = 0.5  # commonly quoted current that lights dry fuel within seconds (from memory)


@dataclass(frozen=True, slots=True)
class Branch:
    """Wood between two conductors or a conductor and ground."""

    length_m: float
    moisture: str

    def __post_init__(self) -> None:
        """Refuse unknown moisture and lengths that are not above zero."""
        if self.moisture not in BRANCH_OHM_M:
            raise ValueError(f"moisture must be one of {', '.join(BRANCH_OHM_M)}, not {self.moisture!r}")
        if self.length_m <= 0:
            raise ValueError(f"length_m must be above zero, not {self.length_m}")

    @property
    def fresh_ohm(self) -> float:
        """Resistance before any char."""
        return BRANCH_OHM_M[self.moisture] * self.length_m


@dataclass(frozen=True, slots=True)
class BranchCourse:
    """A branch in contact, all (time,); `dose` of the last tick starts the next block."""

    track: Floats  # carbonised share of the length, 0 to 1
    resistance_ohm: Floats
    current_a: Floats  # mean over the tick, zero while out of contact
    power_w: Floats  # heat in the branch, mean over the tick
    dose: Floats  # heat-driven progress; a track bridges where it reaches `bridging_dose()`


def bridging_dose() -> float:
    """Dose at which the tracks meet [1]: a third, but for the resistance of char."""
    return (1.0 - CHAR_SHARE**3) / (3.0 * (1.0 - CHAR_SHARE))


def dose_rate_per_s(voltage_v: Values, branch: Branch) -> Floats:
    """Speed of the dose [1/s]: k E^2 / R with the gradient E and the fresh resistance R."""
    gradient_v_m = np.asarray(voltage_v) / branch.length_m
    return np.asarray(FRONT_M2_J * np.square(gradient_v_m) / branch.fresh_ohm)


def bridging_time_s(voltage_v: Values, branch: Branch) -> Floats:
    """Time of unbroken contact until the tracks meet [s]."""
    return np.asarray(bridging_dose() / dose_rate_per_s(voltage_v, branch))


def track_share(dose: Values) -> Floats:
    """Carbonised share of the branch [1] after a dose.

    With x the share and c the resistance of char, dx/d(dose) = 1 / (1 - (1 - c) x)^2, which integrates to a
    cube whatever the voltage did meanwhile.
    """
    cube = np.clip(1.0 - 3.0 * (1.0 - CHAR_SHARE) * np.asarray(dose, dtype=np.float64), CHAR_SHARE**3, 1.0)
    return np.asarray(np.clip((1.0 - np.cbrt(cube)) / (1.0 - CHAR_SHARE), 0.0, 1.0))


def branch_resistance_ohm(track: Values, branch: Branch) -> Floats:
    """Resistance of a partly carbonised branch [ohm]."""
    return np.asarray(branch.fresh_ohm * (1.0 - (1.0 - CHAR_SHARE) * np.asarray(track, dtype=np.float64)))


def branch_course(
    voltage_v: Values,
    contact: Floats,
    dt_s: float,
    branch: Branch,
    start_dose: float = 0.0,
    develops: bool = True,
    source_ohm: float = 1.0,
) -> BranchCourse:
    """Track, current and heat of a branch along its contact with the line.

    Args:
        voltage_v: across the branch, rms, one number or (time,); zero while the line is dead.
        contact: share of each tick in contact, (time,).
        dt_s: tick.
        branch: the wood.
        start_dose: dose one tick before the first.
        develops: whether char advances at all in this contact; draw it with `development_probability`.
        source_ohm: impedance of line and ground, which limits the last stage only.
    """
    if dt_s <= 0:
        raise ValueError(f"dt_s must be above zero, not {dt_s}")
    touching = np.clip(np.asarray(contact, dtype=np.float64), 0.0, 1.0)
    volts = np.broadcast_to(voltage_v, touching.shape)
    gain = dose_rate_per_s(volts, branch) * touching * dt_s * float(develops)
    dose = np.cumsum(np.concatenate(([start_dose], gain)))[1:]
    track = track_share(dose)
    resistance_ohm = branch_resistance_ohm(track, branch)
    flowing_a = volts / (resistance_ohm + source_ohm)
    power_w = touching * flowing_a**2 * resistance_ohm
    return BranchCourse(track, resistance_ohm, touching * flowing_a, power_w, dose)


def development_probability(gradient_v_m: Values) -> Floats:
    """Probability that a contact at a voltage gradient grows a carbon track [1], logistic in its log."""
    gradient = np.maximum(np.asarray(gradient_v_m, dtype=np.float64), 1e-9)
    middle = np.sqrt(RARE_GRADIENT_V_M * LIKELY_GRADIENT_V_M)
    slope = 2.0 * np.log(GRADIENT_ODDS) / np.log(LIKELY_GRADIENT_V_M / RARE_GRADIENT_V_M)
    return np.asarray(1.0 / (1.0 + (middle / gradient) ** slope))


def lights_fuel(current_a: Values) -> Bools:
    """Whether a contact current would light dry fuel within seconds."""
    return np.asarray(np.asarray(current_a) >= IGNITION_A)
