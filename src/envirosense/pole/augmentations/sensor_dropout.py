"""Sensors that are switched off, or go silent for a while."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, PositiveFloat

from envirosense.core.episode import EpisodeSpec, JsonObject
from envirosense.factory.augmentation import Augmentation, NotApplicable
from envirosense.instruments.configuration import SensorConfiguration
from envirosense.instruments.faults import Fault
from envirosense.instruments.randomisation import fault_kinds
from envirosense.instruments.sensor_change import fits
from envirosense.instruments.sensor_config import SensorConfig
from envirosense.pole.twin import PoleTwin

_SILENT = "disconnected"  # the fault of a sensor that is not heard


class SensorDropout(Augmentation):
    """Missing readings that status and the stream of planted faults tell of; truth and labels stay.

    Each sensor that fits drops out with a chance, at least one of them. `how` is `off`, for the whole
    episode (one sensor of the device always stays on), or `silent`, from a random moment on for an
    exponential time of mean `mean_length_s`, to the end where that is None.
    """

    sensors: Annotated[tuple[str, ...], Field(min_length=1)] = ("*",)
    chance: Annotated[float, Field(gt=0, le=1)] = 0.2
    how: Literal["off", "silent"] = "silent"
    mean_length_s: PositiveFloat | None = None

    def drawn(self, spec: EpisodeSpec, rng: np.random.Generator) -> JsonObject:
        """Sensors that are off, and the time without readings of those that are silent [s].

        Raises:
            NotApplicable: if no sensor that is on could drop out.
        """
        guardian = SensorConfiguration.parse(spec.sensing, "sensing")
        on = [sensor for sensor in guardian.sensors if sensor.enabled]
        able = [sensor for sensor in on if fits(sensor, self.sensors) and self._can(sensor)]
        most = len(able) - (self.how == "off" and len(able) == len(on))
        if most < 1:
            raise NotApplicable("no sensor that fits is on, or it is the only one")
        lost = _some(able, most, self.chance, rng)
        if self.how == "off":
            return {"off": [sensor.sensor_id for sensor in lost], "silent": {}}
        spells = {sensor.sensor_id: self._spell(spec.grid.duration_s, rng) for sensor in lost}
        return {"off": [], "silent": {name: list(spell) for name, spell in spells.items()}}

    def _can(self, sensor: SensorConfig) -> bool:
        return self.how == "off" or _SILENT in fault_kinds(sensor)

    def _spell(self, duration_s: float, rng: np.random.Generator) -> tuple[float, float | None]:
        begin_s, length = float(rng.uniform(0.0, duration_s)), float(rng.exponential())
        return begin_s, None if self.mean_length_s is None else begin_s + self.mean_length_s * length

    @classmethod
    def applied(cls, spec: EpisodeSpec, drawn: Mapping[str, Any]) -> EpisodeSpec:
        """Spec of the same world under a device that reports less."""
        changes: list[JsonObject] = []
        if drawn["off"]:
            changes.append({"sensors": drawn["off"], "set": {"enabled": False}})
        guardian = SensorConfiguration.parse(spec.sensing, "sensing")
        had = {sensor.sensor_id: sensor.faults for sensor in guardian.sensors}
        for name, (begin_s, end_s) in drawn["silent"].items():
            faults = (*had[name], Fault(kind=_SILENT, begin_s=begin_s, end_s=end_s))
            records: Sequence[Any] = [fault.model_dump(mode="json") for fault in faults]
            changes.append({"sensors": [name], "set": {"faults": list(records)}})
        return PoleTwin().resensed(spec, {"changes": changes})


def _some[T](able: list[T], most: int, chance: float, rng: np.random.Generator) -> list[T]:
    """Each with the chance, at least one and at most `most`, in their order."""
    share = rng.random(len(able))
    n = min(max(int((share < chance).sum()), 1), most)
    return [able[i] for i in sorted(np.argsort(share, kind="stable")[:n].tolist())]
