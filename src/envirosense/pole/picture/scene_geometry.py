"""Rays of a pinhole camera and where they meet simple bodies; east-north-up metres.

A primitive answers a bundle of rays from one origin with the distance to its first hit (infinite where it
misses) and the number of its own component that was hit.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

type Doubles = npt.NDArray[np.float64]
type Numbers = npt.NDArray[np.int64]
type Point = tuple[float, float, float]

_GRAZING = 1e-12  # below this a ray is parallel to a surface


class Primitive(Protocol):
    """A body of the scene, split into named components."""

    @property
    def components(self) -> tuple[str, ...]:
        """Names of its components."""
        ...

    @property
    def bounding_sphere(self) -> tuple[Doubles, float]:
        """Centre (3,) and radius [m] of a sphere around it; the radius may be infinite."""
        ...

    def hit(self, origin_m: Doubles, directions: Doubles) -> tuple[Doubles, Numbers]:
        """Distance [m] and own component number of each ray's first hit, (ray,) each."""
        ...


@dataclass(frozen=True, slots=True)
class PinholeCamera:
    """Where a camera stands and looks; angles in degrees, azimuth clockwise from north."""

    position_m: Point
    azimuth_deg: float
    elevation_deg: float  # of the optical axis, negative looks down
    horizontal_view_deg: float = 50.0  # [Lepton2014]
    rows: int = 60
    columns: int = 80
    blur_px: float = 0.45  # Gaussian equal to diffraction and aberration of an f/1.1 doublet # assumed

    @property
    def focal_px(self) -> float:
        """Focal length in pixels."""
        return 0.5 * self.columns / float(np.tan(np.radians(self.horizontal_view_deg) / 2))

    @property
    def basis(self) -> Doubles:
        """Unit vectors right, up, forward, (3, 3)."""
        azimuth, elevation = np.radians([self.azimuth_deg, self.elevation_deg])
        sa, ca, se, ce = np.sin(azimuth), np.cos(azimuth), np.sin(elevation), np.cos(elevation)
        return np.array([[ca, -sa, 0.0], [-sa * se, -ca * se, ce], [sa * ce, ca * ce, se]])

    def towards(self, row: Doubles, column: Doubles) -> Doubles:
        """Unit directions to places of the image, (place, 3); pixel centres are whole numbers."""
        right, up, forward = self.basis
        x, y = column - 0.5 * (self.columns - 1), 0.5 * (self.rows - 1) - row
        ray = x[:, None] * right + y[:, None] * up + self.focal_px * forward
        return np.asarray(ray / np.linalg.norm(ray, axis=1, keepdims=True))

    def rays(self, supersampling: int) -> Doubles:
        """Unit directions, (pixel * supersampling**2, 3); the sub-rays of a pixel are neighbours."""
        sub = (np.arange(supersampling) + 0.5) / supersampling - 0.5
        row = np.arange(self.rows)[:, None, None, None] + sub[:, None]
        column = np.arange(self.columns)[None, :, None, None] + sub
        row, column = np.broadcast_arrays(row, column)
        return self.towards(row.reshape(-1), column.reshape(-1))

    def project(self, directions: Doubles) -> tuple[Doubles, Doubles]:
        """Row and column of each direction (n, 3) [px]; NaN where it lies behind or outside the image."""
        right, up, forward = (directions @ axis for axis in self.basis)
        depth = np.where(forward > 0.0, forward, np.nan)
        row = 0.5 * (self.rows - 1) - self.focal_px * up / depth
        column = 0.5 * (self.columns - 1) + self.focal_px * right / depth
        is_inside = (np.abs(row - 0.5 * (self.rows - 1)) <= 0.5 * self.rows) & (
            np.abs(column - 0.5 * (self.columns - 1)) <= 0.5 * self.columns
        )
        return np.where(is_inside, row, np.nan), np.where(is_inside, column, np.nan)


def direction(azimuth_rad: Doubles, elevation_rad: Doubles) -> Doubles:
    """Unit vectors to azimuth (clockwise from north) and elevation, (n, 3), for example to the sun."""
    horizontal = np.cos(elevation_rad)
    east, north = horizontal * np.sin(azimuth_rad), horizontal * np.cos(azimuth_rad)
    return np.stack([east, north, np.sin(elevation_rad)], axis=-1)


@dataclass(frozen=True, slots=True)
class Cylinder:
    """Closed cylinder between two points; components by place along the axis and side of the surface.

    Facets count clockwise from north seen from above for an upright cylinder; their centres face
    north, east, south, west for four. Names: `name`, `name/segment`, `name/segment/facet`.
    """

    name: str
    start_m: Point
    end_m: Point
    radius_m: float
    segments: int = 1
    facets: int = 1

    @property
    def components(self) -> tuple[str, ...]:
        """Names of its components, segment by segment from the start."""
        if self.segments == 1 and self.facets == 1:
            return (self.name,)
        if self.facets == 1:
            return tuple(f"{self.name}/{i}" for i in range(self.segments))
        return tuple(f"{self.name}/{i}/{j}" for i in range(self.segments) for j in range(self.facets))

    @property
    def bounding_sphere(self) -> tuple[Doubles, float]:
        """Sphere through both end discs."""
        start, end = np.array(self.start_m), np.array(self.end_m)
        return 0.5 * (start + end), float(np.hypot(0.5 * np.linalg.norm(end - start), self.radius_m))

    def hit(self, origin_m: Doubles, directions: Doubles) -> tuple[Doubles, Numbers]:
        """First hit of the mantle or an end disc."""
        start, end = np.array(self.start_m), np.array(self.end_m)
        length = float(np.linalg.norm(end - start))
        axis = (end - start) / length
        to_start = origin_m - start
        along, offset = directions @ axis, float(to_start @ axis)
        base, radial = to_start - offset * axis, np.empty_like(directions)
        for i in range(3):  # axis by axis: rows of three cost more
            radial[:, i] = directions[:, i] - along * axis[i]
        near, far = _roots(_squared(radial), radial @ base, float(base @ base) - self.radius_m**2)
        into, out_of = _slab(offset, along, 0.0, length)
        enters = np.maximum(near, into)
        is_hit = (enters < np.minimum(far, out_of)) & (enters > 0.0)
        distance = np.where(is_hit, enters, np.inf)
        enters = np.where(is_hit, enters, 0.0)
        height = np.clip(offset + enters * along, 0.0, length * (1 - 1e-12))
        segment = (height / length * self.segments).astype(np.int64)
        return distance, segment * self.facets + self._facet(base + enters[:, None] * radial, axis)

    def _facet(self, outward: Doubles, axis: Doubles) -> Numbers:
        if self.facets == 1:
            return np.zeros(outward.shape[0], np.int64)
        pole = np.array([0.0, 1.0, 0.0]) if abs(axis[1]) < 0.9 else np.array([0.0, 0.0, 1.0])
        first = pole - (pole @ axis) * axis
        second = np.cross(first, axis)
        turn = np.arctan2(outward @ second, outward @ first) / (2 * np.pi)
        return np.mod(np.floor(turn * self.facets + 0.5), self.facets).astype(np.int64)


@dataclass(frozen=True, slots=True)
class Ellipsoid:
    """Ellipsoid with axes along east, north, up."""

    name: str
    centre_m: Point
    semi_axes_m: Point

    @property
    def components(self) -> tuple[str, ...]:
        """Its own name."""
        return (self.name,)

    @property
    def bounding_sphere(self) -> tuple[Doubles, float]:
        """Sphere of the longest axis."""
        return np.array(self.centre_m), max(self.semi_axes_m)

    def hit(self, origin_m: Doubles, directions: Doubles) -> tuple[Doubles, Numbers]:
        """First hit of the surface from outside."""
        scale = 1.0 / np.array(self.semi_axes_m)
        base, ray = (origin_m - np.array(self.centre_m)) * scale, directions * scale
        near, far = _roots(_squared(ray), ray @ base, float(base @ base) - 1.0)
        is_hit = (near < far) & (near > 0.0)
        return np.where(is_hit, near, np.inf), np.zeros(near.size, np.int64)


@dataclass(frozen=True, slots=True)
class Box:
    """Box turned about the vertical; components by height band from the bottom, `name/band`."""

    name: str
    centre_m: Point
    half_size_m: Point
    yaw_deg: float = 0.0  # clockwise
    bands: int = 1

    @property
    def components(self) -> tuple[str, ...]:
        """Names of its components from the bottom."""
        return (self.name,) if self.bands == 1 else tuple(f"{self.name}/{i}" for i in range(self.bands))

    @property
    def bounding_sphere(self) -> tuple[Doubles, float]:
        """Sphere through the corners."""
        return np.array(self.centre_m), float(np.linalg.norm(self.half_size_m))

    def hit(self, origin_m: Doubles, directions: Doubles) -> tuple[Doubles, Numbers]:
        """First hit of the surface from outside."""
        yaw = np.radians(self.yaw_deg)
        turn = np.array([[np.cos(yaw), -np.sin(yaw), 0], [np.sin(yaw), np.cos(yaw), 0], [0, 0, 1]])
        base, ray = turn @ (origin_m - np.array(self.centre_m)), directions @ turn.T
        slabs = [_slab(base[i], ray[:, i], -self.half_size_m[i], self.half_size_m[i]) for i in range(3)]
        near = np.max([slab[0] for slab in slabs], axis=0)
        far = np.min([slab[1] for slab in slabs], axis=0)
        is_hit = (near < far) & (near > 0.0)
        height = np.where(is_hit, base[2] + np.where(is_hit, near, 0.0) * ray[:, 2], 0.0)
        share = (height + self.half_size_m[2]) / (2 * self.half_size_m[2])
        band = np.clip((share * self.bands).astype(np.int64), 0, self.bands - 1)
        return np.where(is_hit, near, np.inf), band


@dataclass(frozen=True, slots=True)
class Ground:
    """Level ground; components by horizontal distance from the camera, `name/band`, nearest first."""

    name: str = "ground"
    height_m: float = 0.0
    band_edges_m: tuple[float, ...] = (10.0, 40.0)

    @property
    def components(self) -> tuple[str, ...]:
        """Names of its range bands."""
        return tuple(f"{self.name}/{i}" for i in range(len(self.band_edges_m) + 1))

    @property
    def bounding_sphere(self) -> tuple[Doubles, float]:
        """No sphere holds a plane."""
        return np.zeros(3), np.inf

    def hit(self, origin_m: Doubles, directions: Doubles) -> tuple[Doubles, Numbers]:
        """Where rays that look down meet the plane."""
        is_hit = directions[:, 2] < -_GRAZING
        fall = np.where(is_hit, directions[:, 2], -1.0)
        distance = np.where(is_hit, (self.height_m - origin_m[2]) / fall, np.inf)
        horizontal_m = np.where(is_hit, distance * np.hypot(directions[:, 0], directions[:, 1]), 0.0)
        return distance, np.searchsorted(np.array(self.band_edges_m), horizontal_m, side="right")


def _squared(vectors: Doubles) -> Doubles:
    """Square of the length of each of (n, 3) vectors."""
    x, y, z = vectors.T
    return np.asarray(x * x + y * y + z * z)


def _roots(a: Doubles, half_b: Doubles, c: float) -> tuple[Doubles, Doubles]:
    """Interval where a t^2 + 2 half_b t + c < 0; (inf, -inf) without one, all t for a ray kept inside."""
    discriminant = half_b**2 - a * c
    is_parallel = a < _GRAZING
    safe_a = np.where(is_parallel, 1.0, a)
    root = np.sqrt(np.maximum(discriminant, 0.0))
    is_empty = discriminant <= 0.0
    near = np.where(is_empty, np.inf, (-half_b - root) / safe_a)
    far = np.where(is_empty, -np.inf, (-half_b + root) / safe_a)
    everywhere = np.inf if c < 0.0 else -np.inf
    return np.where(is_parallel, -everywhere, near), np.where(is_parallel, everywhere, far)


def _slab(offset: float, along: Doubles, low: float, high: float) -> tuple[Doubles, Doubles]:
    """Interval where low < offset + t along < high."""
    is_parallel = np.abs(along) < _GRAZING
    safe = np.where(is_parallel, 1.0, along)
    first, second = (low - offset) / safe, (high - offset) / safe
    reach = np.inf if low < offset < high else -np.inf
    near = np.where(is_parallel, -reach, np.minimum(first, second))
    return near, np.where(is_parallel, reach, np.maximum(first, second))
