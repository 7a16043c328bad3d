import numpy as np
import pytest

from envirosense.core.errors import ConfigError, UnknownNameError
from envirosense.core.grid import TimeGrid
from envirosense.physics.radiation import band_radiance_w_m2_sr
from envirosense.pole.mock import KINDS, create_mock_environment_state
from envirosense.pole.scene_geometry import PinholeCamera

HERE = (0.0, 0.0, 6.0)
CAMERA = PinholeCamera(HERE, 0.0, 0.0)
START = "1990-07-01T12:00:00Z"


def mock(kind="uniform", n=300, dt_s=1.0, **settings):
    return create_mock_environment_state(kind, TimeGrid(start_utc=START, dt_s=dt_s, n=n), **settings)


def test_a_uniform_world_is_its_settings():
    world = mock(air_k=280.0, gas_ppb={"CO": 120.0})
    assert np.all(world.air_k(HERE) == 280.0)
    assert np.all(world.gas_ppb(("carbon_monoxide", "ozone"), HERE) == [120.0, 0.0])
    assert np.all(world.wind_m_s(HERE) == [-2.0, 0.0, 0.0])
    assert world.pressure_pa(HERE)[0] == 101_325.0
    assert create_mock_environment_state().grid.n == 600


def test_a_gradient_is_linear_in_place():
    world = mock("gradient")
    assert world.air_k((10.0, 5.0, 6.0))[0] - world.air_k((0.0, 5.0, 8.0))[0] == pytest.approx(
        10 * 0.1 + 2 * 0.0065
    )
    near, far = (world.gas_ppb(("ozone",), at)[0, 0] for at in ((0.0, 0.0, 0.0), (10.0, 10.0, 10.0)))
    assert (near, far) == (35.0, pytest.approx(35.0 * 1.6))
    assert world.gas_ppb(("ozone",), (-100.0, 0.0, 0.0))[0, 0] == 0.0
    assert world.wind_m_s((0, 0, 10.0))[0, 0] == pytest.approx(-3.0)


def test_a_plume_is_the_closed_form_downwind_and_nothing_upwind():
    world = mock("plume", gas_ppb={})  # source 3 m east, wind towards the west
    width = 0.25 + 0.1 * 3.0
    peak = 2000.0 * (0.25 / width) ** 2
    at_axis, beside, upwind = (
        world.gas_ppb(("carbon_monoxide",), at)[0, 0] for at in (HERE, (0.0, 0.4, 6.3), (3.5, 0.0, 6.0))
    )
    assert at_axis == pytest.approx(peak)
    assert beside == pytest.approx(peak * np.exp(-0.5 * (0.4**2 + 0.3**2) / width**2))
    assert upwind == 0.0


def test_sources_add_up():
    sources = KINDS["several_sources"]["sources"]
    together = mock("several_sources", gas_ppb={}).gas_ppb(("carbon_monoxide", "guaiacol"), HERE)
    alone = sum(
        mock(sources=(source,), gas_ppb={}).gas_ppb(("carbon_monoxide", "guaiacol"), HERE)
        for source in sources
    )
    np.testing.assert_allclose(together, alone, rtol=1e-12)
    assert together[0, 0] > 0.0


def test_a_hot_spot_fills_its_share_of_one_pixel():
    world = mock("hot_spot", hot_spot_pixel=(10, 20), hot_spot_share=0.25)
    seen, _ = world.view(CAMERA)
    radiance = (seen.weights @ world.view_radiance_w_m2_sr(seen)[0]).reshape(60, 80)
    scene, spot = band_radiance_w_m2_sr(np.array([293.15, 363.15]))
    assert radiance[10, 20] == pytest.approx(0.75 * scene + 0.25 * spot, rel=1e-6)
    assert np.ptp(np.delete(radiance.ravel(), 10 * 80 + 20)) == 0.0
    healthy = world.without_causes()
    assert np.all(healthy.view(CAMERA)[0].weights[:, 1] == 0.0)


def test_courses_are_what_they_say():
    t_s = np.arange(300) * 1.0
    step, ramp, wave = (mock(kind, begin_s=60.0, period_s=100.0).course() for kind in
                        ("step", "ramp", "sinusoid"))  # fmt: skip
    np.testing.assert_array_equal(step, t_s >= 60.0)
    np.testing.assert_allclose(ramp, np.clip((t_s - 60.0) / 100.0, 0.0, 1.0))
    np.testing.assert_allclose(wave, np.where(t_s >= 60.0, np.sin(2 * np.pi * (t_s - 60.0) / 100.0), 0.0))
    assert np.ptp(mock("step").air_k(HERE)) == 5.0


def test_a_course_moves_every_quantity():
    world = mock("step", rain_swing_mm_h=4.0)
    seen, _ = world.view(CAMERA)
    for values in (
        world.air_k(HERE), world.relative_humidity(HERE), world.pressure_pa(HERE), world.wind_m_s(HERE)[:, 0],
        world.gas_ppb(("ozone",), HERE)[:, 0], world.irradiance_w_m2(), world.rain_mm_h(),
        world.view_radiance_w_m2_sr(seen)[:, 0],
    ):  # fmt: skip
        assert values[0] != values[-1]


def test_the_sun_has_a_direction_only_when_given():
    assert np.isnan(mock().sun_direction()[0]).all()
    azimuth, elevation = mock(sun_azimuth_deg=90.0, sun_elevation_deg=30.0).sun_direction()
    assert (azimuth[0], elevation[0]) == (pytest.approx(np.pi / 2), pytest.approx(np.pi / 6))


@pytest.mark.parametrize(
    ("kind", "settings", "words"),
    [
        ("plum", {}, "did you mean 'plume'"),
        ("uniform", {"air_c": 20.0}, "mock.air_c=20.0: unknown field; did you mean 'air_k'"),
        ("uniform", {"air_k": -3.0}, "mock.air_k=-3.0"),
        ("uniform", {"air_k": "warm"}, "mock.air_k='warm'"),
        ("uniform", {"gas_ppb": {"carbon_monoxid": 1.0}}, "did you mean 'carbon_monoxide'"),
        ("plume", {"wind_m_s": (0.0, 0.0, 0.0)}, "a plume needs wind"),
        ("step", {"relative_humidity": 0.95}, "within 0 and 1"),
        ("step", {"irradiance_w_m2": 0.0}, "must not exceed the mean"),
    ],
)
def test_an_impossible_world_is_refused_in_one_line(kind, settings, words):
    with pytest.raises(ConfigError, match=words) as refusal:
        mock(kind, **settings)
    assert "\n" not in str(refusal.value)


def test_a_spot_outside_the_picture_is_refused():
    with pytest.raises(ConfigError, match="60 rows and 80 columns"):
        mock("hot_spot", hot_spot_pixel=(60, 0)).view(CAMERA)


def test_a_misspelt_gas_is_refused():
    with pytest.raises(UnknownNameError, match="did you mean 'ozone'"):
        mock().gas_ppb(("ozon",), HERE)
