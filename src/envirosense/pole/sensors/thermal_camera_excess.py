"""How far a cause lifts the picture out of what the picture does without it."""

import numpy as np

from envirosense.core.protocols import Array
from envirosense.physics.light.radiation import band_radiance_slope
from envirosense.pole.natural_scatter import scatter
from envirosense.pole.picture.scene_geometry import PinholeCamera
from envirosense.pole.picture.thermal_imperfections import REFERENCE_K
from envirosense.pole.sensors.thermal_camera_frames import SceneField


def greatest_excess_snr(
    scene: SceneField, healthy: SceneField, camera: PinholeCamera, detection_sigma_k: float
) -> Array:
    """Greatest departure of any pixel from the picture without a cause, in sigmas, (time,).

    A sigma is the camera's own and, in quadrature, the scatter of the pixel over these ticks without the
    cause: what sun, cloud and wind do to a place hides as much as the camera's noise does.
    """
    seen, _ = scene.view(camera)
    calm = healthy.view_radiance_w_m2_sr(seen)
    rise = scene.view_radiance_w_m2_sr(seen) - calm
    moved = np.flatnonzero(np.any(rise != 0.0, axis=0))
    pixels = np.flatnonzero(seen.weights[:, moved].sum(axis=1) > 0.0)
    if pixels.size == 0:
        return np.zeros(rise.shape[0])
    weights = seen.weights[pixels].astype(np.float64)
    own = detection_sigma_k * float(band_radiance_slope(REFERENCE_K))
    sigma = np.hypot(own, scatter(calm @ weights.T))
    return np.asarray((np.abs(rise[:, moved] @ weights[:, moved].T) / sigma).max(axis=1))
