"""Magnetic and electric fields of long parallel wires over ground, quasi-static.

Positions lie in the plane across the line: `across` to the right of the line's direction, `up` from the
ground. Currents are positive along the line. Both fields are linear in their phasors, so each is a geometry
matrix, computed once for a point, times wire currents or voltages over time. Phasors are rms throughout.

Currents induced in the earth flow some 600 m down at 60 Hz and 100 ohm m; their field near a pole is left
out. The ground is a perfect conductor for the electric field. Wires are straight, level and endless.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

type Floats = npt.NDArray[np.float64]
type Phasors = npt.NDArray[np.complex128]

PERMEABILITY_H_M: Final = 1.25663706212e-6  # of vacuum [CODATA2018]
_FIELD_T_M_A: Final = PERMEABILITY_H_M / (2.0 * np.pi)  # field of one wire times distance over current
_NEAREST_M: Final = 1e-9  # keeps the direction of a point on a wire's axis defined as zero


@dataclass(frozen=True, slots=True)
class Wires:
    """Parallel round wires; each array is (wire,)."""

    across_m: Floats
    up_m: Floats
    radius_m: Floats

    def __post_init__(self) -> None:
        if not self.across_m.shape == self.up_m.shape == self.radius_m.shape or self.up_m.ndim != 1:
            raise ValueError("across_m, up_m and radius_m need one value per wire each")
        if not (np.all(self.radius_m > 0.0) and np.all(self.up_m > self.radius_m)):
            raise ValueError("every wire needs a radius above zero and must hang clear of the ground")


@dataclass(frozen=True, slots=True)
class Ellipse:
    """Ellipse that the tip of a field turns on; arrays follow the field's leading axes."""

    major: Floats  # rms along the long axis, unit of the field
    minor: Floats  # rms along the short axis; 0 for a field that keeps to one line
    axis: Floats  # unit vector of the long axis, (..., 3); its sign means nothing

    @property
    def ellipticity(self) -> Floats:
        """Short over long axis, 0 (line) to 1 (circle); 0 where there is no field."""
        return np.asarray(self.minor / np.where(self.major > 0.0, self.major, 1.0))


def magnetic_geometry_t_a(wires: Wires, across_m: npt.ArrayLike, up_m: npt.ArrayLike) -> Floats:
    """Field per ampere in each wire, (..., axis, wire) [T/A], axes across and up.

    B = mu0 I / (2 pi r), at right angles to the way from the wire. Inside a wire the field is held at
    the value of its surface.
    """
    ways_m, inverse_m2 = _ways(wires, across_m, up_m)
    turned = np.stack([ways_m[..., 1, :], -ways_m[..., 0, :]], axis=-2)
    return np.asarray(_FIELD_T_M_A * turned * inverse_m2[..., None, :])


def magnetic_gradient_t_a_m(wires: Wires, across_m: npt.ArrayLike, up_m: npt.ArrayLike) -> Floats:
    """Change of `magnetic_geometry_t_a` per metre that a wire moves, (..., axis, move, wire) [T/A/m].

    `move` is across and up. For a whole wire displaced in parallel, outside the wires.
    """
    ways_m, inverse_m2 = _ways(wires, across_m, up_m)
    x, y = ways_m[..., 0, :], ways_m[..., 1, :]
    same, cross = 2.0 * x * y, y * y - x * x
    rows = [np.stack([same, cross], axis=-2), np.stack([cross, -same], axis=-2)]
    return np.asarray(_FIELD_T_M_A * np.stack(rows, axis=-3) * np.square(inverse_m2)[..., None, None, :])


def kink_directions(wires: Wires, across_m: npt.ArrayLike, up_m: npt.ArrayLike) -> Floats:
    """Unit vectors from each wire to the point, (..., axis, wire); zero on a wire's axis.

    A wire that is held at the pole and bends away from there on both sides with a small slope `s` has, in
    the pole's plane, the field of the straight wire times 1 + s . direction: exact to first order in s, from
    the integral of Biot and Savart over both halves. Only its strength changes, not its direction.
    """
    ways_m, _ = _ways(wires, across_m, up_m)
    distance_m = np.maximum(np.hypot(ways_m[..., 0, :], ways_m[..., 1, :]), _NEAREST_M)
    return np.asarray(ways_m / distance_m[..., None, :])


def potential_coefficients(wires: Wires) -> Floats:
    """Maxwell's potential coefficients times 2 pi eps0, (wire, wire) [1].

    ln(2 h / r) on the diagonal, ln(distance to the image / distance) beside it.
    """
    apart_m = wires.across_m[:, None] - wires.across_m
    direct_m = np.hypot(apart_m, wires.up_m[:, None] - wires.up_m)
    image_m = np.hypot(apart_m, wires.up_m[:, None] + wires.up_m)
    np.fill_diagonal(direct_m, wires.radius_m)
    if np.any(direct_m <= 0.0):
        raise ValueError("two wires are at one place")
    return np.asarray(np.log(image_m / direct_m))


def electric_geometry_per_m(wires: Wires, across_m: npt.ArrayLike, up_m: npt.ArrayLike) -> Floats:
    """Field per volt on each wire, (..., axis, wire) [1/m], axes across and up.

    Charges follow from the potential coefficients, images make the ground's surface a conductor. A grounded
    or dead wire has zero volts and still shapes the field. Points below ground are taken at its surface,
    points inside a wire at that of the wire.
    """
    height_m = np.maximum(np.asarray(up_m, np.float64), 0.0)
    ways_m, inverse_m2 = _ways(wires, across_m, height_m)
    image_ways_m, image_inverse_m2 = _ways(wires, across_m, -height_m)
    image_ways_m = image_ways_m * np.array([[1.0], [-1.0]])  # seen from the image, up is turned over
    per_charge = ways_m * inverse_m2[..., None, :] - image_ways_m * image_inverse_m2[..., None, :]
    return np.asarray(per_charge @ np.linalg.inv(potential_coefficients(wires)))


def surface_gradient_v_m(wires: Wires, voltage_v: npt.ArrayLike) -> Floats:
    """Field at the surface of each wire, its mean around the wire, (..., wire) [V/m] rms.

    Args:
        wires: the line.
        voltage_v: rms phasors to ground, (..., wire).
    """
    charge = np.asarray(voltage_v) @ np.linalg.inv(potential_coefficients(wires)).T
    return np.asarray(np.abs(charge) / wires.radius_m)


def polarisation_ellipse(field: Phasors) -> Ellipse:
    """Axes of the ellipse of a field whose rms phasors are (..., 3).

    With s = B . B (not conjugated), the squares of the axes are (|B|^2 +- |s|) / 2 and the long one is the
    real part of B turned back by half the phase of s.
    """
    total = np.sum(np.abs(field) ** 2, axis=-1)
    s = np.sum(field * field, axis=-1)
    turned = np.real(field * np.exp(-0.5j * np.angle(s))[..., None])
    length = np.linalg.norm(turned, axis=-1)
    axis = turned / np.where(length > 0.0, length, 1.0)[..., None]
    minor_squared = np.maximum(total - np.abs(s), 0.0) / 2.0
    return Ellipse(np.sqrt((total + np.abs(s)) / 2.0), np.sqrt(minor_squared), axis)


def resultant(field: Phasors) -> Floats:
    """Root of the sum of squares of the axes, rms, leading axes of (..., axis), unit of the field."""
    return np.asarray(np.sqrt(np.sum(np.abs(field) ** 2, axis=-1)))


def _ways(wires: Wires, across_m: npt.ArrayLike, up_m: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Ways from wires to points (..., axis, wire) [m] and inverse squared distances (..., wire) [1/m2]."""
    across, up = np.broadcast_arrays(np.asarray(across_m, np.float64), np.asarray(up_m, np.float64))
    ways_m = np.stack([across[..., None] - wires.across_m, up[..., None] - wires.up_m], axis=-2)
    distance_m = np.maximum(np.hypot(ways_m[..., 0, :], ways_m[..., 1, :]), _NEAREST_M)
    return ways_m, 1.0 / (distance_m * np.maximum(distance_m, wires.radius_m))
