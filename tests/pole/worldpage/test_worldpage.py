import json
import re
from collections.abc import Callable

import numpy as np
import pytest

from envirosense.core.errors import ConfigError, UnknownNameError
from envirosense.pole.worldpage import STEPS, WorldMoment, open_moment, world_page
from envirosense.pole.worldpage.courses import course_charts, world_view
from envirosense.pole.worldpage.film import film_section
from envirosense.pole.worldpage.heat import ideal_picture_c
from envirosense.pole.worldpage.line_maps import line_map, line_maps_section
from envirosense.pole.worldpage.metric import Drawing, Window
from envirosense.pole.worldpage.outline import Cut, draw_section, wire_heights_m
from envirosense.pole.worldpage.plumes import PlumeViews, View, plume_views


@pytest.fixture(scope="module")
def views(moment: WorldMoment) -> PlumeViews:
    found = plume_views(moment, lambda: None)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def page(moment: WorldMoment) -> str:
    told: list[int] = []
    made = world_page(moment, lambda: told.append(1))
    assert len(told) == STEPS
    return made


def centre_of_gas(view: View, picture: np.ndarray) -> tuple[float, float]:
    """Mean place of the gas in a window [m]."""
    rows, columns = picture.shape
    w = view.window
    x = w.left_m + (np.arange(columns) + 0.5) * w.width_m / columns
    y = w.top_m - (np.arange(rows) + 0.5) * w.height_m / rows
    return float(picture.sum(axis=0) @ x / picture.sum()), float(picture.sum(axis=1) @ y / picture.sum())


def test_the_plume_comes_from_the_source_and_goes_downwind(moment: WorldMoment, views: PlumeViews) -> None:
    assert (views.gas, views.is_tracer) == ("carbon_monoxide", False)
    source = views.source.at
    x, y = centre_of_gas(views.plan, views.plan.mean)
    way = np.array([x - source[0], y - source[1]])
    assert way @ moment.flow > 0.9 * np.linalg.norm(way)
    along, up = centre_of_gas(views.section, views.section.mean)
    assert along > 1.0
    assert up == pytest.approx(source[2], abs=4.0)
    for picture in views.close_section.moments:
        row, column = np.unravel_index(int(picture.argmax()), picture.shape)
        w = views.close_section.window
        assert w.left_m + column / picture.shape[1] * w.width_m == pytest.approx(1.0, abs=2.0)
        assert w.top_m - row / picture.shape[0] * w.height_m == pytest.approx(source[2], abs=1.0)


def test_the_section_follows_the_plume_of_the_moment(moment: WorldMoment, views: PlumeViews) -> None:
    assert views.is_along_plume
    x, y = centre_of_gas(views.plan, views.plan.moments[moment.film_index])
    assert views.cut.place((x, y, 0.0)) > 5.0
    assert views.cut.beside((x, y, 0.0)) == pytest.approx(0.0, abs=1e-6)
    shown = film_section(moment, views)
    assert "along the plume at 5.0\u2009min" in shown
    assert 'class="cutline"' in shown


def test_moments_scatter_about_the_mean(views: PlumeViews) -> None:
    moments = np.mean([picture.sum() for picture in views.section.moments])
    assert moments == pytest.approx(views.section.mean.sum(), rel=0.7)


def test_a_far_source_is_in_the_picture_and_a_silent_one_is_drawn_as_tracer(
    with_source: Callable[..., WorldMoment],
) -> None:
    moment = with_source((70.0, 30.0, 1.0), rate_g_s=0.0)
    views = plume_views(moment, lambda: None)
    assert views is not None
    assert views.is_tracer
    assert views.plan.window.holds(70.0, 30.0)
    assert views.plan.window.holds(0.0, 0.0)
    assert views.section.window.holds(views.cut.place((0.0, 0.0, 0.0)), 1.0)
    assert views.greatest_ppb > 0.0
    assert "It never gives off more in this episode: try another --seed." in film_section(moment, views)


def test_a_source_silent_now_names_when_to_look(with_source: Callable[..., WorldMoment]) -> None:
    moment = with_source(pulse_ticks=150)  # from 300 s to the end
    early = WorldMoment(moment.run, 60.0)
    views = plume_views(early, lambda: None)
    assert views is not None
    assert views.is_tracer
    assert views.strongest_s == 300.0
    assert "5.0\u2009min into the episode: look there with --at 300s." in film_section(early, views)


def test_a_moment_between_puffs_is_cut_along_the_mean_wind(with_source: Callable[..., WorldMoment]) -> None:
    moment = with_source(pulse_ticks=150)
    just_before = WorldMoment(moment.run, 298.0)
    views = plume_views(just_before, lambda: None)
    assert views is not None
    assert not views.is_tracer
    assert not views.is_along_plume
    assert views.cut.along == just_before.flow
    shown = film_section(just_before, views)
    assert "along the mean wind, since there is next to no gas" in shown
    assert "look there with --at 300s." in shown


def test_the_film_stays_inside_the_episode() -> None:
    early, late = (open_moment("normal/diurnal_cycle", at, 3, 600.0, 2.0, {}) for at in (0.0, 599.0))
    for moment in (early, late):
        assert moment.film_ticks[0] >= 0
        assert moment.film_ticks[-1] < moment.n
        assert moment.film_ticks[moment.film_index] == moment.tick
    assert plume_views(early, lambda: None) is None


def test_line_maps_hold_the_state_at_their_nodes(moment: WorldMoment) -> None:
    found = line_map(moment, moment.now.magnetic_t, 1e6)
    i, k = 3, 10
    at = moment.run.site.place(float(found.across_m[i]), 0.0, float(found.up_m[k]))
    exact = np.sqrt(np.sum(np.abs(1e6 * moment.now.magnetic_t(at)) ** 2))
    assert found.values[i, k] == pytest.approx(exact, rel=1e-12)
    assert found.error.relative < 0.05
    wires = found.values[:, np.argmin(np.abs(found.up_m - moment.run.site.crossarm_height_m))]
    assert found.values[:, 0].max() < 0.2 * wires.max()


def test_the_camera_sees_the_scene_without_noise(moment: WorldMoment) -> None:
    first, again = ideal_picture_c(moment), ideal_picture_c(moment)
    assert first is not None
    assert again is not None
    np.testing.assert_array_equal(first, again)
    assert first.shape == (60, 80)


def test_the_page_stands_alone(page: str) -> None:
    assert len(page) < 3e6
    assert not re.search(r'(?:src|href)="(?!data:|#)', page)
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "")
    assert not re.search(
        r"(?<![a-z])(nan|inf)(?![a-z])", re.sub(r"<script.*?</script>|base64,[^\"]*", "", page, flags=re.S)
    )
    assert page.count("<section") == page.count("</section>")


def test_the_film_has_every_moment_and_shows_the_one_asked_for(moment: WorldMoment, page: str) -> None:
    found = re.search(r'<script type="application/json" id="film">(.*?)</script>', page, re.S)
    assert found
    film = json.loads(found[1])
    assert film["t_s"][moment.film_index] == moment.at_s
    for pictures in film["pictures"].values():
        assert [i for i, uri in enumerate(pictures["moments"]) if not uri] == [moment.film_index]
        assert pictures["mean"].startswith("data:image/png")
    assert len(film["ppb"]) == len(film["t_s"]) == moment.film_ticks.size


def test_the_page_names_what_it_draws(page: str) -> None:
    for name in (
        "Site and plume",
        "Magnetic flux density",
        "Hottest components",
        "Gas excess",
        "Vibration",
        "Clamps",
    ):
        assert name in page
    assert "plume" in page
    assert "smoulder" in page


def test_the_page_explains_its_lines_and_numbers(page: str) -> None:
    assert '<i class="key at-seen"></i>moment shown' in page
    assert "numbers: mm/s\u00b2 at the dashed line" in page
    assert "numbers: \u00b0C at the dashed line" in page
    for band in ("63\u2009Hz", "500\u2009Hz", "8\u2009kHz", "20\u201325\u2009kHz"):
        assert f">{band}</span>" in page
    wind = page[page.index("<b>Wind from</b>") :]
    assert re.findall(r'class="yl"[^>]*>([^<]*)<', wind)[:5] == ["0", "90", "180", "270", "360"]


def test_the_key_names_every_stage_of_an_event() -> None:
    moment = open_moment("fire/cellulose_pyrolysis", 240.0, 12, 600.0, 5.0, {})
    view = world_view(moment)
    assert view.stages
    key = course_charts(moment, view).partition('<div class="grid3">')[0]
    assert key.count('class="shade') == len(view.stages)
    assert '<i class="key at-onset"></i>onset' in key


def test_level_names_stay_inside_and_off_the_device(moment: WorldMoment) -> None:
    figures = line_maps_section(moment)
    levels = re.findall(r'class="at mid level" style="left:([\d.]+)%;bottom:([\d.]+)%"', figures)
    assert len(levels) >= 6
    assert all(5.0 < float(x) < 95.0 and 3.0 < float(y) < 97.0 for x, y in levels)
    device = re.search(r'class="at (right|left) tiny" style="left:([\d.]+)%;bottom:([\d.]+)%"', figures)
    assert device
    side = 1.0 if device[1] == "right" else -1.0
    for x, y in levels:
        ahead = side * (float(x) - float(device[2]))
        assert not (0.0 < ahead < 20.0 and abs(float(y) - float(device[3])) < 3.0)


def test_a_section_across_the_line_shows_the_wires_as_points(moment: WorldMoment) -> None:
    site = moment.run.site
    across, along = Drawing(Window(-12.0, 43.0, -1.2, 22.0)), Drawing(Window(-12.0, 43.0, -1.2, 22.0))
    draw_section(across, site, Cut((0.0, 0.0), site.place(1.0, 0.0, 0.0)[:2]))
    draw_section(along, site, Cut((0.0, 0.0), site.along_line))
    assert sum("sign wire" in text for text in across.texts) == len(wire_heights_m(site))
    assert not along.texts
    assert sum('class="wire"' in shape for shape in along.shapes) == len(wire_heights_m(site))


def test_a_wrong_scenario_or_moment_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'fire/cellulose_pyrolysis'"):
        open_moment("fire/celulose_pyrolysis", 0.0, 0, 600.0, 1.0, {})
    for at_s in (600.0, -1.0):
        with pytest.raises(ConfigError, match="within the episode"):
            open_moment("normal/diurnal_cycle", at_s, 0, 600.0, 1.0, {})
