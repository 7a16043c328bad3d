"""Bending of a standing pole: natural frequencies and mode shapes of a tapered cantilever.

Euler-Bernoulli elements with cubic shapes; the diameter is constant within an element and falls linearly
from element to element, so a tapered pole converges with the square of the element's length. The foot may
turn against a spring of the soil; it does not shift.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

type Array = npt.NDArray[np.float64]
type At = tuple[float, float]
"""(amount, height above ground [m])."""

CANTILEVER_ROOTS: Final = np.array([1.875104, 4.694091, 7.854757, 10.995541])  # of cos x cosh x = -1
ELEMENTS: Final = 40  # numerical choice: frequencies within 0.1 % of their limit
N_MODES: Final = 6  # numerical choice: reaches 100 Hz on common poles


@dataclass(frozen=True, slots=True)
class Beam:
    """A round tapered pole, what it carries and what holds it; hashable, so its modes are found once."""

    length_m: float  # above ground
    base_diameter_m: float
    tip_diameter_m: float
    modulus_pa: float
    density_kg_m3: float
    soil_n_m_rad: float = np.inf
    masses: tuple[At, ...] = ()  # [kg]
    springs: tuple[At, ...] = ()  # against sideways motion [N/m]

    def __post_init__(self) -> None:
        """Refuse what is not a pole."""
        sizes = (
            self.length_m,
            self.base_diameter_m,
            self.tip_diameter_m,
            self.modulus_pa,
            self.density_kg_m3,
        )
        if not all(0.0 < size < np.inf for size in sizes) or not self.soil_n_m_rad > 0.0:
            raise ValueError("lengths, diameters, modulus, density and soil stiffness must be above zero")
        if any(not 0.0 <= z <= self.length_m for _, z in (*self.masses, *self.springs)):
            raise ValueError(f"masses and springs must lie between the ground and {self.length_m} m")

    def diameter_m(self, height_m: Array | float) -> Array:
        """Diameter at a height, same shape [m]."""
        share = np.asarray(height_m, dtype=np.float64) / self.length_m
        return np.asarray(self.base_diameter_m + (self.tip_diameter_m - self.base_diameter_m) * share)

    @property
    def inertia_kg_m2(self) -> float:
        """Moment of inertia about the foot of pole and masses [kg m2]."""
        z = (np.arange(ELEMENTS) + 0.5) / ELEMENTS * self.length_m
        per_m = self.density_kg_m3 * np.pi / 4.0 * self.diameter_m(z) ** 2
        pole = float(np.sum(per_m * z**2) * self.length_m / ELEMENTS)
        return pole + sum(mass * height**2 for mass, height in self.masses)


@dataclass(frozen=True, slots=True)
class Modes:
    """Bending modes of unit modal mass, lowest first."""

    hz: Array  # (mode,)
    node_m: Array  # (node,)
    shape: Array  # (mode, node) [1/sqrt(kg)], positive at the top
    slope: Array  # (mode, node) [1/(m sqrt(kg))]

    def at(self, height_m: float) -> Array:
        """Shapes at a height, (mode,) [1/sqrt(kg)]; above the top as at the top."""
        return np.array([np.interp(height_m, self.node_m, row) for row in self.shape])

    def slope_at(self, height_m: float) -> Array:
        """Slopes of the shapes at a height, (mode,) [1/(m sqrt(kg))]."""
        return np.array([np.interp(height_m, self.node_m, row) for row in self.slope])

    @property
    def modal_mass_kg(self) -> Array:
        """Mass that would swing like each mode if it all stood at the top, (mode,) [kg]."""
        return np.asarray(self.shape[:, -1] ** -2.0)


def cantilever_hz(length_m: float, diameter_m: float, modulus_pa: float, density_kg_m3: float) -> Array:
    """First four frequencies of a uniform round cantilever, (4,) [Hz]: beta^2 sqrt(EI/(m L^4)) / 2 pi."""
    wave_m2_s = np.sqrt(modulus_pa / density_kg_m3) * diameter_m / 4.0  # sqrt(EI/m) of a solid round bar
    return np.asarray(CANTILEVER_ROOTS**2 * wave_m2_s / (2.0 * np.pi * length_m**2))


@lru_cache(maxsize=64)
def beam_modes(beam: Beam, n_modes: int = N_MODES, elements: int = ELEMENTS) -> Modes:
    """Lowest bending modes of a pole in one plane."""
    stiffness, mass = _matrices(beam, elements)
    kept = slice(2, None) if np.isinf(beam.soil_n_m_rad) else slice(1, None)
    lower = np.linalg.cholesky(mass[kept, kept])
    half = np.linalg.solve(lower, stiffness[kept, kept])
    symmetric = np.linalg.solve(lower, half.T)
    squares, vectors = np.linalg.eigh((symmetric + symmetric.T) / 2.0)
    full = np.zeros((n_modes, mass.shape[0]))
    full[:, kept] = np.linalg.solve(lower.T, vectors[:, :n_modes]).T
    full *= np.sign(full[:, -2:-1])
    node_m = np.linspace(0.0, beam.length_m, elements + 1)
    return Modes(np.sqrt(squares[:n_modes]) / (2.0 * np.pi), node_m, full[:, 0::2], full[:, 1::2])


def _matrices(beam: Beam, elements: int) -> tuple[Array, Array]:
    """Stiffness and consistent mass over (displacement, slope) of each node."""
    h = size_m = beam.length_m / elements
    bend = np.array([[12, 6 * h, -12, 6 * h], [6 * h, 4 * h * h, -6 * h, 2 * h * h]])
    bend = np.vstack([bend, -bend[0], [6 * h, 2 * h * h, -6 * h, 4 * h * h]]) / h**3
    move = np.array(
        [
            [156, 22 * h, 54, -13 * h],
            [22 * h, 4 * h * h, 13 * h, -3 * h * h],
            [54, 13 * h, 156, -22 * h],
            [-13 * h, -3 * h * h, -22 * h, 4 * h * h],
        ]
    )
    stiffness, mass = (np.zeros((2 * elements + 2, 2 * elements + 2)) for _ in range(2))
    middles = beam.diameter_m(np.asarray((np.arange(elements) + 0.5) * size_m, dtype=np.float64))
    for e, d in enumerate(middles):
        place = slice(2 * e, 2 * e + 4)
        stiffness[place, place] += beam.modulus_pa * np.pi / 64.0 * d**4 * bend
        mass[place, place] += beam.density_kg_m3 * np.pi / 4.0 * d**2 * h / 420.0 * move
    for matrix, points in ((mass, beam.masses), (stiffness, beam.springs)):
        for amount, height_m in points:
            place, weights = _point(height_m, size_m, elements)
            matrix[place, place] += amount * np.outer(weights, weights)
    if np.isfinite(beam.soil_n_m_rad):
        stiffness[1, 1] += beam.soil_n_m_rad
    return stiffness, mass


def _point(height_m: float, size_m: float, elements: int) -> tuple[slice, Array]:
    """Degrees of freedom of the element at a height, and its cubic shapes there."""
    e = min(int(height_m / size_m), elements - 1)
    x = height_m / size_m - e
    weights = [1 - 3 * x**2 + 2 * x**3, x - 2 * x**2 + x**3, 3 * x**2 - 2 * x**3, x**3 - x**2]
    return slice(2 * e, 2 * e + 4), np.array(weights) * [1.0, size_m, 1.0, size_m]


def shifted_hz(
    hz: Array, spring_share: Array, stiffness_factor: Array | float, spring_factor: Array | float
) -> Array:
    """Frequencies after the wood's and the springs' stiffness changed, (time, mode) [Hz].

    Rayleigh's quotient with the old shapes: exact when both factors are equal, second order in their
    difference. `spring_share` (mode,) is the part of the squared frequency that the springs give.
    """
    wood = np.atleast_1d(np.asarray(stiffness_factor, dtype=np.float64))[:, None]
    spring = np.atleast_1d(np.asarray(spring_factor, dtype=np.float64))[:, None]
    return np.asarray(hz * np.sqrt(wood * (1.0 - spring_share) + spring * spring_share))


# Pole wood loses stiffness when warm and when moist  [WoodHandbook] (from memory)
MODULUS_PER_K: Final = -0.003  # of the modulus at 20 degC and 12 % moisture
MODULUS_PER_MOISTURE: Final = -1.8  # per unit of moisture content, up to fibre saturation
REFERENCE_K: Final = 293.15
REFERENCE_MOISTURE: Final = 0.12
FIBRE_SATURATION: Final = 0.28


def wood_modulus_factor(wood_k: Array | float, moisture: Array | float) -> Array:
    """Modulus over that at 20 degC and 12 % moisture, broadcast shape [1], at least 0.05.

    Meant for -30 to 50 degC; moisture is held within 0 to fibre saturation.
    """
    warm = MODULUS_PER_K * (np.asarray(wood_k, dtype=np.float64) - REFERENCE_K)
    wet = MODULUS_PER_MOISTURE * (np.clip(moisture, 0.0, FIBRE_SATURATION) - REFERENCE_MOISTURE)
    return np.asarray(np.maximum((1.0 + warm) * (1.0 + wet), 0.05))


SOIL_YIELD_N_M: Final = 40e3  # moment at which the backfill gives way, assumed
TILT_LIMIT_RAD: Final = 0.35  # 20 degrees: beyond it the wires hold the pole, assumed


def permanent_tilt_rad(
    impulse_n_s: float, height_m: float, inertia_kg_m2: float, soil_n_m_rad: float
) -> float:
    """Tilt that stays after a blow [rad]: energy of the rotation that the soil cannot give back.

    Rigid pole on an elastic, ideally plastic foot: E = (J h)^2 / 2 I, of which M^2 / 2 k is elastic.
    """
    energy_j = (impulse_n_s * height_m) ** 2 / (2.0 * inertia_kg_m2)
    elastic_j = SOIL_YIELD_N_M**2 / (2.0 * soil_n_m_rad)
    return float(np.clip((energy_j - elastic_j) / SOIL_YIELD_N_M, 0.0, TILT_LIMIT_RAD))
