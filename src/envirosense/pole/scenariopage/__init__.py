"""Pages of the scenario library: a sheet for each scenario, a gallery of them, a table by sensor."""

from envirosense.pole.scenariopage.drawn import DrawnScenario, clearest_draw, draw_scenario
from envirosense.pole.scenariopage.gallery import Tile, gallery_page, write_gallery
from envirosense.pole.scenariopage.page import scenario_page
from envirosense.pole.scenariopage.table_page import table_page, table_text

__all__ = [
    "DrawnScenario",
    "Tile",
    "clearest_draw",
    "draw_scenario",
    "gallery_page",
    "scenario_page",
    "table_page",
    "table_text",
    "write_gallery",
]
