import numpy as np
import pytest

from envirosense.core.errors import ConfigError, UnknownNameError
from envirosense.physics.light.glint import BAND_SHARE, SUN_RADIUS_RAD, mirror_normal, sun_vector
from envirosense.pole.outfit import default_configuration
from envirosense.pole.picture.view import site_view
from envirosense.pole.sensors.thermal_camera import ThermalCameraSensor
from envirosense.pole.site import Site
from envirosense.scenarios import Forcing, JointResistance, Mirror, Surface

CLEAR = {"opaque_cover_tenths": 0.0, "dni_w_m2": 800.0, "ghi_w_m2": 850.0, "dhi_w_m2": 100.0}
DARK = {"opaque_cover_tenths": 0.0, "dni_w_m2": 0.0, "ghi_w_m2": 0.0, "dhi_w_m2": 0.0}
SITE = Site(metal_emissivity=0.85)
CLAMP = "clamp_b"


def camera(site=SITE):
    return ThermalCameraSensor(default_configuration(site, 10.0).sensors[-1]).camera


def rise(world, component=CLAMP):
    """Radiance with the causes less that without: of a component, and the most of any other body."""
    state = world.state(0, world.grid.n)
    seen, _ = state.view(camera(world.site))
    change = state.view_radiance_w_m2_sr(seen) - state.without_causes().view_radiance_w_m2_sr(seen)
    own = np.array([name.startswith(component) for name in seen.components])
    return change[:, own], change[:, ~own]


def mirror_at(world, tick, area_m2=1e-3, slope_rad=0.01):
    """Mirror on a clamp whose image of the sun is on the device at one tick."""
    site, sun = world.site, world.sun
    to_eye = np.subtract(site.device_position_m, site.component_positions[CLAMP])
    to_sun = sun_vector(sun.azimuth_rad[tick], np.pi / 2 - sun.zenith_rad[tick])
    east, north, up = mirror_normal(to_sun, to_eye / np.linalg.norm(to_eye)).tolist()
    return Mirror(CLAMP, (east, north, up), area_m2, 0.7, slope_rad)


def test_a_mirror_shines_when_the_sun_is_right_and_on_its_own_component(make_world):
    world = make_world(n=180, site=SITE, **CLEAR)
    world.add(Forcing(mirrors=(mirror_at(world, 90),)))
    own, others = rise(world)
    course = own.max(axis=1)
    assert np.argmax(course) in range(85, 96)
    assert course.max() > 100.0 * course[0]
    assert np.all(others == 0.0)
    assert np.array_equal(
        world.state(0, 180).component_k(), world.undisturbed.components_at_ticks(slice(None))
    )


def test_a_glint_goes_with_area_over_what_is_seen(make_world):
    seen_w_sr = []
    for area_m2 in (1e-3, 2e-3):
        world = make_world(n=3, site=SITE, **CLEAR)
        world.add(Forcing(mirrors=(mirror_at(world, 1, area_m2),)))
        seen, _ = world.state(0, 3).view(camera())
        body = seen.components.index(CLAMP)
        own, _ = rise(world)
        seen_w_sr.append(own[1].max() * seen.seen_m2[body])
    assert seen_w_sr[1] == pytest.approx(2.0 * seen_w_sr[0])
    in_band_w_m2 = BAND_SHARE * world.natural_air.weather.dni_w_m2[1]
    variance = 0.01**2 + (SUN_RADIUS_RAD / 4.0) ** 2
    assert seen_w_sr[0] == pytest.approx(1e-3 * 0.7 * in_band_w_m2 / (8.0 * np.pi * variance), rel=1e-6)


def test_no_beam_no_glint(make_world):
    world = make_world(n=3, site=SITE, **DARK)
    world.add(Forcing(mirrors=(mirror_at(world, 1),)))
    assert np.all(rise(world)[0] == 0.0)


def test_the_seen_area_of_a_clamp_is_that_of_its_outline():
    seen, _ = site_view(SITE, camera())
    body = seen.components.index(CLAMP)
    outline_m2 = np.pi * 0.055 * 0.055  # of the ellipsoid, partly behind its conductor
    assert 0.1 * outline_m2 < seen.seen_m2[body] < outline_m2
    assert np.isfinite(seen.seen_m2).all()


def test_new_metal_under_a_clear_night_sky_looks_cold(make_world):
    world = make_world(n=60, site=SITE, **DARK)
    world.add(Forcing(surfaces=(Surface(CLAMP, emissivity=0.1),)))
    own, others = rise(world)
    assert own.max() < -1.0  # W/m2/sr: about a kelvin
    assert np.abs(others).max() < 0.1


def test_new_metal_hides_a_hot_joint(make_world):
    heat = (JointResistance(CLAMP, np.full(60, 3e-3)),)
    seen_rise, true_rise_k = [], []
    for surfaces in ((), (Surface(CLAMP, emissivity=0.1),)):
        world = make_world(n=60, site=SITE, **DARK)
        world.add(Forcing(joints=heat, surfaces=surfaces))
        seen_rise.append(rise(world)[0][-1].max())
        answer = world.response(0)
        true_rise_k.append(answer.component_k[-1] - answer.healthy_k[-1])
    assert true_rise_k[1] >= true_rise_k[0] > 20.0
    assert seen_rise[1] < 0.3 * seen_rise[0]


def test_a_bright_part_stays_cooler_in_the_sun(make_world):
    world = make_world(n=60, site=SITE, **CLEAR)
    world.add(Forcing(surfaces=(Surface("tank_top", absorptivity=0.1),), acts_on="tank_top"))
    answer = world.response(0)
    assert np.all(answer.component_k - answer.healthy_k < -2.0)  # from the first tick: it was there before


@pytest.mark.parametrize(
    ("cause", "message"),
    [
        ({"surfaces": (Surface(CLAMP, emissivity=1.2),)}, "emissivity"),
        ({"surfaces": (Surface(CLAMP, absorptivity=-0.1),)}, "absorptivity"),
        ({"mirrors": (Mirror(CLAMP, (0.0, 0.0, 2.0), 1e-3, 0.5, 0.01),)}, "normal"),
        ({"mirrors": (Mirror(CLAMP, (0.0, 0.0, 1.0), 0.0, 0.5, 0.01),)}, "area_m2"),
        ({"mirrors": (Mirror(CLAMP, (0.0, 0.0, 1.0), 1e-3, 0.5, 0.0),)}, "slope_rad"),
        ({"mirrors": (Mirror(CLAMP, (0.0, 0.0, 1.0), 1e-3, 1.5, 0.01),)}, "reflectance"),
    ],
)
def test_surfaces_that_cannot_be_are_refused(make_world, cause, message):
    with pytest.raises(ConfigError, match=message):
        make_world(n=3).add(Forcing(**cause))


@pytest.mark.parametrize(
    "cause",
    [
        {"surfaces": (Surface("chimney", emissivity=0.2),)},
        {"mirrors": (Mirror("chimney", (0.0, 0.0, 1.0), 1e-3, 0.5, 0.01),)},
        {"mirrors": (Mirror("ground", (0.0, 0.0, 1.0), 1e-3, 0.5, 0.01),)},
    ],
)
def test_surfaces_of_nothing_are_refused(make_world, cause):
    with pytest.raises(UnknownNameError):
        make_world(n=3).add(Forcing(**cause))
