"""The gallery and the table's page."""

import base64
import re
from pathlib import Path

import numpy as np
import pytest

from envirosense.core.errors import ConfigError
from envirosense.pole.difficulty_levels import stored_document, stored_level
from envirosense.pole.scenariopage import (
    DrawnScenario,
    draw_scenario,
    scenario_page,
    table_page,
    table_text,
    write_gallery,
)
from envirosense.pole.scenariopage.about import about_cards
from envirosense.pole.scenariopage.fingerprint import COLUMNS, fingerprint, level_band
from envirosense.pole.scenariopage.gallery import tile_html
from envirosense.pole.scenariopage.table_page import snr_cell
from envirosense.pole.signal_table import SignalRow, SignalTable
from envirosense.scenarios import SCENARIOS, Labels

SHOWN = ("normal/diurnal_cycle", "electrical/vehicle_strike")


def test_a_gallery_is_an_index_with_a_sheet_behind_every_card(tmp_path: Path) -> None:
    told: list[str] = []
    tiles = write_gallery(tmp_path / "g", [SCENARIOS[name] for name in SHOWN], 1, tell=told.append)
    assert told == list(SHOWN)
    index = (tmp_path / "g" / "index.html").read_text(encoding="utf-8")
    links = re.findall(r'href="([^"#][^"]*)"', index)
    assert links == ["electrical/vehicle_strike.html", "normal/diurnal_cycle.html"]  # shelves in their order
    assert len(index) < 3e6 / 48 * len(SHOWN) + 50_000
    for tile, link in zip(sorted(tiles, key=lambda tile: tile.scenario_id), links, strict=True):
        sheet = (tmp_path / "g" / link).read_text(encoding="utf-8")
        assert 'href="../index.html"' in sheet
        assert tile.n_bytes == (tmp_path / "g" / link).stat().st_size < 40e6 / 48
        assert f"seed {tile.seed}" in sheet


def test_a_card_names_rate_difficulty_and_the_sensors_that_feel_it(burning: DrawnScenario) -> None:
    card = tile_html(burning, "a.html")
    assert burning.scenario.description in card
    assert "Felt most by thermal camera" in card
    assert f"difficulty: {stored_level('fire/fire_precursor_combo')}" in card
    assert "years" in card
    assert len(card) < 50_000


def test_a_card_says_when_no_draw_had_an_event() -> None:
    quiet = draw_scenario(SCENARIOS["electrical/tracking"], 0, duration_s=600.0, dt_s=60.0)
    quiet.run.labels = Labels(())
    quiet.n_draws = 12
    assert "No event in any of the 12 episodes drawn. " in tile_html(quiet, "a.html")
    assert "one of 12 draws, none with an event" in scenario_page(quiet)


def test_a_sheet_says_what_was_measured_and_with_what(burning: DrawnScenario) -> None:
    document = stored_document()
    row = document["scenarios"]["fire/fire_precursor_combo"]
    facts = about_cards(burning)
    assert f"<dt>Difficulty</dt><dd>{row['level']}</dd>" in facts
    assert f"{row['share_found']:.0%} of them found" in facts
    assert f"(reference rules 1, 16 draws, version {document['version']})" in facts


def test_the_bands_are_pictures_over_the_hour(burning: DrawnScenario) -> None:
    for band, height in ((level_band(burning), 1), (fingerprint(burning), len(burning.run.device.sensors))):
        png = base64.b64decode(band.split("base64,")[1].split('"')[0])
        assert (int.from_bytes(png[16:20]), int.from_bytes(png[20:24])) == (COLUMNS, height)


def test_nothing_to_draw_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="at least one"):
        write_gallery(tmp_path, [])


def table(*rows: tuple[str, float, float]) -> SignalTable:
    none = np.zeros(2, np.int64)
    found = (SignalRow(name, np.array([a, b]), 2, none, 1) for name, a, b in rows)
    return SignalTable(("thermal_camera", "voc_array"), tuple(found))


def test_the_table_is_printed_and_drawn_with_all_its_cells() -> None:
    made = table(("fire/a", 1234.0, 0.0), ("lookalike/b", 0.4, 3.0))
    head, first, second, _, camera, gas = table_text(made).splitlines()
    assert head.split() == ["cam", "voc", "events", "unseen"]
    assert first.split() == ["fire/a", "1k", "\u00b7", "2", "1"]
    assert second.split() == ["lookalike/b", "0.4", "3.0", "2", "1"]
    assert camera.endswith("moved by 1 of 2, most by fire/a")
    assert gas.endswith("moved by 1 of 2, most by lookalike/b")
    page = table_page(made, 4)
    assert page.count("<td") == 6
    assert "1 of 2" in page
    assert "wrong" not in re.sub(r"<style>.*?</style>", "", page, flags=re.S)


def test_a_constant_column_is_said_on_the_page() -> None:
    page = table_page(table(("fire/a", 5.0, 0.0), ("fire/b", 5.0, 9.0)), 1)
    assert '<p class="wrong">thermal_camera: every scenario moves it alike (5 sigma)</p>' in page


@pytest.mark.parametrize(
    ("snr", "text"),
    [(0.01, "\u00b7"), (0.5, "0.5"), (9.96, "10"), (99.6, "100"), (999.7, "1k"), (2e8, "200M"), (5e9, ">1G")],
)
def test_a_cell_takes_four_characters(snr: float, text: str) -> None:
    assert snr_cell(snr) == text
    assert len(text) <= 4
