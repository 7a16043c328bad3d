"""Gas in an enclosed space: the well-mixed box, and diffusion between voxels of a room.

Both solve their equations exactly over a step in which sources and flows are constant, so no step is too
long. Voxels have no-flux walls: the discrete Laplacian of a rectangular room is diagonal in cosines, which
conserves mass, keeps concentrations non-negative and is second order in the voxel. The mean of the room is
the well-mixed box.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

type Array = npt.NDArray[np.float64]
type Size = tuple[float, float, float]


def well_mixed_g_m3(
    emission_g_s: Array,
    outdoor_g_m3: float | Array,
    volume_m3: float,
    airflow_m3_s: float,
    dt_s: float,
    start_g_m3: float = 0.0,
    loss_per_s: float = 0.0,
) -> Array:
    """Concentration in a well-mixed box at the ends of the steps, (time,) [g/m3].

    V dC/dt = E + Q (C_out - C) - k V C, exact for inputs that are constant over a step.

    Raises:
        ValueError: if the volume is not positive or a rate is negative.
    """
    from scipy.signal import lfilter

    if not volume_m3 > 0.0 or airflow_m3_s < 0.0 or loss_per_s < 0.0:
        raise ValueError("volume_m3 must be above 0, airflow_m3_s and loss_per_s at least 0")
    rate_per_s = airflow_m3_s / volume_m3 + loss_per_s
    inflow = (np.asarray(emission_g_s) + airflow_m3_s * np.asarray(outdoor_g_m3)) / volume_m3
    kept, gained_s = np.exp(-rate_per_s * dt_s), float(_gain_s(np.array(rate_per_s), dt_s))
    concentration, _ = lfilter([gained_s], [1.0, -kept], inflow, zi=[kept * start_g_m3])
    return np.asarray(concentration)


def _gain_s(rate_per_s: Array, dt_s: float) -> Array:
    """Time for which a constant source counts, (1 - exp(-rate dt)) / rate, same shape [s]."""
    small = rate_per_s * dt_s < 1e-12
    safe = np.where(small, 1.0, rate_per_s)
    return np.asarray(np.where(small, dt_s, -np.expm1(-safe * dt_s) / safe))


@dataclass(frozen=True, slots=True)
class Room:
    """Rectangular room cut into equal voxels; one corner is the origin."""

    size_m: Size
    voxels: tuple[int, int, int]

    def __post_init__(self) -> None:
        """Refuse a room without volume or voxels."""
        if min(self.size_m) <= 0.0 or min(self.voxels) < 1:
            raise ValueError(f"size_m {self.size_m} and voxels {self.voxels} must be above 0")

    @property
    def spacing_m(self) -> Size:
        """Edges of a voxel [m]."""
        x, y, z = (length / n for length, n in zip(self.size_m, self.voxels, strict=True))
        return x, y, z

    @property
    def voxel_m3(self) -> float:
        """Volume of a voxel [m3]."""
        return float(np.prod(self.spacing_m))

    def centres_m(self) -> tuple[Array, Array, Array]:
        """Centres of the voxels along each edge [m]."""
        x, y, z = (
            np.asarray((np.arange(n, dtype=np.float64) + 0.5) * step)
            for n, step in zip(self.voxels, self.spacing_m, strict=True)
        )
        return x, y, z

    def voxel_of(self, at_m: Size) -> tuple[int, int, int]:
        """Voxel that holds a point.

        Raises:
            ValueError: if the point lies outside the room.
        """
        if any(not 0.0 <= value <= length for value, length in zip(at_m, self.size_m, strict=True)):
            raise ValueError(f"at_m {at_m} lies outside a room of {self.size_m} m")
        i, j, k = (
            min(int(value / step), n - 1)
            for value, step, n in zip(at_m, self.spacing_m, self.voxels, strict=True)
        )
        return i, j, k


def diffused_g_m3(
    room: Room,
    concentration_g_m3: Array,
    diffusivity_m2_s: float | Size,
    dt_s: float,
    emission_g_s: Array | None = None,
    exchange_per_s: float = 0.0,
    outdoor_g_m3: float = 0.0,
) -> Array:
    """Concentration in every voxel after a step, shape of the room [g/m3].

    Eddy diffusion between the voxels, emission inside them, and exchange of air with the outside at the same
    rate everywhere.

    Args:
        room: Size and voxels.
        concentration_g_m3: Before the step, shape of the room.
        diffusivity_m2_s: One eddy diffusivity, or one along each edge.
        dt_s: Length of the step, any.
        emission_g_s: Into each voxel, constant over the step; none if left out.
        exchange_per_s: Air changes.
        outdoor_g_m3: Concentration of the air that comes in.
    """
    from scipy import fft

    along = np.broadcast_to(np.asarray(diffusivity_m2_s, dtype=np.float64), 3)
    if np.any(along < 0.0) or exchange_per_s < 0.0 or dt_s < 0.0:
        raise ValueError("diffusivity_m2_s, exchange_per_s and dt_s must be at least 0")
    rate_per_s = _decay_per_s(room, along) + exchange_per_s
    source = np.full(room.voxels, exchange_per_s * outdoor_g_m3)
    if emission_g_s is not None:
        source = source + emission_g_s / room.voxel_m3
    waves = fft.dctn(np.asarray(concentration_g_m3, dtype=np.float64), norm="ortho") * np.exp(
        -rate_per_s * dt_s
    )
    waves += fft.dctn(source, norm="ortho") * _gain_s(rate_per_s, dt_s)
    return np.asarray(fft.idctn(waves, norm="ortho"))


def _decay_per_s(room: Room, diffusivity_m2_s: Array) -> Array:
    """Eigenvalue of each cosine under the discrete Laplacian, shape of the room [1/s]."""
    total = np.zeros(room.voxels)
    for axis, (n, step) in enumerate(zip(room.voxels, room.spacing_m, strict=True)):
        mode = 4.0 / step**2 * np.sin(0.5 * np.pi * np.arange(n) / n) ** 2
        total += diffusivity_m2_s[axis] * mode.reshape([-1 if a == axis else 1 for a in range(3)])
    return total
