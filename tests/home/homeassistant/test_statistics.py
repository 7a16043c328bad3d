import numpy as np
import pytest

from envirosense.home.homeassistant.seen import seen
from envirosense.home.homeassistant.statistics import HOUR_US, statistics_of
from envirosense.home.model import UNAVAILABLE
from tests.home.homeassistant.ha_cases import NAN, START_US, START_UTC, first, log_of, some_days


def statistics(home, log, hours):
    return statistics_of(home, seen(home, log, START_UTC), START_US, START_US + hours * HOUR_US, HOUR_US)


def reports(number, *told):
    """Log of (hour, value) of one sensor; None for a time in which it does not answer."""
    return log_of([
        (hour * 3600.0, number, 0, *((UNAVAILABLE, NAN) if value is None else (0, value)), 0, -1, -1)
        for hour, value in told
    ])  # fmt: skip


def test_a_mean_is_weighted_by_time(small_home):
    number = first(small_home, "temperature")
    log = reports(number, (0.5, 20.0), (1.25, 24.0), (1.75, 20.0))
    found = statistics(small_home, log, 3)[number]
    assert found.mean == pytest.approx([20.0, 22.0, 20.0])
    assert found.low.tolist() == [20.0, 20.0, 20.0]
    assert found.high.tolist() == [20.0, 24.0, 20.0]
    assert ((found.start_us - START_US) // HOUR_US).tolist() == [0, 1, 2]


def test_a_report_on_the_hour_belongs_to_the_hour_that_begins(small_home):
    number = first(small_home, "temperature")
    found = statistics(small_home, reports(number, (0.0, 20.0), (1.0, 24.0)), 2)[number]
    assert found.mean.tolist() == found.low.tolist() == found.high.tolist() == [20.0, 24.0]


def test_time_without_an_answer_counts_for_nothing(small_home):
    number = first(small_home, "temperature")
    log = reports(number, (0.0, 20.0), (0.5, None), (2.25, 30.0), (2.5, None), (2.75, 10.0))
    found = statistics(small_home, log, 3)[number]
    assert ((found.start_us - START_US) // HOUR_US).tolist() == [0, 2]  # none of the hour in between
    assert found.mean == pytest.approx([20.0, 20.0])
    assert found.low.tolist() == [20.0, 10.0]
    assert found.high.tolist() == [20.0, 30.0]


def test_a_sum_rises_through_a_new_meter(small_home):
    number = first(small_home, "energy")
    log = reports(number, (0.5, 5.0), (1.5, 7.5), (2.5, 1.0), (2.75, 2.0))
    found = statistics(small_home, log, 4)[number]
    assert found.state.tolist() == [5.0, 7.5, 2.0, 2.0]
    assert found.total.tolist() == [0.0, 2.5, 4.5, 4.5]
    assert found.mean is None


def test_a_sensor_that_never_reports_has_no_statistics(small_home):
    number = first(small_home, "temperature")
    assert set(statistics(small_home, reports(number, (0.5, 20.0)), 2)) == {number}


def test_statistics_agree_with_a_reckoning_second_by_second(small_home):
    log = some_days(small_home, 2)
    found = statistics(small_home, log, 48)
    second_us = START_US + np.arange(48 * 3600) * 1_000_000
    checked = 0
    for number in found:
        mine = np.flatnonzero(log.entity == number)
        times, is_valid = log.t_us[mine] + START_US, log.code[mine] >= 0
        values = np.round(log.value[mine].astype(float), small_home.entities[number].decimals)
        place = np.searchsorted(times, second_us, side="right") - 1
        held = np.where((place >= 0) & is_valid[place], values[place], np.nan).reshape(48, 3600)
        has = ~np.isnan(held).all(axis=1)
        if found[number].mean is None:
            assert np.all(np.diff(found[number].total) >= 0.0)
            continue
        hours = (found[number].start_us - START_US) // HOUR_US
        both = np.isin(hours, np.flatnonzero(has))
        assert both.sum() >= hours.size - 2  # what lasts less than a second is seen by one alone
        told = np.nanmean(held[hours[both]], axis=1)
        spread = np.nanmax(values) - np.nanmin(values)
        # a second is missed at each report, of which the busiest hour has six or so
        assert np.abs(found[number].mean[both] - told).max() <= 20.0 * spread / 3600.0 + 1e-9
        checked += 1
    assert checked > 20
