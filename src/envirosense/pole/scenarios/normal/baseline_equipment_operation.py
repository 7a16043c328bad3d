"""Sound equipment at work: loads come and go, motors start, capacitors and taps switch, and people live near.

Everything that moves the currents, the voltages and the sound of a healthy pole without being a fault.
"""

from typing import ClassVar, Final

import numpy as np

from envirosense.core.grid import TimeGrid
from envirosense.core.protocols import Array
from envirosense.physics.electric.load import TAP_PU
from envirosense.physics.electric.reclosing import MOTOR_CURRENT, MOTOR_START_S, tick_share
from envirosense.pole.scenarios.lookalike.courses import flicker, presence, times_s
from envirosense.pole.scenarios.normal.neighbourhood import NEIGHBOURHOOD, neighbourhood_noises
from envirosense.scenarios import (
    BaseRate,
    BaseScenario,
    Category,
    Choice,
    Conditions,
    Forcing,
    Labels,
    LineChange,
    LogUniform,
    Parameter,
    ParameterSpace,
    Response,
    Tank,
    Uniform,
)

PHASES: Final = 3
LOAD_STAY_S: Final = 900.0  # that a heater, a pump or a charger stays on # assumed
LEAST_FACTOR: Final = 0.3  # of the load is there in any case # assumed
CAPACITOR_PU: Final = 0.012  # rise of the voltage # assumed: 1 to 2 %
CAPACITOR_CURRENT: Final = 0.96  # current left with the better power factor # assumed
CAPACITOR_HARMONICS: Final = 1.3  # the bank resonates with the line # assumed
UNIT_S: Final = 1800.0  # memory of the houses on the transformer # assumed
MOST_LOAD: Final = 0.95  # of the transformer's rating


class BaselineEquipmentOperationScenario(BaseScenario):
    """Ordinary switching on a healthy line."""

    name: ClassVar[str] = "baseline_equipment_operation"
    description: ClassVar[str] = "Sound equipment: load steps, motors, capacitors, taps, cars, aircraft, dogs"
    category: ClassVar[Category] = Category.NORMAL
    difficulty_level: ClassVar[str] = "unmeasured"
    expected_duration: ClassVar[float] = 3600.0
    phases: ClassVar[tuple[str, ...]] = ()
    limits: ClassVar[str] = (
        "Switching has no transient of its own: no ringing of a capacitor bank, no arc of a tap changer, no "
        "dip of the voltage while a motor starts. Cars are all alike; an aircraft stands still while heard."
    )
    rate: ClassVar[BaseRate] = BaseRate(
        180.0, 86_400.0, "assumed: half of the days are as busy as its middle; a day of diurnal_cycle too"
    )
    tags: ClassVar[tuple[str, ...]] = ("load", "noise")
    space: ClassVar[ParameterSpace] = ParameterSpace(
        {
            "steps_per_h": Parameter(LogUniform(1.0, 30.0), "1/h", "loads switched on", "assumed"),
            "step_share": Parameter(
                LogUniform(0.003, 0.05), "1", "of the line's current, of one of them", "assumed: 0.5 to 10 A"
            ),
            "motors_per_h": Parameter(LogUniform(0.2, 10.0), "1/h", "motors started", "assumed"),
            "motor_share": Parameter(
                LogUniform(0.003, 0.03), "1", "rated current of a motor over the line's", "assumed"
            ),
            "capacitor": Parameter(
                Choice(("off", "on", "switched_in", "switched_out"), (0.4, 0.2, 0.2, 0.2)),
                "1",
                "what a bank upstream does",
                "assumed: banks switch once or twice a day",
            ),
            "capacitor_fraction": Parameter(
                Uniform(0.05, 0.95), "1", "when, as a fraction of the episode", "assumed"
            ),
            "taps_per_h": Parameter(
                LogUniform(0.1, 4.0), "1/h", "moves of a regulator upstream", "assumed: some tens a day"
            ),
            "unit_spread": Parameter(
                Uniform(0.05, 0.4), "1", "of the transformer's load, standard deviation of its log", "assumed"
            ),
            **NEIGHBOURHOOD,
        }
    )

    def forcing(self, conditions: Conditions, rng: np.random.Generator) -> Forcing:
        """Currents, voltages, the transformer's load and the sounds of the neighbourhood."""
        grid = conditions.grid
        bank = self._capacitor(grid)
        current_factor = self._currents(grid, rng) * (1.0 - (1.0 - CAPACITOR_CURRENT) * bank)[:, None]
        voltage_factor = (1.0 + CAPACITOR_PU * bank) * (1.0 + TAP_PU * self._taps(grid, rng))
        change = LineChange(
            current_factor=current_factor,
            voltage_factor=np.repeat(voltage_factor[:, None], PHASES, axis=1),
            harmonic_factor=1.0 + (CAPACITOR_HARMONICS - 1.0) * bank,
        )
        houses = flicker(grid, rng, UNIT_S, self.number("unit_spread"))
        usual = conditions.current_a / conditions.place.peak_current_a * current_factor.max(axis=1)
        tank = Tank(load_factor=np.minimum(houses, MOST_LOAD / np.maximum(usual, 1e-3)))
        return Forcing(
            line=(change,),
            tanks=(tank,) if conditions.place.has_transformer else (),
            noises=neighbourhood_noises(self, grid, rng),
        )

    def _currents(self, grid: TimeGrid, rng: np.random.Generator) -> Array:
        """Factor of each phase, (time, phase): loads around their mean, and starting motors on top."""
        per_s = self.number("steps_per_h") / 3600.0 / PHASES
        motors_per_s = self.number("motors_per_h") / 3600.0 / PHASES
        factors = []
        for _ in range(PHASES):
            begin_s = times_s(rng, per_s, -LOAD_STAY_S, grid.duration_s)
            switched = presence(grid, begin_s, LOAD_STAY_S) - per_s * LOAD_STAY_S
            starts_s = times_s(rng, motors_per_s, 0.0, grid.duration_s)
            starting = MOTOR_CURRENT * presence(grid, starts_s, MOTOR_START_S)
            more = self.number("step_share") * switched + self.number("motor_share") * starting
            factors.append(np.maximum(1.0 + more, LEAST_FACTOR))
        return np.stack(factors, axis=1)

    def _capacitor(self, grid: TimeGrid) -> Array:
        """Share of each tick in which the bank is in, (time,)."""
        switch_s, end_s = self.number("capacitor_fraction") * grid.duration_s, grid.duration_s
        begin_s, stop_s = {
            "off": (end_s, end_s), "on": (0.0, end_s),
            "switched_in": (switch_s, end_s), "switched_out": (0.0, switch_s),
        }[self.text("capacitor")]  # fmt: skip
        return tick_share(grid.t_s, grid.dt_s, begin_s, stop_s)

    def _taps(self, grid: TimeGrid, rng: np.random.Generator) -> Array:
        """Taps off the middle, tick means (time,): one up or down and back again."""
        way = 1.0 if rng.random() < 0.5 else -1.0
        moves_s = times_s(rng, self.number("taps_per_h") / 3600.0, 0.0, grid.duration_s)
        ends_s = np.append(moves_s, np.inf)
        taps = np.zeros(grid.n)
        for begin_s, end_s in zip(moves_s[::2], ends_s[1::2], strict=False):
            taps += tick_share(grid.t_s, grid.dt_s, float(begin_s), float(end_s))
        return way * taps

    def labels(self, forcing: Forcing, response: Response, grid: TimeGrid) -> Labels:
        """No events."""
        return Labels()
