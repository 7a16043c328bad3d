"""The library's gallery: a page with one card per scenario, and the sheet that each card leads to."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby
from pathlib import Path
from typing import Final

import numpy as np

from envirosense.core.errors import ConfigError
from envirosense.core.rng import derived_seed
from envirosense.datasets.files import write_whole
from envirosense.pole.difficulty_levels import shown_level
from envirosense.pole.page.colours import colour_scale
from envirosense.pole.page.device import camera_range_c, sensor_names
from envirosense.pole.page.wording import phrase, words
from envirosense.pole.scenariopage.about import rate_text, scenario_rate
from envirosense.pole.scenariopage.drawn import MOST_DRAWS, DrawnScenario, clearest_draw
from envirosense.pole.scenariopage.fingerprint import SEEN_SCALE, fingerprint, level_band
from envirosense.pole.scenariopage.heat_picture import event_mask, ideal_frames_c, picture_html
from envirosense.pole.scenariopage.page import document, scenario_page
from envirosense.pole.worldpage.palettes import GAS_PALETTE, scale_bar
from envirosense.scenarios import BaseScenario, Category
from envirosense.scenarios.definition import scenario_id
from envirosense.scenarios.taxonomy import Level

INDEX: Final = "index.html"
_SEEN_SNR: Final = 3.0
_SEEDS: Final = 1000
_NAMED: Final = 3  # sensors on a card
_LEAD: Final = (
    "What can happen to a pole, one drawn episode of each: an hour of simulated world, seen by every sensor "
    "of the device and the two optional ones, gas sensor and line current. A card shows the thermal picture "
    "at the gravest moment, the alert level over the hour, and below it what each sensor feels. How often it "
    "happens is meant for one pole."
)


@dataclass(frozen=True, slots=True)
class Tile:
    """Card of one scenario and the file it leads to."""

    scenario_id: str
    category: Category
    page: str  # relative to the gallery
    n_bytes: int
    seed: int
    n_events: int
    html: str


def write_gallery(
    folder: Path,
    scenarios: Sequence[type[BaseScenario]],
    n_draws: int = 1,
    seed: int = 0,
    tell: Callable[[str], None] = lambda scenario: None,
) -> tuple[Tile, ...]:
    """Cards of the gallery, after writing it and a sheet for every scenario into a folder.

    Args:
        folder: made if it does not exist; older pages of the same names are replaced.
        scenarios: what to draw.
        n_draws: episodes drawn of each, and up to `MOST_DRAWS` until a sensor sees an event.
        seed: added to the seed that a scenario's id gives its first draw.
        tell: called with the id of each scenario when its sheet is written.

    Raises:
        ConfigError: if there is nothing to draw.
    """
    if not scenarios or n_draws < 1:
        raise ConfigError("scenarios", len(scenarios), "name at least one, and draw it at least once")
    tiles: list[Tile] = []
    sensors: tuple[str, ...] = ()
    for scenario in scenarios:
        first = seed + derived_seed(0, "gallery", scenario_id(scenario)) % _SEEDS  # another site for each
        most = n_draws if scenario.category is Category.NORMAL else max(n_draws, MOST_DRAWS)
        drawn = clearest_draw(scenario, range(first, first + most), n_enough=n_draws)
        tiles.append(_write_sheet(folder, drawn))
        sensors = tuple(drawn.snr)
        tell(drawn.scenario_id)
    write_whole(folder / INDEX, gallery_page(tiles, sensors).encode())
    return tuple(tiles)


def _write_sheet(folder: Path, drawn: DrawnScenario) -> Tile:
    name = f"{drawn.scenario_id}.html"
    page = scenario_page(drawn, home=f"../{INDEX}").encode()
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    write_whole(folder / name, page)
    found = drawn.scenario_id, drawn.scenario.category, name, len(page), drawn.seed, len(drawn.events)
    return Tile(*found, tile_html(drawn, name))


def tile_html(drawn: DrawnScenario, href: str) -> str:
    """Card of one scenario."""
    rate = scenario_rate(drawn.scenario)
    often = "no base rate" if rate is None else rate_text(rate)
    level = f"difficulty: {words(shown_level(drawn.scenario))}"
    return (
        f'<a class="tile" href="{escape(href)}"><div class="look">{_thermal(drawn)}'
        f'<div class="prints">{level_band(drawn)}{fingerprint(drawn)}</div></div>'
        f"<h3>{escape(phrase(drawn.scenario.name))}</h3><p>{escape(drawn.scenario.description)}.</p>"
        f"<p>{escape(_without_event(drawn) + _seen_by(drawn))}</p>"
        f'<p class="rate"><span>{escape(often)}</span><span>{escape(level)}</span></p></a>'
    )


def _thermal(drawn: DrawnScenario) -> str:
    shown, _ = ideal_frames_c(drawn)
    reach = camera_range_c(drawn.run.spec.sensing) or (-np.inf, np.inf)
    scale = colour_scale(np.clip(shown[None], *reach))
    return picture_html(shown, scale, event_mask(drawn), f"thermal picture of {drawn.scenario_id}")


def _without_event(drawn: DrawnScenario) -> str:
    """That nothing is labelled, where something could be."""
    if drawn.events or drawn.scenario.category is Category.NORMAL:
        return ""
    where = f"any of the {drawn.n_draws} episodes drawn" if drawn.n_draws > 1 else "this hour"
    return f"No event in {where}. "


def _seen_by(drawn: DrawnScenario) -> str:
    names = [name for name, snr in drawn.greatest_snr.items() if snr >= _SEEN_SNR]
    if not names:
        told = {n for seen in drawn.seen for n, one in seen.items() if one.first_detectable_s is not None}
        if told:
            return f"It shows in what {len(told)} sensor{'s' * (len(told) > 1)} report, or do not."
        return "No sensor feels it in this hour."
    texts = [sensor_names(name)[0].replace(", ", " and ") for name in names[:_NAMED]]
    texts = [text if text.split()[0].isupper() else text[:1].lower() + text[1:] for text in texts]
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"Felt most by {', '.join(texts)}{more}."


def gallery_page(tiles: Iterable[Tile], sensors: Sequence[str]) -> str:
    """Index of the gallery; the sheets lie beside it. `sensors` are the rows of the lower bands."""
    found = list(tiles)
    order = list(Category)
    ranked = sorted(found, key=lambda tile: (order.index(tile.category), tile.scenario_id))
    shelves = [(shelf, list(group)) for shelf, group in groupby(ranked, key=lambda tile: tile.category)]
    jumps = "".join(
        f'<li><a href="#{shelf.value}">{phrase(shelf.value)} <span>{len(group)}</span></a></li>'
        for shelf, group in shelves
    )
    parts = "".join(
        f'<section id="{shelf.value}"><div class="head"><h2>{phrase(shelf.value)}</h2></div>'
        f'<div class="shelf">{"".join(tile.html for tile in group)}</div></section>'
        for shelf, group in shelves
    )
    header = (
        f'<header><p class="over">EnviroSense</p><h1>Scenario library: {len(found)} scenarios</h1>'
        f'<p class="lead">{_LEAD}</p><ul class="jump">{jumps}</ul>{_keys(sensors)}</header>'
    )
    return document("Scenario library", header + parts)


def _keys(sensors: Sequence[str]) -> str:
    names = ", ".join(sensor_names(name)[0].lower() for name in sensors)
    swatches = "".join(
        f'<span><i class="level{level.value}"></i>{level.value} {level.name.lower()}</span>'
        for level in Level
    )
    return (
        f'<div class="keys"><div><p>Upper band: alert level of the gravest event</p>'
        f'<div class="swatches">{swatches}</div></div><div><p>Lower band: a row for each sensor, its '
        f"departure</p>{scale_bar(SEEN_SCALE, GAS_PALETTE, 'sigma')}</div>"
        f"<details><summary>Rows of the lower band</summary><p>From the top: {escape(names)}.</p></details>"
        "</div>"
    )
