"""Patchwork of surfaces: which kind of a material each spot of a body is.

A body is split by a fixed random field in space, so that soil shows dry and moist patches, wood its grain
and cracks, a crown its lit leaves, shaded leaves and gaps. Each kind is a component of the scene.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from envirosense.pole.picture.scene_geometry import Doubles, Numbers, Point, Primitive

GAP = "gap"  # kind through which rays pass
_PRIMES = np.array([73856093, 19349663, 83492791], dtype=np.uint64)  # common spatial hash (from memory)
_MIX = 0x9E3779B97F4A7C15  # golden ratio, spreads neighbouring seeds


@dataclass(frozen=True, slots=True)
class Patches:
    """Kinds of a material with their shares, and the size of the patches along each axis."""

    kinds: tuple[str, ...]
    shares: tuple[float, ...]  # of the surface; sums to 1
    size_m: Point  # largest patches, along east, north, up
    seed: int
    octaves: int = 4  # each half the size and 0.7 of the height of the one before

    def kind_at(self, points_m: Doubles) -> Numbers:
        """Number of the kind at each point, (point,)."""
        values = self._field(points_m)
        return np.searchsorted(np.cumsum(self.shares)[:-1], values, side="right").astype(np.int64)

    def _field(self, points_m: Doubles) -> Doubles:
        """Random field with a nearly uniform distribution over 0..1, (point,)."""
        from scipy.special import ndtr

        scaled = points_m / np.array(self.size_m)
        total, power = np.zeros(points_m.shape[0]), 0.0
        for octave in range(self.octaves):
            height = 0.7**octave
            total += height * _value_noise(scaled * 2.0**octave, self.seed + 7919 * octave)
            power += height**2
        return np.asarray(ndtr(total / np.sqrt(power * _NOISE_VARIANCE)))


_NOISE_VARIANCE = (1.0 / 12.0) * (26.0 / 35.0) ** 3  # uniform corners under smooth weights in three axes


def _value_noise(points: Doubles, seed: int) -> Doubles:
    """Smooth field with a random value at each whole point of space, (point,), mean 0."""
    keys, weights = [], []  # of each axis, for the lower and the upper corner
    for axis, prime in zip(points.T, _PRIMES, strict=True):  # axis by axis: rows of three cost more
        base = np.floor(axis)
        part = axis - base
        ease = part * part * (3.0 - 2.0 * part)
        corner = base.astype(np.int64)
        keys.append([(corner + step).astype(np.uint64) * prime for step in (0, 1)])
        weights.append([1.0 - ease, ease])
    offset = np.uint64(seed * _MIX % 2**64)
    out = np.zeros(points.shape[0])
    for i in range(8):
        east, north, up = i & 1, (i >> 1) & 1, (i >> 2) & 1
        weight = weights[0][east] * weights[1][north] * weights[2][up]
        weight *= _hashed(keys[0][east] + keys[1][north] + keys[2][up] + offset)
        out += weight
    return out


def _hashed(x: npt.NDArray[np.uint64]) -> Doubles:
    """Random number of each key, uniform over -0.5..0.5; `x` is used up."""
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):  # splitmix64 (from memory)
        x ^= x >> np.uint64(shift)
        x *= np.uint64(factor)
    x ^= x >> np.uint64(31)
    value = (x >> np.uint64(11)).astype(np.float64)
    value *= 2.0**-53
    value -= 0.5
    return value


@dataclass(frozen=True, slots=True)
class Textured:
    """A body whose surface is a patchwork; components are `component~kind`, without gaps."""

    body: Primitive
    patches: Patches

    @property
    def components(self) -> tuple[str, ...]:
        """Kinds of the first component, of the second and so on."""
        return tuple(f"{name}~{kind}" for name in self.body.components for kind in self._solid)

    @property
    def bounding_sphere(self) -> tuple[Doubles, float]:
        """That of the body."""
        return self.body.bounding_sphere

    @property
    def _solid(self) -> tuple[str, ...]:
        return tuple(kind for kind in self.patches.kinds if kind != GAP)

    def hit(self, origin_m: Doubles, directions: Doubles) -> tuple[Doubles, Numbers]:
        """First hit of the body's surface, none where it has a gap."""
        distance, own = self.body.hit(origin_m, directions)
        is_hit = np.isfinite(distance)
        points = origin_m + directions[is_hit] * distance[is_hit, None]
        solid = np.array([self._solid.index(k) if k != GAP else -1 for k in self.patches.kinds])
        kind = np.full(distance.size, -1)
        kind[is_hit] = solid[self.patches.kind_at(points)]
        component = own * len(self._solid) + np.maximum(kind, 0)
        return np.where(kind >= 0, distance, np.inf), component
