import numpy as np
import pytest

from envirosense.pole.page.colours import ColourScale, colour_scale, thermal_palette
from envirosense.pole.page.device import camera_range_c, part_name, sensor_names
from envirosense.pole.page.film import outline_path
from envirosense.pole.page.hotspots import hottest_place, means_3x3, without_lone_pixels
from envirosense.pole.page.parameters import parameter_facts
from envirosense.pole.page.wording import component_text, quantity_text


def test_lone_bad_pixel_is_never_the_hottest_place() -> None:
    frames = np.random.default_rng(4).integers(14_000, 14_020, (3, 12, 16)).astype(np.uint16)
    frames[:, 2, 3] = 22_000  # hot
    frames[:, 11, 15] = 22_000  # in the corner
    frames[:, 5, 5] = 3_000  # dead
    frames[1, 7:10, 9:12] = 15_000
    calm = without_lone_pixels(frames)
    assert calm.max() == 15_000
    assert calm.min() >= 14_000
    means = means_3x3(frames)
    assert hottest_place(means[1], None) == (8, 10)
    assert means[1, 8, 10] == pytest.approx(15_000, abs=3)
    mask = np.zeros((12, 16), dtype=bool)
    mask[1:4, 1:4] = True
    row, column = hottest_place(means[1], mask)
    assert mask[row, column]


def test_parameters_have_the_units_and_words_of_their_space() -> None:
    params = {"component": "clamp_b", "final_resistance_ohm": 4.0075e-4, "onset_fraction": 0.2401}
    facts = dict(parameter_facts("electrical/equipment_overheat", params))
    assert facts == {
        "component": "clamp B",
        "final_resistance": "0.401\u2009m\u03a9",
        "start of the growth": "0.24 of the episode",
    }
    assert dict(parameter_facts("toss/heads", {"level": 2.0})) == {"level": 2.0}


def test_names_read_as_words() -> None:
    assert component_text("clamp_b") == "clamp B"
    assert component_text("pole_top_bolt") == "the pole top bolt"
    assert quantity_text(-2.5, "K") == "\u22122.5\u2009K"
    assert part_name("voc_array/tfsgs_multi2") == "TFSGS-MULTI2-ENV"
    assert part_name("voc_array/not_installed") == "not_installed"
    assert sensor_names("soil_probe") == ("Soil probe", "Soil")
    assert camera_range_c({"sensors": [{"sensor_type": "thermal_camera", "part": "x/y"}]}) is None
    assert camera_range_c({}) is None


def test_outline_runs_along_the_edge_of_the_mask() -> None:
    mask = np.zeros((4, 5), dtype=bool)
    mask[1:3, 1:4] = True
    path = outline_path(mask)
    assert path.count("h1") == 6
    assert path.count("v1") == 4
    assert "M1 1h1" in path


def test_colours_grow_lighter_and_ticks_stand_where_the_scale_puts_them() -> None:
    light = thermal_palette() @ np.array([0.2126, 0.7152, 0.0722])
    assert (np.diff(light) > -1.0).all()
    scale = ColourScale(-10.0, 390.0, 0.5)
    for place, text in scale.ticks():
        assert place == pytest.approx(float(scale.share(float(text.replace("\u2212", "-")))))
    frames_c = np.full((2, 6, 8), 20.0)
    frames_c[1, 2, 3] = 300.0
    assert colour_scale(frames_c).power == 0.5
    assert colour_scale(frames_c[:1]).high_c > 20.0
