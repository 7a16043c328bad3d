import numpy as np
import pytest

from envirosense.core.errors import ConfigError, UnknownNameError
from envirosense.core.grid import TimeGrid
from envirosense.core.volumes import Volume
from envirosense.physics.light.radiation import band_radiance_w_m2_sr
from envirosense.pole.mock import KINDS, create_mock_environment_state
from envirosense.pole.picture.scene_geometry import PinholeCamera

EDGES_UM = np.array([0.1, 0.3, 1.0, 2.5, 10.0])
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
        world.view_radiance_w_m2_sr(seen)[:, 0], world.particle_ug_m3(HERE)[:, 0], world.current_a(),
        world.magnetic_t(HERE)[:, 0, 0], world.electric_v_m(HERE)[:, 0, 2], world.radio_t(HERE)[:, 0],
        world.sound_level_db(HERE)[:, 0], world.acceleration_m_s2(9.0)[:, 0, 0], world.tilt_rad()[:, 0],
        world.plane_irradiance_w_m2(30.0, 180.0),
    ):  # fmt: skip
        assert values[0] != values[-1]


def test_particles_of_a_plume_follow_its_gas():
    world = mock("plume", particle_ug_m3={})
    smoke = world.aerosols.index("smoke_fresh")
    width = 0.25 + 0.1 * 3.0
    assert world.particle_ug_m3(HERE)[0, smoke] == pytest.approx(100.0 * (0.25 / width) ** 2)
    assert not np.delete(world.particle_ug_m3(HERE), smoke, axis=1).any()
    dry, humid = (
        mock("plume", particle_ug_m3={}, relative_humidity=h).particle_per_cm3(EDGES_UM, HERE)[0]
        for h in (0, 0.9)
    )
    assert np.all(humid[1:] > dry[1:])  # droplets grow into the larger bins
    assert mock(particle_ug_m3={}).particle_per_cm3(EDGES_UM, HERE).max() == 0.0


def test_line_fields_are_their_settings():
    world = mock(
        magnetic_t=(3e-6, 0.0, 4e-6), electric_v_m=(0.0, 0.0, 150.0), phase_current_a=(90.0, 100.0, 110.0)
    )
    field = np.linalg.norm(world.magnetic_t(HERE), axis=2)
    assert np.all(field[:, 0] == pytest.approx(5e-6))
    assert field[0, world.harmonics.index(3)] == pytest.approx(0.06 * 5e-6)
    assert np.all(np.linalg.norm(world.electric_v_m(HERE), axis=2)[:, 0] == 150.0)
    assert np.all(world.current_a() == 100.0)
    assert np.all(world.mains_hz() == 60.0)


@pytest.mark.parametrize("kind", ["uniform", "step"])
def test_waveforms_hold_the_energy_of_their_bands(kind):
    world = mock(kind)  # the step is up at 60 s
    wave = world.sound_pa(HERE, 100.0, 4.0, 192_000.0)
    energy = (10.0 ** (0.1 * world.sound_level_db(HERE)[100])).sum()
    assert np.mean(wave**2) / 20e-6**2 == pytest.approx(energy, rel=1e-3)
    shaken = world.motion_m_s2(10.0, 100.0, 100.0, 2000.0)
    expected = (world.acceleration_m_s2(10.0)[100] ** 2).sum(axis=0)
    np.testing.assert_allclose(np.mean(shaken**2, axis=0), expected, rtol=1e-2)


def test_the_pole_moves_more_the_higher():
    world = mock(tilt_rad=(0.01, 0.0), natural_hz=(1.0, 7.0))
    low, high = (world.acceleration_m_s2(height_m) for height_m in (3.0, 9.0))
    np.testing.assert_allclose(high, 3.0 * low)
    assert world.natural_hz().shape == (300, 2, 2)
    assert np.all(world.tilt_rad() == [0.01, 0.0])


def test_strokes_fall_into_the_block_of_their_time():
    world = mock(strokes=({"time_s": 200.0}, {"time_s": 20.0, "peak_current_ka": 15.0}))
    assert world.strikes().time_s.tolist() == [20.0, 200.0]
    late = world.ticks(150, 100).strikes()
    assert (late.time_s.tolist(), late.peak_current_ka.tolist()) == ([200.0], [-30.0])
    assert np.hypot(late.x_m, late.y_m).tolist() == [5000.0]


def test_a_volume_is_the_mean_of_its_points():
    world = mock("gradient")
    box = Volume((1.0, 2.0, 6.0), (2.0, 2.0, 2.0))
    assert world.air_k(box)[0] == pytest.approx(world.air_k(box.centre_m)[0])  # linear in place
    plume = mock("plume", gas_ppb={})
    wide = plume.gas_ppb(("carbon_monoxide",), Volume(HERE, (0.0, 0.5, 0.0)))[0, 0]
    edge, axis = (plume.gas_ppb(("carbon_monoxide",), (0.0, y, 6.0))[0, 0] for y in (0.25, 0.0))
    assert edge < wide < axis


@pytest.mark.parametrize(
    "window", [(-1.0, 1.0, 100.0), (0.0, 0.0, 100.0), (0.0, 1.0, np.nan), (0.0, 1.0, 1e9)]
)
def test_a_window_without_samples_is_refused(window):
    with pytest.raises(ConfigError, match="window"):
        mock().sound_pa(HERE, *window)
    with pytest.raises(ConfigError, match="window"):
        mock().motion_m_s2(9.0, *window)


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
        ("uniform", {"particle_ug_m3": {"dusk": 1.0}}, "did you mean 'dust'"),
        ("uniform", {"sound_level_db": (40.0, 30.0)}, "mock.sound_level_db"),
        ("uniform", {"strokes": ({"time_s": -1.0},)}, "mock.strokes.0.time_s=-1.0"),
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
