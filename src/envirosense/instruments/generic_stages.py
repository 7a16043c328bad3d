"""Stages that any scalar sensor gets from its part and settings: warming up, and generic faults."""

import math

import numpy as np

from envirosense.core.protocols import Array
from envirosense.instruments.part_values import PartValues
from envirosense.instruments.sensor_config import SensorConfig
from envirosense.instruments.stages.contract import AnyStage
from envirosense.instruments.stages.faults import AtLimit, Disconnected, Drifted, Dropout, Stuck
from envirosense.instruments.stages.spells import Spells
from envirosense.instruments.stages.warm_up import WarmUp

DRIFTED_ACCURACIES = 10.0  # of a sensor that drifted with severity 1: ten times its accuracy; assumed


def spells_of(config: SensorConfig, kind: str) -> Spells:
    """When a sensor has the fault `kind`."""
    return Spells.of((f.begin_s, f.stop_s, f.severity) for f in config.faults if f.kind == kind)


def fault_stages(values: PartValues, config: SensorConfig, n_channels: int) -> tuple[AnyStage, ...]:
    """Spells that the part's failure rates bring, and the generic faults of the settings."""
    up_s, down_s, free_s, stuck_s = (
        (values.number(f"fault.{name}", "s") if f"fault.{name}" in values else 0.0) or math.inf
        for name in ("up", "down", "free", "stuck")
    )
    stages: list[AnyStage] = []
    if math.isfinite(up_s):
        stages.append(Dropout("dropout", up_s, down_s))
    if drifted := spells_of(config, "drifted"):
        offset = DRIFTED_ACCURACIES * values.reading_numbers("accuracy.absolute", n_channels)
        stages.append(Drifted("drifted", offset, drifted))
    if saturated := spells_of(config, "saturated"):
        stages.append(AtLimit("saturated", values.reading_numbers("range.high", n_channels), saturated))
    stuck = spells_of(config, "stuck")
    if stuck or math.isfinite(free_s):
        stages.append(Stuck("stuck", free_s, stuck_s if math.isfinite(stuck_s) else 3600.0, stuck))
    if disconnected := spells_of(config, "disconnected"):
        stages.append(Disconnected("disconnected", disconnected))
    return tuple(stages)


def warm_up_stages(values: PartValues, n_channels: int) -> tuple[AnyStage, ...]:
    """The part's warming up; none where it states no error of it."""
    if "warm_up.error" not in values:
        return ()
    error = values.reading_numbers("warm_up.error", n_channels)
    return (WarmUp("warm_up", error, values.number("warm_up.tau", "s")),) if np.any(error) else ()


def stated_accuracy(values: PartValues, reading: Array) -> Array | None:
    """Greatest error that the part states for these readings, (time, channel); None where it states none."""
    if "accuracy.absolute" not in values:
        return None
    n_channels = reading.shape[1]
    absolute = values.reading_numbers("accuracy.absolute", n_channels)
    if "accuracy.relative" not in values:
        return absolute
    relative = values.numbers("accuracy.relative", "1", n_channels)
    return absolute + relative * np.nan_to_num(np.abs(reading)) if relative.any() else absolute
