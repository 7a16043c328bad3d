"""Lognormal aerosol: moments, mass and number, sizes, and growth with humidity.

Diameters are in micrometres of the sphere of equal volume. A population is a sum of modes; humidity makes
every particle of a mode grow by one factor, so a wet mode keeps its geometric standard deviation.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

type Floats = npt.NDArray[np.float64]

HUMIDITY_CAP: Final = 0.97  # kappa-Koehler without curvature ends here; beyond it the wet size is held
UG_PER_UM3: Final = 1e-6  # mass of 1 um3 at 1 g/cm3, exact
PER_M3_TO_PER_CM3: Final = 1e-6  # exact
PM_CUTS_UM: Final = np.array([1.0, 2.5, 10.0])  # aerodynamic cuts of PM1, PM2.5 and PM10


@dataclass(frozen=True, slots=True)
class Mode:
    """Dry particles of one lognormal mode."""

    count_median_um: float
    gsd: float
    density_g_cm3: float
    kappa: float  # hygroscopicity [PettersKreidenweis2007]

    def __post_init__(self) -> None:
        """Refuse sizes, widths and densities that describe no particle."""
        if min(self.count_median_um, self.density_g_cm3) <= 0 or self.gsd <= 1 or self.kappa < 0:
            raise ValueError(f"a mode needs positive size and density, gsd > 1 and kappa >= 0, not {self}")

    @property
    def ln_gsd(self) -> float:
        """Standard deviation of the logarithm of diameter [1]."""
        return float(np.log(self.gsd))

    @property
    def mass_median_um(self) -> float:
        """Diameter that halves the mass [um]."""
        return weighted_median_um(self.count_median_um, self.gsd, 3.0)


def weighted_median_um(count_median_um: float, gsd: float, power: float) -> float:
    """Median diameter of the distribution weighted with d^power [um]: Hatch-Choate, exact."""
    return count_median_um * float(np.exp(power * np.log(gsd) ** 2))


def mean_power(count_median_um: float, gsd: float, power: float) -> float:
    """Mean of d^power over the particles [um^power]: Hatch-Choate, exact."""
    return float(count_median_um**power * np.exp(0.5 * (power * np.log(gsd)) ** 2))


def particle_mass_ug(mode: Mode) -> float:
    """Mean dry mass of one particle [ug]."""
    volume_um3 = np.pi / 6.0 * mean_power(mode.count_median_um, mode.gsd, 3.0)
    return float(volume_um3 * mode.density_g_cm3 * UG_PER_UM3)


def number_per_cm3(mass_ug_m3: npt.ArrayLike, mode: Mode) -> Floats:
    """Number concentration of a mode of this dry mass concentration, same shape [1/cm3]."""
    return np.asarray(mass_ug_m3, dtype=np.float64) * (PER_M3_TO_PER_CM3 / particle_mass_ug(mode))


def mass_ug_m3(number_cm3: npt.ArrayLike, mode: Mode) -> Floats:
    """Dry mass concentration of a mode of this number concentration, same shape [ug/m3]."""
    return np.asarray(number_cm3, dtype=np.float64) * (particle_mass_ug(mode) / PER_M3_TO_PER_CM3)


def share_below(diameter_um: npt.ArrayLike, median_um: npt.ArrayLike, gsd: float) -> Floats:
    """Share of a lognormal distribution below a diameter, broadcast shape [1]."""
    from scipy.special import ndtr

    diameter = np.asarray(diameter_um, dtype=np.float64)
    return np.asarray(ndtr(np.log(diameter / np.asarray(median_um)) / np.log(gsd)))


def mass_shares(mode: Mode, cuts_um: Floats = PM_CUTS_UM) -> Floats:
    """Share of the dry mass below aerodynamic cuts, (cut,) [1]; the cuts are sharp.

    Aerodynamic over geometric diameter is the root of density in g/cm3; slip is left out.
    """
    return share_below(cuts_um / np.sqrt(mode.density_g_cm3), mode.mass_median_um, mode.gsd)


def bin_shares(edges_um: Floats, mode: Mode, growth: npt.ArrayLike = 1.0) -> Floats:
    """Share of a mode's particles in each size bin, growth's shape + (bin,) [1].

    `growth` multiplies every diameter; the modes' tails outside the edges are not in any bin.
    """
    from scipy.special import ndtr

    if edges_um.size < 2 or np.any(np.diff(edges_um) <= 0) or edges_um[0] < 0:
        raise ValueError("edges_um must be at least two rising diameters, the first not below zero")
    with np.errstate(divide="ignore"):  # a first edge of zero holds everything from the smallest on
        place = np.log(edges_um / mode.count_median_um)
    ln_growth = np.log(np.asarray(growth, dtype=np.float64))[..., None]
    return np.diff(ndtr((place - ln_growth) / mode.ln_gsd), axis=-1)


def _water_per_kappa(relative_humidity: npt.ArrayLike) -> Floats:
    """Volume of water per dry volume and kappa [1]: a / (1 - a), water activity taken as humidity."""
    activity = np.clip(np.asarray(relative_humidity, dtype=np.float64), 0.0, HUMIDITY_CAP)
    return np.asarray(activity / (1.0 - activity))


def growth_factor(relative_humidity: npt.ArrayLike, kappa: float) -> Floats:
    """Wet over dry diameter, same shape [1]: kappa-Koehler without curvature [PettersKreidenweis2007].

    Humidity 0..1, held beyond 0.97. Curvature matters below some 0.1 um, where nothing here can see.
    """
    return np.cbrt(1.0 + kappa * _water_per_kappa(relative_humidity))


def mass_growth(relative_humidity: npt.ArrayLike, kappa: float, density_g_cm3: float) -> Floats:
    """Wet over dry mass, same shape [1]: 1 + (kappa / density) a / (1 - a), held beyond 0.97."""
    return 1.0 + kappa / density_g_cm3 * _water_per_kappa(relative_humidity)
