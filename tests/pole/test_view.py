import numpy as np
import pytest

from envirosense.physics.radiation import band_radiance_w_m2_sr, band_temperature_k
from envirosense.pole.components import build_components
from envirosense.pole.guardian import default_configuration
from envirosense.pole.scene_geometry import PinholeCamera
from envirosense.pole.site import Site, draw_site
from envirosense.pole.view import (
    ViewConditions,
    build_scene,
    shown_component,
    site_view,
    view_radiance_w_m2_sr,
)

AIR_K = 290.0
CAMERA = PinholeCamera((0.0, 4.0, 9.0), azimuth_deg=180.0, elevation_deg=30.0)


def conditions(n=1, cloud=0.0, dew_point_k=283.0):
    full = np.full(n, 1.0)
    return ViewConditions(AIR_K * full, dew_point_k * full, AIR_K, 0.6, cloud * full, 800.0 * full)


def radiance_by_body(site, cloud=0.0, **temperatures):
    components = build_components(site)
    component_k = np.full((1, len(components.names)), AIR_K)
    for name, value in temperatures.items():
        component_k[:, components.index(name)] = value
    seen, _ = site_view(site, CAMERA)
    found = view_radiance_w_m2_sr(seen, components, component_k, conditions(cloud=cloud))[0]
    return dict(zip(seen.components, found, strict=True))


@pytest.mark.parametrize("has_transformer", [True, False])
def test_every_body_shows_a_component_of_the_network(has_transformer):
    site = Site(has_transformer=has_transformer)
    names = build_components(site).names
    shown = {shown_component(body) for body in build_scene(site).components}
    assert None in shown
    assert shown - {None} <= set(names)
    assert ("tank_top" in shown) == has_transformer


def test_only_the_body_that_is_hot_looks_hot():
    cold, hot = radiance_by_body(Site()), radiance_by_body(Site(), clamp_a=400.0)
    changed = [name for name in cold if cold[name] != hot[name]]
    assert changed == ["clamp_a"]
    emissivity, black = Site().metal_emissivity, band_radiance_w_m2_sr(np.array([AIR_K, 400.0]))
    rise = hot["clamp_a"] - cold["clamp_a"]
    assert (
        0.95 * emissivity * np.diff(black)[0] < rise <= emissivity * np.diff(black)[0]
    )  # the air dims a bit


def test_a_body_as_warm_as_the_air_looks_colder_under_a_clear_sky_by_its_reflection():
    clear, overcast = radiance_by_body(Site()), radiance_by_body(Site(), cloud=1.0)
    assert clear["clamp_a"] < overcast["clamp_a"] < band_radiance_w_m2_sr(AIR_K)
    wood_k = band_temperature_k(np.array([clear["crossarm/0"]]))[0]
    assert AIR_K - 3.0 < wood_k < AIR_K


def test_steel_and_the_wood_around_it_are_both_seen():
    """From a metre off the face, at both ends of the bolt."""
    site = Site()
    for side_m, azimuth_deg in ((1.2, 180.0), (-1.2, 0.0)):
        camera = PinholeCamera((0.0, side_m, 11.0), azimuth_deg, 30.0)
        seen, _ = site_view(site, camera)
        share = dict(zip(seen.components, seen.weights.sum(axis=0), strict=True))
        assert share["pole_top_bolt"] > 3.0
        assert share["pole_top_bolt_wood/front"] + share["pole_top_bolt_wood/back"] > 3.0


def test_the_sky_is_cold_at_the_zenith_and_warm_at_the_horizon():
    bands = [band_temperature_k(np.array([v]))[0] for k, v in radiance_by_body(Site()).items() if "sky" in k]
    assert np.all(np.diff(bands) < 0.0)
    assert AIR_K - 2.0 < bands[0] <= AIR_K
    assert bands[-1] < AIR_K - 40.0
    overcast = [v for k, v in radiance_by_body(Site(), cloud=1.0).items() if "sky" in k]
    assert np.ptp(overcast) < 1e-9


def test_the_device_looks_at_the_top_of_its_pole():
    """Each of a dozen drawn sites has pole or crossarm in the picture; most see a clamp."""
    clamps = 0
    for index in range(12):
        site = draw_site(3, index)
        camera = default_configuration(site).sensors[-1]
        pinhole = PinholeCamera(camera.position_m, camera.azimuth_deg % 360.0, camera.elevation_deg)
        seen, _ = site_view(site, pinhole)
        share = dict(zip(seen.components, seen.weights.sum(axis=0), strict=True))
        assert sum(v for k, v in share.items() if k.startswith(("pole/", "crossarm/"))) > 50.0
        clamps += any(v > 0.3 for k, v in share.items() if k.startswith("clamp_"))
    assert clamps >= 8


def test_a_view_is_built_once():
    assert site_view(Site(), CAMERA)[0] is site_view(Site(), CAMERA)[0]
