import numpy as np
import pytest
from scipy.constants import c, h, k, sigma
from scipy.integrate import quad

from envirosense.physics.light import glint

SLOPE_RAD, AREA_M2, BEAM_W_M2 = 0.02, 0.002, 800.0
SUN = glint.sun_vector(np.pi, np.radians(50.0))
OFF_RAD = (-0.02, -0.01, 0.0, 0.01, 0.02)
NORMAL = glint.mirror_normal(SUN, np.array([0.6, -0.8, 0.0]))


def towards(eyes, normal=NORMAL, sun=SUN, slope_rad=SLOPE_RAD):
    """Intensity towards many eyes, (eye,) [W/sr]."""
    beam = np.array([BEAM_W_M2])
    return np.array([glint.glint_w_sr(normal, sun[None], eye, beam, AREA_M2, slope_rad)[0] for eye in eyes])


def test_the_band_holds_its_share_of_a_5772_k_black_body():
    def planck(wave_m):
        return 2.0 * h * c**2 / wave_m**5 / np.expm1(h * c / (wave_m * k * 5772.0))

    in_band = np.pi * quad(planck, 8e-6, 14e-6)[0]
    share = in_band / (sigma * 5772.0**4)
    assert share == pytest.approx(glint.BAND_SHARE, rel=1e-3)


def test_a_mirror_throws_all_that_falls_on_it():
    # sum over a patch of directions around the mirrored sun, 5 standard deviations wide each way
    mirrored = 2.0 * (SUN @ NORMAL) * NORMAL - SUN
    across = np.cross(mirrored, [0.0, 0.0, 1.0])
    across /= np.linalg.norm(across)
    up = np.cross(across, mirrored)
    step = 0.008
    offsets = step * np.arange(-30, 31)
    x, y = (axis.reshape(-1, 1) for axis in np.meshgrid(offsets, offsets))
    eyes = mirrored + x * across + y * up
    distance = np.linalg.norm(eyes, axis=1)
    solid_angle = step**2 / distance**3
    thrown_w = float(np.sum(towards(eyes / distance[:, None]) * solid_angle))
    fallen_w = AREA_M2 * glint.BAND_SHARE * BEAM_W_M2 * float(SUN @ NORMAL)
    assert thrown_w == pytest.approx(fallen_w, rel=0.01)  # slopes of 0.02 rad count as small


def test_it_is_brightest_where_angle_in_is_angle_out():
    eye = np.array([0.6, -0.8, 0.0])
    tilted = [
        glint.mirror_normal(SUN, eye) + np.array([d, 0.0, 0.0]) for d in (-0.02, -0.01, 0.0, 0.01, 0.02)
    ]
    seen = [towards([eye], normal / np.linalg.norm(normal))[0] for normal in tilted]
    assert np.argmax(seen) == 2
    variance = SLOPE_RAD**2 + (glint.SUN_RADIUS_RAD / 4.0) ** 2
    peak = AREA_M2 * glint.BAND_SHARE * BEAM_W_M2 / (8.0 * np.pi * variance)
    assert seen[2] == pytest.approx(peak, rel=1e-9)


def test_half_of_it_is_left_at_the_angle_of_a_gaussian():
    variance = SLOPE_RAD**2 + (glint.SUN_RADIUS_RAD / 4.0) ** 2
    half_rad = np.sqrt(2.0 * np.log(2.0) * variance)
    eye = np.array([0.6, -0.8, 0.0])
    normal = glint.mirror_normal(SUN, eye)
    side = np.cross(SUN, eye)
    side /= np.linalg.norm(side)
    turned = np.cos(half_rad) * normal + np.sin(half_rad) * side
    assert towards([eye], turned)[0] / towards([eye], normal)[0] == pytest.approx(0.5, rel=1e-3)


def test_neither_the_back_of_a_plate_nor_the_night_shines():
    eye = np.array([0.6, -0.8, 0.0])
    assert towards([eye], -NORMAL)[0] == 0.0
    set_sun = glint.sun_vector(np.pi, np.radians(-5.0))
    normal = glint.mirror_normal(set_sun, eye)
    assert towards([eye], normal, set_sun)[0] == 0.0


def test_smoother_plates_are_brighter_for_a_shorter_time():
    eye = np.array([0.6, -0.8, 0.0])
    moved = glint.sun_vector(np.pi + 0.06, np.radians(50.0))
    normal = glint.mirror_normal(SUN, eye)
    smooth, rough = (towards([eye], normal, SUN, slope)[0] for slope in (0.005, 0.04))
    later_smooth, later_rough = (towards([eye], normal, moved, slope)[0] for slope in (0.005, 0.04))
    assert smooth > 30.0 * rough
    assert later_smooth < later_rough


def test_the_sun_stands_where_its_angles_say():
    np.testing.assert_allclose(glint.sun_vector(0.0, 0.0), [0.0, 1.0, 0.0], atol=1e-15)
    np.testing.assert_allclose(glint.sun_vector(np.pi / 2, 0.0), [1.0, 0.0, 0.0], atol=1e-15)
    np.testing.assert_allclose(glint.sun_vector(1.0, np.pi / 2), [0.0, 0.0, 1.0], atol=1e-15)
