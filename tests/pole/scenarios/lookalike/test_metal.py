from datetime import UTC, datetime

import numpy as np
import pytest

from envirosense.pole.scenarios.lookalike.shiny_hardware import ShinyHardwareScenario
from envirosense.pole.scenarios.lookalike.sun_glint import SunGlintScenario
from envirosense.scenarios import EventType

GLINT = {
    "component": "clamp_b", "plate_cm2": 20.0, "reflectance": 0.7, "slope_rad": 0.008,
    "aligned_fraction": 0.5,
}  # fmt: skip
NIGHT = {"dni_w_m2": 0.0, "dhi_w_m2": 0.0, "ghi_w_m2": 0.0}
MIDNIGHT = datetime(2018, 7, 11, 5, tzinfo=UTC)  # of local standard time


def test_a_glint_lasts_minutes_and_only_the_camera_sees_it(stage, moved, only):
    world, _, (event,) = stage(SunGlintScenario, n=360, **GLINT)
    kinds = moved(world)
    assert only(kinds, 1e-6) == {"thermal_camera"}
    assert kinds["thermal_camera"] > 50.0
    lasting_s = event.active.sum() * world.grid.dt_s
    assert 120.0 < lasting_s < 3000.0
    assert event.peak_s(world.grid) == pytest.approx(1800.0, abs=60.0)
    assert event.event_type is EventType.BENIGN_SOURCE


def test_rougher_metal_shines_weaker_and_longer(stage):
    peak, lasting = [], []
    for slope_rad in (0.005, 0.03):
        _, forcing, _ = stage(SunGlintScenario, n=720, **GLINT | {"slope_rad": slope_rad})
        course = forcing.states["sun_glint_w_sr"]
        peak.append(course.max())
        lasting.append(np.count_nonzero(course > 0.5 * course.max()))
    assert peak[0] > 20.0 * peak[1]
    assert lasting[1] > 3 * lasting[0]


def test_no_sun_no_glint(stage):
    assert stage(SunGlintScenario, weather=NIGHT, start=MIDNIGHT, **GLINT)[2] == ()


def test_new_hardware_is_dark_under_a_clear_sky_for_the_camera_alone(stage, moved):
    world, forcing, (event,) = stage(
        ShinyHardwareScenario, start=MIDNIGHT, weather=NIGHT, component="clamp_b", emissivity=0.1,
        absorptivity=0.3,
    )  # fmt: skip
    assert forcing.surfaces[0].emissivity == 0.1
    kinds = moved(world)
    assert {kind for kind, snr in kinds.items() if snr > 1.0} <= {"thermal_camera"}
    assert event.active.all()
    assert set(event.level) == {1}
