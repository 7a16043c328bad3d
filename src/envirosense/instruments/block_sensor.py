"""The sensor contract: an ideal reading, and the stages between it and the readings of a block."""

from abc import ABC, abstractmethod
from functools import cached_property, lru_cache
from typing import Any, ClassVar, Final, Generic

import numpy as np
import numpy.typing as npt
from typing_extensions import TypeVar

from envirosense.core.errors import ConfigError, UnknownNameError
from envirosense.core.parts import load_part, part_ids
from envirosense.core.protocols import Array, Position
from envirosense.core.rng import stream
from envirosense.instruments import generic_stages
from envirosense.instruments.chain import active_stages, through_stages
from envirosense.instruments.channels import Channel
from envirosense.instruments.conditions import Conditions, SensorWorld, conditions_at
from envirosense.instruments.faults import GENERIC_FAULTS
from envirosense.instruments.grading import (
    Grader,
    graded_rows,
    is_connected,
    known_flags,
    missing_ticks,
    only_reports,
)
from envirosense.instruments.memory import NoiseStreams, SensorBlock, SensorMemory, no_readings
from envirosense.instruments.part_values import PartValues
from envirosense.instruments.power_draw import on_share
from envirosense.instruments.sensor_config import SensorConfig
from envirosense.instruments.stages.contract import AnyStage, Description
from envirosense.instruments.stages.spells import Spells
from envirosense.instruments.switching import on_times_s

USUAL_PLACE_M: Final[Position] = (0.0, 0.0, 6.0)  # of a sensor that nobody has mounted
SHORTEST_S: Final = 0.01  # interval of a part that does not state its own; assumed
AS_BUILT: Final = "as_built"  # how this unit's projection differs from the ideal; in stages_off like a stage

ConfigT = TypeVar("ConfigT", bound=SensorConfig, default=SensorConfig)
WorldT = TypeVar("WorldT", bound=SensorWorld, default=SensorWorld)  # fields that the sensor asks


class BlockSensor(ABC, Generic[ConfigT, WorldT]):
    """One instrument over blocks: `start` gives a memory, `run` turns a world block and it into readings.

    An author writes `channels`, `respond` and `stages`, on a class derived from `BaseSensor`.
    """

    sensor_type: ClassVar[str]
    config_type: ClassVar[type[SensorConfig]] = SensorConfig
    part_kind: ClassVar[str] = ""  # folder its parts are in; any part when empty
    stream: ClassVar[str] = "readings"  # table that its readings go to
    fault_kinds: ClassVar[tuple[str, ...]] = GENERIC_FAULTS

    def __init__(self, config: ConfigT, sensing_seed: int = 0) -> None:
        self.config = config
        if self.part_kind and not config.part.startswith(self.part_kind + "/"):
            known = ", ".join(part for part in part_ids() if part.startswith(self.part_kind + "/"))
            raise ConfigError(f"{config.sensor_id}.part", config.part, f"must be one of {known}")
        for fault in config.faults:
            if fault.kind not in self.fault_kinds:
                raise UnknownNameError(f"{config.sensor_id}.faults.kind", fault.kind, self.fault_kinds)
        self.values = PartValues(load_part(config.part), config.overrides)
        self._require_possible_rate()
        self._sensing_seed = sensing_seed
        self._position_m = USUAL_PLACE_M if config.position_m is None else config.position_m
        self._enabled = config.enabled
        self._active = active_stages(self.stages(), config.stages_off, (AS_BUILT,))

    def _require_possible_rate(self) -> None:
        name = "sampling.shortest"
        shortest_s = self.values.number(name, "s") if name in self.values else SHORTEST_S
        if self.config.interval_s < shortest_s:
            fix = (
                f"part {self.values.part.name} reports at most every {shortest_s:g} s; give a longer interval"
            )
            raise ConfigError(f"{self.config.sensor_id}.interval_s", self.config.interval_s, fix)

    # --- what an author writes

    @property
    @abstractmethod
    def channels(self) -> tuple[Channel, ...]:
        """Reported quantities, in the order of the channel axis."""

    @abstractmethod
    def respond(self, world: WorldT) -> Array:
        """Ideal reading: what a perfect instrument of this kind reports, (time, channel)."""

    @abstractmethod
    def stages(self) -> tuple[AnyStage, ...]:
        """Imperfections in the order the signal meets them."""

    # --- what an author may write

    def observable(self, world: WorldT) -> Array:
        """Ideal reading as far as the part's own steady noise lets it show, (time, channel).

        The ideal reading itself, unless the channel is a level that noise adds to. Observability compares it
        with and without a cause.
        """
        return self.respond(world)

    def fault_stages(self) -> tuple[AnyStage, ...]:
        """Generic faults and the part's random dropouts; they belong right before the output."""
        return generic_stages.fault_stages(self.values, self.config, len(self.channels))

    def warm_up_stages(self) -> tuple[AnyStage, ...]:
        """What the part's warming up adds to the signal; it belongs beside the transducer's noise."""
        return generic_stages.warm_up_stages(self.values, len(self.channels))

    def faults(self, kind: str) -> Spells:
        """When the sensor has a fault of one kind, and how badly."""
        return generic_stages.spells_of(self.config, kind)

    def stated_accuracy(self, reading: Array) -> Array | None:
        """Greatest error that the part states for readings, (time, channel); None where it states none."""
        return generic_stages.stated_accuracy(self.values, reading)

    def status_flags(
        self, world: WorldT, conditions: Conditions, reading: Array
    ) -> npt.NDArray[np.uint16] | int:
        """Bits of `Status` that only this kind of sensor knows, (time,); the general ones are added.

        Those of ticks at which the sensor has no power or is disconnected are dropped.
        """
        return 0

    def draw_unit(self, unit_rng: np.random.Generator) -> Any:
        """What makes this unit's projection its own; handed to `transduce`."""
        return None

    def transduce(self, world: WorldT, unit: Any) -> tuple[Array, Array]:
        """Ideal reading and what this unit makes of the world before any stage, both (time, channel).

        `unit` is None where `as_built` is switched off: then the two are equal.
        """
        ideal = self.respond(world)
        return ideal, ideal

    @property
    def truth_channels(self) -> tuple[Channel, ...]:
        """World truth this sensor is about, in the order of `truth`."""
        return self.channels

    def truth(self, world: WorldT) -> Array:
        """World truth at the sensor, (time, truth channel)."""
        return self.respond(world)

    # --- blocks

    def start(self, sensing_seed: int, *names: str | int) -> SensorMemory:
        """Memory before the first tick; streams are named (`names`, sensor, stage, kind of draw)."""
        path = (*names, self.config.sensor_id)
        n_channels = len(self.channels)
        return SensorMemory(
            unit=self.draw_unit(stream(sensing_seed, *path, AS_BUILT, "unit")) if self._is_as_built else None,
            carries={
                stage.name: stage.start(n_channels, stream(sensing_seed, *path, stage.name, "unit"))
                for stage in self._active
            },
            noise=NoiseStreams(sensing_seed, *path),
            on_at_s=None if self.config.on_since_s is None else -self.config.on_since_s,
        )

    def run(
        self, world: WorldT, memory: SensorMemory, powered: npt.NDArray[np.bool_] | None = None
    ) -> SensorBlock:
        """Readings over the ticks of a world block; `memory` is advanced past it.

        A sensor that is switched off reports nothing and draws nothing; one without power at some ticks
        reports nothing there and draws all the same, so that its noise stays what it was.
        """
        n_time, n_channels = world.grid.n, len(self.channels)
        if not self._enabled:
            memory.on_at_s, memory.grade = np.nan, None
            return no_readings(n_time, n_channels)
        conditions = self._conditions(world, memory, powered)
        ideal, signal = self.transduce(world, memory.unit)
        if signal.shape != (n_time, n_channels):
            fix = f"must return (time, channel), here {(n_time, n_channels)}"
            raise ConfigError(f"{self.sensor_type}.respond", signal.shape, fix)
        rows = graded_rows(world.first_tick, n_time, world.grid.dt_s, memory.grade is None)
        grader = Grader(self._as_new, conditions, rows)
        reading = through_stages(signal, self._active, memory, conditions, grader.meet)
        exact = grader.grade(reading, self.stated_accuracy, memory.grade)
        memory.grade = float(exact.quality[-1]), float(exact.confidence[-1])
        sampled = self.sampled(world)
        has_power = np.ones(n_time, np.bool_) if powered is None else powered
        reports = sampled & has_power
        if not reports.all():
            reading[~reports] = np.nan
        missing = missing_ticks(reading)
        flags = known_flags(reading, missing, has_power, self._active, conditions, self._warm_up_s)
        own = np.asarray(self.status_flags(world, conditions, reading), dtype=np.uint16)
        flags |= np.where(has_power & is_connected(self._active, conditions), own, 0).astype(np.uint16)
        flags[~sampled] = 0
        grade = only_reports(exact, missing, sampled)
        return SensorBlock(ideal, reading, sampled, flags, grade.quality, grade.confidence)

    @cached_property
    def _as_new(self) -> "NewStages":
        """Stages of a unit that left the factory today, each with its carry, by name."""
        new = {"age_days": 0.0, "used_days": None, "calibrated_at_days": (), "on_since_s": None, "faults": ()}
        anywhere = {"sensor_id": "new", "position_m": None}
        whole = {"stages_off": False}  # a new unit knows no stage of a fault; stages off here are never asked
        return new_stages(type(self), self.config.model_copy(update=new | anywhere | whole).model_dump_json())

    def stages_at_start(self) -> "NewStages":
        """Active stages, each with a carry before the first tick, by name; their draws are no unit's."""
        n_channels, rng = len(self.channels), stream(0, self.sensor_type, "new")
        return {stage.name: (stage, stage.start(n_channels, rng)) for stage in self._active}

    @cached_property
    def _warm_up_s(self) -> float:
        return self.values.number("warm_up.time", "s") if "warm_up.time" in self.values else 0.0

    def sampled(self, world: WorldT) -> npt.NDArray[np.bool_]:
        """Ticks at which the sensor reports, (time,); a tick longer than the interval always does.

        Raises:
            ConfigError: if the interval is longer than a tick and no multiple of it.
        """
        every = self.config.ticks_apart(world.grid.dt_s)
        ticks_of_block = np.arange(world.first_tick, world.first_tick + world.grid.n)
        return np.equal(ticks_of_block % every, 0)

    def describe(self, memory: SensorMemory) -> dict[str, Description]:
        """Parameters and present state of every active stage, by its name."""
        return {stage.name: stage.describe(memory.carries[stage.name]) for stage in self._active}

    def _conditions(
        self, world: WorldT, memory: SensorMemory, powered: npt.NDArray[np.bool_] | None = None
    ) -> Conditions:
        t_s = np.arange(world.first_tick, world.first_tick + world.grid.n) * np.float64(world.grid.dt_s)
        on_s, memory.on_at_s = on_times_s(t_s, world.grid.dt_s, memory.on_at_s, powered)
        averaged_s = self.config.interval_s * on_share(self.values, self.config.interval_s)
        return conditions_at(world, self._position_m, averaged_s, on_s)

    @property
    def used_days(self) -> float:
        """Time for which it has been switched on [days]."""
        given = self.config.used_days
        share = on_share(self.values, self.config.interval_s)
        return self.config.age_days * share if given is None else given

    @property
    def drift_days(self) -> float:
        """Time since its last calibration [days]."""
        return self.config.drift_days

    @property
    def _is_as_built(self) -> bool:
        off = self.config.stages_off
        return not (off if isinstance(off, bool) else AS_BUILT in off)

    def imperfect(self, ideal: Array, conditions: Conditions) -> Array:
        """Readings that a fresh unit makes of ideal ones, (time, channel); no world is asked."""
        return through_stages(ideal, self._active, self.start(self._sensing_seed), conditions)


type NewStages = dict[str, tuple[AnyStage, Any]]


@lru_cache(maxsize=256)
def new_stages(sensor_class: type[BlockSensor[Any, Any]], config: str) -> NewStages:
    """Stages of a new unit of a class with settings as JSON; equal devices share them."""
    return sensor_class(sensor_class.config_type.model_validate_json(config)).stages_at_start()
