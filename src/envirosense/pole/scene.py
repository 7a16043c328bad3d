"""Coverage of camera pixels by scene components.

Built once per scene and pose: rays through every pixel find the nearest body, the shares are blurred by the
optics, and from then on an image is a weighted sum of component radiances. Shares of one pixel sum to 1.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from envirosense.pole.scene_geometry import Doubles, Numbers, PinholeCamera, Primitive

# Bands of sky, fine enough that no contour of them shows: neighbours differ by less than 3 K # assumed
SKY_EDGES_DEG = (
    *(edge / 2.0 for edge in range(1, 20)),
    *(float(edge) for edge in range(10, 20)),
    *(float(edge) for edge in range(20, 90, 2)),
)
BLUR_PX = 0.45  # Gaussian equal to diffraction and aberration of an f/1.1 doublet # assumed
BLUR_REACH_PX = 3  # 6.7 sigma: what is cut off is below 1e-8
LEAST_SHARE = 1e-4  # smaller shares are dropped (a 100 K contrast leaves 10 mK) and the rest rescaled


@dataclass(frozen=True, slots=True)
class Scene:
    """Bodies around a camera; the sky is always there."""

    primitives: tuple[Primitive, ...]

    @property
    def components(self) -> tuple[str, ...]:
        """Names of all components: bodies in order, then `sky/0` at the horizon and so on to the zenith."""
        bodies = tuple(name for primitive in self.primitives for name in primitive.components)
        return bodies + tuple(f"sky/{band}" for band in range(len(SKY_EDGES_DEG) + 1))


@dataclass(frozen=True, slots=True)
class SparseWeights:
    """Coverage as a short list per pixel, the form kernels eat."""

    indices: npt.NDArray[np.int32]  # (pixel, slot) component
    weights: npt.NDArray[np.float32]  # (pixel, slot), largest first, zeros at the end


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of each pixel each component fills, and where components are."""

    weights: npt.NDArray[np.float32]  # (pixel, component), rows sum to 1
    components: tuple[str, ...]
    range_m: Doubles  # (component,) mean distance of the seen part; NaN if unseen, infinite for sky
    elevation_rad: Doubles  # (component,) mean elevation of the seen part of a sky band; NaN for bodies

    def sparse(self) -> SparseWeights:
        """The same weights without their zeros."""
        slots = max(int(np.count_nonzero(self.weights, axis=1).max()), 1)
        order = np.argsort(-self.weights, axis=1, kind="stable")[:, :slots]
        kept = np.take_along_axis(self.weights, order, axis=1)
        return SparseWeights(np.ascontiguousarray(order, dtype=np.int32), np.ascontiguousarray(kept))

    def dominant(self) -> npt.NDArray[np.int64]:
        """Component that fills most of each pixel, (pixel,)."""
        return np.asarray(self.weights.argmax(axis=1))


def coverage(
    scene: Scene, camera: PinholeCamera, supersampling: int = 4, blur_px: float = BLUR_PX
) -> Coverage:
    """Share of each component in each pixel, by nearest hit of supersampling**2 rays, then blurred."""
    directions = camera.rays(supersampling)
    distance, component = _nearest(scene, np.array(camera.position_m), directions)
    n_components, n_sub = len(scene.components), supersampling**2
    pixel = np.arange(component.size) // n_sub
    hits = np.bincount(
        pixel * n_components + component, minlength=camera.rows * camera.columns * n_components
    )
    shares = hits.reshape(camera.rows, camera.columns, n_components) / n_sub
    first_sky = n_components - len(SKY_EDGES_DEG) - 1
    shares = _trim(_blur(shares, blur_px), first_sky).reshape(-1, n_components)
    seen = np.bincount(component, minlength=n_components)
    elevation = np.arcsin(np.clip(directions[:, 2], -1.0, 1.0))
    return Coverage(
        weights=shares.astype(np.float32),
        components=scene.components,
        range_m=_mean_by(component, distance, seen),
        elevation_rad=_sky_elevation(component, elevation, seen),
    )


def _nearest(scene: Scene, origin_m: Doubles, directions: Doubles) -> tuple[Doubles, Numbers]:
    """Distance [m] and component number of what each ray meets first."""
    nearest = np.full(directions.shape[0], np.inf)
    first_sky = sum(len(primitive.components) for primitive in scene.primitives)
    elevation_deg = np.degrees(np.arcsin(np.clip(directions[:, 2], -1.0, 1.0)))
    component = first_sky + np.searchsorted(np.array(SKY_EDGES_DEG), elevation_deg, side="right")
    first = 0
    for primitive in scene.primitives:
        rays = _towards(primitive, origin_m, directions)
        distance, own = primitive.hit(origin_m, directions[rays])
        is_nearer = distance < nearest[rays]
        nearest[rays[is_nearer]] = distance[is_nearer]
        component[rays[is_nearer]] = first + own[is_nearer]
        first += len(primitive.components)
    return nearest, component


def _towards(primitive: Primitive, origin_m: Doubles, directions: Doubles) -> Numbers:
    """Rays that pass through the sphere around a primitive; the others cannot meet it."""
    centre_m, radius_m = primitive.bounding_sphere
    to_centre = centre_m - origin_m
    distance_m = float(np.linalg.norm(to_centre))
    if distance_m <= radius_m:
        return np.arange(directions.shape[0])
    rim = np.sqrt(1.0 - (radius_m / distance_m) ** 2) * (1.0 - 1e-12)  # cosine of the sphere's edge
    return np.flatnonzero(directions @ to_centre >= rim * distance_m)


def _blur(shares: Doubles, sigma_px: float) -> Doubles:
    """Gaussian blur of every component's image (row, column, component); edges repeat their pixel."""
    if sigma_px == 0.0:
        return shares
    steps = np.arange(-BLUR_REACH_PX, BLUR_REACH_PX + 1)
    kernel = np.exp(-0.5 * (steps / sigma_px) ** 2)
    kernel /= kernel.sum()
    for axis in (0, 1):
        at = np.arange(shares.shape[axis])
        near = [np.clip(at + step, 0, at.size - 1) for step in steps]
        moved = (weight * np.take(shares, i, axis=axis) for weight, i in zip(kernel, near, strict=True))
        shares = np.sum(list(moved), axis=0)
    return shares


def _trim(shares: Doubles, first_sky: int) -> Doubles:
    """Shares without the small ones; what a small band of sky had goes to the other bands."""
    kept = np.where(shares < LEAST_SHARE, 0.0, shares)
    bands, sky = kept[..., first_sky:], shares[..., first_sky:].sum(axis=-1, keepdims=True)
    bands *= sky / np.maximum(bands.sum(axis=-1, keepdims=True), LEAST_SHARE)
    return np.asarray(kept / kept.sum(axis=-1, keepdims=True))


def _mean_by(component: Numbers, values: Doubles, seen: Numbers) -> Doubles:
    """Mean of `values` (ray,) over the rays of each component; NaN where none."""
    total = np.bincount(component, weights=values, minlength=seen.size)
    return np.where(seen > 0, total / np.maximum(seen, 1), np.nan)


def _sky_elevation(component: Numbers, elevation_rad: Doubles, seen: Numbers) -> Doubles:
    """Mean elevation of each sky band as seen, its middle if unseen [rad]; NaN for bodies."""
    edges = np.radians(np.array((0.0, *SKY_EDGES_DEG, 90.0)))
    middle = np.full(seen.size, np.nan)
    middle[-len(edges) + 1 :] = 0.5 * (edges[1:] + edges[:-1])
    mean = _mean_by(component, elevation_rad, seen)
    is_seen_sky = ~np.isnan(middle) & (seen > 0)
    return np.where(is_seen_sky, mean, middle)
