"""Polished metal throws the sun into the camera for some minutes: hot in the picture, cold to the touch."""

from typing import ClassVar, Final

import numpy as np

from envirosense.physics.light.glint import glint_w_sr, mirror_normal, sun_vector
from envirosense.pole.scenarios.lookalike.lookalike import LookalikeScenario
from envirosense.scenarios import (
    BaseRate,
    Choice,
    Conditions,
    EventSubtype,
    Forcing,
    Grading,
    LogUniform,
    Mirror,
    Parameter,
    ParameterSpace,
    Uniform,
)

CM2_M2: Final = 1e-4  # exact


class SunGlintScenario(LookalikeScenario):
    """A new plate or face that happens to mirror the sun towards the device."""

    name: ClassVar[str] = "sun_glint"
    description: ClassVar[str] = "Polished metal mirrors the sun into the camera for minutes"
    expected_duration: ClassVar[float] = 3600.0
    subtype: ClassVar[EventSubtype] = EventSubtype.SUN_GLINT
    course: ClassVar[str] = "sun_glint_w_sr"
    grading: ClassVar[Grading] = Grading(1e-3, 5.0, (("edge", 0.0), ("blinding", 0.1)), "log")
    phases: ClassVar[tuple[str, ...]] = grading.stage_names
    strength: ClassVar[tuple[str, str]] = ("plate_cm2", "cm2")
    limits: ClassVar[str] = (
        "The glint is spread over what the camera sees of the component; what stands between is ignored; "
        "the plate does not swing; by night nothing happens."
    )
    rate: ClassVar[BaseRate] = BaseRate(20.0, 300.0, "assumed: some days in spring and autumn at a few poles")
    tags: ClassVar[tuple[str, ...]] = ("picture", "sun")
    space: ClassVar[ParameterSpace] = ParameterSpace(
        {
            "component": Parameter(
                Choice(("clamp_a", "clamp_b", "clamp_c", "cutout", "crossarm_bolt", "pole_top_bolt")),
                "1",
                "what carries the bright face",
                "assumed",
            ),
            "plate_cm2": Parameter(LogUniform(1.0, 60.0), "cm2", "flat bright face", "assumed"),
            "reflectance": Parameter(
                Uniform(0.3, 0.8),
                "1",
                "specular, 8 to 14 um",
                "assumed: new metal has an emissivity of 0.2 to 0.3",
            ),
            "slope_rad": Parameter(
                LogUniform(0.004, 0.04), "rad", "standard deviation of its slopes", "assumed: rolled sheet"
            ),
            "aligned_fraction": Parameter(
                Uniform(0.1, 0.9),
                "1",
                "when the image is on the device, as a fraction of the episode",
                "assumed",
            ),
        }
    )

    def forcing(self, conditions: Conditions, rng: np.random.Generator) -> Forcing:
        """A mirror turned so that its image of the sun crosses the device once."""
        sun, place = conditions.sun, conditions.place
        to_sun = sun_vector(sun.azimuth_rad, np.pi / 2.0 - sun.zenith_rad)
        away_m = np.subtract(place.device_m, place.components[self.text("component")])
        to_eye = away_m / np.linalg.norm(away_m)
        aligned_s = self.number("aligned_fraction") * conditions.grid.duration_s
        then = np.array([np.interp(aligned_s, conditions.grid.t_s, axis) for axis in to_sun.T])
        normal = mirror_normal(then / np.linalg.norm(then), to_eye)
        plate_m2, slope_rad = CM2_M2 * self.number("plate_cm2"), self.number("slope_rad")
        beam_w_m2 = conditions.weather.dni_w_m2
        perfect = glint_w_sr(normal, to_sun, to_eye, beam_w_m2, plate_m2, slope_rad)
        east, north, up = normal.tolist()
        mirror = Mirror(
            self.text("component"), (east, north, up), plate_m2, self.number("reflectance"), slope_rad
        )
        return Forcing(mirrors=(mirror,), states={self.course: self.number("reflectance") * perfect})
