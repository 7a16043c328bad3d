"""Stages in the order the signal meets them."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from envirosense.core.errors import ConfigError, UnknownNameError
from envirosense.core.protocols import Array
from envirosense.instruments.conditions import Conditions
from envirosense.instruments.memory import SensorMemory
from envirosense.instruments.stages.contract import AnyStage, Transform


def active_stages(
    stages: Sequence[AnyStage], off: bool | tuple[str, ...], others: tuple[str, ...] = ()
) -> tuple[AnyStage, ...]:
    """Stages that remain when `off` (all, none, or those named) are taken out.

    Args:
        stages: the whole chain; names must differ.
        off: what to switch off.
        others: names that may be switched off without being stages of the chain.

    Raises:
        UnknownNameError: if a name is no stage's.
        ConfigError: if two stages share a name, or a change of variables is switched off alone.
    """
    by_name = {stage.name: stage for stage in stages}
    if len(by_name) < len(stages):
        raise ConfigError("stages", [stage.name for stage in stages], "give every stage a name of its own")
    if isinstance(off, bool):
        return () if off else tuple(stages)
    for name in off:
        if name not in by_name and name not in others:
            raise UnknownNameError("stage", name, (*by_name, *others))
        if isinstance(by_name.get(name), Transform):
            raise ConfigError("stages_off", name, "is a change of variables; leave it on")
    return tuple(stage for stage in stages if stage.name not in off)


def through_stages(
    x: Array,
    stages: Sequence[AnyStage],
    memory: SensorMemory,
    conditions: Conditions,
    meet: Callable[[AnyStage, Array, Any], None] | None = None,
) -> Array:
    """Signal after every stage, (time, channel), in fresh memory; the carries in `memory` are advanced.

    `meet` is shown every stage with its input and carry before the stage acts.
    """
    x = np.array(x, dtype=np.float64, order="C")
    for stage in stages:
        carry, noise_rng = memory.carries[stage.name], memory.noise[stage.name]
        if meet is not None:
            meet(stage, x, carry)
        x, memory.carries[stage.name] = stage.apply(x, carry, conditions, noise_rng)
        x = np.ascontiguousarray(x)
    return x
