import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envirosense.core.errors import ConfigError
from envirosense.pole.site import Site, camera_elevation_deg, draw_site

SITES = [draw_site(11, index) for index in range(60)]
AZIMUTHS = st.floats(0.0, 359.9)


def flat(position):
    return np.array(position[:2])


def turned(position, degrees):
    """Position turned clockwise about the pole, as a compass bearing grows."""
    angle = math.radians(degrees)
    east, north, up = position
    return (
        east * math.cos(angle) + north * math.sin(angle),
        north * math.cos(angle) - east * math.sin(angle),
        up,
    )


@settings(derandomize=True, max_examples=30, deadline=None)
@given(AZIMUTHS)
def test_the_whole_pole_turns_with_the_line(azimuth_deg):
    north, site = Site(), Site(line_azimuth_deg=azimuth_deg)
    for name, position in north.component_positions.items():
        assert site.component_positions[name] == pytest.approx(turned(position, azimuth_deg), abs=1e-9)
    assert site.device_position_m == pytest.approx(turned(north.device_position_m, azimuth_deg), abs=1e-9)


def test_a_line_to_the_east():
    site = Site(line_azimuth_deg=90.0)
    assert site.along_line == pytest.approx((1.0, 0.0))
    assert site.place(0.0, 3.0, 5.0) == pytest.approx((3.0, 0.0, 5.0))  # along: east
    assert site.place(2.0, 0.0, 5.0) == pytest.approx((0.0, -2.0, 5.0))  # to the right of east: south
    assert site.bearing(90.0, 2.0, 5.0) == pytest.approx(site.place(2.0, 0.0, 5.0))


@settings(derandomize=True, max_examples=30, deadline=None)
@given(AZIMUTHS, AZIMUTHS, st.floats(0.2, 3.9))
def test_the_device_hangs_at_its_standoff_and_bearing(azimuth_deg, bearing_deg, standoff_m):
    site = Site(line_azimuth_deg=azimuth_deg, device_bearing_deg=bearing_deg, device_standoff_m=standoff_m)
    east, north, up = site.device_position_m
    assert math.hypot(east, north) == pytest.approx(standoff_m)
    assert up == site.device_height_m
    compass = math.degrees(math.atan2(east, north)) - azimuth_deg - bearing_deg
    assert math.cos(math.radians(compass)) == pytest.approx(1.0)


@pytest.mark.parametrize("site", [Site(), *SITES[:20]], ids=lambda site: site.site_id)
def test_components_are_where_a_pole_has_them(site):
    places = site.component_positions
    clamps = [places[f"clamp_{phase}"] for phase in "abc"]
    for clamp, across_m in zip(clamps, site.phase_offsets_m, strict=True):
        assert np.linalg.norm(flat(clamp)) == pytest.approx(abs(across_m))
        assert np.dot(flat(clamp), site.along_line) == pytest.approx(0.0, abs=1e-9)
        assert clamp[2] == pytest.approx(site.crossarm_height_m + site.insulator_height_m)
        assert abs(across_m) <= site.crossarm_length_m / 2
    for name in ("pole_top_bolt", "neutral_bracket"):
        assert np.linalg.norm(flat(places[name])) == pytest.approx(site.pole_diameter_m / 2)
    assert places["neutral_bracket"][2] < places["pole_top_bolt"][2] < site.pole_height_m
    assert places["crossarm_bolt"][2] == site.crossarm_height_m


@pytest.mark.parametrize("site", [Site(), *SITES], ids=lambda site: site.site_id)
def test_a_site_makes_sense(site):
    tank_top_m = site.transformer_height_m + 0.8
    assert tank_top_m < site.neutral_height_m < site.crossarm_height_m < site.pole_height_m
    assert site.device_height_m < site.crossarm_height_m
    assert site.device_standoff_m > site.pole_diameter_m / 2
    assert site.tree_distance_m > site.device_standoff_m


def test_sites_differ_and_are_repeatable():
    assert len({site.model_dump_json(exclude={"site_id"}) for site in SITES}) == len(SITES)
    assert draw_site(11, 7) == SITES[7]
    assert draw_site(12, 7) != SITES[7]
    assert SITES[7].site_id == "site-0007"


def test_sites_fill_their_ranges():
    # 60 sites; the mean of a uniform spread has a standard error of width / sqrt(12 * 60); bound 5 of them
    for name, low, high in (("line_azimuth_deg", 0, 360), ("pole_height_m", 10.7, 13.7)):
        values = [getattr(site, name) for site in SITES]
        assert np.mean(values) == pytest.approx((low + high) / 2, abs=5 * (high - low) / np.sqrt(12 * 60))
    assert {site.background for site in SITES} == {"rural", "suburban"}
    assert {site.has_transformer for site in SITES} == {True, False}


def test_a_site_survives_plain_data():
    assert Site.parse(SITES[3].model_dump(mode="json")) == SITES[3]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"pole_height_m": -1}, "pole_height_m=-1: input should be greater than 6"),
        ({"line_azimuth_deg": 360.0}, "line_azimuth_deg=360.0: input should be less than 360"),
        ({"background": "moon"}, "background='moon'"),
        ({"pole_hight_m": 12}, "did you mean 'pole_height_m'"),
    ],
)
def test_bad_sites_name_field_value_and_fix(change, words):
    with pytest.raises(ConfigError, match=words):
        Site.parse(change)


def test_the_camera_looks_at_the_arm_as_far_as_it_is_allowed_to():
    assert camera_elevation_deg(1.0, 1.0) == pytest.approx(45.0)
    assert camera_elevation_deg(-1.0, 1.0) == pytest.approx(-45.0)
    steep = camera_elevation_deg(10.0, 1.0)
    assert steep == camera_elevation_deg(20.0, 1.0)
    assert 45.0 <= steep < 85.0
