import struct
import zlib
from base64 import b64decode

import numpy as np
import pytest

from envirosense.pole.page.colours import ColourScale
from envirosense.pole.worldpage.contours import contour, label_place, round_levels
from envirosense.pole.worldpage.metric import Drawing, Window, figure
from envirosense.pole.worldpage.outline import Cut
from envirosense.pole.worldpage.palettes import GAS_PALETTE, log_scale, picture_uri, power_text
from envirosense.pole.worldpage.plumes import towards_gas
from envirosense.pole.worldpage.polar import make_rings
from envirosense.pole.worldpage.strips import binned, even_ticks


def test_a_contour_of_a_cone_is_a_circle() -> None:
    x = np.linspace(-3.0, 3.0, 61)
    pieces = contour(np.hypot(x[:, None], x[None, :]) + 1e-9, x, x, 2.0)
    radii = [np.hypot(*end) for piece in pieces for end in piece]
    assert min(radii) == pytest.approx(2.0, abs=0.01)
    assert max(radii) == pytest.approx(2.0, abs=0.01)
    around = sum(np.hypot(a[0] - b[0], a[1] - b[1]) for a, b in pieces)
    assert around == pytest.approx(4.0 * np.pi, rel=0.01)
    assert label_place(pieces, (0.0, 0.0), 1.0) == pytest.approx((np.sqrt(2.0), -np.sqrt(2.0)), abs=0.1)


def test_a_saddle_gives_two_pieces_that_do_not_cross_the_cell_twice() -> None:
    values = np.array([[2.0, 0.5], [0.5, 2.0]])
    assert len(contour(values, np.array([0.0, 1.0]), np.array([0.0, 1.0]), 1.0)) == 2


def test_levels_are_round_and_few() -> None:
    assert round_levels(0.3, 12.0, 8) == (0.5, 1.0, 2.0, 5.0, 10.0)
    assert round_levels(0.3, 1.2e5, 8) == (1.0, 10.0, 100.0, 1e3, 1e4, 1e5)


def test_a_log_scale_ends_above_its_greatest_value_and_marks_powers_of_ten() -> None:
    scale = log_scale(470.0, 4.0)
    assert scale.high == pytest.approx(1000.0)
    assert scale.share(1e-9) == 0.0
    assert scale.indices(np.array([0.1, 10.0, 1000.0])).tolist() == [0, 128, 255]
    assert [value for _, value in scale.ticks()] == pytest.approx([0.1, 1.0, 10.0, 100.0, 1000.0])
    assert power_text(0.01) == "0.01"
    assert power_text(1e-7) == "10<sup>\u22127</sup>"


def test_a_picture_is_clear_at_its_low_end() -> None:
    png = b64decode(picture_uri(np.zeros((2, 3), np.uint8), GAS_PALETTE).partition(",")[2])
    place = png.index(b"tRNS")
    (length,) = struct.unpack(">I", png[place - 4 : place])
    assert (length, png[place + 4]) == (256, 0)
    (crc,) = struct.unpack(">I", png[place + 260 : place + 264])
    assert crc == zlib.crc32(png[place : place + 260])
    assert png.index(b"PLTE") < place < png.index(b"IDAT")


def test_rings_draw_what_their_nodes_hold() -> None:
    def same(x: float, y: float) -> tuple[float, float, float]:
        return x, y, 0.0

    rings = make_rings(40.0, 30, 181, same)
    nodes = np.array(rings.nodes_m())
    values = np.exp(-0.1 * np.hypot(nodes[:, 0], nodes[:, 1]))
    window = Window(-10.0, 20.0, -15.0, 15.0)
    picture = rings.sampler(window, (0.0, 0.0), 0.4, 60).picture(values, 1e-12)
    x = -10.0 + (np.arange(60) + 0.5) / 2
    y = 15.0 - (np.arange(60) + 0.5) / 2
    exact = np.exp(-0.1 * np.hypot(x, y[:, None]))
    np.testing.assert_allclose(picture, exact, rtol=0.02)


def test_rings_turn_with_their_first_direction() -> None:
    rings = make_rings(10.0, 20, 91, lambda x, y: (x, y, 0.0))
    nodes = np.array(rings.nodes_m())
    ahead = np.where(nodes[:, 0] > np.abs(nodes[:, 1]), 1.0, 1e-6)  # a quarter about the first direction
    picture = rings.sampler(Window(-5.0, 5.0, -5.0, 5.0), (0.0, 0.0), np.pi / 2, 40).picture(ahead, 1e-9)
    assert picture[4, 20] > 0.5  # up: where the first direction was turned to
    assert max(picture[36, 20], picture[20, 4], picture[20, 36]) < 1e-3
    shown = rings.shown(Window(-5.0, 5.0, -5.0, 5.0), (0.0, 0.0), np.pi / 2)
    assert shown[: 91 * 5].all()
    assert not shown.all()


def test_a_cut_measures_along_itself() -> None:
    cut = Cut((2.0, 1.0), (0.6, 0.8))
    assert cut.place(cut.point(7.0, 3.0)) == pytest.approx(7.0)
    assert cut.beside(cut.point(7.0, 3.0)) == pytest.approx(0.0)
    assert cut.beside((2.0 - 0.8, 1.0 + 0.6, 0.0)) == pytest.approx(1.0)


def test_a_figure_turns_metres_upside_down_and_keeps_outsiders_out() -> None:
    drawing = Drawing(Window(-10.0, 10.0, 0.0, 20.0))
    drawing.line("wire", (0.0, 0.0), (0.0, 20.0))
    drawing.name("<tree>", 5.0, 5.0)
    drawing.name("far", 50.0, 5.0)
    page = figure("Plan", drawing, ("east [m]", "north [m]"))
    assert "M0.000 20.000L0.000 0.000" in page
    assert "&lt;tree&gt;" in page
    assert "far" not in page
    assert "left:75.00%;bottom:25.00%" in page


def test_the_middle_of_a_moments_gas_gives_its_direction() -> None:
    here, empty = np.zeros((40, 40)), np.full((40, 40), 1e-9)
    here[8:12, 28:32] = 5.0  # to the north-east of the middle
    window = Window(-10.0, 10.0, -10.0, 10.0)
    assert towards_gas([empty, here], 1, window, (0.0, 0.0)) == pytest.approx((np.sqrt(0.5), np.sqrt(0.5)))
    assert towards_gas([empty, here], 1, window, (5.0, 0.0)) == pytest.approx((0.0, 1.0))
    assert towards_gas([empty, here], 0, window, (0.0, 0.0)) is None


def test_ticks_of_a_stretched_scale_are_at_equal_steps() -> None:
    ticks = even_ticks(ColourScale(27.0, 330.0, 0.5))
    assert [text for _, text in ticks] == ["100", "200", "300"]
    assert [place for place, _ in ticks] == pytest.approx(np.sqrt((np.array([100, 200, 300]) - 27) / 303))


def test_bins_keep_the_mean() -> None:
    values = np.random.default_rng(1).random((1000, 2))
    found = binned(values, 30)
    assert found.shape == (30, 2)
    assert found.mean(axis=0) == pytest.approx(values.mean(axis=0), rel=2e-3)
    np.testing.assert_array_equal(binned(values[:7], 30), values[:7])
