"""What causes do to the heat network: powers, joints, discharges, the transformer's state, line currents."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from envirosense.core.errors import ConfigError
from envirosense.core.grid import TimeGrid
from envirosense.core.protocols import Array
from envirosense.physics.thermal.heat import HeatDrive
from envirosense.physics.thermal.transformer import POLE_25_KVA, wetted_share
from envirosense.pole.heat.component_nodes import TANK_BANDS
from envirosense.pole.heat.components import Components
from envirosense.pole.heat.heating import HeatHistory
from envirosense.pole.site import PHASES, Site
from envirosense.scenarios import Forcing, Tank

GAS_LINK_SHARE = 0.003  # of oil's hold on the wall left to vapour: holds a dry band 5 K over air; assumed
UNIT_PHASE = PHASES.index("a")  # the transformer and the cutout hang on it, as for sound and currents


def drive_under(
    history: HeatHistory, components: Components, site: Site, forcings: Iterable[Forcing], grid: TimeGrid
) -> HeatDrive:
    """The drive of a history with every cause acting on it.

    Raises:
        ConfigError: if a cause changes the transformer of a site that has none.
    """
    forcings = tuple(forcings)
    tanks = [tank for forcing in forcings for tank in forcing.tanks]
    if tanks and not site.has_transformer:
        raise ConfigError("tanks", site.site_id, "this site has no transformer; choose one that has")
    drive = _supplied(history, components, site, forcings, grid)
    power_w, resistance_ohm = drive.power_w.copy(), drive.resistance_ohm.copy()
    for forcing in forcings:
        for heating in forcing.heatings:
            power_w[:, components.index(heating.component)] += step_means(heating.power_w, history, grid)
        for discharge in forcing.discharges:
            if discharge.component is not None and discharge.heat_share > 0.0:
                heat_w = discharge.heat_share * step_means(discharge.power_w, history, grid)
                power_w[:, components.index(discharge.component)] += heat_w
        for joint in forcing.joints:
            place = components.joints.index(joint.component)
            resistance_ohm[:, place] = step_means(joint.resistance_ohm, history, grid)
    drive = replace(drive, power_w=power_w, resistance_ohm=resistance_ohm)
    for tank in tanks:
        drive = _with_tank(drive, components, tank, history, grid)
    return drive


def step_means(values: Array, history: HeatHistory, grid: TimeGrid) -> Array:
    """Means of values over ticks in the network's steps, (time, ...) -> (step, ...); the last one is held."""
    n_steps = history.t_s.size - 1
    per_step = round(history.step_s / grid.dt_s)
    padded = np.concatenate([values, np.repeat(values[-1:], n_steps * per_step - grid.n, axis=0)])
    return np.asarray(padded.reshape(n_steps, per_step, *values.shape[1:]).mean(axis=1))


def _supplied(
    history: HeatHistory, components: Components, site: Site, forcings: Iterable[Forcing], grid: TimeGrid
) -> HeatDrive:
    """The drive with what all causes do to currents and voltages; faults end too soon to warm metal.

    Clamps follow their phase; transformer, bushing and cutout carry their share of `UNIT_PHASE`. Leakage, the
    arresters' and the core's heat go with the square of the voltage.
    """
    changes = [c for forcing in forcings for c in forcing.line]
    loads = [tank.load_factor for forcing in forcings for tank in forcing.tanks]
    if not changes and not loads:
        return history.drive
    flowing = _effective([c.current_factor for c in changes], (grid.n, len(PHASES)), history, grid)
    voltage2 = _effective([c.voltage_factor for c in changes], (grid.n, len(PHASES)), history, grid) ** 2
    unit = flowing[:, UNIT_PHASE] * _effective(loads, (grid.n,), history, grid)
    drive = history.drive
    wire_a, joint_a, power_w = drive.wire_a.copy(), drive.current_a.copy(), drive.power_w.copy()
    for column, phase in enumerate(PHASES):
        wire_a[:, components.wires.index(f"conductor_{phase}")] *= flowing[:, column]
        joint_a[:, components.joints.index(f"clamp_{phase}")] *= flowing[:, column]
        power_w[:, components.index(f"insulator_{phase}")] *= voltage2[:, column]
        power_w[:, components.index(f"arrester_{phase}")] *= voltage2[:, column]
    wire_a[:, components.wires.index("neutral")] *= flowing.max(axis=1)  # nothing returns of a dead line
    joint_a[:, components.joints.index("cutout")] *= flowing[:, UNIT_PHASE]
    joint_a[:, components.joints.index("bushing_secondary")] *= unit
    if site.has_transformer:
        oil, core_w = components.index("tank_oil"), POLE_25_KVA.no_load_w
        power_w[:, oil] = core_w * voltage2[:, UNIT_PHASE] + (power_w[:, oil] - core_w) * unit**2
    return replace(drive, wire_a=wire_a, current_a=joint_a, power_w=power_w)


def _effective(
    factors: Iterable[Array | None], shape: tuple[int, ...], history: HeatHistory, grid: TimeGrid
) -> Array:
    """Root mean square over each step of the product of factors, since heat goes with the square."""
    product = np.ones(shape)
    for factor in factors:
        product = product if factor is None else product * factor
    return np.sqrt(step_means(np.square(product), history, grid))


def _with_tank(
    drive: HeatDrive, components: Components, tank: Tank, history: HeatHistory, grid: TimeGrid
) -> HeatDrive:
    """The heat of a fault inside the tank, and how far its oil reaches."""
    power_w, share = drive.power_w.copy(), drive.link_share.copy()
    if tank.internal_w is not None:
        power_w[:, components.index("tank_oil")] += step_means(tank.internal_w, history, grid)
    if tank.oil_level is not None:
        wet = wetted_share(step_means(tank.oil_level, history, grid), len(TANK_BANDS))
        bands = [components.link("tank_oil", name) for name in TANK_BANDS]
        share[:, bands] = np.minimum(share[:, bands], np.maximum(wet, GAS_LINK_SHARE))
    return replace(drive, power_w=power_w, link_share=share)
