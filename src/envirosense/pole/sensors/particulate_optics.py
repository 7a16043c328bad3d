"""What a light-scattering particle counter makes of an aerosol.

Particles pass an inlet that is warmer than the air, where water leaves them, cross a beam, and are
sized by their flash. The counter takes every particle for one of its calibration aerosol. All of it is
linear in the mass of each aerosol, so one unit's law is a table over the humidity at its inlet.
"""

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np

from envirosense.core.protocols import Array
from envirosense.physics.air.humidity import saturation_vapour_pressure_pa
from envirosense.physics.particles.aerosol import (
    HUMIDITY_CAP,
    PER_M3_TO_PER_CM3,
    UG_PER_UM3,
    Mode,
    growth_factor,
    mass_shares,
    number_per_cm3,
    share_below,
)
from envirosense.pole.matter.aerosol_parts import aerosol_kind
from envirosense.pole.sensors.counting_kernels import weigh

# 16 bins, the steps of the number channels among their edges
EDGES_UM: Final = np.concatenate(
    [
        np.geomspace(low, high, n + 1)[:-1]
        for low, high, n in ((0.1, 0.3, 3), (0.3, 0.5, 2), (0.5, 1.0, 3), (1.0, 2.5, 3), (2.5, 4.0, 2))
    ]
    + [np.geomspace(4.0, 10.0, 4)]
)
MIDDLES_UM: Final = np.sqrt(EDGES_UM[1:] * EDGES_UM[:-1])
LEAST_UM: Final = 0.3  # from where number channels count
MASS_CUTS_UM: Final = np.array([1.0, 2.5, 4.0, 10.0])
NUMBER_CUTS_UM: Final = np.array([0.5, 1.0, 2.5, 4.0, 10.0])
PM2_5: Final = 1  # column
N_ADDITIVE: Final = 10  # 4 masses, 5 numbers, and number times diameter, in the order of the channels
NOTHING_PER_CM3: Final = 1e-9  # numerical choice: air this clean has the typical size of NOTHING_UM
NOTHING_UM: Final = 0.5
N_NODES: Final = 29  # numerical choice: of humidity
# Aerosols that a counter by the road meets most: what its error budget reckons with; assumed
ORDINARY: Final = ("background_fine", "smoke_fresh", "smoke_aged", "salt", "dust")
USUAL_HUMIDITY: Final = 0.4  # at the inlet; assumed
N_SIZES: Final = 65  # numerical choice: diameters per mode, within 4 gsd


def column_weights(particle_ug: Array) -> Array:
    """What one counted particle per cm3 of each bin adds to each column, (bin, column)."""
    middles = MIDDLES_UM[:, None]
    counted = MIDDLES_UM > LEAST_UM
    mass = (middles < MASS_CUTS_UM) & counted[:, None]
    number = (middles < NUMBER_CUTS_UM) & counted[:, None]
    ug_m3 = particle_ug[:, None] / PER_M3_TO_PER_CM3
    return np.column_stack((mass * ug_m3, number, np.where(counted, MIDDLES_UM, 0.0)))


def with_typical_size(columns: Array) -> Array:
    """Channels of additive columns, same shape: the last becomes the mean diameter [um]."""
    number, moment = columns[:, -2], columns[:, -1]
    columns[:, -1] = (moment + NOTHING_PER_CM3 * NOTHING_UM) / (number + NOTHING_PER_CM3)
    return columns


@cache
def dry_columns(aerosols: tuple[str, ...]) -> Array:
    """Additive columns of dried air for 1 ug/m3 of each aerosol, (aerosol, column)."""
    return np.stack([_dry_columns(name) for name in aerosols])


def _dry_columns(name: str) -> Array:
    kind = aerosol_kind(name)
    edges = np.concatenate(([LEAST_UM], EDGES_UM[EDGES_UM > 1.001 * LEAST_UM]))
    middles = np.sqrt(edges[1:] * edges[:-1])
    row = np.zeros(N_ADDITIVE)
    for mode, share, per_cm3 in zip(kind.modes, kind.mass_share, kind.number_per_ug(), strict=True):
        row[:4] += share * mass_shares(mode, MASS_CUTS_UM)
        below = share_below(np.append(LEAST_UM, NUMBER_CUTS_UM), mode.count_median_um, mode.gsd)
        row[4:9] += per_cm3 * (below[1:] - below[0])
        in_bins = np.diff(share_below(edges, mode.count_median_um, mode.gsd))
        row[9] += per_cm3 * float(np.sum(in_bins * middles))
    return kind.dry_share * row


def inlet_humidity(air_k: Array, relative_humidity: Array, warmer_k: float) -> Array:
    """Relative humidity in an inlet warmer than the air, (time,), 0..1."""
    ratio = saturation_vapour_pressure_pa(air_k) / saturation_vapour_pressure_pa(air_k + warmer_k)
    return np.asarray(relative_humidity * ratio)


@dataclass(frozen=True, slots=True)
class Optics:
    """Law of one counter.

    Half of the particles of `d50_um` are seen, with a spread `seen_ln`; 1 / (1 + (d / coarse_um)^power)
    of the large ones reach the beam. `neighbours` are shares of a bin's particles taken for: its own size,
    one bin smaller, two smaller, one larger.
    """

    d50_um: float
    seen_ln: float
    coarse_um: float
    coarse_power: float
    warmer_k: float
    droplet_loss_um2: float  # squared diameter that a droplet loses on its way through dry air
    neighbours: tuple[float, float, float, float]
    calibrated_on: Mode  # aerosol whose PM2.5 it reads right, dry

    def seen(self, diameter_um: Array) -> Array:
        """Share of particles that are counted, shape of the diameter [1]."""
        from scipy.special import ndtr

        reach = 1.0 / (1.0 + (diameter_um / self.coarse_um) ** self.coarse_power)
        return np.asarray(ndtr(np.log(diameter_um / self.d50_um) / self.seen_ln) * reach)

    def confusion(self) -> Array:
        """Share of particles of one bin that are taken for another, (true bin, believed bin)."""
        own, smaller, two_smaller, larger = self.neighbours
        n = MIDDLES_UM.size
        matrix = own * np.eye(n) + smaller * np.eye(n, k=-1) + two_smaller * np.eye(n, k=-2)
        matrix += larger * np.eye(n, k=1)
        matrix[-1, -1] += larger  # there is no bin above
        return matrix

    def bins_of(self, mode: Mode, humidity: Array, is_droplet: bool = False) -> Array:
        """Counted share of a mode's particles by believed bin, (humidity, bin) [1]."""
        ln_place = np.linspace(-4.0, 4.0, N_SIZES)  # in gsd
        weight = np.exp(-0.5 * np.square(ln_place))
        dry_um = mode.count_median_um * np.exp(mode.ln_gsd * ln_place)
        wet_um = growth_factor(humidity, mode.kappa)[:, None] * dry_um
        if is_droplet:
            left_um2 = np.square(wet_um) - self.droplet_loss_um2 * (1.0 - humidity)[:, None]
            wet_um = np.sqrt(np.maximum(left_um2, 1e-4))
        counted = weight / weight.sum() * self.seen(wet_um)
        bins = _spread_over_bins(wet_um, counted)
        return np.asarray(bins @ self.confusion())

    def calibrated(self) -> Array:
        """Mass of a particle of each believed bin once the calibration aerosol reads right, (bin,) [ug]."""
        believed_ug = np.pi / 6.0 * MIDDLES_UM**3 * self.calibrated_on.density_g_cm3 * UG_PER_UM3
        mode = self.calibrated_on
        counted = float(number_per_cm3(1.0, mode)) * self.bins_of(mode, np.zeros(1))[0]
        reads_ug_m3 = counted @ column_weights(believed_ug)[:, PM2_5]
        return np.asarray(believed_ug * (mass_shares(mode)[PM2_5] / reads_ug_m3))

    def table(self, aerosols: tuple[str, ...], particle_ug: Array) -> Array:
        """Additive columns for 1 ug/m3 of each aerosol, (humidity node, aerosol, column)."""
        humidity = -np.expm1(-np.linspace(0.0, -np.log1p(-HUMIDITY_CAP), N_NODES))
        table = np.zeros((N_NODES, len(aerosols), N_ADDITIVE))
        weights = column_weights(particle_ug)
        for column, name in enumerate(aerosols):
            kind = aerosol_kind(name)
            for mode, per_cm3 in zip(kind.modes, kind.number_per_ug(), strict=True):
                counted = per_cm3 * self.bins_of(mode, humidity, is_droplet=kind.dry_share == 0.0)
                table[:, column] += counted @ weights
        return table


def _spread_over_bins(diameter_um: Array, counted: Array) -> Array:
    """Counts in each bin, (humidity, bin), of counts at diameters, (humidity, size).

    A diameter stands for its step, which may lie across an edge; what is larger falls into the last bin.
    """
    n_humidity = diameter_um.shape[0]
    ln_d = np.log(diameter_um)
    half = 0.5 * np.gradient(ln_d, axis=1)[..., None]
    edges = np.log(EDGES_UM[:-1])
    above = np.clip((ln_d[..., None] + half - edges) / np.maximum(2.0 * half, 1e-12), 0.0, 1.0)
    cumulative = np.einsum("hs,hse->he", counted, above)
    return np.asarray(-np.diff(cumulative, axis=1, append=np.zeros((n_humidity, 1))))


@cache
def unit_table(unit: Optics, part: Optics, aerosols: tuple[str, ...]) -> Array:
    """Table of a unit that was calibrated as the part is, (humidity node, aerosol, column)."""
    return unit.table(aerosols, part.calibrated())


@cache
def unlike_ordinary(part: Optics) -> Array:
    """How far readings of ordinary aerosols are off, root mean square over them, (column,) [1].

    Each alone and in air of USUAL_HUMIDITY at the inlet, as a share of the reading of a new unit.
    """
    alone = np.eye(len(ORDINARY))
    dry = with_typical_size(alone @ dry_columns(ORDINARY))
    humidity = np.full(len(ORDINARY), USUAL_HUMIDITY)
    read = with_typical_size(counted_columns(alone, humidity, unit_table(part, part, ORDINARY)))
    return np.asarray(np.sqrt(np.mean(np.square(1.0 - dry / read), axis=0)))


def counted_columns(mass_ug_m3: Array, humidity: Array, table: Array) -> Array:
    """Additive columns of aerosols (time, aerosol) at an inlet humidity (time,), (time, column)."""
    top = -np.log1p(-HUMIDITY_CAP)
    place = -np.log1p(-np.clip(humidity, 0.0, HUMIDITY_CAP)) * ((N_NODES - 1) / top)
    return weigh(mass_ug_m3, np.minimum(place, N_NODES - 1.0), table)
