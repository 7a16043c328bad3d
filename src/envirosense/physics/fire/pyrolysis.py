"""Wood pyrolysis: three parallel components, each virgin -> active -> tar, or char and gas.

Beside the kinetics stand the slower and the hotter neighbours of the same surface: drying, evaporation of
extractives, and char oxidation. All laws are Arrhenius laws of temperature alone.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.core.units import GAS_CONSTANT_J_MOL_K
from envirosense.physics.fire.pyrolysis_kernels import integrate

type Floats = npt.NDArray[np.float64]

COMPONENTS: Final = ("cellulose", "hemicellulose", "lignin")
SUBSTEP_K: Final = 1.0  # numerical choice: largest temperature change in one sub-step [K]
COLDEST_K: Final = 150.0  # numerical choice: below it rates underflow, and a Celsius slip is caught [K]
HOTTEST_K: Final = 5000.0  # numerical choice: far above any wood [K]

DRYING_PREFACTOR_PER_S: Final = 5.13e10  # assumed: usual one-step drying law of wood models (from memory)
DRYING_ENERGY_J_MOL: Final = 88e3  # assumed, as the prefactor
EXTRACTIVE_ENERGY_J_MOL: Final = 68.7e3  # 0.09 R T^2 at 303 K: slope of [Guenther1993] (from memory)
EXTRACTIVE_REFERENCE_K: Final = 303.0  # [Guenther1993] (from memory)
EXTRACTIVE_TIME_S: Final = 30 * 86_400.0  # assumed: e-folding of surface resin at 303 K, 4 h at 373 K
OXIDATION_PREFACTOR_PER_S: Final = 3e6  # assumed, inside 1e6..1e7 per unit oxygen fraction
OXIDATION_ENERGY_J_MOL: Final = 120e3  # assumed, inside 100..160 kJ/mol
OXIDATION_HEAT_J_G: Final = 18e3  # assumed, inside 12..25 MJ/kg (more of it where less CO is made)
AIR_OXYGEN_FRACTION: Final = 0.2095  # mole fraction of dry air


@dataclass(frozen=True, slots=True)
class Kinetics:
    """Arrhenius constants (reaction, component) and char share of the char-and-gas path (component,).

    Reactions in order: virgin to active, active to tar, active to char and gas.
    """

    prefactor_per_s: Floats
    energy_j_mol: Floats
    char_yield: Floats


MILLER_BELLAN: Final = Kinetics(  # [MillerBellan1997] (from memory)
    prefactor_per_s=np.array([[2.8e19, 2.1e16, 9.6e8], [3.28e14, 8.75e15, 1.5e9], [1.30e10, 2.6e11, 7.7e6]]),
    energy_j_mol=np.array(
        [[242.4e3, 186.7e3, 107.6e3], [196.5e3, 202.4e3, 143.8e3], [150.5e3, 145.7e3, 111.4e3]]
    ),
    char_yield=np.array([0.35, 0.60, 0.75]),
)


@dataclass(frozen=True, slots=True)
class Composition:
    """Mass fractions of dry wood; what is missing to one is extractives and ash."""

    cellulose: float
    hemicellulose: float
    lignin: float

    def __post_init__(self) -> None:
        """Refuse shares below zero or summing to more than one."""
        shares = (self.cellulose, self.hemicellulose, self.lignin)
        if min(shares) < 0 or sum(shares) > 1 + 1e-12:
            raise ValueError(f"composition must be shares >= 0 with a sum <= 1, not {shares}")

    def as_array(self) -> Floats:
        """Mass fractions (component,)."""
        return np.array([self.cellulose, self.hemicellulose, self.lignin])


@dataclass(frozen=True, slots=True)
class WoodState:
    """Virgin, active, tar, gas, char (5, component) as shares of initial mass, and the last temperature."""

    share: Floats
    temperature_k: float


def fresh_wood(temperature_k: float) -> WoodState:
    """State of undecomposed wood at one temperature [K]."""
    share = np.zeros((5, 3))
    share[0] = 1.0
    return WoodState(share, temperature_k)


@dataclass(frozen=True, slots=True)
class Decomposition:
    """State after each step, all (time, component), as shares of the component's initial mass.

    `volatile_per_s` is tar plus gas released, averaged over the step [1/s]; `end` starts the next block.
    """

    virgin: Floats
    active: Floats
    tar: Floats
    gas: Floats
    char: Floats
    volatile_per_s: Floats
    end: WoodState


def rate_constants_per_s(temperature_k: Floats, kinetics: Kinetics = MILLER_BELLAN) -> Floats:
    """Rate constants, temperature's shape + (reaction, component) [1/s]. k = A exp(-E / (R T))."""
    rt_j_mol = GAS_CONSTANT_J_MOL_K * np.asarray(temperature_k, dtype=np.float64)[..., None, None]
    return kinetics.prefactor_per_s * np.exp(-kinetics.energy_j_mol / rt_j_mol)


def decompose(
    temperature_k: Floats, dt_s: float, start: WoodState | None = None, kinetics: Kinetics = MILLER_BELLAN
) -> Decomposition:
    """Decomposition of the three components along a temperature history (time,) [K].

    Sample i closes the step that ends at temperature i; without `start`, fresh wood has stood at the first
    temperature before. Each sub-step solves the linear chain exactly at its midpoint temperature: stable
    for any dt, exact where the temperature stands, second order where it moves.
    """
    if dt_s <= 0:
        raise ValueError(f"dt_s must be above zero, not {dt_s}")
    temperature_k = np.ascontiguousarray(temperature_k, dtype=np.float64)
    if temperature_k.size == 0 or not np.all((temperature_k > COLDEST_K) & (temperature_k < HOTTEST_K)):
        raise ValueError(f"temperature_k must hold samples between {COLDEST_K} and {HOTTEST_K} K")
    start = start or fresh_wood(float(temperature_k[0]))
    out = np.empty((temperature_k.size, 6, 3))
    share = start.share.copy()
    energy_k = kinetics.energy_j_mol / GAS_CONSTANT_J_MOL_K
    end_k = integrate(
        temperature_k, float(dt_s), SUBSTEP_K, kinetics.prefactor_per_s, energy_k, kinetics.char_yield,
        share, start.temperature_k, out,
    )  # fmt: skip
    virgin, active, tar, gas, char, volatile = np.ascontiguousarray(out.transpose(1, 0, 2))
    return Decomposition(virgin, active, tar, gas, char, volatile / dt_s, WoodState(share, float(end_k)))


def volatile_rate_g_s(decomposition: Decomposition, composition: Composition, dry_wood_g: float) -> Floats:
    """Tar and gas leaving a piece of wood, (time, component) [g/s]."""
    return decomposition.volatile_per_s * (composition.as_array() * dry_wood_g)


def peak_temperature_k(energy_j_mol: float, prefactor_per_s: float, heating_k_s: float) -> float:
    """Temperature at which a first-order rate peaks under steady heating [K].

    Kissinger's condition A exp(-E/RT) = E b / (R T^2), solved in closed form: with x = E/RT it reads
    (x/2) exp(x/2) = sqrt(A E / (R b)) / 2, whose root is Lambert's W.
    """
    from scipy.special import lambertw

    argument = np.sqrt(prefactor_per_s * energy_j_mol / (GAS_CONSTANT_J_MOL_K * heating_k_s)) / 2
    return float(energy_j_mol / (GAS_CONSTANT_J_MOL_K * 2 * lambertw(argument).real))


def prefactor_per_s(energy_j_mol: float, peak_k: float, heating_k_s: float) -> float:
    """Prefactor whose first-order rate peaks at `peak_k` under steady heating [1/s]; inverse of Kissinger."""
    x = energy_j_mol / (GAS_CONSTANT_J_MOL_K * peak_k)
    return float(heating_k_s / peak_k * x * np.exp(x))


def drying_rate_per_s(temperature_k: Floats) -> Floats:
    """Share of the remaining moisture that evaporates per second, same shape [1/s].

    One-step Arrhenius drying; it ignores bound-water diffusion, so thick wood dries slower than this.
    """
    exponent = -DRYING_ENERGY_J_MOL / (GAS_CONSTANT_J_MOL_K * np.asarray(temperature_k, dtype=np.float64))
    return DRYING_PREFACTOR_PER_S * np.exp(exponent)


def extractive_rate_per_s(temperature_k: Floats) -> Floats:
    """Share of the remaining volatile extractives (terpenes) lost per second, same shape [1/s].

    The activation energy is that of the exp(0.09 (T - 303)) law of leaf monoterpenes; the time scale at
    303 K is assumed.
    """
    inverse_k = 1 / EXTRACTIVE_REFERENCE_K - 1 / np.asarray(temperature_k, dtype=np.float64)
    return np.exp(EXTRACTIVE_ENERGY_J_MOL / GAS_CONSTANT_J_MOL_K * inverse_k) / EXTRACTIVE_TIME_S


def remaining_share(rate_per_s: Floats, dt_s: float, spent: float = 0.0) -> tuple[Floats, float]:
    """What a first-order loss leaves, (time,), and the spent exponent that starts the next block."""
    exponent = np.cumsum(np.concatenate(([spent], rate_per_s * dt_s)))[1:]
    return np.exp(-exponent), float(exponent[-1])


def char_oxidation_per_s(temperature_k: Floats, oxygen_fraction: float = AIR_OXYGEN_FRACTION) -> Floats:
    """Share of the char that glows away per second, same shape [1/s]. k = A x exp(-E / (R T)).

    Kinetic limit: no boundary layer or ash layer holds the oxygen back, so above some 900 K it is too fast.
    """
    exponent = -OXIDATION_ENERGY_J_MOL / (GAS_CONSTANT_J_MOL_K * np.asarray(temperature_k, dtype=np.float64))
    return OXIDATION_PREFACTOR_PER_S * oxygen_fraction * np.exp(exponent)


def char_oxidation_heat_w_g(temperature_k: Floats, oxygen_fraction: float = AIR_OXYGEN_FRACTION) -> Floats:
    """Self-heating of oxidising char, same shape [W per g of char]."""
    return OXIDATION_HEAT_J_G * char_oxidation_per_s(temperature_k, oxygen_fraction)
