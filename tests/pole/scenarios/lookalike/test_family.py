import pytest

from envirosense.pole.scenarios.lookalike.barbecue import BarbecueScenario
from envirosense.pole.scenarios.lookalike.creosote_hot_day import CreosoteHotDayScenario
from envirosense.pole.scenarios.lookalike.diesel_truck import DieselTruckScenario
from envirosense.pole.scenarios.lookalike.fireworks import FireworksScenario
from envirosense.pole.scenarios.lookalike.fog_bank import FogBankScenario
from envirosense.pole.scenarios.lookalike.insects import InsectsScenario
from envirosense.pole.scenarios.lookalike.mowing import MowingScenario
from envirosense.pole.scenarios.lookalike.prescribed_burn import PrescribedBurnScenario
from envirosense.pole.scenarios.lookalike.rain_noise import RainNoiseScenario
from envirosense.pole.scenarios.lookalike.road_dust import RoadDustScenario
from envirosense.pole.scenarios.lookalike.shiny_hardware import ShinyHardwareScenario
from envirosense.pole.scenarios.lookalike.sun_glint import SunGlintScenario
from envirosense.pole.scenarios.lookalike.wildfire_smoke import WildfireSmokeScenario
from envirosense.pole.twin import PoleTwin
from envirosense.testing.scenarios import check_scenario

FAMILY = [
    BarbecueScenario, CreosoteHotDayScenario, DieselTruckScenario, FireworksScenario, FogBankScenario,
    InsectsScenario, MowingScenario, PrescribedBurnScenario, RainNoiseScenario, RoadDustScenario,
    ShinyHardwareScenario, SunGlintScenario, WildfireSmokeScenario,
]  # fmt: skip


@pytest.mark.parametrize("scenario", FAMILY, ids=lambda s: s.name)
def test_the_contract_holds(scenario):
    check_scenario(scenario, n_draws=1)


@pytest.mark.parametrize("scenario", FAMILY, ids=lambda s: s.name)
def test_an_episode_is_benign_and_its_labels_come_again(draw, run, scenario):
    episode = run(draw(f"lookalike/{scenario.name}", duration_s=600.0, dt_s=10.0))
    for event in episode.table("events").to_pylist():
        assert (event["event_type"], event["level"]) == ("benign_source", 1)
        assert event["event_subtype"] == scenario.subtype.value
    stored = episode.table("labels")
    again = PoleTwin().relabel(episode)
    kept = [name for name in stored.column_names if name in again.column_names]
    assert again.select(kept).equals(stored.select(kept))
