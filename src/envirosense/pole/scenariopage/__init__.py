"""Pages of the scenario library: one sheet for each scenario, a gallery of them, a table by sensor."""

from envirosense.pole.scenariopage.drawn import DrawnScenario, clearest_draw, draw_scenario
from envirosense.pole.scenariopage.page import scenario_page

__all__ = ["DrawnScenario", "clearest_draw", "draw_scenario", "scenario_page"]
