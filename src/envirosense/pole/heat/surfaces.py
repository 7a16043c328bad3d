"""Surfaces that a cause changes: bare new metal instead of weathered, and mirrors for the sun."""

import numpy as np

from envirosense.core.errors import ConfigError, UnknownNameError
from envirosense.core.protocols import Array, Position
from envirosense.physics.light.glint import glint_w_sr, sun_vector
from envirosense.physics.light.sunlight import SunTrack
from envirosense.pole.domain import require_positive, require_within
from envirosense.pole.fields.inputs import WorldInputs
from envirosense.pole.heat.components import Components
from envirosense.pole.site import Site
from envirosense.scenarios import Forcing

NORMAL_ERROR = 1e-6  # numerical choice: of a unit vector's length


def require_surfaces(forcing: Forcing, components: Components, site: Site) -> None:
    """Refuse surfaces and mirrors that cannot be.

    Raises:
        UnknownNameError: if the pole has no such component.
        ConfigError: naming the number that is out of range.
    """
    for surface in forcing.surfaces:
        components.index(surface.component)
        for field in ("emissivity", "absorptivity"):
            value = getattr(surface, field)
            if value is not None:
                require_within(f"{surface.component}.{field}", value, 0.0, 1.0)
    for mirror in forcing.mirrors:
        if mirror.component not in site.component_positions:
            raise UnknownNameError("component of a mirror", mirror.component, site.component_positions)
        require_positive(f"{mirror.component}.area_m2", mirror.area_m2)
        require_positive(f"{mirror.component}.slope_rad", mirror.slope_rad)
        require_within(f"{mirror.component}.reflectance", mirror.reflectance, 0.0, 1.0)
        normal = np.asarray(mirror.normal, dtype=np.float64)
        if normal.shape != (3,) or not abs(np.linalg.norm(normal) - 1.0) < NORMAL_ERROR:
            raise ConfigError(f"{mirror.component}.normal", mirror.normal, "needs three numbers of length 1")


def glints_w_sr(inputs: WorldInputs, sun: SunTrack, eye_m: Position | None, ticks: slice) -> dict[str, Array]:
    """In-band intensity that mirrors throw towards an eye over ticks, by component, (time,) each [W/sr]."""
    mirrors = [mirror for forcing in inputs.forcings for mirror in forcing.mirrors]
    if eye_m is None or not mirrors:
        return {}
    beam_w_m2 = inputs.atmosphere.weather.dni_w_m2[ticks]
    to_sun = sun_vector(sun.azimuth_rad[ticks], np.pi / 2.0 - sun.zenith_rad[ticks])
    total: dict[str, Array] = {}
    for mirror in mirrors:
        away_m = np.subtract(eye_m, inputs.site.component_positions[mirror.component])
        to_eye = away_m / np.linalg.norm(away_m)
        normal = np.asarray(mirror.normal, dtype=np.float64)
        perfect = glint_w_sr(normal, to_sun, to_eye, beam_w_m2, mirror.area_m2, mirror.slope_rad)
        total[mirror.component] = total.get(mirror.component, 0.0) + mirror.reflectance * perfect
    return total
