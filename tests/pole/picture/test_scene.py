"""Projection, primitives and coverage."""

import numpy as np
import pytest

from envirosense.physics.light.radiation import band_radiance_w_m2_sr, band_temperature_k
from envirosense.physics.light.sky import band_sky_radiance_w_m2_sr
from envirosense.pole.picture.scene import Scene, coverage
from envirosense.pole.picture.scene_geometry import (
    Box,
    Cylinder,
    Ellipsoid,
    Ground,
    PinholeCamera,
    direction,
)

NORTH = PinholeCamera((0.0, 0.0, 5.0), 0.0, 0.0)
LINE = PinholeCamera((0.0, 0.0, 0.0), 0.0, 0.0, rows=1)


def _shoot(primitive, origin, *targets):
    origin = np.array(origin, float)
    rays = np.array(targets, float) - origin
    rays /= np.linalg.norm(rays, axis=1, keepdims=True)
    return primitive.hit(origin, rays)


def test_geometry_of_the_lens():
    assert NORTH.focal_px == pytest.approx(85.78, abs=0.01)
    vertical_deg = 2 * np.degrees(np.arctan(30 / NORTH.focal_px))
    assert vertical_deg == pytest.approx(38.55, abs=0.01)
    assert 10.0 / NORTH.focal_px == pytest.approx(0.117, abs=5e-4)


def test_basis_is_right_up_forward():
    np.testing.assert_allclose(NORTH.basis, [[1, 0, 0], [0, 0, 1], [0, 1, 0]], atol=1e-15)
    east_down = PinholeCamera((0, 0, 0), 90.0, -30.0).basis
    np.testing.assert_allclose(east_down[2], [np.cos(np.pi / 6), 0, -0.5], atol=1e-15)
    np.testing.assert_allclose(east_down @ east_down.T, np.eye(3), atol=1e-15)
    np.testing.assert_allclose(np.cross(east_down[0], east_down[1]), -east_down[2], atol=1e-15)


def test_projection_undoes_rays():
    camera = PinholeCamera((0, 0, 0), 33.0, -12.0)
    row, column = camera.project(camera.rays(1))
    np.testing.assert_allclose(row.reshape(60, 80)[:, 0], np.arange(60), atol=1e-9)
    np.testing.assert_allclose(column.reshape(60, 80)[0], np.arange(80), atol=1e-9)


def test_projection_is_nan_out_of_view():
    row, column = NORTH.project(direction(np.array([0.0, np.pi, 1.0]), np.array([0.0, 0.0, 0.0])))
    assert row[0] == pytest.approx(29.5)
    assert np.isnan(row[1:]).all()
    assert np.isnan(column[1:]).all()


def test_cylinder_distance_segments_and_facets():
    pole = Cylinder("pole", (0, 0, 0), (0, 0, 12), 0.5, segments=12, facets=4)
    distance, own = _shoot(pole, (0, -10, 3.5), (0, 0, 3.5), (0, 0, 9.9), (3, 0, 3.5))
    assert distance[0] == pytest.approx(9.5)
    assert pole.components[own[0]] == "pole/3/2"  # the south side
    assert pole.components[own[1]] == "pole/9/2"
    assert distance[2] == np.inf
    _, east = _shoot(pole, (10, 0, 0.5), (0, 0, 0.5))
    assert pole.components[east[0]] == "pole/0/1"


def test_cylinder_has_ends():
    tank = Cylinder("tank", (0, 0, 0), (0, 0, 2), 0.5)
    distance, _ = _shoot(tank, (0, 0, 7), (0, 0, 0), (0.4, 0, 0), (0.6, 0, 2))
    assert distance[0] == pytest.approx(5.0)
    assert distance[1] == pytest.approx(5.0 * np.hypot(7, 0.4) / 7)
    assert distance[2] == np.inf


def test_lying_cylinder_is_hit_from_the_side():
    wire = Cylinder("wire", (-1, 0, 0), (1, 0, 0), 0.01, segments=4)
    distance, own = _shoot(wire, (0.9, 0, -3), (0.9, 0, 0))
    assert distance[0] == pytest.approx(2.99)
    assert wire.components[own[0]] == "wire/3"


def test_ellipsoid_and_box_distances():
    distance, _ = _shoot(Ellipsoid("tree", (0, 0, 0), (2, 1, 3)), (5, 0, 0), (0, 0, 0), (5, 1, 0))
    assert distance[0] == pytest.approx(3.0)
    assert distance[1] == np.inf
    box = Box("tank", (0, 0, 1), (0.5, 0.5, 1.0), bands=4)
    distance, own = _shoot(box, (0, 4, 1.8), (0, 0, 1.8), (0, 0, 0.1))
    assert distance[0] == pytest.approx(3.5)
    assert box.components[own[0]] == "tank/3"
    turned = Box("tank", (0, 0, 1), (0.5, 0.5, 1.0), yaw_deg=45.0)
    assert _shoot(turned, (0, 4, 1), (0, 0, 1))[0][0] == pytest.approx(4 - np.sqrt(0.5))


def test_ground_bands_by_range():
    ground = Ground(band_edges_m=(10.0, 40.0))
    distance, own = _shoot(ground, (0, 0, 3), (0, 4, 0), (30, 0, 0), (0, -90, 0), (0, 5, 4))
    assert distance[0] == pytest.approx(5.0)
    assert [ground.components[i] for i in own[:3]] == ["ground/0", "ground/1", "ground/2"]
    assert distance[3] == np.inf


def test_things_behind_the_camera_are_unseen():
    behind = Scene((Ellipsoid("tree", (0, -5, 5), (1, 1, 1)), Box("tank", (0, -5, 5), (1, 1, 1))))
    cover = coverage(behind, NORTH)
    assert cover.weights[:, :2].max() == 0.0
    assert np.isnan(cover.range_m[:2]).all()


def test_nearest_hit_wins():
    near, far = Ellipsoid("near", (0, 5, 5), (0.5, 0.5, 0.5)), Ellipsoid("far", (0, 9, 5), (0.5, 0.5, 0.5))
    for order in ((near, far), (far, near)):
        cover = coverage(Scene((*order, Ground())), NORTH)
        seen = dict(zip(cover.components, cover.weights.sum(axis=0), strict=True))
        assert seen["far"] == 0.0
        assert seen["near"] > 10.0
    assert cover.range_m[cover.components.index("near")] == pytest.approx(4.65, abs=0.15)


def test_rows_sum_to_one_before_and_after_blur():  # V-CAM-1
    scene = Scene((Cylinder("pole", (0.2, 6, 0), (0.2, 6, 9), 0.13, segments=12, facets=4), Ground()))
    for blur_px in (0.0, 0.45, 1.5):
        cover = coverage(scene, NORTH, blur_px=blur_px)
        np.testing.assert_allclose(cover.weights.sum(axis=1, dtype=np.float64), 1.0, atol=3e-7)
        assert cover.weights.min() >= 0.0


def test_sparse_form_holds_the_same_weights():
    cover = coverage(Scene((Cylinder("pole", (0.2, 6, 0), (0.2, 6, 9), 0.13, facets=4), Ground())), NORTH)
    sparse = cover.sparse()
    dense = np.zeros_like(cover.weights)
    np.add.at(dense, (np.arange(4800)[:, None], sparse.indices), sparse.weights)
    assert np.array_equal(dense, cover.weights)
    assert (np.diff(sparse.weights, axis=1) <= 0).all()
    assert np.array_equal(sparse.indices[:, 0], cover.dominant())


@pytest.mark.parametrize(
    ("diameter_m", "range_m", "fill"),
    [(0.0183, 2, 0.785), (0.0183, 3, 0.523), (0.0183, 5, 0.314), (0.0183, 10, 0.157), (0.06, 10, 0.515)],
)
def test_fill_of_the_best_aligned_pixel(diameter_m, range_m, fill):
    x = 0.5 * range_m / LINE.focal_px  # pixel centre just right of the axis
    wire = Cylinder("wire", (x, range_m, -9), (x, range_m, 9), diameter_m / 2)
    cover = coverage(Scene((wire,)), LINE, supersampling=64, blur_px=0.0)
    assert cover.weights[:, 0].max() == pytest.approx(fill, abs=0.02)


def test_mixed_pixel_reads_by_radiance():
    source, background = band_radiance_w_m2_sr(np.array([363.15, 298.15]))
    x = 0.5 * 10 / LINE.focal_px
    clamp = Cylinder("clamp", (x, 10, -9), (x, 10, 9), 0.03)
    share = float(coverage(Scene((clamp,)), LINE, supersampling=64, blur_px=0.0).weights[:, 0].max())
    seen_c = float(band_temperature_k(share * source + (1 - share) * background)) - 273.15
    assert seen_c == pytest.approx(62.2, abs=1.2)  # V-CAM-4
    mixed = 0.3 * source + 0.7 * float(band_radiance_w_m2_sr(250.0))
    assert float(band_temperature_k(mixed)) - 273.15 == pytest.approx(23.98, abs=0.01)  # V-RAD-5


def test_blur_spreads_an_edge_symmetrically():
    wall = Box("wall", (-50.0, 5.0, 5.0), (50.0, 0.1, 50.0))  # fills the left half
    row = coverage(Scene((wall,)), NORTH).weights.reshape(60, 80, -1)[30, :, 0]
    np.testing.assert_allclose(row[39] + row[40], 1.0, atol=1e-6)
    assert 0.05 < row[40] < 0.2
    assert row[44] == 0.0


def test_points_of_the_sky_lie_where_they_are_seen():
    camera = PinholeCamera((0, 0, 0), 30.0, 45.0)
    up = coverage(Scene(()), camera)
    assert up.components[0] == "sky/0/0"
    row, column = camera.project(direction(up.azimuth_rad, up.elevation_rad))
    names = np.array([[int(n) for n in name.split("/")[1:]] for name in up.components])
    inside = ~np.isnan(row)
    np.testing.assert_allclose(row[inside], 5.0 * names[inside, 0], atol=1e-9)
    np.testing.assert_allclose(column[inside], 5.0 * names[inside, 1], atol=1e-9)
    assert np.isinf(up.range_m).all()


def test_sky_between_points_is_interpolated():
    up = coverage(Scene(()), PinholeCamera((0, 0, 0), 0.0, 45.0))
    share = up.weights.reshape(60, 80, -1)
    names = list(up.components)
    np.testing.assert_allclose(share[10, 15, names.index("sky/2/3")], 1.0)
    np.testing.assert_allclose(share[10, 17, [names.index("sky/2/3"), names.index("sky/2/4")]], [0.6, 0.4])
    row = up.weights @ np.array([float(name.split("/")[1]) for name in names])
    np.testing.assert_allclose(row.reshape(60, 80), np.arange(60)[:, None] / 5.0 + np.zeros(80), atol=1e-5)


def test_only_points_of_seen_sky_are_kept():
    level = coverage(Scene((Ground(),)), NORTH)
    lower, upper = level.weights.reshape(60, 80, -1)[[45, 15]]
    assert lower[:, :3].sum() == pytest.approx(80.0)
    assert upper[:, 3:].sum() == pytest.approx(80.0)
    assert max(int(n.split("/")[1]) for n in level.components if n.startswith("sky/")) <= 7


@pytest.mark.parametrize(("air_k", "dew_point_k"), [(303.15, 293.15), (293.15, 283.15), (278.15, 273.15)])
def test_the_sky_shows_no_contours(air_k, dew_point_k):
    """A clear sky changes by less than 3 K from row to row, and its points are within 1 K of the law."""
    camera = PinholeCamera((0.0, 0.0, 5.0), 0.0, 21.0)
    seen = coverage(Scene(()), camera)
    sky = band_sky_radiance_w_m2_sr(seen.elevation_rad, air_k, dew_point_k, 0.0, 7500.0)
    column_k = band_temperature_k(seen.weights.astype(np.float64) @ sky).reshape(60, 80)[:, 40]
    assert np.all(np.diff(column_k) > 0.0)
    assert np.diff(column_k).max() < 3.0
    elevation = np.arcsin(camera.rays(1)[:, 2]).reshape(60, 80)[:, 40]
    exact = band_sky_radiance_w_m2_sr(elevation, air_k, dew_point_k, 0.0, 7500.0)
    above = elevation > np.radians(6.0)
    assert np.abs(column_k - band_temperature_k(exact))[above].max() < 1.0
