import numpy as np
import pytest

from envirosense.core.errors import ConfigError
from envirosense.pole.fields.gridded import GriddedField

AXES = ((0.0, 1.0, 3.0), (-1.0, 1.0), (0.0, 2.0, 4.0))


def trilinear(at):
    x, y, z = at
    return np.array([1.0 + x - 2.0 * y + 0.5 * z + x * y * z, 4.0])


def bump(at):
    return np.array([np.exp(-((at[0] - 1.3) ** 2 + at[1] ** 2 + (at[2] - 2.0) ** 2))])


def test_a_trilinear_field_is_reproduced_between_the_nodes():
    grid = GriddedField(trilinear, AXES)
    for at in [(0.0, -1.0, 0.0), (0.25, 0.3, 3.1), (2.9, 1.0, 4.0), (3.0, 1.0, 4.0)]:
        assert grid.at(at) == pytest.approx(trilinear(at), abs=1e-12)
    assert grid.error([(0.5, 0.1, 0.9)]).greatest < 1e-12


def test_only_the_nodes_around_a_point_are_drawn_and_each_once():
    asked = []

    def query(at):
        asked.append(at)
        return trilinear(at)

    grid = GriddedField(query, AXES)
    grid.at((0.5, 0.0, 1.0))
    grid.at((0.6, 0.2, 1.5))
    assert grid.n_drawn == len(asked) == 8
    assert grid.at((1.0, 1.0, 2.0)) == pytest.approx(trilinear((1.0, 1.0, 2.0)))
    assert grid.n_drawn == 8


def test_the_reported_error_falls_with_the_square_of_the_spacing():
    points = [(1.1, 0.2, 1.7), (1.62, -0.31, 2.23), (0.77, 0.43, 2.61)]

    def error(n):
        axes = [np.linspace(low, high, n) for low, high in ((0.0, 3.0), (-1.0, 1.0), (0.0, 4.0))]
        return GriddedField(bump, axes).error(points)

    coarse, fine = error(17), error(65)
    assert 0.0 < fine.greatest < coarse.greatest
    assert np.log2(coarse.rms / fine.rms) / 2 == pytest.approx(2.0, abs=0.5)
    assert fine.relative == pytest.approx(fine.rms / fine.exact_rms)


def test_all_nodes_come_with_the_shape_of_the_query():
    grid = GriddedField(trilinear, AXES)
    values = grid.values()
    assert values.shape == (3, 2, 3, 2)
    assert values[2, 1, 0] == pytest.approx(trilinear((3.0, 1.0, 0.0)))


def test_a_plane_is_a_grid_with_one_height():
    grid = GriddedField(trilinear, ((0.0, 1.0), (0.0, 1.0), (2.0,)))
    assert grid.at((0.5, 0.5, 2.0)) == pytest.approx(trilinear((0.5, 0.5, 2.0)))
    assert grid.n_drawn == 4


def test_a_field_of_zeros_has_no_relative_error():
    assert GriddedField(lambda at: np.zeros(2), AXES).error([(0.5, 0.0, 1.0)]).relative == 0.0


@pytest.mark.parametrize("at", [(3.1, 0.0, 1.0), (0.0, -1.5, 1.0), (0.0, 0.0, 4.5)])
def test_a_point_outside_is_refused_with_the_bounds(at):
    with pytest.raises(ConfigError, match="outside the grid"):
        GriddedField(trilinear, AXES).at(at)


@pytest.mark.parametrize(
    "axes", [((0, 1), (0, 1)), ((), (0,), (0,)), ((0,), (1, 0), (0,)), ((0,), (0,), (np.nan,))]
)
def test_axes_that_make_no_grid_are_refused(axes):
    with pytest.raises(ConfigError, match="axes_m"):
        GriddedField(trilinear, axes)
