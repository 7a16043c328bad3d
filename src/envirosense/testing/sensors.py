"""The contract of a sensor, as checks that say what to fix.

`check_sensor` runs them all over one configuration of a sensor class; each is public and may be
run alone. A failed check raises AssertionError.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from envirosense.instruments.sensor_config import SensorConfig
from envirosense.instruments.stages.digital import ClipQuantise
from envirosense.instruments.stages.noise import WhiteNoise
from envirosense.testing.sensor_health import check_health
from envirosense.testing.sensor_runs import SEED, AnySensor, readings
from envirosense.testing.sensor_ticks import check_time_step
from envirosense.testing.worlds import UniformWorld, busy_world

type Build = Callable[[], AnySensor]

BLOCK_SIZES: Final = (1, 7, 60, 3600)


def check_sensor(
    sensor_class: type[AnySensor], config: SensorConfig, world: UniformWorld | None = None
) -> None:
    """Hold one sensor class to the contract, with `config` and a world in which everything moves."""
    world = world or busy_world()

    def build() -> AnySensor:
        return sensor_class(config)

    check_channels(build())
    check_shape_and_range(build(), world)
    check_same_seed_same_bits(build, world)
    check_blocks(build, world)
    check_steps(build, world)
    check_creation_order(sensor_class, config, world)
    check_all_stages_off(sensor_class, config, world)
    check_stage_independence(sensor_class, config, world)
    check_follows_world(sensor_class, config, world)
    check_inputs_kept(build(), world)
    check_switch(build(), world)
    check_metadata(build(), world)
    check_time_step(sensor_class, config)
    check_health(sensor_class, config, world)


def check_channels(sensor: AnySensor) -> None:
    """Channels have names of their own, a unit, a resolution and a noise."""
    names = [channel.name for channel in sensor.channels]
    assert len(set(names)) == len(names), f"{sensor.sensor_type}: channel names repeat: {names}"
    for channel in sensor.channels:
        assert channel.unit, f"{channel.name}: give the unit ('1' if it has none)"
        assert channel.description, f"{channel.name}: say in a few words what it is"
        assert channel.resolution >= 0 <= channel.noise_sigma, (
            f"{channel.name}: resolution and noise are >= 0"
        )


def check_shape_and_range(sensor: AnySensor, world: UniformWorld) -> None:
    """Blocks are (time, channel) of float64; the ideal is finite and readings keep their range."""
    block = readings(sensor, [world])
    shape = (world.n, len(sensor.channels))
    for name, values in (("ideal", block.ideal), ("reading", block.reading)):
        assert values.shape == shape, f"{name} is {values.shape}, must be {shape}: axis 0 is time"
        assert values.dtype == np.float64, f"{name} is {values.dtype}, must be float64"
    assert np.isfinite(block.ideal).all(), "respond() gave values that are not finite"
    reported = block.reading[block.sampled]
    assert not np.isinf(reported).any(), "a stage made values infinite"
    assert np.isfinite(reported).any(), "nothing was ever reported"
    for stage in sensor.stages():
        if isinstance(stage, ClipQuantise):
            inside = np.isnan(reported) | ((reported >= stage.low) & (reported <= stage.high))
            assert inside.all(), "readings leave their range: ClipQuantise must come last"


def check_same_seed_same_bits(build: Build, world: UniformWorld) -> None:
    """A seed fixes the readings; another seed gives others."""
    first, second = (readings(build(), [world]).reading for _ in range(2))
    assert _same_bits(first, second), (
        "same seed, other bits: draw only from the generators handed to the stage"
    )
    other = readings(build(), [world], SEED + 1).reading
    assert not _same_bits(first, other), "another seed, same bits: no stage draws anything"


def check_blocks(build: Build, world: UniformWorld, sizes: Iterable[int] = BLOCK_SIZES) -> None:
    """A series cut into blocks gives the bits of the whole."""
    whole = readings(build(), [world])
    for size in sizes:
        cut = readings(build(), world.blocks(size))
        for name in ("ideal", "reading", "sampled", "status", "quality", "confidence"):
            same = _same_bits(getattr(whole, name), getattr(cut, name))
            assert same, f"{name} differs in blocks of {size} ticks: keep all memory of a stage in its carry"


def check_steps(build: Build, world: UniformWorld, n: int = 20) -> None:
    """`sample` on one tick after another gives the bits of the block call."""
    sensor, stepped = build(), build()
    block = sensor.run(world.ticks(0, n), sensor.start(0))
    for tick, row in enumerate(block.reading):
        record = stepped.sample(world.ticks(tick, 1))
        expected = {
            channel.name: None if np.isnan(value) else float(value)
            for channel, value in zip(sensor.channels, row, strict=True)
        }
        assert record == expected, f"sample() at tick {tick} is {record}, the block has {expected}"


def check_creation_order(sensor_class: type[AnySensor], config: SensorConfig, world: UniformWorld) -> None:
    """A sensor's readings do not depend on which sensors were made or run before it."""
    alone = readings(sensor_class(config), [world]).reading
    other = sensor_class(config.model_copy(update={"sensor_id": "another_one"}))
    others = readings(other, [world]).reading
    again = readings(sensor_class(config), [world]).reading
    assert _same_bits(alone, again), (
        "readings depend on what ran before: keep no state in the class or module"
    )
    assert not _same_bits(alone, others), "two sensors share their noise: name the streams by sensor_id"


def check_all_stages_off(sensor_class: type[AnySensor], config: SensorConfig, world: UniformWorld) -> None:
    """With all stages off the reading is the ideal within half a step."""
    sensor = sensor_class(config.model_copy(update={"stages_off": True}))
    block = readings(sensor, [world])
    half_step = np.array([channel.resolution for channel in sensor.channels]) / 2.0
    gap = np.abs(block.reading - block.ideal)[block.sampled]
    assert (gap <= half_step * (1.0 + 1e-9)).all(), (
        "imperfections outside of stages(): move them into a stage"
    )


def check_stage_independence(
    sensor_class: type[AnySensor], config: SensorConfig, world: UniformWorld
) -> None:
    """Switching one stage off leaves the draws of the others: the unit constants stay the same."""
    whole = sensor_class(config)
    before = whole.describe(whole.start(SEED))
    noise = [stage.name for stage in whole.stages() if isinstance(stage, WhiteNoise)]
    for name in noise:
        less = sensor_class(config.model_copy(update={"stages_off": (name,)}))
        after = less.describe(less.start(SEED))
        assert name not in after, f"stage {name} runs although it is off"
        for kept, views in after.items():
            same = all(np.array_equal(views[key], before[kept][key], equal_nan=True) for key in views)
            assert same, f"stage {kept} changed when {name} was switched off: draw from its own generator"


def check_follows_world(sensor_class: type[AnySensor], config: SensorConfig, world: UniformWorld) -> None:
    """Change the world and every channel changes; of an artefact the reading alone, unless it is too rare."""
    calm = UniformWorld(n=world.n, dt_s=world.dt_s)
    for off in (True, False):
        sensor = sensor_class(config.model_copy(update={"stages_off": off}))
        moved, still = (np.nan_to_num(readings(sensor, [each]).reading) for each in (world, calm))
        follows = (moved != still).any(axis=0)
        resting = np.array([channel.is_artefact for channel in sensor.channels])
        ghosts = [c.name for c, moves in zip(sensor.channels, off & resting & follows, strict=True) if moves]
        assert not ghosts, f"channels {ghosts} are artefacts: a perfect instrument does not make them"
        excused = resting & (off | ~(moved.any(axis=0) | still.any(axis=0)))
        same = [c.name for c, deaf in zip(sensor.channels, ~follows & ~excused, strict=True) if deaf]
        assert not same, f"channels {same} do not follow the world"


def check_inputs_kept(sensor: AnySensor, world: UniformWorld) -> None:
    """A sensor leaves the world as it found it."""
    kept = _Recorder(world)
    sensor.run(kept, sensor.start(SEED))
    for name, given, copy in kept.given:
        assert np.array_equal(given, copy), f"the array from {name}() was changed: copy before writing"


def check_switch(sensor: AnySensor, world: UniformWorld) -> None:
    """A sensor switched off gives nulls, and readings again once switched on."""
    tick = world.ticks(0, 1)
    sensor.disable()
    assert set(sensor.sample(tick).values()) == {None}, "a sensor switched off must report None"
    sensor.enable()
    assert set(sensor.sample(tick)) == {c.name for c in sensor.channels}, "one entry per channel"


def check_metadata(sensor: AnySensor, world: UniformWorld) -> None:
    """Metadata is plain data, tells every stage, and truth has the names it promises."""
    import json

    record = json.loads(json.dumps(sensor.get_ml_metadata(), allow_nan=False))
    assert set(record["stages"]) == {stage.name for stage in sensor.stages()}, (
        "every stage must describe itself"
    )
    truth = sensor.get_ground_truth(world.ticks(0, 1))
    assert set(truth) == set(sensor.ground_truth_capability), "truth and its announced names differ"
    assert sensor.truth(world).shape == (world.n, len(sensor.truth_channels)), (
        "truth is (time, truth channel)"
    )
    imperfect = sensor.apply_imperfections(
        {
            channel.name: float(value)
            for channel, value in zip(sensor.channels, sensor.respond(world)[0], strict=True)
        },
        world.ticks(0, 1),
    )
    assert set(imperfect) == {channel.name for channel in sensor.channels}, "one entry per channel"


class _Recorder:
    """A world that remembers what it handed out."""

    def __init__(self, world: UniformWorld) -> None:
        self._world = world
        self.given: list[tuple[str, npt.NDArray[Any], npt.NDArray[Any]]] = []

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._world, name)
        return self._recorded(name, value) if callable(value) else value

    def _recorded(self, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any) -> Any:
            result = method(*args)
            if isinstance(result, np.ndarray):
                self.given.append((name, result, result.copy()))
            return result

        return call


def _same_bits(a: npt.NDArray[Any], b: npt.NDArray[Any]) -> bool:
    return a.shape == b.shape and a.tobytes() == b.tobytes()
