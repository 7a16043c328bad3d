"""What causes do to the heat network: powers, joints, discharges, the transformer's state, line currents."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from envirosense.core.errors import ConfigError
from envirosense.core.grid import TimeGrid
from envirosense.core.protocols import Array
from envirosense.physics.heat import HeatDrive
from envirosense.physics.transformer import POLE_25_KVA, loss_w, wetted_share
from envirosense.pole.component_nodes import TANK_BANDS
from envirosense.pole.components import Components
from envirosense.pole.heating import HeatHistory
from envirosense.pole.site import PHASES, Site
from envirosense.scenarios import Forcing, LineChange, Tank

GAS_LINK_SHARE = 0.003  # of oil's hold on the wall left to vapour: holds a dry band 5 K over air; assumed


def drive_under(
    history: HeatHistory, components: Components, site: Site, forcings: Iterable[Forcing], grid: TimeGrid
) -> HeatDrive:
    """The drive of a history with every cause acting on it.

    Raises:
        ConfigError: if a cause changes the transformer of a site that has none.
    """
    drive, forcings = history.drive, tuple(forcings)
    for change in (c for forcing in forcings for c in forcing.line):
        drive = _with_line(drive, components, change, history, grid)
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
    for tank in (t for forcing in forcings for t in forcing.tanks):
        drive = _with_tank(drive, components, site, tank, history, grid)
    return drive


def step_means(values: Array, history: HeatHistory, grid: TimeGrid) -> Array:
    """Means of values over ticks in the network's steps, (time, ...) -> (step, ...); the last one is held."""
    n_steps = history.t_s.size - 1
    per_step = round(history.step_s / grid.dt_s)
    padded = np.concatenate([values, np.repeat(values[-1:], n_steps * per_step - grid.n, axis=0)])
    return np.asarray(padded.reshape(n_steps, per_step, *values.shape[1:]).mean(axis=1))


def _with_line(
    drive: HeatDrive, components: Components, change: LineChange, history: HeatHistory, grid: TimeGrid
) -> HeatDrive:
    """Currents of phases and their clamps scaled; fault currents last too short to warm metal."""
    if change.current_factor is None:
        return drive
    factor = step_means(change.current_factor, history, grid)
    wire_a, joint_a = drive.wire_a.copy(), drive.current_a.copy()
    for column, phase in enumerate(PHASES):
        wire_a[:, components.wires.index(f"conductor_{phase}")] *= factor[:, column]
        joint_a[:, components.joints.index(f"clamp_{phase}")] *= factor[:, column]
    return replace(drive, wire_a=wire_a, current_a=joint_a)


def _with_tank(
    drive: HeatDrive, components: Components, site: Site, tank: Tank, history: HeatHistory, grid: TimeGrid
) -> HeatDrive:
    if not site.has_transformer:
        raise ConfigError("tanks", site.site_id, "this site has no transformer; choose one that has")
    power_w, joint_a, share = drive.power_w.copy(), drive.current_a.copy(), drive.link_share.copy()
    oil = components.index("tank_oil")
    if tank.load_factor is not None:
        factor = step_means(tank.load_factor, history, grid)
        load_w = power_w[:, oil] - loss_w(POLE_25_KVA, 0.0)
        power_w[:, oil] += (factor**2 - 1.0) * load_w
        joint_a[:, components.joints.index("bushing_secondary")] *= factor
    if tank.internal_w is not None:
        power_w[:, oil] += step_means(tank.internal_w, history, grid)
    if tank.oil_level is not None:
        wet = wetted_share(step_means(tank.oil_level, history, grid), len(TANK_BANDS))
        bands = [components.link("tank_oil", name) for name in TANK_BANDS]
        share[:, bands] = np.minimum(share[:, bands], np.maximum(wet, GAS_LINK_SHARE))
    return replace(drive, power_w=power_w, current_a=joint_a, link_share=share)
