import numpy as np
import pytest

from envirosense.core.errors import ConfigError, UnknownNameError
from envirosense.pole.heat.components import build_components
from envirosense.pole.outfit import default_configuration
from envirosense.pole.picture.render import RenderScene, render, standing_k
from envirosense.pole.picture.view import site_view
from envirosense.pole.sensors.thermal_camera import ThermalCameraSensor
from envirosense.pole.site import Site

LEPTON = "thermal_camera/lepton_2_5"


def frames(seed=1, **changes):
    return render(RenderScene(**changes), LEPTON, np.random.default_rng(seed))


def test_frames_are_kelvins_of_80_by_60_pixels_and_reproducible():
    found = frames(n_frames=3)
    assert found.shape == (3, 60, 80)
    assert np.all((found > 230.0) & (found < 350.0))
    np.testing.assert_array_equal(found, frames(n_frames=3))
    assert np.any(found != frames(seed=2, n_frames=3))


def test_noise_is_on_and_the_scene_stands_behind_it():
    """Frames differ by noise of 50 mK over warm wood, and by no more."""
    found = frames(n_frames=40, cloud_fraction=0.0, dni_w_m2=0.0)
    wood = found[0] > np.percentile(found[0], 80)
    assert 0.03 < found[:, wood].std(axis=0).mean() < 0.2


def test_a_hot_clamp_is_a_hot_spot_where_the_clamp_is():
    site = Site()
    camera = default_configuration(site).sensors[-1]
    rise = frames(excess_k={"clamp_b": 60.0})[0] - frames()[0]
    seen, _ = site_view(site, ThermalCameraSensor(camera).camera)
    share = seen.weights[:, seen.components.index("clamp_b")].reshape(60, 80)
    assert share.max() > 0.3
    assert np.unravel_index(rise.argmax(), rise.shape) == np.unravel_index(share.argmax(), share.shape)
    assert rise.max() > 10.0
    assert np.abs(rise[share == 0.0]).max() < 1.0


def test_equipment_stands_out_of_a_sky_tens_of_degrees_colder():
    clear, overcast = (frames(cloud_fraction=c, cloud_base_m=800.0)[0] for c in (0.0, 1.0))
    contrast_k = [np.percentile(f, 95) - np.percentile(f, 10) for f in (clear, overcast)]
    assert contrast_k[0] > 25.0
    assert 3.0 < contrast_k[1] < contrast_k[0]


def test_components_follow_the_weather():
    scene = RenderScene(current_a=400.0, wind_m_s=1.0)
    components = build_components(scene.site)
    place = {name: i for i, name in enumerate(components.names)}
    noon = standing_k(scene, components)
    night = standing_k(scene.model_copy(update={"dni_w_m2": 0.0, "dhi_w_m2": 0.0}), components)
    assert noon[place["pole_s"]] > night[place["pole_s"]] + 10.0
    assert night[place["conductor_a"]] > 295.15 + 5.0


def test_a_full_configuration_of_a_camera_is_taken():
    camera = default_configuration(Site()).sensors[-1].model_copy(update={"stages_off": True})
    found = render(RenderScene(n_frames=2, cloud_fraction=0.0), camera, np.random.default_rng(1))
    np.testing.assert_array_equal(found[1], found[0])  # a perfect camera under a clear sky


def test_wrong_names_and_values_are_refused():
    with pytest.raises(UnknownNameError, match="clamp_d"):
        frames(excess_k={"clamp_d": 5.0})
    for bad in (99.0, np.nan, "warm"):
        with pytest.raises(ConfigError, match="air_c="):
            RenderScene.parse({"air_c": bad})
        with pytest.raises(ConfigError, match="air_c="):
            RenderScene(air_c=bad)
    with pytest.raises(ConfigError, match="did you mean 'wind_m_s'"):
        RenderScene(wind_ms=1.0)


@pytest.mark.parametrize("excess_k", [1e6, -200.0, np.nan])
def test_a_component_is_neither_vapour_nor_below_zero(excess_k):
    with pytest.raises(ConfigError, match=r"excess_k\.clamp_b="):
        RenderScene(excess_k={"clamp_b": excess_k})


@pytest.mark.parametrize("part", ["barometer/bmp388", "lepton"])
def test_a_part_of_no_thermal_camera_is_refused(part):
    with pytest.raises(UnknownNameError, match=r"camera='.*thermal_camera/lepton_2_5"):
        render(RenderScene(), part, np.random.default_rng(1))


def test_a_seed_is_no_generator():
    with pytest.raises(ConfigError, match=r"rng=7: needs a generator"):
        render(RenderScene(), LEPTON, 7)
