import numpy as np
import pytest

from envirosense.core.errors import ConfigError
from envirosense.core.volumes import Volume, mean_over, mean_with_error

CENTRE = (1.0, -2.0, 3.0)


def field(at):
    x, y, z = at
    return np.array([x, y * z, x**3 + y**2 * z, 1.0])


def test_a_volume_of_no_size_is_its_centre():
    assert np.array_equal(mean_over(Volume(CENTRE, (0.0, 0.0, 0.0)), field), field(CENTRE))


def test_the_mean_of_a_cubic_is_exact():
    a, b, c = 0.4, 0.6, 0.2
    x, y, z = CENTRE
    exact = [x, y * z, x**3 + x * a**2 / 4, 1.0]
    exact[2] += (y**2 + b**2 / 12) * z
    assert mean_over(Volume(CENTRE, (a, b, c)), field) == pytest.approx(exact, rel=1e-13)


@pytest.mark.parametrize("size_m", [0.5, 1.0, 2.0])
def test_the_reported_error_bounds_the_true_one(size_m):
    def wave(at):
        return np.array([np.sin(2.0 * at[0])])

    volume = Volume((0.7, 0.0, 0.0), (size_m, 0.0, 0.0))
    exact = np.sin(1.4) * np.sin(size_m) / size_m
    mean = mean_with_error(volume, wave)
    assert abs(mean.value[0] - exact) <= mean.error
    assert mean.error == pytest.approx(abs(mean_over(volume, wave)[0] - exact), rel=0.1)


def test_a_flat_volume_averages_only_along_its_edges():
    plane = Volume((0.0, 0.0, 5.0), (1.0, 1.0, 0.0))
    assert mean_over(plane, lambda at: np.array([at[2]]))[0] == 5.0


@pytest.mark.parametrize(
    ("centre", "size", "name"),
    [
        ((np.nan, 0, 0), (1, 1, 1), "centre_m"),
        ((0, 0, 0), (1, -1, 1), "size_m"),
        ((0, 0, 0), (1, np.inf, 1), "size_m"),
    ],
)
def test_what_is_no_box_is_refused_by_name(centre, size, name):
    with pytest.raises(ConfigError, match=name):
        Volume(centre, size)
