"""Coverage of camera pixels by scene components.

Built once per scene and pose: rays through every pixel find the nearest body, the shares are blurred by the
optics, and from then on an image is a weighted sum of component radiances. Shares of one pixel sum to 1.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from envirosense.pole.picture.scene_geometry import Doubles, Numbers, PinholeCamera, Point, Primitive

SKY_SPACING_RAD = np.radians(3.4)  # between points whose radiance the sky is interpolated from # assumed
BLUR_REACH_PX = 3  # 6.7 sigma: what is cut off is below 1e-8
LEAST_SHARE = 1e-4  # smaller shares are dropped (a 100 K contrast leaves 10 mK) and the rest rescaled


@dataclass(frozen=True, slots=True)
class Scene:
    """Bodies around a camera; behind them is the sky."""

    primitives: tuple[Primitive, ...]

    @property
    def components(self) -> tuple[str, ...]:
        """Names of all components of the bodies, in order."""
        return tuple(name for primitive in self.primitives for name in primitive.components)


@dataclass(frozen=True, slots=True)
class SparseWeights:
    """Coverage as a short list per pixel, the form kernels eat."""

    indices: npt.NDArray[np.int32]  # (pixel, slot) component
    weights: npt.NDArray[np.float32]  # (pixel, slot), largest first, zeros at the end


@dataclass(frozen=True)
class Coverage:
    """How much of each pixel each component fills, and where components are.

    Bodies come first, then the points of the sky that are seen, `sky/ROW/COLUMN`: a pixel of sky is
    interpolated between the four around it.
    """

    weights: npt.NDArray[np.float32]  # (pixel, component), rows sum to 1
    components: tuple[str, ...]
    range_m: Doubles  # (component,) mean distance of the seen part; NaN if unseen, infinite for sky
    elevation_rad: Doubles  # (component,) of a point of the sky; NaN for bodies
    azimuth_rad: Doubles | None = None  # (component,) likewise; None where nothing moves in the sky
    seen_m2: Doubles | None = None  # (body,) area of the seen part across the line of sight
    eye_m: Point | None = None  # where the camera stands

    def sparse(self) -> SparseWeights:
        """The same weights without their zeros."""
        shown = np.flatnonzero(self.weights.any(axis=0))  # most bodies are out of the picture
        weights = self.weights[:, shown]
        slots = max(int(np.count_nonzero(weights, axis=1).max()), 1)
        order = np.argsort(-weights, axis=1, kind="stable")[:, :slots]
        kept = np.take_along_axis(weights, order, axis=1)
        return SparseWeights(shown[order].astype(np.int32), np.ascontiguousarray(kept))

    @cached_property
    def sky_share(self) -> npt.NDArray[np.float32] | None:
        """Share of open sky in each pixel, (pixel,); None in a scene without sky."""
        sky = [i for i, name in enumerate(self.components) if name.startswith("sky/")]
        return np.asarray(self.weights[:, sky].sum(axis=1)) if sky else None

    def dominant(self) -> npt.NDArray[np.int64]:
        """Component that fills most of each pixel, (pixel,)."""
        return np.asarray(self.weights.argmax(axis=1))


def coverage(
    scene: Scene, camera: PinholeCamera, supersampling: int = 4, blur_px: float | None = None
) -> Coverage:
    """Share of each component in each pixel, by nearest hit of supersampling**2 rays, then blurred.

    The blur is the camera's unless given.
    """
    directions = camera.rays(supersampling)
    distance, component = _nearest(scene, np.array(camera.position_m), directions)
    bodies, n_sub = scene.components, supersampling**2
    n_columns = len(bodies) + 1  # the last one is sky
    pixel = np.arange(component.size) // n_sub
    hits = np.bincount(pixel * n_columns + component, minlength=camera.rows * camera.columns * n_columns)
    shares = hits.reshape(camera.rows, camera.columns, n_columns) / n_sub
    shown = np.flatnonzero(hits.reshape(-1, n_columns).any(axis=0))
    shares[..., shown] = _blur(shares[..., shown], camera.blur_px if blur_px is None else blur_px)
    shares = _trim(shares).reshape(-1, n_columns)
    sky, names, azimuth, elevation = _sky_points(camera, shares[:, -1])
    unknown = np.full(len(bodies), np.nan)
    range_m = _mean_by(component, distance, np.bincount(component, minlength=n_columns)[:-1])
    return Coverage(
        weights=np.concatenate([shares[:, :-1], sky], axis=1).astype(np.float32),
        components=bodies + names,
        range_m=np.concatenate([range_m, np.full(len(names), np.inf)]),
        elevation_rad=np.concatenate([unknown, elevation]),
        azimuth_rad=np.concatenate([unknown, azimuth]),
        seen_m2=_seen_m2(camera, shares, range_m),
        eye_m=camera.position_m,
    )


def _seen_m2(camera: PinholeCamera, shares: Doubles, range_m: Doubles) -> Doubles:
    """Area of each body across the line of sight, (body,) [m2]; 0 where it is not seen."""
    forward = camera.rays(1) @ camera.basis[2]
    pixel_sr = forward**3 / camera.focal_px**2
    return np.asarray(np.nan_to_num(pixel_sr @ shares[:, : range_m.size] * range_m**2))


def _nearest(scene: Scene, origin_m: Doubles, directions: Doubles) -> tuple[Doubles, Numbers]:
    """Distance [m] and component number of what each ray meets first; the number after the last is sky."""
    nearest = np.full(directions.shape[0], np.inf)
    component = np.full(directions.shape[0], len(scene.components))
    first = 0
    for primitive in scene.primitives:
        rays = _towards(primitive, origin_m, directions)
        distance, own = primitive.hit(origin_m, directions[rays])
        is_nearer = np.flatnonzero(distance < nearest[rays])
        nearer = rays[is_nearer]
        nearest[nearer] = distance[is_nearer]
        component[nearer] = first + own[is_nearer]
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
        blurred = np.zeros_like(shares)
        for weight, i in zip(kernel, near, strict=True):
            blurred += weight * np.take(shares, i, axis=axis)
        shares = blurred
    return shares


def _trim(shares: Doubles) -> Doubles:
    """Shares without the small ones, rescaled."""
    kept = np.where(shares < LEAST_SHARE, 0.0, shares)
    return np.asarray(kept / kept.sum(axis=-1, keepdims=True))


def _sky_points(camera: PinholeCamera, share: Doubles) -> tuple[Doubles, tuple[str, ...], Doubles, Doubles]:
    """Weights (pixel, point) of the points of the sky, their names, azimuths and elevations [rad].

    Points lie on a grid over the image; only those that a pixel needs are kept.
    """
    spacing_px = max(1, round(SKY_SPACING_RAD * camera.focal_px))
    rows, columns = (-(-(size - 1) // spacing_px) + 1 for size in (camera.rows, camera.columns))
    down, across = _hats(camera.rows, rows, spacing_px), _hats(camera.columns, columns, spacing_px)
    weights = np.einsum("ri,cj->rcij", down, across).reshape(camera.rows * camera.columns, rows * columns)
    weights = share[:, None] * weights
    kept = np.flatnonzero(weights.any(axis=0))
    names = tuple(f"sky/{i // columns}/{i % columns}" for i in kept)
    row, column = (spacing_px * place.astype(np.float64) for place in np.divmod(kept, columns))
    east, north, up = camera.towards(row, column).T
    return weights[:, kept], names, np.arctan2(east, north), np.arcsin(np.clip(up, -1.0, 1.0))


def _hats(n_pixels: int, n_points: int, spacing_px: int) -> Doubles:
    """Linear weights (pixel, point) of points a spacing apart; each row sums to 1."""
    distance = np.abs(np.arange(n_pixels)[:, None] / spacing_px - np.arange(n_points))
    return np.maximum(1.0 - distance, 0.0)


def _mean_by(component: Numbers, values: Doubles, seen: Numbers) -> Doubles:
    """Mean of `values` (ray,) over the rays of each component; NaN where none."""
    reached = component < seen.size
    total = np.bincount(component[reached], weights=values[reached], minlength=seen.size)
    return np.where(seen > 0, total / np.maximum(seen, 1), np.nan)
