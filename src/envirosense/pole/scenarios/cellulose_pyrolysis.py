"""Cellulose pyrolysis under a hot pole-top fitting: gas before flame.

Leakage current over a wet, dirty insulator passes from the steel into the wood. The wood under
the fitting stays dry, so the heat arises there, in the ring of wood and in the steel beside it.
The wood decomposes with the kinetics of its temperature, so a weak leak on a windy night never
smells of anything.
"""

from typing import ClassVar

import numpy as np

from envirosense.core.grid import TimeGrid
from envirosense.physics.air.airflow import ou_path
from envirosense.scenarios import (
    BaseScenario,
    Category,
    Choice,
    Conditions,
    EventLabels,
    EventSubtype,
    EventType,
    Forcing,
    Heating,
    Labels,
    LogUniform,
    Parameter,
    ParameterSpace,
    Response,
    Uniform,
    WoodFuel,
    latched,
)

ANOMALY_K = 20.0  # excess over the healthy component at which the happening counts as begun; assumed
IGNITION_K = 623.0  # piloted ignition of wood, surface about 350 degC [Drysdale2011] (from memory)
# Lower temperature of each stage [K], rounded from what thermogravimetry shows; assumed
STAGES = (("heating", 0.0), ("hemicellulose", 433.0), ("cellulose", 493.0), ("charring", 573.0))
WOOD_SHARE = 0.6  # of the leakage power arises in the dry ring of wood around the steel; assumed
FLICKER_TAU_S = 30.0  # dry bands form and rewet within a minute; assumed
FLICKER = 0.15  # relative standard deviation of the leakage power; assumed


class CellulosePyrolysisScenario(BaseScenario):
    """A fitting heated by leakage current chars the wood it is bolted to."""

    name: ClassVar[str] = "cellulose_pyrolysis"
    description: ClassVar[str] = "Leakage current heats a fitting; the wood under it pyrolyses"
    category: ClassVar[Category] = Category.FIRE
    difficulty_level: ClassVar[str] = "unmeasured"
    expected_duration: ClassVar[float] = 3600.0
    phases: ClassVar[tuple[str, ...]] = (*(name for name, _ in STAGES), "ignited")
    limits: ClassVar[str] = (
        "Heat of smouldering and flame lifts the plume but does not warm the wood; the camera sees no flame."
    )
    space: ClassVar[ParameterSpace] = ParameterSpace(
        {
            "component": Parameter(
                Choice(("crossarm_bolt", "pole_top_bolt", "neutral_bracket")),
                "1",
                "fitting that carries the leakage current",
                "assumed",
            ),
            "peak_power_w": Parameter(
                LogUniform(20.0, 400.0),
                "W",
                "leakage power at the fitting when the leak is fully grown",
                "assumed: 10-100 mA through the dry bands of a 7-20 kV phase",
            ),
            "fuel_g": Parameter(
                LogUniform(20.0, 150.0), "g", "dry wood that takes part in the heating", "assumed"
            ),
            "onset_fraction": Parameter(
                Uniform(0.03, 0.35), "1", "start of the leak, as a fraction of the episode", "assumed"
            ),
            "ramp_fraction": Parameter(
                Uniform(0.05, 0.4), "1", "growth of the leak, as a fraction of the episode", "assumed"
            ),
            "end_fraction": Parameter(
                Uniform(0.7, 1.3), "1", "end of the leak (drying), as a fraction of the episode", "assumed"
            ),
            "yield_spread": Parameter(
                Uniform(0.6, 1.4),
                "1",
                "factor on every volatile yield",
                "assumed: yields of one wood differ by 40 %",
            ),
        }
    )

    def forcing(self, conditions: Conditions, rng: np.random.Generator) -> Forcing:
        """Leakage power at the fitting, and the wood beside it."""
        grid = conditions.grid
        fraction = grid.t_s / grid.duration_s
        grown = np.clip((fraction - self.number("onset_fraction")) / self.number("ramp_fraction"), 0.0, 1.0)
        flicker = ou_path(rng.standard_normal(grid.n), grid.dt_s, FLICKER_TAU_S, float(rng.standard_normal()))
        power_w = self.number("peak_power_w") * grown * np.exp(FLICKER * flicker - FLICKER**2 / 2)
        power_w[fraction >= self.number("end_fraction")] = 0.0
        fitting = self.text("component")
        fuel = WoodFuel(f"{fitting}_wood", self.number("fuel_g"), self.number("yield_spread"))
        heatings = (
            Heating(fitting, (1.0 - WOOD_SHARE) * power_w),
            Heating(fuel.component, WOOD_SHARE * power_w),
        )
        return Forcing(heatings=heatings, fuels=(fuel,))

    def labels(self, forcing: Forcing, response: Response | None, grid: TimeGrid) -> Labels:
        """One event, from the first 20 K of excess until the wood has cooled to it again."""
        assert response is not None, "a scenario with a forcing has a response"
        excess_k = response.component_k - response.healthy_k
        active = excess_k >= ANOMALY_K
        ignited = latched(response.component_k >= IGNITION_K)
        lower_k = [lower for _, lower in STAGES]
        stage = np.searchsorted(lower_k, response.component_k, side="right") - 1
        event = EventLabels(
            event_type=EventType.FIRE_PRECURSOR,
            event_subtype=EventSubtype.PYROLYSIS,
            component=self.text("component"),
            active=active,
            stage_names=self.phases,
            stage=np.where(ignited, len(STAGES), stage).astype(np.int8),
            severity=np.clip(excess_k / (IGNITION_K - response.healthy_k), 0.0, 1.0),
            progress=np.clip(response.converted, 0.0, 1.0),
            ignited=ignited,
            source_strength=self.number("peak_power_w"),
            source_strength_unit="W",
        )
        return Labels((event,) if active.any() else ())
