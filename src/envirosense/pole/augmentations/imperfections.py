"""Other sensor units in the same world: another level of wear, other settings, other noise."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Literal

import numpy as np

from envirosense.core.episode import EpisodeSpec, JsonObject
from envirosense.core.rng import derived_seed, stream
from envirosense.factory.augmentation import Augmentation, NotApplicable
from envirosense.instruments.configuration import SensorConfiguration
from envirosense.instruments.randomisation import FaultChance, Range, drawn_changes, require_possible
from envirosense.instruments.sensor_change import SensorChange
from envirosense.pole.twin import PoleTwin

type Level = Literal["ideal", "new", "aged", "worn"]

_LATELY_MADE: Final[JsonObject] = {"age_days": 0.0, "used_days": None, "calibrated_at_days": []}


@dataclass(frozen=True, slots=True)
class _Wear:
    """What a level of imperfection sets and draws; every number is assumed."""

    set: JsonObject
    age_days: tuple[float, float] | None = None  # one age for the whole device
    faults: tuple[FaultChance, ...] = ()


LEVELS: Final[Mapping[Level, _Wear]] = MappingProxyType(
    {
        "ideal": _Wear({"stages_off": True}),
        "new": _Wear(_LATELY_MADE),
        "aged": _Wear(_LATELY_MADE, (365.0, 1095.0)),
        "worn": _Wear(
            _LATELY_MADE,
            (1095.0, 2555.0),
            (FaultChance(kind="drifted", chance=0.2), FaultChance(kind="stuck", chance=0.05)),
        ),
    }
)


class Imperfections(Augmentation):
    """Readings of the same world by other units; truth, events and labels stay to the bit.

    `levels` are drawn evenly. `changes` are set, then `randomise` and `fault_chances` drawn, as a guardian
    file has them. `new_noise` draws all noise anew; without it what does not change keeps its noise.
    """

    levels: tuple[Level, ...] = ()
    changes: tuple[SensorChange, ...] = ()
    randomise: tuple[Range, ...] = ()
    fault_chances: tuple[FaultChance, ...] = ()
    new_noise: bool = True

    def drawn(self, spec: EpisodeSpec, rng: np.random.Generator) -> JsonObject:
        """The level, all changes, and the seed of the noise.

        Raises:
            NotApplicable: if the device has no sensor.
            UnknownNameError: if a pattern fits none of its sensors.
        """
        guardian = SensorConfiguration.parse(spec.sensing, "sensing")
        if not guardian.sensors:
            raise NotApplicable("the device has no sensor")
        level = self.levels[int(rng.integers(len(self.levels)))] if self.levels else None
        wear = LEVELS[level] if level else _Wear({})
        fixed = [SensorChange(set=wear.set)] if wear.set else []
        fixed += self.changes
        ranges = (*_age(wear), *self.randomise)
        chances = (*wear.faults, *self.fault_chances)
        root = int(rng.integers(2**63))
        changed = guardian.changed(fixed)
        require_possible(self.randomise, self.fault_chances, changed.sensors)
        draws = drawn_changes(
            ranges, chances, changed.sensors, spec.grid.duration_s, lambda name: stream(root, name)
        )
        return {
            "level": level,
            "changes": [change.model_dump(mode="json") for change in (*fixed, *draws)],
            "sensing_seed": derived_seed(root, "noise") if self.new_noise else None,
        }

    @classmethod
    def applied(cls, spec: EpisodeSpec, drawn: Mapping[str, Any]) -> EpisodeSpec:
        """Spec of the same world under the changed sensors."""
        return PoleTwin().resensed(spec, {"changes": drawn["changes"]}, drawn["sensing_seed"])


def _age(wear: _Wear) -> tuple[Range, ...]:
    if wear.age_days is None:
        return ()
    low, high = wear.age_days
    return (Range(field="age_days", low=low, high=high, shared=True),)
