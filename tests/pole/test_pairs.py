import numpy as np
import pytest

from envirosense.core.errors import ConfigError, UnknownNameError
from envirosense.pole.pairs import SharedTruth, paired_sensors

BAROMETER = "barometer/bmp388"


def readings(n_units=3, seed=5, n=600, part=BAROMETER, **surroundings):
    truth = SharedTruth(np.full((n, 1), 101_325.0), **surroundings)
    return paired_sensors(part, truth, n_units, np.random.default_rng(seed))


def test_units_differ_from_each_other_and_not_between_runs():
    one, again = readings(), readings()
    assert one.shape == (3, 600, 1)
    assert np.array_equal(one, again)
    offsets = np.nanmean(one[:, :, 0], axis=1)
    assert np.ptp(offsets) > 1.0  # pascals: spread of the calibration
    assert not np.array_equal(one, readings(seed=6))


def test_units_follow_the_truth_they_share():
    t = np.arange(3600.0)
    course = 101_325.0 + 300.0 * np.sin(2 * np.pi * t / 1800.0)
    one, other = paired_sensors(BAROMETER, course, 2, np.random.default_rng(1))[:, :, 0]
    assert np.corrcoef(one, course)[0, 1] > 0.99
    difference = (one - other) - np.mean(one - other)
    assert np.std(difference) < 0.05 * np.std(one)


def test_two_channels_are_read_side_by_side():
    truth = np.column_stack([np.full(100, 20.0), np.full(100, 55.0)])
    out = paired_sensors("temperature_humidity/sht85", truth, 4, np.random.default_rng(2))
    assert out.shape == (4, 100, 2)
    assert np.nanmedian(out[..., 0]) == pytest.approx(20.0, abs=2.0)
    assert np.nanmedian(out[..., 1]) == pytest.approx(55.0, abs=8.0)


@pytest.mark.parametrize("part", ["thermal_camera/lepton_2_5", "fuels/softwood", "nothing"])
def test_a_part_of_no_scalar_sensor_is_refused(part):
    with pytest.raises(UnknownNameError, match="unknown part"):
        readings(part=part)


@pytest.mark.parametrize(
    ("truth", "n_units", "field"),
    [
        (np.zeros((10, 2)), 1, "truth.values"),
        (np.full(10, np.nan), 1, "truth.values"),
        (np.zeros(10), 0, "n_units"),
    ],
)
def test_truth_that_does_not_fit_is_refused(truth, n_units, field):
    with pytest.raises(ConfigError, match=field):
        paired_sensors(BAROMETER, truth, n_units, np.random.default_rng(1))


def test_a_seed_is_no_generator():
    with pytest.raises(ConfigError, match=r"rng=7: needs a generator"):
        paired_sensors(BAROMETER, np.full(10, 101_325.0), 1, 7)


def test_readings_of_a_truth_far_outside_are_the_end_of_the_range():
    out = paired_sensors(BAROMETER, np.full(50, 5e5), 2, np.random.default_rng(1))
    assert np.nanmin(out) == np.nanmax(out)
