"""Every trap of the weather formats, on the shipped file, on damaged copies of it and on made EPW files."""

import hashlib
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from envirosense.climate import WeatherYear, greensboro, read_weather
from envirosense.climate.repairs import filled, filled_direction, join_hours, smoothed_joins, steep_joins
from envirosense.climate.sites import Station
from envirosense.climate.sun import sun_track
from envirosense.core.errors import ConfigError
from envirosense.core.rng import stream
from envirosense.physics.air.humidity import relative_humidity
from envirosense.physics.air.pressure import altitude_pressure_pa

SHIPPED = Path(str(find_spec("pvlib").origin)).parent / "data" / "723170TYA.CSV"
GOLDEN = Station("Golden", 39.74, -105.18, 1829.0, -7.0)


@pytest.fixture(scope="module")
def lines() -> list[str]:
    return SHIPPED.read_text().splitlines()


@pytest.fixture(scope="module")
def header(lines) -> list[str]:
    return lines[1].split(",")


def damaged(tmp_path, lines, header, changes) -> Path:
    """A copy of the shipped file; changes is column -> function of (record, text)."""
    at = {header.index(column): change for column, change in changes.items()}
    rows = [row.split(",") for row in lines[2:]]
    for record, cells in enumerate(rows):
        for column, change in at.items():
            cells[column] = change(record, cells[column])
    path = tmp_path / "copy.csv"
    path.write_text("\n".join([*lines[:2], *(",".join(cells) for cells in rows)]) + "\n")
    return path


def gap(first, length, code):
    return lambda record, text: code if first <= record < first + length else text


def write_epw(
    path: Path, columns: dict[str, object], *, years=(2001,), leap_day=False, station=GOLDEN
) -> Path:
    """An EPW file of a year; `columns` overrides the constant ones by position name."""
    plain = {
        "air": 10.0, "dew": 2.0, "rh": 57, "pressure": 82_000, "ghi": 0, "dni": 0, "dhi": 0, "from": 270,
        "wind": 3.1, "total": 5, "opaque": 4, "ceiling": 77_777, "albedo": 0.2, "rain": 0.0,
    }  # fmt: skip
    start = np.datetime64("2000-01-01T00", "h") if leap_day else np.datetime64("2001-01-01T00", "h")
    n = 8784 if leap_day else 8760
    stamps = start + np.arange(n)
    rows = []
    for i, stamp in enumerate(stamps.astype(datetime)):
        v = {key: columns[key][i] if key in columns else value for key, value in plain.items()}
        year = 2000 if leap_day else years[(stamp.month - 1) % len(years)]
        rows.append(
            f"{year},{stamp.month},{stamp.day},{stamp.hour + 1},0,A,{v['air']},{v['dew']},{v['rh']},"
            f"{v['pressure']},0,0,300,{v['ghi']},{v['dni']},{v['dhi']},0,0,0,0,{v['from']},{v['wind']},"
            f"{v['total']},{v['opaque']},9999,{v['ceiling']},9,999999999,10,0.1,0,88,{v['albedo']},{v['rain']},1"
        )
    head = (
        f"LOCATION,{station.name},CO,USA,TMY3,724666,{station.latitude_deg},{station.longitude_deg},"
        f"{station.utc_offset_h},{station.elevation_m}"
    )
    path.write_text("\n".join([head, *["X"] * 7, *rows]) + "\n")
    return path


def sunny(offset_s: float) -> dict[str, object]:
    """Closed radiation of a cloudless year whose records are centred `offset_s` from their stamps."""
    stamp_s = datetime(2001, 1, 1, 7, tzinfo=UTC).timestamp() + 3600.0 * np.arange(8760)
    cosine = np.maximum(sun_track(GOLDEN, stamp_s + offset_s).cos_zenith, 0.0)
    dni = np.where(cosine > 0.02, 800.0, 0.0)
    dhi = np.where(cosine > 0.02, 90.0, 0.0)
    return {"ghi": np.round(dhi + dni * cosine, 1), "dni": dni, "dhi": dhi}


def test_shipped_year_has_the_published_statistics():
    year = greensboro()
    assert year.station == Station("GREENSBORO PIEDMONT TRIAD INT NC", 36.1, -79.95, 273.0, -5.0)
    assert (year.air_c.min(), year.air_c.max()) == (-16.7, 35.6)
    assert year.air_c.mean() == pytest.approx(14.4, abs=0.05)
    assert year.wind_m_s.max() == pytest.approx(15.4)
    assert year.ghi_w_m2.max() == 1013.0
    assert year.digest == hashlib.sha256(SHIPPED.read_bytes()).hexdigest()
    assert greensboro() is year


def test_model_year_is_fixed_in_utc_although_source_years_differ_and_the_last_row_is_in_the_next():
    year = greensboro()
    assert year.start_utc == datetime(2018, 1, 1, 5, tzinfo=UTC)
    arrays = [getattr(year, name) for name in WeatherYear.__slots__]
    assert {a.shape for a in arrays if isinstance(a, np.ndarray)} == {(8760,)}


def test_precipitation_is_read_as_tenths_of_a_millimetre():
    year = greensboro()
    assert year.rain_mm.sum() == pytest.approx(834.5)
    assert np.count_nonzero(year.rain_mm) == 358
    assert "tenths" in year.repairs["rain_mm"]


def test_precipitation_with_decimals_stays_in_millimetres(tmp_path, lines, header):
    path = damaged(tmp_path, lines, header, {"Lprecip depth (mm)": lambda r, t: "0.3" if r == 7 else "0"})
    year = read_weather(path)
    assert year.rain_mm[7] == pytest.approx(0.3)
    assert "rain_mm" not in year.repairs


@pytest.mark.parametrize("offset_s", [-3600.0, -1800.0, 0.0, 1800.0])
def test_beam_closure_finds_the_time_stamp_convention(tmp_path, offset_s):
    year = read_weather(write_epw(tmp_path / "sunny.epw", sunny(offset_s)))
    assert year.sun_offset_s == offset_s
    # hour 0 begins half an hour before the centre of the first record
    assert year.start_utc.timestamp() == datetime(2018, 1, 1, 7, tzinfo=UTC).timestamp() + offset_s - 1800.0


def test_shipped_file_labels_the_end_of_the_hour():
    assert greensboro().sun_offset_s == -1800.0


def test_joins_of_the_shipped_file_are_smooth_and_stay_as_observed(lines):
    raw = np.array([float(row.split(",")[31]) for row in lines[2:]])
    assert lines[1].split(",")[31] == "Dry-bulb (C)"
    np.testing.assert_array_equal(
        greensboro().air_c[31 * 24 - 8 : 31 * 24 + 8], raw[31 * 24 - 8 : 31 * 24 + 8]
    )
    steps = np.abs(raw - np.roll(raw, 1))
    joins = join_hours(np.array([int(row[6:10]) for row in lines[2:]]))
    assert steep_joins(raw, joins).size == np.count_nonzero(steps[joins] > np.quantile(steps, 0.99))


def test_a_step_at_a_join_becomes_a_ramp_that_ends_after_six_hours():
    step = np.where(np.arange(48) < 24, 0.0, 12.0)
    smooth = smoothed_joins(step, np.array([24]))
    assert np.abs(np.diff(smooth[12:36])).max() == pytest.approx(1.0)
    np.testing.assert_array_equal(smooth[[17, 30]], [0.0, 12.0])
    assert np.mean(smooth) == pytest.approx(np.mean(step))


def test_months_of_different_years_meet_over_twelve_hours(tmp_path):
    month = (
        np.arange(np.datetime64("2001-01-01T00"), np.datetime64("2002-01-01T00"))
        .astype("datetime64[M]")
        .astype(int)
    )
    columns = sunny(1800.0) | {"air": np.where(month % 2 == 0, 10.0, 16.0)}
    one = read_weather(write_epw(tmp_path / "one.epw", columns))
    two = read_weather(write_epw(tmp_path / "two.epw", columns, years=(2001, 2005)))
    assert "joins" not in one.repairs
    assert two.repairs["joins"].startswith("12 jumps at 12 joins")
    assert np.abs(np.diff(one.air_c)).max() == 6.0
    assert np.abs(np.diff(two.air_c)).max() == pytest.approx(0.5)


def test_leap_day_of_an_epw_is_dropped(tmp_path):
    columns = {
        key: np.append(v[: 59 * 24], np.append(v[58 * 24 : 59 * 24], v[59 * 24 :]))
        for key, v in sunny(1800.0).items()
    }
    columns["air"] = np.where(np.arange(8784) // 24 == 59, 99.0, 5.0)
    year = read_weather(write_epw(tmp_path / "leap.epw", columns, leap_day=True))
    np.testing.assert_array_equal(year.air_c, 5.0)


@pytest.mark.parametrize("code", ["-9900", "999", "9999"])
def test_short_gap_is_bridged_by_a_line_and_recorded(tmp_path, lines, header, code):
    year = read_weather(damaged(tmp_path, lines, header, {"Dry-bulb (C)": gap(4000, 3, code)}))
    known = greensboro().air_c
    np.testing.assert_allclose(year.air_c[3999:4004], np.linspace(known[3999], known[4003], 5))
    assert year.repairs["air_c"] == "3 hours filled"


def test_long_gap_keeps_the_course_of_the_day(tmp_path, lines, header):
    year = read_weather(damaged(tmp_path, lines, header, {"Dry-bulb (C)": gap(4008, 24, "-9900")}))
    np.testing.assert_array_equal(year.air_c[4008:4032], greensboro().air_c[3984:4008])


def test_radiation_of_999_is_a_value_and_9999_is_not(tmp_path, lines, header):
    noon = int(np.argmax(greensboro().ghi_w_m2))
    change = lambda r, t: "999" if r == noon else "9999" if r == noon + 24 else t  # noqa: E731
    year = read_weather(damaged(tmp_path, lines, header, {"GHI (W/m^2)": change}))
    assert year.ghi_w_m2[noon] == 999.0
    assert year.ghi_w_m2[noon + 24] == 999.0  # the same hour of the day before


def test_missing_rain_means_dry_and_is_recorded(tmp_path, lines, header):
    year = read_weather(damaged(tmp_path, lines, header, {"Lprecip depth (mm)": gap(0, 8011, "-9900")}))
    assert not year.rain_mm[:8011].any()
    assert year.repairs["rain_mm"].startswith("8011 hours filled")


def test_constant_pressure_gives_way_to_the_altitude_with_tides(tmp_path, lines, header):
    year = read_weather(damaged(tmp_path, lines, header, {"Pressure (mbar)": lambda r, t: "1012"}))
    assert year.pressure_pa.mean() == pytest.approx(float(altitude_pressure_pa(273.0)), abs=1.0)
    assert 30.0 < np.ptp(year.pressure_pa) < 240.0  # 0.3-1.2 hPa of amplitude
    assert "constant" in year.repairs["pressure_pa"]
    assert "pressure_pa" not in greensboro().repairs


def test_zero_albedo_is_replaced_and_recorded():
    np.testing.assert_array_equal(greensboro().albedo, 0.2)
    assert "assumed" in greensboro().repairs["albedo"]


def test_calms_get_a_direction_from_their_neighbours():
    from_deg = np.array([350.0, 0.0, 0.0, 20.0, 100.0])
    turned = filled_direction(from_deg, np.array([False, True, True, False, False]))
    np.testing.assert_allclose(turned, [350.0, 0.0, 10.0, 20.0, 100.0])
    np.testing.assert_array_equal(filled_direction(from_deg, np.ones(5, dtype=bool)), 0.0)


def test_unlimited_and_cirrus_ceilings_become_high_ones(tmp_path):
    ceiling = np.resize([77_777, 88_888, 300, 99_999], 8760)
    year = read_weather(write_epw(tmp_path / "sky.epw", sunny(1800.0) | {"ceiling": ceiling}))
    np.testing.assert_array_equal(year.ceiling_m[:4], [7500.0, 7500.0, 300.0, 7500.0])


def test_epw_values_arrive_in_their_units(tmp_path):
    rain = np.where(np.arange(8760) == 10, 2.4, 0.0)
    year = read_weather(
        write_epw(
            tmp_path / "g.epw", sunny(1800.0) | {"rain": rain, "pressure": np.resize([82_000, 82_100], 8760)}
        )
    )
    assert (year.pressure_pa[0], year.pressure_pa[1], year.rain_mm[10]) == (82_000.0, 82_100.0, 2.4)
    assert year.station == Station("Golden CO", 39.74, -105.18, 1829.0, -7.0)


def test_gap_at_the_turn_of_the_year_is_filled_from_both_sides():
    values = np.arange(96.0) % 24.0
    missing = np.zeros(96, dtype=bool)
    missing[:30] = True
    np.testing.assert_array_equal(filled(values, missing), values)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"Dry-bulb (C)": lambda r, t: "-9900"}, "'temp_air' is missing throughout"),
        ({"Dry-bulb (C)": lambda r, t: "88.0" if r == 41 else t}, "record 42: air_c=88 lies outside"),
        ({"Wspd (m/s)": lambda r, t: "gale" if r == 3 else t}, "'wind_speed' holds text"),
        ({"DNI (W/m^2)": lambda r, t: "0"}, "dni_w_m2 is zero all year"),
        (
            {"Time (HH:MM)": lambda r, t: "05:00" if r == 9 else t},
            "record 10 (1988-01-01T04:00:00) is out of order",
        ),
    ],
    ids=["missing", "impossible", "text", "no beam", "disorder"],
)
def test_bad_file_is_refused_in_one_line_that_names_it(tmp_path, lines, header, change, message):
    path = damaged(tmp_path, lines, header, change)
    with pytest.raises(ConfigError) as caught:
        read_weather(path)
    assert message in str(caught.value)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("absent.csv", None, "cannot be read"),
        ("note.txt", "x", "give a TMY3 .csv or an .epw file"),
        ("empty.csv", "", "not a complete CSV weather file"),
        ("table.csv", "a,b\n1,2\n", "not a complete CSV weather file"),
        ("page.epw", "<html>", "not a complete EPW weather file"),
    ],
)
def test_what_is_no_weather_file_is_refused_by_name(tmp_path, name, content, message):
    path = tmp_path / name
    if content is not None:
        path.write_text(content)
    with pytest.raises(ConfigError, match=message) as caught:
        read_weather(path)
    assert name in str(caught.value)


def test_truncated_and_stripped_files_are_refused(tmp_path, lines, header):
    short = tmp_path / "short.csv"
    short.write_text("\n".join(lines[:5000]))
    with pytest.raises(ConfigError, match="holds 4998 hours"):
        read_weather(short)
    renamed = tmp_path / "renamed.csv"
    renamed.write_text("\n".join([lines[0], lines[1].replace("OpqCld (tenths)", "Opq"), *lines[2:]]))
    with pytest.raises(ConfigError, match="'OpqCld \\(tenths\\)' is absent"):
        read_weather(renamed)


def test_any_date_maps_to_the_same_date_of_the_model_year():
    year = greensboro()
    assert year.hour_of(datetime(2018, 1, 1, 5, tzinfo=UTC)) == 0.0
    assert year.hour_of(datetime(1990, 7, 1, 17, 30, tzinfo=UTC)) == 181 * 24 + 12.5
    assert year.hour_of(datetime(2024, 2, 29, 17, tzinfo=UTC)) == 58 * 24 + 12.0
    assert year.hour_of(datetime(2024, 3, 1, 17, tzinfo=UTC)) == 59 * 24 + 12.0
    assert year.hour_of(datetime(2019, 1, 1, 4, tzinfo=UTC)) == 8759.0


def test_slices_wrap_around_the_year():
    year = greensboro()
    first, again = year.slice(0), year.slice(8760)
    np.testing.assert_array_equal(first.air_c, year.air_c[[8758, 8759, 0, 1, 2]])
    np.testing.assert_array_equal(first.cos_zenith, again.cos_zenith)
    assert (first.hour, again.hour) == (0, 8760)


def test_weather_of_the_shipped_year_keeps_its_hourly_means():
    # V-WX-2 on real hours, calms apart
    year = greensboro()
    streams = lambda kind, hour: stream(5, "weather", kind, hour)  # noqa: E731
    for hour in range(7, 8760, 97):
        w = year.weather(hour, 10.0, streams)
        assert w.air_k.mean() - 273.15 == pytest.approx(year.air_c[hour], abs=0.05)
        source_rh = relative_humidity(year.air_c[hour] + 273.15, year.dew_point_c[hour] + 273.15)
        assert w.relative_humidity.mean() == pytest.approx(source_rh, abs=0.01)
        if year.wind_m_s[hour] > 0.26:
            assert w.wind_m_s.mean() == pytest.approx(year.wind_m_s[hour], rel=0.02)
        assert w.rain_mm_h.mean() == pytest.approx(year.rain_mm[hour], rel=1e-12)
        assert w.ghi_w_m2.mean() == pytest.approx(year.ghi_w_m2[hour], rel=0.05, abs=10.0)
        assert w.dni_w_m2.max() < 1200.0
