"""Put a fault and a look-alike into the same hour of the same pole, and ask what reaches the device.

Run: python examples/ask_the_world.py
"""

from datetime import UTC, datetime

import numpy as np

from envirosense.climate.files import greensboro
from envirosense.core.grid import TimeGrid
from envirosense.pole import EnvironmentOrchestrator
from envirosense.pole.matter.sources import emission
from envirosense.pole.site import Site
from envirosense.scenarios import Discharge, Forcing, Heating, WoodFuel

site = Site()
grid = TimeGrid(start_utc=datetime(2018, 5, 20, 17, tzinfo=UTC), dt_s=1.0, n=3600)
SEED = 11
late = np.clip((grid.t_s - 600.0) / 1200.0, 0.0, 1.0)  # grows from ten minutes on


def tracking() -> Forcing:
    """Leakage current that sparks over an insulator and chars the wood under a bolt."""
    at = site.component_positions["insulator_c"]
    sparks = Discharge("tracking", at, "surface", 8.0 * late, 240.0 * late, charge_c=2e-8, phase="c")
    heat = (Heating("crossarm_bolt", 60.0 * late), Heating("crossarm_bolt_wood", 90.0 * late))
    return Forcing(heatings=heat, fuels=(WoodFuel("crossarm_bolt_wood", 40.0, 1.0),), discharges=(sparks,))


def barbecue() -> Forcing:
    """Somebody grills forty metres upwind, on the ground."""
    wind = EnvironmentOrchestrator(site, greensboro(), grid, SEED).natural_air.downwind.mean(axis=0)
    east, north = -40.0 * wind / np.hypot(*wind)
    return Forcing(emissions=(emission("barbecue", grid, (float(east), float(north), 1.0), late),))


def facts(forcing: Forcing) -> dict[str, float]:
    """Greatest rise of some fields at the device over the same hour without the cause."""
    world = EnvironmentOrchestrator(site, greensboro(), grid, SEED)
    world.add(forcing)
    state, at = world.state(0, grid.n), site.device_position_m
    calm = state.without_causes()
    gases = ("carbon_monoxide", "ozone", "guaiacol")
    gas = (state.gas_ppb(gases, at) - calm.gas_ppb(gases, at)).max(axis=0)
    return {
        "carbon monoxide [ppb]": gas[0],
        "ozone [ppb]": gas[1],
        "guaiacol [ppb]": gas[2],
        "PM2.5 [ug/m3]": (state.pm_ug_m3(at) - calm.pm_ug_m3(at))[:, 1].max(),
        "sound, 35-45 kHz [dB]": (state.sound_level_db(at) - calm.sound_level_db(at))[:, 10].max(),
        "radio, 40-100 kHz [pT]": 1e12 * (state.radio_t(at) - calm.radio_t(at))[:, 2].max(),
        "hottest component [K]": (state.component_k() - calm.component_k()).max(),
    }


columns = {"tracking": facts(tracking()), "barbecue": facts(barbecue())}
print(f"{'greatest rise at the device':<30}" + "".join(f"{name:>12}" for name in columns))
for quantity in columns["tracking"]:
    print(f"{quantity:<30}" + "".join(f"{round(values[quantity], 6):>12.3g}" for values in columns.values()))
