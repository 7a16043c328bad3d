import numpy as np
import pytest

from envirosense.physics.light.radiation import band_radiance_w_m2_sr, band_temperature_k
from envirosense.physics.light.sky import band_sky_radiance_w_m2_sr
from envirosense.pole.heat.components import build_components
from envirosense.pole.outfit import default_configuration
from envirosense.pole.picture.scene_geometry import PinholeCamera
from envirosense.pole.picture.view import (
    ViewConditions,
    build_scene,
    shown_component,
    site_view,
    view_radiance_w_m2_sr,
)
from envirosense.pole.site import Site, draw_site

AIR_K = 290.0
CAMERA = PinholeCamera((0.0, 4.0, 9.0), azimuth_deg=180.0, elevation_deg=30.0)


LEVEL = PinholeCamera((0.0, 4.0, 9.0), azimuth_deg=180.0, elevation_deg=10.0)


def conditions(n=1, cloud=0.0, dew_point_k=283.0, **clouds):
    full = np.full(n, 1.0)
    return ViewConditions(AIR_K * full, dew_point_k * full, AIR_K, 0.6, cloud * full, 800.0 * full, **clouds)


def sky_k(seen, weather):
    """Apparent temperature of the points of the sky, (time, point)."""
    components = build_components(Site())
    component_k = np.full((weather.air_k.size, len(components.names)), AIR_K)
    radiance = view_radiance_w_m2_sr(seen, components, component_k, weather)
    return band_temperature_k(radiance[:, np.isinf(seen.range_m)])


def radiance_by_body(site, cloud=0.0, camera=None, **temperatures):
    components = build_components(site)
    component_k = np.full((1, len(components.names)), AIR_K)
    for name, value in temperatures.items():
        component_k[:, components.index(name)] = value
    seen, _ = site_view(site, camera or CAMERA)
    found = view_radiance_w_m2_sr(seen, components, component_k, conditions(cloud=cloud))[0]
    return dict(zip(seen.components, found, strict=True))


@pytest.mark.parametrize("has_transformer", [True, False])
def test_every_body_shows_a_component_of_the_network(has_transformer):
    site = Site(has_transformer=has_transformer)
    names = build_components(site).names
    shown = {shown_component(body) for body in build_scene(site).components}
    assert shown <= set(names)
    assert shown_component("sky/3/4") is None
    wanted = {"arrester_a", "cutout", "insulator_c", "pole_s", "ground", "tree_sunny", "tree_shady"}
    assert wanted <= shown
    for name in ("tank_bottom", "tank_lower", "tank_upper", "tank_top", "bushing_secondary"):
        assert (name in shown) == has_transformer


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
    wood_k = band_temperature_k(np.array([clear["crossarm/0~light"]]))[0]
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
    seen, _ = site_view(Site(), LEVEL)
    for cloud, colder_k in ((0.0, 15.0), (1.0, 1.0)):
        sky = sky_k(seen, conditions(cloud=cloud))[0]
        elevation = seen.elevation_rad[-sky.size :]
        low, high = sky[elevation < 0.05], sky[elevation > 0.3]
        assert np.abs(low - AIR_K).max() < 2.0
        assert high.max() < low.min() - colder_k


def test_a_clear_sky_is_the_law_of_its_elevation():
    seen, _ = site_view(Site(), CAMERA)
    weather = conditions()
    sky = sky_k(seen, weather)[0]
    exact = band_sky_radiance_w_m2_sr(seen.elevation_rad[-sky.size :], AIR_K, 283.0, 0.0, 800.0)
    np.testing.assert_allclose(sky, band_temperature_k(exact), atol=2e-3)


def test_broken_cloud_makes_structure_and_drifts_with_the_wind():
    """After the time that the field takes to cross the distance between points, it stands over the next."""
    seen, _ = site_view(Site(), CAMERA)
    still = {"cloud": 0.5, "n": 2}
    clear, broken = (sky_k(seen, conditions(n=2, cloud=c)) for c in (0.0, 0.5))
    assert (broken[0] - clear[0]).std() > 5.0
    np.testing.assert_array_equal(*sky_k(seen, conditions(**still)))
    moved = sky_k(seen, conditions(**still, t_s=np.array([0.0, 60.0]), cloud_drift_m_s=(10.0, 0.0)))
    np.testing.assert_allclose(moved[0], broken[0])
    assert np.abs(moved[1] - moved[0]).mean() > 3.0


def test_blocks_of_a_drifting_sky_give_the_bits_of_one_call():
    seen, _ = site_view(Site(), CAMERA)
    t_s = 3.7 * np.arange(20)
    drift = (7.0, -3.0)
    whole = sky_k(seen, conditions(n=20, cloud=0.4, t_s=t_s, cloud_drift_m_s=drift))
    for length in (1, 7):
        parts = [
            sky_k(seen, conditions(n=t.size, cloud=0.4, t_s=t, cloud_drift_m_s=drift))
            for t in np.split(t_s, range(length, 20, length))
        ]
        np.testing.assert_array_equal(np.concatenate(parts), whole)


def test_kinds_of_a_surface_differ_by_their_excess_over_air():
    """Sun-warm soil shows its moist patches cold; at the air's temperature only emissivity tells them."""
    down = PinholeCamera((0.0, 4.0, 9.0), azimuth_deg=0.0, elevation_deg=-60.0)
    hot, even = (radiance_by_body(Site(), camera=down, ground=AIR_K + rise_k) for rise_k in (20.0, 0.0))
    for found, least_k, most_k in ((hot, 6.0, 14.0), (even, -1.5, 1.5)):
        dry, moist = (float(band_temperature_k(found[f"ground/0~{k}"])) for k in ("dry", "moist"))
        assert least_k < dry - moist < most_k


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
