import re

import numpy as np
import pytest

from envirosense.core.errors import UnknownNameError
from envirosense.instruments.status import Status
from envirosense.pole.run import EpisodeRun
from envirosense.pole.sheet import BLOCKS, DaySheet, day_page, open_day, watch_day
from envirosense.pole.sheet.day import ScalarDay, truth_places
from envirosense.pole.sheet.errors import error_numbers, errors, within_accuracy
from envirosense.pole.sheet.names import sensor_title, title_of
from envirosense.pole.sheet.strips import COLUMNS, status_rows


def scalar(sheet: DaySheet, name: str) -> ScalarDay:
    return next(day for day in sheet.scalars if day.sensor.sensor_id == name)


@pytest.fixture(scope="session")
def page(sheet: DaySheet) -> str:
    return day_page(sheet)


def test_the_page_needs_no_other_file(page: str) -> None:
    assert not re.findall(r'(?:src|href)="(?!data:|#)', page)
    assert "url(" not in page
    assert "nan" not in "".join(re.findall(r' d="([^"]*)"', page)).lower()


def test_every_channel_of_every_sensor_has_a_chart_with_its_numbers(sheet: DaySheet, page: str) -> None:
    n_channels = sum(len(day.sensor.channels) for day in sheet.scalars)
    assert page.count("within accuracy</span>") == n_channels
    for name in sheet.run.device.sensors:
        assert f'<section class="sensor" id="{name}">' in page


def test_a_day_in_blocks_holds_what_the_device_reports_at_once(sheet: DaySheet) -> None:
    spec = sheet.run.spec
    again = EpisodeRun(spec)
    whole = again.device.observe(again.world.state(0, spec.grid.n))
    for day in sheet.scalars:
        np.testing.assert_array_equal(day.block.reading, whole.readings[day.sensor.sensor_id].reading)
    camera = sheet.cameras[0]
    frames = whole.frames[camera.sensor.sensor_id].temperature_k()
    np.testing.assert_array_equal(camera.reading_c.reshape(frames.shape), frames - 273.15)


def test_the_camera_takes_a_frame_in_ten_minutes_and_each_has_its_ideal_one(sheet: DaySheet) -> None:
    camera = sheet.cameras[0]
    np.testing.assert_array_equal(camera.t_s, np.arange(0.0, 3600.0, 600.0))
    assert camera.ideal_c.shape == camera.reading_c.shape
    for reading_c, ideal_c in zip(camera.reading_c, camera.ideal_c, strict=True):
        inside = ideal_c > -35.0  # a clear sky is colder than the camera can tell
        assert np.corrcoef(reading_c[inside], ideal_c[inside])[0, 1] > 0.9


def test_progress_is_told_after_every_block() -> None:
    told = []
    run = open_day("normal/diurnal_cycle", 3, 600.0, 10.0, {"sensors": ("barometer",)})
    watch_day(run, lambda: told.append(1))
    assert len(told) == BLOCKS


def test_an_unknown_scenario_is_refused_with_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="normal/diurnal_cycle"):
        open_day("normal/diurnal", 0, 600.0, 10.0, {})


def test_an_error_goes_the_short_way_round(sheet: DaySheet) -> None:
    sensor = scalar(sheet, "wind_sensor").sensor
    n = len(sensor.channels)
    direction = [channel.name for channel in sensor.channels].index("direction_deg")
    reading, ideal = np.zeros((2, n)), np.zeros((2, n))
    reading[:, direction], ideal[:, direction] = (1.0, 358.0), (359.0, 2.0)
    np.testing.assert_allclose(errors(sensor, reading, ideal)[:, direction], [2.0, -4.0])


def test_numbers_of_an_error_leave_gaps_out() -> None:
    found = error_numbers(np.array([1.0, np.nan, 3.0]), np.array([1.0, np.nan, 0.0]))
    assert (found.mean, found.sigma, found.within) == (2.0, 1.0, 0.5)
    assert np.isnan(error_numbers(np.array([np.nan]), None).mean)


def test_within_accuracy_is_the_stated_accuracy_of_the_part(sheet: DaySheet) -> None:
    day = scalar(sheet, "barometer")
    limit = day.sensor.values.number("accuracy.absolute", "Pa")
    reading = np.full((3, 1), 1e5)
    within = within_accuracy(day.sensor, reading, np.array([[0.99 * limit], [-1.5 * limit], [np.nan]]))
    assert within is not None
    np.testing.assert_array_equal(within[:, 0], [1.0, 0.0, np.nan])


def test_truth_stands_beside_a_channel_of_its_unit_only(sheet: DaySheet) -> None:
    array = scalar(sheet, "voc_array").sensor
    for channel, place in zip(array.channels, truth_places(array), strict=True):
        if place is not None:
            assert channel.name.endswith(array.truth_channels[place].name)
    assert truth_places(scalar(sheet, "line_current").sensor) == (0,)


def test_a_single_flagged_tick_is_seen_and_the_worst_grade_of_a_column_is_shown() -> None:
    t_s, n = np.arange(86_400.0), 86_400
    status = np.zeros(n, np.uint16)
    status[43_200] = Status.NO_DATA
    grade = np.ones(n)
    grade[100] = 0.0
    flags, quality = status_rows(t_s, status, [("quality", grade)], float(n))
    assert flags.name == "no data"
    assert flags.indices[COLUMNS // 2] > 50
    assert np.count_nonzero(flags.indices) == 1
    assert quality.indices[0] == 1
    assert quality.indices[1] == 255


@pytest.mark.parametrize(
    ("sensor_id", "title"),
    [
        ("temperature_humidity_2", "Temperature and humidity 2"),
        ("emf_sensor", "Field sensor (EMF)"),
        ("my_own", "My own"),
    ],
)
def test_sensors_have_names(sensor_id: str, title: str) -> None:
    assert sensor_title(sensor_id) == title


def test_channels_have_names_without_units(sheet: DaySheet) -> None:
    from envirosense.instruments.channels import Channel

    named = {
        ("rms_up_2_20_hz_mg", "mg"): "Rms up 2\u201320 Hz",
        ("level_35_45_khz_db", "dB"): "Level 35\u201345 kHz",
        ("level_63_hz_db", "dB"): "Level 63 Hz",
        ("pm2_5_ug_m3", "ug/m3"): "PM2.5",
        ("n0_5_per_cm3", "1/cm3"): "N0.5",
        ("h2_ut", "uT"): "H2",
    }
    for (name, unit), title in named.items():
        assert title_of(Channel(name, unit, "", 1.0, 1.0)) == title
