"""Aerosols of `parts/aerosols`: their modes, and how much of their mass counts as particulate matter."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from envirosense.core.errors import UnknownNameError
from envirosense.core.parts import load_part, part_ids
from envirosense.core.protocols import Array
from envirosense.physics.particles.aerosol import Mode, bin_shares, growth_factor, mass_shares, number_per_cm3
from envirosense.physics.particles.settling import deposition_velocity_m_s

FOLDER = "aerosols/"
PM2_5 = 1  # place among the cuts of PM1, PM2.5, PM10


@dataclass(frozen=True, slots=True)
class AerosolKind:
    """One aerosol: lognormal modes and the share of the dry mass in each."""

    name: str
    modes: tuple[Mode, ...]
    mass_share: tuple[float, ...]
    dry_share: float  # of the mass that stays when the air is warmed: 0 for droplets of water
    washout_per_s: float  # by rain of 1 mm/h

    def pm_shares(self) -> Array:
        """PM1, PM2.5 and PM10 of one unit of mass, (3,) [1]; droplets dry up before a filter weighs them."""
        shares = sum(s * mass_shares(m) for s, m in zip(self.mass_share, self.modes, strict=True))
        return np.asarray(self.dry_share * shares)

    def deposition_m_s(self, friction_velocity_m_s: float = 0.3) -> float:
        """Dry deposition velocity of the aerosol's mass, each mode at its mass median [m/s]."""
        speeds_m_s = [
            float(deposition_velocity_m_s(m.mass_median_um, m.density_g_cm3, friction_velocity_m_s))
            for m in self.modes
        ]
        return float(np.dot(self.mass_share, speeds_m_s))

    def number_per_ug(self) -> Array:
        """Particles per cm3 of each mode for 1 ug/m3 of the aerosol, (mode,) [1/cm3]."""
        pairs = zip(self.mass_share, self.modes, strict=True)
        return np.array([number_per_cm3(share, mode) for share, mode in pairs])


def aerosol_names() -> tuple[str, ...]:
    """Every aerosol that a part file describes, sorted."""
    return tuple(i.removeprefix(FOLDER) for i in part_ids() if i.startswith(FOLDER))


@cache
def aerosol_kind(name: str) -> AerosolKind:
    """Aerosol of a name.

    Raises:
        UnknownNameError: if no part describes it.
    """
    if name not in aerosol_names():
        raise UnknownNameError("aerosol", name, aerosol_names())
    part = load_part(FOLDER + name)
    medians, widths, shares = (
        part[f"modes.{key}"] for key in ("count_median", "geometric_standard_deviation", "mass_share")
    )
    modes = tuple(
        Mode(float(median), float(width), float(part["density"]), float(part["kappa"]))
        for median, width in zip(medians, widths, strict=True)
    )
    mass_share = tuple(float(share) for share in shares)
    return AerosolKind(name, modes, mass_share, float(part["dry_share"]), float(part["washout"]))


def number_in_bins(
    names: Sequence[str], dry_ug_m3: Array, relative_humidity: Array, edges_um: Array
) -> Array:
    """Particles at ambient humidity in each size bin, (time, bin) [1/cm3].

    `dry_ug_m3` is the dry mass of each aerosol in `names`, (time, aerosol).
    """
    number = np.zeros((dry_ug_m3.shape[0], edges_um.size - 1))
    for mass_ug_m3, name in zip(dry_ug_m3.T, names, strict=True):
        kind = aerosol_kind(name)
        for mode, per_cm3 in zip(kind.modes, kind.number_per_ug(), strict=True):
            shares = bin_shares(edges_um, mode, growth_factor(relative_humidity, mode.kappa))
            number += (per_cm3 * mass_ug_m3)[:, None] * shares
    return number


def pm2_5_share(name: str) -> float:
    """PM2.5 of one unit of an aerosol's mass [1]; emission factors are of PM2.5, sources of all sizes."""
    return float(aerosol_kind(name).pm_shares()[PM2_5])
