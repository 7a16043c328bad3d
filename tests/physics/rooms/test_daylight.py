import numpy as np
import pytest

from envirosense.physics.rooms.daylight import (
    daylight_lux,
    diffuse_share,
    lamp_lux,
    solar_gain_w,
    window_irradiance_w_m2,
)

SOUTH, WEST, NORTH = 180.0, 270.0, 0.0


def test_an_overcast_sky_is_all_diffuse_and_a_clear_one_little() -> None:
    assert diffuse_share(50.0, 0.7) == pytest.approx(1.0, abs=0.02)
    assert diffuse_share(900.0, 0.8) < 0.2


def test_the_share_of_the_sky_has_no_steps_but_small_ones() -> None:
    share = diffuse_share(np.linspace(0.0, 1361.0, 2000), 1.0)
    assert np.abs(np.diff(share)).max() < 0.01


def test_the_sun_is_on_the_side_where_it_stands() -> None:
    noon, evening = window_irradiance_w_m2([500.0, 250.0], [40.0, 15.0], [180.0, 265.0], [SOUTH, WEST, NORTH])
    assert noon[0] > 2.5 * noon[2]
    assert evening[1] > 3.0 * evening[0]
    assert noon[2] == pytest.approx(noon[1])  # both see the sky alone


def test_an_even_sky_gives_an_upright_window_half_of_it_and_the_ground() -> None:
    seen = window_irradiance_w_m2([60.0], [40.0], [180.0], [NORTH])
    share = diffuse_share(60.0, np.sin(np.radians(40.0)))
    assert seen[0, 0] == pytest.approx(0.5 * 60.0 * (share + 0.2))


def test_night_is_dark() -> None:
    assert not window_irradiance_w_m2([0.0, 3.0], [-20.0, -1.0], [10.0, 250.0], [SOUTH]).any()


def test_a_bright_day_lights_a_living_room_by_hundreds_of_lux() -> None:
    lux = daylight_lux(np.array([100.0]), 4.5, 26.0)
    assert 200.0 < lux[0] < 1000.0
    assert solar_gain_w(np.array([100.0]), 4.5) == pytest.approx(247.5)


def test_ten_watts_of_led_light_a_small_room() -> None:
    assert lamp_lux(10.0, 8.0) == pytest.approx(45.0)
