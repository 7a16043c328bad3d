from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pytest

from envirosense.core.errors import ConfigError, UnknownNameError
from envirosense.core.protocols import Array
from envirosense.instruments import (
    SENSORS,
    BaseSensor,
    Channel,
    Conditions,
    SensorConfig,
    SensorWorld,
    build_sensor,
)
from envirosense.instruments import stages as st
from envirosense.instruments.memory import SensorBlock, SensorMemory
from envirosense.testing import sensors as checks
from envirosense.testing.sensor_health import check_health
from envirosense.testing.sensor_runs import readings
from envirosense.testing.worlds import UniformWorld, busy_world


class Probe(BaseSensor[SensorConfig]):
    """Air temperature with one noise, on the barometer's part."""

    sensor_type: ClassVar[str] = "probe"

    @property
    def channels(self) -> tuple[Channel, ...]:
        return (Channel("air_k", "K", "air temperature", 0.01, 0.1),)

    def respond(self, world: SensorWorld) -> Array:
        return world.air_k(self.position_3d)[:, None]

    def stages(self) -> tuple[st.AnyStage, ...]:
        return (
            st.Drift("drift", spread_per_day=0.01, age_days=self.config.age_days),
            st.WhiteNoise("white", 0.1),
            *self.fault_stages(),
            st.ClipQuantise("digital", 0.01, 200.0, 400.0),
        )


def config(**changed: Any) -> SensorConfig:
    fields = {"sensor_id": "probe", "sensor_type": "probe", "part": "barometer/bmp388", **changed}
    return SensorConfig.parse(fields)


WORLD = busy_world(120)


@pytest.fixture
def probe_registered() -> Iterator[None]:
    SENSORS.register("probe")(Probe)
    yield
    SENSORS._registered.pop("probe")


def test_a_sensor_of_three_methods_keeps_the_whole_contract() -> None:
    checks.check_sensor(Probe, config(age_days=50))


def test_a_user_registers_a_class_for_the_session(probe_registered: None) -> None:
    assert isinstance(build_sensor(config()), Probe)
    with pytest.raises(ConfigError, match="already registered"):
        SENSORS.register("probe")(Probe)


def test_a_sensor_with_a_longer_interval_reports_every_so_often() -> None:
    block = readings(Probe(config(interval_s=60)), [WORLD])
    assert np.flatnonzero(block.sampled).tolist() == [0, 60]
    assert np.isnan(block.reading[~block.sampled]).all()
    assert np.isfinite(block.ideal).all()
    noiseless = {"stages_off": ("white",)}
    slow, every = (readings(Probe(config(interval_s=s, **noiseless)), [WORLD]) for s in (60, 1))
    assert slow.reading[60] == every.reading[60]


def test_an_interval_that_is_no_multiple_of_the_tick_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"interval_s=2.5: must be a multiple of the tick"):
        readings(Probe(config(interval_s=2.5)), [WORLD])


def test_one_stage_off_leaves_the_noise_of_the_others() -> None:
    whole = readings(Probe(config(stages_off=("digital",))), [WORLD]).reading
    undrifted = readings(Probe(config(stages_off=("drift", "digital"))), [WORLD]).reading
    gap = whole - undrifted
    assert np.ptp(gap) < 1e-3 < np.ptp(whole)


def test_streams_are_named_by_episode_and_sensor() -> None:
    sensor = Probe(config())
    first, second = (sensor.run(WORLD, sensor.start(1, name)).reading for name in ("a", "b"))
    assert not np.array_equal(first, second)


def test_a_switched_off_sensor_reports_and_draws_nothing() -> None:
    sensor = Probe(config(enabled=False))
    memory = sensor.start(1)
    block = sensor.run(WORLD, memory)
    assert np.isnan(block.reading).all()
    assert not block.sampled.any()
    assert not sensor.is_enabled
    sensor.enable()
    fresh = sensor.run(WORLD, sensor.start(1)).reading
    assert np.array_equal(sensor.run(WORLD, memory).reading, fresh)


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"stages_off": ("whyte",)}, UnknownNameError, "did you mean 'white'"),
        ({"part": "barometer/bmp389"}, UnknownNameError, "did you mean 'barometer/bmp388'"),
        ({"overrides": {"white.densty": 1}}, UnknownNameError, "did you mean 'white.density'"),
        ({"overrides": {"white.density": "loud"}}, ConfigError, "must be a number"),
        ({"overrides": {"white.density": [1, 2]}}, ConfigError, "must be a number"),
    ],
)
def test_faulty_settings_name_the_fix(changed: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        Probe(config(**changed))


def test_part_values_come_in_the_unit_asked_for() -> None:
    values = Probe(config(overrides={"white.density": 0.5})).values
    assert values.number("white.density", "Pa/sqrt(Hz)") == 0.5
    with pytest.raises(ConfigError, match="must be in 'hPa'"):
        values.number("range.low", "hPa")
    two = Probe(config(part="temperature_humidity/sht85")).values
    with pytest.raises(ConfigError, match="must be one number or 3"):
        two.numbers("range.high", "reading", 3)
    with pytest.raises(ConfigError, match=r"must be one number$"):
        two.number("range.high", "reading")
    with pytest.raises(UnknownNameError, match=r"range\.low"):
        values.number("range.lowe", "Pa")


def test_views_follow_part_stages_and_position() -> None:
    sensor = Probe(config(age_days=10))
    assert set(sensor.noise_characteristics) == {"white"}
    assert sensor.drift_parameters["drift"]["age_days"] == 10.0
    assert sensor.ground_truth_capability == {"air_k": "K"}
    assert sensor.sampling_volume == 0.0
    sensor.update_position((1.0, 2.0, 3.0))
    assert sensor.position_3d == (1.0, 2.0, 3.0)
    assert sensor.get_ml_metadata()["position_m"] == [1.0, 2.0, 3.0]


def test_sample_takes_one_tick() -> None:
    with pytest.raises(ConfigError, match=r"must be 1; use run\(\)"):
        Probe(config()).sample(WORLD)


def test_imperfections_of_a_given_reading_are_those_of_a_sample() -> None:
    tick = WORLD.ticks(0, 1)
    truth = Probe(config()).get_ground_truth(tick)
    assert Probe(config()).apply_imperfections(truth, tick) == Probe(config()).sample(tick)


def test_stages_that_share_a_name_are_refused() -> None:
    class Twice(Probe):
        def stages(self) -> tuple[st.AnyStage, ...]:
            return (st.WhiteNoise("white", 0.1), st.WhiteNoise("white", 0.2))

    with pytest.raises(ConfigError, match="a name of its own"):
        Twice(config())


# --- check_sensor finds what is wrong


@dataclass(frozen=True)
class PerCallNoise:
    name: str = "per_call"

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> None:
        return None

    def apply(
        self, x: Array, carry: None, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, None]:
        return x + 0.1 * noise_rng.standard_normal(x.shape), None

    def describe(self, carry: None) -> st.Description:
        return {}


class TickNoise(Probe):
    def stages(self) -> tuple[st.AnyStage, ...]:
        return (PerCallNoise(),)


class OwnMemory(Probe):
    offset = 0.0

    def respond(self, world: SensorWorld) -> Array:
        self.offset += 1.0
        return super().respond(world) + self.offset


class HiddenError(Probe):
    def transduce(self, world: SensorWorld, unit: Any) -> tuple[Array, Array]:
        ideal = self.respond(world)
        return ideal, ideal + 1.0


class DeafSensor(Probe):
    def respond(self, world: SensorWorld) -> Array:
        return np.full((world.grid.n, 1), 293.15)


class Vandal(Probe):
    def respond(self, world: SensorWorld) -> Array:
        air_k = world.air_k(self.position_3d)
        air_k += 1.0
        return air_k[:, None]


class LateNoise(Probe):
    def stages(self) -> tuple[st.AnyStage, ...]:
        return (st.ClipQuantise("digital", 0.01, 250.0, 293.16), st.WhiteNoise("white", 5.0))


class FlatSensor(Probe):
    def respond(self, world: SensorWorld) -> npt.NDArray[np.float64]:
        return world.air_k(self.position_3d)


class TickLag(Probe):
    def stages(self) -> tuple[st.AnyStage, ...]:
        return (SampleLag(), st.WhiteNoise("white", 1e-4))


@dataclass(frozen=True)
class SampleLag:
    name: str = "sample_lag"

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> float:
        return 293.15

    def apply(
        self, x: Array, carry: float, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, float]:
        y = np.empty_like(x)
        for tick, value in enumerate(x[:, 0]):
            carry += 0.05 * (value - carry)
            y[tick] = carry
        return y, carry

    def describe(self, carry: float) -> st.Description:
        return {"carry": carry}


class FlawedChain(Probe):
    """A probe whose one extra stage stands before its output."""

    extra: ClassVar[tuple[st.AnyStage, ...]] = ()

    def stages(self) -> tuple[st.AnyStage, ...]:
        *chain, digital = super().stages()
        return (*chain, *self.extra, digital)


@dataclass(frozen=True)
class Silent:
    """A stage that changes nothing; its spread is no number where asked for."""

    name: str

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> None:
        return None

    def apply(
        self, x: Array, carry: None, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, None]:
        return x, None

    def describe(self, carry: None) -> st.Description:
        return {}


@dataclass(frozen=True)
class Boundless(Silent):
    def spread(self, x: Array, carry: None, conditions: Conditions) -> float:
        return float("nan")


class NoSpread(FlawedChain):
    extra = (Boundless("boundless"),)


class ColdStart(FlawedChain):
    extra = (Silent("warm_up"),)


class Rewriter(Probe):
    """A fault planted for later is felt from the first tick on."""

    def stages(self) -> tuple[st.AnyStage, ...]:
        drift, white, *others = super().stages()
        return (drift, st.WhiteNoise("white", 0.3) if self.config.faults else white, *others)


class Painless(Probe):
    fault_kinds: ClassVar[tuple[str, ...]] = (*Probe.fault_kinds, "fouled")


class FaultyTruth(Probe):
    def transduce(self, world: SensorWorld, unit: Any) -> tuple[Array, Array]:
        ideal, signal = super().transduce(world, unit)
        return ideal + (1.0 if self.config.faults else 0.0), signal


class Sleeper(Probe):
    """Runs its chain over the ticks with power alone, so that it draws less when the power is cut."""

    def run(
        self, world: SensorWorld, memory: SensorMemory, powered: npt.NDArray[np.bool_] | None = None
    ) -> SensorBlock:
        block = super().run(world, memory, powered)
        if powered is not None:
            shift = np.flatnonzero(powered)[-1] + 1 - powered.sum()
            block.reading[powered] = np.roll(block.reading, shift, axis=0)[powered]
        return block


class NoMemoryOfCalibration(Probe):
    @property
    def drift_days(self) -> float:
        return self.config.age_days


class Generator(Probe):
    @property
    def power_w(self) -> float:
        return -0.1


class Confident(Probe):
    def run(
        self, world: SensorWorld, memory: SensorMemory, powered: npt.NDArray[np.bool_] | None = None
    ) -> SensorBlock:
        return replace(super().run(world, memory, powered), quality=np.full(world.grid.n, 1.2))


class LostOutput(Probe):
    """Grades what it never read as well as the rest."""

    def run(
        self, world: SensorWorld, memory: SensorMemory, powered: npt.NDArray[np.bool_] | None = None
    ) -> SensorBlock:
        block = super().run(world, memory, powered)
        block.reading[: world.grid.n // 8] = np.nan
        return block


@pytest.mark.parametrize(
    ("sensor_class", "message"),
    [
        (Confident, r"quality leaves 0\.\.1"),
        (NoSpread, r"quality leaves 0\.\.1: look at the stages' spread\(\)"),
        (LostOutput, "must be 0 without a reading"),
        (ColdStart, "warming up changes nothing"),
        (Rewriter, "changes readings before it begins: give its stage draws of its own"),
        (Painless, "fault 'fouled' changes nothing"),
        (FaultyTruth, "changed the ideal reading"),
        (Sleeper, "changed (the noise after|readings before) it"),
        (NoMemoryOfCalibration, "time since the last calibration"),
        (Generator, "a sensor draws power"),
    ],
)
def test_the_check_of_health_finds_what_an_author_got_wrong(sensor_class: type[Probe], message: str) -> None:
    check_health(Probe, config(), WORLD)
    with pytest.raises(AssertionError, match=message):
        check_health(sensor_class, config(), WORLD)


def test_the_check_names_what_a_part_does_not_state() -> None:
    needed = "accuracy.absolute", "power.on", "power.standby", "warm_up.time"
    with pytest.raises(AssertionError, match=r"part battery/gg_bat_200: give") as caught:
        check_health(Probe, config(part="battery/gg_bat_200"), WORLD)
    assert all(name in str(caught.value) for name in needed)


def test_the_whole_check_holds_the_health_too() -> None:
    with pytest.raises(AssertionError, match="fault 'fouled' changes nothing"):
        checks.check_sensor(Painless, config(), WORLD)


@pytest.mark.parametrize(
    ("sensor_class", "message"),
    [
        (TickNoise, "square root of the tick"),
        (TickLag, r"use exp\(-dt / tau\)"),
        (OwnMemory, "same seed, other bits|blocks of|depend on what ran"),
        (HiddenError, "imperfections outside of stages"),
        (DeafSensor, "do not follow the world"),
        (Vandal, "copy before writing"),
        (LateNoise, "ClipQuantise must come last"),
        (FlatSensor, r"must return \(time, channel\)"),
    ],
)
def test_the_check_finds_what_an_author_got_wrong(sensor_class: type[Probe], message: str) -> None:
    with pytest.raises((AssertionError, ValueError, IndexError), match=message):
        checks.check_sensor(sensor_class, config(), WORLD)


def test_a_world_cut_into_blocks_is_the_same_world() -> None:
    world = UniformWorld(n=10, air=np.arange(280.0, 290.0), gas={"CO": np.arange(10.0)}, wind=(1.0, 2.0, 0.0))
    blocks = list(world.blocks(4))
    at = (0.0, 0.0, 5.0)
    assert [block.first_tick for block in blocks] == [0, 4, 8]
    np.testing.assert_array_equal(np.concatenate([block.air_k(at) for block in blocks]), world.air_k(at))
    gas = np.concatenate([block.gas_ppb(["carbon_monoxide", "ethanol"], at) for block in blocks])
    np.testing.assert_array_equal(gas, np.column_stack((np.arange(10.0), np.zeros(10))))
