"""Wind over terrain and around buildings: the smallest change of a first guess that conserves mass.

Minimises the integral of a1^2 (du^2 + dv^2) + a2^2 dw^2 under div u = 0 [Sherman1978] (from memory).
The multiplier obeys a Poisson equation; velocities live on the faces of the cells, the multiplier in
them, so that the divergence of the result vanishes to rounding. Lee eddies and drag are not part of it.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from envirosense.physics.air.airflow import wind_speed_m_s

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

type Array = npt.NDArray[np.float64]
type Cells = npt.NDArray[np.bool_]

RESIDUAL: Final = 1e-12  # of the divergence, over that of the first guess
MOST_STEPS: Final = 5000  # of the solver; a box of n cells a side needs about 4 n


@dataclass(frozen=True, slots=True)
class FaceWind:
    """Velocities through the faces of (nx, ny, nz) cells [m/s]: east, north, up."""

    u: Array  # (nx + 1, ny, nz)
    v: Array  # (nx, ny + 1, nz)
    w: Array  # (nx, ny, nz + 1)

    def centres_m_s(self) -> Array:
        """Wind in the middle of the cells, (nx, ny, nz, 3) [m/s]."""
        parts = [
            0.5 * (np.take(f, range(1, f.shape[k]), k) + np.take(f, range(f.shape[k] - 1), k))
            for k, f in enumerate((self.u, self.v, self.w))
        ]
        return np.stack(parts, axis=-1)


def divergence_per_s(wind: FaceWind, spacing_m: tuple[float, float, float]) -> Array:
    """Divergence of each cell, (nx, ny, nz) [1/s]."""
    parts = [np.diff(f, axis=k) / spacing_m[k] for k, f in enumerate((wind.u, wind.v, wind.w))]
    return np.asarray(parts[0] + parts[1] + parts[2])


def uniform_profile_wind(
    solid: Cells, spacing_m: tuple[float, float, float], speed_m_s: Array, toward_rad: float
) -> FaceWind:
    """First guess: one profile (nz,) everywhere, blowing towards a bearing clockwise from north."""
    nx, ny, nz = solid.shape
    if speed_m_s.shape != (nz,) or min(spacing_m) <= 0.0:
        raise ValueError(f"give one speed per layer ({nz}) and cell sizes above zero")
    u = np.broadcast_to(speed_m_s * np.sin(toward_rad), (nx + 1, ny, nz)).copy()
    v = np.broadcast_to(speed_m_s * np.cos(toward_rad), (nx, ny + 1, nz)).copy()
    return FaceWind(u, v, np.zeros((nx, ny, nz + 1)))


def mass_consistent_wind(
    first: FaceWind,
    solid: Cells,
    spacing_m: tuple[float, float, float],
    vertical_ratio: float = 1.0,
) -> FaceWind:
    """Wind without divergence nearest to the first guess; nothing passes a solid face or the ground.

    Args:
        first: First guess.
        solid: Cells filled by ground or buildings, (nx, ny, nz).
        spacing_m: Size of a cell east, north, up.
        vertical_ratio: a1/a2; below 1 the flow rather goes around (stable air), above 1 over.
    """
    from scipy.sparse.linalg import cg

    if vertical_ratio <= 0.0:
        raise ValueError(f"vertical_ratio={vertical_ratio!r}: must be above zero")
    open_faces = _open_faces(solid)
    blocked = [np.where(o, f, 0.0) for o, f in zip(open_faces, (first.u, first.v, first.w), strict=True)]
    source = -divergence_per_s(FaceWind(*blocked), spacing_m)[~solid]
    if not source.any():
        return FaceWind(*blocked)
    matrix = _poisson(solid, open_faces, spacing_m, vertical_ratio)
    multiplier = np.zeros(solid.shape)
    multiplier[~solid], unsolved = cg(matrix, source, rtol=RESIDUAL, atol=0.0, maxiter=MOST_STEPS)
    if unsolved:
        raise ValueError("the wind around these obstacles did not converge; open a side or coarsen the grid")
    stiffness = (1.0, 1.0, vertical_ratio**2)
    corrected = [
        f - np.where(o, s * np.diff(np.pad(multiplier, _both_ends(k)), axis=k) / h, 0.0)
        for k, (f, o, s, h) in enumerate(zip(blocked, open_faces, stiffness, spacing_m, strict=True))
    ]
    return FaceWind(*corrected)


def terrain_wind(
    solid: Cells,
    spacing_m: tuple[float, float, float],
    friction_velocity_m_s: float,
    inv_obukhov_per_m: float,
    roughness_m: float,
    toward_rad: float,
    vertical_ratio: float = 1.0,
) -> FaceWind:
    """Surface-layer profile over flat ground, adjusted to the obstacles."""
    middle_m = (np.arange(solid.shape[2], dtype=np.float64) + 0.5) * spacing_m[2]
    speed = wind_speed_m_s(middle_m, friction_velocity_m_s, inv_obukhov_per_m, roughness_m)
    first = uniform_profile_wind(solid, spacing_m, speed, toward_rad)
    return mass_consistent_wind(first, solid, spacing_m, vertical_ratio)


def speed_up(wind: FaceWind, first: FaceWind) -> Array:
    """Horizontal speed over that of the first guess, (nx, ny, nz) [1]."""
    here, there = (np.hypot(*np.moveaxis(w.centres_m_s()[..., :2], -1, 0)) for w in (wind, first))
    return np.asarray(here / np.maximum(there, 1e-12))


def _both_ends(axis: int) -> tuple[tuple[int, int], ...]:
    """Padding of one cell on both ends of an axis."""
    return tuple((1, 1) if k == axis else (0, 0) for k in range(3))


def _open_faces(solid: Cells) -> list[Cells]:
    """Faces that air may pass, as the fields of `FaceWind`: open at the sides and the top."""
    air = ~solid
    faces = []
    for axis in range(3):
        padded = np.pad(air, _both_ends(axis), mode="edge")
        low = np.take(padded, range(padded.shape[axis] - 1), axis)
        high = np.take(padded, range(1, padded.shape[axis]), axis)
        faces.append(low & high)
    faces[2][:, :, 0] = False
    return faces


def _poisson(
    solid: Cells, open_faces: list[Cells], spacing_m: tuple[float, float, float], vertical_ratio: float
) -> "csr_matrix":
    """Minus the Laplacian over the cells of air; the multiplier is zero beyond the open sides."""
    from scipy.sparse import coo_matrix, csr_matrix

    number = np.full(solid.shape, -1)
    number[~solid] = np.arange(np.count_nonzero(~solid))
    size = int(number.max()) + 1
    diagonal = np.zeros(solid.shape)
    rows, columns, values = [], [], []
    for axis, weight in enumerate((1.0, 1.0, vertical_ratio**2)):
        strength = weight / spacing_m[axis] ** 2
        face = open_faces[axis]
        n = face.shape[axis]
        low, high = (np.take(face, r, axis) for r in (range(n - 1), range(1, n)))
        diagonal += strength * (low.astype(np.float64) + high)
        inner = np.take(face, range(1, n - 1), axis)
        left = np.take(number, range(n - 2), axis)[inner]
        right = np.take(number, range(1, n - 1), axis)[inner]
        rows += [left, right]
        columns += [right, left]
        values += [np.full(2 * left.size, -strength)]
    cells = np.arange(size)
    entries = np.concatenate([*values, diagonal[~solid]])
    at = (np.concatenate([*rows, cells]), np.concatenate([*columns, cells]))
    return csr_matrix(coo_matrix((entries, at), shape=(size, size)))
